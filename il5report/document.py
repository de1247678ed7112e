"""The report's document: title page, study sections, displays, appendix of data findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from il5report.data.dataset import SYNTHETIC_STUDY, Study
from il5report.display.model import (
    Block,
    Cell,
    Display,
    Document,
    Head,
    Listing,
    Row,
    Section,
    Table,
    paragraph,
)
from il5report.errors import Accepted, Finding
from il5report.output import CI_NAMES, Context, Shown, filled
from il5report.plan import Plan


def display_of(ctx: Context, shown: Shown) -> Display:
    """A display with all that stands around it: number, title, set, footnotes, source."""
    names = sorted({"ADSL", *ctx.output.needs(ctx).variables})
    cutoff = ctx.plan.data_cutoff
    dated = f"; data cut-off {cutoff.isoformat()}" if cutoff else ""
    footnotes = (
        *(filled(note, ctx.words) for note in ctx.output.footnotes),
        *shown.footnotes,
        *_estimand(ctx),
        *(filled(note, ctx.words) for note in ctx.entry.footnotes),
    )
    return Display(
        id=ctx.id,
        kind=ctx.output.kind,
        number=ctx.entry.number,
        title=ctx.entry.title or ctx.output.title,
        subtitle=f"{ctx.analysis_set.label} (N={ctx.subjects.height})",
        body=shown.body,
        footnotes=footnotes,
        source=f"Source: {', '.join(names)}{dated}",
    )


def _estimand(ctx: Context) -> Iterable[str]:
    """Which estimand the display is about, with the strategies."""
    if ctx.estimand:
        events = [f"{e.event}: {e.strategy}" for e in ctx.estimand.intercurrent_events]
        strategies = f" {'; '.join(events)}." if events else ""
        yield f"Estimand {ctx.entry.estimand}: {ctx.estimand.variable}.{strategies}"


class Said(NamedTuple):
    """What was checked, what was found, and what of it the plan accepts."""

    checks: int
    findings: Sequence[Finding]
    accepted: Sequence[Accepted]


def document(
    plan: Plan, displays: Sequence[Display], quality: Sequence[Section], said: Said, banner: str
) -> Document:
    """Everything in reading order."""
    protocol = plan.protocol
    facts = [
        ("Protocol", protocol.number),
        ("Registry", protocol.registry),
        ("Sponsor", protocol.sponsor),
        ("Investigational product", protocol.investigational_product),
        ("Indication", protocol.indication),
        ("Phase", protocol.phase),
        ("Design", protocol.design),
        ("Data cut-off", plan.data_cutoff.isoformat() if plan.data_cutoff else ""),
        ("Part of the report", plan.report.part),
    ]
    before = [] if plan.report.part else _study_sections(plan)
    sections = [*before, *_display_sections(plan, displays), *quality]
    sections.append(Section("", "Data findings", 1, _findings(said)))
    return Document(
        title=plan.report.title,
        subtitle=protocol.title,
        facts=tuple((label, value) for label, value in facts if value),
        sections=tuple(sections),
        banner=banner,
        status=plan.report.status,
        header=f"{protocol.number}  {protocol.short_title or protocol.title}",
        date=plan.data_cutoff.isoformat() if plan.data_cutoff else "",
        language=plan.report.language,
    )


def banner_of(plan: Plan, study: Study) -> str:
    """The plan's banner, and that the data are synthetic wherever the study's id says so."""
    ids = {
        value
        for dataset in study.values()
        if "STUDYID" in dataset.frame.columns
        for value in dataset.frame["STUDYID"].unique()
    }
    made_up = "Synthetic data: no real patient" if SYNTHETIC_STUDY in ids else ""
    return " · ".join(filter(None, (made_up, plan.report.banner)))


def _texts(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of texts."""
    made = (Row(first, tuple(Cell(text) for text in rest)) for first, *rest in rows)
    return Table(tuple(map(Head, heads)), tuple(made))


