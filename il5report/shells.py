"""The statistical analysis plan with every display as a mock shell, from the plan alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import polars as pl

from il5report.display.model import Display, Document
from il5report.display.shell import shell_of
from il5report.document import CheckResults, Material, analysis_plan, check_texts, display_of
from il5report.example import emptied, example_for, synthetic
from il5report.files import replacing, run_facts, write_manifest
from il5report.output import Context, Shown
from il5report.plan.read import LoadedPlan
from il5report.report import FORMATS, Say, contexts, load_plan, number_of_checks, quiet, shown
from il5report.workers import HERE


def shells(
    plan: Path | None, out: Path, say: Say = quiet, *, executor: Executor = HERE
) -> Document:
    """The analysis plan as a document in `out`, which is replaced only when all of it is there.

    Raises
    ------
    PlanError
        A plan that cannot be used; `out` is untouched.
    FileExistsError
        `out` holds something that is not an earlier result.
    """
    with replacing(out) as folder:
        say("reading the plan")
        loaded = load_plan(plan)
        made = plan_document(loaded, say, executor)
        write(made, folder, say, executor)
        say("writing the manifest")
        options = {"formats": list(FORMATS), "document": "analysis plan"}
        write_manifest(folder, {}, loaded.files, options)
    return made


def plan_document(loaded: LoadedPlan, say: Say = quiet, executor: Executor = HERE) -> Document:
    """The analysis plan: what the plan says, then every display without results."""
    planned = contexts(loaded, {})
    check_texts(loaded.plan, planned)
    say("making example data")
    study = synthetic(loaded.plan)
    made = [ctx.about(example_for(ctx, study, loaded)) for ctx in planned]
    ard, parts = shown(made, say, executor)
    displays = [
        _display(ctx, Shown(one.body, _notes(ctx, one.footnotes)))
        for ctx, one in zip(made, parts, strict=True)
    ]
    say("writing the text")
    return analysis_plan(_material(loaded, planned, displays, ard))


RESULTS_NOTE = "Further footnotes depend on the results."


def _notes(ctx: Context, made: Sequence[str]) -> tuple[str, ...]:
    """The footnotes that stand without any record too: those that no result enters."""
    if not made:
        return ()
    _, (empty,) = shown([ctx.about(emptied(ctx.study))])
    fixed = tuple(note for note in made if note in empty.footnotes)
    return fixed if len(fixed) == len(made) else (*fixed, RESULTS_NOTE)


def _display(ctx: Context, made: Shown) -> Display:
    """A display without results."""
    whole = display_of(ctx, Shown(shell_of(made.body), made.footnotes))
    return replace(whole, subtitle=f"{ctx.analysis_set.label} (N=xx)")


def _material(
    loaded: LoadedPlan, planned: Sequence[Context], displays: Sequence[Display], ard: pl.DataFrame
) -> Material:
    """The plan has no results: the numbers of the example are not part of the document."""
    return Material(
        plan=loaded.plan,
        contexts=planned,
        displays=displays,
        ard=ard.clear(),
        said=CheckResults(number_of_checks(), (), ()),
        facts=run_facts(loaded.files),
        fonts=loaded.fonts,
    )


def write(made: Document, folder: Path, say: Say = quiet, executor: Executor = HERE) -> None:
    """The document in every format."""
    from il5report.render.html import render_html
    from il5report.render.latex import render_latex
    from il5report.render.pdf import render_pdf

    pages = [executor.submit(render, made, folder) for render in (render_pdf, render_latex)]
    say("writing HTML")
    render_html(made, folder)
    say("writing LaTeX and PDF")
    for page in pages:
        page.result()
