"""Individual courses of one finding: a panel per subject, on common axes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import all_of, both, equals
from il5report.display.axes import days, infusion, keys, legend, logarithmic, reference
from il5report.display.layout import name_below, name_beside
from il5report.display.plot import (
    TEXT,
    WIDTH,
    Look,
    finished,
    house_style,
    nothing,
    panels,
)
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import courses
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import by_column


class Options(courses.FindingOptions):
    """`days`: first and last day of the axis; `across`: panels beside each other."""

    parameter: courses.Drawn
    days: tuple[int, int] = (-7, 60)
    across: int = 4


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "ADY", options.variable]
    return Needs({options.dataset: names}, [(options.dataset, options.subset)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    where = courses.given(options, options.parameter)
    records = ctx.records(options.dataset, where, keep=("ADY", options.variable))
    records = records.with_columns(DAY=courses.days("ADY"))
    inside = records.filter(pl.col("DAY").is_between(*options.days))
    ordered = inside.select("USUBJID", "DAY", options.variable).sort(pl.all())
    for column, mine in by_column(ctx, ordered, parts(ctx)):
        seen: Counter[tuple[str, float]] = Counter()
        for who, day, value in mine.rows():
            seen[who, day] += 1
            scope = Scope(
                "value", options.dataset, all_of(where, equals("ADY", courses.study_day(day))),
                both(column.where, equals("USUBJID", who)) if column.where else
                equals("USUBJID", who),
                column=column.label, group=who, paramcd=options.parameter.paramcd,
                level="" if seen[who, day] == 1 else str(seen[who, day]), time=float(day),
            )  # fmt: skip
            stat = Stat("value", options.parameter.label, value)
            rows.add(scope, "observed value", [stat])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    points, shown = view.only("value"), column_looks(ctx, [c.label for c in parts(ctx)])
    subjects = points.select("group", "column").unique(maintain_order=True).sort("group").rows()
    counts = Counter(name for _, name in subjects)
    said = " ".join(f"{name}: {counts[name]}." for name in shown)
    words = f"Individual courses of {options.parameter.label}. Subjects: {said}"
    if not subjects:
        return Shown(nothing(ctx.id, f"No subject had a value. {words}", ard["row"].to_list()))
    down = -(-len(subjects) // options.across)
    with house_style(ctx.id):
        made, grid = panels(
            WIDTH, 20 + PANEL_MM * down, (down, options.across), sharex=True, sharey=True
        )
        for axes in grid.flat[len(subjects) :]:
            axes.set_axis_off()
        courses_of = points.sort("time").partition_by("group", as_dict=True)
        for axes, (who, name) in zip(grid.flat, subjects, strict=False):
            _panel(axes, options, courses_of[who,], who, shown[name])
        first = grid[0, 0]
        days(first, options.days, most=6, finer=False)
        if options.parameter.log:
            logarithmic(first, finer=False)
        name_below(made, "Days from infusion")
        name_beside(made, options.parameter.label)
        legend(
            made, keys({f"{name} (n={counts[name]})": look for name, look in shown.items()}), WIDTH
        )
        return Shown(finished(made, words, ard["row"].to_list()))


PANEL_MM = 36


def _panel(axes: Any, options: Options, points: pl.DataFrame, who: str, look: Look) -> None:
    """One subject: the course, the day of infusion, the reference lines."""
    infusion(axes)
    for at in options.parameter.lines:
        reference(axes, at)
    axes.plot(
        points["time"], points["stat"], color=look.colour, linewidth=1, marker=look.marker,
        markersize=2.4, gid=who,
    )  # fmt: skip
    axes.set_title(who, fontsize=TEXT, loc="left", y=1.0, pad=2)


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Individual courses",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Vertical line: infusion (day 0).",),
)
