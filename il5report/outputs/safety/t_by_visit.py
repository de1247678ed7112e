"""Parameters by visit: values, and changes from each baseline."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Comparison, Condition, all_of, both, equals
from il5report.display.model import Row
from il5report.display.view import View, fixed_of, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text, Where


class Measured(Model):
    """A parameter; `digits`: decimals of the data."""

    paramcd: Text
    label: Text
    digits: int = 1


class Measure(Model):
    """What is described: a variable of the records that meet `where`, such as those under one
    baseline."""

    label: Text
    variable: Text
    where: Where | None = None


class Options(Model):
    """`subset`: the records of `dataset`, at most one per subject, parameter and visit in each
    measure; `visits`: values of AVISIT in order, those of the plan where left out."""

    dataset: Text
    subset: Where | None = None
    parameters: tuple[Measured, ...]
    measures: tuple[Measure, ...]
    visits: tuple[str, ...] = ()


STATISTICS = ("n", "mean", "sd", "median", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "AVISIT", *(m.variable for m in options.measures)]
    conditions = [options.subset, *(m.where for m in options.measures)]
    return Needs({options.dataset: names}, [(options.dataset, where) for where in conditions])


def _visits(ctx: Context) -> tuple[str, ...]:
    return ctx.options(Options).visits or tuple(visit.label for visit in ctx.plan.visits)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for item in options.parameters:
        for measure in options.measures:
            where = both(equals("PARAMCD", item.paramcd), Comparison(measure.variable, "NE", ()))
            joint = all_of(options.subset, measure.where, where)
            _measure(ctx, rows, item, measure, joint)


def _measure(
    ctx: Context, rows: Rows, item: Measured, measure: Measure, where: Condition | None
) -> None:
    dataset = ctx.options(Options).dataset
    records = ctx.records(dataset, where, keep=("USUBJID", "AVISIT", measure.variable))
    values, at = records[measure.variable].to_numpy(), records["AVISIT"]
    columns = list(zip(ctx.columns, ctx.split(records), strict=True))
    for visit in _visits(ctx):
        there = (at == visit).fill_null(False)
        one_per_subject(ctx, records.filter(there), dataset)
        for column, inside in columns:
            mine = values[inside & there.to_numpy()]
            found = describe(mine, conf_level=ctx.plan.conventions.conf_level)
            scope = Scope(
                measure.label, dataset, all_of(where, equals("AVISIT", visit)), column.where,
                column=column.label, variable=measure.variable, level=visit, paramcd=item.paramcd,
            )  # fmt: skip
            rows.add(
                scope, "descriptive statistics, percentiles PCTLDEF 5", stats_of(found, STATISTICS)
            )


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    rows: list[Row] = []
    for item in options.parameters:
        rows.append(Row(item.label, kind="heading"))
        for visit in _visits(ctx):
            rows.append(Row(visit, kind="heading", indent=1))
            for measure in options.measures:
                rows += _rows(ctx, view, item, (visit, measure))
    heads = view.column_heads([c.label for c in ctx.columns], "Parameter, visit")
    return Shown(table(heads, rows))


def _rows(ctx: Context, view: View, item: Measured, at: tuple[str, Measure]) -> Iterator[Row]:
    visit, measure = at
    data, more, most = (fixed_of(item.digits + extra) for extra in (0, 1, 2))
    found = [
        view.at(
            measure.label, c.label, variable=measure.variable, level=visit, paramcd=item.paramcd
        )
        for c in ctx.columns
    ]
    mean = {"n": whole, "mean": more, "sd": most}
    middle = {"median": more, "minimum": data, "maximum": data}
    first = tuple(p.cell("{n}: {mean} ({sd})", mean) for p in found)
    second = tuple(p.cell("{median} ({minimum}, {maximum})", middle) for p in found)
    yield Row(f"{measure.label}, n: mean (SD)", first, indent=2)
    yield Row("median (min, max)", second, indent=3)


OUTPUT = Output(
    kind="table",
    title="Values by visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("SD: standard deviation. Visits by the windows of the plan.",),
)
