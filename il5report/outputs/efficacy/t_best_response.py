"""Best response: how many subjects have each category, including those without any."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, both, equals, of_dataset
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, percent_value, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, column_sizes, one_per_subject
from il5report.outputs.efficacy.t_response_rate import add_rate
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the one record of ADRS per subject; `levels`: values of AVALC, best first, with
    labels; categories with nobody stay. `interval`: with a confidence interval beside each.
    `reason`: the variable that says why the response is `unevaluable`."""

    dataset: Text = "ADRS"
    where: Where
    levels: Mapping[str, str]
    interval: bool = True
    unevaluable: Text = "NE"
    reason: str = ""


NO_RECORD = "No record"
NOT_GIVEN = "Reason not given"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "AVALC", *filter(None, [options.reason])]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    keep = ("AVALC", *filter(None, [options.reason]))
    records = ctx.records(options.dataset, options.where, keep=keep)
    one_per_subject(ctx, records, options.dataset)
    others = sorted(set(records["AVALC"].drop_nulls()) - set(options.levels))
    found, sizes = Records(ctx, options.dataset, records), column_sizes(ctx)
    for column, mine in zip(ctx.columns, found.columns, strict=True):
        total = sizes[column.label]
        for level in (*options.levels, *others):
            where = both(options.where, equals("AVALC", level))
            n = int((mine & found.meet(equals("AVALC", level))).sum())
            scope = Scope(
                "category", options.dataset, where, column.where,
                column=column.label, variable="AVALC", level=level,
            )  # fmt: skip
            add_rate(ctx, rows, scope, n, total)
        given = Comparison("AVALC", "NE", ())
        none, present = total - int((mine & found.meet(given)).sum()), both(options.where, given)
        scope = Scope(
            "category", "ADSL", None, column.where, of_dataset(present, options.dataset),
            column=column.label, variable="AVALC", level=NO_RECORD,
        )  # fmt: skip
        add_rate(ctx, rows, scope, none, total)

    if options.reason:
        _reasons(ctx, rows, options, found)


def _reasons(ctx: Context, rows: Rows, options: Options, records: Records) -> None:
    """Why the response of those without an evaluable one is not."""
    unevaluable = equals("AVALC", options.unevaluable)
    without, sizes = records.within(unevaluable), column_sizes(ctx)
    for reason in without.frame[options.reason].unique().sort(nulls_last=True):
        given = equals(options.reason, reason)
        for column, n in zip(ctx.columns, without.counts(given), strict=True):
            scope = Scope(
                "reason", options.dataset, both(both(options.where, unevaluable), given),
                column.where, column=column.label, variable=options.reason,
                level=NOT_GIVEN if reason is None else reason,
            )  # fmt: skip
            rows.add(scope, METHOD, counted(n, sizes[column.label]))


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
        if level == options.unevaluable:
            rows += _reason_rows(view, columns, options.reason)
    return Shown(table(view.column_heads(columns, "Category, n (%)"), rows))


def _reason_rows(view: View, columns: list[str], variable: str) -> list[Row]:
    """Under the subjects without an evaluable response, why."""
    rows = []
    for reason in view.only("reason")["level"].unique(maintain_order=True):
        places = (view.at("reason", c, variable=variable, level=reason) for c in columns)
        rows.append(Row(reason, tuple(p.n_percent() for p in places), indent=1))
    return rows


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
        "Percentages are of the N in the head. In brackets: two-sided {conf} confidence "
        "interval, {proportion_ci}.",
    ),
)
