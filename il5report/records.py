"""The records of a study, with the variables of ADSL beside those of every other data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Comparison, Condition
from il5report.data.dataset import Dataset, Study
from il5report.masks import Mask, Masks

EQUALITY = ("EQ", "NE", "IN", "NOTIN")
SELDOM = 3  # comparisons of a text variable before its texts are coded


class Coded(NamedTuple):
    """A text variable: its values in order, missing last, and the place of each record's."""

    values: pl.Series
    places: NDArray[np.int32]


class StudyRecords(Mapping[str, Dataset]):
    """A study that is asked again and again which of its records meet a condition, and whose they
    are: each comparison is evaluated once on a data set.

    Parameters
    ----------
    study : Study
        Data sets with USUBJID; ADSL has one record per subject.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._beside: dict[str, _Beside] = {}

    def __getitem__(self, name: str) -> Dataset:
        return self._study[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._study)

    def __len__(self) -> int:
        return len(self._study)

    def places(self, dataset: str) -> NDArray[np.int32]:
        """The place in ADSL of each record's subject; -1 where the subject is not there."""
        return self._of(dataset).numbers

    def meeting(self, dataset: str, condition: Condition | None) -> Mask:
        """Which records of the data set meet the condition (None: all); not to be changed."""
        return self._of(dataset)(condition)

    def of(self, dataset: str, subjects: Mask) -> Mask:
        """Which records of the data set are of these subjects, by their places in ADSL."""
        return np.append(subjects, False)[self.places(dataset)]

    def coded(self, dataset: str, variables: Sequence[str]) -> dict[str, Coded]:
        """Text variables of the data set or of ADSL, by record of the data set."""
        return self._of(dataset).coded(variables)

    def frame(
        self, dataset: str, chosen: Mask, keep: Collection[str] | None = None
    ) -> pl.DataFrame:
        """The chosen records with USUBJID and the variables of `keep` (None: all), those of the
        data set before those of ADSL; of ADSL always all."""
        own, adsl, here = self[dataset].frame, self["ADSL"].frame, pl.Series(chosen)
        if dataset == "ADSL":
            return own.filter(here)
        known = dict.fromkeys((*own.columns, *adsl.columns))
        names = known if keep is None else [c for c in known if c in {"USUBJID", *keep}]
        column = self._of(dataset).column
        return pl.DataFrame([column(name).filter(here) for name in names])

    def _of(self, dataset: str) -> _Beside:
        if dataset not in self._beside:
            self._beside[dataset] = _Beside(self[dataset].frame, self["ADSL"].frame)
        return self._beside[dataset]


class _Beside(Masks):
    """The records of a data set, with the variables of ADSL that it lacks. Texts that are compared
    more than seldom are compared by their place: there are very many comparisons."""

    def __init__(self, frame: pl.DataFrame, adsl: pl.DataFrame) -> None:
        super().__init__(frame)
        self._adsl, self._own = adsl, frozenset(frame.columns)
        who = frame["USUBJID"].cast(pl.Enum(adsl["USUBJID"]), strict=False)
        self._places = who.to_physical().cast(pl.Int32)
        self.numbers: NDArray[np.int32] = self._places.fill_null(-1).to_numpy()
        self._carried: dict[str, pl.Series] = {}
        self._coded: dict[str, Coded] = {}
        self._place_of: dict[str, dict[str | None, int]] = {}
        self._asked: Counter[str] = Counter()

    def column(self, variable: str) -> pl.Series:
        if variable in self._own:
            return self.frame.get_column(variable)
        if variable not in self._carried:
            self._carried[variable] = self._adsl[variable].gather(self._places)
        return self._carried[variable]

    def coded(self, variables: Sequence[str]) -> dict[str, Coded]:
        new = [name for name in dict.fromkeys(variables) if name not in self._coded]
        if new:
            texts = pl.DataFrame([self.column(name) for name in new]).lazy()  # side by side
            found = pl.collect_all(
                [texts.select(pl.col(name).unique().drop_nulls().sort()) for name in new],
                engine="in-memory",
            )
            values = dict(zip(new, (one.to_series() for one in found), strict=True))
            places = texts.select(
                pl.col(name).cast(pl.Enum(of)).to_physical().cast(pl.Int32).fill_null(of.len())
                for name, of in values.items()
            ).collect(engine="in-memory")
            last = pl.Series([None], dtype=pl.String)
            for name, of in values.items():
                self._coded[name] = Coded(pl.concat([of, last]), places[name].to_numpy())
        return {name: self._coded[name] for name in variables}

    def compare(self, c: Comparison) -> Mask:
        name = c.variable
        if self.column(name).dtype != pl.String or c.comparator not in EQUALITY:
            return super().compare(c)
        self._asked[name] += 1
        if name not in self._coded and self._asked[name] <= SELDOM:
            return super().compare(c)
        values, places = self.coded([name])[name]
        if name not in self._place_of:
            self._place_of[name] = {value: place for place, value in enumerate(values)}
        known, sought = self._place_of[name], [*map(str, c.values)]
        missing = not c.values and c.comparator in ("EQ", "NE")
        wanted = [known[value] for value in ([None] if missing else sought) if value in known]
        inside = np.isin(places, wanted) if len(wanted) != 1 else places == wanted[0]
        return inside if c.comparator in ("EQ", "IN") else ~inside
