"""Data sets that the tests of reading, writing and checking start from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from il5report.data.dataset import Dataset
from il5report.data.variables import dataset_label, label_of

SHARED = Path(__file__).parents[3] / "shared" / "data"


def standard(name: str, frame: pl.DataFrame) -> Dataset:
    """A data set with the standard labels."""
    labels = {v: label_of(v) for v in frame.columns if label_of(v)}
    return Dataset(name, frame, dataset_label(name), labels)


@pytest.fixture
def shared() -> Path:
    """The folder of public data."""
    if not SHARED.is_dir():
        pytest.skip("the public data folder is not beside the repository")
    return SHARED


@pytest.fixture
def adsl() -> Dataset:
    frame = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-2", "S-3"],
            "AGE": [40.0, 51.0, None],
            "SEX": ["F", "M", "F"],
            "SAFFL": ["Y", "Y", "N"],
            "REGION1": ["NA", None, "EU"],
            "TRT01A": ["DL1", "DL2", None],
            "TRTSDT": [dt.date(2026, 1, 5), dt.date(2026, 2, 1), None],
            "TRTSDTM": [dt.datetime(2026, 1, 5, 10, 30), None, None],
            "TRTSTM": [dt.time(10, 30), None, None],
            "DTHFL": [None, "Y", None],
            "DTHDT": [None, dt.date(2026, 3, 1), None],
            "DTHCAUS": pl.Series([None, None, None], dtype=pl.String),
            "DTHADY": pl.Series([None, None, None], dtype=pl.Float64),
        }
    )
    return standard("ADSL", frame)


@pytest.fixture
def adae() -> Dataset:
    frame = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-1", "S-2"],
            "AESEQ": [1.0, 2.0, 1.0],
            "AETERM": ["Fever", "Chills <b>", 'said "no", twice'],
            "AEDECOD": ["Pyrexia", "Chills", "Pyrexia"],
            "AESER": ["N", "Y", "Y"],
            "AEOUT": ["RECOVERED/RESOLVED", None, "FATAL"],
            "AESTDTC": ["2026-01-06", "2026-01", "2026-02-03T09:15"],
            "AEENDTC": ["2026-01-08", None, "2026-03-01"],
            "ASTDT": [dt.date(2026, 1, 6), dt.date(2026, 1, 6), dt.date(2026, 2, 3)],
            "AENDT": [dt.date(2026, 1, 8), None, dt.date(2026, 3, 1)],
            "ASTDY": [2.0, 2.0, 3.0],
            "AETOXGRN": [2.0, 1.0, 5.0],
            "TRTEMFL": ["Y", "Y", "Y"],
            "TRT01A": ["DL1", "DL1", "DL2"],
        }
    )
    return standard("ADAE", frame)


@pytest.fixture
def adtte() -> Dataset:
    frame = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-2"],
            "PARAMCD": ["OS", "OS"],
            "PARAM": ["Overall survival (days)", "Overall survival (days)"],
            "STARTDT": [dt.date(2026, 1, 5), dt.date(2026, 2, 1)],
            "ADT": [dt.date(2026, 6, 1), dt.date(2026, 3, 1)],
            "AVAL": [148.0, 29.0],
            "AVALU": ["DAYS", "DAYS"],
            "CNSR": [1.0, 0.0],
        }
    )
    return standard("ADTTE", frame)
