"""Sensitivity analyses of a time to event, one under the other, in one table."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from il5report.analyse.survival_points import landmark, quantile
from il5report.ard import Rows, counted, stats_of
from il5report.conditions import both, equals
from il5report.display.model import Row
from il5report.display.rounding import fixed
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.base import Model, Text


class Analysis(Model):
    """One analysis: how the endpoint is handled, and its parameter."""

    label: Text
    paramcd: Text


class Options(Model):
    """The analyses in order; `landmarks` in months."""

    dataset: Text = "ADTTE"
    analyses: tuple[Analysis, ...]
    landmarks: tuple[float, ...] = ()


def _endpoint(options: Options, analysis: Analysis) -> tte.EndpointOptions:
    return tte.EndpointOptions(dataset=options.dataset, paramcd=analysis.paramcd)


def needs(ctx: Context) -> Needs:
    return Needs({ctx.options(Options).dataset: ["USUBJID", "PARAMCD", "AVAL", "CNSR"]})


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    add_column_sizes(ctx, rows)
    for analysis in options.analyses:
        endpoint = _endpoint(options, analysis)
        for arm in tte.arms(ctx, endpoint):
            of = tte.parameter(endpoint)
            scope = replace(
                tte.scope(endpoint, arm, "event"),
                subset=both(of, equals("CNSR", 0)), of=of, of_dataset=options.dataset,
            )  # fmt: skip
            rows.add(scope, METHOD, counted(int(arm.event.sum()), arm.records.height))
            median = quantile(arm.km, 0.5, convention=conventions.convention)
            rows.add(tte.scope(endpoint, arm, "median"), tte.method(ctx), stats_of(median))
            for at in options.landmarks:
                days = tte.in_days(ctx, endpoint, at)
                found = landmark(arm.km, days, convention=conventions.convention)
                names = ("n_risk", "survival", "lower", "upper")
                scope = tte.scope(endpoint, arm, "landmark", at)
                rows.add(scope, tte.method(ctx), stats_of(found, names))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, rows = [c.label for c in ctx.columns], []
    for analysis in options.analyses:
        endpoint, code = _endpoint(options, analysis), analysis.paramcd
        rows.append(Row(analysis.label, kind="heading"))
        events = (view.at("event", c, paramcd=code) for c in columns)
        rows.append(Row("Events/subjects", tuple(e.n_of_total() for e in events), indent=1))
        show = {
            name: lambda days, e=endpoint: tte.show_time(ctx, e, days)
            for name in ("estimate", "lower", "upper")
        }
        medians = (view.at("median", c, paramcd=code) for c in columns)
        cells = tuple(m.cell("{estimate} ({lower}, {upper})", show) for m in medians)
        rows.append(Row(f"Median, months ({ctx.words['conf']} CI)", cells, indent=1))
        for at in options.landmarks:
            places = (view.at("landmark", c, paramcd=code, time=at) for c in columns)
            shown = dict.fromkeys(("survival", "lower", "upper"), percent_value)
            pattern = "{survival} ({lower}, {upper}) [{n_risk}]"
            cells = tuple(p.cell(pattern, {**shown, "n_risk": whole}) for p in places)
            rows.append(Row(f"Event-free at {fixed(at, 0)} months, %", cells, indent=1))
    return Shown(table(view.column_heads(columns), rows))


OUTPUT = Output(
    kind="table",
    title="Sensitivity analyses",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Kaplan-Meier estimate; {conf} confidence intervals on the {km_ci} scale, number at risk "
        "in brackets. NE: not estimable.",
    ),
)
