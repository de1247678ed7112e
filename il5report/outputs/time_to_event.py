"""A time-to-event parameter of ADTTE, column by column; shared by its table and its figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse import crosscheck
from il5report.analyse.competing_risks import CumulativeIncidence, aalen_johansen
from il5report.analyse.survival import KaplanMeier, kaplan_meier
from il5report.ard import DENOMINATOR, Rows, Scope, Stat, stats_of
from il5report.conditions import Condition, equals, expression
from il5report.display.rounding import fixed
from il5report.display.view import View
from il5report.output import CI_NAMES, Column, Context, Needs
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text

STEPS = {"months": (1, 2, 3, 6, 12, 24), "days": (7, 14, 30, 60, 90, 180, 360)}


class EndpointOptions(Model):
    """The parameter, and the unit in which its times are printed.

    `analysed`: who has the parameter where not everybody has, such as ``responders``; they are
    then the N of the columns. `reason`: the variable that says why a time is censored.
    """

    dataset: Text = "ADTTE"
    paramcd: Text
    unit: Literal["days", "months"] = "months"
    digits: int = 1
    landmarks: tuple[float, ...] = ()
    restricted: tuple[float, ...] = ()
    analysed: str = ""
    reason: Literal["CNSDTDSC", "EVNTDESC"] = "CNSDTDSC"


@dataclass(frozen=True)
class Arm:
    """The parameter in one column: times in days, event True = event."""

    column: Column
    records: pl.DataFrame
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
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
    records = ctx.records(options.dataset, parameter(options), keep=("USUBJID",))
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi")
        name, label, unit = DENOMINATOR
        scope = Scope(
            "columns", options.dataset, parameter(options), column.where,
            of=parameter(options), of_dataset=options.dataset, column=column.label,
        )  # fmt: skip
        rows.add(scope, METHOD, [Stat(name, label, mine["USUBJID"].n_unique(), unit)])


def arms(ctx: Context, options: EndpointOptions) -> Iterator[Arm]:
    """The Kaplan-Meier analysis of each column."""
    records = ctx.records(options.dataset, parameter(options))
    one_per_subject(ctx, records, options.dataset)
    conventions = ctx.plan.conventions
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi", maintain_order="left")
        time, event = mine["AVAL"].to_numpy(), (mine["CNSR"] == 0).to_numpy()
        km = kaplan_meier(
            time, event, conf_level=conventions.conf_level, conf_type=conventions.km_ci
        )
        yield Arm(column, mine, time, event, km)


@dataclass(frozen=True)
class CompetingArm:
    """The parameter in one column where another event competes: cause 1 is the event, 2 the
    competing one (COMPFL), 0 censored; times in days."""

    column: Column
    records: pl.DataFrame
    time: NDArray[np.float64]
    curves: CumulativeIncidence


def competing_arms(ctx: Context, options: EndpointOptions) -> Iterator[CompetingArm]:
    """The Aalen-Johansen analysis of each column."""
    records = ctx.records(options.dataset, parameter(options))
    one_per_subject(ctx, records, options.dataset)
    conventions = ctx.plan.conventions
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi", maintain_order="left")
        time = mine["AVAL"].to_numpy()
        event, other = (mine["CNSR"] == 0).to_numpy(), mine["COMPFL"].eq_missing("Y").to_numpy()
        curves = aalen_johansen(
            time, np.where(event, 1, np.where(other, 2, 0)), n_causes=2,
            conf_level=conventions.conf_level, conf_type=conventions.km_ci,
        )  # fmt: skip
        yield CompetingArm(column, mine, time, curves)


def filtered(records: pl.DataFrame, where: Condition) -> pl.DataFrame:
    """The records that meet a condition."""
    return records.filter(expression(where, records.schema))


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


def add_second_computation(ctx: Context, rows: Rows, options: EndpointOptions, arm: Arm) -> None:
    """How far another program's curve is away: largest difference of survival and its limits."""
    check = crosscheck.kaplan_meier(arm.time, arm.event, conf_level=ctx.plan.conventions.conf_level)
    place = scope(options, arm, "second computation")
    rows.add(place, f"lifelines {check.version}", stats_of(check, ("n_times", "largest")))


NOISE = 1e-12  # what rounding leaves between two computations of a probability


def difference(value: float) -> str:
    """A difference of probabilities as it is printed."""
    return f"{value:.1e}" if value > NOISE else f"<{NOISE:.0e}"


def in_unit(ctx: Context, options: EndpointOptions, days: float) -> float:
    """Days in the unit that is printed."""
    return days / ctx.plan.conventions.days_per_month if options.unit == "months" else days


def in_days(ctx: Context, options: EndpointOptions, value: float) -> float:
    """A landmark of the plan in days."""
    return value * ctx.plan.conventions.days_per_month if options.unit == "months" else value


def show_time(ctx: Context, options: EndpointOptions, days: float) -> str:
    """A time as it is printed."""
    return fixed(in_unit(ctx, options, days), options.digits)


def risk_table(view: View, options: EndpointOptions, columns: Sequence[str], axes: Any) -> None:
    """Numbers at risk under the ticks of the time axis, one line per column."""
    grid = view.only("at risk")["time"].unique().sort().to_list()
    for place, column in enumerate(columns):
        for at in grid:
            numbers = view.at("at risk", column, paramcd=options.paramcd, time=at)
            if numbers:
                axes.text(at, -place, str(numbers.count("n_risk")), ha="center", va="center")
    axes.set_ylim(-len(columns) + 0.4, 0.6)
    axes.set_yticks([-i for i in range(len(columns))], columns)
    axes.set_xticks(grid, [f"{at:g}" for at in grid])
    axes.set_xlim(-0.02 * grid[-1], grid[-1] * 1.02)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title("Number at risk", loc="left", fontsize=7.5, color="#444444")
