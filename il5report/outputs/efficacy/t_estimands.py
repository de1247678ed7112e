"""Estimands: how many subjects each intercurrent event touched, and the strategy for it."""

from __future__ import annotations

import polars as pl

from il5report.ard import DENOMINATOR, Rows, Scope, Stat, counted
from il5report.conditions import Condition, both, equals, expression
from il5report.display.model import Row
from il5report.display.view import View, table, whole
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.estimands import population
from il5report.plan.models import Estimand


def needs(ctx: Context) -> Needs:
    estimands = ctx.plan.estimands.values()
    events = [e for estimand in estimands for e in estimand.intercurrent_events]
    conditions: list[tuple[str, Condition | None]] = [(e.dataset, e.where) for e in events]
    variables = {e.dataset: ["USUBJID"] for e in events}
    variables |= {e.dataset: ["USUBJID", "PARAMCD"] for e in estimands}
    return Needs(variables, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    add_column_sizes(ctx, rows)
    for key, estimand in ctx.plan.estimands.items():
        _estimand(ctx, rows, key, estimand)


def _estimand(ctx: Context, rows: Rows, key: str, estimand: Estimand) -> None:
    """The subjects whose parameter is analysed, and those of them whom each event touched."""
    within = ctx.plan.analysis_sets[estimand.analysis_set].where
    _all_shown(ctx, key, within)
    analysed = both(equals("PARAMCD", estimand.parameter), within)
    sizes = _subjects(ctx, estimand.dataset, analysed)
    name, label, unit = DENOMINATOR
    for column, size in zip(ctx.columns, sizes, strict=True):
        scope = Scope(
            "analysed", estimand.dataset, groups=column.where, column=column.label, group=key,
            of=analysed, of_dataset=estimand.dataset,
        )  # fmt: skip
        rows.add(scope, METHOD, [Stat(name, label, size, unit)])
    for event in estimand.intercurrent_events:
        # what is known of a subject counts where the subject's variable is analysed
        of_subject = event.dataset == "ADSL"
        dataset = estimand.dataset if of_subject else event.dataset
        subset = both(event.where, analysed if of_subject else within)
        touched = _subjects(ctx, dataset, subset)
        for column, n, size in zip(ctx.columns, touched, sizes, strict=True):
            scope = Scope(
                "touched", dataset, subset, column.where, of=analysed,
                of_dataset=estimand.dataset, column=column.label, group=key, level=event.event,
            )  # fmt: skip
            rows.add(scope, METHOD, counted(n, size))


def _subjects(ctx: Context, dataset: str, where: Condition) -> list[int]:
    """How many subjects of each column have such a record."""
    found = ctx.records(dataset, where, keep=("USUBJID",)).select("USUBJID").unique()
    return [int(mine.sum()) for mine in ctx.split(found)]


def _all_shown(ctx: Context, key: str, within: Condition) -> None:
    """Refuse a display whose own set lacks subjects of an estimand."""
    adsl = ctx.study["ADSL"]
    everybody = adsl.frame.filter(expression(within, adsl.schema))["USUBJID"]
    out = everybody.filter(~everybody.is_in(ctx.subjects["USUBJID"].implode()))
    if out.len():
        message = f"{ctx.id}: subjects of estimand {key} are not in the set of the display"
        finding = Finding(
            "output.estimand", message, dataset="ADSL", count=out.len(),
            subjects=some_subjects(out),
        )  # fmt: skip
        raise DataError([finding])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows = []
    for key, estimand in ctx.plan.estimands.items():
        rows.append(Row(f"{key}: {estimand.variable}", kind="heading"))
        analysed = (view.at("analysed", c, group=key) for c in columns)
        label = f"{population(ctx.plan, estimand)}, N"
        rows.append(Row(label, tuple(p.cell("{N}", {"N": whole}) for p in analysed), indent=1))
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
        "Percentages are of the N of the estimand: the subjects whose variable is analysed. Where "
        "an event censors (hypothetical), counts (composite variable) or competes (while on "
        "treatment), the subjects are those whose time or response it ended; elsewhere all who had "
        "it. A strategy that the derivation of the data does not follow stops the report.",
    ),
)
