"""Distinct subjects with records, for many levels and columns of a table at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.incidence import incidence, worst_incidence
from il5report.conditions import Condition, all_of
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
    dataset : whose records are counted.
    subset : which of them, of the set's subjects.
    by : the text variables whose values make the levels.
    marks : conditions, such as a severity band, each counted apart.
    grades : conditions that exclude each other, from mild to severe: a subject counts with the
        worst that a record of the level meets.
    """

    def __init__(
        self,
        ctx: Context,
        dataset: str,
        subset: Condition | None,
        by: Sequence[str],
        marks: Mapping[str, Condition | None],
        grades: Mapping[str, Condition] = {},
    ) -> None:
        study, chosen = ctx.study, np.flatnonzero(ctx.chosen(dataset, subset))
        self._members = [
            study.meeting("ADSL", all_of(ctx.set_where, column.where)) for column in ctx.columns
        ]
        self._who = study.places(dataset)[chosen]
        coded = study.coded(dataset, by)
        self._values = {name: of.values for name, of in coded.items()}
        self._codes = {name: of.places[chosen] for name, of in coded.items()}
        self._marks: dict[str, NDArray[np.intp] | None] = {}
        for mark, where in marks.items():
            met = study.meeting(dataset, where)[chosen]
            self._marks[mark] = None if met.all() else np.flatnonzero(met)
        self._grades = tuple(grades)
        self._rank = np.zeros(len(chosen), np.min_scalar_type(len(grades)))
        for place, where in enumerate(grades.values(), 1):
            graded = self._rank.dtype.type(place) * study.meeting(dataset, where)[chosen]
            np.maximum(self._rank, graded, out=self._rank)

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
