"""Swim-lanes of syndrome episodes: per subject the grade of each day as a bar, one lane per
syndrome, with the interventions of each day marked below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import all_of, both, equals
from il5report.display.axes import legend, strips
from il5report.display.marks import name_points, rectangles
from il5report.display.plot import (
    COLOURS,
    GREY,
    MARKERS,
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
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import in_column
from il5report.plan.base import Model, Text, Where


class Part(Model):
    """A lane: the records of `dataset` with the grade of a day (AVAL) and its study day (ADY,
    infusion = 1). An intervention: those of the days on which it was given."""

    label: Text
    dataset: Text
    where: Where


class Options(Model):
    """The lanes of each subject, the marks below them, and the last day drawn, from infusion.
    Subjects without a grade above 0 in any lane have no place in the figure; they are counted."""

    lanes: tuple[Part, ...]
    marks: tuple[Part, ...] = ()
    last_day: int = 28


SHADES = ("#D6E4F0", "#8DB9DB", "#3E7CB1", "#1B3F63", "#000000")
SECOND = ("#FBE3D4", "#F2B48C", "#D9752F", "#8F3F0A", "#000000")
PALETTES = (SHADES, SECOND)
SUBJECT_MM, HEAD_MM, LANE_TEXT = 9.5, 30.0, 5.5


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    variables = {lane.dataset: ["USUBJID", "AVAL", "ADY"] for lane in options.lanes}
    for mark in options.marks:
        variables.setdefault(mark.dataset, []).extend(["USUBJID", "ADY"])
    conditions = [(part.dataset, part.where) for part in (*options.lanes, *options.marks)]
    return Needs(variables, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in parts(ctx):
        for lane in options.lanes:
            _days(ctx, rows, ("grade", lane, column), graded=True)
        for mark in options.marks:
            _days(ctx, rows, ("mark", mark, column), graded=False)


def _days(ctx: Context, rows: Rows, what: tuple[str, Part, Column], *, graded: bool) -> None:
    """One row per subject and day: the grade above 0, or that the intervention was given."""
    analysis, part, column = what
    last = ctx.options(Options).last_day
    day = pl.col("ADY") - (pl.col("ADY") > 0).cast(pl.Float64)
    keep = ("AVAL", "ADY") if graded else ("ADY",)
    records = in_column(ctx, column, ctx.records(part.dataset, part.where, keep=keep))
    records = (
        records.drop_nulls("ADY").with_columns(DAY=day).filter(pl.col("DAY").is_between(0, last))
    )
    if graded:
        found = (
            records.filter(pl.col("AVAL") > 0)
            .group_by("USUBJID", "ADY", "DAY")
            .agg(pl.col("AVAL").max())
        )
    else:
        found = records.select("USUBJID", "ADY", "DAY").unique().with_columns(AVAL=1.0)
    name, label, unit = ("grade", "Grade", "grade") if graded else ("given", "Given", "")
    for who, ady, at, value in (
        found.select("USUBJID", "ADY", "DAY", "AVAL").sort("USUBJID", "DAY").rows()
    ):
        here = all_of(column.where, both(equals("USUBJID", who), equals("ADY", ady)))
        scope = Scope(
            analysis, part.dataset, part.where, here, column=column.label, group=who,
            level=part.label, time=at,
        )  # fmt: skip
        rows.add(scope, "derived value", [Stat(name, label, value, unit)])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    grades, marks = view.only("grade"), view.only("mark")
    order = [c.label for c in parts(ctx)]
    first = grades.group_by("column", "group").agg(pl.col("time").min(), pl.col("stat").max())
    place = pl.col("column").replace_strict(order, range(len(order)), return_dtype=pl.Int64)
    subjects = first.sort(place, -pl.col("stat"), "time", "group").select("group", "column").rows()
    sizes = [view.at("columns", label).count("N") for label in order]
    shown = marks.join(first.select("group"), on="group", how="semi")
    words = _words(options, grades, shown)
    without = sum(sizes) - len(subjects)
    note = f"Subjects without any grade above 0 in the days shown: {without}; not drawn."
    if not subjects:
        none = f"No subject had a grade above 0. {words}"
        return Shown(nothing(ctx.id, none, ard["row"].to_list()), (note,))
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, HEAD_MM + SUBJECT_MM * max(len(subjects), 2))
        lines = {who: float(line) for line, (who, _) in enumerate(subjects)}
        placed = pl.col("group").replace_strict(lines, return_dtype=pl.Float64).alias("y")
        _bars(axes, options, grades.with_columns(placed))
        _given(axes, options, shown.with_columns(placed))
        looked = column_looks(ctx, order)
        _axes(axes, options, subjects, looked)
        legend(made, _keys(options, looked), WIDTH)
        return Shown(finished(made, words, ard["row"].to_list()), (note,))


STRIP, ALL_NAMED = 0.01, 22  # of the axis, before the days; days that are all named


def _axes(
    axes: Any, options: Options, subjects: Sequence[tuple[str, str]], looked: Mapping[str, Look]
) -> None:
    """Subjects beside, a strip in the colour of the dose level before them; days below."""
    ends = (-0.6 - STRIP * options.last_day, options.last_day + 0.6)
    axes.set_ylim(len(subjects) - 0.4, -0.6)
    axes.set_xlim(*ends)
    axes.set_yticks(range(len(subjects)), [who for who, _ in subjects], fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xticks(range(0, options.last_day + 1, 1 if options.last_day <= ALL_NAMED else 7))
    axes.grid(axis="x")
    axes.hlines(
        [line + 0.5 for line in range(len(subjects))], *ends, color="#CCCCCC", linewidth=0.5
    )
    found = [
        (column, look, [line for line, (_, of) in enumerate(subjects) if of == column])
        for column, look in looked.items()
    ]
    strips(axes, found, SUBJECT_MM / MM * PER_INCH)
    axes.set_xlabel("Days from infusion")


def _bars(axes: Any, options: Options, grades: pl.DataFrame) -> None:
    """The grade of each day, one lane below the other."""
    height = 0.62 / len(options.lanes)
    for i, lane in enumerate(options.lanes):
        for (grade,), mine in grades.filter(pl.col("level") == lane.label).group_by(
            "stat", maintain_order=True
        ):
            shade = PALETTES[i % len(PALETTES)][int(str(grade)[0]) - 1]
            y = mine["y"] - 0.4 + height * (i + 0.5)
            named = [f"{who}, {lane.label} grade {grade:.0f}" for who in mine["group"]]
            rectangles(
                axes, mine["time"] - 0.5, y - height * 0.46, 1, height * 0.92, named,
                color=shade, linewidth=0,
            )  # fmt: skip
            for day, at in zip(mine["time"], y, strict=True):
                axes.text(
                    day, at, f"{grade:.0f}", ha="center", va="center_baseline", color=ink(shade),
                    fontsize=LANE_TEXT,
                )  # fmt: skip


def _given(axes: Any, options: Options, marks: pl.DataFrame) -> None:
    """The interventions of each day, in one row below the lanes."""
    for i, mark in enumerate(options.marks):
        mine = marks.filter(pl.col("level") == mark.label)
        shift = (i - (len(options.marks) - 1) / 2) * 0.22
        line = axes.plot(
            mine["time"] + shift, mine["y"] + 0.33, linestyle="", markersize=3, **_marker(i)
        )[0]
        name_points(line, [f"{who}, {mark.label}" for who in mine["group"]])


def _marker(place: int) -> dict[str, Any]:
    """Shape and colour of an intervention."""
    shades = (COLOURS[2], COLOURS[3], "#222222", GREY, COLOURS[5])
    return {"marker": MARKERS[place % len(MARKERS)], "color": shades[place % len(shades)]}


def _keys(options: Options, looked: Mapping[str, Look]) -> list[Any]:
    """The legend: dose levels, syndromes, interventions."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        *(Line2D([], [], color=look.colour, linewidth=5, label=c) for c, look in looked.items()),
        *(
            Patch(color=PALETTES[i % len(PALETTES)][2], label=f"{lane.label} (number: grade)")
            for i, lane in enumerate(options.lanes)
        ),
        *(
            Line2D([], [], linestyle="", markersize=4, label=mark.label, **_marker(i))
            for i, mark in enumerate(options.marks)
        ),
    ]


def _words(options: Options, grades: pl.DataFrame, marks: pl.DataFrame) -> str:
    """The lanes in words: subjects with each syndrome and each intervention."""
    parts = [
        f"{lane.label}: {grades.filter(pl.col('level') == lane.label)['group'].n_unique()} subjects"
        for lane in options.lanes
    ]
    parts += [
        f"{mark.label}: {marks.filter(pl.col('level') == mark.label)['group'].n_unique()} subjects"
        for mark in options.marks
    ]
    return f"Swim-lanes of episodes to day {options.last_day}. {'; '.join(parts)}."


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Episodes and interventions",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "One subject per line, the most severe of a column first; the number is the grade of the "
        "day, a day without a bar had grade 0 or none. Derived by the {syndrome_grading}. Marks: "
        "days with the intervention, whatever its indication. {infusion_day}",
    ),
)
