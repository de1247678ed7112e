"""Analysis visits by the plan's windows, and analysis periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from il5report.plan.derivation import Period
from il5report.plan.models import Visit

FAR = 1e6  # more days than any date has since 1970: breaks ties of whole days


def with_visits(
    frame: pl.DataFrame, schedule: Sequence[Visit], groups: pl.Series, otherwise: pl.Expr
) -> pl.DataFrame:
    """Add AVISIT, AVISITN (the target day) and ANL01FL, the record nearest to the target.

    Parameters
    ----------
    frame : DataFrame
        With ADT and TRTSDT.
    schedule : sequence of Visit
        A day in two windows belongs to the nearer target, then to the earlier visit.
    groups : Series
        A number for each record: what has one flagged record per visit, such as a parameter of a
        subject.
    otherwise : Expr
        AVISIT of a record outside every window; it has no AVISITN and is never flagged.

    Returns
    -------
    DataFrame
        Of two records equally near the target the later one is flagged.
    """
    day = frame.select((pl.col("ADT") - pl.col("TRTSDT")).dt.total_days())["ADT"]
    visits = frame[["ADT"]].hstack(_visits_of(day, schedule))
    labels = pl.Series([v.label for v in schedule], dtype=pl.String)
    targets = pl.Series([v.day for v in schedule], dtype=pl.Float64)
    visit = visits["_VISIT"]
    later_first = pl.col("_OFF") - pl.col("ADT").to_physical() / FAR
    nearest = (
        visits.select(
            _OFF=later_first, _OF=pl.lit(groups) * len(schedule) + visit,
            _ROW=pl.int_range(pl.len(), dtype=pl.UInt32),
        )
        .drop_nulls("_OF")
        .sort("_OFF", maintain_order=True)
        .unique("_OF", keep="first", maintain_order=True)
    )  # fmt: skip
    flagged = np.zeros(frame.height, np.bool_)
    flagged[nearest["_ROW"].to_numpy()] = True
    return frame.with_columns(
        AVISIT=pl.coalesce(labels.gather(visit), otherwise),
        AVISITN=targets.gather(visit),
        ANL01FL=pl.when(pl.Series(flagged)).then(pl.lit("Y")),
    )


def _visits_of(day: pl.Series, schedule: Sequence[Visit]) -> pl.DataFrame:
    """_VISIT, the place in the schedule of the visit of each day, and _OFF, the days between."""
    span = day.drop_nulls().to_numpy()
    first, last = (span.min(), span.max()) if span.size else (0, 0)
    days = np.arange(first, last + 1)
    off, place = np.full(days.size, np.inf), np.full(days.size, -1)
    for i, visit in enumerate(schedule):
        begin, end = visit.window
        away = np.abs(days - visit.day)
        nearer = (begin <= days) & (days <= end) & (away < off)
        off[nearer], place[nearer] = away[nearer], i
    known = pl.when(pl.lit(pl.Series(place >= 0)))
    found = pl.DataFrame({"_VISIT": place, "_OFF": off}).with_columns(known.then(pl.all()))
    return found.select(pl.all().gather(pl.lit(day - first)))


def with_period(
    frame: pl.DataFrame, periods: Sequence[Period], emergent: pl.Expr | None = None
) -> pl.DataFrame:
    """Add APERIOD and APERIODC: the last period that has begun by ASTDT.

    The day on which a period begins belongs to it. Where `emergent` is given it decides who is in
    the period of the infusion, so that an emergent event is never placed before it.
    """
    number: pl.Expr = pl.lit(None, pl.Float64)
    text: pl.Expr = pl.lit(None, pl.String)
    for i, period in enumerate(periods, 1):
        begun = pl.col("ASTDT") >= pl.col(period.start)
        if emergent is not None and period.start == "TRTSDT":
            begun = emergent
        number = pl.when(begun).then(pl.lit(float(i))).otherwise(number)
        text = pl.when(begun).then(pl.lit(period.label)).otherwise(text)
    return frame.with_columns(APERIOD=number, APERIODC=text) if periods else frame
