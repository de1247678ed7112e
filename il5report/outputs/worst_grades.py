"""Baseline and worst laboratory grade of each subject; shared by the shift table and the table of
worst grades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Comparison, Condition, both, comparisons, equals
from il5report.errors import DataError, Finding
from il5report.output import Context, Needs
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text, Where

GRADES = (0.0, 1.0, 2.0, 3.0, 4.0)
MISSING = "Missing"
AS_GIVEN = "Grades of laboratory values as supplied in the data."


class Graded(Model):
    """A parameter graded in one direction: L (too low) or H (too high)."""

    paramcd: Text
    label: Text
    direction: Literal["L", "H"]

    @property
    def name(self) -> str:
        """Parameter and direction, as printed."""
        return f"{self.label}, {'low' if self.direction == 'L' else 'high'}"


class Window(Model):
    """The records after baseline that count."""

    label: Text
    where: Where


class GradeOptions(Model):
    """`subset`: the records of `dataset` under one baseline; `windows`: each counted apart.

    `grades`: whether the data hold grades as numbers (ATOXGRLN, BTOXGRLN; of H alike) or as texts
    (ATOXGRL, BTOXGRL). `compact`: leaves out the lines that nobody can be in: baseline grades
    that no subject had, the grades of a parameter of which no subject had grade 1 or higher.
    """

    dataset: Text = "ADLB"
    subset: Where
    parameters: tuple[Graded, ...]
    windows: tuple[Window, ...]
    grades: Literal["number", "text"] = "number"
    compact: bool = False

    def grade(self, item: Graded) -> str:
        """The variable of the grade."""
        return self._variable("A", item)

    def baseline(self, item: Graded) -> str:
        """The variable of the grade at baseline, on every record."""
        return self._variable("B", item)

    def _variable(self, first: str, item: Graded) -> str:
        return f"{first}TOXGR{item.direction}{'N' if self.grades == 'number' else ''}"

    def is_grade(self, variable: str, grade: float | None) -> Condition:
        """That the variable holds the grade; None: that it holds none."""
        text = self.grades == "text" and grade is not None
        return equals(variable, f"{grade:.0f}" if text else grade)

    def at_least(self, variable: str, grade: float) -> Condition:
        """That the variable holds the grade or a higher one."""
        if self.grades == "number":
            return Comparison(variable, "GE", (grade,))
        return Comparison(variable, "IN", tuple(f"{g:.0f}" for g in GRADES if g >= grade))


def needs(ctx: Context) -> Needs:
    options = ctx.options(GradeOptions)
    grades = [v for p in options.parameters for v in (options.grade(p), options.baseline(p))]
    conditions = [options.subset, *(window.where for window in options.windows)]
    conditions += [options.is_grade(variable, 0.0) for variable in dict.fromkeys(grades)]
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


class Grades(NamedTuple):
    """Grades of the subjects of the set; NaN where there is none."""

    baseline: NDArray[np.float64]
    worst: NDArray[np.float64]


def worst(ctx: Context, options: GradeOptions, item: Graded) -> Iterator[tuple[Window, Grades]]:
    """Each window with the grade of every subject at baseline and the worst in the window."""
    grades = (options.baseline(item), options.grade(item))
    used = {c.variable for window in options.windows for c in comparisons(window.where)}
    keep = (*grades, *sorted(used))
    found = ctx.records(options.dataset, of_parameter(options, item), keep=keep)
    records = Records(ctx, options.dataset, found)
    before, then = (_number(found, options, variable).to_numpy() for variable in grades)
    baseline, places = np.full(ctx.size, np.nan), records.places
    known = np.flatnonzero(~np.isnan(before))[::-1]  # the first of a subject is put in last
    baseline[places[known]] = before[known]
    for window in options.windows:
        highest, after = np.full(ctx.size, np.nan), records.meet(window.where)
        np.fmax.at(highest, places[after], then[after])
        yield window, Grades(baseline, highest)


def _number(records: pl.DataFrame, options: GradeOptions, variable: str) -> pl.Series:
    """The grades of a variable as numbers.

    Raises
    ------
    DataError
        Texts that are no grade from 0 to 4.
    """
    values = records[variable]
    if options.grades == "number":
        return values
    numbers = values.replace_strict(
        [f"{g:.0f}" for g in GRADES], GRADES, default=None, return_dtype=pl.Float64
    )
    odd = values.filter(numbers.is_null() & values.is_not_null())
    if odd.len():
        message = f"not a grade from 0 to 4: {', '.join(odd.unique().sort().head(5))}"
        raise DataError(
            [Finding("output.grade", message, dataset=options.dataset, variable=variable,
                     count=odd.len())]
        )  # fmt: skip
    return numbers


def version(ctx: Context) -> str:
    """The footnote that names the grading."""
    known = ctx.plan.grading.laboratory
    return f"Laboratory values graded by CTCAE v{known}." if known else AS_GIVEN
