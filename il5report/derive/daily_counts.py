"""Irregular blood counts as a daily series by subject: lowest of the day, short gaps filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.derive.ctcae_criteria import UNITS
from il5report.derive.inputs import need_variables, refuse_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DailyRule:
    """How irregular counts become a daily series, and when two periods are one.

    Attributes
    ----------
    interpolate_up_to : int
        Longest run of days without a count that is filled; 0 uses measured days only.
    join_gap : int
        Periods separated by at most so many days are one.
    early_until, late_until : int
        Last day of the windows, days from infusion.
    """

    interpolate_up_to: int = 7
    join_gap: int = 2
    early_until: int = 30
    late_until: int = 100


@dataclass(frozen=True)
class DailySeries:
    """One subject's lowest counts by day in one window.

    Attributes
    ----------
    measured : array
        One element a day, NaN where there is no count.
    filled : array
        The same with short gaps interpolated.
    """

    measured: Floats
    filled: Floats

    @property
    def n_filled(self) -> int:
        """Number of days interpolated."""
        return int(np.isfinite(self.filled).sum() - np.isfinite(self.measured).sum())

    def two_lowest(self) -> list[float]:
        """The lowest measured counts of two days, lowest first; one where only one day has one."""
        return sorted(self.measured[np.isfinite(self.measured)].tolist())[:2]


def fill_short_gaps(values: Floats, longest: int) -> Floats:
    """Interpolate runs of at most `longest` NaN linearly; at the ends carry the nearest value.

    Source
    ------
    R zoo: ``na.approx(x, maxgap = longest, rule = 2)``.
    """
    known = np.flatnonzero(np.isfinite(values))
    if known.size == 0:
        return values
    dense = np.interp(np.arange(values.size), known, values[known])
    edges = np.concatenate(([-1], known, [values.size]))
    filled = values.copy()
    for before, after in pairwise(edges.tolist()):
        if after - before - 1 <= longest:
            filled[before + 1 : after] = dense[before + 1 : after]
    return filled


def periods(flags: Sequence[bool] | NDArray[np.bool_], join_gap: int) -> list[tuple[int, int]]:
    """First and last index of each run of True, runs at most `join_gap` apart joined."""
    runs: list[tuple[int, int]] = []
    for index in np.flatnonzero(np.asarray(flags)).tolist():
        if runs and index - runs[-1][1] - 1 <= join_gap:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def longest_period(runs: list[tuple[int, int]]) -> int:
    """Days in the longest run, 0 without any."""
    return max((last - first + 1 for first, last in runs), default=0)


def counts_in(counts: pl.DataFrame, per_giga: float) -> pl.DataFrame:
    """Counts as AVAL in `per_giga` x 10^9/L, records with a value only."""
    need_variables(counts, ["USUBJID", "DAY", "AVAL", "AVALU"], "counts")
    factors = {"10^9/L": 1.0, **UNITS["10^9/L"]}
    factor = pl.col("AVALU").replace_strict(factors, default=None, return_dtype=pl.Float64)
    refuse_rows(
        counts,
        {
            ("counts.key", "DAY", "subject or day is missing"): (
                pl.col("USUBJID").is_null() | pl.col("DAY").is_null()
            ),
            ("counts.unit", "AVALU", "not a unit of a cell count"): (
                pl.col("AVAL").is_not_null() & factor.is_null()
            ),
            ("counts.value", "AVAL", "negative or not a number"): (
                (pl.col("AVAL") < 0) | pl.col("AVAL").is_nan()
            ),
        },
        "counts",
    )
    return counts.filter(pl.col("AVAL").is_not_null()).with_columns(
        AVAL=(pl.col("AVAL") * factor * per_giga).round(6)
    )


def windows(
    counts: pl.DataFrame, followup: pl.DataFrame, rule: DailyRule
) -> Iterator[tuple[str, DailySeries | None, DailySeries | None]]:
    """Each subject's early and late series; None where the window has no count."""
    need_variables(followup, ["USUBJID", "LSTDY", "STOPDY"], "follow-up")
    lowest = counts.group_by("USUBJID", "DAY").agg(pl.col("AVAL").min()).sort("DAY")
    by_subject = {
        key[0]: (part["DAY"].to_numpy(), part["AVAL"].to_numpy())
        for key, part in lowest.partition_by("USUBJID", as_dict=True).items()
    }
    nothing = (np.empty(0, dtype=np.int64), np.empty(0))
    for subject, last, stop in (
        followup.select("USUBJID", "LSTDY", "STOPDY").sort("USUBJID").iter_rows()
    ):
        days, values = by_subject.get(subject, nothing)
        fill = _filler(days, values, rule.interpolate_up_to)
        limits = [day for day in (last, stop) if day is not None]
        early_end = min([rule.early_until, *([] if last is None else [last])])
        late_end = min([rule.late_until, *limits])
        yield subject, fill(0, early_end), fill(rule.early_until + 1, late_end)


def _filler(days: Floats, values: Floats, longest: int) -> Callable[[int, int], DailySeries | None]:
    def fill(first: int, last: int) -> DailySeries | None:
        inside = (days >= first) & (days <= last)
        if not inside.any():
            return None
        measured = np.full(last - first + 1, np.nan)
        measured[days[inside].astype(np.int64) - first] = values[inside]
        return DailySeries(measured, fill_short_gaps(measured, longest))

    return fill
