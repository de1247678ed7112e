"""What one table, figure or listing declares, and what it is given to work on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel

from il5report.ard import Rows
from il5report.conditions import Condition, all_of, comparisons, equals
from il5report.data.dataset import Dataset, Study
from il5report.display.model import Body
from il5report.masks import Mask
from il5report.plan import Plan
from il5report.plan.base import Model
from il5report.plan.models import AnalysisSet, Columns, Estimand, OutputPlan
from il5report.plan.words import words
from il5report.records import StudyRecords

OptionsT = TypeVar("OptionsT", bound=BaseModel)


class NoOptions(Model):
    """An output that takes no options."""


class Needs(NamedTuple):
    """The data an output cannot do without.

    `variables`: data set to variables. `conditions`: (data set, condition); their variables are
    needed too, in the data set or in ADSL, and of the type they are compared with.
    """

    variables: Mapping[str, Collection[str]]
    conditions: Sequence[tuple[str, Condition | None]] = ()


class Shown(NamedTuple):
    """What `display` returns: the body and the footnotes that depend on the results."""

    body: Body
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Output:
    """The declaration of an output; its id is the name of its file.

    Attributes
    ----------
    kind : what it is.
    title : default title; the plan may give another.
    analysis_set : default analysis set (a key of the plan's analysis sets).
    needs : Context -> data sets and variables that must be there, given its options.
    options : model of the options it takes from the plan.
    footnotes : default footnotes; ``{words}`` are filled from `Context.words`.
    analyse : Context -> rows of the ARD. Sees data; makes no text.
    display : (Context, its ARD rows) -> body. Sees no data. A listing is given its `records`.
    records : of a listing: Context -> the records to print, in order.
    individual : whether it shows single subjects: every listing does, else only where declared. A
        report of aggregates leaves it out.
    """

    kind: Literal["table", "figure", "listing"]
    title: str
    analysis_set: str
    needs: Callable[[Context], Needs]
    analyse: Callable[[Context, Rows], None]
    display: Callable[[Context, pl.DataFrame], Shown]
    options: type[BaseModel] = NoOptions
    footnotes: tuple[str, ...] = ()
    records: Callable[[Context], pl.DataFrame] | None = None
    individual: bool = False

    @property
    def shows_subjects(self) -> bool:
        return self.individual or self.kind == "listing"


@dataclass(frozen=True)
class Column:
    """A column of a table: `where` on ADSL selects its subjects (None: all of the set)."""

    label: str
    where: Condition | None


@dataclass(frozen=True)
class Context:
    """One display of the plan: the output, its entry in the plan, and the data."""

    id: str
    output: Output
    entry: OutputPlan
    plan: Plan
    study: StudyRecords

    def options(self, model: type[OptionsT]) -> OptionsT:
        """The options of this display, typed and with their defaults."""
        if model not in self._options:
            self._options[model] = model.model_validate(dict(self.entry.options))
        return cast(OptionsT, self._options[model])

    @cached_property
    def _options(self) -> dict[type[BaseModel], BaseModel]:
        """Options already read."""
        return {}

    def about(self, study: Study) -> Context:
        """The same display of other data."""
        return replace(self, study=StudyRecords(study))

    @cached_property
    def set_name(self) -> str:
        of_estimand = self.estimand.analysis_set if self.estimand else ""
        return self.entry.analysis_set or of_estimand or self.output.analysis_set

    @property
    def estimand(self) -> Estimand | None:
        """The estimand that the plan names for this display."""
        return self.plan.estimands[self.entry.estimand] if self.entry.estimand else None

    @property
    def analysis_set(self) -> AnalysisSet:
        return self.plan.analysis_sets[self.set_name]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return columns(self.plan.columns[self.entry.columns])

    @cached_property
    def subjects(self) -> pl.DataFrame:
        """ADSL of the analysis set."""
        return self.study.frame("ADSL", self._inside)

    @property
    def set_where(self) -> Condition | None:
        """The condition on ADSL that makes the set of this display."""
        return all_of(self.analysis_set.where, self.entry.where)

    @cached_property
    def _inside(self) -> Mask:
        """Which records of ADSL are of the set."""
        return self.study.meeting("ADSL", self.set_where)

    def in_column(self, column: Column, where: Condition | None = None) -> pl.DataFrame:
        """ADSL of the subjects of a column (that meet a further condition)."""
        at = column, where
        if at not in self._in_columns:
            mine = self._inside & self.study.meeting("ADSL", all_of(column.where, where))
            self._in_columns[at] = self.study.frame("ADSL", mine)
        return self._in_columns[at]

    @cached_property
    def _in_columns(self) -> dict[tuple[Column, Condition | None], pl.DataFrame]:
        """Columns already selected: every line of a table asks for them."""
        return {}

    def places(self, records: pl.DataFrame) -> NDArray[np.int32]:
        """The place of each record's subject in `subjects`; -1 for a subject of no place."""
        known, _ = self._membership
        who = records["USUBJID"].cast(known, strict=False).to_physical().cast(pl.Int32)
        return (who.fill_null(-1) if who.null_count() else who).to_numpy()

    def split(self, records: pl.DataFrame) -> list[Mask]:
        """Which of the records are of the subjects of each column."""
        _, inside = self._membership
        return list(inside[:, self.places(records)])

    @property
    def size(self) -> int:
        """Number of `subjects`."""
        known, _ = self._membership
        return len(known.categories)

    @cached_property
    def members(self) -> list[Mask]:
        """Which of `subjects` are in each column."""
        _, inside = self._membership
        return list(inside[:, :-1])

    @cached_property
    def _membership(self) -> tuple[pl.Enum, NDArray[np.bool_]]:
        """The place of each subject of the set, and by column whether a place is in it; the last
        is nobody's."""
        subjects = self.study["ADSL"].frame["USUBJID"].filter(pl.Series(self._inside))
        inside = np.zeros((len(self.columns), subjects.len() + 1), np.bool_)
        for line, column in zip(inside, self.columns, strict=True):
            line[:-1] = self.study.meeting("ADSL", column.where)[self._inside]
        return pl.Enum(subjects), inside

    def records(
        self, dataset: str, subset: Condition | None = None, keep: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Records of the set's subjects that meet `subset`, with the variables of ADSL.

        Only `keep`, USUBJID and what conditions use, where `keep` is given.
        """
        used = (c.variable for c in comparisons(subset))
        chosen = self.chosen(dataset, subset)
        return self.study.frame(dataset, chosen, {*keep, *used} if keep else None)

    def chosen(self, dataset: str, subset: Condition | None = None) -> Mask:
        """Which records of the data set are of the set's subjects and meet `subset`."""
        if dataset not in self._mine:
            self._mine[dataset] = self.study.of(dataset, self._inside)
        return self._mine[dataset] & self.study.meeting(dataset, subset)

    def subjects_with(self, dataset: str, subset: Condition | None = None) -> Mask:
        """Which of `subjects` have a record that meets `subset`."""
        found = np.zeros(len(self._inside), np.bool_)
        found[self.study.places(dataset)[self.chosen(dataset, subset)]] = True
        return found[self._inside]

    @cached_property
    def _mine(self) -> dict[str, Mask]:
        """Which records of a data set are of the set's subjects: every line asks."""
        return {}

    def dataset(self, name: str) -> Dataset:
        return self.study[name]

    def said(self, variable: str, value: str) -> str:
        """A value of a variable as it is printed."""
        return self.plan.labels.of(variable, value)

    @cached_property
    def words(self) -> Mapping[str, str]:
        """What footnotes can name."""
        return {"set": self.analysis_set.label, **words(self.plan)}


def columns(spec: Columns) -> tuple[Column, ...]:
    """The columns that the plan describes. A single level stands without a total beside it."""
    if spec.custom:
        made = [Column(level.label, level.where) for level in spec.custom]
    else:
        made = [Column(label, equals(spec.variable, v)) for v, label in spec.levels.items()]
    if spec.total and len(made) != 1:
        made.append(Column(spec.total, None))
    return tuple(made)
