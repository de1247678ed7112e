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
from il5report.display.plot import COLOURS, GREY, MARKERS, MM, TOTAL, finished, house_style
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
    fit, stats = exposure_response.model(ctx, *(f["AVAL"].to_numpy() for f in found))
    exposure_response.add_model(rows, place, stats)
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
        from matplotlib.figure import Figure as Drawing

        made = Drawing(figsize=(165 / MM, (10 + 62 * down) / MM), layout="constrained")
        panels = made.subplots(down, across, sharex="col", sharey=True, squeeze=False)
        said = []
        for line, outcome in zip(panels, options.outcomes, strict=True):
            for axes, exposure in zip(line, options.exposures, strict=True):
                said.append(_panel(view, axes, outcome.label, exposure.label))
            line[0].set_ylabel(f"{outcome.label}, %")
        for axes, exposure in zip(panels[-1], options.exposures, strict=True):
            units = view.only("point", level=exposure.label)["unit"]
            unit = next(iter(units), "")
            axes.set_xlabel(f"{exposure.label}{f', {unit}' if unit else ''}")
        return Shown(finished(made, f"Outcome against exposure. {' '.join(said)}",
                              ard["row"].to_list()))  # fmt: skip


def _panel(view: View, axes: Any, outcome: str, exposure: str) -> str:
    """One outcome against one exposure; returns what it shows in words."""
    axes.set_ylim(-0.12, 1.12)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    points = view.only("point", group=outcome, level=exposure)
    shown = points.filter(pl.col("stat") > 0)
    if shown.height:
        axes.set_xscale("log")
    counts = []
    for place, (column, at) in enumerate(((WITH, 1.0), (WITHOUT, 0.0))):
        values = shown.filter(pl.col("column") == column)["stat"].sort()
        # in three lines, so that neighbours can be told apart
        lines = at + 0.03 * (np.arange(len(values)) % 3 - 1)
        axes.plot(
            values, lines, linestyle="", marker=MARKERS[place], markersize=4, alpha=0.8,
            color=COLOURS[place],
        )  # fmt: skip
        counts.append(len(values))
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
    reason = place.stats["odds_ratio"].reason
    lines = fill(f"No logistic regression: {reason}", 34)
    axes.text(
        0.5, 0.5, lines, transform=axes.transAxes, ha="center", va="center", fontsize=7, color=GREY
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
