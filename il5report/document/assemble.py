"""The report in reading order: each section with its text, the writer's, and its displays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from il5report.data.dataset import SYNTHETIC_STUDY, Study
from il5report.display.model import Block, Display, Document, Figure, Section
from il5report.document import appendix, methods, study
from il5report.document.abbreviations import abbreviations
from il5report.document.design import design
from il5report.document.lookup import Lookup
from il5report.document.markdown import MarkdownError, Source, blocks
from il5report.document.material import Material
from il5report.document.prose import Make, Prose
from il5report.errors import Finding, PlanError
from il5report.output import Context, Shown
from il5report.plan import Plan
from il5report.plan.words import filled

ABBREVIATIONS = "4"


def display_of(ctx: Context, shown: Shown) -> Display:
    """A display with all that stands around it: number, title, set, footnotes, source."""
    names = sorted({"ADSL", *ctx.output.needs(ctx).variables})
    cutoff = ctx.plan.data_cutoff
    dated = f"; data cut-off {cutoff.isoformat()}" if cutoff else ""
    footnotes = (
        *(filled(note, ctx.words) for note in ctx.output.footnotes),
        *shown.footnotes,
        *_nobody(ctx, shown),
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


def _nobody(ctx: Context, shown: Shown) -> Iterator[str]:
    """That a figure is empty because nobody is in its set, where its drawing does not say so: axes
    alone say nothing."""
    if isinstance(shown.body, Figure) and not shown.body.empty and not ctx.subjects.height:
        yield "No subject is in this analysis set: there is nothing to draw."


def _estimand(ctx: Context) -> Iterator[str]:
    """Which estimand the display is about, with the strategies of its main analysis."""
    role, estimand = ctx.entry.role, ctx.estimand
    if estimand is None:
        if role:
            yield f"{role.capitalize()}: this display targets no estimand."
        return
    named = f"{ctx.entry.estimand}: {estimand.variable}."
    if role:
        yield f"{role.capitalize()} to the main analysis of estimand {named}"
        return
    events = [f"{e.event}: {e.strategy}" for e in estimand.intercurrent_events]
    yield " ".join((f"Estimand {named}", *([f"{'; '.join(events)}."] if events else [])))


def document(material: Material) -> Document:
    """Everything in reading order.

    Raises
    ------
    TemplateError
        A template names something that does not exist.
    PlanError
        A text of the writer uses Markdown that is not supported, or a link that leads nowhere.
    """
    plan = material.plan
    sections = _part(material) if plan.report.part else _report(material)
    made = front(plan, sections, material.banner, plan.report.title)
    return replace(made, fonts=material.fonts)


def front(plan: Plan, sections: Sequence[Section], banner: str, title: str) -> Document:
    """The sections behind a title page."""
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
    return Document(
        title=title,
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


PLAN_SECTIONS = {
    "1": "Study", "1.1": "Objectives and endpoints", "1.2": "Design", "1.3": "Eligibility criteria",
    "2": "Estimands", "3": "Analysis sets", "4": "Endpoints and censoring",
    "5": "Statistical methods", "5.1": "Conventions", "5.2": "Methods and their sources",
    "6": "Grading and response criteria", "6.1": "Rule sets", "6.2": "Rule sets in full",
    "7": "Sample size", "8": "Displays", "9": "Versions and plan files",
}  # fmt: skip


def analysis_plan(material: Material) -> Document:
    """The statistical analysis plan: what the plan says, then the displays as mock shells."""
    plan = material.plan
    prose = Prose("sap", plan, Lookup(material), insertions(material), targets(material.contexts))
    sections = [
        Section(n, title, n.count(".") + 1, tuple(prose.section(n)))
        for n, title in PLAN_SECTIONS.items()
    ]
    numbers = [n for n in in_order(plan.sections) if n.split(".")[0] in ("14", "16")]
    held, rest = placed(numbers, material.displays)
    sections += [
        _section(plan, n, held[n])
        for n in numbers
        if any(made for m, made in held.items() if f"{m}.".startswith(f"{n}."))
    ]
    sections += [Section("", "Further displays", 1, tuple(rest))] if rest else []
    used = abbreviations(sections, plan.abbreviations)
    sections.insert(len(PLAN_SECTIONS), Section("10", "Abbreviations", 1, used))
    title = "Statistical analysis plan with mock shells"
    return replace(front(plan, sections, plan.report.banner, title), fonts=material.fonts)


def _report(material: Material) -> list[Section]:
    """The whole report; the abbreviations last, when all texts are made."""
    plan = material.plan
    numbers = in_order(plan.sections)
    held, rest = placed(numbers, material.displays)
    known = targets(material.contexts)
    prose = Prose("csr", plan, Lookup(material), insertions(material), known)
    own = writers_texts(plan, known)
    filled_sections = {
        n: [*(prose.section(n, own.get(n, ())) if prose.has(n) else own.get(n, ())), *held[n]]
        for n in numbers
    }
    sections = [
        _section(plan, n, filled_sections[n])
        for n in numbers
        if any(made for m, made in filled_sections.items() if f"{m}.".startswith(f"{n}."))
    ]
    if rest:
        sections.append(Section("", "Further displays", 1, tuple(rest)))
    sections = _with_subjects(sections, material)
    used = abbreviations(sections, plan.abbreviations)
    return [
        replace(s, blocks=(*s.blocks, *used)) if s.number == ABBREVIATIONS else s for s in sections
    ]


def _part(material: Material) -> list[Section]:
    """Some of the displays, and what was found in the data."""
    plan = material.plan
    numbers = in_order(plan.sections)
    held, rest = placed(numbers, material.displays)
    sections = [
        _section(plan, n, held[n])
        for n in numbers
        if any(made for m, made in held.items() if f"{m}.".startswith(f"{n}."))
    ]
    if rest:
        sections.append(Section("", "Further displays", 1, tuple(rest)))
    if material.quality:
        sections.append(Section("", "Quality control", 1, tuple(material.quality)))
    return [*sections, Section("", "Data findings", 1, appendix.findings(material))]


def _with_subjects(sections: Sequence[Section], material: Material) -> list[Section]:
    """The narratives behind all sections before theirs."""
    rules = material.plan.profiles
    if rules is None or not material.subjects:
        return list(sections)
    order = in_order([rules.section, *(s.number for s in sections if s.number)])
    place = order.index(rules.section)
    before = [s for s in sections if s.number and order.index(s.number) <= place]
    after = [s for s in sections if s not in before]
    if not before or before[-1].number != rules.section:
        title = material.plan.sections.get(rules.section, "Narratives and profiles of subjects")
        before.append(Section(rules.section, title, rules.section.count(".") + 1))
    return [*before, *material.subjects, *after]


def _section(plan: Plan, number: str, made: Sequence[Block]) -> Section:
    return Section(number, plan.sections[number], number.count(".") + 1, tuple(made))


def in_order(sections: Iterable[str]) -> list[str]:
    """Section numbers as E3 counts: 9.10 after 9.9."""
    return sorted(sections, key=lambda n: [(not p.isdigit(), p.zfill(6)) for p in n.split(".")])


def placed(
    numbers: Sequence[str], displays: Sequence[Display]
) -> tuple[dict[str, list[Block]], list[Block]]:
    """Each display under the longest heading above its number; those that have none."""
    held: dict[str, list[Block]] = {number: [] for number in numbers}
    rest: list[Block] = []
    for display in displays:
        above = [n for n in numbers if f"{display.number}.".startswith(f"{n}.")]
        (held[max(above, key=len)] if above else rest).append(display)
    return held, rest


def targets(contexts: Sequence[Context]) -> dict[str, str]:
    """What links may lead to, displays by id, and the text of a link that has none."""
    return {c.id: f"{c.output.kind.capitalize()} {c.entry.number}" for c in contexts}


def check_texts(plan: Plan, contexts: Sequence[Context]) -> None:
    """Refuse the writer's texts that cannot be printed.

    Raises
    ------
    PlanError
        All of them: Markdown that is not supported, links that lead nowhere.
    """
    writers_texts(plan, targets(contexts))


def writers_texts(plan: Plan, known: Mapping[str, str]) -> dict[str, list[Block]]:
    """The writer's texts of the plan, by section."""
    made: dict[str, list[Block]] = {}
    faults = []
    for number, text in plan.text.items():
        try:
            made[number] = blocks(Source(text, known))
        except MarkdownError as fault:
            place = f"text/{number}.md:{fault.line}"
            faults.append(Finding("plan.text", str(fault), place=place))
    if faults:
        raise PlanError(faults)
    return made


def insertions(material: Material) -> dict[str, Make]:
    """What the templates can insert, by name."""
    plan = material.plan
    of_plan = (
        study.objectives, study.treatments, study.visits, study.phases, study.assays,
        study.analysis_sets, study.estimands, study.endpoints, study.conventions,
    )  # fmt: skip
    of_run = (
        methods.displays, methods.rules, methods.rules_in_full, methods.functions,
        methods.named_methods, appendix.findings, appendix.data_sets, appendix.quality,
    )  # fmt: skip
    return {
        **{each.__name__: partial(each, plan) for each in of_plan},
        **{each.__name__: partial(each, material) for each in of_run},
        "inclusion": partial(study.criteria, plan, "INCLUSION"),
        "exclusion": partial(study.criteria, plan, "EXCLUSION"),
        "facts": partial(appendix.facts, material.facts),
        "design": partial(_design, plan),
    }


def _design(plan: Plan) -> tuple[Block, ...]:
    figure = design(plan, "9-1")
    return (figure,) if figure else ()
