"""Sensitivity analyses of a time to event, side by side: how an intercurrent event is handled."""

from __future__ import annotations

import polars as pl

from il5report.analyse.survival_points import landmark, quantile
from il5report.ard import Rows, stats_of
from il5report.display.model import Row
from il5report.display.view import View, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.second_computation import add_second_computation, second_note
from il5report.plan.base import Model, Text


class Analysis(Model):
    """One analysis: how the endpoint is handled, and its parameter."""

    label: Text
    paramcd: Text


class Options(Model):
    """The analyses in order; `landmarks` in months; `still`: as of one endpoint."""

    dataset: Text = "ADTTE"
    analyses: tuple[Analysis, ...]
    landmarks: tuple[float, ...] = ()
    still: Text = "Event-free"

    def endpoint(self, paramcd: str) -> tte.EndpointOptions:
        """One of the analyses by itself."""
        return tte.EndpointOptions(dataset=self.dataset, paramcd=paramcd, reason="EVNTDESC")


def needs(ctx: Context) -> Needs:
    names = ["USUBJID", "PARAMCD", "AVAL", "CNSR", "EVNTDESC"]
    return Needs({ctx.options(Options).dataset: names})


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    add_column_sizes(ctx, rows)
    endpoints = [options.endpoint(a.paramcd) for a in options.analyses]
    everyone = [tte.endpoint(ctx, endpoint, ("EVNTDESC",)) for endpoint in endpoints]
    outcomes = tte.outcomes(endpoints[0], everyone)
    for endpoint, records in zip(endpoints, everyone, strict=True):
        for arm in tte.arms(ctx, records):
            tte.add_outcomes(rows, endpoint, arm, outcomes)
            median = quantile(arm.km, 0.5, convention=conventions.convention)
            rows.add(tte.scope(endpoint, arm, "median"), tte.method(ctx), stats_of(median))
            for at in options.landmarks:
                days = tte.in_days(ctx, endpoint, at)
                found = landmark(arm.km, days, convention=conventions.convention)
                place = tte.scope(endpoint, arm, "landmark", days)
                rows.add(place, tte.method(ctx), stats_of(found, tte.LANDMARK))
            add_second_computation(ctx, rows, tte.scope(endpoint, arm, ""), arm)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view, conf = ctx.options(Options), View(ard), ctx.words["conf"]
    columns = [c.label for c in ctx.columns]
    places = [(c, a.paramcd) for c in columns for a in options.analyses]
    unit = options.endpoint(options.analyses[0].paramcd)

    def show(days: float) -> str:
        return tte.show_time(ctx, unit, days)

    analysed = (view.at("event", c, paramcd=code) for c, code in places)
    cells = tuple(a.cell("{N}", {"N": whole}) for a in analysed)
    rows = [Row("Subjects analysed", cells), *tte.outcome_rows(view, places)]
    medians = (view.at("median", c, paramcd=code) for c, code in places)
    shown = dict.fromkeys(("estimate", "lower", "upper"), show)
    cells = tuple(m.cell("{estimate} ({lower}, {upper})", shown) for m in medians)
    rows.append(Row(f"Median, months ({conf} CI)", cells))
    if options.landmarks:
        rows.append(Row(f"{options.still}, % ({conf} CI) [at risk]", kind="heading"))
    for at in options.landmarks:
        label = f"At {tte.mark(at, unit.unit)}"
        rows.append(tte.landmark_row(view, places, label, tte.in_days(ctx, unit, at)))
    heads = view.column_heads(columns, "", [analysis.label for analysis in options.analyses])
    return Shown(table(heads, rows), second_note(ard))


OUTPUT = Output(
    kind="table",
    title="Sensitivity analyses",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages of subjects are of the subjects analysed.",
        "Kaplan-Meier estimate; {conf} confidence intervals on the {km_ci} scale; medians and "
        "landmarks by the {convention} convention. NE: not estimable. With fewer than {few} at "
        "risk an estimate is unstable.",
    ),
)
