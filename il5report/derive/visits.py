"""Analysis visits by the plan's windows, and analysis periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from il5report.derive import dates
from il5report.plan.derivation import Period
from il5report.plan.models import Visit

FAR = 1e6  # more days than any date has since 1970: breaks ties of whole days


def with_visits(
    frame: pl.DataFrame, schedule: Sequence[Visit], by: Sequence[str], otherwise: pl.Expr
) -> pl.DataFrame:
    """Add AVISIT, AVISITN (the target day) and ANL01FL, the record nearest to the target.

    Parameters
    ----------
    frame : DataFrame
        With USUBJID, ADT, TRTSDT and the variables of `by`.
    schedule : sequence of Visit
        A day in two windows belongs to the nearer target, then to the earlier visit.
    by : sequence of str
        Within a subject, what has one flagged record per visit.
    otherwise : Expr
        AVISIT of a record outside every window; it has no AVISITN and is never flagged.

    Returns
    -------
    DataFrame
        Of two records equally near the target the later one is flagged.
    """
    day = frame.select(_DAY=dates.days_between(pl.col("TRTSDT"), pl.col("ADT")))["_DAY"]
    visits = frame.select("USUBJID", *by, "ADT").hstack(_visits_of(day, schedule))
    labels = {i: v.label for i, v in enumerate(schedule)}
    targets = {i: float(v.day) for i, v in enumerate(schedule)}
    visit = visits["_VISIT"]
    later_first = pl.col("_OFF") - pl.col("ADT").to_physical() / FAR
    nearest = (
        visits.with_columns(_OFF=later_first)
        .with_row_index("_ROW")
        .drop_nulls("_VISIT")
        .sort("_OFF", maintain_order=True)
        .unique(["USUBJID", *by, "_VISIT"], keep="first", maintain_order=True)
    )
    flagged = np.zeros(frame.height, np.bool_)
    flagged[nearest["_ROW"].to_numpy()] = True
    label = visit.replace_strict(labels, default=None, return_dtype=pl.String)
    return frame.with_columns(
        AVISIT=pl.coalesce(label, otherwise),
        AVISITN=visit.replace_strict(targets, default=None, return_dtype=pl.Float64),
        ANL01FL=pl.when(pl.Series(flagged)).then(pl.lit("Y")),
    )


def _visits_of(day: pl.Series, schedule: Sequence[Visit]) -> pl.DataFrame:
    """_VISIT, the place in the schedule of the visit of each day, and _OFF, the days between."""
    name = pl.col("_DAY")
    away = [
        pl.when(name.is_between(*v.window)).then((name - v.day).abs()).otherwise(None)
        for v in schedule
    ] or [pl.lit(None, pl.Float64)]
    days = pl.DataFrame(day.unique().drop_nulls()).with_columns(_OFF=pl.min_horizontal(away))
    chosen = pl.coalesce(pl.when(off == pl.col("_OFF")).then(i) for i, off in enumerate(away))
    days = days.with_columns(_VISIT=chosen)
    return pl.DataFrame(day).join(days, on="_DAY", how="left", maintain_order="left").drop("_DAY")


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
