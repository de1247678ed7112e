"""The records and subjects that the many lines and columns of one display ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Comparison, Condition, all_of, equals
from il5report.masks import Mask, Masks
from il5report.output import Column, Context, Needs
from il5report.outputs.counting import one_per_subject


class Records:
    """Records of a data set of the set's subjects, in the order of the data.

    Parameters
    ----------
    dataset : str
        Its name.
    frame : polars.DataFrame
        The records, with the variables that are asked for.
    meet : condition -> which of the records meet it; found in `frame` where left out.
    """

    def __init__(
        self,
        ctx: Context,
        dataset: str,
        frame: pl.DataFrame,
        meet: Callable[[Condition | None], Mask] | None = None,
    ) -> None:
        self._ctx, self.dataset, self.frame = ctx, dataset, frame
        self.meet = Masks(frame) if meet is None else meet
        self._visits: dict[tuple[str, ...], NDArray[np.int16]] = {}

    def those(self, where: Condition | None) -> pl.DataFrame:
        """The records that meet a condition."""
        return self.frame.filter(pl.Series(self.meet(where)))

    def within(self, where: Condition | None) -> Records:
        """The records that meet a condition, by themselves."""
        chosen = np.flatnonzero(self.meet(where))
        return Records(self._ctx, self.dataset, self.those(where), lambda w: self.meet(w)[chosen])

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """The place of each record's subject among the subjects of the set."""
        return self._ctx.places(self.frame)

    @cached_property
    def columns(self) -> list[Mask]:
        """Which of the records are of the subjects of each column."""
        return self._ctx.split(self.frame)

    def subjects(self, where: Condition | None) -> Mask:
        """Which subjects of the set have a record that meets the condition."""
        return self.subjects_of(self.meet(where))

    def subjects_of(self, chosen: Mask) -> Mask:
        """Which subjects of the set some of the records are of."""
        found = np.zeros(self._ctx.size, np.bool_)
        found[self.places[chosen]] = True
        return found

    def one_each(self, where: Condition | None) -> Mask:
        """Which records meet a condition.

        Raises
        ------
        DataError
            A subject with more than one of them.
        """
        chosen = self.meet(where)
        if self.number_of(chosen) < np.count_nonzero(chosen):
            one_per_subject(self._ctx, self.those(where), self.dataset)
        return chosen

    def extreme(
        self, pick: Literal["lowest", "highest"], variable: str, chosen: Mask
    ) -> NDArray[np.float64]:
        """The lowest or highest value of each subject in the chosen records; infinite for a subject
        without any."""
        function, start = (np.minimum, np.inf) if pick == "lowest" else (np.maximum, -np.inf)
        found = np.full(self._ctx.size, start)
        function.at(found, self.places[chosen], self.frame[variable].to_numpy()[chosen])
        return found

    def number_of(self, chosen: Mask) -> int:
        """How many subjects some of the records are of."""
        return len(np.unique(self.places[chosen]))

    def of(self, subjects: Mask) -> Mask:
        """Which of the records are of these subjects of the set."""
        return subjects[self.places]

    def counts(self, where: Condition | None) -> list[int]:
        """How many records of each column meet the condition."""
        met = self.meet(where)
        return [int(np.count_nonzero(met & inside)) for inside in self.columns]

    def by_visit(
        self, variable: str, where: Condition | None, visits: Sequence[str]
    ) -> Iterator[tuple[str, list[tuple[Column, NDArray[np.float64]]]]]:
        """Each visit with the values of each column, in the records that meet `where`.

        Raises
        ------
        DataError
            A subject with more than one such record at a visit.
        """
        given = np.flatnonzero(self.meet(where))
        number = self._visit_of(tuple(visits))[given]
        at = {visit: number == i for i, visit in enumerate(visits)}
        who = self.places[given]
        if any(len(np.unique(who[there])) < np.count_nonzero(there) for there in at.values()):
            of_visits = Comparison("AVISIT", "IN", tuple(visits))
            shown = self.those(all_of(where, of_visits))
            one_per_subject(self._ctx, shown, self.dataset, ("AVISIT",))
        values = self.frame[variable].to_numpy()[given]
        columns = [inside[given] for inside in self.columns]
        for visit, there in at.items():
            found = [values[there & inside] for inside in columns]
            yield visit, list(zip(self._ctx.columns, found, strict=True))

    def _visit_of(self, visits: tuple[str, ...]) -> NDArray[np.int16]:
        """The number of each record's visit among these, -1 for any other."""
        if visits not in self._visits:
            found = self._visits[visits] = np.full(self.frame.height, -1, np.int16)
            for i, visit in enumerate(visits):
                found[self.meet(equals("AVISIT", visit))] = i
        return self._visits[visits]


def by_column(
    ctx: Context, records: pl.DataFrame, columns: Sequence[Column] | None = None
) -> Iterator[tuple[Column, pl.DataFrame]]:
    """The columns (all where left out), each with the records of its subjects, in their order."""
    for column, inside in zip(ctx.columns, ctx.split(records), strict=True):
        if columns is None or column in columns:
            yield column, records.filter(pl.Series(inside))


def in_column(ctx: Context, column: Column, records: pl.DataFrame) -> pl.DataFrame:
    """The records of the subjects of one column."""
    return next(found for _, found in by_column(ctx, records, [column]))


def by_value(values: NDArray[np.float64]) -> list[tuple[float, NDArray[np.intp]]]:
    """The distinct values, such as days, in order, each with the places where it stands."""
    order = np.argsort(values, kind="stable")
    distinct, first = np.unique(values[order], return_index=True)
    places = np.split(order, first[1:]) if len(first) else []
    return list(zip(distinct.tolist(), places, strict=True))


class Selection:
    """The data sets that a display needs, each looked up once.

    Parameters
    ----------
    needs : Needs
        The variables that are asked for; conditions may use any.
    """

    def __init__(self, ctx: Context, needs: Needs) -> None:
        self._ctx, self._needs = ctx, needs
        self._found: dict[str, Records] = {}

    def __getitem__(self, dataset: str) -> Records:
        """The records of a data set."""
        if dataset not in self._found:
            self._found[dataset] = self._records(dataset)
        return self._found[dataset]

    def _records(self, dataset: str) -> Records:
        ctx, mine = self._ctx, np.flatnonzero(self._ctx.chosen(dataset))
        keep = list(dict.fromkeys(("USUBJID", *self._needs.variables.get(dataset, ()))))
        if dataset == "ADSL":
            own = ctx.study[dataset].frame[keep].filter(pl.Series(ctx.chosen(dataset)))
        else:
            own = ctx.records(dataset, keep=keep)
        return Records(ctx, dataset, own, lambda where: ctx.study.meeting(dataset, where)[mine])

    def counts(self, subjects: Mask) -> list[int]:
        """How many of these subjects of the set are in each column."""
        return [int(np.count_nonzero(subjects & inside)) for inside in self._ctx.members]
