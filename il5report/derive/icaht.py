"""Haematotoxicity after effector cells: ICAHT early and late, and its platelet counterpart."""

from __future__ import annotations

import numpy as np
import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.daily_counts import (
    DailyRule,
    DailySeries,
    counts_in,
    longest_period,
    periods,
    windows,
)
from il5report.derive.inputs import need_variables, yes_no

CRITERIA = (
    Criteria(
        name="ICAHT grading by EHA/EBMT",
        version="2023",
        citation="Rejeski K et al., Blood 2023;142:865-877",
        provenance=Provenance.READ,
        text="Early ICAHT (day 0 to 30) is graded by the longest period with a neutrophil count "
        "of 500 or less per microlitre (1-6 days grade 1, 7-13 days grade 2, 14 days or more "
        "grade 3, never above grade 4) and of 100 or less (7 days grade 3, 14 days grade 4). "
        "Late ICAHT (day 31 to 100) is graded by the nadir (1500, 1000, 500, 100).",
        choices=(
            "The lowest count of a day is used; up to 7 consecutive days without a count are "
            "interpolated linearly (at the ends: carried); counts are rounded to the nearest 10.",
            "Periods are joined where the count stayed above the bound for fewer than 3 "
            "consecutive days.",
            "A period that starts by day 3 and lasts to the last count is grade 4.",
            "The late window ends at the dates that the plan names (new anticancer therapy, "
            "transplantation, progression) or last follow-up. The late nadir counts where the "
            "second lowest day is at most 1500 or no second day exists.",
        ),
    ),
    Criteria(
        name="Thrombocytopenia after effector cells (T-ICAHT)",
        version="platelet criteria",
        citation="ASH Self-Assessment Program table 12809257",
        provenance=Provenance.READ,
        text="Early (day 0 to 30): days in total with platelets below 50 x 10^9/L (1-6 grade 1, "
        "7 or more grade 2) and below 20 (1-13 grade 3, 14 or more grade 4). Late (day 31 to "
        "100): below 100 grade 1, below 50 grade 2, below 20 for 1-13 days grade 3, for 14 or "
        "more grade 4.",
        choices=(
            "Days are counted on the interpolated daily series of the neutrophil rule.",
            "The late grade needs at least two counts, two of them below 100.",
        ),
    ),
)


def _early_neutrophils(series: DailySeries, rule: DailyRule) -> tuple[int, int, int]:
    """Grade and the longest periods at or below 500 and 100 per microlitre (days)."""
    rounded = np.round(series.filled / 10) * 10
    low = periods(rounded <= 500, rule.join_gap)
    days_500, days_100 = longest_period(low), longest_period(periods(rounded <= 100, rule.join_gap))
    last_known = int(np.flatnonzero(np.isfinite(series.filled))[-1])
    never_recovered = any(first <= 3 and last == last_known for first, last in low)
    if never_recovered or days_500 > rule.early_until or days_100 >= 14:
        grade = 4
    elif days_500 >= 14 or days_100 >= 7:
        grade = 3
    else:
        grade = 0 if days_500 == 0 else 1 if days_500 < 7 else 2
    return grade, days_500, days_100


def _late_neutrophils(series: DailySeries) -> int:
    lowest = series.two_lowest()
    if lowest[-1] > 1500:
        return 0
    return next((g for g, bound in ((4, 100), (3, 500), (2, 1000)) if lowest[0] <= bound), 1)


def _early_platelets(series: DailySeries) -> tuple[int, int, int]:
    """Grade and the total days below 50 and 20 x 10^9/L."""
    below_50, below_20 = int((series.filled < 50).sum()), int((series.filled < 20).sum())
    if below_20:
        return (4 if below_20 >= 14 else 3), below_50, below_20
    return (0 if below_50 == 0 else 1 if below_50 < 7 else 2), below_50, below_20


def _late_platelets(series: DailySeries) -> int | None:
    lowest = series.two_lowest()
    if len(lowest) < 2:
        return None
    if lowest[1] >= 100:
        return 0
    if lowest[0] < 20:
        return 4 if (series.filled < 20).sum() >= 14 else 3
    return 2 if lowest[0] < 50 else 1


