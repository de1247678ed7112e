"""Concentrations by planned time: how many are quantifiable, and statistics of those."""

from __future__ import annotations

from functools import partial

import polars as pl

from il5report.analyse.continuous import describe, geometric
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Comparison, Compound, Condition, both, equals
from il5report.display.model import Row
from il5report.display.rounding import significant
from il5report.display.view import View, fixed_of, table, unit_text
from il5report.masks import Mask
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.efficacy.t_response_rate import add_rate, ratio
from il5report.outputs.selection import Records, Selection
from il5report.plan.base import Model, Text, Where

SAMPLED: Condition = Comparison("AREASN", "EQ", ())
BELOW: Condition = Comparison("BLQFL", "EQ", ("Y",))


class Options(Model):
    """`where`: the records of ADPC of one assay, in one matrix; `times`: values of ATPT.
    `sampled`: those with a valid result; `below`: those below the limit of quantification."""

    dataset: Text = "ADPC"
    where: Where
    label: Text
    times: tuple[str, ...]
    sampled: Where = SAMPLED
    below: Where = BELOW


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    wheres = (options.where, options.sampled, options.below)
    names = {options.dataset: ["USUBJID", "ATPT", "AVAL", "AVALU"]}
    return Needs(names, [(options.dataset, where) for where in wheres])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    records = Selection(ctx, needs(ctx))[options.dataset]
    for time in options.times:
        for column, inside in zip(ctx.columns, records.columns, strict=True):
            _time(ctx, rows, column, (records, inside), time)


def _time(ctx: Context, rows: Rows, column: Column, of: tuple[Records, Mask], time: str) -> None:
    """Quantifiable of sampled subjects, and the statistics of the quantifiable values."""
    options = ctx.options(Options)
    dataset, (records, inside) = options.dataset, of
    sampled_then = both(both(options.where, equals("ATPT", time)), options.sampled)
    quantifiable = both(Compound("NOT", (options.below,)), Comparison("AVAL", "NE", ()))
    mine = inside & records.meet(sampled_then)
    found = mine & records.meet(quantifiable)
    of_time = both(sampled_then, quantifiable)

    def scope(analysis: str) -> Scope:
        return Scope(
            analysis, dataset, of_time, column.where, of=sampled_then, of_dataset=dataset,
            column=column.label, level=time,
        )  # fmt: skip

    n, sampled = records.number_of(found), records.number_of(mine)
    add_rate(ctx, rows, scope("quantifiable"), n, sampled)
    values = records.frame["AVAL"].to_numpy()[found]
    unit = next(iter(records.frame["AVALU"].filter(pl.Series(found))), "") or ""
    level = ctx.plan.conventions.conf_level
    logs = stats_of(geometric(values, conf_level=level), ("mean", "cv"), unit)
    plain = stats_of(describe(values, conf_level=level), ("median", "minimum", "maximum"), unit)
    rows.add(scope("of quantifiable"), "log scale", logs)
    rows.add(scope("of quantifiable"), "PCTLDEF 5", plain)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    show = partial(significant, digits=3)
    rows = []
    for time in options.times:
        rows.append(Row(time.capitalize(), kind="heading"))
        seen = [view.at("quantifiable", c, level=time) for c in columns]
        rows.append(Row("Quantifiable, n/N (%)", tuple(map(ratio, seen)), indent=1))
        places = [view.at("of quantifiable", c, level=time) for c in columns]
        cells = tuple(p.cell("{mean} ({cv})", {"mean": show, "cv": fixed_of(1)}) for p in places)
        rows.append(Row("Geometric mean (CV%)", cells, indent=1))
        ends = dict.fromkeys(("median", "minimum", "maximum"), show)
        cells = tuple(p.cell("{median} ({minimum}, {maximum})", ends) for p in places)
        rows.append(Row("Median (min, max)", cells, indent=1))
    units = view.only("of quantifiable", stat_name="median")["unit"]
    unit = next(filter(None, units), "")
    note = f"Unit: {unit_text(unit)}." if unit else "No value."
    return Shown(table(view.column_heads(columns, options.label), rows), (note,))


OUTPUT = Output(
    kind="table",
    title="Concentrations by planned time",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "N: subjects with a valid sample at that time. Statistics are of the quantifiable values; "
        "values below the limit of quantification are counted, not replaced. {infusion_day}",
    ),
)
