"""Highest transaminase against highest bilirubin of each subject (eDISH), with the quadrants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.axes import axis_name, keys, legend, line_at, logarithmic
from il5report.display.marks import name_points
from il5report.display.plot import BROKEN, GREY, SMALL, WIDTH, drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import liver
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import by_column

LOWEST = 0.1  # where a value that a logarithmic axis cannot show, or hardly, is drawn
CORNERS = {
    liver.BOTH: (0.985, 0.985, "right", "top"),
    liver.TRANSAMINASE: (0.985, 0.015, "right", "bottom"),
    liver.BILIRUBIN: (0.015, 0.985, "left", "top"),
    liver.NEITHER: (0.015, 0.015, "left", "bottom"),
}
NAMED = 12  # subjects outside the lower left quadrant who are named beside their point
PEAKS = ("transaminase", "bilirubin")


def needs(ctx: Context) -> Needs:
    return liver.needs(ctx.options(liver.LiverOptions))


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(liver.LiverOptions)
    add_column_sizes(ctx, rows)
    found = liver.peaks(ctx, options)
    liver.add_joint(ctx, rows, options, found)
    known = found.filter(pl.col("QUADRANT") != liver.NO_VALUE).sort("USUBJID")
    where = options.of((*options.transaminases, options.bilirubin_code))
    for column, mine in by_column(ctx, known, parts(ctx)):
        for who, high, yellow in mine.select("USUBJID", "TRANSAMINASE", "BILIRUBIN").rows():
            scope = Scope(
                "peak", options.dataset, both(where, equals("USUBJID", who)), column.where,
                column=column.label, group=who,
            )  # fmt: skip
            labels = ("Highest transaminase", "Highest bilirubin")
            values = zip(PEAKS, labels, (high, yellow), strict=True)
            stats = [Stat(name, label, value, "× ULN") for name, label, value in values]
            rows.add(scope, "highest value", stats)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(liver.LiverOptions), View(ard)
    points = view.only("peak").pivot("stat_name", index=["column", "group"], values="stat")
    whole = ctx.columns[-1].label
    shown = column_looks(ctx, [c.label for c in parts(ctx)])
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 130)
        sizes = {}
        for column, look in shown.items():
            mine = points.filter(pl.col("column") == column)
            line = axes.plot(
                *(_drawn(mine, name) for name in PEAKS), linestyle="", markersize=5, alpha=0.85,
                marker=look.marker, color=look.colour,
            )[0]  # fmt: skip
            name_points(line, mine["group"].to_list())
            sizes[f"{column} (n={mine.height})"] = replace(look, line="")
        _frame(axes, options, points)
        counts = {q: view.at("quadrant", whole, level=q).count("n") for q in CORNERS}
        for quadrant, (x, y, ha, va) in CORNERS.items():
            axes.text(
                x, y, f"{quadrant}: {counts[quadrant]}", transform=axes.transAxes, ha=ha, va=va,
                color=GREY,
            )  # fmt: skip
        legend(made, keys(sizes), WIDTH)
        left = view.at("quadrant", whole, level=liver.NO_VALUE).count("n")
        paired = view.at("joint", whole, level=liver.PAIRED).count("n")
        words = "Highest transaminase against highest bilirubin, both axes logarithmic. "
        words += "; ".join(f"{name}: {n}" for name, n in counts.items()) + ". "
        words += f"Bilirubin raised within {options.days} days of a transaminase: {paired}. "
        words += f"Without a value of one of the two, not drawn: {left}."
        return Shown(finished(made, words, ard["row"].to_list()))


def _drawn(points: pl.DataFrame, name: str) -> pl.Series:
    """The values where they are drawn."""
    if name not in points.columns:
        return pl.Series(name, [], pl.Float64)
    return points[name].clip(lower_bound=LOWEST)


def _frame(axes: Any, options: liver.LiverOptions, points: pl.DataFrame) -> None:
    """Axes and quadrant lines; names of the subjects that stand out."""
    high, yellow = (_drawn(points, name) for name in PEAKS)
    line_at(axes, options.transaminase, "x", linewidth=0.8, linestyle=BROKEN, zorder=0.8)
    line_at(axes, options.bilirubin, linewidth=0.8, linestyle=BROKEN, zorder=0.8)
    for at, place, aside, ha, va in (
        (options.transaminase, (options.transaminase, 1), (0, 2), "center", "bottom"),
        (options.bilirubin, (1, options.bilirubin), (3, 0), "left", "center"),
    ):
        axes.annotate(
            f"{at:g}", place, xytext=aside, textcoords="offset points", ha=ha, va=va, color=GREY,
            xycoords=("data", "axes fraction") if va == "bottom" else ("axes fraction", "data"),
            fontsize=SMALL, annotation_clip=False,
        )  # fmt: skip
    ends = _end(options.transaminase, high), _end(options.bilirubin, yellow)
    logarithmic(axes, "x", (0.9 * LOWEST, ends[0]))
    logarithmic(axes, "y", (0.9 * LOWEST, ends[1]))
    axes.set_xlabel(axis_name(f"Highest {' or '.join(options.transaminases)}", "× ULN"))
    axes.set_ylabel(axis_name("Highest bilirubin", "× ULN"))
    out = points.filter((high >= options.transaminase) | (yellow > options.bilirubin))
    for who, x, y in out.select("group", *PEAKS).rows() if 0 < out.height <= NAMED else []:
        right = x < HALFWAY * ends[0]
        axes.annotate(
            who, (max(x, LOWEST), max(y, LOWEST)), xytext=(6 if right else -6, 0), va="center",
            textcoords="offset points", ha="left" if right else "right", fontsize=SMALL,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8}, zorder=1.5,
        )  # fmt: skip


HALFWAY = 0.3  # of the end of the axis: up to here a name stands to the right of its point


def _end(bound: float, values: pl.Series) -> float:
    """The end of an axis, so that the limit and every value are inside."""
    highest = values.max()
    return max(4 * bound, 1.6 * highest if isinstance(highest, float) else 0)


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Highest transaminase against highest bilirubin (eDISH)",
    analysis_set="SAF",
    needs=needs,
    options=liver.LiverOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "ULN: upper limit of normal. Each point is a subject; the two highest values may be of "
        "different days. Broken lines: limits of the quadrants.",
    ),
)
