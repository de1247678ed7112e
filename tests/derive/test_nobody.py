"""A trial that has infused nobody yet is derived whole, and can be reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.write import write_study
from il5report.report import Checked, check


def test_every_data_set_is_there_when_nobody_was_infused(
    demo_sdtm: dict[str, Dataset], demo_checked: Checked, tmp_path: Path
) -> None:
    cells = demo_sdtm["EX"].frame.filter(pl.col("EXCAT") == "CAR-T INFUSION")
    infused = cells["USUBJID"].unique().to_list()
    without = {
        name: replace(d, frame=d.frame.filter(~pl.col("USUBJID").is_in(infused)))
        if "USUBJID" in d.frame.columns
        else d
        for name, d in demo_sdtm.items()
    }
    write_study(without, tmp_path, "parquet")
    found = check(tmp_path, None)  # stops where a display of the plan lacks its data
    assert set(found.study) == set(demo_checked.study)
    adsl = found.study["ADSL"].frame
    assert adsl.height > 0
    assert adsl["TRTSDT"].is_null().all()
    assert found.study["ADPP"].frame.height == 0
