"""Best response: how many subjects have each category, including those without any."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.ard import Rows, Scope
from il5report.conditions import Comparison, both, equals, of_dataset
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, percent_value, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, one_per_subject
from il5report.outputs.efficacy.t_response_rate import add_rate
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the one record of ADRS per subject; `levels`: values of AVALC, best first, with
    labels; categories with nobody stay. `interval`: with a confidence interval beside each."""

    dataset: Text = "ADRS"
    where: Where
    levels: Mapping[str, str]
    interval: bool = True


NO_RECORD = "No record"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    return Needs({options.dataset: ["USUBJID", "AVALC"]}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    records = ctx.records(options.dataset, options.where, keep=("AVALC",))
    one_per_subject(ctx, records, options.dataset)
    others = sorted(set(records["AVALC"].drop_nulls()) - set(options.levels))
    for column in ctx.columns:
        subjects = ctx.in_column(column)
        mine = records.join(subjects, on="USUBJID", how="semi")
        for level in (*options.levels, *others):
            where = both(options.where, equals("AVALC", level))
            n = mine.filter(pl.col("AVALC") == level).height
            scope = Scope(
                "category", options.dataset, where, column.where,
                column=column.label, variable="AVALC", level=level,
            )  # fmt: skip
            add_rate(ctx, rows, scope, n, subjects.height)
        none = subjects.height - mine["AVALC"].drop_nulls().len()
        present = both(options.where, Comparison("AVALC", "NE", ()))
        scope = Scope(
            "category", "ADSL", None, column.where, of_dataset(present, options.dataset),
            column=column.label, variable="AVALC", level=NO_RECORD,
        )  # fmt: skip
        add_rate(ctx, rows, scope, none, subjects.height)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    levels = view.only("category")["level"].unique(maintain_order=True).to_list()
    rows = []
    for level in levels:
        places = [view.at("category", c, variable="AVALC", level=level) for c in columns]
        if level == NO_RECORD and not any(p.count("n") for p in places):
            continue
        cells = tuple(map(_with_limits if options.interval else Numbers.n_percent, places))
        rows.append(Row(options.levels.get(level, level), cells))
    return Shown(table(view.column_heads(columns, "Category, n (%)"), rows))


def _with_limits(numbers: Numbers) -> Cell:
    limits = numbers.cell("{lower}, {upper}", {"lower": percent_value, "upper": percent_value})
    cell = numbers.n_percent()
    return Cell(f"{cell.text} [{limits.text}]", refs=cell.refs + limits.refs)


OUTPUT = Output(
    kind="table",
    title="Best response",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages are of the subjects in the column. In brackets: two-sided {conf} confidence "
        "interval, {proportion_ci}.",
    ),
)
