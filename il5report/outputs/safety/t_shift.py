"""Shift of laboratory grades: grade at baseline against the worst grade after it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import compress, product

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Compound, Condition, both, of_dataset
from il5report.display.model import Head, Row
from il5report.display.view import View, table
from il5report.output import Context, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.worst_grades import (
    GRADES,
    MISSING,
    Graded,
    GradeOptions,
    Grades,
    Window,
    after,
    given,
    needs,
    of_parameter,
    version,
    worst,
)

LEVELS = (*GRADES, None)
NOBODY = "No subject could be analysed."
OMITTED = "Grades that no subject had at baseline have no row."


def _text(grade: float | None) -> str:
    return MISSING if grade is None else str(int(grade))


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(GradeOptions)
    add_column_sizes(ctx, rows)
    for item in options.parameters:
        for window, found in worst(ctx, options, item):
            _shifts(ctx, rows, item, window, found)


def _shifts(ctx: Context, rows: Rows, item: Graded, window: Window, found: Grades) -> None:
    """Subjects with each pair of grades, in each column."""
    options = ctx.options(GradeOptions)
    grades = (
        [None if math.isnan(g) else g for g in of.tolist()] for of in (found.baseline, found.worst)
    )
    of_subject = list(zip(*grades, strict=True))
    places = {pair: _scope(options, item, window, pair) for pair in product(LEVELS, LEVELS)}
    for column, inside in zip(ctx.columns, ctx.members, strict=True):
        pairs, total = Counter(compress(of_subject, inside)), int(inside.sum())
        for pair, place in places.items():
            scope = replace(place, groups=column.where, column=column.label)
            rows.add(scope, METHOD, counted(pairs[pair], total))


def _scope(
    options: GradeOptions,
    item: Graded,
    window: Window,
    grades: tuple[float | None, float | None],
) -> Scope:
    """Records with this worst grade, of subjects with none worse in the window; where there is no
    grade in the window, the subjects' other records, or the subjects where they have none."""
    before, then = grades
    here = after(options, item, window)
    grade, baseline = options.grade(item), options.baseline(item)
    graded = both(here, given(grade))
    dataset: str = options.dataset
    without: Condition | None = None
    subset: Condition = both(here, options.is_grade(grade, then))
    if then is None:
        subset, without = of_parameter(options, item), graded
    elif then < GRADES[-1]:
        without = both(here, options.at_least(grade, then + 1))
    based: Condition | None = both(subset, options.is_grade(baseline, before))
    if before is None and then is None:
        known = both(of_parameter(options, item), given(baseline))
        dataset, based, without = "ADSL", None, Compound("OR", (known, graded))
    return Scope(
        f"shift|{_text(then)}", dataset, based,
        without=without and of_dataset(without, options.dataset), group=window.label,
        variable=grade, level=_text(before), paramcd=item.paramcd,
    )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(GradeOptions), View(ard)
    columns = [c.label for c in ctx.columns]
    heads, rows = [Head("Grade at baseline")], list[Row]()
    for column in columns:
        size = view.at("columns", column).count("N")
        span = f"{column} (N={size})"
        heads += [Head(_band(then), span=span, align="center") for then in LEVELS]
    for item in options.parameters:
        for window in options.windows:
            rows.append(Row(f"{item.name}: {window.label}", kind="heading"))
            rows += _block(options, view, item, window, columns)
    if options.compact and all(row.kind == "heading" for row in rows):
        return Shown(table(heads, (), NOBODY), (version(ctx),))
    omitted = (OMITTED,) if options.compact else ()
    return Shown(table(heads, rows), (*omitted, version(ctx)))


def _block(
    options: GradeOptions, view: View, item: Graded, window: Window, columns: list[str]
) -> list[Row]:
    """One row per grade at baseline; where compact, per grade that a subject had."""
    found = {
        before: [
            view.at(
                f"shift|{_text(then)}", c, group=window.label, variable=options.grade(item),
                level=_text(before), paramcd=item.paramcd,
            )
            for c in columns
            for then in LEVELS
        ]
        for before in LEVELS
    }  # fmt: skip
    held = [before for before, cells in found.items() if any(p.count("n") for p in cells)]
    return [
        Row(_band(before), tuple(p.n_percent() for p in found[before]), indent=1)
        for before in (held if options.compact else LEVELS)
    ]


def _band(grade: float | None) -> str:
    return MISSING if grade is None else f"Grade {_text(grade)}"


OUTPUT = Output(
    kind="table",
    title="Shift of laboratory grades",
    analysis_set="SAF",
    needs=needs,
    options=GradeOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "Rows: grade at baseline. Columns: worst grade after it in the period. Percentages are of "
        "the N in the head. Missing: no value that can be graded.",
    ),
)
