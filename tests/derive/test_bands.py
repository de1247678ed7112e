"""Bands of eosinophils, ferritin and QTcF: every bound from both sides."""

from __future__ import annotations

import polars as pl
import pytest
from pydantic import ValidationError

from il5report.derive.bands import add_bands
from il5report.errors import DataError
from il5report.plan.findings import Bands
from tests.derive.adam_study import demo, rows, whole_plan


def declared(dataset: str, code: str) -> dict[str, tuple[Bands, ...]]:
    derivation = whole_plan().derivation
    assert derivation is not None
    return {code: derivation.findings[dataset].bands[code]}


def results(code: str, unit: str, *values: float | None, base: float | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [("A", code, unit, v, None if None in (v, base) else v - base) for v in values],
        {"USUBJID": pl.String, "PARAMCD": pl.String, "AVALU": pl.String, "AVAL": pl.Float64,
         "CHG": pl.Float64},
        orient="row",
    )  # fmt: skip


def test_eosinophils() -> None:
    values = (0.0, 0.049, 0.05, 0.49, 0.5, 1.49, 1.5, 4.99, 5.0, None)
    banded = add_bands(results("EOS", "10^9/L", *values), declared("ADLB", "EOS"))
    assert banded["AVALCA1N"].to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, None]
    assert banded["AVALCAT1"].to_list()[::3] == ["<0.05", "0.05 to <0.5", "1.5 to <5", None]
    assert "CHGCAT1" not in banded.columns


def test_ferritin() -> None:
    values = (500, 500.1, 2000, 2000.1, 10000, 10001)
    banded = add_bands(results("FERRITIN", "ug/L", *values), declared("ADLB", "FERRITIN"))
    assert banded["AVALCA1N"].to_list() == [1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("value", "base", "band", "change"),
    [
        (450.0, 420.0, "<=450", "<=30"),
        (450.1, 420.0, ">450 to 480", ">30 to 60"),
        (480.0, 420.0, ">450 to 480", ">30 to 60"),
        (480.1, 420.0, ">480 to 500", ">60"),
        (500.1, 495.0, ">500", "<=30"),
        (460.0, None, ">450 to 480", None),
        (None, 420.0, None, None),
    ],
)
def test_qtcf(value: float, base: float, band: str, change: str) -> None:
    banded = add_bands(results("QTCFAG", "ms", value, base=base), declared("ADEG", "QTCFAG"))
    assert banded.select("AVALCAT1", "CHGCAT1").row(0) == (band, change)


def test_other_parameters_have_no_band() -> None:
    banded = add_bands(results("ALT", "U/L", 30), declared("ADLB", "EOS"))
    assert banded.select("AVALCAT1", "AVALCA1N").row(0) == (None, None)


def test_refused() -> None:
    with pytest.raises(DataError, match="EOS is not in"):
        add_bands(results("EOS", "%", 3), declared("ADLB", "EOS"))
    with pytest.raises(ValidationError, match="increasing bounds"):
        Bands(units=("g",), bounds=(2.0, 1.0), labels=("a", "b", "c"))


def test_the_demo_is_banded() -> None:
    for r in rows(demo()[1]["ADLB"]):
        value = r["AVAL"]
        if r["PARAMCD"] == "EOS" and value is not None:
            assert (r["AVALCAT1"] == "<0.05") == (value < 0.05)
            assert (r["AVALCAT1"] == ">=5") == (value >= 5)
        elif r["PARAMCD"] != "FERRITIN":
            assert r["AVALCAT1"] is None
