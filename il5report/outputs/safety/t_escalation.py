"""Dose-limiting toxicity by dose level, and what the plan's rules of escalation decide."""

from __future__ import annotations

import polars as pl

from il5report.analyse.proportion import binomial_ci
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.display.model import Cell, Row
from il5report.display.view import NE, Numbers, View, percent_value, table
from il5report.output import CI_NAMES, Context, Needs, Output, Shown
from il5report.outputs.cells import of_part
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.escalation import EscalationEvent, EscalationRule


class Options(EscalationEvent):
    """The columns are the dose levels, without a total: a rule decides about a dose."""

    rules: tuple[EscalationRule, ...]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    return Needs({options.dataset: ["USUBJID"]}, [(options.dataset, options.event)])


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    add_column_sizes(ctx, rows)
    found = ctx.records(options.dataset, options.event, keep=("USUBJID",))
    for column in ctx.columns:
        subjects = ctx.in_column(column)
        n, total = subjects.join(found, on="USUBJID", how="semi").height, subjects.height
        scope = Scope("observed", options.dataset, options.event, column.where, column=column.label)
        rows.add(scope, METHOD, counted(n, total))
        ci = binomial_ci(
            n, total, method=conventions.proportion_ci, conf_level=conventions.conf_level
        )
        name = CI_NAMES[conventions.proportion_ci]
        rows.add(scope, f"{name} interval", stats_of(ci, ("lower", "upper")))
        for rule in options.rules:
            place = Scope(
                "decision", options.dataset, options.event, column.where, column=column.label,
                level=rule.label,
            )  # fmt: skip
            rows.add(place, rule.method, [rule.decision(total, n)])


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
        Row("Decision", kind="heading"),
    ]
    for rule in options.rules:
        found = (view.at("decision", c, level=rule.label) for c in columns)
        rows.append(Row(rule.label, tuple(_decision(rule, f) for f in found), indent=1))
    return Shown(table(view.column_heads(columns), rows))


def _decision(rule: EscalationRule, numbers: Numbers) -> Cell:
    value = numbers.value("decision")
    text = NE if value is None else rule.name(int(value))
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
        "decides at other numbers of subjects. They inform those who decide, and bind nobody.",
        "{proportion_ci} interval.",
    ),
)
