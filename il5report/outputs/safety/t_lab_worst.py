"""Worst laboratory grade after baseline, and grades 3 or higher that are new or worse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, Compound, Condition, both, equals
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Output, Shown
from il5report.outputs.cells import of_part
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.worst_grades import (
    GRADES,
    Graded,
    GradeOptions,
    Window,
    after,
    given,
    needs,
    version,
    worst,
)

SEVERE = 3.0
NEW = "Grade 3 or higher, new or worse than at baseline"


class Line(NamedTuple):
    """A line: who of those with a grade it counts, and the conditions of their records."""

    label: str
    who: pl.Expr
    where: Condition
    without: Condition | None = None


def _lines(item: Graded) -> Iterator[Line]:
    worst_grade, base = pl.col("WORST"), pl.col("BASELINE").fill_null(0)
    for grade in GRADES[1:]:
        worse = Comparison(item.grade, "GT", (grade,)) if grade < GRADES[-1] else None
        yield Line(f"Grade {grade:.0f}", worst_grade == grade, equals(item.grade, grade), worse)
    severe = Comparison(item.grade, "GE", (SEVERE,))
    yield Line("Grade 3 or higher", worst_grade >= SEVERE, severe)
    low = Compound("OR", (equals(item.baseline, None), Comparison(item.baseline, "LT", (SEVERE,))))
    risen = both(equals(item.baseline, SEVERE), equals(item.grade, GRADES[-1]))
    new = both(severe, Compound("OR", (*low.parts, risen)))
    yield Line(NEW, (worst_grade >= SEVERE) & (worst_grade > base), new)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(GradeOptions)
    add_column_sizes(ctx, rows)
    for item in options.parameters:
        for window in options.windows:
            _window(ctx, rows, item, window)


def _window(ctx: Context, rows: Rows, item: Graded, window: Window) -> None:
    """Each line, of the subjects with a grade in the window."""
    options = ctx.options(GradeOptions)
    found = worst(ctx, options, item, window).filter(pl.col("WORST").is_not_null())
    here = after(options, item, window)
    lines = list(_lines(item))
    counts = found.select(line.who.fill_null(False).alias(line.label) for line in lines)
    for column, mine in zip(ctx.columns, ctx.split(found), strict=True):
        for line in lines:
            scope = Scope(
                "lab|worst", options.dataset, both(here, line.where), column.where,
                line.without and both(here, line.without), both(here, given(item.grade)),
                options.dataset, column=column.label, group=window.label, variable=item.grade,
                level=line.label, paramcd=item.paramcd,
            )  # fmt: skip
            n = int((counts[line.label].to_numpy() & mine).sum())
            rows.add(scope, METHOD, counted(n, int(mine.sum())))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(GradeOptions), View(ard)
    columns, rows = [c.label for c in ctx.columns], list[Row]()
    for item in options.parameters:
        for window in options.windows:
            rows.append(Row(f"{item.name}: {window.label}", kind="heading"))
            for line in _lines(item):
                found = [
                    view.at(
                        "lab|worst", c, group=window.label, variable=item.grade, level=line.label,
                        paramcd=item.paramcd,
                    )
                    for c in columns
                ]  # fmt: skip
                rows.append(Row(line.label, tuple(of_part(p) for p in found), indent=1))
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
