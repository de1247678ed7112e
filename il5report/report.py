"""From a study folder and a plan to a report: the only place where every room is entered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from il5report import ard as results
from il5report.check import cutoff_faults, needed, plan_faults, wanted_data
from il5report.data.check import CHECKS, Waiver, apply_waivers, check_study
from il5report.data.dataset import Study
from il5report.data.read import SUFFIXES, read_study
from il5report.disclosure.counts import hidden, without
from il5report.disclosure.displays import of_aggregates
from il5report.disclosure.document import aggregates_only
from il5report.disclosure.names import refuse_names, unnamed
from il5report.display.model import Display, Document, Section
from il5report.document import (
    CheckResults,
    Material,
    banner_of,
    check_texts,
    display_of,
    document,
    narratives,
)
from il5report.errors import Accepted, DataError, Finding, Severity
from il5report.files import input_hashes, replacing, run_facts, write_manifest
from il5report.one_display import Making, analysed
from il5report.output import Context, Shown
from il5report.outputs import Catalogue
from il5report.plan import Plan
from il5report.plan.choices import Choices, chosen
from il5report.plan.read import LoadedPlan, read_plan
from il5report.provenance import provenance
from il5report.quality import quality
from il5report.records import StudyRecords
from il5report.resources import default_plan
from il5report.workers import HERE, others

Say = Callable[[str], None]
FORMATS = ("html", "latex", "pdf")
EVERYTHING = Choices()


@dataclass(frozen=True)
class Checked:
    """A plan and the data it is about, checked against each other; nothing computed yet."""

    loaded: LoadedPlan
    study: Study
    contexts: tuple[Context, ...]
    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]
    derived: bool
    choices: Choices = EVERYTHING


@dataclass(frozen=True)
class Results:
    """What was computed: the ARD and the document that shows it."""

    checked: Checked
    ard: pl.DataFrame
    document: Document


def quiet(_step: str) -> None:
    """Say nothing."""


def number_of_checks() -> int:
    """How many rules data sets are checked by."""
    return len(CHECKS)


def load_plan(folder: Path | None) -> LoadedPlan:
    """The plan in a folder; the default plan where there is none."""
    default = default_plan()
    return read_plan(folder or default, default, Catalogue())


def check(
    data: Path, plan: Path | None, say: Say = quiet, choices: Choices = EVERYTHING
) -> Checked:
    """Read plan and data, derive ADaM where the study brings SDTM, and check all of it.

    Raises
    ------
    PlanError, DataError
        With every fault that would make a number wrong or impossible.
    """
    say("reading the plan")
    planned = load_plan(plan)
    loaded = chosen(planned, choices)
    if not choices.subject_data:
        loaded = of_aggregates(loaded)
    settings = loaded.plan
    made = contexts(loaded, {})
    check_texts(settings, made)
    say("reading the data")
    wanted = wanted_data(data, settings, made)
    source, notes = read_study(data, types=settings.data.types, only=wanted)
    say("checking the data")
    cutoff = None if choices.cutoff else settings.data_cutoff  # what is cut here may come later
    found = [
        *notes,
        *check_study(source, cutoff=cutoff, codelists=settings.data.codelists),
        *cutoff_faults(choices.cutoff, planned.plan.data_cutoff, source),
    ]
    study: Study = source
    derived = "ADSL" not in source and "DM" in source
    if derived:
        stop(found, settings.waivers)
        say("deriving analysis data")
        try:
            study, findings = derive(source, settings)
        except DataError as error:  # said together with what was found before
            stop([*found, *error.findings], settings.waivers)
            raise
        found += findings
    made = contexts(loaded, study)
    say("checking the plan against the data")
    found += check_study(
        study, needs=needed(made, study), cutoff=settings.data_cutoff,
        codelists=settings.data.codelists,
    )  # fmt: skip
    found += plan_faults(made, study, loaded)
    standing, accepted = stop(found, settings.waivers)
    return Checked(loaded, study, made, standing, accepted, derived, choices)


def stop(
    found: Sequence[Finding], waivers: Sequence[Waiver]
) -> tuple[tuple[Finding, ...], tuple[Accepted, ...]]:
    """The findings that stand and those that the plan accepts; errors that stand end the run."""
    standing, accepted = apply_waivers(dict.fromkeys(found), waivers)
    errors = [f for f in standing if f.severity is Severity.ERROR]
    if errors:
        raise DataError(errors, [f for f in standing if f not in errors], accepted)
    return standing, accepted


def derive(source: Study, plan: Plan) -> tuple[Study, Sequence[Finding]]:
    """ADaM from the study's SDTM, by the plan's derivation."""
    from il5report.data.write import not_in_xpt
    from il5report.derive.adam import derive as derived

    if plan.derivation is None:
        message = "the study brings SDTM and no ADSL, and the plan has no derivation.yaml"
        raise DataError([Finding("plan.derivation", message)])
    study, findings = derived(source, plan)
    return study, [*findings, *not_in_xpt(study)]


def analyse(checked: Checked, say: Say = quiet, executor: Executor = HERE) -> Results:
    """Every display of the plan: its numbers, then its text. `executor` draws the figures."""
    plan = checked.loaded.plan
    whole = checked.choices.subject_data and not plan.report.part
    told = narratives(plan, checked.study, executor) if whole else []
    ard, made = shown(checked.contexts, say, executor)
    displays = [display_of(ctx, one) for ctx, one in zip(checked.contexts, made, strict=True)]
    say("writing the text")
    subjects = [one.section() for one in told]
    if checked.choices.subject_data:
        return Results(checked, ard, document(_material(checked, displays, ard, subjects)))
    hide = hidden(ard, checked.loaded.plan.report.small_counts)
    about = unnamed(checked.findings, checked.accepted, checked.study, hide)
    bare = replace(checked, **about)
    made_bare = aggregates_only(document(_material(bare, displays, ard, subjects)), hide)
    return Results(bare, without(ard, hide), made_bare)


def shown(
    made: Sequence[Context], say: Say = quiet, executor: Executor = HERE
) -> tuple[pl.DataFrame, list[Shown]]:
    """The numbers of displays, and each display as it is shown."""
    parts: list[Making] = []
    waiting: list[Making] = []
    first = 1
    for ctx in made:
        say(f"{ctx.output.kind} {ctx.entry.number} {ctx.id}")
        rows = analysed(ctx)
        parts.append(Making(ctx, rows, first, executor))
        first += len(rows)
        waiting = [part for part in (*waiting, parts[-1]) if not part.go_on()]
    say("drawing figures")
    for part in reversed(parts):
        part.hurry()
    done = [part.result() for part in parts]
    frames = [results.Rows().frame(), *(ard for ard, _ in done)]
    return pl.concat(frames), [display for _, display in done]


def _material(
    checked: Checked, displays: Sequence[Display], ard: pl.DataFrame, subjects: Sequence[Section]
) -> Material:
    """What the document is made of."""
    plan = checked.loaded.plan
    return Material(
        plan=plan,
        contexts=checked.contexts,
        displays=displays,
        ard=ard,
        said=CheckResults(number_of_checks(), checked.findings, checked.accepted),
        quality=quality(ard, displays),
        subjects=subjects,
        banner=banner_of(plan, checked.study),
        derived=checked.derived,
        facts=run_facts(checked.loaded.files),
        fonts=checked.loaded.fonts,
    )


def report(  # noqa: PLR0913
    data: Path,
    plan: Path | None,
    out: Path,
    say: Say = quiet,
    *,
    tex_pdf: bool = False,
    choices: Choices = EVERYTHING,
    executor: Executor = HERE,
) -> Results:
    """The whole report in `out`, which is replaced only when all of it is there.

    What needs no data is done by `executor` (see `il5report.workers`), here where left out. With
    `tex_pdf` the LaTeX file is compiled too, into ``report-tex.pdf``.

    Raises
    ------
    PlanError, DataError
        Wrong plan or data; `out` is untouched.
    FileExistsError
        `out` holds something that is not a report.
    FileNotFoundError
        `tex_pdf` without pdflatex on this machine.
    """
    with replacing(out) as folder:
        found = analyse(check(data, plan, say, choices), say, executor)
        write(found, folder, say, executor)
        if not choices.subject_data:
            refuse_names(folder, found.checked.study)
        if tex_pdf:
            from il5report.render.pdf import render_tex_pdf

            say("compiling LaTeX")
            render_tex_pdf(folder / "report.tex", folder / "report-tex.pdf")
            (folder / "report-tex.log").unlink()
        say("writing the manifest")
        formats = [*FORMATS, *(["tex-pdf"] if tex_pdf else [])]
        options = {"formats": formats, **choices.recorded()}
        write_manifest(folder, input_hashes(data, SUFFIXES), found.checked.loaded.files, options)
    return found


def write(found: Results, folder: Path, say: Say = quiet, executor: Executor = HERE) -> None:
    """The ARD, the analysis data sets where they were derived, and every format."""
    from il5report.data.write import write_adam
    from il5report.render.html import render_html
    from il5report.render.latex import render_latex
    from il5report.render.pdf import render_pdf

    paged = (render_pdf, render_latex)  # the first takes as long as all the rest
    pages = [executor.submit(render, found.document, folder) for render in paged[: others()]]
    say("writing results data")
    found.ard.write_parquet(folder / "ard.parquet")
    (folder / "ard.json").write_text(results.to_json(found.ard), encoding="utf-8")
    checked, whole = found.checked, found.checked.choices.subject_data
    if checked.derived and whole:
        write_adam(checked.study, folder / "adam")
    say("writing HTML")
    parts = provenance(found.ard, checked.study, checked.loaded.plan, records=whole)
    render_html(found.document, folder, parts)
    say("writing LaTeX and PDF")
    for render in paged[others() :]:
        render(found.document, folder)
    for page in pages:
        page.result()


def contexts(loaded: LoadedPlan, study: Study) -> tuple[Context, ...]:
    """One context per display, in the order of their numbers; tables before figures."""
    catalogue, held = Catalogue(), StudyRecords(study)
    plan = loaded.plan
    made = [
        Context(key, catalogue[entry.output or key], entry, plan, held)
        for key, entry in plan.outputs.items()
    ]
    kinds = ("table", "figure", "listing")
    return tuple(
        sorted(
            made,
            key=lambda c: ([int(p) for p in c.entry.number.split(".")], kinds.index(c.output.kind)),
        )
    )
