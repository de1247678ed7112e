"""Bands of eosinophils and ferritin: every bound from both sides."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.derive.bands import Bands, add_bands
from il5report.errors import DataError


def labs(code: str, unit: str, *values: float | None) -> pl.DataFrame:
    schema = {"USUBJID": pl.String, "PARAMCD": pl.String, "AVALU": pl.String, "AVAL": pl.Float64}
    return pl.DataFrame([("A", code, unit, value) for value in values], schema, orient="row")


def test_eosinophils() -> None:
    values = (0.0, 0.049, 0.05, 0.49, 0.5, 1.49, 1.5, 4.99, 5.0, None)
    banded = add_bands(labs("EOS", "10^9/L", *values))
    assert banded["BANDN"].to_list() == [0, 0, 1, 1, 2, 2, 3, 3, 4, None]
    assert banded["BAND"].to_list()[::3] == ["<0.05", "0.05 to <0.5", "1.5 to <5", None]


def test_ferritin() -> None:
    banded = add_bands(labs("FERRITIN", "ug/L", 500, 500.1, 2000, 2000.1, 10000, 10001))
    assert banded["BANDN"].to_list() == [0, 1, 1, 2, 2, 3]


def test_other_parameters_have_no_band() -> None:
    assert add_bands(labs("ALT", "U/L", 30)).select("BAND", "BANDN").row(0) == (None, None)


def test_refused() -> None:
    with pytest.raises(DataError, match="EOS is not in"):
        add_bands(labs("EOS", "%", 3))
    with pytest.raises(ValueError, match="increasing bounds"):
        Bands("X", ("g",), (2.0, 1.0), ("a", "b", "c"))
