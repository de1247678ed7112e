"""Exposure-adjusted incidence: subjects with a first event per time at risk, with exact limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import polars as pl

from il5report.analyse.rate import poisson_rate
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.conditions import Condition, all_of
from il5report.display.model import Row
from il5report.display.view import View, fixed_of, table
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.base import Model, Text, Where


class Line(Model):
    """A kind of event."""

    label: Text
    where: Where | None = None
    indent: int = 0


class Options(Model):
    """`subset`: the events that count, with their study `day` (day of infusion = 1); `follow_up`:
    variable of ADSL, days from infusion to the end of follow-up. The rate is per `per` `unit`."""

    dataset: Text = "ADAE"
    subset: Where
    lines: tuple[Line, ...]
    day: Text = "ASTDY"
    follow_up: Text = "FUPDAY"
    per: float = 100
    unit: Literal["months", "years"] = "months"


MONTHS = {"months": 1, "years": 12}


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [options.subset, *(line.where for line in options.lines)]
    return Needs(
        {options.dataset: ["USUBJID", options.day], "ADSL": ["USUBJID", options.follow_up]},
        [(options.dataset, where) for where in conditions],
    )


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for line in options.lines:
        where = all_of(options.subset, line.where)
        records = ctx.records(options.dataset, where, keep=("USUBJID", options.day))
        first = records.group_by("USUBJID").agg(pl.col(options.day).min().alias("_FIRST"))
        for column in ctx.columns:
            mine = ctx.in_column(column).join(first, on="USUBJID", how="left")
            _rate(ctx, rows, line, (column, where, mine))


def _rate(
    ctx: Context, rows: Rows, line: Line, at: tuple[Column, Condition | None, pl.DataFrame]
) -> None:
    """The rate of a column: whole days at risk, both ends counted, to the first event or the end
    of follow-up."""
    options, conventions = ctx.options(Options), ctx.plan.conventions
    column, where, mine = at
    n = mine.height - mine["_FIRST"].null_count()
    days = mine.select(pl.coalesce("_FIRST", pl.col(options.follow_up) + 1)).to_series().sum()
    unit = conventions.days_per_month * MONTHS[options.unit]
    found = poisson_rate(n, float(days) / unit, per=options.per, conf_level=conventions.conf_level)
    scope = Scope(
        "first event", options.dataset, where, column.where, column=column.label, level=line.label
    )
    rows.add(scope, METHOD, counted(n, mine.height))
    time = f"subject-{options.unit}"
    stats = stats_of(found, ("exposure",), time)
    stats += stats_of(found, ("rate", "lower", "upper"), f"{options.per:g} {time}")
    rows.add(replace(scope, analysis="rate"), "exact Poisson interval", stats)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, rows = [c.label for c in ctx.columns], list[Row]()
    one = fixed_of(1)
    show = {"rate": one, "lower": one, "upper": one}
    for line in options.lines:
        found = [view.at("rate", c, level=line.label) for c in columns]
        counts = [view.at("first event", c, level=line.label) for c in columns]
        rows.append(Row(line.label, kind="heading", indent=line.indent))
        deeper = line.indent + 1
        rows.append(Row("Subjects, n (%)", tuple(p.n_percent() for p in counts), deeper))
        exposure = tuple(p.cell("{exposure}", {"exposure": one}) for p in found)
        rows.append(Row(f"At risk, subject-{options.unit}", exposure, deeper))
        label = f"Per {options.per:g} subject-{options.unit} ({ctx.words['conf']} CI)"
        rates = tuple(p.cell("{rate} ({lower}, {upper})", show) for p in found)
        rows.append(Row(label, rates, deeper))
    return Shown(table(view.column_heads(columns, "Event"), rows))


OUTPUT = Output(
    kind="table",
    title="Exposure-adjusted incidence of adverse events",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "First event of a subject per time at risk, from infusion to that event or to the end of "
        "follow-up, both days counted. Exact (Poisson) intervals. Percentages are of the N in "
        "the head.",
    ),
)
