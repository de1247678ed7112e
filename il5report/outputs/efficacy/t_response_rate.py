"""Response rate: responders of all subjects of the set, exact interval, test against the null."""

from __future__ import annotations

import polars as pl

from il5report.analyse.proportion import binomial_ci, binomial_test
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.conditions import both
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, percent_value, table
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, add_subjects_with
from il5report.outputs.selection import Selection
from il5report.plan.base import Model, Text, Where
from il5report.plan.words import CI_NAMES


class Rate(Model):
    """A rate: subjects with a record of ADRS that meets `where`, of those in the column.

    `p0`: proportion under the null hypothesis, tested exactly and one-sided (greater).
    `among`: condition on ADSL for the denominator, and `among_label` to say so.
    """

    label: Text
    where: Where
    p0: float | None = None
    among: Where | None = None
    among_label: str = ""


class Count(Model):
    """Subjects with a record of ADRS that meets `where`, counted below the rates."""

    label: Text
    where: Where


class Options(Model):
    """The rates, in order, and what is counted beside them."""

    dataset: Text = "ADRS"
    rates: tuple[Rate, ...]
    counts: tuple[Count, ...] = ()


TEST = "one-sided exact binomial test"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [(options.dataset, rate.where) for rate in options.rates]
    conditions += [(options.dataset, count.where) for count in options.counts]
    among = [("ADSL", rate.among) for rate in options.rates]
    return Needs({options.dataset: ["USUBJID"]}, [*conditions, *among])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    selection = Selection(ctx, needs(ctx))
    for rate in options.rates:
        _rate(ctx, rows, rate, selection, options.dataset)
    for count in options.counts:
        add_subjects_with(ctx, rows, "count", options.dataset, count.where, level=count.label)


def _rate(ctx: Context, rows: Rows, rate: Rate, selection: Selection, dataset: str) -> None:
    where = rate.where if rate.among is None else both(rate.where, rate.among)
    among = selection["ADSL"].subjects(rate.among)
    found = among & selection[dataset].subjects(where)
    counts = selection.counts(found), selection.counts(among)
    for column, n, total in zip(ctx.columns, *counts, strict=True):
        scope = Scope(
            "rate", dataset, where, column.where,
            of=rate.among, column=column.label, level=rate.label,
        )  # fmt: skip
        add_rate(ctx, rows, scope, n, total)
        if rate.p0 is not None and _tested(ctx, column):
            test = binomial_test(n, total, rate.p0, alternative="greater")
            p0 = Stat("p0", "Proportion under the null hypothesis", rate.p0, "proportion")
            rows.add(scope, TEST, [p0, *stats_of(test, ("p_value",))])


def add_rate(ctx: Context, rows: Rows, scope: Scope, n: int, total: int) -> None:
    """n, N, n/N and the limits of the proportion."""
    conventions = ctx.plan.conventions
    rows.add(scope, METHOD, counted(n, total))
    interval = binomial_ci(
        n, total, method=conventions.proportion_ci, conf_level=conventions.conf_level
    )
    name = CI_NAMES[conventions.proportion_ci]
    rows.add(scope, f"{name} interval", stats_of(interval, ("lower", "upper")))


def _tested(ctx: Context, column: Column) -> bool:
    """The plan's test is about the whole set: not about a column beside a total."""
    return column.where is None or all(c.where is not None for c in ctx.columns)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows: list[Row] = []
    for rate in ctx.options(Options).rates:
        places = [view.at("rate", c, level=rate.label) for c in columns]
        rows.append(Row(rate.label, kind="heading"))
        among = f" of {rate.among_label}" if rate.among_label else ""
        rows.append(Row(f"n/N{among} (%)", tuple(map(ratio, places)), indent=1))
        rows.append(
            Row(f"{ctx.words['conf']} confidence interval, %", tuple(map(limits, places)), 1)
        )
        if rate.p0 is not None:
            label = f"One-sided p-value (H0: rate {percent_value(rate.p0)}% or less)"
            cells = tuple(
                p.p_value("p_value") if "p_value" in p.stats else Cell("") for p in places
            )
            rows.append(Row(label, cells, indent=1))
    for count in ctx.options(Options).counts:
        found = (view.at("count", c, level=count.label) for c in columns)
        rows.append(Row(f"{count.label}, n (%)", tuple(f.n_percent() for f in found)))
    return Shown(table(view.column_heads(columns, "Response"), rows), _notes(ctx))


def _notes(ctx: Context) -> tuple[str, ...]:
    """The methods of what the table has."""
    test = f" p-value: {TEST}." if any(r.p0 is not None for r in ctx.options(Options).rates) else ""
    words = ctx.words
    return (f"Interval: two-sided {words['conf']}, {words['proportion_ci']}.{test}",)


def ratio(numbers: Numbers) -> Cell:
    """``n/N (x.x%)``."""
    share = numbers.text("p", lambda value: f"{percent_value(value)}%")
    return Cell(f"{numbers.n_of_total().text} ({share})", refs=numbers.refs("n", "N", "p"))


def limits(numbers: Numbers) -> Cell:
    """The interval in percent."""
    return numbers.cell("({lower}, {upper})", {"lower": percent_value, "upper": percent_value})


OUTPUT = Output(
    kind="table",
    title="Response rate",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Subjects without an evaluable assessment count as non-responders.",),
)
