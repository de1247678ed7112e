"""Persistence: time from infusion to the loss of the transgene, by Kaplan and Meier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from il5report.analyse.survival import kaplan_meier
from il5report.analyse.survival_points import landmark, quantile
from il5report.ard import Rows, Scope, counted, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Row
from il5report.display.rounding import fixed
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records of ADPP of one assay, in one matrix; `landmarks` in months. `loss`:
    the parameter of the loss; `last`: of the last quantifiable sample."""

    dataset: Text = "ADPP"
    where: Where
    loss: Text = "TLOSS"
    last: Text = "TLST"
    landmarks: tuple[float, ...]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    return Needs(
        {options.dataset: ["USUBJID", "PARAMCD", "AVAL"]}, [(options.dataset, options.where)]
    )


def _known(options: Options, paramcd: str) -> Condition:
    """The records of a parameter that is estimable."""
    return both(both(options.where, equals("PARAMCD", paramcd)), Comparison("AVAL", "NE", ()))


def arms(ctx: Context, options: Options) -> Iterator[tte.Arm]:
    """Loss is the event; without it a subject is censored at the last quantifiable sample."""
    lost = ctx.records(options.dataset, _known(options, options.loss))
    kept = ctx.records(options.dataset, _known(options, options.last))
    kept = kept.join(lost, on="USUBJID", how="anti")
    records = pl.concat([lost.with_columns(CNSR=0), kept.with_columns(CNSR=1)]).sort("USUBJID")
    conventions = ctx.plan.conventions
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi", maintain_order="left")
        time, event = mine["AVAL"].to_numpy().astype(np.float64), (mine["CNSR"] == 0).to_numpy()
        km = kaplan_meier(
            time, event, conf_level=conventions.conf_level, conf_type=conventions.km_ci
        )
        yield tte.Arm(column, mine, time, event, km)


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    add_column_sizes(ctx, rows)
    for arm in arms(ctx, options):
        place = Scope(
            "loss", options.dataset, _known(options, options.loss), arm.column.where,
            of=_known(options, options.last), of_dataset=options.dataset,
            column=arm.column.label,
        )  # fmt: skip
        rows.add(place, METHOD, counted(int(arm.event.sum()), arm.records.height))
        every = replace(place, subset=_known(options, options.last))
        median = quantile(arm.km, 0.5, convention=conventions.convention)
        rows.add(replace(every, analysis="time to loss"), tte.method(ctx), stats_of(median))
        tte.add_second_computation(ctx, rows, every, arm)
        for at in options.landmarks:
            days = at * conventions.days_per_month
            found = landmark(arm.km, days, convention=conventions.convention)
            names = ("n_risk", "survival", "lower", "upper")
            scope = replace(every, analysis="persisting", time=days)
            rows.add(scope, tte.method(ctx), stats_of(found, names))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    losses = (view.at("loss", c) for c in columns)
    rows = [Row("Loss of the transgene, n/N", tuple(n.n_of_total() for n in losses))]
    medians = (view.at("time to loss", c) for c in columns)
    shown = dict.fromkeys(("estimate", "lower", "upper"), whole)
    cells = tuple(m.cell("{estimate} ({lower}, {upper})", shown) for m in medians)
    rows.append(Row(f"Median time to loss, days ({ctx.words['conf']} CI)", cells))
    for at in options.landmarks:
        days = at * ctx.plan.conventions.days_per_month
        places = (view.at("persisting", c, time=days) for c in columns)
        of = dict.fromkeys(("survival", "lower", "upper"), percent_value)
        pattern = "{survival} ({lower}, {upper}) [{n_risk}]"
        cells = tuple(p.cell(pattern, {**of, "n_risk": whole}) for p in places)
        rows.append(Row(f"Persisting at {fixed(at, 0)} months, %", cells))
    return Shown(table(view.column_heads(columns), rows))


OUTPUT = Output(
    kind="table",
    title="Persistence",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Loss: the first of two consecutive samples below the limit of quantification; without it "
        "a subject is censored at the last quantifiable sample. N: subjects with a quantifiable "
        "sample.",
        "Kaplan-Meier estimate; {conf} confidence intervals on the {km_ci} scale, number at risk "
        "in brackets. NE: not estimable.",
    ),
)
