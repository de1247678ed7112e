from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pypdf
import pytest

from il5report.display.model import Document, Section, Table, paragraph
from il5report.render import tex
from il5report.render.grid import SIZES_PT
from il5report.render.latex import render_latex
from il5report.render.pdf import render_tex_pdf
from il5report.render.text import BREAK, clean
from il5report.render.widths import BOLD, em_mm, width_em
from tests.render import sample
from tests.render.reports import Report, bookmarks

needs_tex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")


def unescaped(source: str) -> str:
    """What TeX makes of escaped text: every escape undone."""
    inverse = {markup: chr(code) for code, markup in tex.CHARACTERS.items() if len(markup) > 1}
    longest_first = sorted(inverse, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return re.sub(pattern, lambda found: inverse[found.group()], source).replace(BREAK, "")


def test_shows_every_cell(report: Report) -> None:
    shown = unescaped(report.text("report.tex"))
    cells = [tex.printable(clean(text)) for text in report.cells()]
    assert cells and [text for text in cells if text not in shown] == []


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_escape_is_undone_exactly(text: str) -> None:
    text = tex.printable(clean(text))
    assert unescaped(str(tex.escape(text))) == text.replace(BREAK, "")


def test_no_character_of_the_data_reaches_tex_with_a_meaning() -> None:
    ascii_text = "".join(map(chr, range(32, 127)))
    escaped = re.sub(
        r"\\[A-Za-z]+\{\}|\\[{}$&#%_]|\{[\[\]*]\}|[-,]\{\}", "", str(tex.escape(ascii_text))
    )
    assert not set(escaped) & set("\\{}$&#%_^~<>[]*\"'`")


def test_a_character_without_a_glyph_is_named() -> None:
    assert tex.printable("a 中 😀") == "a [U+4E2D] [U+1F600]"
    assert str(tex.escape("中")) == "{[}U+4E2D{]}"


def test_pads_are_printed(usual: Report) -> None:
    tables = [d.body for d in usual.doc.displays() if isinstance(d.body, Table)]
    pads = Counter(cell.pad for table in tables for row in table.rows for cell in row.cells)
    source = usual.text("report.tex")
    assert pads[1] and source.count(r" \pad{1}") == pads[1]


def test_figures_stand_beside_it(usual: Report) -> None:
    named = re.findall(r"\\includegraphics\[.*?\]\{(.*?)\}", usual.text("report.tex"))
    assert named == ["figures/survival.pdf", "figures/survival_path.pdf"]
    (page,) = pypdf.PdfReader(usual.folder / named[0]).pages
    assert float(page.mediabox.width) == pytest.approx(160 / 25.4 * 72, abs=0.1)
    assert "Probability of survival" in page.extract_text()


@needs_tex
def test_compiles_without_complaint(report: Report) -> None:
    render_tex_pdf(report.folder / "report.tex", report.folder / "tex.pdf")
    assert complaints(report.folder / "tex.log") == []
    titles = [s.title for s in report.doc.sections] + [d.title for d in report.doc.displays()]
    found = bookmarks(report.folder / "tex.pdf")
    assert len(found) == len(titles) and all(any(t in f for f in found) for t in titles)


@needs_tex
def test_compiles_to_the_same_bytes(tmp_path: Path) -> None:
    render_latex(sample.document(5), tmp_path)
    made = [render_tex_pdf(tmp_path / "report.tex", tmp_path / f"{i}.pdf") for i in (1, 2)]
    assert made[0].read_bytes() == made[1].read_bytes()


@needs_tex
def test_every_printable_character_compiles(tmp_path: Path) -> None:
    characters = [chr(code) for code in tex.CHARACTERS]
    doc = Document(
        "Characters", "", (), (Section("1", "All", 1, (paragraph(" ".join(characters)),)),)
    )
    render_latex(doc, tmp_path)
    render_tex_pdf(tmp_path / "report.tex", tmp_path / "tex.pdf")
    assert complaints(tmp_path / "tex.log") == []


@needs_tex
@pytest.mark.parametrize(("weight", "wider"), [("", 1.0), ("\\bfseries", BOLD)])
def test_no_character_is_wider_than_the_layout_reckons(
    weight: str, wider: float, tmp_path: Path
) -> None:
    """Else a date that just fits would stand on a line of its own, below an empty one."""
    preamble = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{textcomp,lmodern}"
    lines = [preamble, "\\begin{document}"]
    for size in SIZES_PT:
        lines.append(f"\\sffamily{weight}\\fontsize{{{size}}}{{10}}\\selectfont")
        for code in range(33, 127):
            box = f"\\setbox0\\hbox{{{tex.escape(chr(code))}}}"
            lines.append(f"{box}\\typeout{{W {size} {code} \\the\\wd0.}}")
    (tmp_path / "widths.tex").write_text("\n".join([*lines, "\\end{document}"]))
    command = ["pdflatex", "-interaction=batchmode", "widths.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    log = (tmp_path / "widths.log").read_text(encoding="latin-1")
    found = re.findall(r"W (\S+) (\d+) ([\d.]+)pt", log)
    assert len(found) == 94 * len(SIZES_PT)
    points = 25.4 / 72.27  # of TeX, in mm
    wide = {
        (chr(int(code)), size)
        for size, code, width in found
        if float(width) * points > width_em(chr(int(code))) * em_mm(float(size)) * wider + 0.001
    }
    assert wide == set()


def complaints(log: Path) -> list[str]:
    """Warnings of LaTeX, missing characters and lines more than 2 pt too wide."""
    text = log.read_text(encoding="latin-1")
    found = re.findall(r"^.*(?:Warning|Missing character|undefined).*$", text, re.MULTILINE)
    wide = re.findall(r"^Overfull \\hbox \((\d+\.\d+)pt too wide\).*$", text, re.MULTILINE)
    return found + [points for points in wide if float(points) > 2]
