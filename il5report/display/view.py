"""A view of ARD rows: find numbers by where they stand, and put them into cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import compress, repeat, zip_longest
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl

from il5report.display.model import FIGURE_SPACE, Cell, Head, Row, Table
from il5report.display.rounding import fixed, n_percent, p_value

NE = "NE"
Place: TypeAlias = tuple[str | float | None, ...]
_PLACE = ("analysis", "column", "group", "variable", "level", "paramcd", "visit", "time")
_LEADING = re.compile(r"^[(<>]?(-?\d+)")


# Of the ARD: value (None where not estimable), reason, row key. A plain tuple: tables have many.
Number: TypeAlias = tuple[float | None, str, int]


class Numbers(NamedTuple):
    """The statistics of one place in a display, by ``stat_name``."""

    stats: Mapping[str, Number]

    def __bool__(self) -> bool:
        return bool(self.stats)

    def value(self, name: str) -> float | None:
        return self.stats[name][0]

    def reason(self, name: str) -> str:
        """Why there is no value; empty where there is one."""
        return self.stats[name][1]

    def count(self, name: str) -> int:
        """A number that is a count."""
        value = self.stats[name][0]
        if value is None:
            raise ValueError(f"{name} is a count and has no value")
        return int(value)

    def refs(self, *names: str) -> tuple[int, ...]:
        return tuple([self.stats[name][2] for name in names])

    def n_percent(self) -> Cell:
        """``n (xx.x%)``; the count alone where there is no denominator."""
        return Cell(_share(self.count("n"), self.count("N")), refs=self.refs("n", "p"))

    def count_alone(self) -> Cell:
        """``n`` without a percentage."""
        return Cell(str(self.count("n")), refs=self.refs("n"))

    def n_of_total(self) -> Cell:
        """``n/N``."""
        return Cell(f"{self.count('n')}/{self.count('N')}", refs=self.refs("n", "N"))

    def text(self, name: str, show: Callable[[float], str]) -> str:
        """The number through `show`, or NE."""
        value = self.stats[name][0]
        return NE if value is None else show(value)

    def cell(self, pattern: str, show: Mapping[str, Callable[[float], str]]) -> Cell:
        """A pattern such as ``"{mean} ({sd})"``, each statistic through its function."""
        texts = {name: self.text(name, how) for name, how in show.items()}
        return Cell(pattern.format(**texts), refs=self.refs(*show))

    def p_value(self, name: str) -> Cell:
        return Cell(self.text(name, p_value), refs=self.refs(name))


class View:
    """The ARD rows of one output, indexed by where they stand."""

    def __init__(self, ard: pl.DataFrame) -> None:
        self.ard = self._rows = ard
        self._index = _places(ard)
        if sum(map(len, self._index.values())) < ard.height:  # the numbers of one stand apart
            self._rows = ard.sort(_PLACE, maintain_order=True)
            self._index = _places(self._rows)
        self._names: list[str] = self._rows["stat_name"].to_list()
        values = (self._rows[name].to_list() for name in ("stat", "reason", "row"))
        self._numbers: list[Number] = list(zip(*values, strict=True))

    def at(  # noqa: PLR0913 - the coordinates of a number
        self,
        analysis: str,
        column: str = "",
        *,
        group: str = "",
        variable: str = "",
        level: str = "",
        paramcd: str = "",
        visit: str = "",
        time: float | None = None,
    ) -> Numbers:
        """The numbers at a place; empty (false) where the ARD has none."""
        key = (analysis, column, group, variable, level, paramcd, visit, time)
        names, numbers, found = self._names, self._numbers, self._index.get(key, ())
        return Numbers({names[i]: numbers[i] for i in found})

    def n_percents(
        self,
        across: Iterable[tuple[str, str]],
        group: str = "",
        variable: str = "",
        level: str = "",
    ) -> tuple[Cell, ...]:
        """A line of a table: `Numbers.n_percent` at each analysis and column."""
        rest = (group, variable, level, "", "", None)
        return tuple([self._shares[(*place, *rest)] for place in across])

    @cached_property
    def _shares(self) -> Mapping[Place, Cell]:
        """The cell of each place whose numbers are n, N and n/N: one by one takes long."""
        size = np.array([len(found) for found in self._index.values()], np.int64)
        three = self._rows.filter(pl.Series(np.repeat(size == 3, size)))
        names, values, rows = (
            three[column].to_numpy().reshape(-1, 3) for column in ("stat_name", "stat", "row")
        )
        counted = (names == ["n", "N", "p"]).all(axis=1)
        n, total, _ = values[counted].T.tolist()
        first, _, share = rows[counted].T.tolist()
        texts = map(_share, map(int, n), map(int, total))
        cells = map(Cell, texts, repeat(0), zip(first, share, strict=True))
        places = compress(compress(self._index, size == 3), counted)
        return dict(zip(places, cells, strict=True))

    def only(self, analysis: str, **equal: str) -> pl.DataFrame:
        """The rows of an analysis where the named columns equal the texts given."""
        return self.ard.filter(
            pl.col("analysis") == analysis, *(pl.col(k) == v for k, v in equal.items())
        )

    def column_heads(
        self, names: Sequence[str], first: str = "", bands: Sequence[str] = ()
    ) -> tuple[Head, ...]:
        """The row-label head and one head per column with its N, or under it one per band."""
        heads = [Head(first)]
        for name in names:
            size = f"(N={self.at('columns', name).count('N')})"
            parts = [Head(band, span=f"{name} {size}", align="center") for band in bands]
            heads += parts or [Head(name, size, align="center")]
        return tuple(heads)


def _places(rows: pl.DataFrame) -> dict[Place, range]:
    """Where the numbers of each place stand, if they follow each other."""
    runs = rows.select(pl.struct(_PLACE).rle().alias("run")).unnest("run")
    ends = runs["len"].cum_sum().to_list()
    found = map(range, [0, *ends[:-1]], ends)
    return dict(zip(runs["value"].struct.unnest().rows(), found, strict=True))


def _share(n: int, total: int) -> str:
    """``n (xx.x%)``; the count alone where there is no denominator."""
    return n_percent(n, total) if total else str(n)


def percent_value(value: float) -> str:
    """A proportion as a percentage with one decimal, without the sign."""
    return fixed_of(1)(100 * value)


def fixed_of(digits: int) -> Callable[[float], str]:
    """`fixed` with its digits set."""
    return lambda value: fixed(value, digits)


def whole(value: float) -> str:
    """A whole number."""
    return fixed(value, 0)


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_MICRO = re.compile(r"(?<![A-Za-z])u(?=(?:g|L|mol|m|IU|U)\b)")


def raised(number: int) -> str:
    """A number as a superscript."""
    return str(number).translate(_RAISED)


def unit_text(unit: str) -> str:
    """A unit of the data as it is printed: ``10^9/L`` as 10⁹/L, ``days*ug/uL`` as days·µg/µL."""
    powers = re.sub(r"\^(-?\d+)", lambda power: power[1].translate(_RAISED), unit)
    return _MICRO.sub("µ", powers).replace("*", "·")


def value_text(value: object) -> str:
    """A value of the data as text: whole numbers without decimals, nothing for missing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def aligned(texts: Sequence[str]) -> list[str]:
    """Texts that begin with a number, with figure-wide blanks before so that the points line up;
    others as they are."""
    found = [_LEADING.match(text) for text in texts]
    before = [len(match[0]) if match else 0 for match in found]
    widest = max(before, default=0)
    return [
        FIGURE_SPACE * (widest - own) + text if own else text
        for text, own in zip(texts, before, strict=True)
    ]


def table(heads: Sequence[Head], rows: Sequence[Row], empty: str = "") -> Table:
    """A table whose cells are padded so that the leading numbers of a column line up."""
    digits = [[_digits(cell.text) for cell in row.cells] for row in rows]
    widths = list(map(max, zip_longest(*digits, fillvalue=0)))
    padded = [
        Row(row.label, tuple(map(_padded, row.cells, own, widths)), row.indent, row.kind)
        for row, own in zip(rows, digits, strict=True)
    ]
    return Table(tuple(heads), tuple(padded), empty)


@lru_cache(maxsize=2**14)
def _digits(text: str) -> int:
    match = _LEADING.match(text)
    return len(match.group(1)) if match else 0


def _padded(cell: Cell, digits: int, width: int) -> Cell:
    return Cell(cell.text, width - digits, cell.refs) if 0 < digits < width else cell
