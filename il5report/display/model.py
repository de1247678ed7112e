"""What a display is once its texts are made: the only thing that render and templates see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

FIGURE_SPACE = "\u2007"  # as wide as a figure


class Cell(NamedTuple):
    """One text, and the rows of the ARD that it shows.

    Attributes
    ----------
    text : str
        Final text; the same in every format. Plain text: each renderer escapes it.
    pad : int
        Figure-wide blanks before the text, so that the numbers of a column line up.
    refs : tuple of int
        Row keys of the ARD (column ``row``).
    """

    text: str
    pad: int = 0
    refs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Head:
    """Head of one column: label, a second line such as ``N=20``, and what spans above it."""

    label: str
    detail: str = ""
    span: str = ""
    align: Literal["left", "right", "center"] = "left"


@dataclass(frozen=True)
class Row:
    """One row of a table: the row label (first column) and one cell per further column.

    `kind` ``"heading"`` is a label over the rows below it (no cells); ``"total"`` is set off.
    """

    label: str
    cells: tuple[Cell, ...] = ()
    indent: int = 0
    kind: Literal["data", "heading", "total"] = "data"


@dataclass(frozen=True)
class Table:
    """Heads (the first is the row labels') and rows. `empty` is printed instead of no rows."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    empty: str = ""


@dataclass(frozen=True)
class Listing:
    """Records, one per row, already as texts in printing order. `empty` as in `Table`."""

    heads: tuple[Head, ...]
    rows: Sequence[tuple[str, ...]]
    empty: str = ""


@dataclass(frozen=True)
class Mark:
    """A point, bar or step of a figure: a rectangle in points from the upper left of the drawing,
    and its values in words."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Figure:
    """A drawing, and what it shows in words.

    Attributes
    ----------
    svg : str
        The drawing, its text as text; byte-identical from run to run.
    description : str
        Text alternative: what is plotted and what is to be seen.
    width_mm, height_mm : float
    refs : rows of the ARD drawn.
    marks : what a reader can point at.
    empty : only sentences, which say that there is nothing to draw.
    """

    svg: str
    description: str
    width_mm: float
    height_mm: float
    refs: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    empty: bool = False


Body: TypeAlias = Table | Figure | Listing


@dataclass(frozen=True)
class Display:
    """A table, figure or listing with all that stands around it.

    Attributes
    ----------
    id : str
        Output id; the anchor in every format.
    number, title : str
        E.g. ``"14.3.1.6"``, ``"Cytokine release syndrome by maximum ASTCT grade"``.
    subtitle : str
        Analysis set line, e.g. ``"Safety set (N=20)"``.
    footnotes : tuple of str
        Method, interval, grading version, abbreviations; in printing order.
    source : str
        Source data sets and data cut-off.
    in_text : bool
        Stands in the running text; any other display opens a page.
    """

    id: str
    kind: Literal["table", "figure", "listing"]
    number: str
    title: str
    subtitle: str
    body: Body
    footnotes: tuple[str, ...] = ()
    source: str = ""
    in_text: bool = False


@dataclass(frozen=True)
class Run:
    """A stretch of running text: plain text, which each renderer escapes.

    Attributes
    ----------
    text : str
    refs : tuple of int
        Rows of the ARD that it shows, as in `Cell`.
    target : str
        Id of the display, or anchor of the section, that it leads to; empty: none.
    """

    text: str
    refs: tuple[int, ...] = ()
    target: str = ""
    style: Literal["plain", "strong", "emphasis"] = "plain"


@dataclass(frozen=True)
class Paragraph:
    """Running text. A ``"place"`` is one that the writer has still to fill; a ``"heading"`` stands
    over the paragraphs below it and is in no contents."""

    runs: tuple[Run, ...]
    kind: Literal["text", "heading", "place"] = "text"

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Items:
    """A list of texts, bulleted or numbered from 1."""

    items: tuple[tuple[Run, ...], ...]
    ordered: bool = False


Block: TypeAlias = Paragraph | Items | Table | Listing | Display


def paragraph(text: str) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph((Run(text),))


@dataclass(frozen=True)
class Section:
    """A numbered section; `depth` 1 is the highest. Sections are a flat list in reading order.

    `individual`: shows single subjects; a report of aggregates leaves it out.
    `key` is its anchor where that is not made of the number.
    """

    number: str
    title: str
    depth: int
    blocks: tuple[Block, ...] = ()
    individual: bool = False
    key: str = ""

    @property
    def anchor(self) -> str:
        return self.key or "section-" + (self.number or self.title.lower()).replace(
            ".", "-"
        ).replace(" ", "-")


@dataclass(frozen=True)
class Document:
    """The whole report, ready for a template.

    Attributes
    ----------
    title, subtitle : str
    facts : tuple of (label, value)
        Title-page lines: protocol, registry number, phase, sponsor, data cut-off ...
    banner : str
        Printed on every page, e.g. that the data are synthetic; may be empty.
    status : str
        Draft mark printed on every page, e.g. ``"DRAFT"``; may be empty.
    header : str
        Short running head (protocol number and title).
    date : str
        ISO date of the data (cut-off); the only date in the document.
    language : str
        BCP 47 tag, e.g. ``"en"``.
    fonts : tuple of Path
        Files of fonts, for writing that the PDF's own lack.
    """

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    banner: str = ""
    status: str = ""
    header: str = ""
    date: str = ""
    language: str = "en"
    keywords: tuple[str, ...] = field(default=())
    fonts: tuple[Path, ...] = ()

    def displays(self) -> list[Display]:
        """All displays in reading order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Display)]
