"""Tables and listings on paper: column widths, portrait or landscape, more panels when too wide.

Widths come from one table of character widths (the wider of the two print fonts), so that both
paper formats break in the same places and a layout never needs the type-setter's help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from il5report.display.model import Head, Listing, Table
from il5report.render.text import BREAK

PORTRAIT_MM = 170.0
LANDSCAPE_MM = 257.0
GAP_MM = 3.0  # between columns
INDENT_MM = 3.0  # per level of a row label
SIZES_PT = (9.0, 8.0)  # tried in this order, each upright and then landscape
LABEL_MM = 52.0  # a row label may be this wide before it wraps
CELL_MM = 30.0  # a cell with more than one word may be this wide before it wraps
WORD_MM = 36.0  # a longer word is broken

LINE_EM = 15.0  # a wider word in running text or a title may be broken
DIGIT_EM = 0.52
_MM_PER_PT = 25.4 / 72
_BOLD = 1.12
_EM: dict[str, float] = {
    char: width
    for width, chars in {
        0.25: " ",
        0.29: "lijI',.:;|",
        0.36: "f!-[]rt",
        0.41: "()`s",
        0.46: 'z"ce',
        0.52: "?Jxav$*/0123456789\\gkoy{}",
        0.55: "bdpqhunL^~",
        0.60: "SFEZ",
        0.70: "CPRBGVXY_ATU",
        0.76: "KHNDwOQ&",
        0.82: "m+<=>",
        0.90: "#%@M",
        0.98: "W",
        0.0: BREAK,
    }.items()
    for char in chars
}


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
    widths, shifts : tuple of float
        Width of each column and the blank left of its (left-aligned) texts, in mm.
    lines : tuple of Line
    """

    heads: tuple[Head, ...]
    spans: tuple[tuple[str, int], ...]
    widths: tuple[float, ...]
    shifts: tuple[float, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Grid:
    """A laid-out table or listing: page direction, font size in points, panels."""

    landscape: bool
    size: float
    panels: tuple[Panel, ...]
    empty: str


def width_em(text: str) -> float:
    """Width of `text` in units of the font size, generously."""
    return sum([_EM.get(char, 0.7) for char in text])


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
        that repeat the first column.
    """
    lines = _lines(body)
    heads = body.heads
    stretch = isinstance(body, Table)
    columns = [_measured(heads[j], lines, j, stretch) for j in range(len(heads))]
    for size in SIZES_PT:
        for landscape in (False, True):
            page = LANDSCAPE_MM if landscape else PORTRAIT_MM
            if _least([c.at(size) for c in columns]) <= page:
                return _grid(body, lines, [c.at(size) for c in columns], landscape, size)
    return _grid(body, lines, [c.at(SIZES_PT[-1]) for c in columns], True, SIZES_PT[-1])


@dataclass(frozen=True)
class _Column:
    """Widths of a column in em or mm: longest text, longest word, and the text alone (no head)."""

    natural: float
    word: float
    text: float
    limit: float = CELL_MM

    def at(self, size: float) -> _Column:
        mm = size * _MM_PER_PT
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
    em = INDENT_MM / (SIZES_PT[0] * _MM_PER_PT)
    texts = {
        (line.texts[j], line.indent * em if label else _pad(line, j))
        for line in lines
        if j < len(line.texts) and line.kind != "heading"
    }
    text = max((width_em(t) + blank for t, blank in texts), default=0.0)
    word = max((_word(t) + blank for t, blank in texts), default=0.0)
    title = _BOLD * max(_word(head.label), width_em(head.detail))
    if is_table and not label:  # numbers stay on one line
        word = text if text < CELL_MM / (SIZES_PT[0] * _MM_PER_PT) else word
    return _Column(max(text, title), max(word, title), text, LABEL_MM if label else CELL_MM)


def _pad(line: Line, j: int) -> float:
    return DIGIT_EM * line.pads[j] if line.pads else 0.0


def _word(text: str) -> float:
    return max(map(width_em, text.replace("-", "- ").replace(BREAK, " ").split(" ")))


def _least(columns: Sequence[_Column]) -> float:
    return sum(c.least for c in columns) + GAP_MM * (len(columns) - 1)


def _grid(
    body: Table | Listing,
    lines: tuple[Line, ...],
    columns: Sequence[_Column],
    landscape: bool,
    size: float,
) -> Grid:
    page = LANDSCAPE_MM if landscape else PORTRAIT_MM
    groups = _groups(columns, page)
    panels = tuple(_panel(body, lines, columns, group, (page, size)) for group in groups)
    return Grid(landscape, size, panels, body.empty)


def _groups(columns: Sequence[_Column], page: float) -> list[list[int]]:
    """Column numbers of each panel; the first column stands in all."""
    groups = [[0]]
    for j in range(1, len(columns)):
        if len(groups[-1]) > 1 and _least([columns[i] for i in (*groups[-1], j)]) > page:
            groups.append([0])
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
    em = [w / (size * _MM_PER_PT) for w in widths]
    heads = tuple(_cut_head(body.heads[j], w / _BOLD) for j, w in zip(group, em, strict=True))
    shifts = tuple(
        max(0.0, round((w - columns[j].text) / 2, 2))
        if is_table and j > 0 and body.heads[j].align == "center"
        else 0.0
        for j, w in zip(group, widths, strict=True)
    )
    return Panel(heads, runs(heads), widths, shifts, tuple(_cut(ln, group, em) for ln in lines))


def _widths(columns: Sequence[_Column], page: float, is_table: bool) -> tuple[float, ...]:
    """Shares of the page width: least first, then up to natural, the rest to the row labels."""
    room = page - GAP_MM * (len(columns) - 1)
    least = [c.least for c in columns]
    shrink = min(1.0, room / sum(least))
    widths = [w * shrink for w in least]
    wanted = [max(0.0, c.natural - w) for c, w in zip(columns, widths, strict=True)]
    spare = room - sum(widths)
    if sum(wanted):
        share = min(1.0, spare / sum(wanted))
        widths = [w + share * more for w, more in zip(widths, wanted, strict=True)]
    spare = room - sum(widths)
    weights = [1.0 + (is_table and j == 0) for j in range(len(columns))]
    extra = [spare * weight / sum(weights) for weight in weights]
    return tuple(_down(w + more) for w, more in zip(widths, extra, strict=True))


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
    return Head(breakable(head.label, em), breakable(head.detail, em), head.span, head.align)


def _cut(line: Line, group: Sequence[int], em: Sequence[float]) -> Line:
    """The texts of one panel; a word longer than its column may be broken anywhere."""
    if line.kind == "heading":
        return Line(line.kind, line.indent, (breakable(line.texts[0], sum(em)),))
    texts = tuple(breakable(line.texts[j], w) for j, w in zip(group, em, strict=True))
    return Line(line.kind, line.indent, texts, tuple(line.pads[j] for j in group if line.pads))


def breakable(text: str, em: float = LINE_EM) -> str:
    """`text` with break points in each word that is wider than `em`."""
    if len(text) < em or _word(text) <= em:  # no character is wider than an em
        return text
    return " ".join(w if _word(w) <= em else BREAK.join(w) for w in text.split(" "))
