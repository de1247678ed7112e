"""Quality control: every Kaplan-Meier analysis against a second computation by other software."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows
from il5report.display.model import Row
from il5report.display.view import View, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model, Text


class Options(Model):
    """Parameters of the times to event, with labels."""

    dataset: Text = "ADTTE"
    parameters: dict[str, str]


def needs(ctx: Context) -> Needs:
    return Needs({ctx.options(Options).dataset: ["USUBJID", "PARAMCD", "AVAL", "CNSR"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for paramcd in options.parameters:
        endpoint = tte.EndpointOptions(dataset=options.dataset, paramcd=paramcd)
        for arm in tte.arms(ctx, endpoint):
            tte.add_second_computation(ctx, rows, endpoint, arm)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, rows = [c.label for c in ctx.columns], []
    for paramcd, label in options.parameters.items():
        places = [view.at("second computation", c, paramcd=paramcd) for c in columns]
        shown = {"largest": tte.difference, "n_times": whole}
        cells = tuple(p.cell("{largest} [{n_times}]", shown) for p in places)
        rows.append(Row(label, cells))
    by = next(iter(ard.filter(pl.col("stat_name") == "largest")["method"]), "")
    head = "Largest difference [times compared]"
    note = (f"Second computation: {by}.",) if by else ()
    return Shown(table(view.column_heads(columns, head), rows), note)


OUTPUT = Output(
    kind="table",
    title="Second computation of the Kaplan-Meier estimates",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Largest absolute difference of survival and its log-log {conf} limits over all times at "
        "which survival is between 0 and 1. NE: no such time.",
    ),
)
