"""Exposure and outcome: geometric means of two groups, their ratio, exact rank test."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl

from il5report.analyse.continuous import geometric, geometric_mean_ratio
from il5report.analyse.ranks import rank_sum
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Cell, Head, Row
from il5report.display.rounding import significant
from il5report.display.view import Numbers, View, fixed_of, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.groups import Group, Grouping, conditions, groups
from il5report.plan.base import Model, Text, Where


class Outcome(Model):
    """A grouping with two levels: with the outcome, and without."""

    label: Text
    by: Grouping


class Exposure(Model):
    """A parameter of one assay."""

    label: Text
    where: Where
    paramcd: Text


class Options(Model):
    """Every exposure under every outcome; `ratio_level` of the interval of the ratio."""

    dataset: Text = "ADPP"
    outcomes: tuple[Outcome, ...]
    exposures: tuple[Exposure, ...]
    ratio_level: float = 0.9


WITH, WITHOUT, RATIO = "With", "Without", "Comparison"
HEADS = (Head(WITH), Head(WITHOUT), Head(RATIO))


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    wheres: list[tuple[str, Condition | None]] = [
        (options.dataset, exposure.where) for exposure in options.exposures
    ]
    for outcome in options.outcomes:
        wheres += conditions(outcome.by)
    return Needs({options.dataset: ["USUBJID", "PARAMCD", "AVAL", "AVALU"]}, wheres)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    for outcome in options.outcomes:
        pair = groups(ctx, outcome.by)
        for exposure in options.exposures:
            _compare(ctx, rows, outcome, exposure, (pair[0], pair[1]))


def _compare(
    ctx: Context, rows: Rows, outcome: Outcome, exposure: Exposure, pair: tuple[Group, Group]
) -> None:
    """Both groups, then one against the other; zeros have a rank and no logarithm."""
    options = ctx.options(Options)
    where = both(exposure.where, equals("PARAMCD", exposure.paramcd))
    where = both(where, Comparison("AVAL", "NE", ()))
    records = ctx.records(options.dataset, where)
    values = []
    for column, group in zip((WITH, WITHOUT), pair, strict=True):
        mine = records.join(group.subjects, on="USUBJID", how="semi")["AVAL"].to_numpy()
        values.append(mine)
        found = geometric(mine, conf_level=ctx.plan.conventions.conf_level)
        above, zero = both(where, Comparison("AVAL", "GT", (0.0,))), both(where, equals("AVAL", 0))
        scope = Scope(
            "exposure", options.dataset, above, group.groups, group.without, column=column,
            group=outcome.label, level=exposure.label,
        )  # fmt: skip
        rows.add(scope, "log scale", stats_of(found, ("n", "mean", "cv")))
        rows.add(replace(scope, subset=zero), "log scale", stats_of(found, ("n_zero",)))
    place = Scope(
        "comparison", options.dataset, where, column=RATIO, group=outcome.label,
        level=exposure.label,
    )  # fmt: skip
    ratio = geometric_mean_ratio(values[0], values[1], conf_level=options.ratio_level)
    rows.add(place, "ratio of geometric means", stats_of(ratio, ("ratio", "lower", "upper")))
    test = rank_sum(values[0], values[1])
    rows.add(place, "exact Wilcoxon rank sum test, two-sided", stats_of(test, ("p_value",)))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view, rows = ctx.options(Options), View(ard), []
    show = partial(significant, digits=3)
    for outcome in options.outcomes:
        rows.append(Row(outcome.label, kind="heading"))
        for exposure in options.exposures:
            who, what = outcome.label, exposure.label
            cells = [
                view.at("exposure", column, group=who, level=what).cell(
                    "{mean} ({cv}) [{n}]", {"mean": show, "cv": fixed_of(1), "n": whole}
                )
                for column in (WITH, WITHOUT)
            ]
            against = view.at("comparison", RATIO, group=who, level=what)
            ratios = dict.fromkeys(("ratio", "lower", "upper"), fixed_of(2))
            cells.append(against.cell("{ratio} ({lower}, {upper})", ratios))
            rows.append(Row(exposure.label, tuple(cells), indent=1))
            rows.append(_p_row(against))
    first = "Outcome, exposure"
    return Shown(table([Head(first), *HEADS], rows), _levels(options))


def _p_row(against: Numbers) -> Row:
    """The p-value under the ratio."""
    return Row("p-value", (Cell(""), Cell(""), against.p_value("p_value")), indent=2)


def _levels(options: Options) -> tuple[str, ...]:
    """Who stands in the columns, and the level of the ratio's interval."""
    said = [
        f"{o.label}: with is {o.by.levels[0].label}, without {o.by.levels[1].label}."
        for o in options.outcomes
    ]
    level = fixed_of(0)(100 * options.ratio_level)
    return (*said, f"Comparison: ratio of geometric means with {level}% confidence interval.")


OUTPUT = Output(
    kind="table",
    title="Exposure and response",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Geometric mean (CV%) [n of values above 0]. p-value: exact two-sided Wilcoxon rank sum "
        "test, values of 0 included; no logistic regression is fitted to so few subjects. "
        "Exploratory, without correction for the number of tests.",
    ),
)
