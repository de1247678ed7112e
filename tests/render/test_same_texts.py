"""Every text of the document, wherever it stands, is the same in every format."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pypdf
import pytest

from il5report.display.model import FIGURE_SPACE, Table
from il5report.render import pdf, tex
from il5report.render.pdf import render_tex_pdf
from il5report.render.text import BREAK, clean
from tests.render.reports import Report
from tests.render.test_latex import unescaped

LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl"})
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")  # drawn in one order, read back in either


class Shown(HTMLParser):
    """What a page shows, and what stands for its drawings."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data


def squeezed(text: str) -> str:
    """Without blanks and break points, at which a line may end."""
    text = text.replace(BREAK, "").replace(FIGURE_SPACE, "").replace("\xad", "")
    return "".join(text.split())


def test_html(report: Report) -> None:
    shown = squeezed(Shown(report.text("index.html")).text)
    texts = [squeezed(clean(t)) for t in (*report.texts(), *report.descriptions())]
    assert len(texts) > 100
    assert [t for t in texts if t not in shown] == []


def test_latex(report: Report) -> None:
    shown = squeezed(unescaped(report.text("report.tex")))
    texts = [squeezed(tex.printable(clean(t))) for t in report.texts()]
    assert [t for t in texts if t not in shown] == []


def test_pdf(report: Report) -> None:
    shown = read(report.folder / "report.pdf")
    texts = [squeezed(pdf.printable(clean(t))) for t in report.texts()]
    assert [t for t in texts if not RIGHT_TO_LEFT.search(t) and t not in shown] == []


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_cells_in_the_pdf_of_latex(usual: Report, tmp_path: Path) -> None:
    made = render_tex_pdf(usual.folder / "report.tex", tmp_path / "tex.pdf")
    shown = read(made)
    texts = [squeezed(tex.printable(clean(t))) for t in usual.cells()]
    assert len(texts) > 500
    assert [t for t in texts if t.isascii() and t not in shown] == []


def test_pads_are_no_part_of_a_text(usual: Report) -> None:
    cells = [c for d in usual.doc.displays() if isinstance(d.body, Table) for r in d.body.rows
             for c in r.cells]  # fmt: skip
    assert any(c.pad for c in cells)
    assert not any(FIGURE_SPACE in c.text for c in cells)


def read(path: Path) -> str:
    pages = pypdf.PdfReader(path).pages
    return squeezed("".join(page.extract_text() for page in pages).translate(LIGATURES))
