"""A time-to-event parameter: events, censoring by reason, quartiles, landmarks, follow-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from il5report.analyse.continuous import describe
from il5report.analyse.rmst import rmst
from il5report.analyse.survival import reverse_kaplan_meier
from il5report.analyse.survival_points import landmark, quantile
from il5report.ard import Rows, Stat, stats_of
from il5report.display.model import Cell, Row
from il5report.display.view import Numbers, View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.second_computation import add_second_computation, second_note

QUARTILES: Mapping[str, tuple[float, str]] = {
    "q1": (0.25, "First quartile"),
    "median": (0.5, "Median"),
    "q3": (0.75, "Third quartile"),
}


def needs(ctx: Context) -> Needs:
    options = ctx.options(tte.EndpointOptions)
    base = tte.needs(ctx).variables
    return Needs({options.dataset: [*base[options.dataset], "EVNTDESC", options.reason]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(tte.EndpointOptions)
    tte.add_sizes(ctx, rows, options)
    records = tte.endpoint(ctx, options, ("EVNTDESC", options.reason))
    outcomes = tte.outcomes(options, [records])
    for arm in tte.arms(ctx, records):
        tte.add_outcomes(rows, options, arm, outcomes)
        _times(ctx, rows, options, arm)


def _times(ctx: Context, rows: Rows, options: tte.EndpointOptions, arm: tte.Arm) -> None:
    conventions = ctx.plan.conventions
    method = tte.method(ctx)
    for name, (p, _) in QUARTILES.items():
        found = quantile(arm.km, p, convention=conventions.convention)
        rows.add(tte.scope(options, arm, name), method, stats_of(found))
    for at in options.landmarks:
        days = tte.in_days(ctx, options, at)
        found_at = landmark(arm.km, days, convention=conventions.convention)
        stats = stats_of(found_at, tte.LANDMARK)
        rows.add(tte.scope(options, arm, "landmark", days), method, stats)
    for to in options.restricted:
        days = tte.in_days(ctx, options, to)
        mean = rmst(arm.km, days, convention=conventions.convention)
        found_to = stats_of(mean, ("estimate", "std_error", "lower", "upper"))
        rows.add(tte.scope(options, arm, "restricted", days), method, found_to)
    rows.add(tte.scope(options, arm, "range"), "range", _range(arm))
    reverse = reverse_kaplan_meier(
        arm.time, arm.event, conf_level=conventions.conf_level, conf_type=conventions.km_ci
    )
    follow_up = quantile(reverse, 0.5, convention=conventions.convention)
    rows.add(tte.scope(options, arm, "follow-up"), f"reverse {method}", stats_of(follow_up))
    open_ends = describe(arm.time[~arm.event])
    place = tte.within(tte.scope(options, arm, "open"), tte.CENSORED)
    stats = stats_of(open_ends, ("median", "minimum", "maximum"), "days")
    rows.add(place, "median and range", stats)
    add_second_computation(ctx, rows, tte.scope(options, arm, ""), arm)


def _range(arm: tte.Arm) -> list[Stat]:
    """Smallest and largest time, and whether only censored times reach them."""
    if not arm.time.size:
        why = "no subject"
        return [
            Stat(name, label, None, "days", why)
            for name, label in (("minimum", "Shortest time"), ("maximum", "Longest time"))
        ]
    low, high = float(arm.time.min()), float(arm.time.max())
    open_low = not arm.event[arm.time == low].any()
    open_high = not arm.event[arm.time == high].any()
    return [
        Stat("minimum", "Shortest time", low, "days"),
        Stat("maximum", "Longest time", high, "days"),
        Stat("minimum_censored", "Shortest time is censored (1 yes, 0 no)", float(open_low)),
        Stat("maximum_censored", "Longest time is censored (1 yes, 0 no)", float(open_high)),
    ]


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(tte.EndpointOptions), View(ard)
    columns = [c.label for c in ctx.columns]
    conf, code = ctx.words["conf"], options.paramcd

    def show(days: float) -> str:
        return tte.show_time(ctx, options, days)

    def time_row(label: str, analysis: str, indent: int = 1, at: float | None = None) -> Row:
        names = {"estimate": show, "lower": show, "upper": show}
        found = (view.at(analysis, c, paramcd=code, time=at) for c in columns)
        pattern = "{estimate} ({lower}, {upper})"
        return Row(label, tuple(p.cell(pattern, names) for p in found), indent)

    places = [(c, code) for c in columns]
    rows = tte.outcome_rows(view, places)
    rows.append(Row(f"Time to event, {options.unit} ({conf} CI)", kind="heading"))
    rows += [time_row(label, name) for name, (_, label) in QUARTILES.items()]
    ranges = (view.at("range", c, paramcd=code) for c in columns)
    rows.append(Row("Range", tuple(_range_cell(r, show) for r in ranges), indent=1))
    if options.landmarks:
        rows.append(Row(f"{options.still}, % ({conf} CI) [at risk]", kind="heading"))
    for at in options.landmarks:
        days = tte.in_days(ctx, options, at)
        label = f"At {tte.mark(at, options.unit)}"
        rows.append(tte.landmark_row(view, places, label, days))
    for to in options.restricted:
        label = f"Restricted mean to {tte.mark(to, options.unit)} ({conf} CI)"
        rows.append(time_row(label, "restricted", 0, tte.in_days(ctx, options, to)))
    rows.append(time_row(f"Median follow-up, {options.unit} ({conf} CI)", "follow-up", 0))
    open_ends = (view.at("open", c, paramcd=code) for c in columns)
    shown = dict.fromkeys(("median", "minimum", "maximum"), show)
    cells = tuple(o.cell("{median} ({minimum}, {maximum})", shown) for o in open_ends)
    rows.append(Row(f"Median time of censored subjects, {options.unit} (min, max)", cells))
    notes = (*tte.who_note(options, ard), *second_note(ard))
    return Shown(table(view.column_heads(columns), rows), notes)


def _range_cell(numbers: Numbers, show: Callable[[float], str]) -> Cell:
    """Shortest and longest time; a censored one carries a plus sign."""
    cell = numbers.cell("{minimum} to {maximum}", {"minimum": show, "maximum": show})
    if numbers.value("minimum") is None:
        return cell
    low, high = (
        "+" if numbers.value(f"{name}_censored") else "" for name in ("minimum", "maximum")
    )
    first, last = cell.text.split(" to ")
    return Cell(f"{first}{low} to {last}{high}", refs=cell.refs)


OUTPUT = Output(
    kind="table",
    title="Time to event",
    analysis_set="SAF",
    needs=needs,
    options=tte.EndpointOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "Percentages of subjects are of the N in the head.",
        "Kaplan-Meier estimate; {conf} confidence intervals on the {km_ci} scale; quartiles and "
        "landmarks by the {convention} convention. NE: not estimable. +: censored. With fewer "
        "than {few} at risk an estimate is unstable.",
        "Median follow-up by the reverse Kaplan-Meier method.",
    ),
)
