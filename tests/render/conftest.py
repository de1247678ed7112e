"""The two sample documents in all formats, rendered once."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import sample

from il5report.display.model import Display, Document, Listing, Table
from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf


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


@pytest.fixture(scope="session", params=["sample", "hostile"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    doc = sample.document(40) if request.param == "sample" else sample.hostile()
    folder = tmp_path_factory.mktemp(request.param)
    for render in (render_html, render_latex, render_pdf):
        render(doc, folder)
    return Report(doc, folder)
