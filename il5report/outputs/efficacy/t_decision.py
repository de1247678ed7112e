"""Decision rule of a single-stage design, and where the trial stands against it."""

from __future__ import annotations

import polars as pl

from il5report.analyse.design import single_stage
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.display.model import Cell, Row
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`N` planned subjects, rates under the null and the alternatives, one-sided `alpha`;
    `response`: the responders' records of `dataset`. The display has one column."""

    N: int
    p0: float
    p1: tuple[float, ...]
    alpha: float
    dataset: Text = "ADRS"
    response: Where


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    return Needs({options.dataset: ["USUBJID"]}, [(options.dataset, options.response)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        subjects = ctx.in_column(column)
        found = ctx.records(options.dataset, options.response, keep=("USUBJID",))
        n = subjects.join(found, on="USUBJID", how="semi").height
        scope = Scope(
            "observed", options.dataset, options.response, column.where, column=column.label
        )
        rows.add(scope, METHOD, counted(n, subjects.height))
        for p1 in options.p1:
            design = single_stage(options.N, options.p0, p1, alpha=options.alpha)
            place = Scope("design", "ADSL", column=column.label, level=f"{p1:g}")
            method = "exact one-sided binomial test"
            rows.add(place, method, stats_of(design, ("reject_at", "alpha", "power")))
        rule = single_stage(options.N, options.p0, options.p1[0], alpha=options.alpha)
        missing = max(rule.reject_at - n, 0)
        rows.add(
            Scope("standing", "ADSL", column=column.label), "rule against the data",
            [
                Stat("missing", "Responses still needed to reject the null hypothesis", missing),
                Stat("left", "Planned subjects not yet in the set", options.N - subjects.height),
            ],
        )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    first = [view.at("design", c, level=f"{options.p1[0]:g}") for c in columns]
    rows = [
        Row(
            f"Responses of {options.N} that reject a rate of {percent_value(options.p0)}% or less",
            tuple(d.cell("{reject_at} or more", {"reject_at": whole}) for d in first),
        ),
        Row(
            "Exact one-sided type I error, %",
            tuple(d.cell("{alpha}", {"alpha": percent_value}) for d in first),
        ),
    ]
    for p1 in options.p1:
        places = (view.at("design", c, level=f"{p1:g}") for c in columns)
        cells = tuple(p.cell("{power}", {"power": percent_value}) for p in places)
        rows.append(Row(f"Exact power at a true rate of {percent_value(p1)}%, %", cells))
    seen = [view.at("observed", c) for c in columns]
    rows.append(Row("Responses observed, n/N", tuple(s.n_of_total() for s in seen)))
    standing = [view.at("standing", c) for c in columns]
    cells = tuple(
        Cell(_standing(s.count("missing"), s.count("left")), refs=s.refs("missing", "left"))
        for s in standing
    )
    rows.append(Row("Null hypothesis", cells))
    return Shown(table(view.column_heads(columns), rows))


def _standing(missing: int, left: int) -> str:
    """Rejected once enough have responded; not rejected once they cannot any more."""
    if missing == 0:
        return "Rejected"
    if missing > left:
        return "Not rejected"
    return f"Open: {missing} of the next {left} must respond"


OUTPUT = Output(
    kind="table",
    title="Decision rule",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Exact one-sided binomial test of the planned number of subjects.",),
)
