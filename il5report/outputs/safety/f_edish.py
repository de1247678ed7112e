"""Highest transaminase against highest bilirubin of each subject (eDISH), with the quadrants."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.plot import COLOURS, GREY, MARKERS, drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs import liver
from il5report.outputs.counting import add_column_sizes

LOWEST = 0.1  # where a value that a logarithmic axis cannot show, or hardly, is drawn
CORNERS = {
    liver.BOTH: (0.985, 0.985, "right", "top"),
    liver.TRANSAMINASE: (0.985, 0.015, "right", "bottom"),
    liver.BILIRUBIN: (0.015, 0.985, "left", "top"),
    liver.NEITHER: (0.015, 0.015, "left", "bottom"),
}
NAMED = 12  # subjects outside the lower left quadrant who are named beside their point
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
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
    for column in _parts(ctx):
        mine = known.join(ctx.in_column(column), on="USUBJID", how="semi", maintain_order="left")
        for who, high, yellow in mine.select("USUBJID", "TRANSAMINASE", "BILIRUBIN").rows():
            scope = Scope(
                "peak", options.dataset, both(where, equals("USUBJID", who)), column.where,
                column=column.label, group=who,
            )  # fmt: skip
            labels = ("Highest transaminase", "Highest bilirubin")
            values = zip(PEAKS, labels, (high, yellow), strict=True)
            stats = [Stat(name, label, value, "× ULN") for name, label, value in values]
            rows.add(scope, "highest value", stats)


def _parts(ctx: Context) -> list[Column]:
    """The columns without a total beside others."""
    return [c for c in ctx.columns if c.where is not None or len(ctx.columns) == 1]


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(liver.LiverOptions), View(ard)
    points = view.only("peak").pivot("stat_name", index=["column", "group"], values="stat")
    whole = ctx.columns[-1].label
    with house_style(ctx.id):
        made, axes = drawing(150, 115)
        for place, column in enumerate(_parts(ctx)):
            mine = points.filter(pl.col("column") == column.label)
            axes.plot(
                *(_drawn(mine, name) for name in PEAKS), linestyle="", markersize=5, alpha=0.85,
                marker=MARKERS[place % len(MARKERS)], color=COLOURS[place % len(COLOURS)],
                label=f"{column.label} (n={mine.height})",
            )  # fmt: skip
        _frame(axes, options, points)
        counts = {q: view.at("quadrant", whole, level=q).count("n") for q in CORNERS}
        for quadrant, (x, y, ha, va) in CORNERS.items():
            axes.text(
                x, y, f"{quadrant}: {counts[quadrant]}", transform=axes.transAxes, ha=ha, va=va,
                fontsize=7.5, color=GREY,
            )  # fmt: skip
        made.legend(loc="outside upper left", ncols=4)
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
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.9 * LOWEST, _scale(axes.xaxis, options.transaminase, high))
    axes.set_ylim(0.9 * LOWEST, _scale(axes.yaxis, options.bilirubin, yellow))
    axes.axvline(options.transaminase, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.axhline(options.bilirubin, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_xlabel(f"Highest {' or '.join(options.transaminases)}, × ULN")
    axes.set_ylabel("Highest bilirubin, × ULN")
    out = points.filter((high >= options.transaminase) | (yellow > options.bilirubin))
    for who, x, y in out.select("group", *PEAKS).rows() if 0 < out.height <= NAMED else []:
        axes.annotate(
            who, (max(x, LOWEST), max(y, LOWEST)), xytext=(-5, 3), textcoords="offset points",
            ha="right", fontsize=6.5,
        )  # fmt: skip


def _scale(axis: Any, bound: float, values: pl.Series) -> float:
    """Ticks on a logarithmic axis; its end, so that the limit and every value are inside."""
    from matplotlib.ticker import NullFormatter

    highest = values.max()
    end = max(4 * bound, 1.6 * highest if isinstance(highest, float) else 0)
    shown = [t for t in TICKS if t < end]
    axis.set_ticks(shown, [f"{t:g}" for t in shown])
    axis.set_minor_formatter(NullFormatter())
    return end


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
