"""Outcome against exposure: every subject as a point, and the logistic curve where there is one."""

from __future__ import annotations

from dataclasses import replace
from textwrap import fill
from typing import Any

import numpy as np
import polars as pl

from il5report.analyse.logistic import Logistic, curve
from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.axes import axis_name, keys, legend, logarithmic, percent
from il5report.display.marks import name_points
from il5report.display.plot import (
    GREY,
    GROUPS,
    MARKERS,
    SMALL,
    TOTAL,
    WIDTH,
    Look,
    finished,
    house_style,
    panels,
)
from il5report.display.view import View
from il5report.output import Context, Output, Shown
from il5report.outputs.groups import Group, groups
from il5report.outputs.kinetics import t_exposure_response as exposure_response
from il5report.outputs.kinetics.t_exposure_response import RATIO, WITH, WITHOUT, Exposure, Outcome
from il5report.outputs.lines import Line, add_line

STEPS = 60


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(exposure_response.Options)
    for outcome in options.outcomes:
        pair = groups(ctx, outcome.by)
        for exposure in options.exposures:
            _panel_rows(ctx, rows, outcome, exposure, (pair[0], pair[1]))


def _panel_rows(
    ctx: Context, rows: Rows, outcome: Outcome, exposure: Exposure, pair: tuple[Group, Group]
) -> None:
    """The subjects with an exposure above 0, the regression, and points of its curve."""
    options = ctx.options(exposure_response.Options)
    where = exposure_response.known(exposure)
    place = Scope(
        "comparison", options.dataset, where, column=RATIO, group=outcome.label,
        level=exposure.label,
    )  # fmt: skip
    found = exposure_response.of_groups(ctx, exposure, pair)
    for column, group, mine in zip((WITH, WITHOUT), pair, found, strict=True):
        for subject, value, unit in mine.select("USUBJID", "AVAL", "AVALU").rows():
            own = both(where, equals("USUBJID", subject))
            point = replace(
                place, analysis="point", column=column, variable=subject, subset=own,
                groups=group.groups, without=group.without,
            )  # fmt: skip
            rows.add(point, "observed value", [Stat("value", exposure.label, value, unit or "")])
    first, second = (of["AVAL"].to_numpy() for of in found)
    conf_level = ctx.plan.conventions.conf_level
    fit, stats = exposure_response.model((first, second), options.least, conf_level)
    rows.add(exposure_response.model_place(place), exposure_response.REGRESSION, stats)
    if fit is not None:
        values = pl.concat(found).filter(pl.col("AVAL") > 0)
        _curve_rows(rows, place, fit, values)


def _curve_rows(rows: Rows, place: Scope, fit: Logistic, values: pl.DataFrame) -> None:
    """The curve from the lowest to the highest exposure; `variable` numbers its points."""
    ends, unit = np.log10(values["AVAL"].to_numpy()), next(iter(values["AVALU"])) or ""
    grid = np.linspace(ends.min(), ends.max(), STEPS)
    at = Stat("exposure", "Exposure", None, unit)
    place = replace(place, analysis="curve")
    fitted = Line(at, 10**grid, curve(fit, grid), "proportion")
    add_line(rows, place, "logistic regression", fitted)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(exposure_response.Options), View(ard)
    across, down = len(options.exposures), len(options.outcomes)
    with house_style(ctx.id):
        made, grid = panels(WIDTH, 22 + 70 * down, (down, across), sharex="col", sharey=True)
        said = []
        for line, outcome in zip(grid, options.outcomes, strict=True):
            for axes, exposure in zip(line, options.exposures, strict=True):
                said.append(_panel(view, axes, outcome.label, exposure.label))
            line[0].set_ylabel(axis_name(outcome.label, "%"))
        for axes, exposure in zip(grid[-1], options.exposures, strict=True):
            points = view.only("point", level=exposure.label)
            if points.filter(pl.col("stat") > 0).height:
                logarithmic(axes, "x")
            axes.set_xlabel(axis_name(exposure.label, next(iter(points["unit"]), "")))
        grid[0, 0].set_ylim(-0.12, 1.12)
        percent(grid[0, 0].yaxis)
        legend(made, _keys(ctx.words["conf"], drawn=bool(view.only("curve").height)), WIDTH)
        words = f"Outcome against exposure. {' '.join(said)}"
        return Shown(finished(made, words, ard["row"].to_list()))


LOOKS = {
    "Subject with the outcome": Look(GROUPS[0], "", MARKERS[0]),
    "Subject without": Look(GROUPS[1], "", MARKERS[1]),
}


def _keys(conf: str, *, drawn: bool) -> list[Any]:
    """The legend: subjects, and the curve where there is one."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    curves = [
        Line2D([], [], color=TOTAL, label="Logistic regression"),
        Patch(color=TOTAL, alpha=0.12, linewidth=0, label=f"{conf} band"),
    ]
    return [*keys(LOOKS), *(curves if drawn else [])]


def _panel(view: View, axes: Any, outcome: str, exposure: str) -> str:
    """One outcome against one exposure; returns what it shows in words."""
    points = view.only("point", group=outcome, level=exposure)
    shown, counts = points.filter(pl.col("stat") > 0), []
    ends = ((WITH, 1.0), (WITHOUT, 0.0))
    for (column, at), look in zip(ends, LOOKS.values(), strict=True):
        values = shown.filter(pl.col("column") == column).sort("stat", "variable")
        # in three lines, so that neighbours can be told apart
        lines = at + 0.03 * (np.arange(values.height) % 3 - 1)
        line = axes.plot(
            values["stat"], lines, linestyle="", marker=look.marker, markersize=4, alpha=0.85,
            color=look.colour,
        )[0]  # fmt: skip
        name_points(line, values["variable"].to_list())
        counts.append(values.height)
    zero = points.height - shown.height
    left_out = f", {zero} of 0 not drawn" if zero else ""
    how = _fitted(view, axes, outcome, exposure)
    return f"{outcome}, {exposure}: {counts[0]} with, {counts[1]} without{left_out}; {how}."


def _fitted(view: View, axes: Any, outcome: str, exposure: str) -> str:
    """The curve with its band, or in its place why there is none."""
    rows = view.only("curve", group=outcome, level=exposure)
    if rows.height:
        drawn = rows.pivot("stat_name", index="variable", values="stat").sort("variable")
        axes.plot(drawn["exposure"], drawn["probability"], color=TOTAL)
        axes.fill_between(
            drawn["exposure"], drawn["lower"], drawn["upper"], color=TOTAL, alpha=0.12, linewidth=0
        )
        return "with the fitted curve"
    place = view.at("logistic", RATIO, group=outcome, level=exposure)
    reason = place.reason("odds_ratio")
    lines = fill(f"No logistic regression: {reason}", 34)
    axes.text(
        0.5,
        0.5,
        lines,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=SMALL,
        color=GREY,
    )
    return f"no curve, {reason}"


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Exposure and outcome",
    analysis_set="CK",
    needs=exposure_response.needs,
    options=exposure_response.Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Points: subjects with (above) and without (below) the outcome, set apart where they would "
        "coincide; a value of 0 has no place on a logarithmic axis and is left out. Line: logistic "
        "regression on log exposure with a pointwise {conf} band, where the data allow one. "
        "Exploratory.",
    ),
)
