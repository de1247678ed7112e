"""From a number of the ARD back to its records, for one row or for all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import comparisons, parse
from il5report.data.dataset import Study
from il5report.masks import Mask
from il5report.records import StudyRecords

WHERE = ("dataset", "set_where", "subset_where", "group_where", "without_where")
HELD = 1000  # masks that are remembered: those of one display recur


class Tracer:
    """Finds the records behind rows of the ARD: tracing every row of a report takes seconds.

    Parameters
    ----------
    study : Study
        The data that the rows were made from.
    """

    def __init__(self, study: Study) -> None:
        self._records = study if isinstance(study, StudyRecords) else StudyRecords(study)
        self._masks: dict[tuple[str, ...], Mask] = {}
        self._subjects: dict[str, NDArray[np.int32]] = {}

    def frame(self, dataset: str, keep: Collection[str] | None = None) -> pl.DataFrame:
        """The data set with the variables of ADSL beside its own, or USUBJID and those of `keep`;
        only subjects of ADSL."""
        return self._records.frame(dataset, self._known(dataset), keep)

    def records(self, row: Mapping[str, Any]) -> pl.DataFrame:
        """The records behind a row."""
        return self.frame(row["dataset"])[self.positions(row)]

    def positions(self, row: Mapping[str, Any]) -> NDArray[np.int64]:
        """Where they stand in `frame`, ascending; of the row only `WHERE` is looked at."""
        dataset = row["dataset"]
        inside = self._of_set(dataset, row["set_where"])
        if row["without_where"]:
            inside = inside & ~self._of_having(dataset, row["without_where"])
        for where in (row["subset_where"], row["group_where"]):
            if where:
                inside = inside & self._mask(dataset, where)
        return np.flatnonzero(inside[self._known(dataset)])

    def subject_of(self, dataset: str) -> NDArray[np.int32]:
        """The place in ADSL of the subject of each record of `frame`."""
        if dataset not in self._subjects:
            self._subjects[dataset] = self._records.places(dataset)[self._known(dataset)]
        return self._subjects[dataset]

    def _known(self, dataset: str) -> Mask:
        """Which records are of a subject of ADSL."""
        return self._remembered((dataset, "known"), lambda: self._records.places(dataset) >= 0)

    def _of_set(self, dataset: str, text: str) -> Mask:
        """Which records are of the subjects of a set."""

        def find() -> Mask:
            return self._records.of(dataset, self._mask("ADSL", text))

        return self._remembered((dataset, "set", text), find)

    def _of_having(self, dataset: str, text: str) -> Mask:
        """Which records are of subjects who have a record that meets the condition, in the data
        set it names."""

        def find() -> Mask:
            other = next(comparisons(parse(text))).dataset or dataset
            found = np.zeros(self._records["ADSL"].frame.height + 1, np.bool_)
            found[self._records.places(other)[self._mask(other, text)]] = True
            return self._records.of(dataset, found[:-1])

        return self._remembered((dataset, "having", text), find)

    def _mask(self, dataset: str, text: str) -> Mask:
        """Which records meet the condition; all of them where it is empty."""

        def find() -> Mask:
            return self._records.meeting(dataset, parse(text) if text else None)

        return self._remembered((dataset, "", text), find)

    def _remembered(self, at: tuple[str, ...], find: Callable[[], Mask]) -> Mask:
        if at not in self._masks:
            if len(self._masks) == HELD:
                self._masks.clear()
            self._masks[at] = find()
        return self._masks[at]
