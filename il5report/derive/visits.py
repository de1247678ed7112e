"""Analysis visits by the plan's windows, and analysis periods."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.derive import dates
from il5report.plan.derivation import Period
from il5report.plan.models import Visit


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
    day = dates.days_between(pl.col("TRTSDT"), pl.col("ADT"))
    away = [
        pl.when(day.is_between(*v.window)).then((day - v.day).abs()).otherwise(None)
        for v in schedule
    ] or [pl.lit(None, pl.Float64)]
    frame = frame.with_columns(_OFF=pl.min_horizontal(away)).with_row_index("_ROW")
    chosen = pl.coalesce(pl.when(off == pl.col("_OFF")).then(i) for i, off in enumerate(away))
    labels = {i: v.label for i, v in enumerate(schedule)}
    targets = {i: float(v.day) for i, v in enumerate(schedule)}
    frame = frame.with_columns(_VISIT=chosen).with_columns(
        AVISIT=pl.col("_VISIT").replace_strict(labels, default=None, return_dtype=pl.String),
        AVISITN=pl.col("_VISIT").replace_strict(targets, default=None, return_dtype=pl.Float64),
    )
    nearest = (
        frame.filter(pl.col("_VISIT").is_not_null())
        .sort("_OFF", "ADT", descending=[False, True], maintain_order=True)
        .unique(["USUBJID", *by, "_VISIT"], keep="first", maintain_order=True)
    )
    marks = nearest.select("_ROW", ANL01FL=pl.lit("Y"))
    return (
        frame.join(marks, on="_ROW", how="left", maintain_order="left")
        .with_columns(AVISIT=pl.coalesce("AVISIT", otherwise))
        .drop("_ROW", "_OFF", "_VISIT")
    )


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
