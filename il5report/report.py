"""From a study folder and a plan to a report: the only place where every room is entered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from il5report import ard as results
from il5report.check import plan_faults
from il5report.data.check import CHECKS, check_study
from il5report.data.dataset import Dataset, Study
from il5report.data.read import SUFFIXES, read_study
from il5report.display.model import Display, Document
from il5report.document import banner_of, display_of, document
from il5report.errors import DataError, FaultsError, Finding, Severity
from il5report.files import replacing, sha256, write_manifest
from il5report.output import Context
from il5report.outputs import Catalogue
from il5report.plan.read import LoadedPlan, read_plan
from il5report.resources import default_plan

Say = Callable[[str], None]
FORMATS = ("html", "latex", "pdf")


@dataclass(frozen=True)
class Checked:
    """A plan and the data it is about, checked against each other; nothing computed yet."""

    loaded: LoadedPlan
    study: Study
    contexts: tuple[Context, ...]
    findings: tuple[Finding, ...]
    derived: bool


@dataclass(frozen=True)
class Results:
    """What was computed: the ARD and the document that shows it."""

    checked: Checked
    ard: pl.DataFrame
    document: Document


@dataclass
class Timed:
    """Says each step as it starts."""

    say: Say
    steps: list[str] = field(default_factory=list)

    def __call__(self, step: str) -> None:
        self.steps.append(step)
        self.say(step)


def quiet(_step: str) -> None:
    """Say nothing."""


def load_plan(folder: Path | None) -> LoadedPlan:
    """The plan in a folder; the default plan where there is none."""
    default = default_plan()
    return read_plan(folder or default, default, Catalogue())


def check(data: Path, plan: Path | None, say: Say = quiet) -> Checked:
    """Read plan and data, derive ADaM where the study brings SDTM, and check all of it.

    Raises
    ------
    PlanError, DataError
        With every fault that would make a number wrong or impossible.
    """
    say("reading the plan")
    loaded = load_plan(plan)
    say("reading the data")
    source, notes = read_study(data, types=loaded.plan.data.types)
    study, findings, derived = _analysis_data(source, loaded, say)
    say("checking data and plan")
    contexts = _contexts(loaded, study)
    found = [*notes, *findings, *_data_findings(study, loaded)]
    found += plan_faults(contexts, study, loaded)
    waived = {(w.rule, w.dataset, w.variable) for w in loaded.plan.waivers}
    errors = [
        f
        for f in found
        if f.severity is Severity.ERROR
        and not waived & {(f.rule, d, v) for d in (f.dataset, "") for v in (f.variable, "")}
    ]
    if errors:
        raise DataError(errors)
    return Checked(loaded, study, contexts, tuple(dict.fromkeys(found)), derived)


def analyse(checked: Checked, say: Say = quiet) -> Results:
    """Every display of the plan: its numbers, then its text."""
    frames: list[pl.DataFrame] = []
    displays: list[Display] = []
    first = 1
    for ctx in checked.contexts:
        say(f"{ctx.output.kind} {ctx.entry.number} {ctx.id}")
        rows = results.Rows()
        ctx.output.analyse(ctx, rows)
        ard = results.finish(rows.frame(), ctx.id, ctx.set_name, ctx.set_where, first)
        first += ard.height
        frames.append(ard)
        displays.append(display_of(ctx, ctx.output.display(ctx, ard)))
    plan = checked.loaded.plan
    made = document(plan, displays, checked.findings, len(CHECKS), banner_of(plan, checked.study))
    empty = results.Rows().frame()
    return Results(checked, pl.concat(frames) if frames else empty, made)


def report(data: Path, plan: Path | None, out: Path, say: Say = quiet) -> Results:
    """The whole report in `out`, which is replaced only when all of it is there.

    Raises
    ------
    PlanError, DataError
        Wrong plan or data; `out` is untouched.
    FileExistsError
        `out` holds something that is not a report.
    """
    with replacing(out) as folder:
        found = analyse(check(data, plan, say), say)
        write(found, folder, say)
        say("writing the manifest")
        options = {"formats": list(FORMATS), "data_cutoff": found.document.date}
        write_manifest(folder, input_hashes(data), found.checked.loaded.files, options)
    return found


def write(found: Results, folder: Path, say: Say = quiet) -> None:
    """The ARD, the analysis data sets where they were derived, and every format."""
    from il5report.data.write import write_study
    from il5report.render.html import render_html
    from il5report.render.latex import render_latex
    from il5report.render.pdf import render_pdf

    say("writing results data")
    found.ard.write_parquet(folder / "ard.parquet")
    (folder / "ard.json").write_text(results.to_json(found.ard), encoding="utf-8")
    if found.checked.derived:
        for form in ("parquet", "xpt"):
            (folder / "adam" / form).mkdir(parents=True)
            write_study(found.checked.study, folder / "adam" / form, form)
    say("writing HTML")
    render_html(found.document, folder)
    say("writing LaTeX")
    render_latex(found.document, folder)
    say("writing PDF")
    render_pdf(found.document, folder)


def input_hashes(data: Path) -> dict[str, str]:
    """SHA-256 of each data file."""
    return {
        path.name: sha256(path.read_bytes())
        for path in sorted(data.iterdir())
        if path.suffix.lower() in SUFFIXES
    }


def _analysis_data(
    source: dict[str, Dataset], loaded: LoadedPlan, say: Say
) -> tuple[Study, Sequence[Finding], bool]:
    """The study's ADaM; derived where it brings SDTM and no ADSL."""
    if "ADSL" in source or "DM" not in source:
        return source, (), False
    say("deriving analysis data")
    from il5report.derive.adam import derive

    if loaded.plan.derivation is None:
        message = "the study brings SDTM, and the plan has no derivation.yaml"
        raise DataError([Finding("plan.derivation", message)])
    study, findings = derive(source, loaded.plan)
    return study, findings, True


def _contexts(loaded: LoadedPlan, study: Study) -> tuple[Context, ...]:
    """One context per display, in the order of their numbers; tables before figures."""
    catalogue = Catalogue()
    plan = loaded.plan
    made = [
        Context(key, catalogue[entry.output or key], entry, plan, study)
        for key, entry in plan.outputs.items()
    ]
    kinds = ("table", "figure", "listing")
    return tuple(
        sorted(
            made,
            key=lambda c: ([int(p) for p in c.entry.number.split(".")], kinds.index(c.output.kind)),
        )
    )


def _data_findings(study: Study, loaded: LoadedPlan) -> tuple[Finding, ...]:
    return check_study(study, cutoff=loaded.plan.data_cutoff)


__all__ = ["FORMATS", "Checked", "FaultsError", "Results", "analyse", "check", "report", "write"]
