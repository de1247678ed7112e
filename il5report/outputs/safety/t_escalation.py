"""Dose-limiting toxicity by dose level, and what the plan's rules of escalation decide."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from il5report.analyse.proportion import binomial_ci
from il5report.ard import Rows, counted, stats_of
from il5report.display.model import Cell, Row
from il5report.display.view import NE, Numbers, View, percent_value, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.cells import of_part
from il5report.outputs.counting import METHOD, add_column_sizes, add_subjects_with
from il5report.outputs.designs import EventOptions
from il5report.outputs.escalation import CODES, ESCALATE, EscalationRule
from il5report.plan.base import Text
from il5report.plan.words import CI_NAMES

NO_HIGHER = "No higher dose level"


class Beside(EventOptions):
    """A toxicity by another source, shown beside the one that decides."""

    label: Text


class Options(EventOptions):
    """The columns are the dose levels from the lowest to the highest, without a total: a rule
    decides about a dose. `beside`: the toxicity by each of its sources, for comparison."""

    rules: tuple[EscalationRule, ...]
    beside: tuple[Beside, ...] = ()


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    events = (options, *options.beside)
    return Needs({e.dataset: ["USUBJID"] for e in events}, [(e.dataset, e.event) for e in events])


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        scope, n, total = options.had(ctx, "observed", column)
        rows.add(scope, METHOD, counted(n, total))
        ci = binomial_ci(
            n, total, method=conventions.proportion_ci, conf_level=conventions.conf_level
        )
        name = CI_NAMES[conventions.proportion_ci]
        rows.add(scope, f"{name} interval", stats_of(ci, ("lower", "upper")))
        for rule in options.rules:
            place = replace(scope, analysis="decision", level=rule.label)
            rows.add(place, rule.method, [rule.decision(total, n)])
    for other in options.beside:
        add_subjects_with(ctx, rows, "beside", other.dataset, other.event, level=other.label)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    seen = [view.at("observed", c) for c in columns]
    show = {"lower": percent_value, "upper": percent_value}
    rows = [
        Row("Subjects with a toxicity, n/N (%)", tuple(of_part(s) for s in seen)),
        Row(
            f"{ctx.words['conf']} confidence interval, %",
            tuple(s.cell("({lower}, {upper})", show) for s in seen),
            indent=1,
        ),
    ]
    for other in options.beside:
        beside = (view.at("beside", c, level=other.label) for c in columns)
        rows.append(Row(other.label, tuple(map(of_part, beside)), indent=1))
    rows.append(Row("Decision", kind="heading"))
    for rule in options.rules:
        found = [view.at("decision", c, level=rule.label) for c in columns]
        said = [_decision(rule, f, highest=f is found[-1]) for f in found]
        rows.append(Row(rule.label, tuple(said), indent=1))
    return Shown(table(view.column_heads(columns), rows))


def _decision(rule: EscalationRule, numbers: Numbers, *, highest: bool) -> Cell:
    """The decision in words; at the highest level nothing is left to escalate to."""
    value = numbers.value("decision")
    text = NE if value is None else rule.name(int(value))
    if highest and value == CODES[ESCALATE]:
        text = NO_HIGHER
    return Cell(text, refs=numbers.refs("decision"))


OUTPUT = Output(
    kind="table",
    title="Dose-limiting toxicity by dose level, and decisions about the dose",
    analysis_set="DLT",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Decisions by the number of evaluable subjects and of those with a toxicity; NE: the rule "
        "decides at other numbers of subjects. They inform those who decide, and bind nobody. "
        f"{NO_HIGHER}: few enough toxicities to escalate, at the highest planned level.",
        "The toxicities that decide are those by {dlt_source}.",
        "{proportion_ci} interval.",
    ),
)
