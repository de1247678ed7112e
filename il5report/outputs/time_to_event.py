"""A time-to-event parameter of ADTTE, column by column; shared by its table and its figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.competing_risks import CumulativeIncidence, aalen_johansen
from il5report.analyse.survival import KaplanMeier, kaplan_meier
from il5report.ard import DENOMINATOR, Rows, Scope, Stat, counted
from il5report.conditions import Comparison, Condition, both, equals
from il5report.display.axes import DAYS, MONTHS, axis_name, lines_of_numbers
from il5report.display.model import Row
from il5report.display.plot import GREY, TEXT, Look
from il5report.display.rounding import fixed
from il5report.display.view import View, percent_value, whole
from il5report.masks import Mask
from il5report.output import Column, Context, Needs
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text
from il5report.plan.words import CI_NAMES

EVENT = Comparison("CNSR", "EQ", (0.0,))
Times: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
CENSORED = Comparison("CNSR", "NE", (0.0,))
COMPETING = Comparison("COMPFL", "EQ", ("Y",))
STEPS: Mapping[str, Sequence[int]] = {"months": MONTHS, "days": DAYS}


class EndpointOptions(Model):
    """The parameter, and the unit in which its times are printed.

    `analysed`: who has the parameter where not everybody has, such as ``responders``; they are
    then the N of the columns. `reason`: the variable that says why a time is censored. `still`:
    what subjects without the event are called.
    """

    dataset: Text = "ADTTE"
    paramcd: Text
    unit: Literal["days", "months"] = "months"
    digits: int = 1
    landmarks: tuple[float, ...] = ()
    restricted: tuple[float, ...] = ()
    analysed: str = ""
    reason: Literal["CNSDTDSC", "EVNTDESC"] = "CNSDTDSC"
    still: Text = "Event-free"


@dataclass(frozen=True)
class Arm:
    """The parameter in one column: `inside` are its records there; times in days, event True =
    event."""

    column: Column
    records: Records
    inside: Mask
    time: Times
    event: Flags
    km: KaplanMeier


def needs(ctx: Context) -> Needs:
    options = ctx.options(EndpointOptions)
    return Needs({options.dataset: ["USUBJID", "PARAMCD", "AVAL", "CNSR"]})


def parameter(options: EndpointOptions) -> Condition:
    """The records of the parameter."""
    return equals("PARAMCD", options.paramcd)


def add_sizes(ctx: Context, rows: Rows, options: EndpointOptions) -> None:
    """The N of each column: its subjects, or those of them who have the parameter."""
    if not options.analysed:
        add_column_sizes(ctx, rows)
        return
    who = ctx.records(options.dataset, parameter(options), keep=("USUBJID",))["USUBJID"].unique()
    for column, inside in zip(ctx.columns, ctx.split(who.to_frame()), strict=True):
        name, label, unit = DENOMINATOR
        scope = Scope(
            "columns", options.dataset, parameter(options), column.where,
            of=parameter(options), of_dataset=options.dataset, column=column.label,
        )  # fmt: skip
        rows.add(scope, METHOD, [Stat(name, label, int(inside.sum()), unit)])


def endpoint(ctx: Context, options: EndpointOptions, keep: Sequence[str] = ()) -> Records:
    """The records of the parameter, one of each subject, with further variables to `keep`."""
    names = ("AVAL", "CNSR", *keep)
    found = ctx.records(options.dataset, parameter(options), keep=names)
    one_per_subject(ctx, found, options.dataset)
    return Records(ctx, options.dataset, found)


def arms(ctx: Context, records: Records) -> Iterator[Arm]:
    """The Kaplan-Meier analysis of each column, of the records of a parameter."""
    for column, inside in zip(ctx.columns, records.columns, strict=True):
        yield arm_of(ctx, column, records, inside)


def arm_of(ctx: Context, column: Column, records: Records, inside: Mask, after: float = 0.0) -> Arm:
    """The Kaplan-Meier analysis of some of the records, of the time `after` a day."""
    conventions = ctx.plan.conventions
    time, event = records.frame["AVAL"].to_numpy(), (records.frame["CNSR"] == 0).to_numpy()
    time, event = time[inside] - after, event[inside]
    km = kaplan_meier(time, event, conf_level=conventions.conf_level, conf_type=conventions.km_ci)
    return Arm(column, records, inside, time, event, km)


@dataclass(frozen=True)
class CompetingArm:
    """The parameter in one column where another event competes: cause 1 is the event, 2 the
    competing one (COMPFL), 0 censored; times in days."""

    column: Column
    records: Records
    inside: Mask
    time: NDArray[np.float64]
    curves: CumulativeIncidence


def competing_arms(ctx: Context, records: Records) -> Iterator[CompetingArm]:
    """The Aalen-Johansen analysis of each column; the records hold COMPFL."""
    conventions = ctx.plan.conventions
    time, event = records.frame["AVAL"].to_numpy(), (records.frame["CNSR"] == 0).to_numpy()
    cause = np.where(event, 1, np.where(records.meet(COMPETING), 2, 0))
    for column, inside in zip(ctx.columns, records.columns, strict=True):
        curves = aalen_johansen(
            time[inside], cause[inside], n_causes=2, conf_level=conventions.conf_level,
            conf_type=conventions.km_ci,
        )  # fmt: skip
        yield CompetingArm(column, records, inside, time[inside], curves)


def competing_method(ctx: Context) -> str:
    """The method as the ARD names it."""
    return f"Aalen-Johansen, {CI_NAMES[ctx.plan.conventions.km_ci]} interval"


def scope(
    options: EndpointOptions, arm: Arm | CompetingArm, analysis: str, time: float | None = None
) -> Scope:
    """Where a number of the parameter stands."""
    return Scope(
        analysis,
        options.dataset,
        parameter(options),
        arm.column.where,
        column=arm.column.label,
        paramcd=options.paramcd,
        time=time,
    )


def method(ctx: Context) -> str:
    """The method as the ARD names it."""
    conventions = ctx.plan.conventions
    name = CI_NAMES[conventions.km_ci]
    return f"Kaplan-Meier, {name} interval, {conventions.convention.upper()} convention"


class Outcome(NamedTuple):
    """An event or a censored time, and what describes it: the values of a variable."""

    analysis: str
    which: Condition
    variable: str
    described: Sequence[str]


def outcomes(options: EndpointOptions, everyone: Sequence[Records]) -> list[Outcome]:
    """Event and censored, each with the descriptions that anybody has."""
    return [
        Outcome(analysis, which, variable, described(everyone, which, variable))
        for analysis, which, variable in (
            ("event", EVENT, "EVNTDESC"),
            ("censored", CENSORED, options.reason),
        )
    ]


def described(everyone: Sequence[Records], which: Condition, variable: str) -> list[str]:
    """The values of a variable in the records that meet a condition, in order."""
    found = (records.frame[variable].filter(pl.Series(records.meet(which))) for records in everyone)
    return sorted({text for texts in found for text in texts.to_list() if text is not None})


def add_outcomes(rows: Rows, options: EndpointOptions, arm: Arm, counts: Sequence[Outcome]) -> None:
    """Subjects with event and censored, of those analysed; each by its descriptions."""
    meet, total = arm.records.meet, len(arm.time)
    for outcome in counts:
        which, variable = outcome.which, outcome.variable
        mine, place = arm.inside & meet(which), scope(options, arm, outcome.analysis)
        rows.add(within(place, which), METHOD, counted(int(mine.sum()), total))
        for reason in outcome.described:
            of_reason = equals(variable, reason)
            n = int((mine & meet(of_reason)).sum())
            where = both(which, of_reason)
            rows.add(within(place, where, variable, reason), METHOD, counted(n, total))


def within(place: Scope, where: Condition, variable: str = "", level: str = "") -> Scope:
    """Those of the parameter's records that meet a condition, with all of them as denominator."""
    subset = where if place.subset is None else both(place.subset, where)
    return replace(
        place, subset=subset, of=place.subset, of_dataset=place.dataset, variable=variable,
        level=level,
    )  # fmt: skip


