"""Cells that several tables print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from il5report.display.model import Cell
from il5report.display.view import Numbers


def of_part(numbers: Numbers, percent: bool = True) -> Cell:
    """``n/N (x.x%)``, for counts among a part of the column's subjects."""
    cell = numbers.n_percent() if percent else numbers.count_alone()
    n, ratio = str(numbers.count("n")), numbers.n_of_total()
    return Cell(ratio.text + cell.text[len(n) :], refs=(*cell.refs, *numbers.refs("N")))


def cells(
    places: Iterable[Numbers], pattern: str, show: Mapping[str, Callable[[float], str]]
) -> tuple[Cell, ...]:
    """The same pattern at every place."""
    return tuple(numbers.cell(pattern, show) for numbers in places)
