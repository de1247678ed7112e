"""Course of a measurement, one line per subject, on a logarithmic axis."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.axes import (
    axis_name,
    days,
    infusion,
    keys,
    legend,
    logarithmic,
    number,
    reference,
)
from il5report.display.plot import WIDTH, Look, drawing, finished, house_style, nothing
from il5report.display.view import View
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import by_column
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
    keep = ("USUBJID", "AVAL", "AVALU", "ADT", "TRTSDT")
    records = ctx.records(options.dataset, options.where, keep=keep).with_columns(DAY=day)
    first, last = options.days
    records = records.drop_nulls(["AVAL", "DAY"]).filter(pl.col("DAY").is_between(first, last))
    for column, mine in by_column(ctx, records.sort("USUBJID", "DAY"), parts(ctx)):
        _courses(rows, options, column, mine)


def _courses(rows: Rows, options: Options, column: Column, records: pl.DataFrame) -> None:
    seen: Counter[tuple[str, float]] = Counter()
    for record in records.iter_rows(named=True):
        subject, day = record["USUBJID"], record["DAY"]
        seen[subject, day] += 1
        at = both(equals("USUBJID", subject), equals("ADT", record["ADT"].isoformat()))
        scope = Scope(
            "course", options.dataset, options.where, at, column=column.label, group=subject,
            level="" if seen[subject, day] == 1 else str(seen[subject, day]), time=day,
        )  # fmt: skip
        value = Stat("value", options.label, record["AVAL"], record["AVALU"] or "")
        rows.add(scope, "observed value", [value])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    points = view.only("course")
    words = f"Spider plot: {options.label}. {points['group'].n_unique()} subjects have a value."
    if not points.height:
        return Shown(nothing(ctx.id, words))
    shown = column_looks(ctx, [c.label for c in parts(ctx)])
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 125)
        infusion(axes)
        for column, look in shown.items():
            _draw(axes, points.filter(pl.col("column") == column), look, options.floor)
        if options.line is not None:
            reference(axes, options.line, number(options.line))
        logarithmic(axes)
        days(axes, options.days, most=14)
        axes.set_xlabel("Days from infusion")
        axes.set_ylabel(axis_name(options.label, next(iter(points["unit"]), "")))
        legend(made, keys(shown), WIDTH)
        floor = number(options.floor)
        note = f"Values below {floor} are drawn at {floor}."
        return Shown(finished(made, words, ard["row"].to_list()), (note,))


def _draw(axes: Any, points: pl.DataFrame, look: Look, floor: float) -> None:
    for course in points.partition_by("group", maintain_order=True):
        drawn = course.sort("time", "level")
        axes.plot(
            drawn["time"], drawn["stat"].clip(lower_bound=floor), linewidth=0.8, alpha=0.9,
            color=look.colour, linestyle=look.line, marker=look.marker, markersize=2.5,
            gid=course["group"][0],
        )  # fmt: skip


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
