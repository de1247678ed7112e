"""Exposure of two groups, such as with and without an outcome: geometric means and their ratio;
logistic regression of the outcome on log exposure where the data allow it, else the exact rank test
alone, with the reason."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.continuous import geometric, geometric_mean_ratio
from il5report.analyse.logistic import Logistic, logistic
from il5report.analyse.ranks import rank_sum
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Cell, Head, Row
from il5report.display.rounding import significant
from il5report.display.view import Numbers, View, fixed_of, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import one_per_subject
from il5report.outputs.groups import Group, Grouping, conditions, groups
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text, Where


class Outcome(Model):
    """A grouping with two levels: with the outcome, and without. `regression`: whether the outcome
    is regressed on exposure; a dose or a drug given is compared only."""

    label: Text
    by: Grouping
    regression: bool = True


class Exposure(Model):
    """A parameter of one assay."""

    label: Text
    where: Where
    paramcd: Text


class Options(Model):
    """Every exposure under every outcome; `ratio_level` of the interval of the ratio. `least`:
    subjects that each outcome must have, with an exposure above 0, for a logistic regression."""

    dataset: Text = "ADPP"
    outcomes: tuple[Outcome, ...]
    exposures: tuple[Exposure, ...]
    ratio_level: float = 0.9
    least: int = 5


WITH, WITHOUT, RATIO = "With", "Without", "Comparison"
PRESENT, ABOVE = Comparison("AVAL", "NE", ()), Comparison("AVAL", "GT", (0.0,))
Values = NDArray[np.float64]
NONE = Cell("")
HEADS = {True: (WITH, WITHOUT), False: ("First group", "Second group")}


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


def known(exposure: Exposure) -> Condition:
    """The records of an exposure that is estimable."""
    where = both(exposure.where, equals("PARAMCD", exposure.paramcd))
    return both(where, PRESENT)


def of_groups(
    ctx: Context, exposure: Exposure, pair: tuple[Group, Group]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The exposures of those with and of those without the outcome."""
    dataset = ctx.options(Options).dataset
    found = ctx.records(dataset, known(exposure), keep=("AVAL", "AVALU")).sort("USUBJID")
    one_per_subject(ctx, found, dataset)
    records = Records(ctx, dataset, found)
    first, second = (found.filter(pl.Series(records.of(group.subjects))) for group in pair)
    return first, second


def _compare(
    ctx: Context, rows: Rows, outcome: Outcome, exposure: Exposure, pair: tuple[Group, Group]
) -> None:
    """Both groups, then one against the other; zeros have a rank and no logarithm."""
    options = ctx.options(Options)
    where = known(exposure)
    values = []
    for column, group, found_of in zip(
        (WITH, WITHOUT), pair, of_groups(ctx, exposure, pair), strict=True
    ):
        mine = found_of["AVAL"].to_numpy()
        values.append(mine)
        found = geometric(mine, conf_level=ctx.plan.conventions.conf_level)
        above, zero = both(where, ABOVE), both(where, equals("AVAL", 0))
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
    if outcome.regression:
        conf_level = ctx.plan.conventions.conf_level
        fit = partial(_fit, place, (values[0], values[1]), options.least, conf_level)
        rows.add_later(len(MODEL), fit)


REGRESSION = "logistic regression on log10 exposure"
MODEL = (
    "n", "odds_ratio", "lower", "upper", "profile_lower", "profile_upper",
    "likelihood_ratio_p",
)  # fmt: skip


def model(
    values: tuple[Values, Values], least: int, conf_level: float
) -> tuple[Logistic | None, list[Stat]]:
    """Logistic regression on the logarithm to base 10 of exposures above 0, of those with and of
    those without the outcome: none where either are fewer than `least`."""
    one, other = (of[of > 0] for of in values)
    exposure = np.log10(np.concatenate((one, other)))
    event = np.repeat([True, False], [one.size, other.size])
    found = logistic(exposure, event, conf_level=conf_level)
    stats = stats_of(found, MODEL)
    fewest = min(one.size, other.size)
    if fewest >= least:
        return (None if found.ne else found), stats
    why = f"{fewest} subjects in the smaller outcome, fewer than {least}"
    return None, [s if s.name == "n" else s._replace(value=None, reason=why) for s in stats]


