"""Estimands against the derivation and the displays: what does not fit together is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from il5report.conditions import Comparison, Compound, Condition
from il5report.errors import Finding
from il5report.plan.derivation import Derivation
from il5report.plan.models import Estimand, IntercurrentEvent, OutputPlan, Plan

DEATH, INFUSION = "DTHDT", "TRTSDT"
EFFICACY = "14.2."  # displays of efficacy (ICH E3)
OF_AN_ESTIMAND = ("sensitivity", "supplementary")
Place = Callable[..., str]


@dataclass(frozen=True)
class Handling:
    """What a parameter does with dates.

    Attributes
    ----------
    dataset : the analysis data set that holds it.
    where : the subjects it is made for.
    ends : end the time or the period looked at.
    counts : count as its outcome.
    competes : end the time at risk, as something that precludes the outcome.
    loses : leave a subject without a result.
    ending : the strategies that ending it comes to.
    """

    dataset: str
    where: Condition
    ends: frozenset[str]
    counts: frozenset[str]
    competes: frozenset[str] = frozenset()
    loses: frozenset[str] = frozenset()
    ending: frozenset[str] = frozenset({"while on treatment"})

    def follows(self, event: IntercurrentEvent) -> bool:
        """Whether the event is handled by its strategy."""
        date, strategy = event.date, event.strategy
        if date in self.loses:
            return False
        if strategy == "treatment policy":
            return date not in self.ends | self.counts | self.competes
        if strategy == "composite variable" and date in self.counts:
            return True
        if strategy == "while on treatment" and date in self.competes:
            return True
        return date in self.ends and strategy in self.ending


def population(plan: Plan, estimand: Estimand) -> str:
    """Whom the estimand is about, in words."""
    analysis_set = plan.analysis_sets[estimand.analysis_set].label
    return ": ".join(filter(None, (analysis_set, estimand.population)))


def estimand_faults(plan: Plan, place: Place) -> Iterator[Finding]:
    """Estimands that the derivation does not follow, and displays that do not fit theirs.

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
            for rule, message in _against_derivation(plan, estimand, plan.derivation):
                yield Finding(rule, f"{key}: {message}", place=at)
    for key, entry in plan.outputs.items():
        for message in _display(plan, entry):
            at = place("outputs", key, "estimand")
            yield Finding("plan.estimand", f"{key} {message}", place=at)


def _display(plan: Plan, entry: OutputPlan) -> Iterator[str]:
    """What a display says of its estimand that cannot be."""
    name, role = entry.estimand, entry.role
    if not name:
        if role in OF_AN_ESTIMAND:
            yield f"is {role} and names no estimand that it belongs to"
        elif not role and entry.number.startswith(EFFICACY):
            yield (
                "is a display of efficacy: it has to name an estimand, or to say by its role "
                "(exploratory, descriptive) that it targets none"
            )
        return
    if role and role not in OF_AN_ESTIMAND:
        yield f"is {role}, which targets no estimand, and names {name}"
    estimand = plan.estimands[name]
    if role != "supplementary" and entry.analysis_set not in ("", estimand.analysis_set):
        yield (
            f"names estimand {name}, whose analysis set is {estimand.analysis_set}, and is about "
            f"{entry.analysis_set}"
        )
    parameter = entry.options.get("paramcd", estimand.parameter)
    if not role and parameter != estimand.parameter:
        yield (
            f"names estimand {name}, whose parameter is {estimand.parameter}, and analyses "
            f"{parameter}"
        )


def _against_derivation(
    plan: Plan, estimand: Estimand, derivation: Derivation
) -> Iterator[tuple[str, str]]:
    """Rule and message of each fault."""
    handling = _handling(derivation, estimand.parameter)
    if handling is None:
        yield "plan.estimand", f"the derivation has no endpoint or response {estimand.parameter}"
        return
    if handling.dataset != estimand.dataset:
        message = f"{estimand.parameter} is derived in {handling.dataset}, not {estimand.dataset}"
        yield "plan.estimand", message
    if handling.where != plan.analysis_sets[estimand.analysis_set].where:
        yield (
            "plan.estimand",
            f"its analysis set is {estimand.analysis_set}, and the derivation makes "
            f"{estimand.parameter} for other subjects: {handling.where}",
        )
    for event in estimand.intercurrent_events:
        if not handling.follows(event):
            what = event.date or "it: its date is not given"
            yield (
                "plan.strategy",
                f"the strategy for {event.event!r} is {event.strategy}, and the derivation of "
                f"{estimand.parameter} does otherwise with {what}",
            )


def _handling(derivation: Derivation, parameter: str) -> Handling | None:
    """How the endpoint or the response treats dates; None for an unknown parameter."""
    endpoint = derivation.endpoints.get(parameter)
    if endpoint is not None:
        return Handling(
            dataset="ADTTE",
            where=endpoint.where,
            ends=frozenset(i.date for i in endpoint.interruptions),
            counts=frozenset(e.date for e in endpoint.events if not e.competing),
            competes=frozenset(e.date for e in endpoint.events if e.competing),
            # who was not infused has no time from the infusion on
            loses=_without_infusion(derivation) if endpoint.start == INFUSION else frozenset(),
            ending=frozenset({"hypothetical", "while on treatment"}),
        )
    response = derivation.response
    rule = response.parameters.get(parameter) if response else None
    if response is None or rule is None:
        return None
    # Who ends without a response is a non-responder, and so is who was not infused; a death ends
    # every assessment by itself.
    until = frozenset(response.until if rule.until is None else rule.until)
    not_infused = _without_infusion(derivation)
    return Handling(
        dataset="ADRS",
        where=rule.where or response.where,
        ends=until - not_infused,
        counts=until | not_infused | {DEATH},
    )


def _without_infusion(derivation: Derivation) -> frozenset[str]:
    """The dates of ADSL that only subjects have who were not infused."""
    return frozenset(
        name
        for name, rule in derivation.dates.items()
        if all(_asks_for_no_infusion(source.where) for source in rule.sources)
    )


def _asks_for_no_infusion(where: Condition | None) -> bool:
    parts = where.parts if isinstance(where, Compound) and where.operator == "AND" else (where,)
    return Comparison(INFUSION, "EQ", ()) in parts
