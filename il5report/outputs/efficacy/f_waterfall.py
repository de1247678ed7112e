"""Best change from baseline of a measurement, one bar per subject, in order of size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.axes import boxed, legend, line_at
from il5report.display.marks import rectangles
from il5report.display.plot import (
    SMALL,
    TOTAL,
    WIDTH,
    Look,
    drawing,
    finished,
    house_style,
    nothing,
    pale,
)
from il5report.display.rounding import fixed
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records after baseline; the lowest `variable` of a subject is the best.

    `mark`: subjects with such a record of `mark_dataset` carry a star. `top`: end of the axis.
    """

    dataset: Text
    where: Where
    variable: Text = "PCHG"
    label: Text
    mark_dataset: Text = "ADRS"
    mark: Where
    mark_label: Text
    top: float = 100.0


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {options.dataset: ["USUBJID", options.variable], options.mark_dataset: ["USUBJID"]}
    return Needs(names, [(options.dataset, options.where), (options.mark_dataset, options.mark)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    records = ctx.records(options.dataset, options.where, keep=(options.variable,))
    marked = set(ctx.records(options.mark_dataset, options.mark, keep=("USUBJID",))["USUBJID"])
    for column in parts(ctx):
        for subject in ctx.in_column(column)["USUBJID"].sort():
            values = records.filter(pl.col("USUBJID") == subject)[options.variable].drop_nulls()
            who = equals("USUBJID", subject)
            scope = Scope(
                "best change", options.dataset, both(options.where, who), column.where,
                column=column.label, group=subject, variable=options.variable,
            )  # fmt: skip
            best = values.min()
            value = float(best) if isinstance(best, int | float) else None
            why = "" if value is not None else "no value after baseline"
            rows.add(scope, "minimum", [Stat("best", "Best change", value, "%", why)])
            star = Scope(
                "marked", options.mark_dataset, both(options.mark, who), column.where,
                column=column.label, group=subject,
            )  # fmt: skip
            flag = Stat("marked", f"{options.mark_label} (1 yes, 0 no)", float(subject in marked))
            rows.add(star, "record found", [flag])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown = column_looks(ctx, [c.label for c in parts(ctx)])
    bars = view.only("best change").select("group", "column", "stat").drop_nulls()
    bars = bars.sort(["stat", "group"], descending=[True, False]).with_row_index("at")
    marked = view.only("marked").filter(pl.col("stat") == 1)["group"].to_list()
    subjects = view.only("best change")["group"].n_unique()
    words = _words(bars, subjects, options)
    without = f"Without a value after baseline, not drawn: {subjects - bars.height}."
    notes = (f"*: {options.mark_label}.", without)
    if not bars.height:
        return Shown(nothing(ctx.id, words), notes)
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 120)
        for column, look in shown.items():
            _bars(axes, bars.filter(pl.col("column") == column), column, look, options.top)
        line_at(axes, 0)
        _texts(axes, bars, marked, options.top)
        rises = any(change > 0 for change in bars["stat"])
        axes.set_ylim(-105, (options.top if rises else 0) + 12)
        axes.set_yticks(range(-100, int(options.top if rises else 0) + 1, 25))
        axes.set_xticks(range(bars.height), bars["group"].to_list(), rotation=90, fontsize=SMALL)
        axes.tick_params(axis="x", length=0)
        axes.set_xlim(-0.8, bars.height - 0.2)
        axes.set_ylabel(options.label)
        legend(made, [*boxed(shown), *_star(options.mark_label)], WIDTH)
        return Shown(finished(made, words, ard["row"].to_list()), notes)


def _star(text: str) -> list[Any]:
    """The legend's sign for subjects that are marked."""
    from matplotlib.lines import Line2D

    label = text[:1].upper() + text[1:]
    return [Line2D([], [], linestyle="", marker="$*$", markersize=6, color=TOTAL, label=label)]


def _texts(axes: Any, bars: pl.DataFrame, marked: Sequence[str], top: float) -> None:
    """Stars above the bars; the values that the axis cuts off."""
    for at, subject, change in bars.select("at", "group", "stat").rows():
        if subject in marked:
            y = max(min(change, top), 0) + 2
            axes.text(at, y, "*", ha="center", va="bottom", fontsize=11)
        if change > top:
            axes.text(at, top, f"+{fixed(change, 0)}", ha="center", va="top", fontsize=SMALL)


def _bars(axes: Any, mine: pl.DataFrame, column: str, look: Look, top: float) -> None:
    rectangles(
        axes, mine["at"].cast(pl.Float64) - 0.4, 0, 0.8, mine["stat"].clip(upper_bound=top),
        [column] * mine.height, facecolor=pale(look.colour), hatch=look.hatch,
        edgecolor=look.colour, linewidth=0.6,
    )  # fmt: skip


def _words(bars: pl.DataFrame, subjects: int, options: Options) -> str:
    """How many bars, and how many go down."""
    falls = bars.filter(pl.col("stat") < 0).height
    return (
        f"Waterfall plot: {options.label}. {bars.height} of {subjects} subjects have a value after "
        f"baseline; in {falls} it fell."
    )


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Best change from baseline",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("One bar per subject with a value after baseline.",),
)