def model_place(place: Scope) -> Scope:
    """Where the numbers of the regression stand; `place` is that of the comparison."""
    subset = ABOVE if place.subset is None else both(place.subset, ABOVE)
    return replace(place, analysis="logistic", subset=subset)


def _fit(
    place: Scope, values: tuple[Values, Values], least: int, conf_level: float
) -> tuple[Scope, str, list[Stat]]:
    """The numbers of a regression, which take long: the profile likelihood."""
    return model_place(place), REGRESSION, model(values, least, conf_level)[1]


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view, rows = ctx.options(Options), View(ard), []
    show = partial(significant, digits=3)
    for outcome in options.outcomes:
        rows.append(Row(outcome.label, kind="heading"))
        for exposure in options.exposures:
            who, what = outcome.label, exposure.label
            cells = [
                view.at("exposure", column, group=who, level=what).cell(
                    "{mean} ({cv}) [{n}; {n_zero}]",
                    {"mean": show, "cv": fixed_of(1), "n": whole, "n_zero": whole},
                )
                for column in (WITH, WITHOUT)
            ]
            against = view.at("comparison", RATIO, group=who, level=what)
            ratios = dict.fromkeys(("ratio", "lower", "upper"), fixed_of(2))
            cells.append(against.cell("{ratio} ({lower}, {upper})", ratios))
            rows.append(Row(exposure.label, tuple(cells), indent=1))
            rows += _regression(view.at("logistic", RATIO, group=who, level=what))
            exact = (NONE, NONE, against.p_value("p_value"))
            rows.append(Row("p, exact rank sum test", exact, indent=2))
    first = "Outcome, exposure" if _regressed(options) else "Groups, exposure"
    heads = [Head(name) for name in (first, *HEADS[_regressed(options)], RATIO)]
    return Shown(table(heads, rows), _levels(ctx, options))


def _regressed(options: Options) -> bool:
    return any(outcome.regression for outcome in options.outcomes)


def _regression(fitted: Numbers) -> list[Row]:
    """The regression with its test, or why there is none; nothing where none was asked for."""
    if not fitted:
        return []
    none, reason = NONE, fitted.reason("odds_ratio")
    show = partial(significant, digits=3)
    if reason:
        missing = fitted.cell("{odds_ratio}", {"odds_ratio": show})
        return [Row(f"No logistic regression: {reason}", (none, none, missing), indent=2)]
    ratios = dict.fromkeys(("odds_ratio", "lower", "upper"), show)
    profile = dict.fromkeys(("profile_lower", "profile_upper"), show)
    wald = fitted.cell("{odds_ratio} ({lower}, {upper})", ratios)
    by_profile = fitted.cell("({profile_lower}, {profile_upper})", profile)
    return [
        Row("Odds ratio per tenfold exposure (Wald interval)", (none, none, wald), indent=2),
        Row("Profile-likelihood interval", (none, none, by_profile), indent=2),
        Row("p, likelihood ratio test", (none, none, fitted.p_value("likelihood_ratio_p")), 2),
    ]


def _levels(ctx: Context, options: Options) -> tuple[str, ...]:
    """Who stands in the columns, and the level of the ratio's interval."""
    one, other = (name.lower() for name in HEADS[_regressed(options)])
    said = [
        f"{o.label}: {one} is {o.by.levels[0].label}, {other} {o.by.levels[1].label}."
        for o in options.outcomes
    ]
    level = fixed_of(0)(100 * options.ratio_level)
    ratio = f"Comparison: ratio of geometric means with {level}% confidence interval"
    if not _regressed(options):
        return (*said, f"{ratio}.")
    return (
        *said,
        f"{ratio}; odds ratios with {ctx.words['conf']} confidence intervals. Logistic regression "
        f"where at least {options.least} subjects have the outcome and {options.least} have not, "
        "and the exposure does not separate them; else the exact rank sum test alone.",
    )


OUTPUT = Output(
    kind="table",
    title="Exposure and response",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Geometric mean (CV%) [values above 0; values of 0]. A 0 has no logarithm: it is in "
        "the exact two-sided Wilcoxon rank sum test only. Exploratory, without correction for the "
        "number of tests; drugs given for toxicity bear on exposure and outcome alike.",
    ),
)
