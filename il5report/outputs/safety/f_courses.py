"""Individual courses of one finding: a panel per subject, on common axes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import all_of, both, equals
from il5report.display.plot import GREY, MM, colour, finished, house_style
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import courses
from il5report.outputs.counting import add_column_sizes


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
    for column in courses.parts(ctx):
        mine = inside.join(ctx.in_column(column), on="USUBJID", how="semi")
        seen: Counter[tuple[str, float]] = Counter()
        ordered = mine.select("USUBJID", "DAY", options.variable).sort(pl.all())
        for who, day, value in ordered.rows():
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
    from matplotlib.figure import Figure as Drawing

    options, view = ctx.options(Options), View(ard)
    points = view.only("value")
    names = [c.label for c in courses.parts(ctx)]
    subjects = points.select("group", "column").unique(maintain_order=True).sort("group").rows()
    down = max(1, -(-len(subjects) // options.across))
    with house_style(ctx.id):
        made = Drawing(figsize=(165 / MM, (22 + 33 * down) / MM), layout="constrained")
        grid = made.subplots(down, options.across, squeeze=False, sharex=True, sharey=True)
        for axes in grid.flat[len(subjects) :]:
            axes.set_axis_off()
        for axes, (who, name) in zip(grid.flat, subjects, strict=False):
            mine = points.filter(pl.col("group") == who).sort("time")
            _panel(axes, options, mine, who, colour(names.index(name), len(names), False))
        made.supxlabel("Days from infusion", fontsize=8)
        made.supylabel(options.parameter.label, fontsize=8)
        for place, name in enumerate(names):
            made.axes[0].plot([], [], color=colour(place, len(names), False), label=name)
        made.legend(loc="outside upper left", ncols=4)
        said = " ".join(f"{name}: {[n for _, n in subjects].count(name)}." for name in names)
        words = f"Individual courses of {options.parameter.label}. Subjects: {said}"
        return Shown(finished(made, words, ard["row"].to_list()))


def _panel(axes: Any, options: Options, points: pl.DataFrame, who: str, shade: str) -> None:
    """One subject: the course, the day of infusion, the reference lines."""
    courses.ruled(axes, options.parameter)
    axes.set_ylabel("")
    axes.axvline(0, color=GREY, linewidth=0.6)
    axes.plot(points["time"], points["stat"], color=shade, linewidth=1, marker="o", markersize=2)
    axes.set_title(who, fontsize=7, loc="left", pad=2)
    axes.set_xlim(*options.days)
    axes.tick_params(labelsize=6.5)


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