def outcome_rows(view: View, places: Sequence[tuple[str, str]]) -> list[Row]:
    """Events and censored, with their descriptions below; `places`: column and PARAMCD of each
    cell."""
    rows = []
    for analysis, label in (("event", "Subjects with event"), ("censored", "Censored")):
        found = view.only(analysis)
        for variable, level in dict.fromkeys(zip(found["variable"], found["level"], strict=True)):
            cells = (
                view.at(analysis, column, paramcd=code, variable=variable, level=level).n_percent()
                for column, code in places
            )
            rows.append(Row(level or f"{label}, n (%)", tuple(cells), int(bool(level))))
    return rows


LANDMARK = ("n_risk", "survival", "std_error", "lower", "upper")


def landmark_row(view: View, places: Sequence[tuple[str, str]], label: str, days: float) -> Row:
    """Event-free at a time: percentage, limits and number at risk."""
    shown = {
        "survival": percent_value, "lower": percent_value, "upper": percent_value, "n_risk": whole,
    }  # fmt: skip
    cells = (
        view.at("landmark", column, paramcd=code, time=days).cell(
            "{survival} ({lower}, {upper}) [{n_risk}]", shown
        )
        for column, code in places
    )
    return Row(label, tuple(cells), indent=1)


def who_note(options: EndpointOptions, ard: pl.DataFrame) -> tuple[str, ...]:
    """Who is analysed where not everybody is, and that nobody is where there is nobody."""
    sizes = ard.filter(pl.col("analysis") == "columns", pl.col("stat_name") == DENOMINATOR[0])
    nobody = () if sizes["stat"].sum() else ("No subject was analysed: nothing can be estimated.",)
    return ((f"N: {options.analysed}.",) if options.analysed else ()) + nobody


