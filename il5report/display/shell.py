"""A display as a mock shell: its numbers as ``xx.x``, everything that the plan fixes as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from il5report.display.model import Body, Cell, Figure, Head, Listing, Row, Table
from il5report.display.shell_figure import emptied
from il5report.display.view import NE

_NUMBER = re.compile(r"<?-?(?<![\w.])\d+(\.\d+)?(e[-+]?\d+)?(?![\w])")
_SIZE = re.compile(r"\d+")
SHARE, RECORDS = "xx (xx.x%)", 2
P_DECIMALS = 4  # a number with as many is a probability


def masked(text: str) -> str:
    """The text with each number as x: ``12 (60.0%)`` becomes ``xx (xx.x%)``."""
    return _NUMBER.sub(_x, text)


def _x(number: re.Match[str]) -> str:
    decimals = "x" * len(number[1] or "")
    if len(decimals) > P_DECIMALS:
        return f"x.{decimals[1:]}"
    return f"xx.{decimals[1:]}" if decimals else "xx"


def shell_of(body: Body) -> Body:
    """The body of a display without its results.

    Parameters
    ----------
    body : Table, Figure or Listing
        Made from example data whose terms are placeholders.

    Returns
    -------
    Table, Figure or Listing
        A table with the same heads and row labels; a listing with two empty records; a figure with
        its axes, titles and legend.
    """
    match body:
        case Table():
            rows = tuple(map(_row, body.rows)) or (_any_line(body),)
            return replace(body, heads=_heads(body.heads), rows=rows)
        case Listing():
            return replace(body, heads=_heads(body.heads), rows=_records(body))
        case Figure():
            return _layout(body)


def _heads(heads: Sequence[Head]) -> tuple[Head, ...]:
    """Heads; the size of a column is a result."""
    return tuple(replace(h, detail=_SIZE.sub("xx", h.detail)) for h in heads)


def _any_line(table: Table) -> Row:
    """A line for those that only the data know."""
    return Row("One line for each found in the data", (Cell(SHARE),) * (len(table.heads) - 1))


def _row(row: Row) -> Row:
    """One pattern for the cells of a row that show results: the fullest that any of them has."""
    patterns = [_pattern(cell) for cell in row.cells if cell.refs]
    if not patterns:
        return row
    fullest = max(patterns, key=len)
    cells = (Cell(fullest, refs=()) if c.refs else c for c in row.cells)
    return replace(row, cells=tuple(cells))


def _pattern(cell: Cell) -> str:
    """The cell's text with its numbers as x; no subject and NE stand for what could be there."""
    if cell.text == "0" and len(cell.refs) == 2:
        return SHARE
    shown = masked(cell.text).replace(NE, "xx.x").replace("(100%)", "(xx.x%)")
    return shown.replace("(xx%)", "(xx.x%)")


def _records(listing: Listing) -> list[tuple[str, ...]]:
    return [tuple("xxx" for _ in listing.heads)] * RECORDS


def _layout(figure: Figure) -> Figure:
    layout = emptied(figure, masked)
    return replace(layout, description=f"Layout of a figure. {masked(figure.description)}")
