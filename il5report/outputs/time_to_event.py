"""A time-to-event parameter of ADTTE, column by column; shared by its table and its figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.survival import KaplanMeier, kaplan_meier
from il5report.ard import Scope
from il5report.conditions import Condition, equals
from il5report.display.rounding import fixed
from il5report.output import CI_NAMES, Column, Context, Needs
from il5report.outputs.counting import one_per_subject
from il5report.plan.base import Model, Text


class EndpointOptions(Model):
    """The parameter, and the unit in which its times are printed."""

    dataset: Text = "ADTTE"
    paramcd: Text
    unit: Literal["days", "months"] = "months"
    digits: int = 1
    landmarks: tuple[float, ...] = ()


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


def scope(options: EndpointOptions, arm: Arm, analysis: str, time: float | None = None) -> Scope:
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


def in_unit(ctx: Context, options: EndpointOptions, days: float) -> float:
    """Days in the unit that is printed."""
    return days / ctx.plan.conventions.days_per_month if options.unit == "months" else days


def in_days(ctx: Context, options: EndpointOptions, value: float) -> float:
    """A landmark of the plan in days."""
    return value * ctx.plan.conventions.days_per_month if options.unit == "months" else value


def show_time(ctx: Context, options: EndpointOptions, days: float) -> str:
    """A time as it is printed."""
    return fixed(in_unit(ctx, options, days), options.digits)
