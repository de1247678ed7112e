"""MRD status and relapse, cytogenetic and molecular response."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.derive.response_depth import (
    MrdRule,
    cytogenetic_response,
    molecular_response,
    mrd_relapse,
    mrd_status,
)
from il5report.errors import DataError


def mrd(*rows: tuple[int, float | None, float | None]) -> pl.DataFrame:
    schema = {"USUBJID": pl.String, "DAY": pl.Int64, "MRD": pl.Float64, "MRDLOD": pl.Float64}
    return pl.DataFrame([("A", *row) for row in rows], schema, orient="row")


STATUS = [
    (0.0, 1e-4, "NEGATIVE", None),
    (9e-5, 1e-5, "NEGATIVE", None),
    (1e-4, 1e-5, "POSITIVE", None),
    (1e-2, None, "POSITIVE", None),
    (0.0, 2e-4, None, "limit of detection above the threshold"),
    (0.0, None, None, "limit of detection missing"),
    (None, 1e-5, None, "result missing"),
]


@pytest.mark.parametrize(("value", "limit", "status", "reason"), STATUS)
def test_status(value: float | None, limit: float | None, status: str, reason: str) -> None:
    assert mrd_status(mrd((28, value, limit))).select("MRDSTAT", "MRDREAS").row(0) == (
        status, reason)  # fmt: skip


def test_threshold_is_an_argument_and_percentages_are_refused() -> None:
    samples = mrd((28, 5e-4, 1e-4))
    assert mrd_status(samples, MrdRule(threshold=1e-3))["MRDSTAT"].item() == "NEGATIVE"
    with pytest.raises(DataError, match="fraction"):
        mrd_status(mrd((28, 2.0, 1e-4)))


LOW = 1e-5
RELAPSE = [
    ([(28, 0.0), (60, 1e-3), (90, 1e-3)], (60, "negative to positive")),
    ([(28, 0.0), (60, 1e-3), (90, 0.0)], None),
    ([(28, 0.0), (60, 1e-3)], None),
    ([(28, 2e-4), (60, 2e-3), (90, 3e-3)], (60, "one log rise")),
    ([(28, 2e-4), (60, 1.9e-3), (90, 3e-3)], None),
    ([(28, 2e-4), (60, 2e-3), (90, 1.9e-3)], None),
    ([(28, 5e-3), (60, 2e-4), (90, 2e-3), (120, 2e-3)], (90, "one log rise")),
    ([(28, 1e-3), (60, 1e-3), (90, 1e-3)], None),
    ([(28, 1e-3)], None),
]


@pytest.mark.parametrize(("points", "expected"), RELAPSE)
def test_relapse(points: list[tuple[int, float]], expected: tuple[int, str] | None) -> None:
    found = mrd_relapse(mrd_status(mrd(*((day, value, LOW) for day, value in points))))
    assert found.drop("USUBJID").rows() == ([] if expected is None else [expected])


def test_a_sample_that_is_not_evaluable_is_passed_over() -> None:
    samples = mrd(
        (28, 0.0, LOW), (45, 0.0, 1e-2), (60, 1e-3, LOW), (75, None, LOW), (90, 1e-3, LOW)
    )
    assert mrd_relapse(mrd_status(samples))["MRDRELDY"].to_list() == [60]


CYTOGENETIC = [
    (100, 0, 20, None, "COMPLETE"),
    (100, 0, 19, None, None),
    (100, 0, 19, "N", "COMPLETE"),
    (100, None, None, "N", "COMPLETE"),
    (100, 0, 25, "Y", "PARTIAL"),
    (100, 50, 20, None, "PARTIAL"),
    (100, 51, 20, None, "NONE"),
    (100, 20, 20, "N", "PARTIAL"),
    (100, None, None, "Y", "NOT COMPLETE"),
    (0, 0, 20, None, None),
    (None, 0, 20, None, None),
]


@pytest.mark.parametrize(("base", "now", "metaphases", "fish", "expected"), CYTOGENETIC)
def test_cytogenetic(
    base: float | None, now: float | None, metaphases: int | None, fish: str, expected: str
) -> None:
    schema = {"USUBJID": pl.String, "CYTBLPC": pl.Float64, "CYTPC": pl.Float64,
              "CYTNMET": pl.Float64, "FISHFL": pl.String}  # fmt: skip
    flags = {"CYTBLFL": base, "CYTFL": now}
    sample = pl.DataFrame([("A", base, now, metaphases, fish)], schema, orient="row").with_columns(
        pl.lit(None if v is None else "Y" if v > 0 else "N", pl.String).alias(name)
        for name, v in flags.items()
    )
    assert cytogenetic_response(sample)["CYTRESP"].item() == expected


@pytest.mark.parametrize(
    ("base", "now", "expected"),
    [("Y", "N", "COMPLETE"), ("Y", "Y", "NONE"), ("Y", None, None), ("N", "N", None),
     (None, "N", None)],
)  # fmt: skip
def test_molecular(base: str | None, now: str | None, expected: str | None) -> None:
    schema = dict.fromkeys(("USUBJID", "MOLBLFL", "MOLFL"), pl.String)
    sample = pl.DataFrame([("A", base, now)], schema, orient="row")
    assert molecular_response(sample)["MOLRESP"].item() == expected


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_disease_is_never_negative_where_less_was_positive(
    value: float, more: float, limit: float
) -> None:
    low, high = sorted((value, more))
    status = mrd_status(mrd((1, low, limit), (2, high, limit)))["MRDSTAT"].to_list()
    assert status != ["POSITIVE", "NEGATIVE"]
    assert not (status[0] == "POSITIVE" and status[1] is None)
