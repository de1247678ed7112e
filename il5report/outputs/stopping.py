"""Stopping rules for toxicity as the plan declares them; shared by their table and figure."""

from __future__ import annotations

import math

from il5report.analyse.boundaries import Boundary, toxicity_boundary
from il5report.ard import Rows, Scope, Stat
from il5report.display.view import percent_value
from il5report.output import Context, Needs
from il5report.plan.base import Model, Text, Where


class StoppingRule(Model):
    """Stop when, with a beta `prior`, the rate of the event exceeds `limit` with a probability
    above `certainty`; looked at from subject `first` on. `event`: its records of `dataset`."""

    label: Text
    dataset: Text = "ADSL"
    event: Where
    limit: float
    certainty: float
    prior: tuple[float, float]
    first: int = 1


class StoppingOptions(Model):
    """`max_N`: subjects of the completed trial; `rates`: true rates at which the chance to stop is
    given."""

    rules: tuple[StoppingRule, ...]
    max_N: int
    rates: tuple[float, ...] = ()


def needs(ctx: Context) -> Needs:
    """The records of the events."""
    rules = ctx.options(StoppingOptions).rules
    names = {rule.dataset: ["USUBJID"] for rule in rules}
    return Needs(names, [(rule.dataset, rule.event) for rule in rules])


def boundary_of(options: StoppingOptions, rule: StoppingRule) -> Boundary:
    """The numbers of events that stop."""
    return toxicity_boundary(
        options.max_N, limit=rule.limit, certainty=rule.certainty, prior=rule.prior,
        first=rule.first,
    )  # fmt: skip


def add_boundary(rows: Rows, rule: StoppingRule, boundary: Boundary, column: str) -> None:
    """One row per look: the number of events that stops."""
    reason = boundary.ne.get("count", "")
    for size, count in zip(boundary.N.tolist(), boundary.count.tolist(), strict=True):
        missing = math.isnan(count)
        stat = Stat(
            "count", "Number of events that stops", None if missing else count, "",
            reason if missing else "",
        )  # fmt: skip
        place = Scope("boundary", "ADSL", column=column, group=rule.label, level=str(size))
        rows.add(place, "toxicity boundary", [stat])


def note(rule: StoppingRule) -> str:
    """The rule in words."""
    a, b = rule.prior
    return (
        f"{rule.label}: stop when the rate exceeds {percent_value(rule.limit)}% with a probability "
        f"above {percent_value(rule.certainty)}% (prior beta({a:g}, {b:g})), looked at after every "
        f"subject from subject {rule.first} on."
    )
