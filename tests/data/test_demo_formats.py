"""The demo study, SDTM and the ADaM made from it, is the same study from every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from il5report.data.dataset import Dataset
from il5report.data.read import read_study
from il5report.data.write import FORMATS, write_study
from il5report.data.xpt import xpt_faults
from il5report.report import Checked


@pytest.mark.parametrize("form", FORMATS)
def test_sdtm(demo_sdtm: dict[str, Dataset], tmp_path: Path, form: str) -> None:
    assert write_study(demo_sdtm, tmp_path, form) == ()
    study, findings = read_study(tmp_path)
    assert findings == ()
    assert set(study) == set(demo_sdtm)
    for name, dataset in demo_sdtm.items():
        assert study[name].frame.equals(dataset.frame), name
        assert study[name].frame.schema == dataset.frame.schema, name
        assert dict(study[name].labels) == dict(dataset.labels), name
        assert study[name].label == dataset.label, name


@pytest.mark.parametrize("form", ["xpt", "csv"])
def test_adam(demo_checked: Checked, tmp_path: Path, form: str) -> None:
    whole = demo_checked.study
    adam = {name: d for name, d in whole.items() if form != "xpt" or not xpt_faults(d)}
    assert set(whole) - set(adam) <= {"ADIE"}  # its texts may be longer than XPT allows
    write_study(adam, tmp_path, form)
    study, findings = read_study(tmp_path)
    assert findings == ()  # no variable of the derivation is unknown to the dictionary
    for name, dataset in adam.items():
        assert study[name].frame.schema == dataset.frame.schema, name
        assert study[name].frame.equals(dataset.frame), name
