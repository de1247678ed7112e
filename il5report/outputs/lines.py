"""Fitted lines of a figure, as numbered points of the ARD."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from il5report.analyse.result import Result
from il5report.ard import Rows, Scope, Stat


class Line(NamedTuple):
    """A fitted line: the values `grid` along the axis that `at` names, the result `drawn` with
    arrays along them, in `unit`."""

    at: Stat
    grid: Iterable[float]
    drawn: Result
    unit: str


def add_line(rows: Rows, place: Scope, method: str, line: Line) -> None:
    """One point for each value of the grid; `variable` of the place numbers them."""
    at, grid, drawn, unit = line
    for i, value in enumerate(grid):
        stats = [at._replace(value=float(value))]
        for item in drawn.stats():
            label, height = item.metadata["label"], float(getattr(drawn, item.name)[i])
            stats.append(Stat(item.name, label, height, unit))
        rows.add(replace(place, variable=f"{i:02d}"), method, stats)
