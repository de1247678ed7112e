"""Which records of a frame meet conditions, where many are asked of the same records."""

from __future__ import annotations

from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Comparison, Condition, expression

Mask = NDArray[np.bool_]
FEW = 8  # values of a list that are compared one by one
HELD = 2**27  # bytes of comparisons that are remembered


class Masks:
    """Evaluates conditions as `conditions.expression` does, each comparison once.

    Parameters
    ----------
    frame : pl.DataFrame
        The records, with the variables that the conditions use.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._comparisons: dict[Comparison, Mask] = {}

    def __call__(self, condition: Condition | None) -> Mask:
        """Which records meet the condition, as an array to be read only; None: all of them."""
        if condition is None:
            return np.ones(self.frame.height, np.bool_)
        if isinstance(condition, Comparison):
            if condition not in self._comparisons:
                if (len(self._comparisons) + 1) * self.frame.height > HELD:
                    self._comparisons.clear()
                self._comparisons[condition] = self.compare(condition)
            return self._comparisons[condition]
        parts = [self(part) for part in condition.parts]
        if condition.operator == "NOT":
            return ~parts[0]
        return reduce(np.logical_and if condition.operator == "AND" else np.logical_or, parts)

    def column(self, variable: str) -> pl.Series:
        """A variable of the records."""
        return self.frame.get_column(variable)

    def compare(self, c: Comparison) -> Mask:
        """Which records meet a comparison."""
        column = self.column(c.variable)
        plain = column.dtype == pl.String or column.dtype.is_numeric()
        if not plain or len(c.values) > FEW:
            where = pl.repeat(True, pl.len()) & expression(c, {c.variable: column.dtype})
            return column.to_frame().select(where).to_series().to_numpy()
        if not c.values and c.comparator in ("EQ", "NE"):  # missing
            none = column.is_null() if column.null_count() else np.zeros(len(column), np.bool_)
            missing = np.asarray(none)
            return missing if c.comparator == "EQ" else ~missing
        match c.comparator:
            case "GT":
                return _true(column > c.values[0])
            case "GE":
                return _true(column >= c.values[0])
            case "LT":
                return _true(column < c.values[0])
            case "LE":
                return _true(column <= c.values[0])
        found = np.zeros(len(column), np.bool_)
        for value in c.values:
            found |= _true(column == value)
        return found if c.comparator in ("EQ", "IN") else ~found


def _true(column: pl.Series) -> Mask:
    """Where a column is true, and not missing."""
    return np.asarray(column.cast(pl.UInt8).to_numpy() == 1)
