"""Subjects by worst grade of an event or group of events: CRS, ICANS, any adverse event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.proportion import binomial_ci
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Row
from il5report.display.view import View, percent_value, table
from il5report.masks import Mask
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text, Where
from il5report.plan.words import CI_NAMES


class Options(Model):
    """Which records of `dataset`, graded by which variable.

    `levels`: values of `variable`, mildest first, with labels; rows with nobody stay.
    `at_least`: further lines, value to label (``"3": "Grade 3 or higher"``), counted from it up.
    `event`: the event in words, for the first line. `interval`: with confidence intervals for the
    first line and those of `at_least`.
    """

    dataset: Text = "ADAE"
    subset: Where
    variable: Text
    event: Text
    levels: Mapping[str, str]
    at_least: Mapping[str, str] = {}
    interval: bool = True


UNKNOWN = "Grade unknown"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", options.variable]
    return Needs({options.dataset: names}, [(options.dataset, options.subset)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    worst = _worst(ctx, options)
    names = list(options.levels)
    for rank, level in enumerate(names, 1):
        scope = _scope(ctx, options, "worst", names[rank - 1 : rank], names[rank:], level)
        _add(ctx, rows, scope, worst == rank)
    scope = _scope(ctx, options, "worst", [], names, UNKNOWN)
    _add(ctx, rows, scope, worst == 0)
    for level in options.at_least:
        rank = names.index(level) + 1
        scope = _scope(ctx, options, "at least", names[rank - 1 :], [], level)
        _add(ctx, rows, scope, worst >= rank, interval=options.interval)
    scope = Scope("any", options.dataset, options.subset)
    _add(ctx, rows, scope, worst >= 0, interval=options.interval)


def _worst(ctx: Context, options: Options) -> NDArray[np.int64]:
    """The rank of each subject's worst level; 0 where no record has one of the levels, -1 where
    there is no record."""
    found = ctx.records(options.dataset, options.subset, keep=(options.variable,))
    records = Records(ctx, options.dataset, found)
    worst = np.where(records.subjects(None), 0, -1)
    for rank, value in enumerate(_values(ctx, options, list(options.levels)), 1):
        worst[records.subjects(equals(options.variable, value))] = rank
    return worst


def _values(ctx: Context, options: Options, levels: list[str]) -> tuple[str | float, ...]:
    """Levels as the data hold them."""
    numeric = ctx.dataset(options.dataset).schema[options.variable].is_numeric()
    return tuple(float(level) if numeric else level for level in levels)


def _scope(
    ctx: Context, options: Options, analysis: str, of: list[str], worse: list[str], level: str
) -> Scope:
    """Records graded `of` (ungraded where empty), of subjects with none graded `worse`."""

    def graded(levels: list[str]) -> Condition:
        inside = Comparison(options.variable, "IN", _values(ctx, options, levels))
        return both(options.subset, inside)

    none = Comparison(options.variable, "NOTIN", _values(ctx, options, list(options.levels)))
    subset = graded(of) if of else both(options.subset, none)
    return Scope(
        analysis, options.dataset, subset,
        without=graded(worse) if worse else None, variable=options.variable, level=level,
    )  # fmt: skip


def _add(ctx: Context, rows: Rows, scope: Scope, found: Mask, *, interval: bool = False) -> None:
    """Count of the subjects found, in each column; with a confidence interval where asked."""
    conventions = ctx.plan.conventions
    for column, inside in zip(ctx.columns, ctx.members, strict=True):
        n, total = int((found & inside).sum()), int(inside.sum())
        place = replace(scope, groups=column.where, column=column.label)
        rows.add(place, METHOD, counted(n, total))
        if interval:
            ci = binomial_ci(
                n, total, method=conventions.proportion_ci, conf_level=conventions.conf_level
            )
            name = CI_NAMES[conventions.proportion_ci]
            rows.add(place, f"{name} interval", stats_of(ci, ("lower", "upper")))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]

    def line(label: str, analysis: str, level: str = "", indent: int = 0) -> Row:
        variable = options.variable if level else ""
        places = (view.at(analysis, c, variable=variable, level=level) for c in columns)
        return Row(label, tuple(p.n_percent() for p in places), indent)

    def limits(analysis: str, level: str = "") -> list[Row]:
        if not options.interval:
            return []
        variable = options.variable if level else ""
        places = (view.at(analysis, c, variable=variable, level=level) for c in columns)
        pattern, show = "({lower}, {upper})", {"lower": percent_value, "upper": percent_value}
        label = f"{ctx.words['conf']} confidence interval, %"
        return [Row(label, tuple(p.cell(pattern, show) for p in places), indent=1)]

    rows = [line(options.event, "any"), *limits("any")]
    rows.append(Row("Worst grade", kind="heading"))
    rows += [line(label, "worst", level, 1) for level, label in options.levels.items()]
    unknown = [view.at("worst", c, variable=options.variable, level=UNKNOWN) for c in columns]
    if any(numbers.count("n") for numbers in unknown):
        rows.append(line(UNKNOWN, "worst", UNKNOWN, 1))
    for level, label in options.at_least.items():
        rows += [line(label, "at least", level), *limits("at least", level)]
    heads = view.column_heads(columns, "Subjects, n (%)")
    return Shown(table(heads, rows))


OUTPUT = Output(
    kind="table",
    title="Adverse events by worst grade",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("A subject counts once, at the worst grade. Percentages are of the N in the head.",),
)
