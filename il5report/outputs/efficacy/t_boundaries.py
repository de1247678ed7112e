"""Bayesian stopping boundary of a toxicity under several priors, with what it does."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

from il5report.analyse.boundaries import boundary_characteristics, toxicity_boundary
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.display.model import Head, Row
from il5report.display.view import View, fixed_of, percent_value, table, whole
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.designs import Prior
from il5report.plan.base import Model, Text


class Options(Model):
    """Stop when the posterior probability that the rate exceeds `limit` is above `certainty`,
    looked at after every subject from `first` to `N`; `looks` are printed. `rates`: true rates at
    which the rule is described."""

    event_label: Text
    limit: float
    certainty: float
    first: Annotated[int, Field(ge=1)] = 1
    N: int
    looks: tuple[int, ...]
    rates: tuple[float, ...]
    priors: tuple[Prior, ...]


def needs(ctx: Context) -> Needs:
    return Needs({"ADSL": ["USUBJID"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for column in ctx.columns:
        for prior in options.priors:
            boundary = toxicity_boundary(
                options.N, limit=options.limit, certainty=options.certainty,
                prior=(prior.a, prior.b), first=options.first,
            )  # fmt: skip
            method = f"beta({prior.a:g}, {prior.b:g}) prior"

            for look, count in zip(boundary.N, boundary.count, strict=True):
                if look in options.looks:
                    why = boundary.ne["count"] if np.isnan(count) else ""
                    value = None if why else float(count)
                    stat = Stat("count", "Number of events that stops", value, "subjects", why)
                    rows.add(_place("boundary", column, prior, str(look)), method, [stat])
            for rate in options.rates:
                found = boundary_characteristics(boundary, rate)
                rows.add(
                    _place("characteristics", column, prior, f"{rate:g}"), method, stats_of(found)
                )


def _place(analysis: str, column: Column, prior: Prior, level: str) -> Scope:
    return Scope(
        analysis, "ADSL", groups=column.where, column=column.label, group=prior.label, level=level
    )


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    bands = [(c, prior) for c in columns for prior in options.priors]
    rows = [Row(f"{options.event_label}: number that stops", kind="heading")]
    for look in options.looks:
        places = (view.at("boundary", c, group=p.label, level=str(look)) for c, p in bands)
        cells = tuple(p.cell("{count}", {"count": whole}) for p in places)
        rows.append(Row(f"Of {look} subjects", cells, 1))
    for name, label, shown in (
        ("stop", "Probability to stop, %", percent_value),
        ("expected_N", "Expected number of subjects", fixed_of(1)),
    ):
        rows.append(Row(label, kind="heading"))
        for rate in options.rates:
            places = (
                view.at("characteristics", c, group=p.label, level=f"{rate:g}") for c, p in bands
            )
            cells = tuple(p.cell(f"{{{name}}}", {name: shown}) for p in places)
            rows.append(Row(f"True rate {percent_value(rate)}%", cells, 1))
    sizes = {c: view.at("columns", c).count("N") for c in columns}
    heads = [Head(p.said, span=f"{c} (N={sizes[c]})", align="center") for c, p in bands]
    note = (
        f"Stop: the posterior probability of a rate above {percent_value(options.limit)}% is "
        f"greater than {percent_value(options.certainty)}%, looked at after every subject from "
        f"{options.first} to {options.N}. NE: no number of events stops."
    )
    return Shown(table([Head(""), *heads], rows), (note,))


OUTPUT = Output(
    kind="table",
    title="Stopping boundary under several priors",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
)
