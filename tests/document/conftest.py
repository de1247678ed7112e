"""Documents of the studies at the edge, and how to look at their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from il5report.display.model import Document, Items, Paragraph, Run
from il5report.document import CheckResults, Material
from il5report.report import Results

RESULTS = ("2", "10", "11", "12")


def paragraphs(doc: Document, *chapters: str) -> Iterator[tuple[str, tuple[Run, ...]]]:
    """Sentences of some chapters (all where none is named): section and runs; no headings."""
    for section in doc.sections:
        if chapters and section.number.split(".")[0] not in chapters:
            continue
        for block in section.blocks:
            if isinstance(block, Paragraph) and block.kind == "text":
                yield section.number, block.runs
            elif isinstance(block, Items):
                yield from ((section.number, item) for item in block.items)


def text_of(doc: Document, number: str) -> str:
    """The text of one section, without its tables."""
    return "\n".join(said(runs) for n, runs in paragraphs(doc) if n == number)


def said(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs)


def material_of(results: Results, **changes: object) -> Material:
    """What the document of these results is made of; `changes` of the plan, by key."""
    made = {d.id: d for d in results.document.displays()}
    plan = results.checked.loaded.plan.model_copy(update=changes)
    return Material(
        plan=plan,
        contexts=[replace(ctx, plan=plan) for ctx in results.checked.contexts],
        displays=[made[ctx.id] for ctx in results.checked.contexts],
        ard=results.ard,
        said=CheckResults(1, results.checked.findings, results.checked.accepted),
    )


def without(material: Material, *keys: str) -> Material:
    """The same without some displays, as of a plan that lacks them."""
    kept = [i for i, ctx in enumerate(material.contexts) if ctx.id not in keys]
    return replace(
        material,
        contexts=[material.contexts[i] for i in kept],
        displays=[material.displays[i] for i in kept],
        ard=material.ard.filter(~pl.col("output").is_in(keys)),
    )
