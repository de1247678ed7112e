"""Estimands against the derivation: a strategy that the data do not follow is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from il5report.errors import Finding
from il5report.plan.derivation import Derivation
from il5report.plan.models import Estimand, IntercurrentEvent, Plan

DEATH = "DTHDT"
Place = Callable[..., str]


@dataclass(frozen=True)
class Handling:
    """What a parameter does with dates: those that end the time or the period looked at, those
    that count as its outcome, and the strategies that ending it comes to."""

    ends: frozenset[str]
    counts: frozenset[str]
    ending: frozenset[str]

    def follows(self, event: IntercurrentEvent) -> bool:
        """Whether the event is handled by its strategy."""
        if event.strategy == "treatment policy":
            return event.date not in self.ends | self.counts
        if event.strategy == "composite variable" and event.date in self.counts:
            return True
        return event.date in self.ends and event.strategy in self.ending


def estimand_faults(plan: Plan, place: Place) -> Iterator[Finding]:
    """Strategies that the derivation does not follow, and displays of another analysis set.

    Parameters
    ----------
    plan : Plan
        Without a derivation (the study brings ADaM) strategies cannot be compared.
    place : function
        Path of keys to file and line.
    """
    for key, estimand in plan.estimands.items():
        if plan.derivation is not None:
            at = place("estimands", key, "parameter")
            yield from _strategies(key, estimand, plan.derivation, at)
    for key, entry in plan.outputs.items():
        if entry.estimand and entry.analysis_set:
            wanted = plan.estimands[entry.estimand].analysis_set
            if entry.analysis_set != wanted:
                message = (
                    f"{key} names estimand {entry.estimand}, whose analysis set is {wanted}, and "
                    f"is about {entry.analysis_set}"
                )
                at = place("outputs", key, "estimand")
                yield Finding("plan.estimand", message, place=at)


def _strategies(
    key: str, estimand: Estimand, derivation: Derivation, place: str
) -> Iterator[Finding]:
    handling = _handling(derivation, estimand.parameter)
    if handling is None:
        message = f"{key}: the derivation has no endpoint or response {estimand.parameter}"
        yield Finding("plan.estimand", message, place=place)
        return
    for event in estimand.intercurrent_events:
        if not handling.follows(event):
            what = event.date or "it: its date is not given"
            message = (
                f"{key}: the strategy for {event.event!r} is {event.strategy}, and the derivation "
                f"of {estimand.parameter} does otherwise with {what}"
            )
            yield Finding("plan.strategy", message, place=place)


def _handling(derivation: Derivation, parameter: str) -> Handling | None:
    """How the endpoint or the response treats dates; None for an unknown parameter."""
    endpoint = derivation.endpoints.get(parameter)
    if endpoint is not None:
        return Handling(
            ends=frozenset(i.date for i in endpoint.interruptions),
            counts=frozenset(e.date for e in endpoint.events if not e.competing),
            ending=frozenset({"hypothetical", "while on treatment"}),
        )
    response = derivation.response
    rule = response.parameters.get(parameter) if response else None
    if response is None or rule is None:
        return None
    # Who ends without a response is a non-responder; a death ends every assessment by itself.
    until = response.until if rule.until is None else rule.until
    return Handling(
        ends=frozenset(until),
        counts=frozenset({*until, DEATH}),
        ending=frozenset({"while on treatment"}),
    )
