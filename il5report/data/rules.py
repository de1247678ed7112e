"""What a rule on data is: a question put to a study, answered by the records that break it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

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
        home = self.study.get("ADSL" if is_adam(dataset.name) else "DM")
        return home if home and home is not dataset and holds(home, "USUBJID") else None

    def own(self, dataset: Dataset) -> list[str]:
        """Its variables without those that were carried over from ADSL, which ADSL answers for."""
        adsl = self.study.get("ADSL")
        if not is_adam(dataset.name) or adsl is None or dataset.name == "ADSL":
            return dataset.frame.columns
        here, there = dataset.schema, adsl.schema
        return [v for v, dtype in here.items() if there.get(v) != dtype]


@dataclass(frozen=True)
class Hit:
    """Records that break a rule; `severity` where it is not the rule's own."""

    message: str
    dataset: str
    variable: str = ""
    count: int = 0
    subjects: tuple[str, ...] = ()
    severity: Severity | None = None


Test = Callable[[Scope], Iterator[Hit]]


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


def broken(
    dataset: Dataset, tests: Mapping[str, pl.Expr], message: str, *, show: bool = True
) -> Iterator[Hit]:
    """One hit for each variable whose expression holds in some record, with values it has there."""
    frame = dataset.frame
    if not tests or not frame.height:
        return
    counts = frame.select(test.sum().alias(variable) for variable, test in tests.items())
    for variable, count in counts.row(0, named=True).items():
        if count:
            records = frame.filter(tests[variable])
            said = f"{message}: {_some_values(records[variable])}" if show else message
            yield Hit(said, dataset.name, variable, int(count), subjects_of(records))


def one_to_one(dataset: Dataset, within: list[str], left: str, right: str) -> Iterator[Hit]:
    """A hit for each side that goes with more than one value of the other."""
    pairs = dataset.frame.select(*within, left, right).drop_nulls().unique()
    for one, other in ((left, right), (right, left)):
        several = pairs.filter(pairs.select(*within, one).is_duplicated())
        if several.height:
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
