"""Estimands: how many subjects each intercurrent event touched, and the strategy for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from il5report.ard import Rows
from il5report.conditions import Condition
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.errors import Finding, PlanError
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, add_subjects_with
from il5report.plan import Plan
from il5report.plan.base import Model, Text, Where
from il5report.plan.models import IntercurrentEvent


class Touched(Model):
    """Who was touched by an intercurrent event: a record of `dataset` that meets `where`. `date`:
    its date in ADSL, by which the derivation is compared with the strategy."""

    dataset: Text = "ADSL"
    where: Where
    date: str = ""


class Handled(Model):
    """An estimand: the parameter of ADTTE or ADRS that estimates it, and its events by name."""

    parameter: Text
    events: Mapping[str, Touched]


class Options(Model):
    """The estimands of the plan, by their key."""

    estimands: Mapping[str, Handled]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    faults = list(_faults(ctx.plan, options))
    if faults:
        raise PlanError(faults)
    touched = [event for handled in options.estimands.values() for event in handled.events.values()]
    conditions: list[tuple[str, Condition | None]] = [(t.dataset, t.where) for t in touched]
    return Needs({t.dataset: ["USUBJID"] for t in touched}, conditions)


def _faults(plan: Plan, options: Options) -> Iterator[Finding]:
    """Events that nobody counts, counted events that no estimand declares, and strategies that the
    derivation does not follow."""
    for key, estimand in plan.estimands.items():
        handled = options.estimands.get(key)
        declared = {event.event: event for event in estimand.intercurrent_events}
        counted: Collection[str] = handled.events if handled else ()
        for name in [n for n in declared if n not in counted]:
            yield Finding("plan.estimand", f"{key}: intercurrent event {name!r} is not handled")
        for name in [n for n in counted if n not in declared]:
            yield Finding("plan.estimand", f"{key}: {name!r} is not an event of the estimand")
        if handled:
            for name in [n for n in declared if n in counted]:
                yield from _strategy(plan, key, handled, declared[name])
    for key in options.estimands:
        if key not in plan.estimands:
            yield Finding("plan.estimand", f"{key} is not an estimand of the plan")


def _strategy(
    plan: Plan, key: str, handled: Handled, event: IntercurrentEvent
) -> Iterator[Finding]:
    """What the derivation does with the event, where it has a date, against the strategy."""
    date = handled.events[event.event].date
    if not date or plan.derivation is None:
        return
    ends, counts = _handling(plan, handled.parameter)
    done = {
        "hypothetical": date in ends,
        "while on treatment": date in ends,
        "treatment policy": date not in ends and date not in counts,
        "composite variable": date in counts,
    }.get(event.strategy, False)
    if not done:
        message = (
            f"{key}: the strategy for {event.event!r} is {event.strategy}, and the derivation of "
            f"{handled.parameter} does otherwise with {date}"
        )
        yield Finding("plan.strategy", message)


def _handling(plan: Plan, parameter: str) -> tuple[set[str], set[str]]:
    """The dates that censor, and the dates that count as the event (or as no response)."""
    derivation = plan.derivation
    endpoint = derivation.endpoints.get(parameter) if derivation else None
    if endpoint is not None:
        return {i.date for i in endpoint.interruptions}, {e.date for e in endpoint.events}
    response = derivation.response if derivation else None
    rule = response.parameters.get(parameter) if response else None
    if response is None or rule is None:
        message = f"{parameter} is neither an endpoint nor a response of the derivation"
        raise PlanError([Finding("plan.estimand", message)])
    until = response.until if rule.until is None else rule.until
    return set(), set(until)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for key, handled in options.estimands.items():
        for name, touched in handled.events.items():
            add_subjects_with(
                ctx, rows, "touched", touched.dataset, touched.where, group=key, level=name
            )


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows = []
    for key in ctx.options(Options).estimands:
        estimand = ctx.plan.estimands[key]
        rows.append(Row(f"{key}: {estimand.variable}", kind="heading"))
        for event in estimand.intercurrent_events:
            places = (view.at("touched", c, group=key, level=event.event) for c in columns)
            label = f"{event.event} ({event.strategy})"
            rows.append(Row(label, tuple(p.n_percent() for p in places), indent=1))
    head = "Estimand, intercurrent event (strategy), n (%)"
    return Shown(table(view.column_heads(columns, head), rows))


OUTPUT = Output(
    kind="table",
    title="Estimands: subjects touched by each intercurrent event",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages are of the subjects in the column. A strategy that the derivation of the "
        "data does not follow stops the report.",
    ),
)
