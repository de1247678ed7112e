"""Parameters by visit: values, and changes from each baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Comparison, all_of, both, equals
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, fixed_of, table, whole
from il5report.errors import Finding, PlanError, nearest
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import Records, Selection
from il5report.plan.base import Model, Text, Where


class Measured(Model):
    """A parameter; `digits`: decimals of the data."""

    paramcd: Text
    label: Text
    digits: int = 1


class Measure(Model):
    """What is described: a variable of the records that meet `where`, such as those under one
    baseline. `after`: at the visits after this one alone, such as a change from it. `digits`: its
    decimals, those of the parameter where left out."""

    label: Text
    variable: Text
    where: Where | None = None
    after: str = ""
    digits: int | None = None


class Options(Model):
    """`subset`: the records of `dataset`, at most one per subject, parameter and visit in each
    measure; `visits`: values of AVISIT in order, those of the plan where left out."""

    dataset: Text
    subset: Where | None = None
    parameters: tuple[Measured, ...]
    measures: tuple[Measure, ...]
    visits: tuple[str, ...] = ()


NOTHING = "–"
STATISTICS = ("n", "mean", "sd", "median", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "AVISIT", *(m.variable for m in options.measures)]
    conditions = [options.subset, *(m.where for m in options.measures)]
    return Needs({options.dataset: names}, [(options.dataset, where) for where in conditions])


def _visits(ctx: Context) -> tuple[str, ...]:
    return ctx.options(Options).visits or tuple(visit.label for visit in ctx.plan.visits)


def _visits_of(ctx: Context, measure: Measure) -> tuple[str, ...]:
    """The visits at which something is described."""
    visits = _visits(ctx)
    if not measure.after:
        return visits
    if measure.after not in visits:
        message = f"{ctx.id} describes no visit {measure.after!r}{nearest(measure.after, visits)}"
        raise PlanError([Finding("output.after", message)])
    return visits[visits.index(measure.after) + 1 :]


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    records = Selection(ctx, needs(ctx))[options.dataset]
    for item, measure in product(options.parameters, options.measures):
        _measure(ctx, rows, item, measure, records)


def _measure(ctx: Context, rows: Rows, item: Measured, measure: Measure, records: Records) -> None:
    """The statistics of what is measured, at each of its visits in each column."""
    options, conf_level = ctx.options(Options), ctx.plan.conventions.conf_level
    present = both(equals("PARAMCD", item.paramcd), Comparison(measure.variable, "NE", ()))
    where = all_of(options.subset, measure.where, present)
    visits = _visits_of(ctx, measure)
    for visit, columns in records.by_visit(measure.variable, where, visits):
        of_visit = all_of(where, equals("AVISIT", visit))
        for column, values in columns:
            scope = Scope(
                measure.label, options.dataset, of_visit, column.where, column=column.label,
                variable=measure.variable, level=visit, paramcd=item.paramcd,
            )  # fmt: skip
            found = stats_of(describe(values, conf_level=conf_level), STATISTICS)
            rows.add(scope, "descriptive statistics, percentiles PCTLDEF 5", found)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    rows: list[Row] = []
    for item in options.parameters:
        rows.append(Row(item.label, kind="heading"))
        for visit in _visits(ctx):
            rows.append(Row(visit, kind="heading", indent=1))
            for measure in options.measures:
                if visit in _visits_of(ctx, measure):
                    rows += _rows(ctx, view, item, (visit, measure))
    heads = view.column_heads([c.label for c in ctx.columns], "Parameter, visit")
    return Shown(table(heads, rows))


def _rows(ctx: Context, view: View, item: Measured, at: tuple[str, Measure]) -> Iterator[Row]:
    visit, measure = at
    digits = item.digits if measure.digits is None else measure.digits
    data, more, most = (fixed_of(digits + extra) for extra in (0, 1, 2))
    found = [
        view.at(
            measure.label, c.label, variable=measure.variable, level=visit, paramcd=item.paramcd
        )
        for c in ctx.columns
    ]
    mean = {"n": whole, "mean": more, "sd": most}
    middle = {"median": more, "minimum": data, "maximum": data}
    first = tuple(_cell(p, "{mean} ({sd}) [{n}]", mean, f"{NOTHING} [0]") for p in found)
    yield Row(f"{measure.label}: mean (SD) [n]", first, indent=2)
    if any(p.count("n") for p in found):
        second = (_cell(p, "{median} ({minimum}, {maximum})", middle, NOTHING) for p in found)
        yield Row("median (min, max)", tuple(second), indent=3)


def _cell(
    numbers: Numbers, pattern: str, show: Mapping[str, Callable[[float], str]], without: str
) -> Cell:
    """The statistics, or what stands for them where there is no value."""
    cell = numbers.cell(pattern, show)
    return cell if numbers.count("n") else Cell(without, refs=cell.refs)


OUTPUT = Output(
    kind="table",
    title="Values by visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "[n]: subjects with a value. SD: standard deviation. NE: not estimable. "
        "Visits by the windows of the plan. {infusion_day}",
    ),
)
