"""Dose-limiting toxicity by the plan's definition, and who can be evaluated for it."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from il5report import conditions
from il5report.derive.inputs import need_variables, yes_no
from il5report.errors import DataError, Finding
from il5report.plan.base import Model, Text, Where

Days = Annotated[int, Field(ge=0)]


class DltRule(Model):
    """Events that are dose limiting: `where` holds and, if given, they last more than
    `longer_than` days."""

    label: Text
    where: Where
    longer_than: Days | None = None


class DltDefinition(Model):
    """The plan's definition: rules, the window in days from infusion, and what never counts."""

    window: Days = 28
    rules: Annotated[tuple[DltRule, ...], Field(min_length=1)]
    exclude: Where | None = None


def dose_limiting(events: pl.DataFrame, definition: DltDefinition) -> pl.DataFrame:
    """Mark the events that are dose limiting.

    Parameters
    ----------
    events : DataFrame
        USUBJID, DAY (start, days from infusion), ENDDY (end, null = ongoing), LSTDY (last day of
        follow-up of the subject), and the variables that the rules name. An event whose grade
        falls is expected as one record per grade, so that ENDDY is the end of that grade.
    definition : DltDefinition

    Returns
    -------
    DataFrame
        As given with DLTFL (Y, N, null = the duration is not known yet) and DLTRULE (label of the
        first rule met, or that could still be met).

    Not estimable
    -------------
    DLTFL is null where only the duration is missing: the event is ongoing and follow-up has not
    passed the limit.

    Raises
    ------
    DataError
        Where a rule names a variable that is not there, or compares text with a number.
    """
    need_variables(events, ["USUBJID", "DAY", "ENDDY", "LSTDY"], "adverse events")
    _check_rules(events, definition)
    in_window = pl.col("DAY").is_between(0, definition.window)
    if definition.exclude is not None:
        in_window &= ~conditions.expression(definition.exclude, events.schema)
    met = [in_window & _holds(rule, events) for rule in definition.rules]
    any_met = pl.any_horizontal(met)
    label: pl.Expr = pl.lit(None, dtype=pl.String)
    for wanted in (False, True):
        for rule, holds in reversed(list(zip(definition.rules, met, strict=True))):
            hit = holds.fill_null(value=False) if wanted else holds.is_null()
            label = pl.when(hit).then(pl.lit(rule.label)).otherwise(label)
    flag = pl.when(any_met).then(pl.lit("Y")).when(~any_met).then(pl.lit("N"))
    return events.with_columns(DLTFL=flag, DLTRULE=label)


def _check_rules(events: pl.DataFrame, definition: DltDefinition) -> None:
    every = [rule.where for rule in definition.rules]
    every += [definition.exclude] if definition.exclude is not None else []
    found = [
        Finding("dlt.rule", f"dose-limiting toxicity: {what}", dataset="adverse events",
                variable=variable)
        for condition in every
        for variable, what in conditions.faults(condition, events.schema)
    ]  # fmt: skip
    if found:
        raise DataError(found)


def _holds(rule: DltRule, events: pl.DataFrame) -> pl.Expr:
    """Three-valued: null where the condition holds and the duration is not known yet."""
    where = conditions.expression(rule.where, events.schema)
    if rule.longer_than is None:
        return where
    known = pl.col("ENDDY") - pl.col("DAY") + 1 > rule.longer_than
    at_least = pl.col("LSTDY") - pl.col("DAY") + 1 > rule.longer_than
    longer = pl.when(pl.col("ENDDY").is_not_null()).then(known).when(at_least).then(
        pl.lit(value=True)
    )  # fmt: skip
    return where & longer


def dlt_evaluable(
    events: pl.DataFrame, subjects: pl.DataFrame, definition: DltDefinition
) -> pl.DataFrame:
    """Who had a dose-limiting toxicity, and who can be evaluated for it.

    Parameters
    ----------
    events : DataFrame
        From `dose_limiting`.
    subjects : DataFrame
        One row per infused subject: USUBJID, LSTDY.
    definition : DltDefinition

    Returns
    -------
    DataFrame
        USUBJID, DLTFL (Y/N), DLTEVLFL (Y: a DLT, or followed to the end of the window with every
        duration known; N), DLTDY (first day), DLTRULES (text). Sorted.
    """
    need_variables(subjects, ["USUBJID", "LSTDY"], "subjects")
    by_subject = events.group_by("USUBJID").agg(
        DLTDY=pl.col("DAY").filter(pl.col("DLTFL") == "Y").min(),
        DLTRULES=pl.col("DLTRULE").filter(pl.col("DLTFL") == "Y").unique().sort().str.join("; "),
        _OPEN=pl.col("DLTFL").is_null().any(),
    )
    had = pl.col("DLTDY").is_not_null()
    followed = pl.col("LSTDY") >= definition.window
    settled = ~pl.col("_OPEN").fill_null(value=False)
    return (
        subjects.select("USUBJID", "LSTDY")
        .join(by_subject, on="USUBJID", how="left")
        .select(
            "USUBJID",
            yes_no(had).alias("DLTFL"),
            yes_no(had | (followed & settled)).alias("DLTEVLFL"),
            "DLTDY",
            pl.when(had).then(pl.col("DLTRULES")).alias("DLTRULES"),
        )
        .sort("USUBJID")
    )
