"""What a rule on data is: a question put to a study, answered by the records that break it.

Most questions are tests of records (`Broken`). They are put together, a data set at a time: a
report has hundreds, and each alone costs more than its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import compress
from typing import TypeAlias

import polars as pl

from il5report.data.dataset import Dataset, Study
from il5report.data.normalise import DTYPES
from il5report.data.variables import Kind, kind_of
from il5report.errors import SUBJECTS_SHOWN, Severity


@dataclass(frozen=True)
class Scope:
    """What is checked, and what the report asks of it.

    Attributes
    ----------
    study : Mapping[str, Dataset]
        The data sets, SDTM or ADaM or both.
    needs : Mapping[str, Collection[str]]
        Data set to the variables without which the report cannot be made.
    keys : Mapping[str, Sequence[str]]
        Data set to the variables that identify a record, where the standard key is not meant.
    cutoff : date or None
        Data cut-off.
    codelists : Mapping[str, Collection[str]]
        Variable to the values that this study allows, instead of the standard ones.
    """

    study: Study
    needs: Mapping[str, Collection[str]] = field(default_factory=dict)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cutoff: date | None = None
    codelists: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self.study.values())

    def holding(self, *variables: str) -> Iterator[Dataset]:
        """The data sets that hold all of these variables, each in its standard type."""
        return (dataset for dataset in self if holds(dataset, *variables))

    def subjects(self, dataset: Dataset) -> Dataset | None:
        """The data set that lists the subjects: ADSL for ADaM, DM for SDTM."""
        home = self._home(dataset)
        return home if home and home is not dataset and holds(home, "USUBJID") else None

    def _home(self, dataset: Dataset) -> Dataset | None:
        return self.study.get("ADSL" if is_adam(dataset.name) else "DM")

    def of_subject(self, dataset: Dataset, values: pl.Series) -> pl.Expr:
        """What `values`, one for each row of ADSL or DM, says of each record's subject: missing
        where it is not there, the first that is known where it is there twice."""
        home, places = self._places(dataset)
        if home.null_count() or home.n_unique() < home.len():
            known = pl.DataFrame([home, values.alias("_")]).drop_nulls()
            known = known.unique("USUBJID", keep="first", maintain_order=True)
            subjects = pl.DataFrame(home.drop_nulls().unique(maintain_order=True))
            values = subjects.join(known, "USUBJID", "left", maintain_order="left")["_"]
        return pl.lit(values).gather(pl.lit(places))

    def is_listed(self, dataset: Dataset) -> pl.Expr:
        """Whether the subject of each record is among the `subjects`."""
        return pl.lit(self._places(dataset)[1]).is_not_null()

    def _places(self, dataset: Dataset) -> tuple[pl.Series, pl.Series]:
        """The subjects of the study, and the place among them of the subject of each record."""
        if dataset.name not in self._placed:
            home = self._home(dataset)
            assert home is not None
            who = home.frame["USUBJID"]
            places = pl.Enum(who.drop_nulls().unique(maintain_order=True))
            mine = dataset.frame["USUBJID"].cast(places, strict=False).to_physical()
            self._placed[dataset.name] = who, mine
        return self._placed[dataset.name]

    @cached_property
    def _placed(self) -> dict[str, tuple[pl.Series, pl.Series]]:
        return {}

    def own(self, dataset: Dataset) -> list[str]:
        """Its variables without those that were carried over from ADSL, which ADSL answers for."""
        adsl = self.study.get("ADSL")
        if not is_adam(dataset.name) or adsl is None or dataset.name == "ADSL":
            return dataset.frame.columns
        if dataset.name not in self._owned:
            here, there = dataset.schema, adsl.schema
            self._owned[dataset.name] = [v for v, dtype in here.items() if there.get(v) != dtype]
        return self._owned[dataset.name]

    @cached_property
    def _owned(self) -> dict[str, list[str]]:
        return {}


@dataclass(frozen=True)
class Hit:
    """Records that break a rule; `severity` where it is not the rule's own."""

    message: str
    dataset: str
    variable: str = ""
    count: int = 0
    subjects: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True)
