"""Documents of the studies at the edge, and how to look at their text."""

from __future__ import annotations

from collections.abc import Iterator

from il5report.display.model import Document, Items, Paragraph, Run

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
