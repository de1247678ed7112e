"""Exploratory Cox regression of a time to event, one covariate at a time, with its check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from il5report.analyse.proportional_hazards import proportional_hazards
from il5report.analyse.regression import cox
from il5report.ard import Rows, Scope, Stat, counted
from il5report.conditions import Comparison, Compound, Condition, both, comparisons
from il5report.display.model import Row
from il5report.display.rounding import p_value
from il5report.display.view import Numbers, View, fixed_of, table
from il5report.masks import Mask
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.cells import cells
from il5report.outputs.counting import METHOD
from il5report.plan.base import Model, Text, Where


class Covariate(Model):
    """What the hazard may depend on: subjects who meet `where` against the others (known by
    `variable`), or a number, `variable` of ADSL, per `per` of its units."""

    label: Text
    variable: Text
    where: Where | None = None
    per: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _number(self) -> Covariate:
        if self.where is not None and self.per != 1:
            raise ValueError("per is for a number, not for a condition")
        return self


class Options(tte.EndpointOptions):
    """The endpoint and the covariates, each in a model of its own. With fewer than `few` events
    a model carries a warning."""

    covariates: tuple[Covariate, ...]
    few: int = 10


STATISTICS = ("hazard_ratio", "lower", "upper", "p_value", "change")


@dataclass(frozen=True)
class Fitted:
    """The records of one model: the covariate is known. `values` as they enter."""

    inside: Mask
    values: np.ndarray
    known: Condition


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {"ADSL": [c.variable for c in options.covariates]}
    names[options.dataset] = ["USUBJID", "PARAMCD", "AVAL", "CNSR"]
    return Needs(names, [("ADSL", c.where) for c in options.covariates])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    tte.add_sizes(ctx, rows, options)
    used = {c.variable for each in options.covariates for c in comparisons(each.where)}
    names = sorted({*used, *(each.variable for each in options.covariates)})
    for arm in tte.arms(ctx, tte.endpoint(ctx, options, names)):
        for covariate in options.covariates:
            fitted = _fitted(arm, options, covariate)
            _counts(rows, arm, options, covariate, fitted)
            _model(ctx, rows, arm, covariate, fitted)


def _fitted(arm: tte.Arm, options: Options, covariate: Covariate) -> Fitted:
    known = Comparison(covariate.variable, "NE", ())
    meet = arm.records.meet
    inside = arm.inside & meet(known)
    if covariate.where is not None:
        values = meet(covariate.where)[inside].astype(np.float64)
    else:
        column = arm.records.frame[covariate.variable].cast(pl.Float64)
        values = column.to_numpy()[inside] / covariate.per
    return Fitted(inside, values, both(tte.parameter(options), known))


def _counts(
    rows: Rows, arm: tte.Arm, options: Options, covariate: Covariate, fitted: Fitted
) -> None:
    """Events of the subjects in the model, also with and without what the covariate asks."""
    place = replace(tte.scope(options, arm, "model"), level=covariate.label)
    groups: list[tuple[str, Condition | None]] = [("model", None)]
    if covariate.where is not None:
        no = Compound("NOT", (covariate.where,))
        groups += [("with", covariate.where), ("without", no)]
    for analysis, where in groups:
        of = fitted.known if where is None else both(fitted.known, where)
        mine = fitted.inside & arm.records.meet(where)
        n = int((mine & arm.records.meet(tte.EVENT)).sum())
        scope = replace(
            place, analysis=analysis, subset=both(of, tte.EVENT), of=of,
            of_dataset=options.dataset,
        )  # fmt: skip
        rows.add(scope, METHOD, counted(n, int(mine.sum())))


def _model(ctx: Context, rows: Rows, arm: tte.Arm, covariate: Covariate, fitted: Fitted) -> None:
    """Hazard ratio and the check of the model, or why there is none."""
    options, conf_level = ctx.options(Options), ctx.plan.conventions.conf_level
    known = fitted.inside[arm.inside]
    time, event = arm.time[known], arm.event[known]
    few = int(event.sum()) < options.few
    warning = f"fewer than {options.few} events" if few else ""
    place = replace(tte.scope(options, arm, "cox"), level=covariate.label, subset=fitted.known)
    data = (time, event, {covariate.label: fitted.values})
    rows.add_later(len(STATISTICS), partial(_fit, place, data, conf_level, warning))


def _fit(
    place: Scope, data: tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]], conf_level: float,
    warning: str,
) -> tuple[Scope, str, list[Stat]]:  # fmt: skip
    found, check = cox(*data, conf_level=conf_level), proportional_hazards(*data)
    labels = {f.name: f.metadata["label"] for f in found.stats()}
    stats = [
        _stat(name, labels[name], getattr(found, name), found.ne.get(name, ""), warning)
        for name in ("hazard_ratio", "lower", "upper")
    ]
    stats.append(_stat("p_value", labels["p"], found.p, found.ne.get("p", ""), warning))
    said = "p-value for a hazard ratio that changes with time"
    stats.append(_stat("change", said, check.p, check.ne.get("p", ""), warning))
    return place, f"Cox regression, {found.ties.capitalize()} ties", stats


def _stat(name: str, label: str, values: np.ndarray, reason: str, warning: str) -> Stat:
    """The only element of an array of a model with one covariate."""
    value = None if reason else float(values[0])
    return Stat(name, label, value, reason=reason, warning=warning)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, conf = [c.label for c in ctx.columns], ctx.words["conf"]
    rows = []
    for covariate in options.covariates:
        rows.append(Row(covariate.label, kind="heading"))
        for analysis, label in (
            ("model", "Events/subjects"), ("with", "Events/subjects, yes"),
            ("without", "Events/subjects, no"),
        ):  # fmt: skip
            if (analysis == "model") == (covariate.where is None):
                seen = (_at(view, options, analysis, c, covariate) for c in columns)
                rows.append(Row(label, tuple(s.n_of_total() for s in seen), 1))
        places = [_at(view, options, "cox", c, covariate) for c in columns]
        ratio = dict.fromkeys(("hazard_ratio", "lower", "upper"), fixed_of(2))
        pattern = "{hazard_ratio} ({lower}, {upper})"
        rows.append(Row(f"Hazard ratio ({conf} CI)", cells(places, pattern, ratio), 1))
        for name, label in (("p_value", "p-value"), ("change", "Proportional hazards, p-value")):
            rows.append(Row(label, cells(places, f"{{{name}}}", {name: p_value}), 1))
    return Shown(table(view.column_heads(columns), rows), _notes(options, ard))


def _at(view: View, options: Options, analysis: str, column: str, covariate: Covariate) -> Numbers:
    return view.at(analysis, column, paramcd=options.paramcd, level=covariate.label)


def _notes(options: Options, ard: pl.DataFrame) -> tuple[str, ...]:
    """Who is analysed, which models rest on few events, and why there is no estimate."""
    who = tte.who_note(options, ard)
    models = ard.filter(pl.col("stat_name") == "hazard_ratio")
    few = models.filter(pl.col("warning") != "")["level"].unique(maintain_order=True)
    which = "every model" if few.len() == len(options.covariates) else "; ".join(few)
    warned = (
        f"Fewer than {options.few} events in {which}: a hazard ratio from so few is unstable, its "
        "interval and p-value approximate at best.",
    )
    without = models.filter(pl.col("reason") != "")
    reasons = without.select("column", "level", "reason").rows()
    said = "; ".join(f"{level} ({column}): {reason}" for column, level, reason in reasons)
    missing = (f"Not estimable: {said}.",) if reasons else ()
    return (*who, *(warned if few.len() else ()), *missing)


OUTPUT = Output(
    kind="table",
    title="Exploratory Cox regression",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Exploratory: one covariate in each model, chosen without regard to power; p-values are "
        "not adjusted and confirm nothing. Cox regression with Efron's ties, Wald interval and "
        "p-value. Proportional hazards: score test for a hazard ratio that changes with "
        "1 - S(t). Subjects whose covariate is not known are in no model of it. NE: not "
        "estimable.",
    ),
)
