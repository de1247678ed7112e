"""Response at each visit: of the subjects assessed there, and of all subjects."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from il5report.ard import Rows, Scope
from il5report.conditions import both, equals, expression
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.efficacy.t_response_rate import add_rate, limits, ratio
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`assessed`: the evaluable assessments of ADRS; `response` within them; `visits` (AVISIT).
    `none`: what is said where no assessment at all is a response."""

    dataset: Text = "ADRS"
    assessed: Where
    response: Where
    visits: tuple[str, ...]
    none: str = ""


ASSESSED, ALL = "of assessed", "of all"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [(options.dataset, options.assessed), (options.dataset, options.response)]
    return Needs({options.dataset: ["USUBJID", "AVISIT"]}, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    assessed = ctx.records(options.dataset, options.assessed)
    responses = assessed.filter(expression(options.response, assessed.schema))
    for visit in options.visits:
        here = pl.col("AVISIT") == visit
        where = both(both(options.assessed, options.response), equals("AVISIT", visit))
        for column in ctx.columns:
            subjects = ctx.in_column(column)
            n = subjects.join(responses.filter(here), on="USUBJID", how="semi").height
            seen = subjects.join(assessed.filter(here), on="USUBJID", how="semi").height
            scope = Scope(
                ALL, options.dataset, where, column.where, column=column.label,
                variable="AVISIT", level=visit,
            )  # fmt: skip
            add_rate(ctx, rows, scope, n, subjects.height)
            of = both(options.assessed, equals("AVISIT", visit))
            scope = replace(scope, analysis=ASSESSED, of=of, of_dataset=options.dataset)
            add_rate(ctx, rows, scope, n, seen)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    rows = []
    for visit in options.visits:
        rows.append(Row(visit, kind="heading"))
        for analysis, label in ((ASSESSED, "Of those assessed"), (ALL, "Of all subjects")):
            rows += _lines(view, columns, analysis, label, visit)
    heads = view.column_heads(columns, "Visit, n/N (%)")
    found = view.only(ALL, stat_name="n")["stat"].sum()
    return Shown(table(heads, rows), (options.none,) if options.none and not found else ())


def _lines(view: View, columns: list[str], analysis: str, label: str, visit: str) -> list[Row]:
    """The rate and its interval, column by column."""
    places = [view.at(analysis, c, variable="AVISIT", level=visit) for c in columns]
    rate = Row(label, tuple(map(ratio, places)), indent=1)
    return [rate, Row("Confidence interval, %", tuple(map(limits, places)), indent=2)]


OUTPUT = Output(
    kind="table",
    title="Response by visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Assessed: with an evaluable assessment in the window of the visit. All: every subject of "
        "the column, also those who died or left before the visit.",
        "Interval: two-sided {conf}, {proportion_ci}.",
    ),
)
