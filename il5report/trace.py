"""From a number of the ARD back to its records, for one row or for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import comparisons, parse
from il5report.data.dataset import Study
from il5report.masks import Mask
from il5report.records import StudyRecords

WHERE = ("dataset", "set_where", "subset_where", "group_where", "without_where")
HELD = 1000  # conditions whose records are remembered: those of one display recur


class Tracer:
    """Finds the records behind rows of the ARD: tracing every row of a report takes seconds.

    Parameters
    ----------
    study : Study
        The data that the rows were made from.
    """

    def __init__(self, study: Study) -> None:
        self._records = study if isinstance(study, StudyRecords) else StudyRecords(study)
        self._frames: dict[str, pl.DataFrame] = {}
        self._conditions: dict[tuple[str, str], Mask] = {}

    def frame(self, dataset: str) -> pl.DataFrame:
        """The data set with the variables of ADSL beside its own; only subjects of ADSL."""
        if dataset not in self._frames:
            self._frames[dataset] = self._records.frame(dataset, self._known(dataset))
        return self._frames[dataset]

    def records(self, row: Mapping[str, Any]) -> pl.DataFrame:
        """The records behind a row."""
        return self.frame(row["dataset"])[self.positions(row)]

    def positions(self, row: Mapping[str, Any]) -> NDArray[np.int64]:
        """Where they stand in `frame`, ascending; of the row only `WHERE` is looked at."""
        dataset = row["dataset"]
        subjects = self._mask("ADSL", row["set_where"])
        if row["without_where"]:
            subjects = subjects & ~self._having(dataset, row["without_where"])
        inside = self._records.of(dataset, subjects)
        inside &= self._mask(dataset, row["subset_where"])
        inside &= self._mask(dataset, row["group_where"])
        return np.flatnonzero(inside[self._known(dataset)])

    def subject_of(self, dataset: str) -> NDArray[np.int32]:
        """The place in ADSL of the subject of each record of `frame`."""
        return self._records.places(dataset)[self._known(dataset)]

    def _known(self, dataset: str) -> Mask:
        """Which records are of a subject of ADSL."""
        return self._records.places(dataset) >= 0

    def _having(self, dataset: str, text: str) -> Mask:
        """Which subjects have a record that meets the condition, in the data set it names."""
        other = next(comparisons(parse(text))).dataset or dataset
        found = np.zeros(self._records["ADSL"].frame.height + 1, np.bool_)
        found[self._records.places(other)[self._mask(other, text)]] = True
        return found[:-1]

    def _mask(self, dataset: str, text: str) -> Mask:
        """Which records meet the condition; all of them where it is empty."""
        at = dataset, text
        if at not in self._conditions:
            if len(self._conditions) == HELD:
                self._conditions.clear()
            condition = parse(text) if text else None
            self._conditions[at] = self._records.meeting(dataset, condition)
        return self._conditions[at]