def _study_sections(plan: Plan) -> list[Section]:
    sections = []
    if plan.objectives:
        rows = [(o.level.capitalize(), o.text, "; ".join(o.endpoints)) for o in plan.objectives]
        block = _texts(("Level", "Objective", "Endpoints"), rows)
        sections.append(Section("8", "Study objectives", 1, (block,)))
    if plan.eligibility:
        rows = [(key, c.category.capitalize(), c.text) for key, c in plan.eligibility.items()]
        block = _texts(("Criterion", "Category", "Text"), rows)
        sections.append(Section("9.3", "Selection of study subjects", 1, (block,)))
    if plan.estimands:
        sections.append(Section("9.7", "Estimands", 1, tuple(_estimands(plan))))
    sections.append(Section("9.7.1", "Statistical conventions", 1, (_conventions(plan),)))
    return sections


def _estimands(plan: Plan) -> Iterable[Block]:
    for key, estimand in plan.estimands.items():
        rows = [
            ("Treatment", estimand.treatment),
            ("Analysis set", plan.analysis_sets[estimand.analysis_set].label),
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
        yield _texts(("Attribute", f"Estimand: {key}"), rows)


def _conventions(plan: Plan) -> Table:
    c, grading = plan.conventions, plan.grading
    rows = [
        ("Convention where R and SAS differ", c.convention.upper()),
        ("Confidence level", f"{100 * c.conf_level:g}%, two-sided"),
        ("Interval of a proportion", CI_NAMES[c.proportion_ci]),
        ("Interval of a Kaplan-Meier estimate", CI_NAMES[c.km_ci]),
        ("Percentiles", "Empirical distribution with averaging (SAS PCTLDEF=5)"),
        ("Rounding", "Half away from zero on the decimal value, at display only"),
        ("Area under the curve", c.auc_method.replace("_", " ")),
        ("Month", f"{c.days_per_month:g} days"),
        ("Day of infusion", "day 0" if c.day_zero else "day 1"),
        ("Adverse events graded by", grading.ae),
        ("CRS and ICANS graded by", grading.syndromes),
        (
            "Laboratory values graded by",
            f"CTCAE v{grading.laboratory}" if grading.laboratory else "",
        ),
    ]
    return _texts(("Item", "Convention"), [row for row in rows if row[1]])


def _display_sections(plan: Plan, displays: Sequence[Display]) -> list[Section]:
    """One section per heading of the plan that has displays, each display under the longest."""
    held: dict[str, list[Block]] = {number: [] for number in plan.sections}
    for display in displays:
        above = [n for n in plan.sections if f"{display.number}.".startswith(f"{n}.")]
        if above:
            held[max(above, key=len)].append(display)
        else:
            held.setdefault("", []).append(display)
    sections = [
        Section(number, plan.sections[number], number.count(".") + 1, tuple(blocks))
        for number, blocks in held.items()
        if number and (blocks or any(held[n] for n in held if n.startswith(f"{number}.")))
    ]
    rest = held.get("")
    return [*sections, Section("", "Further displays", 1, tuple(rest))] if rest else sections


def _findings(said: Said) -> tuple[Block, ...]:
    """What was checked and what was found; what the plan accepts, and why."""
    found = findings_listing(said.findings)
    summary = f"{said.checks} rules checked, {len(said.findings)} findings"
    if not said.accepted:
        return paragraph(f"{summary}."), found
    return (
        paragraph(f"{summary}, {len(said.accepted)} more accepted by the plan."),
        found,
        paragraph("Findings that the plan accepts:"),
        accepted_listing(said.accepted),
    )


FINDING = ("Severity", "Data set", "Variable", "Finding", "Rule", "Records", "Subjects")


def findings_listing(findings: Sequence[Finding]) -> Listing:
    """Findings, one a row."""
    heads = tuple(map(Head, FINDING))
    return Listing(heads, [finding_texts(f) for f in findings], "No finding.")


def accepted_listing(accepted: Sequence[Accepted]) -> Listing:
    """Findings that the plan accepts, and why."""
    heads = tuple(map(Head, (*FINDING, "Accepted because")))
    rows = [(*finding_texts(a.finding), a.reason) for a in accepted]
    return Listing(heads, rows, "The plan accepts no finding.")


def finding_texts(f: Finding) -> tuple[str, ...]:
    """A finding in the columns of `FINDING`."""
    message = f"{f.place}: {f.message}" if f.place else f.message
    count = str(f.count) if f.count else ""
    return f.severity.capitalize(), f.dataset, f.variable, message, f.rule, count, f.named
