"""Medians of findings by day from infusion, with the quartiles, one panel per parameter."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, stats_of
from il5report.display.axes import days, infusion, keys, legend
from il5report.display.plot import WIDTH, Look, drawing, finished, house_style, nothing
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import courses
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import by_column, by_value


class Options(courses.FindingOptions):
    """`pick`: the value of a day with several; `least`: values that a median is drawn of; `days`:
    first and last day of the axis."""

    parameters: tuple[courses.Drawn, ...]
    pick: Literal["lowest", "highest"]
    least: int = 3
    days: tuple[int, int] = (-7, 60)


PANELS_MM = 190  # so that the panels stand on one page
STATISTICS = ("n", "median", "q1", "q3")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "ADY", options.variable]
    return Needs({options.dataset: names}, [(options.dataset, options.subset)])


def analyse(ctx: Context, rows: Rows) -> None:
    options, level = ctx.options(Options), ctx.plan.conventions.conf_level
    add_column_sizes(ctx, rows)
    for item in options.parameters:
        where = courses.given(options, item)
        records = ctx.records(options.dataset, where, keep=("ADY", options.variable))
        found = courses.one_a_day(records, options.variable, options.pick)
        inside = found.filter(pl.col("DAY").is_between(*options.days))
        for column, mine in by_column(ctx, inside, parts(ctx)):
            values = mine[options.variable].to_numpy()
            for at, places in by_value(mine["DAY"].to_numpy()):
                scope = Scope(
                    "day", options.dataset, courses.on_day(where, at), column.where,
                    column=column.label, paramcd=item.paramcd, time=at,
                )  # fmt: skip
                made = describe(values[places], conf_level=level)
                rows.add(
                    scope, f"{options.pick} value of the day, percentiles PCTLDEF 5",
                    stats_of(made, STATISTICS),
                )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown, count = column_looks(ctx, [c.label for c in parts(ctx)]), len(options.parameters)
    points = {
        (item.paramcd, name): _points(view, options, item, name)
        for item in options.parameters
        for name in shown
    }
    said = " ".join(
        f"{item.label}, {name}: {points[item.paramcd, name].height} days."
        for item in options.parameters
        for name in shown
    )
    words, refs = f"Medians with quartiles by day. {said}", ard["row"].to_list()
    if not any(mine.height for mine in points.values()):
        sentence = f"No day had enough values. {words}"
        return Shown(nothing(ctx.id, sentence, refs), (_note(ctx, options),))
    with house_style(ctx.id):
        made, *grid = drawing(WIDTH, 22 + min(78 * count, PANELS_MM), [1] * count)
        for axes, item in zip(grid, options.parameters, strict=True):
            infusion(axes)
            for name, look in shown.items():
                _draw(axes, points[item.paramcd, name], name, look)
            courses.scaled(axes, item)
        days(grid[-1], options.days, inside=0.01)
        grid[-1].set_xlabel("Days from infusion")
        legend(made, keys(shown), WIDTH)
        return Shown(finished(made, words, refs), (_note(ctx, options),))


def _points(view: View, options: Options, item: courses.Drawn, name: str) -> pl.DataFrame:
    """time, median, q1, q3 of the days with enough values."""
    rows = view.only("day", column=name, paramcd=item.paramcd)
    wide = rows.pivot("stat_name", index="time", values="stat")
    if not wide.height:
        return pl.DataFrame(schema=dict.fromkeys(("time", *STATISTICS), pl.Float64))
    return wide.filter(pl.col("n") >= options.least).sort("time")


def _draw(axes: Any, points: pl.DataFrame, name: str, look: Look) -> None:
    axes.fill_between(
        points["time"], points["q1"], points["q3"], color=look.colour, alpha=0.13, linewidth=0
    )
    axes.plot(
        points["time"], points["median"], color=look.colour, label=name, markersize=3,
        linestyle=look.line, marker=look.marker,
    )  # fmt: skip


def _note(ctx: Context, options: Options) -> str:
    return (
        f"Median and, shaded, first to third quartile of the days with {options.least} or more "
        f"subjects; the {options.pick} value of a subject's day. "
        f"{ctx.words['infusion_day']}"
    )


OUTPUT = Output(
    kind="figure",
    title="Medians by day",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
)
