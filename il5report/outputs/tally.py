"""Distinct subjects with records, for many levels and columns of a table at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.incidence import incidence, worst_incidence
from il5report.conditions import Condition
from il5report.masks import Masks
from il5report.output import Context

Codes: TypeAlias = NDArray[np.int32]


class Counted(NamedTuple):
    """Distinct subjects per level and column: `levels` of the `by` variables, a count array of
    shape (levels, columns) for each mark and each worst grade."""

    levels: pl.DataFrame
    counts: Mapping[str, NDArray[np.int64]]


class Tally:
    """Counts subjects with records, level by level.

    Parameters
    ----------
    records : polars.DataFrame
        Records of the set's subjects, in any order and number.
    by : the text variables whose values make the levels.
    marks : conditions, such as a severity band, each counted apart.
    grades : conditions that exclude each other, from mild to severe: a subject counts with the
        worst that a record of the level meets.
    """

    def __init__(
        self,
        ctx: Context,
        records: pl.DataFrame,
        by: Sequence[str],
        marks: Mapping[str, Condition | None],
        grades: Mapping[str, Condition] = {},
    ) -> None:
        self._members, self._who = ctx.split(ctx.subjects), ctx.places(records)
        self._values, self._codes = _coded(records, by)
        masks = Masks(records)
        inside = {mark: masks(where) for mark, where in marks.items()}
        self._marks = {mark: None if m.all() else np.flatnonzero(m) for mark, m in inside.items()}
        self._grades = tuple(grades)
        self._rank = np.zeros(records.height, np.min_scalar_type(len(grades)))
        for place, where in enumerate(grades.values(), 1):
            np.maximum(self._rank, self._rank.dtype.type(place) * masks(where), out=self._rank)

    def by(self, *variables: str) -> Counted:
        """Counts for each combination of the variables' values; without any, one count."""
        levels, kind = self._levels(variables)
        kinds, members = levels.height, self._members
        worst = worst_incidence(
            self._who, kind, self._rank, kinds=kinds, ranks=len(self._grades) + 1, members=members
        ).n
        counts = {
            mark: worst.sum(axis=1)
            if inside is None
            else incidence(self._who[inside], kind[inside], kinds=kinds, members=members).n
            for mark, inside in self._marks.items()
        }
        counts |= {grade: worst[:, i] for i, grade in enumerate(self._grades, 1)}
        return Counted(levels, counts)

    def _levels(self, variables: Sequence[str]) -> tuple[pl.DataFrame, Codes]:
        """The distinct combinations, and the position of each record's among them."""
        if not variables:
            return pl.DataFrame({"": [""]}), np.zeros_like(self._who)
        sizes = [self._values[name].len() for name in variables]
        codes = np.ravel_multi_index([self._codes[name] for name in variables], sizes)
        used = np.zeros(prod(sizes), np.bool_)
        used[codes] = True
        places = np.unravel_index(np.flatnonzero(used), sizes)
        position = np.cumsum(used, dtype=np.int32) - 1
        values = zip(variables, places, strict=True)
        return pl.DataFrame([self._values[name].gather(i) for name, i in values]), position[codes]


def _coded(
    records: pl.DataFrame, by: Sequence[str]
) -> tuple[dict[str, pl.Series], dict[str, Codes]]:
    """The values of each variable, missing last, and the position of each record's among them. One
    query each, so that the columns are read side by side."""
    distinct = records.select(
        pl.lit("").alias(""), *(pl.col(n).unique().drop_nulls().sort().implode() for n in by)
    ).row(0)[1:]
    kinds = {name: pl.Enum(values) for name, values in zip(by, distinct, strict=True)}
    coded = records.select(
        pl.col(name).cast(kind).to_physical().cast(pl.Int32).fill_null(len(kind.categories))
        for name, kind in kinds.items()
    )
    values = {
        name: pl.Series(name, [*found, None], pl.String)
        for name, found in zip(by, distinct, strict=True)
    }
    return values, {name: coded[name].to_numpy() for name in kinds}
