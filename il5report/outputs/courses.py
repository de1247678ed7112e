"""Values of findings over time, shared by the figures that draw them."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from il5report.conditions import Comparison, Condition, all_of, both, equals
from il5report.display.axes import logarithmic, number, reference
from il5report.plan.base import Model, Text, Where


class Drawn(Model):
    """A parameter: drawn on a logarithmic axis where `log`, with a broken line at each of
    `lines`."""

    paramcd: Text
    label: Text
    log: bool = False
    lines: tuple[float, ...] = ()


class FindingOptions(Model):
    """`subset`: the records of `dataset` under one baseline; `variable`: what is drawn."""

    dataset: Text = "ADLB"
    subset: Where | None = None
    variable: Text = "AVAL"


def given(options: FindingOptions, item: Drawn) -> Condition:
    """The records of a parameter that have a value."""
    present = both(equals("PARAMCD", item.paramcd), Comparison(options.variable, "NE", ()))
    return both(options.subset, present) if options.subset is not None else present


def days(study_day: str) -> pl.Expr:
    """Days from infusion (day 0) of study days, which have no 0."""
    day = pl.col(study_day)
    return pl.when(day > 0).then(day - 1).otherwise(day)


def study_day(day: float) -> float:
    """The study day of a day from infusion."""
    return day + 1 if day >= 0 else day


def one_a_day(
    records: pl.DataFrame, variable: str, pick: Literal["lowest", "highest"]
) -> pl.DataFrame:
    """USUBJID, DAY and the lowest or highest value of each subject and day."""
    value = pl.col(variable).min() if pick == "lowest" else pl.col(variable).max()
    return records.with_columns(DAY=days("ADY")).group_by("USUBJID", "DAY").agg(value)


def on_day(where: Condition, day: float) -> Condition | None:
    """The records of a day from infusion."""
    return all_of(where, equals("ADY", study_day(day)))


def scaled(axes: Any, item: Drawn) -> None:
    """The scale and the reference lines of a panel on which the values are drawn."""
    for at in item.lines:
        reference(axes, at, number(at))
    if item.log:
        logarithmic(axes)
    axes.set_ylabel(item.label)
