"""SAS formats and SAS's numbers for dates."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from il5report.data.sas import from_sas, kind_of_format, kind_of_number, to_sas
from il5report.data.variables import Kind


@pytest.mark.parametrize(
    ("sas_format", "kind"),
    [
        ("DATE9", Kind.DATE),
        ("DATE9.", Kind.DATE),
        ("YYMMDD10", Kind.DATE),
        ("YYMMDDN8", Kind.DATE),
        ("E8601DA10", Kind.DATE),
        ("DDMMYYS10", Kind.DATE),
        ("DATETIME20", Kind.DATETIME),
        ("DATETIME22.3", Kind.DATETIME),
        ("E8601DT19", Kind.DATETIME),
        ("DTDATE9", Kind.DATETIME),
        ("TIME5", Kind.TIME),
        ("TOD8", Kind.TIME),
        ("HHMM5", Kind.TIME),
        ("E8601TM8", Kind.TIME),
        ("BEST12", None),
        ("$20", None),
        ("F8.2", None),
        ("", None),
    ],
)
def test_formats(sas_format: str, kind: Kind | None) -> None:
    assert kind_of_format(sas_format) is kind


def test_the_caller_rules_then_the_format_then_the_name() -> None:
    assert kind_of_number("ADT", "DATE9", {"ADT": "number"}) is Kind.NUMBER
    assert kind_of_number("ADT", "DATETIME20", {}) is Kind.DATETIME
    assert kind_of_number("ADT", "BEST12", {}) is Kind.DATE
    assert kind_of_number("AVALC", "", {}) is Kind.NUMBER
    assert kind_of_number("SPONSOR", "", {}) is Kind.NUMBER


def test_dates_before_and_after_1960_both_ways() -> None:
    days = pl.Series("ADT", [0.0, -1.0, 21915.0, None, float("nan"), 21915.5])
    dates, findings = from_sas(days, Kind.DATE)
    # 21915 = 60 years with 15 leap days
    expected = [dt.date(1960, 1, 1), dt.date(1959, 12, 31), dt.date(2020, 1, 1), None, None]
    assert dates.to_list() == [*expected, dt.date(2020, 1, 1)]
    assert findings == ()
    assert to_sas(dates).to_list()[:3] == [0.0, -1.0, 21915.0]


def test_datetimes_and_times() -> None:
    stamps, _ = from_sas(pl.Series([86399.5, -0.25, None]), Kind.DATETIME)
    assert stamps.to_list() == [
        dt.datetime(1960, 1, 1, 23, 59, 59, 500000),
        dt.datetime(1959, 12, 31, 23, 59, 59, 750000),
        None,
    ]
    assert to_sas(stamps).to_list() == [86399.5, -0.25, None]
    times, _ = from_sas(pl.Series([0.0, 34200.125]), Kind.TIME)
    assert times.to_list() == [dt.time(0), dt.time(9, 30, 0, 125000)]
    assert to_sas(times).to_list() == [0.0, 34200.125]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (Kind.DATE, 1e9),
        (Kind.DATE, -2e5),
        (Kind.TIME, 86400.0),
        (Kind.TIME, -1.0),
        (Kind.DATETIME, 1e15),
    ],
)
def test_numbers_that_are_no_date_are_found(kind: Kind, number: float) -> None:
    values, findings = from_sas(pl.Series("adt", [1.0, number]), kind)
    assert values.dtype == pl.Float64
    assert [(f.rule, f.variable, f.count) for f in findings] == [("value.type", "ADT", 1)]
