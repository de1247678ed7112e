"""Heat map of a daily grade: one row per subject, one cell per day, the grade written in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import Comparison, both, equals
from il5report.display.axes import legend, strips
from il5report.display.marks import rectangles
from il5report.display.plot import (
    GREY,
    MM,
    PER_INCH,
    SMALL,
    WIDTH,
    Look,
    drawing,
    finished,
    house_style,
    ink,
    nothing,
)
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import by_column
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records of `dataset` with the grade of a day (AVAL) and its study day (ADY, the
    day of infusion = 1), one per subject and day. `label`: what is graded; `last_day`: last day
    drawn, from infusion."""

    dataset: Text
    where: Where
    label: Text
    last_day: int = 28


SHADES = ("#FFFFFF", "#D6E4F0", "#8DB9DB", "#3E7CB1", "#1B3F63", "#000000")
ROW_MM, HEAD_MM = 5.0, 26.0


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "AVAL", "ADY"]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    given = both(options.where, Comparison("AVAL", "NE", ()))
    inside = both(given, Comparison("ADY", "LE", (float(options.last_day + 1),)))
    records = ctx.records(options.dataset, inside, keep=("USUBJID", "AVAL", "ADY"))
    ordered = records.select("USUBJID", "ADY", "AVAL").sort("USUBJID", "ADY")
    for column, mine in by_column(ctx, ordered, parts(ctx)):
        for who, day, grade in mine.rows():
            at = both(equals("USUBJID", who), equals("ADY", day))
            scope = Scope(
                "day", options.dataset, inside, at, column=column.label, group=who, time=day - 1
            )
            rows.add(scope, "derived value", [Stat("grade", options.label, grade, "grade")])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    days = view.only("day").select("column", "group", "time", "stat")
    order = [c.label for c in parts(ctx)]
    subjects = [
        (column, who)
        for column in order
        for who in days.filter(pl.col("column") == column)["group"].unique(maintain_order=True)
    ]
    words, refs = _words(days, options), ard["row"].to_list()
    if not subjects:
        return Shown(nothing(ctx.id, words, refs))
    shown = column_looks(ctx, order)
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, HEAD_MM + ROW_MM * len(subjects))
        places = {who: place for place, (_, who) in enumerate(subjects)}
        _cells(axes, days.with_columns(y=pl.col("group").replace_strict(places)))
        ends = (-0.5 - STRIP * options.last_day, options.last_day + 0.5)
        axes.set_xlim(*ends)
        axes.set_ylim(len(subjects) - 0.5, -0.5)
        axes.set_yticks(range(len(subjects)), [who for _, who in subjects], fontsize=SMALL)
        step = 1 if options.last_day <= ALL_NAMED else 7
        axes.set_xticks(range(0, options.last_day + 1, step))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Days from infusion")
        found = [
            (column, look, [places[who] for of, who in subjects if of == column])
            for column, look in shown.items()
        ]
        strips(axes, found, ROW_MM / MM * PER_INCH)
        legend(made, _keys(shown, days), WIDTH)
        return Shown(finished(made, words, refs))


STRIP, ALL_NAMED = 0.01, 22  # of the axis, before the days; days that are all named


def _cells(axes: Any, days: pl.DataFrame) -> None:
    """The cells; grade 0 is a dot, a day without a grade stays empty."""
    none = days.filter(pl.col("stat") == 0)
    axes.scatter(none["time"], none["y"], s=0.8, color=GREY)
    for (grade,), mine in days.filter(pl.col("stat") > 0).group_by("stat", maintain_order=True):
        shade = SHADES[int(str(grade)[0])]
        named = [f"{who}, grade {grade:.0f}" for who in mine["group"]]
        rectangles(
            axes, mine["time"] - 0.5, mine["y"] - 0.45, 1, 0.9, named, color=shade, linewidth=0
        )
        for day, y in mine.select("time", "y").rows():
            axes.text(
                day, y, f"{grade:.0f}", ha="center", va="center_baseline", fontsize=SMALL,
                color=ink(shade),
            )  # fmt: skip


def _keys(shown: Mapping[str, Look], days: pl.DataFrame) -> list[Any]:
    """The legend: dose levels, and the grades that were reached."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    seen = days.filter(pl.col("stat") > 0)["stat"].unique().sort()
    return [
        *(Line2D([], [], color=look.colour, linewidth=5, label=c) for c, look in shown.items()),
        *(Patch(color=SHADES[int(grade)], label=f"Grade {grade:.0f}") for grade in seen),
    ]


def _words(days: pl.DataFrame, options: Options) -> str:
    """The map in words: subjects with a grade, and how many reached each worst grade."""
    worst = days.group_by("group").agg(pl.col("stat").max())["stat"].to_list()
    said = [f"grade {g}: {sum(w == g for w in worst)}" for g in range(6)]
    counts = ", ".join(said) if worst else "no subject has a graded day"
    return f"{options.label} by subject and day to day {options.last_day}; worst grade: {counts}."


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Grade by subject and day",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "One row per subject; the number in a cell is the grade of the day, a dot is grade 0, an "
        "empty cell a day without a grade. {infusion_day} Derived by the "
        "{syndrome_grading}.",
    ),
)
