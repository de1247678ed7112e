"""Cumulative incidence curves of an event and its competing event, with the numbers at risk."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows, Stat
from il5report.display.axes import NUMBERS_MM, axis_name, legend, percent
from il5report.display.plot import LINES, WIDTH, drawing, finished, house_style, nothing, ticks
from il5report.display.view import View, percent_value
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.appearance import column_looks
from il5report.plan.base import Text


class Options(tte.EndpointOptions):
    """The parameter; how its event and the competing one are called."""

    event: Text
    competing: Text


CAUSES = (("incidence", 0), ("competing incidence", 1))


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    return Needs({options.dataset: ["USUBJID", "PARAMCD", "AVAL", "CNSR", "COMPFL"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    tte.add_sizes(ctx, rows, options)
    arms = list(tte.competing_arms(ctx, tte.endpoint(ctx, options, ("COMPFL",))))
    longest = max((float(arm.time.max()) for arm in arms if arm.time.size), default=0.0)
    grid = ticks(tte.in_unit(ctx, options, longest), tte.STEPS[options.unit])
    method = tte.competing_method(ctx)
    for arm in arms:
        for name, cause in CAUSES:
            for i, time in enumerate(arm.curves.time):
                value = float(arm.curves.incidence[cause, i])
                number = Stat("incidence", "Cumulative incidence", value, "proportion")
                rows.add(tte.scope(options, arm, name, float(time)), method, [number])
        for at in (tte.in_days(ctx, options, tick) for tick in grid):
            n = float((arm.time >= at).sum())
            number = Stat("n_risk", "Number at risk", n, "subjects")
            rows.add(tte.scope(options, arm, "at risk", at), "count of times >= t", [number])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown = column_looks(ctx)
    columns, risk_mm = list(shown), NUMBERS_MM * len(shown)
    said = " ".join(_said(ctx, options, view, c) for c in columns)
    words, refs = f"Cumulative incidence curves. {said}", ard["row"].to_list()
    notes = tte.who_note(options, ard)
    if not view.only(CAUSES[0][0]).height:
        return Shown(nothing(ctx.id, f"No subject to analyse. {words}", refs), notes)
    with house_style(ctx.id):
        made, axes, below = drawing(WIDTH, 135 + risk_mm, (105, risk_mm))
        handles = []
        for column, look in shown.items():
            for (curve, line), label in zip(
                CAUSES, (options.event, options.competing), strict=True
            ):
                points = view.only(curve, column=column).sort("time")
                x = [0.0, *(tte.in_unit(ctx, options, t) for t in points["time"])]
                text = label if len(columns) == 1 else f"{column}: {label}"
                handles += axes.step(
                    x, [0.0, *points["stat"]], where="post", label=text, linestyle=LINES[line],
                    color=look.colour,
                )  # fmt: skip
        axes.set_ylim(0, 1.02)
        percent(axes.yaxis)
        axes.set_ylabel(axis_name("Cumulative incidence", "%"))
        tte.risk_table(ctx, view, options, shown, below)
        tte.name_time(axes, options)
        legend(made, handles, WIDTH)
        return Shown(finished(made, words, refs), notes)


def _said(ctx: Context, options: Options, view: View, column: str) -> str:
    """The last point of each curve in words."""
    parts = []
    for (name, _), label in zip(CAUSES, (options.event, options.competing), strict=True):
        curve = view.only(name, column=column).sort("time")
        if not curve.height:
            return f"{column}: no subject."
        at = tte.show_time(ctx, options, curve["time"][-1])
        parts.append(f"{label} {percent_value(curve['stat'][-1])}% at {at} {options.unit}")
    return f"{column}: {', '.join(parts)}."


OUTPUT = Output(
    kind="figure",
    title="Cumulative incidence",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Aalen-Johansen estimate. At risk: subjects with a time not shorter than the one given.",
    ),
)
