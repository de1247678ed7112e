"""QTcF and LVEF: correction, categories, grades, bounds."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.derive.cardiac import fridericia, lvef_grades, qtcf_categories
from il5report.errors import DataError


def frame(value: float | None, base: float | None) -> pl.DataFrame:
    schema = {"USUBJID": pl.String, "AVAL": pl.Float64, "BASE": pl.Float64}
    return pl.DataFrame([("A", value, base)], schema, orient="row")


def test_fridericia() -> None:
    qt_rr = pl.DataFrame({"QT": [400.0, 400.0, 360.0], "RR": [1000.0, 512.0, None]})
    corrected = qt_rr.select(Q=fridericia(pl.col("QT"), pl.col("RR")))["Q"].to_list()
    assert corrected[:2] == pytest.approx([400.0, 500.0], rel=1e-12)
    assert corrected[2] is None


QTCF = [
    (450.0, 420.0, 0, 0),
    (450.1, 420.0, 450, 30),
    (480.0, 420.0, 450, 30),
    (480.1, 420.0, 480, 60),
    (500.1, 495.0, 500, 0),
    (460.0, None, 450, None),
    (None, 420.0, None, None),
]


@pytest.mark.parametrize(("value", "base", "category", "change"), QTCF)
def test_qtcf(value: float, base: float, category: int, change: int) -> None:
    row = qtcf_categories(frame(value, base)).row(0, named=True)
    assert (row["QTCAT"], row["CHGCAT"]) == (category, change)


LVEF = [
    (65.0, 65.0, 0, "N"),
    (56.0, 65.0, 0, "N"),
    (55.0, 65.0, 2, "N"),
    (50.0, 55.0, 2, "N"),
    (50.0, 50.0, 0, "N"),
    (51.0, 52.0, 0, "N"),
    (50.0, 50.5, 2, "N"),
    (50.0, 62.0, 2, "N"),
    (100.0, 100.0, 0, "N"),
    (49.0, 58.9, 2, "N"),
    (49.0, 59.0, 2, "Y"),
    (45.0, 65.0, 3, "Y"),
    (40.0, 55.0, 2, "Y"),
    (39.0, 45.0, 3, "N"),
    (20.0, 30.0, 3, "Y"),
    (19.0, 30.0, 4, "Y"),
    (45.0, None, 2, None),
    (55.0, None, None, None),
    (None, 55.0, None, None),
]


@pytest.mark.parametrize(("value", "base", "grade", "flag"), LVEF)
def test_lvef(value: float, base: float, grade: int, flag: str) -> None:
    row = lvef_grades(frame(value, base)).row(0, named=True)
    assert (row["LVEFGRN"], row["LVEFFL"]) == (grade, flag)


def test_refused() -> None:
    with pytest.raises(DataError, match="not in ms"):
        qtcf_categories(frame(0.43, 420.0))
    with pytest.raises(DataError, match="percentage"):
        lvef_grades(frame(100.5, 60.0))