class Broken:
    """Tests of the records of a data set by variable, not yet answered.

    Each variable whose test holds in some record is a hit; its message shows values that the
    variable has there, unless `show` is false.
    """

    dataset: Dataset
    tests: Mapping[str, pl.Expr]
    message: str
    show: bool = True
    severity: Severity | None = None

    def hit(self, variable: str) -> Hit:
        """What is said of a variable whose test holds."""
        records = self.dataset.frame.filter(self.tests[variable])
        said = f"{self.message}: {_some_values(records[variable])}" if self.show else self.message
        name, subjects = self.dataset.name, subjects_of(records)
        return Hit(said, name, variable, records.height, subjects, self.severity)


Found: TypeAlias = Iterator[Hit | Broken]
Test = Callable[[Scope], Found]


@dataclass(frozen=True)
class Rule:
    """One check.

    Attributes
    ----------
    id : str
        Stable dotted name, which a waiver names.
    severity : Severity
        ERROR: a number of the report would be wrong or impossible. WARNING: a record that somebody
        must look at. NOTE: as it should be, but the reader should know.
    checks : str
        What is asked of the data, as a sentence.
    test : callable
        `Scope` to the hits.
    waivable : bool
        Whether the study team can accept it: not where there would be nothing to compute from.
    """

    id: str
    severity: Severity
    checks: str
    test: Test
    waivable: bool = True


def holds(dataset: Dataset, *variables: str) -> bool:
    """Whether the variables are there in standard type; another type is another rule's matter."""
    standard = {v: DTYPES[kind_of(v) or Kind.TEXT] for v in variables}
    return all(dataset.schema.get(v) == dtype for v, dtype in standard.items())


def is_adam(name: str) -> bool:
    """Whether this is the name of an ADaM data set."""
    return name.startswith("AD") and len(name) > 2


def answered(asked: Sequence[Hit | Broken]) -> Iterator[tuple[int, Hit]]:
    """The hits, each with the place of what it answers."""
    tests: dict[int, dict[tuple[int, str], pl.Expr]] = {}
    frames = {}
    for place, one in enumerate(asked):
        if isinstance(one, Broken):
            frame = one.dataset.frame
            frames[id(frame)] = frame
            mine = {(place, variable): test for variable, test in one.tests.items()}
            tests.setdefault(id(frame), {}).update(mine)
    held = {key for frame, some in tests.items() for key in _holding(frames[frame], some)}
    for place, one in enumerate(asked):
        if isinstance(one, Hit):
            yield place, one
        else:
            yield from ((place, one.hit(v)) for v in one.tests if (place, v) in held)


def _holding(
    frame: pl.DataFrame, tests: Mapping[tuple[int, str], pl.Expr]
) -> Iterator[tuple[int, str]]:
    """The tests that hold in some record, all of a data set in one pass."""
    if tests and frame.height:
        said = frame.select(test.any().alias(str(i)) for i, test in enumerate(tests.values()))
        yield from compress(tests, said.row(0))


def one_to_one(dataset: Dataset, within: list[str], left: str, right: str) -> Iterator[Hit]:
    """A hit for each side that goes with more than one value of the other."""
    pairs = dataset.frame[[*within, left, right]].drop_nulls().unique()
    for one, other in ((left, right), (right, left)):
        repeated = pairs[[*within, one]].is_duplicated()
        if repeated.any():
            several = pairs.filter(repeated)
            example = several.select(*within, one, other).sort(pl.all()).row(0)
            said = ", ".join(map(str, example))
            values = several.select(*within, one).n_unique()
            message = f"{one} with more than one {other} ({values} such): {said}"
            yield Hit(message, dataset.name, one, several.height)


def subjects_of(records: pl.DataFrame) -> tuple[str, ...]:
    """The distinct USUBJID of these records, sorted; none where there is no such variable."""
    if "USUBJID" not in records.columns or records["USUBJID"].dtype != pl.String:
        return ()
    return tuple(records["USUBJID"].drop_nulls().unique().sort())


def _some_values(values: pl.Series) -> str:
    distinct = values.drop_nulls().unique().sort()
    some = ", ".join(str(v) for v in distinct.head(SUBJECTS_SHOWN))
    return f"{some}, ..." if distinct.len() > SUBJECTS_SHOWN else some
