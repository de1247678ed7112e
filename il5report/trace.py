"""From a number of the ARD back to its records, for one row or for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Comparison, comparisons, parse
from il5report.data.dataset import Study, beside
from il5report.masks import Mask, Masks

WHERE = ("dataset", "set_where", "subset_where", "group_where", "without_where")
HELD = 1000  # conditions whose records are remembered: those of one display recur
EQUALITY = ("EQ", "NE", "IN", "NOTIN")


class Tracer:
    """Finds the records behind rows of the ARD. Each comparison and each condition is evaluated
    once, on a whole data set: tracing every row of a report takes seconds.

    Parameters
    ----------
    study : Study
        The data that the rows were made from.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._frames: dict[str, pl.DataFrame] = {}
        self._subjects: dict[str, NDArray[np.int64]] = {}
        self._masks: dict[str, Masks] = {}
        self._conditions: dict[tuple[str, str], Mask] = {}

    def frame(self, dataset: str) -> pl.DataFrame:
        """The data set with the variables of ADSL beside its own; only subjects of ADSL."""
        if dataset not in self._frames:
            self._frames[dataset] = beside(self._study[dataset], self._study["ADSL"].frame)
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
        inside = subjects[self.subject_of(dataset)]
        inside &= self._mask(dataset, row["subset_where"])
        inside &= self._mask(dataset, row["group_where"])
        return np.flatnonzero(inside)

    def subject_of(self, dataset: str) -> NDArray[np.int64]:
        """The place in ADSL of each record's subject."""
        if dataset not in self._subjects:
            order = pl.Enum(self.frame("ADSL")["USUBJID"].to_list())
            codes = self.frame(dataset)["USUBJID"].cast(order).to_physical()
            self._subjects[dataset] = codes.cast(pl.Int64).to_numpy()
        return self._subjects[dataset]

    def _having(self, dataset: str, text: str) -> Mask:
        """Which subjects have a record that meets the condition, in the data set it names."""
        other = next(comparisons(parse(text))).dataset or dataset
        found = np.zeros(self.frame("ADSL").height, np.bool_)
        found[self.subject_of(other)[self._mask(other, text)]] = True
        return found

    def _mask(self, dataset: str, text: str) -> Mask:
        """Which records meet the condition; all of them where it is empty."""
        at = dataset, text
        if at not in self._conditions:
            if len(self._conditions) == HELD:
                self._conditions.clear()
            if dataset not in self._masks:
                self._masks[dataset] = _ByPlace(self.frame(dataset))
            self._conditions[at] = self._masks[dataset](parse(text) if text else None)
        return self._conditions[at]


class _ByPlace(Masks):
    """Compares texts for equality by the place of each text: there are very many comparisons."""

    def __init__(self, frame: pl.DataFrame) -> None:
        super().__init__(frame)
        self._texts: dict[str, tuple[dict[str, int], NDArray[np.int64]]] = {}

    def compare(self, c: Comparison) -> Mask:
        column = self.frame[c.variable]
        if column.dtype != pl.String or c.comparator not in EQUALITY:
            return super().compare(c)
        if c.variable not in self._texts:
            found = column.unique().drop_nulls()
            places = column.cast(pl.Enum(found)).to_physical().cast(pl.Int64).fill_null(-1)
            names = dict(zip(found, range(found.len()), strict=True))
            self._texts[c.variable] = names, places.to_numpy()
        known, codes = self._texts[c.variable]
        if not c.values and c.comparator in ("EQ", "NE"):  # missing
            missing: Mask = codes < 0
            return missing if c.comparator == "EQ" else ~missing
        wanted = [known[value] for value in map(str, c.values) if value in known]
        inside = np.isin(codes, wanted) if len(wanted) != 1 else codes == wanted[0]
        return inside if c.comparator in ("EQ", "IN") else ~inside
