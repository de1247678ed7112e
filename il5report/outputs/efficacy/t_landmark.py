"""Landmark analysis: a time to event from a landmark on, by response up to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from il5report.analyse.survival_points import landmark, quantile
from il5report.ard import NUMBER_OF_SUBJECTS, Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, Condition, both, equals, of_dataset
from il5report.display.model import Head, Row
from il5report.display.rounding import fixed
from il5report.display.view import View, percent_value, table, whole
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import METHOD, one_per_subject
from il5report.outputs.second_computation import add_second_computation, second_note
from il5report.outputs.selection import Records
from il5report.plan.base import Text, Where


class Options(tte.EndpointOptions):
    """`day` of the landmark; `response`: the one record per subject of `response_dataset` that
    says how the subject responded up to it, with the value of AVALC for yes."""

    day: float
    response_dataset: Text = "ADRS"
    response: Where
    yes: Text = "Y"
    labels: tuple[Text, Text] = ("Response", "No response")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {
        options.dataset: ["USUBJID", "PARAMCD", "AVAL", "CNSR"],
        options.response_dataset: ["USUBJID", "AVALC"],
    }
    return Needs(names, [(options.response_dataset, options.response)])


def arms(ctx: Context, options: Options) -> Iterator[tuple[tte.Arm, Scope]]:
    """Responders and the others, of the subjects still at risk at the landmark."""
    endpoint = tte.endpoint(ctx, options)
    response = ctx.records(options.response_dataset, options.response, keep=("AVALC",))
    one_per_subject(ctx, response, options.response_dataset)
    known = Records(ctx, options.response_dataset, response.drop_nulls("AVALC"))
    yes, no = equals("AVALC", options.yes), Comparison("AVALC", "NE", (options.yes,))
    still = endpoint.meet(Comparison("AVAL", "GE", (options.day,)))
    for label, mine, other in zip(options.labels, (yes, no), (no, yes), strict=True):
        inside = still & endpoint.of(known.subjects(mine))
        scope = Scope(
            "analysed", options.dataset, _still_at_risk(options), column=label,
            without=of_dataset(both(options.response, other), options.response_dataset),
        )  # fmt: skip
        yield tte.arm_of(ctx, Column(label, None), endpoint, inside, options.day), scope


LEFT_OUT: Mapping[str, Condition] = {
    "with event before the landmark": tte.EVENT,
    "censored before the landmark": tte.CENSORED,
}
UNGROUPED = "at risk, without a record of the response"


def _left_out(ctx: Context, rows: Rows, options: Options) -> None:
    """Subjects with the endpoint who are in neither group, by the reason."""
    name, label, unit = NUMBER_OF_SUBJECTS
    before = both(tte.parameter(options), Comparison("AVAL", "LT", (options.day,)))
    response = of_dataset(options.response, options.response_dataset)
    groups = {why: (both(before, where), None) for why, where in LEFT_OUT.items()}
    for why, (where, without) in (
        groups | {UNGROUPED: (_still_at_risk(options), response)}
    ).items():
        mine = ctx.records(options.dataset, where, keep=("USUBJID",))
        if without is not None:
            grouped = ctx.records(options.response_dataset, options.response, keep=("USUBJID",))
            mine = mine.join(grouped, on="USUBJID", how="anti")
        scope = Scope("left out", options.dataset, where, without=without, level=why)
        rows.add(scope, METHOD, [Stat(name, label, mine.height, unit)])


def analyse(ctx: Context, rows: Rows) -> None:
    options, conventions = ctx.options(Options), ctx.plan.conventions
    _left_out(ctx, rows, options)
    name, label, unit = NUMBER_OF_SUBJECTS
    for arm, scope in arms(ctx, options):
        rows.add(scope, METHOD, [Stat(name, label, len(arm.time), unit)])
        had = replace(scope, analysis="event", subset=_with_event(options))
        rows.add(had, METHOD, [Stat(name, label, int(arm.event.sum()), unit)])
        median = quantile(arm.km, 0.5, convention=conventions.convention)
        rows.add(replace(scope, analysis="median"), tte.method(ctx), stats_of(median))
        add_second_computation(ctx, rows, scope, arm)
        for at in options.landmarks:
            days = tte.in_days(ctx, options, at)
            found = landmark(arm.km, days, convention=conventions.convention)
            names = ("n_risk", "survival", "lower", "upper")
            place = replace(scope, analysis="landmark", time=days)
            rows.add(place, tte.method(ctx), stats_of(found, names))


def _still_at_risk(options: Options) -> Condition:
    return both(tte.parameter(options), Comparison("AVAL", "GE", (options.day,)))


def _with_event(options: Options) -> Condition:
    return both(_still_at_risk(options), equals("CNSR", 0))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = list(options.labels)

    def show(days: float) -> str:
        return tte.show_time(ctx, options, days)

    sizes = [view.at("analysed", c) for c in columns]
    heads = [
        Head(c, f"(N={n.count('n')})", align="center") for c, n in zip(columns, sizes, strict=True)
    ]
    rows = [Row("At risk at the landmark, n", tuple(n.count_alone() for n in sizes))]
    events = (view.at("event", c) for c in columns)
    rows.append(Row("Subjects with event, n", tuple(e.count_alone() for e in events)))
    medians = (view.at("median", c) for c in columns)
    shown = dict.fromkeys(("estimate", "lower", "upper"), show)
    cells = tuple(m.cell("{estimate} ({lower}, {upper})", shown) for m in medians)
    label = f"Median from the landmark, {options.unit} ({ctx.words['conf']} CI)"
    rows.append(Row(label, cells))
    for at in options.landmarks:
        days = tte.in_days(ctx, options, at)
        places = (view.at("landmark", c, time=days) for c in columns)
        of = dict.fromkeys(("survival", "lower", "upper"), percent_value)
        pattern = "{survival} ({lower}, {upper}) [{n_risk}]"
        cells = tuple(p.cell(pattern, {**of, "n_risk": whole}) for p in places)
        rows.append(
            Row(f"{options.still} {tte.mark(at, options.unit)} after the landmark, %", cells)
        )
    note = f"Landmark: day {fixed(options.day, 0)} after the start of the endpoint."
    return Shown(table([Head(""), *heads], rows), (note, _who_is_not(view), *second_note(ard)))


def _who_is_not(view: View) -> str:
    counts = {why: view.at("left out", level=why).count("n") for why in (*LEFT_OUT, UNGROUPED)}
    some = "; ".join(f"{n} {why}" for why, n in counts.items() if n)
    return f"In neither group: {some or 'no subject'}."


OUTPUT = Output(
    kind="table",
    title="Landmark analysis by response",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Subjects without event and in follow-up at the landmark, grouped by their response up to "
        "it. Time counts from the landmark: from infusion on, responders would have an advantage "
        "by having lived long enough to respond (guarantee time). Groups are not randomised; "
        "the comparison is descriptive.",
        "Kaplan-Meier estimate; {conf} confidence intervals on the {km_ci} scale, number at risk "
        "in brackets. NE: not estimable. With fewer than {few} at risk an estimate is unstable.",
    ),
)
