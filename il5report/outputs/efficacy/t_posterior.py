"""Bayesian monitoring of an event under several priors: does the conclusion hang on the prior?"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from il5report.analyse.monitoring import posterior
from il5report.ard import Rows, counted, stats_of
from il5report.display.model import Row
from il5report.display.view import View, percent_value, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.designs import EventOptions, Prior
from il5report.plan.base import Text


class Options(EventOptions):
    """`limit`: the rate of the event not to be exceeded."""

    event_label: Text
    limit: float
    priors: tuple[Prior, ...]


def needs(ctx: Context) -> Needs:
    return ctx.options(Options).needs


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        scope, n, total = options.had(ctx, "event", column)
        rows.add(scope, METHOD, counted(n, total))
        for prior in options.priors:
            after = posterior(
                n, total, threshold=options.limit, prior=(prior.a, prior.b),
                conf_level=conventions.conf_level,
            )  # fmt: skip
            place = replace(scope, analysis="posterior", level=prior.label)
            names = ("mean", "lower", "upper", "exceeds")
            rows.add(place, f"beta({prior.a:g}, {prior.b:g}) prior", stats_of(after, names))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    seen = (view.at("event", c) for c in columns)
    rows = [Row(f"{options.event_label}, n/N", tuple(s.n_of_total() for s in seen))]
    for prior in options.priors:
        rows.append(Row(prior.said, kind="heading"))
        places = [view.at("posterior", c, level=prior.label) for c in columns]
        show = dict.fromkeys(("mean", "lower", "upper"), percent_value)
        cells = tuple(p.cell("{mean} ({lower}, {upper})", show) for p in places)
        label = f"Posterior mean, % ({ctx.words['conf']} credible interval)"
        rows.append(Row(label, cells, indent=1))
        cells = tuple(p.cell("{exceeds}", {"exceeds": percent_value}) for p in places)
        label = f"Probability that the rate exceeds {percent_value(options.limit)}%, %"
        rows.append(Row(label, cells, indent=1))
    return Shown(table(view.column_heads(columns), rows))


OUTPUT = Output(
    kind="table",
    title="Bayesian monitoring under several priors",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Equal-tailed credible intervals. A column without subjects shows the prior itself.",
    ),
)
