"""Tables and listings on paper: column widths, portrait or landscape, more panels when too wide.

Widths come from one table of character widths (the wider of the two print fonts), so that both
paper formats break in the same places and a layout never needs the type-setter's help.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from il5report.display.model import Head, Listing, Table
from il5report.render.widths import BOLD, DIGIT_EM, breakable, em_mm, pieces, width_em, word_em

PORTRAIT_MM = 170.0
LANDSCAPE_MM = 257.0
GAP_MM = 3.0  # between columns
INDENT_MM = 3.0  # per level of a row label
SIZES_PT = (9.0, 8.0, 7.0)  # tried in this order, each upright and then landscape
LABEL_MM = 52.0  # a row label may be this wide before it wraps
CELL_MM = 30.0  # a cell with more than one word may be this wide before it wraps
AIR_MM = 14.0  # what a column of a table gets beside its longest text, where there is room
LISTING_AIR_MM = 6.0
WORD_MM = 36.0  # a longer word is broken
ROW_LINES = 25  # a row may be so high
LONG_CELLS = 60_000  # a listing with more is set row by row: a cell costs time and memory

_ROUNDED_EM = 0.01  # at least what rounding takes from a width


@dataclass(frozen=True)
class Line:
    """One printed row: texts of all columns, the row label first, and pads (figure widths)."""

    kind: str
    indent: int
    texts: tuple[str, ...]
    pads: tuple[int, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Columns that stand side by side on one page width.

    Attributes
    ----------
    heads : tuple of Head
    spans : tuple of (text, columns)
        What stands above the heads, left to right; empty without spans.
    widths, blocks : tuple of float
        Width of each column, and of its longest text where texts are centred as a block (else 0),
        in mm.
    lines : tuple of Line
    """

    heads: tuple[Head, ...]
    spans: tuple[tuple[str, int], ...]
    widths: tuple[float, ...]
    blocks: tuple[float, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Grid:
    """A laid-out table or listing: page direction, font size in points, panels."""

    landscape: bool
    size: float
    panels: tuple[Panel, ...]
    empty: str


def grid(body: Table | Listing) -> Grid:
    """Lay out a table or listing for A4 paper.

    Parameters
    ----------
    body : Table or Listing
        With texts that the fonts can show.

    Returns
    -------
    Grid
        Upright if the columns fit, else landscape, else in smaller type, else in several panels
        that repeat the first column, and of a listing the number of the record too.
    """
    lines = _lines(body)
    columns = _columns(body, lines)
    for size in SIZES_PT:
        for landscape in (False, True):
            page = LANDSCAPE_MM if landscape else PORTRAIT_MM
            if _least([c.at(size) for c in columns]) <= page:
                return _grid(body, lines, [c.at(size) for c in columns], landscape, size)
    repeated = 1
    if isinstance(body, Listing):
        body, repeated = _numbered(body), 2
        lines = _lines(body)
        columns = _columns(body, lines)
    return _grid(body, lines, [c.at(SIZES_PT[-1]) for c in columns], True, SIZES_PT[-1], repeated)


def _numbered(listing: Listing) -> Listing:
    """With the number of each record before it: its parts on several panels can be matched."""
    rows = [(str(i), *row) for i, row in enumerate(listing.rows, 1)]
    return Listing((Head("No.", align="right"), *listing.heads), rows, listing.empty)


def _columns(body: Table | Listing, lines: Sequence[Line]) -> list[_Column]:
    is_table = isinstance(body, Table)
    return [_measured(head, lines, j, is_table) for j, head in enumerate(body.heads)]


def is_long(layout: Grid) -> bool:
    """Whether a listing is too long to be set cell by cell."""
    cells = sum(len(panel.lines) * len(panel.heads) for panel in layout.panels)
    return cells > LONG_CELLS and not any(line.pads for line in layout.panels[0].lines)


@dataclass(frozen=True)
class _Column:
    """Widths of a column in em or mm: longest text, longest word, and the text alone (no head)."""

    natural: float
    word: float
    text: float
    limit: float = CELL_MM

    def at(self, size: float) -> _Column:
        mm = em_mm(size)
        return _Column(self.natural * mm, min(self.word * mm, WORD_MM), self.text * mm, self.limit)

    @property
    def least(self) -> float:
        """Width below which the column looks cramped."""
        return max(self.word, min(self.natural, self.limit))


def _lines(body: Table | Listing) -> tuple[Line, ...]:
    if isinstance(body, Listing):
        return tuple(Line("data", 0, tuple(row)) for row in body.rows)
    return tuple(
        Line(
            row.kind,
            row.indent,
            (row.label, *(cell.text for cell in row.cells)),
            (0, *(cell.pad for cell in row.cells)),
        )
        for row in body.rows
    )


def _measured(head: Head, lines: Sequence[Line], j: int, is_table: bool) -> _Column:
    """Widths of column `j` in em; indents and pads count."""
    label = is_table and j == 0
    em = INDENT_MM / em_mm(SIZES_PT[0])
    texts = {
        (line.texts[j], line.indent * em if label else _pad(line, j))
        for line in lines
        if j < len(line.texts) and line.kind != "heading"
    }
    text = max((width_em(t) + blank for t, blank in texts), default=0.0)
    word = max((word_em(t) + blank for t, blank in texts), default=0.0)
    title = BOLD * max(word_em(head.label), width_em(head.detail))
    if is_table and not label:  # numbers stay on one line
        word = text if text < CELL_MM / em_mm(SIZES_PT[0]) else word
    return _Column(max(text, title), max(word, title), text, LABEL_MM if label else CELL_MM)


def _pad(line: Line, j: int) -> float:
    return DIGIT_EM * line.pads[j] if line.pads else 0.0


def _least(columns: Sequence[_Column]) -> float:
    return sum(c.least for c in columns) + GAP_MM * (len(columns) - 1)


def _grid(
    body: Table | Listing,
    lines: tuple[Line, ...],
    columns: Sequence[_Column],
    landscape: bool,
    size: float,
    repeated: int = 1,
) -> Grid:
    page = LANDSCAPE_MM if landscape else PORTRAIT_MM
    groups = _groups(columns, page, repeated)
    panels = tuple(_panel(body, lines, columns, group, (page, size)) for group in groups)
    return Grid(landscape, size, panels, body.empty)


def _groups(columns: Sequence[_Column], page: float, repeated: int) -> list[list[int]]:
    """Column numbers of each panel; the first ones stand in all."""
    first = list(range(min(repeated, len(columns))))
    groups = [[*first]]
    for j in range(repeated, len(columns)):
        wide = _least([columns[i] for i in (*groups[-1], j)]) > page
        if len(groups[-1]) > repeated and wide:
            groups.append([*first])
        groups[-1].append(j)
    return groups


def _panel(
    body: Table | Listing,
    lines: tuple[Line, ...],
    columns: Sequence[_Column],
    group: list[int],
    paper: tuple[float, float],
) -> Panel:
    page, size = paper
    is_table = isinstance(body, Table)
    widths = _widths([columns[j] for j in group], page, is_table)
    em = [w / em_mm(size) + _ROUNDED_EM for w in widths]
    heads = tuple(_cut_head(body.heads[j], w) for j, w in zip(group, em, strict=True))
    centred = [is_table and j > 0 and head.align == "center" for j, head in enumerate(body.heads)]
    blocks = tuple(
        min(round(columns[j].text, 2), w) if centred[j] else 0.0
        for j, w in zip(group, widths, strict=True)
    )
    rows = tuple(row for line in lines for row in _cut(line, group, em))
    return Panel(heads, runs(heads), widths, blocks, rows)


def _widths(columns: Sequence[_Column], page: float, is_table: bool) -> tuple[float, ...]:
    """Shares of the page: the least first, then up to natural, so that no text wraps while there is
    room, then air; what is left stays free, so that the eye finds the number of a label."""
    room = page - GAP_MM * (len(columns) - 1)
    least = [c.least for c in columns]
    shrink = min(1.0, room / sum(least))
    widths = [w * shrink for w in least]
    natural = [max(0.0, c.natural - w) for c, w in zip(columns, widths, strict=True)]
    widths = _grown(widths, natural, room)
    air = AIR_MM if is_table else LISTING_AIR_MM
    widths = _grown(widths, [air] * len(columns), room)
    return tuple(map(_down, widths))


def _grown(widths: Sequence[float], wanted: Sequence[float], room: float) -> list[float]:
    """Widths with what they want more, or with equal shares of what there is."""
    spare = max(0.0, room - sum(widths))
    share = min(1.0, spare / sum(wanted)) if sum(wanted) else 0.0
    return [w + share * more for w, more in zip(widths, wanted, strict=True)]


def _down(width: float) -> float:
    return int(width * 100) / 100


def runs(heads: Sequence[Head]) -> tuple[tuple[str, int], ...]:
    """Spans above the heads as (text, columns), or nothing when no head has one."""
    found: list[tuple[str, int]] = []
    for head in heads:
        if found and head.span and found[-1][0] == head.span:
            found[-1] = (head.span, found[-1][1] + 1)
        else:
            found.append((head.span, 1))
    return tuple(found) if any(text for text, _ in found) else ()


def _cut_head(head: Head, em: float) -> Head:
    em = em / BOLD + 0.05  # a word that set the column's width fits
    return Head(breakable(head.label, em), breakable(head.detail, em), head.span, head.align)


def _cut(line: Line, group: Sequence[int], em: Sequence[float]) -> Iterator[Line]:
    """The texts of one panel; what is taller than a page goes on in rows below."""
    if line.kind == "heading":
        yield Line(line.kind, line.indent, (breakable(line.texts[0], sum(em)),))
        return
    texts = [
        pieces(breakable(line.texts[j], w), w * ROW_LINES) for j, w in zip(group, em, strict=True)
    ]
    pads = tuple(line.pads[j] for j in group if line.pads)
    for row in zip_longest(*texts, fillvalue=""):
        yield Line(line.kind, line.indent, row, pads)
