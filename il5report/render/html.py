"""The report as a folder of HTML that works offline."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from il5report.display.model import (
    FIGURE_SPACE,
    Body,
    Cell,
    Document,
    Figure,
    Head,
    Listing,
    Row,
    Run,
    Table,
)
from il5report.render.contents import entries, tree
from il5report.render.grid import grid, runs
from il5report.render.scripts import Part, write_scripts
from il5report.render.svg import inline
from il5report.render.text import clean, kind_of, name, with_texts
from il5report.render.widths import DIGIT_EM, width_em
from il5report.templating import environment, fill, templates

TEXT_EM = 20.0  # a column with wider texts holds sentences: these wrap
SHORT = 16  # characters
SCRIPTS = ("report.js", "tables.js", "panel.js", "figures.js", "search.js")
ASSETS = ("report.css", *SCRIPTS)


def render_html(doc: Document, folder: Path, parts: Iterable[Part] = ()) -> None:
    """Write ``index.html`` and its assets.

    Parameters
    ----------
    doc : Document
        What to print.
    folder : Path
        Existing folder to write to.
    parts : iterable of (name, data)
        How the numbers came about, for the scripts of the page: loaded when a reader asks.

    Raises
    ------
    TemplateError
        A template names something that does not exist.
    """
    doc = with_texts(doc, clean)
    sections = entries(doc.sections)
    values = {"doc": doc, "sections": sections, "contents": tree(sections), "scripts": SCRIPTS}
    page = fill(_environment(), "report.html", **values)
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    (folder / "assets").mkdir(exist_ok=True)
    for asset in ASSETS:
        shutil.copyfile(templates() / "html" / asset, folder / "assets" / asset)
    write_scripts(parts, folder / "assets")


@cache
def _environment() -> jinja2.Environment:
    env = environment("html", autoescape=True)
    env.filters["css_string"] = css_string
    env.filters["anchor"] = name
    env.globals.update(
        groups=groups,
        inline=inline_runs,
        listing_rows=listing_rows,
        spans=spans,
        drawing=drawing,
        kind_of=kind_of,
        is_wide=is_wide,
    )
    return env


def css_string(text: str) -> Markup:
    """Text as a quoted CSS string in which nothing but letters and digits stands unescaped."""
    inside = (c if c.isascii() and c.isalnum() else f"\\{ord(c):X} " for c in text)
    return Markup('"' + "".join(inside) + '"')


def drawing(figure: Figure, key: str, title: str) -> Markup:
    """The figure as inline SVG."""
    return inline(figure, name(key), title)


def is_wide(body: Body) -> bool:
    """Whether paper must be turned for it: all listings, and tables that need it."""
    return isinstance(body, Listing) or (isinstance(body, Table) and grid(body).landscape)


def spans(heads: Sequence[Head]) -> list[tuple[str, int, int]]:
    """Upper head line: (span, columns, first column); without a span the head stands two high."""
    first = 0
    line = []
    for text, columns in runs(heads):
        line.append((text, columns, first))
        first += columns
    return line


@dataclass(frozen=True)
class Printed:
    """A row whose cells are one piece of markup: a template then prints a row in two steps."""

    kind: str
    indent: int
    label: str
    cells: Markup


def groups(table: Table) -> Iterator[list[Printed]]:
    """Rows of a table in the groups that its outermost headings open."""
    opening = [_cell_opening(table, j) for j in range(len(table.heads) - 1)]
    group: list[Printed] = []
    for row in table.rows:
        if row.kind == "heading" and row.indent == 0 and group:
            yield group
            group = []
        group.append(Printed(row.kind, row.indent, row.label, _cells(row, opening)))
    yield group


def _cell_opening(table: Table, j: int) -> tuple[str, str]:
    """Opening of the cells of column `j` (of the cells), and the rest with a place for the text.

    A centred column is centred as a block: its texts start at one line, where their pads count.
    """
    cells = [row.cells[j] for row in table.rows if j < len(row.cells)]
    em = max((width_em(cell.text) + DIGIT_EM * cell.pad for cell in cells), default=0.0)
    align = table.heads[j + 1].align
    if em > TEXT_EM:
        return f'<td class="{"right text" if align == "right" else "text"}"', ">{}</td>"
    if align == "center":
        return (
            '<td class="block"',
            f'><span style="min-width:{em / DIGIT_EM:.1f}ch">{{}}</span></td>',
        )
    return f"<td{_aligned(align)}", ">{}</td>"


def _aligned(align: str) -> str:
    """The class of a cell; texts stand on the left without one."""
    return "" if align == "left" else f' class="{align}"'


def _cells(row: Row, opening: Sequence[tuple[str, str]]) -> Markup:
    return Markup("").join(
        _cell(cell, *around) for cell, around in zip(row.cells, opening, strict=False)
    )


def _refs(refs: Sequence[int]) -> Markup:
    return Markup(f' data-ard="{" ".join(map(str, refs))}"') if refs else Markup("")


def inline_runs(runs: Sequence[Run]) -> Markup:
    """Running text: a number carries its rows of the ARD as a cell does."""
    return Markup("").join(map(_run, runs))


_STYLES = {"plain": "span", "strong": "strong", "emphasis": "em"}


def _run(run: Run) -> Markup:
    text = escape(run.text)
    if run.style != "plain" or run.refs:
        tag, refs = Markup(_STYLES[run.style]), _refs(run.refs)
        text = Markup("<{0}{1}>{2}</{0}>").format(tag, refs, text)
    if run.target:
        text = Markup('<a href="#{}">{}</a>').format(name(run.target), text)
    return text


def _cell(cell: Cell, opening: str, rest: str) -> Markup:
    return (
        Markup(opening)
        + _refs(cell.refs)
        + Markup(rest).format(FIGURE_SPACE * cell.pad + cell.text)
    )


def _stays_whole(texts: Sequence[str]) -> bool:
    """Whether a column holds short texts without a blank, such as dates: none is broken."""
    return all(len(text) <= SHORT and " " not in text for text in texts)


def listing_rows(listing: Listing) -> Iterator[Markup]:
    """Each record as table cells; one step per row, so that time grows with the rows alone."""
    whole = [_stays_whole(column) for column in zip(*listing.rows, strict=True)]
    classes = (
        " ".join(filter(None, [head.align.replace("left", ""), "whole" if one else ""]))
        for head, one in zip(listing.heads[1:], whole[1:], strict=True)
    )
    cells = "".join(f'<td class="{name}">%s</td>' if name else "<td>%s</td>" for name in classes)
    pattern = '<th scope="row">%s</th>' + cells
    for row in listing.rows:
        yield Markup(pattern % tuple(map(escape, row)))
