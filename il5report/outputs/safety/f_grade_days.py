"""Heat map of a daily grade: one row per subject, one cell per day, the grade written in it."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import Comparison, both, equals
from il5report.display.plot import drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
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
    for column in _parts(ctx):
        mine = records.join(ctx.in_column(column).select("USUBJID"), on="USUBJID", how="semi")
        for who, day, grade in mine.select("USUBJID", "ADY", "AVAL").sort("USUBJID", "ADY").rows():
            at = both(equals("USUBJID", who), equals("ADY", day))
            scope = Scope(
                "day", options.dataset, inside, at, column=column.label, group=who, time=day - 1
            )
            rows.add(scope, "derived value", [Stat("grade", options.label, grade, "grade")])


def _parts(ctx: Context) -> list[Column]:
    """The columns, without a total beside others."""
    return [c for c in ctx.columns if c.where is not None or len(ctx.columns) == 1]


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    days = view.only("day").select("column", "group", "time", "stat")
    order = [c.label for c in _parts(ctx)]
    subjects = [
        (column, who)
        for column in order
        for who in days.filter(pl.col("column") == column)["group"].unique(maintain_order=True)
    ]
    with house_style(ctx.id):
        made, axes = drawing(165, HEAD_MM + ROW_MM * max(len(subjects), 1))
        for column, who in subjects:
            _row(axes, days.filter(pl.col("group") == who), subjects.index((column, who)))
        axes.set_xlim(-0.5, options.last_day + 0.5)
        axes.set_ylim(max(len(subjects), 1) - 0.5, -0.5)
        axes.set_yticks(range(len(subjects)), [f"{who}  {column}" for column, who in subjects])
        axes.set_xticks(range(0, options.last_day + 1, 2))
        axes.tick_params(axis="y", length=0, labelsize=6)
        axes.set_xlabel("Days from infusion")
        return Shown(finished(made, _words(days, options), ard["row"].to_list()))


def _row(axes: Any, days: pl.DataFrame, place: int) -> None:
    """The cells of a subject; grade 0 is a dot, a day without a grade stays empty."""
    for day, grade in days.select("time", "stat").rows():
        if not grade:
            axes.text(day, place, "·", ha="center", va="center", fontsize=6, color="#888888")
            continue
        shade = SHADES[int(grade)]
        axes.barh(place, 1, left=day - 0.5, height=0.9, color=shade, linewidth=0)
        ink = "#000000" if grade < 3 else "#FFFFFF"
        axes.text(day, place, f"{grade:.0f}", ha="center", va="center", fontsize=6, color=ink)


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
