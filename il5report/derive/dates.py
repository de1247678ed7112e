"""Dates of SDTM (``--DTC``, ISO 8601, often partial) as days: the one imputation rule.

* A complete date is itself; the time of day is used only to order records of one day.
* A partial start is its earliest possible day; but the day of infusion where that lies among its
  possible days and the event did not end before it, so that an event that may have been caused by
  the infusion counts as treatment-emergent.
* A partial end is its latest possible day, not later than death or data cut-off.
* No imputed start is later than death, data cut-off or a complete end, no imputed end earlier
  than the start.
* A date without year is missing. Imputed dates are flagged: D day, M month and day.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_KNOWN = r"^(\d{4}(?:-\d{2}(?:-\d{2})?)?)"
_MONTH = r"^\d{4}-\d{2}"
_DAY = r"^\d{4}-\d{2}-\d{2}"

IMPUTATION_RULE = (
    "A partial start date is taken as its earliest possible day, or as the day of infusion where "
    "that is possible and the event did not end before it; a partial end date as its latest "
    "possible day. No imputed date is later than death or data cut-off. Imputed dates are flagged "
    "(D: day, M: month and day); a date without year is missing."
)


def complete(dtc: pl.Expr) -> pl.Expr:
    """The date, null where it is partial or not a date."""
    return dtc.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def earliest(dtc: pl.Expr) -> pl.Expr:
    """The first day that the (partial) date can be."""
    return _filled(dtc, "-01-01")


def _filled(dtc: pl.Expr, rest: str) -> pl.Expr:
    """The date with what `rest` says of month and day in the place of what is not known."""
    return (dtc.str.extract(_KNOWN) + rest).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def latest(dtc: pl.Expr) -> pl.Expr:
    """The last day that the (partial) date can be."""
    some = _filled(
        dtc, "-12-01"
    )  # in the last month; without a day it is the twelfth, or the first
    return pl.when(dtc.str.contains(_DAY)).then(some).otherwise(some.dt.month_end())


def imputed(dtc: pl.Expr) -> pl.Expr:
    """``D`` where the day is missing, ``M`` where month and day are, null elsewhere."""
    return (
        pl.when(earliest(dtc).is_null() | dtc.str.contains(_DAY))
        .then(pl.lit(None, pl.String))
        .when(dtc.str.contains(_MONTH))
        .then(pl.lit("D"))
        .otherwise(pl.lit("M"))
    )


def moment(dtc: pl.Expr) -> pl.Expr:
    """Date and time of day, null where either is not known."""
    with_seconds = dtc.str.slice(0, 19).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False
    )
    to_the_minute = dtc.str.slice(0, 16).str.to_datetime(
        "%Y-%m-%dT%H:%M", time_unit="us", strict=False
    )
    return pl.coalesce(with_seconds, to_the_minute)


def study_day(date: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """ADaM relative day: the reference day is 1, the day before it -1; there is no day 0."""
    days = (date - reference).dt.total_days()
    return (days + (days >= 0).cast(pl.Int64)).cast(pl.Float64)


def days_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """end - start in days."""
    return (end - start).dt.total_days().cast(pl.Float64)


def at_or_before(dtc: pl.Expr, date: pl.Expr, instant: pl.Expr | None = None) -> pl.Expr:
    """Whether a record is not later than a date, by time of day where both have one.

    True where the date is missing; a record without complete date counts as not later only if
    its latest possible day is not. `instant` is the date's moment.
    """
    day = pl.coalesce(complete(dtc), latest(dtc))
    earlier = day <= date
    if instant is not None:
        earlier &= ~((day == date) & (moment(dtc) > instant)).fill_null(False)
    return date.is_null() | earlier.fill_null(False)


@dataclass(frozen=True)
class Span:
    """Variables of an event's imputed start and end, with their flags."""

    start: str = "ASTDT"
    end: str = "AENDT"
    start_flag: str = "ASTDTF"
    end_flag: str = "AENDTF"


def impute_span(frame: pl.DataFrame, start: str, end: str, span: Span = Span()) -> pl.DataFrame:
    """Add start and end dates of events by the imputation rule.

    Parameters
    ----------
    frame : DataFrame
        With the two ``--DTC`` named, TRTSDT, DTHDT and CUTDT (null where there is none).
    start, end : str
        Names of the ``--DTC`` variables.
    span : Span
        Names of the variables to make.
    """
    first, last = pl.col(start), pl.col(end)
    limit = pl.min_horizontal("DTHDT", "CUTDT")
    frame = frame.with_columns(
        _LO=earliest(first), _HI=latest(first), _END=latest(last),
        **{span.start_flag: imputed(first), span.end_flag: imputed(last)},
    )  # fmt: skip
    infusion_possible = pl.col("TRTSDT").is_between("_LO", "_HI") & (
        pl.col("_END").is_null() | (pl.col("_END") >= pl.col("TRTSDT"))
    )
    guess = pl.when(infusion_possible).then(pl.col("TRTSDT")).otherwise(pl.col("_LO"))
    begins = (
        pl.when(pl.col(span.start_flag).is_null())
        .then(pl.col("_LO"))
        .otherwise(pl.min_horizontal(guess, limit, complete(last)))
    )
    frame = frame.with_columns(begins.alias(span.start))
    ends = (
        pl.when(pl.col(span.end_flag).is_null())
        .then(pl.col("_END"))
        .otherwise(pl.max_horizontal(pl.min_horizontal("_END", limit), span.start))
    )
    return frame.with_columns(ends.alias(span.end)).drop("_LO", "_HI", "_END")
