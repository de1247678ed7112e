"""Reading ``--DTC``: first and last possible day, flags, time of day, study days."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from il5report.derive import dates


def read(expression: pl.Expr, *texts: str | None) -> list[object]:
    frame = pl.DataFrame({"X": list(texts)}, schema={"X": pl.String})
    return frame.select(expression)[:, 0].to_list()


@pytest.mark.parametrize(
    ("text", "first", "last", "flag"),
    [
        ("2026-02-03", "2026-02-03", "2026-02-03", None),
        ("2026-02-03T10:30", "2026-02-03", "2026-02-03", None),
        ("2026-02", "2026-02-01", "2026-02-28", "D"),
        ("2024-02", "2024-02-01", "2024-02-29", "D"),
        ("2026", "2026-01-01", "2026-12-31", "M"),
        ("2026---15", "2026-01-01", "2026-12-31", "M"),
        ("--02-03", None, None, None),
        ("2026-02-30", None, None, None),
        ("unknown", None, None, None),
        (None, None, None, None),
    ],
)
def test_possible_days(
    text: str | None, first: str | None, last: str | None, flag: str | None
) -> None:
    column = pl.col("X")

    def day(value: str | None) -> dt.date | None:
        return None if value is None else dt.date.fromisoformat(value)

    assert read(dates.earliest(column), text) == [day(first)]
    assert read(dates.latest(column), text) == [day(last)]
    assert read(dates.imputed(column), text) == [flag]
    assert read(dates.complete(column), text) == [day(first) if first == last else None]


def test_moments() -> None:
    found = read(
        dates.moment(pl.col("X")),
        "2026-02-03T10:30", "2026-02-03T10:30:15", "2026-02-03", "2026-02-03T10", "2026-02", None,
    )  # fmt: skip
    at = dt.datetime(2026, 2, 3, 10, 30)
    assert found == [at, at.replace(second=15), None, None, None, None]


def test_study_days_have_no_zero() -> None:
    days = [dt.date(2026, 1, 31), dt.date(2026, 2, 1), dt.date(2026, 2, 2)]
    frame = pl.DataFrame({"A": days, "R": [days[1]] * 3})
    assert frame.select(dates.study_day(pl.col("A"), pl.col("R")))[:, 0].to_list() == [-1, 1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-01", True),
        ("2026-02-01T09:59", True),
        ("2026-02-01T10:00", True),
        ("2026-02-01T10:01", False),
        ("2026-02-02", False),
        ("2026-01", True),
        ("2026-02", False),  # may be later
        (None, False),
    ],
)
def test_at_or_before(text: str | None, expected: bool) -> None:
    date, instant = pl.lit(dt.date(2026, 2, 1)), pl.lit(dt.datetime(2026, 2, 1, 10))
    assert read(dates.at_or_before(pl.col("X"), date, instant), text) == [expected]
    assert read(dates.at_or_before(pl.col("X"), pl.lit(None, pl.Date)), text) == [True]
