"""What the tests read back from a rendered report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf

from il5report.display.model import (
    Block,
    Display,
    Document,
    Figure,
    Head,
    Items,
    Listing,
    Paragraph,
    Table,
)


@dataclass(frozen=True)
class Report:
    """A document and the folder with what was made of it."""

    doc: Document
    folder: Path

    def cells(self) -> list[str]:
        """Texts of the rows of all displays, as the document has them."""
        return [text for display in self.doc.displays() for text in _texts(display)]

    def texts(self) -> list[str]:
        """Every text that is printed, but the descriptions of figures."""
        doc = self.doc
        found = [doc.title, doc.subtitle, doc.banner, doc.status, doc.header]
        found += [text for fact in doc.facts for text in fact]
        for section in doc.sections:
            found += [section.number, section.title]
            for block in section.blocks:
                found += _of_block(block)
        return found

    def descriptions(self) -> list[str]:
        """What is said in place of the figures."""
        bodies = [d.body for d in self.doc.displays()]
        return [b.description for b in bodies if isinstance(b, Figure)]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def _of_block(block: Block) -> list[str]:
    match block:
        case Paragraph(runs=runs):
            return [run.text for run in runs]
        case Items(items=items):
            return [run.text for item in items for run in item]
        case Table() | Listing():
            return [*_heads(block.heads), *_of_body(block)]
        case Display(body=body):
            around = [block.number, block.title, block.subtitle, *block.footnotes, block.source]
            return around if isinstance(body, Figure) else [
                *around, *_heads(body.heads), *_of_body(body)]  # fmt: skip


def _heads(heads: Iterable[Head]) -> list[str]:
    return [text for head in heads for text in (head.label, head.detail, head.span)]


def _of_body(body: Table | Listing) -> list[str]:
    """Texts of the rows, or what is said in place of none."""
    if not body.rows:
        return [body.empty]
    if isinstance(body, Listing):
        return [text for row in body.rows for text in row]
    return [t for row in body.rows for t in (row.label, *(cell.text for cell in row.cells))]


def _texts(display: Display) -> list[str]:
    body = display.body
    return [] if isinstance(body, Figure) or not body.rows else _of_body(body)


def bookmarks(path: Path) -> list[str]:
    """Titles of all bookmarks of a PDF."""

    def titles(outline: list[Any]) -> list[str]:
        nested = [titles(e) if isinstance(e, list) else [e["/Title"]] for e in outline]
        return [title for part in nested for title in part]

    return titles(pypdf.PdfReader(path).outline)
