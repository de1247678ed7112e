"""Box plots of kinetics parameters by group, every subject as a point, on a logarithmic axis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, both, equals
from il5report.display.axes import axis_name, logarithmic
from il5report.display.marks import name_points, rectangles
from il5report.display.plot import TOTAL, WIDTH, Look, drawing, finished, house_style, nothing, pale
from il5report.display.view import Numbers, View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks
from il5report.outputs.counting import one_per_subject
from il5report.outputs.groups import Group, Grouping, add_sizes, conditions, groups, labels
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where` and `paramcd`: the parameter of one assay; `by`: groups in place of the columns."""

    dataset: Text = "ADPP"
    where: Where
    paramcd: Text
    label: Text
    by: Grouping | None = None


ABOVE = Comparison("AVAL", "GT", (0.0,))
BOX = ("q1", "median", "q3", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {options.dataset: ["USUBJID", "PARAMCD", "AVAL", "AVALU"]}
    return Needs(names, [(options.dataset, options.where), *conditions(options.by)])


def analyse(ctx: Context, rows: Rows) -> None:
    options, columns = ctx.options(Options), groups(ctx, ctx.options(Options).by)
    add_sizes(rows, columns)
    of_parameter = both(options.where, equals("PARAMCD", options.paramcd))
    where, none = both(of_parameter, ABOVE), both(of_parameter, equals("AVAL", 0))
    found = ctx.records(options.dataset, of_parameter, keep=("AVAL", "AVALU")).sort("USUBJID")
    records = Records(ctx, options.dataset, found)
    above, zeros = records.meet(ABOVE), records.meet(equals("AVAL", 0))
    one_per_subject(ctx, found.filter(pl.Series(above | zeros)), options.dataset)
    unit = next(iter(found["AVALU"].filter(pl.Series(above))), "") or ""
    level = ctx.plan.conventions.conf_level

    def scope(analysis: str, group: Group, subject: str = "") -> Scope:
        own = both(where, equals("USUBJID", subject)) if subject else where
        return Scope(
            analysis, options.dataset, own, group.groups, group.without, column=group.label,
            group=subject,
        )  # fmt: skip

    for group in columns:
        inside = records.of(group.subjects)
        mine = found.filter(pl.Series(inside & above))
        box = describe(mine["AVAL"].to_numpy(), conf_level=level)
        rows.add(scope("box", group), "PCTLDEF 5", stats_of(box, ("n", *BOX), unit))
        zero = int((inside & zeros).sum())
        number = Stat("n_zero", "Number of values 0, not drawn", zero, "subjects")
        rows.add(replace(scope("box", group), subset=none), "count of subjects", [number])
        for subject, value in mine[["USUBJID", "AVAL"]].rows():
            point = Stat("value", options.label, value, unit)
            rows.add(scope("point", group, subject), "observed value", [point])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown = column_looks(ctx, labels(ctx, options.by))
    unit = next((u for u in ard["unit"] if u not in ("", "subjects")), "")
    boxes = {column: view.at("box", column) for column in shown}
    sizes = {column: _size(box) for column, box in boxes.items()}
    said = " ".join(f"{column}: {size}." for column, size in sizes.items())
    words = f"Box plots: {options.label}. Subjects with a value above 0: {said}"
    if not any(box.count("n") for box in boxes.values()):
        sentence = f"No subject had a value above 0. {words}"
        return Shown(nothing(ctx.id, sentence, ard["row"].to_list()))
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 115)
        for at, (column, look) in enumerate(shown.items()):
            box = boxes[column]
            _box(axes, at, {name: box.value(name) for name in BOX}, look)
            points = view.only("point", column=column).sort("stat", "group")
            # three places side by side, so that neighbours can be told apart
            places = at + 0.09 * (np.arange(points.height) % 3 - 1)
            line = axes.plot(
                places, points["stat"], linestyle="", marker=look.marker, markersize=4.5,
                color=look.colour, markeredgecolor="white", markeredgewidth=0.4,
            )[0]  # fmt: skip
            name_points(line, [f"{who}, {column}" for who in points["group"]])
        axes.use_sticky_edges = False
        logarithmic(axes)
        axes.set_xticks(
            range(len(shown)), [f"{column}\nn={size}" for column, size in sizes.items()]
        )
        axes.tick_params(axis="x", length=0)
        axes.set_xlim(-0.6, len(shown) - 0.4)
        axes.set_ylabel(axis_name(options.label, unit))
        return Shown(finished(made, words, ard["row"].to_list()))


def _size(box: Numbers) -> str:
    """How many values are drawn, and how many 0 are not."""
    zero = box.count("n_zero")
    return f"{box.count('n')}{f', {zero} zero' if zero else ''}"


def _box(axes: Any, at: float, box: dict[str, float | None], look: Look) -> None:
    """Box from quartile to quartile, whiskers to the extremes; nothing where there is no value."""
    low, q1, middle, q3, high = (box[n] for n in ("minimum", "q1", "median", "q3", "maximum"))
    if low is None or q1 is None or middle is None or q3 is None or high is None:
        return
    half = 0.26
    axes.vlines([at, at], [low, q3], [q1, high], color=look.colour, linewidth=0.9, zorder=1)
    ends = ([at - half / 2] * 2, [at + half / 2] * 2)
    axes.hlines([low, high], *ends, color=look.colour, linewidth=0.9, zorder=1)
    rectangles(
        axes, at - half, q1, 2 * half, q3 - q1, ["Quartiles"], facecolor=pale(look.colour, 0.18),
        linewidth=0.9, edgecolor=look.colour, zorder=1,
    )  # fmt: skip
    axes.hlines(middle, at - half, at + half, color=TOTAL, linewidth=1.8, zorder=1.5)


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Box plots of a kinetics parameter",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Box: quartiles and median; whiskers: lowest and highest value; points: subjects. A value "
        "of 0 cannot be drawn on a logarithmic axis and is left out.",
    ),
)