def grade_icaht(
    counts: pl.DataFrame, followup: pl.DataFrame, rule: DailyRule | None = None
) -> pl.DataFrame:
    """Grade early and late ICAHT for every subject followed.

    Parameters
    ----------
    counts : DataFrame
        Neutrophil counts: USUBJID, DAY (days from infusion, infusion = 0), AVAL, AVALU.
    followup : DataFrame
        One row per infused subject: USUBJID, LSTDY (last follow-up, null = beyond the windows),
        STOPDY (first day of new therapy or progression, null = none), BASE (baseline count,
        10^9/L, null = unknown).
    rule : DailyRule

    Returns
    -------
    DataFrame
        One row per subject of `followup`, sorted: ICAHTE, ICAHTL (grades 0-4), DAYS500, DAYS100
        (longest early periods), NINTERP (early days interpolated), BASELOFL (Y: baseline
        count of 500 per microlitre or less, for the analysis without them), REASE, REASL.

    Not estimable
    -------------
    A grade is null with ``"no count in the window"`` as reason.

    Raises
    ------
    DataError
        For a unit that is not a cell count, a negative count or NaN, a missing subject or day.

    Source
    ------
    Rejeski 2023; operational rules as in the reference implementation published for it (its
    manual R code uses zoo and heatwaveR with the same settings).
    """
    need_variables(followup, ["BASE"], "follow-up")
    rule = rule or DailyRule()
    rows = []
    for subject, early, late in windows(counts_in(counts, 1000.0), followup, rule):
        row: dict[str, object] = {"USUBJID": subject}
        if early is not None:
            row["ICAHTE"], row["DAYS500"], row["DAYS100"] = _early_neutrophils(early, rule)
        row["ICAHTL"] = None if late is None else _late_neutrophils(late)
        rows.append(row | _notes(early, late))
    table = pl.DataFrame(rows, _schema("ICAHTE", "ICAHTL", "DAYS500", "DAYS100"))
    baseline = followup.select("USUBJID", BASELOFL=yes_no(pl.col("BASE") <= 0.5))
    return table.join(baseline, on="USUBJID", how="left", maintain_order="left")


def grade_platelets(
    counts: pl.DataFrame, followup: pl.DataFrame, rule: DailyRule | None = None
) -> pl.DataFrame:
    """Grade thrombocytopenia by the platelet criteria, early and late.

    Parameters
    ----------
    counts, followup, rule
        As for `grade_icaht`, with platelet counts.

    Returns
    -------
    DataFrame
        One row per subject: TICAHTE, TICAHTL (0-4), DAYS50, DAYS20 (early days in total),
        NINTERP, REASE, REASL.

    Not estimable
    -------------
    ``"no count in the window"``; late also ``"fewer than two counts"``.

    Raises
    ------
    DataError
        As `grade_icaht`.
    """
    rows = []
    for subject, early, late in windows(counts_in(counts, 1.0), followup, rule or DailyRule()):
        row: dict[str, object] = {"USUBJID": subject} | _notes(early, late)
        if early is not None:
            row["TICAHTE"], row["DAYS50"], row["DAYS20"] = _early_platelets(early)
        if late is not None:
            row["TICAHTL"] = _late_platelets(late)
            row["REASL"] = TOO_FEW if row["TICAHTL"] is None else None
        rows.append(row)
    return pl.DataFrame(rows, _schema("TICAHTE", "TICAHTL", "DAYS50", "DAYS20"))


NO_COUNT = "no count in the window"
TOO_FEW = "fewer than two counts"


def _notes(early: DailySeries | None, late: DailySeries | None) -> dict[str, object]:
    return {
        "NINTERP": 0 if early is None else early.n_filled,
        "REASE": NO_COUNT if early is None else None,
        "REASL": NO_COUNT if late is None else None,
    }


def _schema(*numbers: str) -> dict[str, pl.DataType]:
    whole = {name: pl.Int64() for name in (*numbers, "NINTERP")}
    return {"USUBJID": pl.String(), **whole, "REASE": pl.String(), "REASL": pl.String()}
