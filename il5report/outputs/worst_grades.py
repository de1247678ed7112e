"""Baseline and worst laboratory grade of each subject; shared by the shift table and the table of
worst grades."""

from __future__ import annotations

from typing import Literal

import polars as pl

from il5report.conditions import Comparison, Condition, both, comparisons, equals, expression
from il5report.output import Context, Needs
from il5report.plan.base import Model, Text, Where

GRADES = (0.0, 1.0, 2.0, 3.0, 4.0)
MISSING = "Missing"


class Graded(Model):
    """A parameter graded in one direction: L (too low) or H (too high)."""

    paramcd: Text
    label: Text
    direction: Literal["L", "H"]

    @property
    def grade(self) -> str:
        """The variable of the grade."""
        return f"ATOXGR{self.direction}N"

    @property
    def baseline(self) -> str:
        """The variable of the grade at baseline, on every record."""
        return f"BTOXGR{self.direction}N"

    @property
    def name(self) -> str:
        """Parameter and direction, as printed."""
        return f"{self.label}, {'low' if self.direction == 'L' else 'high'}"


class Window(Model):
    """The records after baseline that count."""

    label: Text
    where: Where


class GradeOptions(Model):
    """`subset`: the records of `dataset` under one baseline; `windows`: each counted apart."""

    dataset: Text = "ADLB"
    subset: Where
    parameters: tuple[Graded, ...]
    windows: tuple[Window, ...]


def needs(ctx: Context) -> Needs:
    options = ctx.options(GradeOptions)
    grades = [v for item in options.parameters for v in (item.grade, item.baseline)]
    conditions = [options.subset, *(window.where for window in options.windows)]
    return Needs(
        {options.dataset: ["USUBJID", "PARAMCD", *grades]},
        [(options.dataset, where) for where in conditions],
    )


def of_parameter(options: GradeOptions, item: Graded) -> Condition:
    """All records of the parameter."""
    return both(options.subset, equals("PARAMCD", item.paramcd))


def after(options: GradeOptions, item: Graded, window: Window) -> Condition:
    """The records of the parameter in a window."""
    return both(of_parameter(options, item), window.where)


def given(variable: str) -> Condition:
    """That there is a grade."""
    return Comparison(variable, "NE", ())


def worst(ctx: Context, options: GradeOptions, item: Graded, window: Window) -> pl.DataFrame:
    """USUBJID, BASELINE and WORST of every subject of the set; null where there is no grade."""
    used = sorted({c.variable for c in comparisons(window.where)})
    keep = ("USUBJID", item.grade, item.baseline, *used)
    records = ctx.records(options.dataset, of_parameter(options, item), keep=keep)
    inside = expression(window.where, records.schema)
    found = records.group_by("USUBJID").agg(
        pl.col(item.baseline).drop_nulls().first().alias("BASELINE"),
        pl.col(item.grade).filter(inside).max().alias("WORST"),
    )
    return ctx.subjects.select("USUBJID").join(found, on="USUBJID", how="left")


def version(ctx: Context) -> str:
    """The footnote that names the grading."""
    return f"Laboratory values graded by CTCAE v{ctx.plan.grading.laboratory}."
