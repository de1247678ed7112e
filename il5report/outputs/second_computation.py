"""How far another program's Kaplan-Meier curves are away from ours, under every display of one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl

from il5report.analyse import crosscheck
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.output import Context
from il5report.outputs.time_to_event import Arm, Flags, Times

SECOND = "second computation"
NOISE = 1e-12  # what rounding leaves between two computations of a probability
COMPARED = ("n_times", "largest")


def add_second_computation(ctx: Context, rows: Rows, place: Scope, arm: Arm) -> None:
    """Largest difference of survival and its limits.

    `place` names the records of the curve. Every display with a Kaplan-Meier estimate adds it;
    the report's section on quality control shows them all.
    """
    scope, conf_level = replace(place, analysis=SECOND), ctx.plan.conventions.conf_level
    compared = partial(_compared, scope, arm.time, arm.event, conf_level)
    rows.add_later(len(COMPARED), compared)  # loading the other program takes long


def _compared(
    scope: Scope, time: Times, event: Flags, conf_level: float
) -> tuple[Scope, str, list[Stat]]:
    check = crosscheck.kaplan_meier(time, event, conf_level=conf_level)
    return scope, f"lifelines {check.version}", stats_of(check, COMPARED)


def difference(value: float) -> str:
    """A difference of probabilities as it is printed."""
    return f"{value:.1e}" if value > NOISE else f"<{NOISE:.0e}"


def second_note(ard: pl.DataFrame) -> tuple[str, ...]:
    """How far the second computation of a display's curves is away, as a footnote."""
    checks = ard.filter(pl.col("stat_name") == "largest")
    largest = checks["stat"].max()
    if not isinstance(largest, float):
        return ()
    shown, by = difference(largest), checks["method"][0]
    return (f"Second computation by {by}: largest difference of a probability {shown}.",)