def in_unit(ctx: Context, options: EndpointOptions, days: float) -> float:
    """Days in the unit that is printed."""
    return days / ctx.plan.conventions.days_per_month if options.unit == "months" else days


def in_days(ctx: Context, options: EndpointOptions, value: float) -> float:
    """A landmark of the plan in days."""
    return value * ctx.plan.conventions.days_per_month if options.unit == "months" else value


def mark(at: float, unit: str) -> str:
    """A number of months or days in words: ``1 month``, ``3 months``."""
    return f"{fixed(at, 0)} {unit.removesuffix('s') if at == 1 else unit}"


def show_time(ctx: Context, options: EndpointOptions, days: float) -> str:
    """A time as it is printed."""
    return fixed(in_unit(ctx, options, days), options.digits)


def risk_table(
    ctx: Context, view: View, options: EndpointOptions, shown: Mapping[str, Look], axes: Any
) -> None:
    """Numbers at risk under the ticks of the time axis, one line per column in its colour; the axes
    above share the axis and name it."""
    days = view.only("at risk")["time"].unique().sort().to_list()
    grid = [in_unit(ctx, options, day) for day in days]
    for place, column in enumerate(shown):
        for day, at in zip(days, grid, strict=True):
            numbers = view.at("at risk", column, paramcd=options.paramcd, time=day)
            if numbers:
                count = str(numbers.count("n_risk"))
                axes.text(at, -place, count, ha="center", va="center_baseline")
    lines_of_numbers(axes, shown)
    axes.set_xticks(grid, [f"{at:g}" for at in grid])
    axes.set_xlim(-0.02 * grid[-1], grid[-1] * 1.02)
    axes.set_title("Number at risk", loc="left", fontsize=TEXT, color=GREY, y=1.0, pad=2)


def name_time(axes: Any, options: EndpointOptions) -> None:
    """The time axis of a curve that has numbers at risk below it."""
    axes.tick_params(axis="x", labelbottom=True)
    axes.set_xlabel(axis_name("Time", options.unit))
