"""Best change from baseline of a measurement, one bar per subject, in order of size."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.plot import COLOURS, GREY, drawing, finished, house_style
from il5report.display.rounding import fixed
from il5report.display.view import View
from il5report.output import Column, Context, Needs, Output, Shown
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


HATCHES = ("", "//", "..", "xx", "\\\\", "++")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {options.dataset: ["USUBJID", options.variable], options.mark_dataset: ["USUBJID"]}
    return Needs(names, [(options.dataset, options.where), (options.mark_dataset, options.mark)])


def parts(ctx: Context) -> list[Column]:
    """The columns without the total."""
    return [c for c in ctx.columns if c.where is not None] or list(ctx.columns)


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
    columns = [c.label for c in parts(ctx)]
    bars = view.only("best change").select("group", "column", "stat").drop_nulls()
    bars = bars.sort(["stat", "group"], descending=[True, False])
    marks = view.only("marked").filter(pl.col("stat") == 1)["group"].to_list()
    with house_style(ctx.id):
        made, axes = drawing(165, 95)
        for place, column in enumerate(columns):
            _bars(axes, bars.with_row_index("at"), column, place, options.top)
        for at, (subject, _, change) in enumerate(bars.rows()):
            if subject in marks:
                y = max(min(change, options.top), 0) + 3
                axes.text(at, y, "*", ha="center", va="bottom", fontsize=11)
            if change > options.top:
                axes.text(
                    at, options.top, f"+{fixed(change, 0)}", ha="center", va="top", fontsize=6
                )
        axes.axhline(0, color=GREY, linewidth=0.7)
        rises = any(change > 0 for change in bars["stat"])
        axes.set_ylim(-105, (options.top if rises else 0) + 12)
        axes.set_xticks([])
        axes.set_xlabel("Subjects")
        axes.set_ylabel(options.label)
        if bars.height:
            made.legend(loc="outside upper left", ncols=len(columns))
        words = _words(bars, view.only("best change")["group"].n_unique(), options)
        note = f"*: {options.mark_label}."
        return Shown(finished(made, words, ard["row"].to_list()), (note,))


def _bars(axes: Any, bars: pl.DataFrame, column: str, place: int, top: float) -> None:
    mine = bars.filter(pl.col("column") == column)
    axes.bar(
        mine["at"], mine["stat"].clip(upper_bound=top), width=0.8, label=column,
        color=COLOURS[place % len(COLOURS)], hatch=HATCHES[place % len(HATCHES)],
        edgecolor="white", linewidth=0.4,
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
