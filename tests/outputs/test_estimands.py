"""An estimand that the data handling does not follow is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from il5report.errors import PlanError
from il5report.output import Context
from il5report.outputs import Catalogue
from il5report.plan.models import Estimand
from il5report.report import load_plan


def context(change: Callable[[dict[str, Any]], None]) -> Context:
    """The display of the default plan, its estimands changed."""
    plan = load_plan(None).plan
    estimands = {key: e.model_dump() for key, e in plan.estimands.items()}
    change(estimands)
    changed = {key: Estimand.model_validate(e) for key, e in estimands.items()}
    entry = plan.outputs["t_estimands"]
    output = Catalogue()["t_estimands"]
    made = plan.model_copy(update={"estimands": changed})
    return Context("t_estimands", output, entry, made, {})


def event(estimands: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    """An intercurrent event of an estimand."""
    found: dict[str, Any]
    (found,) = [e for e in estimands[key]["intercurrent_events"] if e["event"] == name]
    return found


def test_the_default_plan_is_followed() -> None:
    ctx = context(lambda _: None)
    assert set(ctx.output.needs(ctx).variables) == {"ADSL", "ADRS", "ADTTE", "ADCRS"}


@pytest.mark.parametrize(
    ("key", "name", "strategy"),
    [
        ("OS", "Transplantation", "hypothetical"),
        ("OS", "Transplantation", "composite variable"),
        ("DOR", "Transplantation", "treatment policy"),
        ("DOR", "Death", "treatment policy"),
        ("DOR", "New anticancer therapy", "composite variable"),
        ("CR3M", "New anticancer therapy before response", "treatment policy"),
        ("EFS", "Transplantation", "principal stratum"),
    ],
)
def test_a_strategy_that_the_derivation_does_not_follow_is_refused(
    key: str, name: str, strategy: str
) -> None:
    def change(estimands: dict[str, Any]) -> None:
        event(estimands, key, name)["strategy"] = strategy

    ctx = context(change)
    with pytest.raises(PlanError) as refused:
        ctx.output.needs(ctx)
    (fault,) = refused.value.findings
    assert fault.rule == "plan.strategy"
    assert name in fault.message and strategy in fault.message


def test_an_event_without_handling_is_refused() -> None:
    def change(estimands: dict[str, Any]) -> None:
        events = list(estimands["OS"]["intercurrent_events"])
        events.append({"event": "Re-infusion", "strategy": "treatment policy"})
        estimands["OS"]["intercurrent_events"] = events

    ctx = context(change)
    with pytest.raises(PlanError, match="'Re-infusion' is not handled"):
        ctx.output.needs(ctx)


def test_a_handled_event_that_no_estimand_declares_is_refused() -> None:
    def change(estimands: dict[str, Any]) -> None:
        estimands["OS"]["intercurrent_events"] = []

    ctx = context(change)
    with pytest.raises(PlanError, match="is not an event of the estimand"):
        ctx.output.needs(ctx)
