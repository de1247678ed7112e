"""Cumulative incidence curves of an event and its competing event, with the numbers at risk."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows, Stat
from il5report.display.plot import COLOURS, LINES, drawing, finished, house_style, ticks
from il5report.display.view import View, percent_value
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
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
    arms = list(tte.competing_arms(ctx, options))
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
    columns = [c.label for c in ctx.columns]
    risk_mm = 5 * len(columns)
    with house_style(ctx.id):
        made, axes, below = drawing(165, 95 + risk_mm, (73, risk_mm))
        for place, column in enumerate(columns):
            for (name, cause), label in zip(
                CAUSES, (options.event, options.competing), strict=True
            ):
                curve = view.only(name, column=column).sort("time")
                x = [0.0, *(tte.in_unit(ctx, options, t) for t in curve["time"])]
                text = label if len(columns) == 1 else f"{column}: {label}"
                axes.step(
                    x, [0.0, *curve["stat"]], where="post", label=text, linestyle=LINES[cause],
                    color=COLOURS[place % len(COLOURS)],
                )  # fmt: skip
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        axes.set_ylabel("Cumulative incidence, %")
        made.legend(loc="outside upper left", ncols=2)
        tte.risk_table(ctx, view, options, columns, below)
        below.set_xlabel(f"Time, {options.unit}")
        words = " ".join(_said(ctx, options, view, c) for c in columns)
        words = f"Cumulative incidence curves. {words}"
        drawn = finished(made, words, ard["row"].to_list())
        return Shown(drawn, tte.who_note(options, ard))


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
