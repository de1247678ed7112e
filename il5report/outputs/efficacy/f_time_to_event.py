"""Kaplan-Meier curves of a time-to-event parameter, with the numbers at risk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from il5report.analyse.survival import at_risk
from il5report.ard import Rows, Stat
from il5report.display.axes import NUMBERS_MM, axis_name, legend, percent
from il5report.display.plot import GREY, WIDTH, Look, drawing, finished, house_style, nothing, ticks
from il5report.display.view import View, percent_value
from il5report.output import Context, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.appearance import column_looks, total
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.second_computation import add_second_computation

CURVE = (
    ("survival", "Survival probability", "proportion"),
    ("lower", "Lower confidence limit", "proportion"),
    ("upper", "Upper confidence limit", "proportion"),
    ("n_risk", "Number at risk", "subjects"),
    ("n_event", "Number of events", "subjects"),
    ("n_censor", "Number censored", "subjects"),
)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(tte.EndpointOptions)
    add_column_sizes(ctx, rows)
    arms = list(tte.arms(ctx, tte.endpoint(ctx, options)))
    longest = max((float(arm.time.max()) for arm in arms if arm.time.size), default=0.0)
    grid = ticks(tte.in_unit(ctx, options, longest), tte.STEPS[options.unit])
    for arm in arms:
        for i, time in enumerate(arm.km.time):
            rows.add(tte.scope(options, arm, "curve", float(time)), tte.method(ctx), _point(arm, i))
        days = [tte.in_days(ctx, options, at) for at in grid]
        for at, n in zip(days, at_risk(arm.km, days), strict=True):
            number = Stat("n_risk", "Number at risk", float(n), "subjects")
            rows.add(tte.scope(options, arm, "at risk", at), "count of times >= t", [number])
        add_second_computation(ctx, rows, tte.scope(options, arm, ""), arm)


def _point(arm: tte.Arm, i: int) -> list[Stat]:
    stats = []
    for name, label, unit in CURVE:
        value = float(getattr(arm.km, name)[i])
        missing = bool(np.isnan(value))
        reason = arm.km.ne.get(name, "") if missing else ""
        stats.append(Stat(name, label, None if missing else value, unit, reason))
    return stats


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(tte.EndpointOptions), View(ard)
    shown = column_looks(ctx)
    columns, risk_mm = list(shown), NUMBERS_MM * len(shown)
    banded, words = total(ctx) or columns[0], _words(ctx, options, view, columns)
    refs, notes = ard["row"].to_list(), tte.who_note(options, ard)
    if not view.only("curve").height:
        return Shown(nothing(ctx.id, f"No subject to analyse. {words}", refs), notes)
    with house_style(ctx.id):
        made, curve, table = drawing(WIDTH, 135 + risk_mm, (105, risk_mm))
        handles = [
            _draw(ctx, view, curve, Line(column, look, len(columns) == 1 or column == banded))
            for column, look in shown.items()
        ]
        curve.set_ylim(0, 1.02)
        percent(curve.yaxis)
        curve.set_ylabel(axis_name(options.still, "%"))
        tte.risk_table(ctx, view, options, shown, table)
        tte.name_time(curve, options)
        legend(made, [*handles, _censored()], WIDTH)
        return Shown(finished(made, words, refs), notes)


class Line(NamedTuple):
    """How the curve of a column is drawn; `band`: with its confidence band."""

    column: str
    look: Look
    band: bool


def _censored() -> Any:
    """The legend's sign for a censored time."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker="|", markersize=6, color=GREY, label="Censored")


def _draw(ctx: Context, view: View, axes: Any, how: Line) -> Any:
    """One curve: steps, confidence band where asked, a tick at each censored time."""
    options = ctx.options(tte.EndpointOptions)
    column, look, band = how
    points = view.only("curve", column=column).pivot("stat_name", index="time", values="stat")
    size = view.at("at risk", column, paramcd=options.paramcd, time=0.0).count("n_risk")
    named = {"color": look.colour, "linestyle": look.line, "label": f"{column} (n={size})"}
    if not points.height:
        return axes.plot([], [], **named)[0]
    times = [tte.in_unit(ctx, options, t) for t in points["time"]]
    x, y = [0.0, *times], [1.0, *points["survival"]]
    drawn = axes.step(x, y, where="post", **named)[0]
    if band:
        lower, upper = ([np.nan, *points[name].fill_null(np.nan)] for name in ("lower", "upper"))
        axes.fill_between(x, lower, upper, step="post", color=look.colour, alpha=0.12, linewidth=0)
    censored = points.with_columns(pl.Series("x", times)).filter(pl.col("n_censor") > 0)
    axes.plot(
        censored["x"], censored["survival"], linestyle="", marker="|", markersize=6,
        color=look.colour, markeredgewidth=1,
    )  # fmt: skip
    return drawn


def _words(ctx: Context, options: tte.EndpointOptions, view: View, columns: list[str]) -> str:
    """The curves in words: the last point of each."""
    said = []
    for column in columns:
        points = view.only("curve", column=column, stat_name="survival").sort("time")
        if not points.height:
            said.append(f"{column}: no subject.")
            continue
        last, at = points["stat"][-1], tte.show_time(ctx, options, points["time"][-1])
        said.append(
            f"{column}: {percent_value(last)}% {options.still.lower()} at {at} {options.unit}."
        )
    return "Kaplan-Meier curves with numbers at risk; ticks mark censored subjects. " + " ".join(
        said
    )


OUTPUT = Output(
    kind="figure",
    title="Kaplan-Meier curves",
    analysis_set="SAF",
    needs=tte.needs,
    options=tte.EndpointOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "Ticks mark censored subjects. Band: {conf} confidence interval, {km_ci} scale. At risk: "
        "subjects with a time not shorter than the one given.",
    ),
)
