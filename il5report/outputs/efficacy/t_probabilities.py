"""Probability to see an event at least once, for true rates and numbers of subjects."""

from __future__ import annotations

import polars as pl

from il5report.analyse.design import probability_to_see
from il5report.ard import Rows, Scope, Stat
from il5report.display.model import Row
from il5report.display.view import View, percent_value, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model


class Options(Model):
    """`rates` true in one subject; the numbers of subjects are those of the columns."""

    rates: tuple[float, ...]
    at_least: int = 1


def needs(ctx: Context) -> Needs:
    return Needs({"ADSL": ["USUBJID"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        size = ctx.in_column(column).height
        for rate in options.rates:
            value = probability_to_see(size, rate, at_least=options.at_least)
            scope = Scope(
                "probability", "ADSL", groups=column.where, column=column.label, level=f"{rate:g}"
            )
            label = f"Probability to see {options.at_least} or more"
            rows.add(scope, "binomial", [Stat("probability", label, value, "proportion")])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, rows = [c.label for c in ctx.columns], []
    for rate in options.rates:
        places = (view.at("probability", c, level=f"{rate:g}") for c in columns)
        cells = tuple(p.cell("{probability}", {"probability": percent_value}) for p in places)
        rows.append(Row(f"True rate {percent_value(rate)}%", cells))
    head = f"Probability to see {options.at_least} or more, %"
    return Shown(table(view.column_heads(columns, head), rows))


OUTPUT = Output(
    kind="table",
    title="Probability to see an event in so many subjects",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Binomial probability for the number of subjects in the column.",),
)
