"""Estimands: how many subjects each intercurrent event touched, and the strategy for it."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows
from il5report.conditions import Condition
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, add_subjects_with


def needs(ctx: Context) -> Needs:
    events = [e for estimand in ctx.plan.estimands.values() for e in estimand.intercurrent_events]
    conditions: list[tuple[str, Condition | None]] = [(e.dataset, e.where) for e in events]
    return Needs({e.dataset: ["USUBJID"] for e in events}, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    add_column_sizes(ctx, rows)
    for key, estimand in ctx.plan.estimands.items():
        for event in estimand.intercurrent_events:
            add_subjects_with(
                ctx, rows, "touched", event.dataset, event.where, group=key, level=event.event
            )


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows = []
    for key, estimand in ctx.plan.estimands.items():
        rows.append(Row(f"{key}: {estimand.variable}", kind="heading"))
        for event in estimand.intercurrent_events:
            places = (view.at("touched", c, group=key, level=event.event) for c in columns)
            label = f"{event.event} ({event.strategy})"
            rows.append(Row(label, tuple(p.n_percent() for p in places), indent=1))
    head = "Estimand, intercurrent event (strategy), n (%)"
    empty = "The plan declares no estimand."
    return Shown(table(view.column_heads(columns, head), rows, empty))


OUTPUT = Output(
    kind="table",
    title="Estimands: subjects touched by each intercurrent event",
    analysis_set="SAF",
    needs=needs,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages are of the N in the head. Where an event censors (hypothetical) or "
        "counts (composite), the subjects are those whose time or response it ended; elsewhere "
        "all who had it. A strategy that the derivation of the data does not follow stops the "
        "report.",
    ),
)
