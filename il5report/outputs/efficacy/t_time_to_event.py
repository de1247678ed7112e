"""A time-to-event parameter: events, censoring by reason, quartiles, landmarks, follow-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from il5report.analyse.rmst import rmst
from il5report.analyse.survival import reverse_kaplan_meier
from il5report.analyse.survival_points import landmark, quantile
from il5report.ard import Rows, Scope, Stat, counted, stats_of
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.model import Cell, Row
from il5report.display.rounding import fixed
from il5report.display.view import Numbers, View, percent_value, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import METHOD

QUARTILES: Mapping[str, tuple[float, str]] = {
    "q1": (0.25, "First quartile"),
    "median": (0.5, "Median"),
    "q3": (0.75, "Third quartile"),
}
EVENT = Comparison("CNSR", "EQ", (0.0,))
CENSORED = Comparison("CNSR", "NE", (0.0,))


def needs(ctx: Context) -> Needs:
    options = ctx.options(tte.EndpointOptions)
    base = tte.needs(ctx).variables
    return Needs({options.dataset: [*base[options.dataset], "EVNTDESC", options.reason]})


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(tte.EndpointOptions)
    tte.add_sizes(ctx, rows, options)
    everyone = ctx.records(options.dataset, tte.parameter(options))
    for arm in tte.arms(ctx, options):
        _counts(rows, options, arm, everyone)
        _times(ctx, rows, options, arm)


def _counts(rows: Rows, options: tte.EndpointOptions, arm: tte.Arm, everyone: pl.DataFrame) -> None:
    """Subjects analysed, with event, censored; each by its description."""
    total = arm.records.height
    outcomes: tuple[tuple[str, Condition, str], ...] = (
        ("event", EVENT, "EVNTDESC"),
        ("censored", CENSORED, options.reason),
    )
    for analysis, which, variable in outcomes:
        is_event = pl.col("CNSR") == 0
        mine = arm.records.filter(is_event if which is EVENT else ~is_event)
        place = tte.scope(options, arm, analysis)
        rows.add(_within(place, which), METHOD, counted(mine.height, total))
        described = everyone.filter(is_event if which is EVENT else ~is_event)[variable]
        for reason in described.drop_nulls().unique().sort():
            n = mine.filter(pl.col(variable) == reason).height
            where = both(which, equals(variable, reason))
            scope = _within(place, where, variable=variable, level=reason)
            rows.add(scope, METHOD, counted(n, total))


def _within(place: Scope, where: Condition, variable: str = "", level: str = "") -> Scope:
    subset = where if place.subset is None else both(place.subset, where)
    return Scope(
        place.analysis, place.dataset, subset, place.groups,
        of=place.subset, of_dataset=place.dataset, column=place.column,
        variable=variable, level=level, paramcd=place.paramcd,
    )  # fmt: skip


def _times(ctx: Context, rows: Rows, options: tte.EndpointOptions, arm: tte.Arm) -> None:
    conventions = ctx.plan.conventions
    method = tte.method(ctx)
    for name, (p, _) in QUARTILES.items():
        found = quantile(arm.km, p, convention=conventions.convention)
        rows.add(tte.scope(options, arm, name), method, stats_of(found))
    for at in options.landmarks:
        days = tte.in_days(ctx, options, at)
        found_at = landmark(arm.km, days, convention=conventions.convention)
        names = ("n_risk", "survival", "std_error", "lower", "upper")
        rows.add(tte.scope(options, arm, "landmark", at), method, stats_of(found_at, names))
    for to in options.restricted:
        mean = rmst(arm.km, tte.in_days(ctx, options, to), convention=conventions.convention)
        found_to = stats_of(mean, ("estimate", "std_error", "lower", "upper"))
        rows.add(tte.scope(options, arm, "restricted", to), method, found_to)
    rows.add(tte.scope(options, arm, "range"), "range", _range(arm))
    reverse = reverse_kaplan_meier(
        arm.time, arm.event, conf_level=conventions.conf_level, conf_type=conventions.km_ci
    )
    follow_up = quantile(reverse, 0.5, convention=conventions.convention)
    rows.add(tte.scope(options, arm, "follow-up"), f"reverse {method}", stats_of(follow_up))
    tte.add_second_computation(ctx, rows, options, arm)


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
        places = (view.at(analysis, c, paramcd=code, time=at) for c in columns)
        pattern = "{estimate} ({lower}, {upper})"
        return Row(label, tuple(p.cell(pattern, names) for p in places), indent)

    rows = _reasons(view, columns, code, "event", "Subjects with event")
    rows += _reasons(view, columns, code, "censored", "Censored")
    rows.append(Row(f"Time to event, {options.unit} ({conf} CI)", kind="heading"))
    rows += [time_row(label, name) for name, (_, label) in QUARTILES.items()]
    ranges = (view.at("range", c, paramcd=code) for c in columns)
    rows.append(Row("Range", tuple(_range_cell(r, show) for r in ranges), indent=1))
    if options.landmarks:
        rows.append(Row(f"Event-free, % ({conf} CI) [at risk]", kind="heading"))
    for at in options.landmarks:
        places = (view.at("landmark", c, paramcd=code, time=at) for c in columns)
        names = {
            "survival": percent_value, "lower": percent_value, "upper": percent_value,
            "n_risk": whole,
        }  # fmt: skip
        cells = tuple(p.cell("{survival} ({lower}, {upper}) [{n_risk}]", names) for p in places)
        rows.append(Row(f"At {fixed(at, 0)} {options.unit}", cells, indent=1))
    for to in options.restricted:
        label = f"Restricted mean to {fixed(to, 0)} {options.unit} ({conf} CI)"
        rows.append(time_row(label, "restricted", 0, to))
    rows.append(time_row(f"Median follow-up, {options.unit} ({conf} CI)", "follow-up", 0))
    return Shown(table(view.column_heads(columns), rows), _notes(options, ard))


def _notes(options: tte.EndpointOptions, ard: pl.DataFrame) -> tuple[str, ...]:
    """Who is analysed where not everybody is, and how far a second computation is away."""
    who = (f"N: {options.analysed}.",) if options.analysed else ()
    checks = ard.filter(pl.col("stat_name") == "largest")
    largest = checks["stat"].max()
    if not isinstance(largest, float):
        return who
    shown, by = tte.difference(largest), checks["method"][0]
    return (*who, f"Second computation by {by}: largest difference of a probability {shown}.")


def _reasons(view: View, columns: list[str], code: str, analysis: str, label: str) -> list[Row]:
    """The line of an outcome and one line for each of its descriptions."""
    places = [view.at(analysis, c, paramcd=code) for c in columns]
    rows = [Row(f"{label}, n (%)", tuple(p.n_percent() for p in places))]
    found = view.only(analysis).filter(pl.col("level") != "")
    for variable, level in found.select("variable", "level").unique(maintain_order=True).rows():
        each = (view.at(analysis, c, paramcd=code, variable=variable, level=level) for c in columns)
        rows.append(Row(level, tuple(p.n_percent() for p in each), indent=1))
    return rows


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
        "Kaplan-Meier estimate; {conf} confidence intervals on the {km_ci} scale; quartiles and "
        "landmarks by the {convention} convention. NE: not estimable. +: censored. With fewer "
        "than 5 at risk an estimate is unstable.",
        "Median follow-up by the reverse Kaplan-Meier method.",
    ),
)
