"""What the plan says of the study, as blocks: objectives, criteria, sets, visits, estimands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from il5report.display.model import Block, Cell, Head, Items, Paragraph, Row, Run, Table
from il5report.display.view import unit_text
from il5report.plan import Plan
from il5report.plan.endpoints import Endpoint
from il5report.plan.estimands import population
from il5report.plan.models import Criterion
from il5report.plan.words import CI_NAMES


def texts(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[Block, ...]:
    """A table of texts; nothing where it has no row."""
    made = tuple(Row(first, tuple(Cell(text) for text in rest)) for first, *rest in rows)
    return (Table(tuple(map(Head, heads)), made),) if made else ()


def objectives(plan: Plan) -> tuple[Block, ...]:
    rows = [(o.level.capitalize(), o.text, "; ".join(o.endpoints)) for o in plan.objectives]
    return texts(("Level", "Objective", "Endpoints"), rows)


def criteria(plan: Plan, category: str) -> tuple[Block, ...]:
    """The eligibility criteria of one category."""
    found = [c for c in plan.eligibility.values() if c.category == category]
    return (Items(tuple(map(_criterion, found)), ordered=True),) if found else ()


def _criterion(criterion: Criterion) -> tuple[Run, ...]:
    text = criterion.text
    return (Run(text if text.endswith(".") else f"{text}."),)


def treatments(plan: Plan) -> tuple[Block, ...]:
    rows = [(key, t.label) for key, t in plan.treatments.items()]
    return texts(("Treatment", "Dose"), rows)


def visits(plan: Plan) -> tuple[Block, ...]:
    rows = [(v.label, str(v.day), f"{v.window[0]} to {v.window[1]}") for v in plan.visits]
    return texts(("Visit", "Day (infusion = 0)", "Window, days"), rows)


def assays(plan: Plan) -> tuple[Block, ...]:
    rows = [
        (a.label, a.specimen.lower(), unit_text(a.unit), f"{a.lloq:g}")
        for a in plan.assays.values()
    ]
    return texts(("Assay", "Specimen", "Unit", "LLOQ"), rows)


def analysis_sets(plan: Plan) -> tuple[Block, ...]:
    rows = [(s.label, s.definition, str(s.where)) for s in plan.analysis_sets.values()]
    return texts(("Analysis set", "Definition", "Condition on ADSL"), rows)


def estimands(plan: Plan) -> tuple[Block, ...]:
    """One table per estimand: the five attributes of ICH E9 (R1)."""
    found: list[Block] = []
    for key, estimand in plan.estimands.items():
        rows = [
            ("Treatment", estimand.treatment),
            ("Population", population(plan, estimand)),
            ("Variable", estimand.variable),
            *(
                (
                    f"Intercurrent event: {e.event}",
                    f"{e.strategy.capitalize()}. {e.handling}".strip(),
                )
                for e in estimand.intercurrent_events
            ),
            ("Summary measure", estimand.summary),
        ]
        found += texts(("Attribute", f"Estimand: {key}"), rows)
    return tuple(found)


def endpoints(plan: Plan) -> tuple[Block, ...]:
    """Times to event: start, events, and in which order which reason censors."""
    if plan.derivation is None or not plan.derivation.endpoints:
        return ()
    dates, every = _dates(plan), plan.derivation.endpoints.values()
    said = {e.label: tuple(_rules(e, every, dates)) for e in every}
    rows = [row for e in every for row in _endpoint(e.label, e.original(every), said)]
    return (Table((Head("Endpoint"), Head("Rule")), tuple(rows)),)


Rules: TypeAlias = tuple[tuple[str, str], ...]


def _endpoint(label: str, original: Endpoint | None, said: Mapping[str, Rules]) -> Iterator[Row]:
    """The rules of an endpoint; of a variant only those that differ."""
    yield Row(label, kind="heading")
    rules, like = said[label], said[original.label] if original else ()
    replaced = {about for about, _ in rules} & {"From", "Event", "Competing event"}
    if original is not None:
        yield _rule("As", f"{original.label}, but:")
    yield from (_rule(*rule) for rule in rules if rule not in like)
    for about, text in like:
        if (about, text) not in rules and about not in replaced:
            yield _rule("Not applied", f"{about}: {text[:1].lower()}{text[1:]}")


def _rules(
    endpoint: Endpoint, every: Collection[Endpoint], dates: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """What each rule is about, and the rule."""

    inside = partial(_inside, dates=dates)
    yield "From", dates.get(endpoint.start, endpoint.start)
    yield "Event", "; ".join(endpoint.event_texts(every, inside))
    rivals = endpoint.event_texts(every, inside, competing=True)
    if rivals:
        yield "Competing event", "; ".join(rivals)
    for i in endpoint.interruptions:
        at = f", {_at(i.censor_at, dates)}" if i.censor_at else ""
        yield "Censored before an event", f"{i.description}{at}"
    if endpoint.missed is not None:
        missed = endpoint.missed
        yield "Censored", f"{missed.description}, {_at(missed.assessments, dates)}"
    for c in endpoint.censoring:
        yield "Censored without event", f"{c.description}, {_at(c.date, dates)}"


def _rule(label: str, text: str) -> Row:
    return Row(label, (Cell(text),), indent=1)


def _at(name: str, dates: Mapping[str, str]) -> str:
    return f"at {_inside(name, dates)}"


def _inside(name: str, dates: Mapping[str, str]) -> str:
    """The name of a date inside a sentence."""
    words = re.split(r"(\W+)", dates.get(name, name))
    return "".join(word.lower() if word.istitle() else word for word in words)


def _dates(plan: Plan) -> dict[str, str]:
    """Names of dates in words."""
    rules = plan.derivation
    words = dict(STANDARD_DATES)
    if rules is not None:
        declared = {**rules.dates, **rules.event_dates}
        words |= {name: rule.label for name, rule in declared.items() if rule.label}
    return words


STANDARD_DATES = {
    "TRTSDT": "Infusion", "ENRLDT": "Enrolment", "LSTALVDT": "Last date known alive",
    "RFICDT": "Informed consent", "LEUKDT": "Leukapheresis", "LDSDT": "Start of lymphodepletion",
    "DTHDT": "Death", "HSCTDT": "Transplantation", "NACTDT": "New anticancer therapy",
}  # fmt: skip


AUC_METHODS = {"linear_up_log_down": "Linear up, logarithmic down", "linear": "Linear"}


def conventions(plan: Plan) -> tuple[Block, ...]:
    c, grading = plan.conventions, plan.grading
    laboratory = f"CTCAE v{grading.laboratory}" if grading.laboratory else ""
    rows = [
        ("Convention where R and SAS differ", c.convention.upper()),
        ("Confidence level", f"{100 * c.conf_level:g}%, two-sided"),
        ("Interval of a proportion", CI_NAMES[c.proportion_ci]),
        ("Interval of a Kaplan-Meier estimate", CI_NAMES[c.km_ci]),
        ("Percentiles", "Empirical distribution with averaging (SAS PCTLDEF=5)"),
        ("Rounding", "Half away from zero on the decimal value, at display only"),
        ("Area under the curve", AUC_METHODS[c.auc_method]),
        ("Month", f"{c.days_per_month:g} days"),
        ("Day of infusion", "day 0" if c.day_zero else "day 1; the day before it is day -1"),
        ("Adverse events graded by", grading.ae),
        ("CRS and ICANS graded by", grading.syndromes),
        ("Laboratory values graded by", laboratory),
    ]
    return texts(("Item", "Convention"), [row for row in rows if row[1]])


def phases(plan: Plan) -> tuple[Block, ...]:
    rows = [(p.label, p.days, p.text) for p in plan.phases]
    return texts(("Phase", "Days (infusion = 0)", "What is done"), rows)


def note(text: str) -> tuple[Block, ...]:
    """A paragraph of plain text."""
    return (Paragraph((Run(text),)),)
