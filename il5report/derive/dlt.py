"""Dose-limiting toxicity by the plan's definition."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report import conditions
from il5report.derive.inputs import need_variables
from il5report.errors import DataError, Finding
from il5report.plan.dose_limiting import DltDefinition, DltRule


def dose_limiting(
    events: pl.DataFrame, definition: DltDefinition, grades: Sequence[str] = ()
) -> pl.DataFrame:
    """Mark the events that are dose limiting.

    Parameters
    ----------
    events : DataFrame
        USUBJID, DAY (start, days from infusion), ENDDY (end, null = ongoing), LSTDY (last day of
        follow-up of the subject), and the variables that the rules name. An event whose grade
        falls is expected as one record per grade, so that ENDDY is the end of that grade.
    definition : DltDefinition
    grades : sequence of str
        Variables that grade an event.

    Returns
    -------
    DataFrame
        As given with DLTFL (Y, N, null = the duration or grade is not known yet) and DLTRULE
        (label of the first rule met, or that could still be met).

    Not estimable
    -------------
    DLTFL is null where only the duration is missing (the event is ongoing and follow-up has not
    passed the limit), and for an event of the window without any of its grades.

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
    ungraded = pl.all_horizontal(pl.col(g).is_null() for g in grades) if grades else pl.lit(False)
    unknown = pl.when(in_window & ungraded).then(None).otherwise(pl.lit(False))
    any_met = pl.any_horizontal(*met, unknown)
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
