"""Which records of a frame meet conditions, where many are asked of the same records."""

from __future__ import annotations

from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Comparison, Condition, Value, expression, literal

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
        self._as_numbers: dict[str, _Numbers] = {}

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
        if len(c.values) > FEW or not isinstance(column.dtype, _COMPARED):
            where = pl.repeat(True, pl.len()) & expression(c, {c.variable: column.dtype})
            return column.to_frame().select(where).to_series().to_numpy()
        if not c.values and c.comparator in ("EQ", "NE"):  # missing
            none = column.is_null() if column.null_count() else np.zeros(len(column), np.bool_)
            missing = np.asarray(none)
            return missing if c.comparator == "EQ" else ~missing
        of = _Texts(column) if column.dtype == pl.String else self._numbers(column)
        match c.comparator:
            case "GT":
                return of.above(c.values[0])
            case "GE":
                return of.above(c.values[0]) | of.equal(c.values[0])
            case "LT":
                return of.below(c.values[0])
            case "LE":
                return of.below(c.values[0]) | of.equal(c.values[0])
        found = np.zeros(len(column), np.bool_)
        for value in c.values:
            found |= of.equal(value)
        return found if c.comparator in ("EQ", "IN") else ~found

    def _numbers(self, column: pl.Series) -> _Numbers:
        if column.name not in self._as_numbers:
            self._as_numbers[column.name] = _Numbers(column)
        return self._as_numbers[column.name]


_COMPARED = (pl.String, pl.Float64, pl.Date, pl.Datetime)


class _Numbers:
    """Numbers to be compared, and dates as what they are counted by. A number that is none (NaN)
    is above all others, as polars has it."""

    def __init__(self, column: pl.Series) -> None:
        self._kind = column.dtype
        self._values = column.to_physical().cast(pl.Float64).to_numpy()  # NaN where missing
        self._none = np.isnan(self._values) & column.is_not_null().to_numpy()

    def _number(self, value: Value) -> float:
        if self._kind == pl.Float64:
            return float(value)
        return float(pl.Series([literal(value, self._kind)], dtype=self._kind).to_physical()[0])

    def above(self, value: Value) -> Mask:
        return np.asarray((self._values > self._number(value)) | self._none)

    def below(self, value: Value) -> Mask:
        return np.asarray(self._values < self._number(value))

    def equal(self, value: Value) -> Mask:
        return np.asarray(self._values == self._number(value))


class _Texts:
    """Texts to be compared."""

    def __init__(self, column: pl.Series) -> None:
        self._values = column

    def above(self, value: Value) -> Mask:
        return _true(self._values > value)

    def below(self, value: Value) -> Mask:
        return _true(self._values < value)

    def equal(self, value: Value) -> Mask:
        return _true(self._values == value)


def _true(column: pl.Series) -> Mask:
    """Where a column is true, and not missing."""
    return np.asarray(column.cast(pl.UInt8).to_numpy() == 1)
