"""Parameters against dose on logarithmic axes, with the line of the power model."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from il5report.analyse.power_model import line
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import both, equals
from il5report.display.axes import axis_name, keys, legend, logarithmic
from il5report.display.marks import name_points
from il5report.display.plot import (
    GROUPS,
    MARKERS,
    TEXT,
    TOTAL,
    WIDTH,
    Look,
    finished,
    house_style,
    panels,
)
from il5report.display.rounding import fixed
from il5report.display.view import View
from il5report.output import Column, Context, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.kinetics import t_dose_proportionality as proportionality
from il5report.outputs.kinetics.t_exposure_response import Exposure
from il5report.outputs.lines import Line, add_line

STEPS = 30
DOSE = Stat("dose", "Dose", None)


def analyse(ctx: Context, rows: Rows) -> None:
    add_column_sizes(ctx, rows)
    everybody = Column("", None)
    for parameter in ctx.options(proportionality.Options).parameters:
        _parameter(ctx, rows, parameter, everybody)


def _parameter(ctx: Context, rows: Rows, parameter: Exposure, everybody: Column) -> None:
    """A point per subject, the model, and numbered points of its line."""
    options, where = ctx.options(proportionality.Options), proportionality.known(parameter)
    found = proportionality.values(ctx, parameter)
    mine, model = proportionality.fitted(ctx, found, everybody, options.level)
    unit = next(iter(mine["AVALU"]), "") or ""

    def scope(analysis: str, group: str = "") -> Scope:
        own = both(where, equals("USUBJID", group)) if group else where
        return Scope(
            analysis, options.dataset, own, group=group, level=parameter.label,
            paramcd=parameter.paramcd,
        )  # fmt: skip

    for subject, dose, value in mine.select("USUBJID", "DOSE", "AVAL").rows():
        point = [DOSE._replace(value=dose), Stat("value", parameter.label, value, unit)]
        rows.add(scope("point", subject), "observed value", point)
    rows.add(scope("model"), "power model", stats_of(model, ("slope", "lower", "upper")))
    above = mine.filter(pl.col("AVAL") > 0)["DOSE"].to_numpy()
    if "lower" in model.ne:
        return
    doses = np.exp(np.linspace(np.log(above.min()), np.log(above.max()), STEPS))
    add_line(rows, scope("line"), "power model", Line(DOSE, doses, line(model, doses), unit))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(proportionality.Options), View(ard)
    with house_style(ctx.id):
        made, grid = panels(WIDTH, 100, (1, len(options.parameters)))
        said = [
            _panel(view, axes, p, options)
            for axes, p in zip(grid[0], options.parameters, strict=True)
        ]
        if view.only("point").height:
            legend(made, _keys(drawn=bool(view.only("line").height)), WIDTH)
        words = f"Parameters against dose. {' '.join(said)}"
        note = f"Band and interval of the slope: {fixed(100 * options.level, 0)}% confidence."
        return Shown(finished(made, words, ard["row"].to_list()), (note,))


NONE = pl.DataFrame(schema={"group": pl.String, "dose": pl.Float64, "value": pl.Float64})


def _keys(*, drawn: bool) -> list[Any]:
    """The legend: subjects, and the model where there is one."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    model = [
        Line2D([], [], color=TOTAL, label="Power model"),
        Patch(color=TOTAL, alpha=0.12, linewidth=0, label="Pointwise band"),
    ]
    return [*keys({"Subject": Look(GROUPS[0], "")}), *(model if drawn else [])]


def _panel(view: View, axes: Any, parameter: Exposure, options: proportionality.Options) -> str:
    """One parameter against dose; returns what it shows in words."""
    points = view.only("point", level=parameter.label)
    unit = next(iter(points.filter(pl.col("stat_name") == "value")["unit"]), "")
    points = points.pivot("stat_name", index="group", values="stat") if points.height else NONE
    shown = points.filter(pl.col("value") > 0)
    line = axes.plot(
        shown["dose"], shown["value"], linestyle="", marker=MARKERS[0], markersize=4,
        color=GROUPS[0], alpha=0.85,
    )[0]  # fmt: skip
    name_points(line, shown["group"].to_list())
    rows = view.only("line", level=parameter.label)
    if rows.height:
        drawn = rows.pivot("stat_name", index="variable", values="stat").sort("variable")
        axes.plot(drawn["dose"], drawn["mean"], color=TOTAL)
        axes.fill_between(drawn["dose"], drawn["lower"], drawn["upper"], color=TOTAL, alpha=0.12,
                          linewidth=0)  # fmt: skip
    if shown.height:
        logarithmic(axes, "x")
        logarithmic(axes)
    axes.set_xlabel(axis_name("Dose", options.unit))
    axes.set_ylabel(axis_name(parameter.label, unit))
    model = view.at("model", level=parameter.label, paramcd=parameter.paramcd)
    slope = "no line"
    if model.value("lower") is not None:
        slope = "slope {} ({}, {})".format(
            *(model.text(n, lambda v: fixed(v, 2)) for n in ("slope", "lower", "upper"))
        )
        axes.set_title(slope.capitalize(), loc="left", fontsize=TEXT, y=1.0, pad=3)
    return f"{parameter.label}: {shown.height} subjects above 0 of {points.height}, {slope}."


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Dose proportionality",
    analysis_set="CK",
    needs=proportionality.needs,
    options=proportionality.Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Line: power model with a pointwise band; slope with its interval. A value of 0 has no "
        "place on a logarithmic axis and is left out. Exploratory.",
    ),
)
