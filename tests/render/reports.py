"""What the tests read back from a rendered report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf

from il5report.display.model import Display, Document, Listing, Table


@dataclass(frozen=True)
class Report:
    """A document and the folder with what was made of it."""

    doc: Document
    folder: Path

    def cells(self) -> list[str]:
        """Texts of the rows of all displays, as the document has them."""
        return [text for display in self.doc.displays() for text in _texts(display)]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def _texts(display: Display) -> list[str]:
    match display.body:
        case Table(rows=rows):
            return [t for row in rows for t in (row.label, *(cell.text for cell in row.cells))]
        case Listing(rows=rows):
            return [text for row in rows for text in row]
    return []


def bookmarks(path: Path) -> list[str]:
    """Titles of all bookmarks of a PDF."""

    def titles(outline: list[Any]) -> list[str]:
        nested = [titles(e) if isinstance(e, list) else [e["/Title"]] for e in outline]
        return [title for part in nested for title in part]

    return titles(pypdf.PdfReader(path).outline)
