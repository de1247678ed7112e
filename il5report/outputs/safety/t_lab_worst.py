"""Worst laboratory grade after baseline, and grades 3 or higher that are new or worse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Compound, Condition, both
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.masks import Mask
from il5report.output import Context, Output, Shown
from il5report.outputs.cells import of_part
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.worst_grades import (
    GRADES,
    Graded,
    GradeOptions,
    Grades,
    Window,
    after,
    given,
    needs,
    version,
    worst,
)

ANY = "Grade 1 or higher"
SEVERE = 3.0
NEW = "Grade 3 or higher, new or worse than at baseline"


class Line(NamedTuple):
    """A line: who of those with a grade it counts, and the conditions of their records."""

    label: str
    who: Callable[[Grades], Mask]
    where: Condition
    without: Condition | None = None


def _lines(options: GradeOptions, item: Graded) -> Iterator[Line]:
    grade_of, baseline = options.grade(item), options.baseline(item)
    least = options.at_least(grade_of, GRADES[1])
    yield Line(ANY, lambda found: found.worst >= GRADES[1], least)
    for grade in GRADES[1:]:
        worse = options.at_least(grade_of, grade + 1) if grade < GRADES[-1] else None
        is_grade = options.is_grade(grade_of, grade)
        yield Line(f"Grade {grade:.0f}", partial(_worst_is, grade), is_grade, worse)
    severe = options.at_least(grade_of, SEVERE)
    yield Line("Grade 3 or higher", lambda found: found.worst >= SEVERE, severe)
    low = Compound("NOT", (options.at_least(baseline, SEVERE),))
    risen = both(options.is_grade(baseline, SEVERE), options.is_grade(grade_of, GRADES[-1]))
    new = both(severe, Compound("OR", (low, risen)))
    yield Line(NEW, _new, new)


def _worst_is(grade: float, found: Grades) -> Mask:
    same: Mask = found.worst == grade
    return same


def _new(found: Grades) -> Mask:
    """Who has a severe grade and had none as high; without a grade at baseline: any severe one."""
    risen: Mask = found.worst > np.nan_to_num(found.baseline)
    return (found.worst >= SEVERE) & risen


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(GradeOptions)
    add_column_sizes(ctx, rows)
    for item in options.parameters:
        for window, found in worst(ctx, options, item):
            _window(ctx, rows, item, window, found)


def _conditions(here: Condition, line: Line) -> tuple[Condition, Condition | None]:
    """The records of a line in a window, and those whose subjects are left out."""
    return both(here, line.where), line.without and both(here, line.without)


def _window(ctx: Context, rows: Rows, item: Graded, window: Window, found: Grades) -> None:
    """Each line, of the subjects with a grade in the window."""
    options, grade = ctx.options(GradeOptions), ctx.options(GradeOptions).grade(item)
    here, graded = after(options, item, window), ~np.isnan(found.worst)
    of = both(here, given(grade))
    lines = [(line, line.who(found), _conditions(here, line)) for line in _lines(options, item)]
    for column, inside in zip(ctx.columns, ctx.members, strict=True):
        total = int((graded & inside).sum())
        for line, who, (subset, without) in lines:
            scope = Scope(
                "lab|worst", options.dataset, subset, column.where, without, of, options.dataset,
                column=column.label, group=window.label, variable=grade, level=line.label,
                paramcd=item.paramcd,
            )  # fmt: skip
            rows.add(scope, METHOD, counted(int((who & inside).sum()), total))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(GradeOptions), View(ard)
    columns, rows = [c.label for c in ctx.columns], list[Row]()
    for item in options.parameters:
        for window in options.windows:
            rows.append(Row(f"{item.name}: {window.label}", kind="heading"))
            for line in _lines(options, item):
                found = [
                    view.at(
                        "lab|worst", c, group=window.label, variable=options.grade(item),
                        level=line.label, paramcd=item.paramcd,
                    )
                    for c in columns
                ]  # fmt: skip
                rows.append(Row(line.label, tuple(of_part(p) for p in found), indent=1))
                if options.compact and line.label == ANY and not any(p.count("n") for p in found):
                    break
    return Shown(table(view.column_heads(columns, "Worst grade, n/N (%)"), rows), (version(ctx),))


OUTPUT = Output(
    kind="table",
    title="Worst laboratory grade after baseline",
    analysis_set="SAF",
    needs=needs,
    options=GradeOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "N: subjects with a grade in the period. A baseline without a grade counts as grade 0.",
    ),
)
