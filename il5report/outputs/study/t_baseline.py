"""Subject-level characteristics: demography, baseline disease, any variables of ADSL."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.conditions import Comparison, equals, expression
from il5report.display.model import Cell, Row
from il5report.display.view import View, fixed_of, table, value_text, whole
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.base import Model, Text


class Characteristic(Model):
    """A variable of ADSL. `digits`: decimals of the data, for numbers. `levels`: texts in the
    order to print, with labels; rows with nobody stay. Without `levels`, those in the data."""

    variable: Text
    label: str = ""
    digits: int = 0
    levels: Mapping[str, str] = {}


class Options(Model):
    """What to describe, in order."""

    characteristics: tuple[Characteristic, ...]


MISSING = "Missing"
STATISTICS = ("n", "mean", "sd", "median", "q1", "q3", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    named = ctx.options(Options).characteristics
    return Needs({"ADSL": ["USUBJID", *(c.variable for c in named)]})


def analyse(ctx: Context, rows: Rows) -> None:
    add_column_sizes(ctx, rows)
    for item in ctx.options(Options).characteristics:
        numeric = ctx.subjects.schema[item.variable].is_numeric() and not item.levels
        for column in ctx.columns:
            if numeric:
                _describe(ctx, rows, item, column)
            else:
                _levels(ctx, rows, item, column)


def _describe(ctx: Context, rows: Rows, item: Characteristic, column: Column) -> None:
    present = Comparison(item.variable, "NE", ())
    values = ctx.in_column(column)[item.variable].drop_nulls().to_numpy()
    found = describe(values, conf_level=ctx.plan.conventions.conf_level)
    scope = Scope(
        "describe", "ADSL", present, column.where, column=column.label, variable=item.variable
    )
    rows.add(scope, "descriptive statistics, percentiles PCTLDEF 5", stats_of(found, STATISTICS))


def _levels(ctx: Context, rows: Rows, item: Characteristic, column: Column) -> None:
    subjects = ctx.in_column(column)
    for level in _level_values(ctx, item):
        where = equals(item.variable, level)
        n = subjects.filter(expression(where, subjects.schema)).height
        scope = Scope(
            "levels", "ADSL", where, column.where, column=column.label,
            variable=item.variable, level=MISSING if level is None else value_text(level),
        )  # fmt: skip
        rows.add(scope, METHOD, counted(n, subjects.height))


def _level_values(ctx: Context, item: Characteristic) -> list[str | float | None]:
    """The levels to count: the plan's, then any other in the data, then missing if it occurs."""
    values = ctx.subjects[item.variable]
    numeric = values.dtype.is_numeric()
    planned: list[str | float] = [float(v) if numeric else v for v in item.levels]
    others = values.drop_nulls().unique().sort().to_list()
    found: list[str | float | None] = [*planned, *(v for v in others if v not in planned)]
    return [*found, None] if values.null_count() else found


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows: list[Row] = []
    for item in ctx.options(Options).characteristics:
        label = item.label or ctx.dataset("ADSL").label_of(item.variable)
        if view.at("describe", columns[0], variable=item.variable):
            rows += _described(view, columns, item, label)
        else:
            rows += _counted(ctx, view, columns, item, f"{label}, n (%)")
    return Shown(table(view.column_heads(columns, "Characteristic"), rows))


def _described(view: View, columns: list[str], item: Characteristic, label: str) -> list[Row]:
    data, more, most = (fixed_of(item.digits + extra) for extra in (0, 1, 2))
    lines = (
        ("n", "{n}", {"n": whole}),
        ("Mean (SD)", "{mean} ({sd})", {"mean": more, "sd": most}),
        ("Median", "{median}", {"median": more}),
        ("Q1, Q3", "{q1}, {q3}", {"q1": more, "q3": more}),
        ("Min, max", "{minimum}, {maximum}", {"minimum": data, "maximum": data}),
    )
    rows = [Row(label, kind="heading")]
    for name, pattern, show in lines:
        places = (view.at("describe", c, variable=item.variable) for c in columns)
        rows.append(Row(name, tuple(p.cell(pattern, show) for p in places), indent=1))
    return rows


def _counted(
    ctx: Context, view: View, columns: list[str], item: Characteristic, label: str
) -> list[Row]:
    levels = view.only("levels", variable=item.variable)["level"].unique(maintain_order=True)
    rows = [Row(label, kind="heading")]
    for level in levels:
        cells: tuple[Cell, ...] = tuple(
            view.at("levels", c, variable=item.variable, level=level).n_percent() for c in columns
        )
        rows.append(Row(item.levels.get(level) or ctx.said(item.variable, level), cells, indent=1))
    return rows


OUTPUT = Output(
    kind="table",
    title="Baseline characteristics",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages are of the N in the head. Quartiles by the empirical distribution "
        "with averaging (SAS PCTLDEF=5). SD: standard deviation.",
    ),
)
