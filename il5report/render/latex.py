"""The report as LaTeX that compiles with the base and recommended packages and Latin Modern."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from il5report.display.model import Document, Figure, Run
from il5report.render.contents import lists
from il5report.render.grid import GAP_MM, Line, Panel
from il5report.render.sheets import on_paper, sheets
from il5report.render.tex import bookmark, escape, printable
from il5report.render.text import name
from il5report.render.typeset import figure_pdf
from il5report.templating import environment, fill


def render_latex(doc: Document, folder: Path) -> None:
    """Write ``report.tex`` and its figures.

    Parameters
    ----------
    doc : Document
        What to print.
    folder : Path
        Existing folder to write to; figures go into ``figures/``.

    Raises
    ------
    TemplateError
        A template names something that does not exist.
    """
    doc = on_paper(doc, printable)
    text = fill(_environment(), "report.tex", doc=doc, sheets=sheets(doc))
    (folder / "report.tex").write_text(text, encoding="utf-8", newline="\n")
    (folder / "figures").mkdir(exist_ok=True)
    for display in doc.displays():
        if isinstance(display.body, Figure):
            drawn = figure_pdf(display.body, doc.fonts)
            (folder / "figures" / f"{name(display.id)}.pdf").write_bytes(drawn)


@cache
def _environment() -> jinja2.Environment:
    env = environment(
        "latex",
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        autoescape=True,  # so that what a macro makes is Markup; `finalize` comes first
        finalize=_escaped,
    )
    env.filters.update(bookmark=bookmark, anchor=_anchor)
    env.globals.update(inline=inline, lists=lists, rows=rows)
    env.globals.update(span_cells=span_cells, total_width=total_width)
    return env


def _escaped(value: object) -> Markup:
    return value if isinstance(value, Markup) else escape(str(value))


def _anchor(text: str) -> Markup:
    return Markup(name(text))


def span_cells(panel: Panel) -> list[tuple[str, int, int, float]]:
    """What stands above the heads: text, first column, columns, width in mm."""
    first = 0
    cells = []
    for text, columns in panel.spans:
        width = sum(panel.widths[first : first + columns]) + GAP_MM * (columns - 1)
        cells.append((text, first, columns, round(width, 2)))
        first += columns
    return cells


def total_width(panel: Panel) -> float:
    """Width of a panel in mm."""
    return round(sum(panel.widths) + GAP_MM * (len(panel.widths) - 1), 2)


def rows(panel: Panel) -> Sequence[tuple[Line, Markup]]:
    """Each line with its cells (all but the row label) as one piece of LaTeX."""
    return [(line, _cells(line)) for line in panel.lines]


_STYLES = {"plain": "{}", "strong": "\\textbf{{{}}}", "emphasis": "\\emph{{{}}}"}


def inline(runs: Sequence[Run]) -> Markup:
    """Running text as LaTeX."""
    return Markup("").join(map(_run, runs))


def _run(run: Run) -> Markup:
    text = Markup(_STYLES[run.style]).format(escape(run.text))
    link = Markup("\\hyperlink{{{}}}{{\\linktext{{{}}}}}")
    return link.format(_anchor(run.target), text) if run.target else text


def _cells(line: Line) -> Markup:
    pads = line.pads or (0,) * len(line.texts)
    return Markup("").join(
        Markup(f" & \\pad{{{pad}}}" if pad else " & ") + escape(text)
        for text, pad in zip(line.texts[1:], pads[1:], strict=True)
    )
