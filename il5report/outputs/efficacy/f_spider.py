"""Course of a measurement, one line per subject, on a logarithmic axis."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.plot import GREY, LINES, MARKERS, colour, drawing, finished, house_style
from il5report.display.rounding import fixed
from il5report.display.view import View, unit_text
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.efficacy.f_waterfall import parts
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records to draw. `floor`: lower values are drawn here. `line`: value of a
    horizontal line, such as a threshold. `days`: first and last day from infusion."""

    dataset: Text
    where: Where
    label: Text
    floor: float
    line: float | None = None
    days: tuple[float, float]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "AVAL", "AVALU", "ADT", "TRTSDT"]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    day = (pl.col("ADT") - pl.col("TRTSDT")).dt.total_days().cast(pl.Float64)
    records = ctx.records(options.dataset, options.where).with_columns(DAY=day)
    first, last = options.days
    records = records.drop_nulls(["AVAL", "DAY"]).filter(pl.col("DAY").is_between(first, last))
    for column in parts(ctx):
        subjects = ctx.in_column(column)
        mine = records.join(subjects, on="USUBJID", how="semi", maintain_order="left")
        for course in mine.sort("USUBJID", "DAY").partition_by("USUBJID", maintain_order=True):
            _course(rows, options, column, course)


def _course(rows: Rows, options: Options, column: Column, course: pl.DataFrame) -> None:
    seen: Counter[float] = Counter()
    for record in course.iter_rows(named=True):
        subject, day = record["USUBJID"], record["DAY"]
        seen[day] += 1
        at = both(equals("USUBJID", subject), equals("ADT", record["ADT"].isoformat()))
        scope = Scope(
            "course", options.dataset, options.where, at, column=column.label, group=subject,
            level="" if seen[day] == 1 else str(seen[day]), time=day,
        )  # fmt: skip
        value = Stat("value", options.label, record["AVAL"], record["AVALU"] or "")
        rows.add(scope, "observed value", [value])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    points = view.only("course")
    columns = [c.label for c in parts(ctx)]
    with house_style(ctx.id):
        made, axes = drawing(165, 100)
        for place, column in enumerate(columns):
            _draw(axes, points.filter(pl.col("column") == column), column, place, options.floor)
        axes.set_yscale("log")
        axes.axvline(0, color=GREY, linewidth=0.7)
        if options.line is not None:
            axes.axhline(options.line, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.set_xlim(*options.days)
        axes.set_xlabel("Days from infusion")
        unit = next(iter(points["unit"]), "")
        axes.set_ylabel(f"{options.label}{f', {unit_text(unit)}' if unit else ''}")
        if points.height:
            made.legend(loc="outside upper left", ncols=len(columns))
        words = f"Spider plot: {options.label}. {points['group'].n_unique()} subjects have a value."
        note = f"Values below {fixed(options.floor, 2)} are drawn at {fixed(options.floor, 2)}."
        return Shown(finished(made, words, ard["row"].to_list()), (note,))


def _draw(axes: Any, points: pl.DataFrame, column: str, place: int, floor: float) -> None:
    label: str | None = column
    for course in points.partition_by("group", maintain_order=True):
        shown = course.sort("time", "level")
        axes.plot(
            shown["time"], shown["stat"].clip(lower_bound=floor), label=label, linewidth=0.8,
            color=colour(place, 0, False), linestyle=LINES[place % len(LINES)],
            marker=MARKERS[place % len(MARKERS)], markersize=2.5, alpha=0.9,
        )  # fmt: skip
        label = None


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Course of each subject",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Vertical line: the day of infusion. One line per subject.",),
)
