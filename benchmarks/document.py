"""A made-up document in all formats: many displays, and listings that grow.

Wall time of the three renderers one after another in one process (`make report` runs them side by
side), without the making of the displays; the median of three runs, of a single one for the long
listings. U is the wall time of a process that imports the heavy libraries, median of five.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.report import UNIT, process
from il5report.display.model import (
    Cell,
    Display,
    Document,
    Figure,
    Head,
    Listing,
    Row,
    Section,
    Table,
)
from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf

WORDS = ("Neutropenia", "Cytokine release syndrome", "Alanine aminotransferase increased", "Fever")
FORMATS = (render_html, render_latex, render_pdf)
Render = Callable[[Document, Path], None]


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    unit = process([sys.executable, "-c", UNIT])
    usual = document([*tables(160), *figures(39), listing(3_000)])
    seconds(document([*tables(1), *figures(1)]), FORMATS)  # imports, and templates compiled
    growth = [_growth(render) for render in FORMATS]
    row = seconds(document([listing(5_000)]), (render_pdf,)) / 5_000
    long_row = seconds(document([listing(50_000)]), (render_pdf,)) / 50_000
    whole = statistics.median(seconds(usual, FORMATS) for _ in range(3)) / unit
    return [
        ("200 displays, 3,000 listing rows: HTML, LaTeX, PDF / U", whole, "<= 14"),
        *(
            (f"a listing row of 10,000 / of 2,000: {name}", ratio, "<= 1.2")
            for name, ratio in zip(("HTML", "LaTeX", "PDF"), growth, strict=True)
        ),
        ("PDF of a listing row: of 50,000 / of 5,000", long_row / row, "<= 1.2"),
        ("PDF of 50,000 listing rows / U", 50_000 * long_row / unit, ""),
    ]  # fmt: skip


def _growth(render: Render) -> float:
    """Time per row of a listing of 10,000 rows, to that of one of 2,000."""
    small, large = (
        statistics.median(seconds(document([listing(rows)]), (render,)) for _ in range(3)) / rows
        for rows in (2_000, 10_000)
    )
    return large / small


def seconds(doc: Document, formats: Sequence[Render]) -> float:
    """Wall time of one rendering."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        for render in formats:
            render(doc, Path(folder))
        return time.perf_counter() - start


def document(displays: list[Display]) -> Document:
    """The displays under one heading."""
    return Document("Benchmark", "", (), (Section("14", "Displays", 1, tuple(displays)),))


def tables(count: int) -> list[Display]:
    """Tables of 40 rows and five columns."""
    heads = (Head("Term"), *(Head(f"Dose level {j}", "N=6", align="center") for j in range(4)))
    return [
        display(
            f"t{i}",
            "table",
            f"14.{i}",
            Table(heads, tuple(Row(f"{WORDS[k % 4]} {k}", cells(i + k)) for k in range(40))),
        )
        for i in range(1, count + 1)
    ]


def cells(seed: int) -> tuple[Cell, ...]:
    return tuple(Cell(f"{(seed + j) % 7} ({(seed * j) % 100}.{j}%)") for j in range(4))


def figures(count: int) -> list[Display]:
    """Drawings of a curve with 200 steps."""
    steps = " ".join(f"L{k} {100 - k / 3:.2f}" for k in range(200))
    svg = (
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100" '
        f'width="200pt" height="100pt"><path d="M0 100 {steps}" fill="none" stroke="#14507c"/>'
        '<text x="20" y="20">Curve</text></svg>'
    )
    return [
        display(f"f{i}", "figure", f"14.{i}", Figure(svg, "A falling curve.", 160, 80))
        for i in range(1, count + 1)
    ]


def listing(rows: int) -> Display:
    """Ten columns, some of which wrap."""
    names = ("Subject", "Age", "Term", "As reported", "Start", "End", "Grade", "Serious", "Related")
    heads = (*(Head(n) for n in names), Head("Outcome"))
    texts = [
        (f"DEMO-01-{i // 8:05d}", str(20 + i % 50), WORDS[i % 4], f"{WORDS[i % 4].lower()} {i}",
         str(i % 90), str(i % 90 + i % 7), str(i % 5), "NY"[i % 2], "NY"[i % 3 % 2],
         "Recovered/resolved")
        for i in range(rows)
    ]  # fmt: skip
    return display("l", "listing", "16.2.7", Listing(heads, texts))


def display(key: str, kind: str, number: str, body: Table | Figure | Listing) -> Display:
    """With a title, a set, a footnote and a source."""
    note = ("Percentages are of the subjects in the analysis set.",)
    return Display(key, kind, number, f"Title of {number}", "Safety set (N=20)", body, note, "ADAE")  # type: ignore[arg-type]
