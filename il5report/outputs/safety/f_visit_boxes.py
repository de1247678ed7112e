"""Box plots of findings by visit, one panel per parameter, the columns side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import all_of, equals
from il5report.display.axes import boxed, legend, line_at, number
from il5report.display.marks import rectangles
from il5report.display.plot import (
    FAINT,
    TOTAL,
    WIDTH,
    Look,
    drawing,
    finished,
    house_style,
    nothing,
    pale,
)
from il5report.display.view import Numbers, View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import courses
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import Selection


class Options(courses.FindingOptions):
    """`visits`: values of AVISIT in order, those of the plan where left out; at most one record
    per subject, parameter and visit."""

    parameters: tuple[courses.Drawn, ...]
    visits: tuple[str, ...] = ()


PANELS_MM = 160  # so that the panels stand on one page, their footnotes under them
BOX = ("q1", "median", "q3", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "AVISIT", options.variable]
    return Needs({options.dataset: names}, [(options.dataset, options.subset)])


def _visits(ctx: Context) -> tuple[str, ...]:
    return ctx.options(Options).visits or tuple(visit.label for visit in ctx.plan.visits)


def analyse(ctx: Context, rows: Rows) -> None:
    options, level = ctx.options(Options), ctx.plan.conventions.conf_level
    add_column_sizes(ctx, rows)
    records, shown = Selection(ctx, needs(ctx))[options.dataset], parts(ctx)
    for item in options.parameters:
        where = courses.given(options, item)
        for visit, columns in records.by_visit(options.variable, where, _visits(ctx)):
            of_visit = all_of(where, equals("AVISIT", visit))
            for column, values in columns:
                if column in shown:
                    scope = Scope(
                        "box", options.dataset, of_visit, column.where, column=column.label,
                        level=visit, paramcd=item.paramcd,
                    )  # fmt: skip
                    made = describe(values, conf_level=level)
                    rows.add(scope, "percentiles PCTLDEF 5", stats_of(made, ("n", *BOX)))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown, visits = column_looks(ctx, [c.label for c in parts(ctx)]), _visits(ctx)
    count, words = len(options.parameters), _words(view, options, list(shown), visits)
    if not any(view.only("box", stat_name="n")["stat"]):
        return Shown(nothing(ctx.id, f"No subject had a value. {words}", ard["row"].to_list()))
    with house_style(ctx.id):
        made, *grid = drawing(WIDTH, 20 + min(60 * count, PANELS_MM), [1] * count)
        for axes, item in zip(grid, options.parameters, strict=True):
            for place, (column, look) in enumerate(shown.items()):
                found = [view.at("box", column, level=v, paramcd=item.paramcd) for v in visits]
                _boxes(axes, found, visits, Side(column, look, place, len(shown)))
            axes.use_sticky_edges = False
            courses.scaled(axes, item)
            axes.tick_params(axis="x", length=0)
            between = [at - 0.5 for at in range(1, len(visits))]
            line_at(axes, between, "x", color=FAINT, linewidth=0.5, zorder=0.5)
        grid[-1].set_xticks(range(len(visits)), visits)
        grid[-1].set_xlim(-0.5, len(visits) - 0.5)
        legend(made, boxed(shown), WIDTH)
        return Shown(finished(made, words, ard["row"].to_list()))


class Side(NamedTuple):
    """A column, how it is drawn, and its place of how many beside each other."""

    column: str
    look: Look
    place: int
    of: int


def _boxes(axes: Any, found: Sequence[Numbers], visits: Sequence[str], side: Side) -> None:
    """The boxes of a column, beside those of the others; none where there is no value."""
    wide = 0.8 / side.of
    shift = wide * (side.place - (side.of - 1) / 2)
    boxes = [
        (at + shift, f"{side.column}, {visit}, {_said(numbers)}",
         *(float(numbers.value(name) or 0.0) for name in BOX))
        for at, (visit, numbers) in enumerate(zip(visits, found, strict=True))
        if numbers.value("median") is not None
    ]  # fmt: skip
    if not boxes:
        return
    x, said, q1, median, q3, low, high = zip(*boxes, strict=True)
    half, shade = 0.37 * wide, side.look.colour
    axes.vlines([*x, *x], [*low, *q3], [*q1, *high], color=shade, linewidth=0.8)
    rectangles(
        axes, np.subtract(x, half), q1, 2 * half, np.subtract(q3, q1), said,
        facecolor=pale(shade), edgecolor=shade, linewidth=0.6, hatch=side.look.hatch,
    )  # fmt: skip
    axes.hlines(
        median, [at - half for at in x], [at + half for at in x], color=TOTAL, linewidth=1.4
    )


def _said(numbers: Numbers) -> str:
    """What a pointer on a box is told before the quartiles."""
    show = {name: numbers.text(name, lambda v: number(float(f"{v:.4g}"))) for name in BOX}
    median, low, high = (show[name] for name in ("median", "minimum", "maximum"))
    return f"n={numbers.count('n')}, median {median}, range {low} to {high}, quartiles"


def _words(view: View, options: Options, names: list[str], visits: tuple[str, ...]) -> str:
    """How many subjects stand behind the last visit that has any."""
    said = []
    for item in options.parameters:
        sizes = {
            visit: sum(
                view.at("box", n, level=visit, paramcd=item.paramcd).count("n") for n in names
            )
            for visit in visits
        }
        shown = ", ".join(f"{visit} {n}" for visit, n in sizes.items() if n)
        said.append(f"{item.label}, subjects: {shown or 'none'}.")
    return f"Box plots by visit. {' '.join(said)}"


OUTPUT = Output(
    kind="figure",
    title="Values by visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Box: quartiles and median; whiskers: lowest and highest value. {infusion_day}",),
)
