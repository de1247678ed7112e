"""What one table, figure or listing declares, and what it is given to work on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel

from il5report.ard import Rows
from il5report.conditions import Condition, all_of, comparisons, equals, expression
from il5report.data.dataset import Dataset, Study, beside
from il5report.display.model import Body
from il5report.plan import Plan
from il5report.plan.base import Model
from il5report.plan.models import AnalysisSet, Columns, Estimand, OutputPlan

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
    study: Study

    def options(self, model: type[OptionsT]) -> OptionsT:
        """The options of this display, typed and with their defaults."""
        return model.model_validate(dict(self.entry.options))

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
        adsl = self.study["ADSL"]
        where = all_of(self.analysis_set.where, self.entry.where)
        return adsl.frame.filter(expression(where, adsl.schema))

    @property
    def set_where(self) -> Condition | None:
        """The condition on ADSL that makes the set of this display."""
        return all_of(self.analysis_set.where, self.entry.where)

    def in_column(self, column: Column, where: Condition | None = None) -> pl.DataFrame:
        """ADSL of the subjects of a column (that meet a further condition)."""
        if column not in self._in_columns:
            found = self.subjects.filter(expression(column.where, self.study["ADSL"].schema))
            self._in_columns[column] = found
        mine = self._in_columns[column]
        return mine if where is None else mine.filter(expression(where, self.study["ADSL"].schema))

    @cached_property
    def _in_columns(self) -> dict[Column, pl.DataFrame]:
        """Columns already selected: every line of a table asks for them."""
        return {}

    def places(self, records: pl.DataFrame) -> NDArray[np.int32]:
        """The place of each record's subject in `subjects`; -1 for a subject of no place."""
        known, _ = self._membership
        who = records["USUBJID"].cast(known, strict=False).to_physical().cast(pl.Int32)
        return (who.fill_null(-1) if who.null_count() else who).to_numpy()

    def split(self, records: pl.DataFrame) -> list[NDArray[np.bool_]]:
        """Which of the records are of the subjects of each column."""
        _, inside = self._membership
        return list(inside[:, self.places(records)])

    @cached_property
    def _membership(self) -> tuple[pl.Enum, NDArray[np.bool_]]:
        """The place of each subject of the set, and by column whether a place is in it; the last
        is nobody's."""
        subjects = self.subjects["USUBJID"]
        inside = np.zeros((len(self.columns), subjects.len() + 1), np.bool_)
        for line, column in zip(inside, self.columns, strict=True):
            line[:-1] = subjects.is_in(self.in_column(column)["USUBJID"].implode()).to_numpy()
        return pl.Enum(subjects), inside

    def records(
        self, dataset: str, subset: Condition | None = None, keep: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Records of the set's subjects that meet `subset`, with the variables of ADSL.

        Only `keep`, USUBJID and what conditions use, where `keep` is given.
        """
        used = {c.variable for c in comparisons(subset)}
        own = self.study[dataset]
        if dataset not in self._mine:
            subjects = self.subjects["USUBJID"].implode()
            self._mine[dataset] = own.frame["USUBJID"].is_in(subjects)
        where = expression(subset, {**self.study["ADSL"].schema, **own.schema})
        wanted = {*keep, *used} if keep else None
        return beside(own, self.subjects, wanted, where, self._mine[dataset])

    @cached_property
    def _mine(self) -> dict[str, pl.Series]:
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
        conventions = self.plan.conventions
        return {
            "set": self.analysis_set.label,
            "conf": f"{100 * conventions.conf_level:g}%",
            "ae_grading": self.plan.grading.ae,
            "syndrome_grading": self.plan.grading.syndromes,
            "proportion_ci": CI_NAMES[conventions.proportion_ci],
            "km_ci": CI_NAMES[conventions.km_ci],
            "convention": conventions.convention.upper(),
            "dlt_source": self._dlt_source,
            "kinetics_time": self._kinetics_time,
            "kinetics_rules": self._kinetics_rules,
            "auc_method": conventions.auc_method.replace("_", "-"),
            "infusion_day": f"Day {0 if conventions.day_zero else 1}: day of infusion.",
            "study_day": STUDY_DAY,
            "few": str(conventions.few_at_risk),
        }

    @property
    def _dlt_source(self) -> str:
        """Whose dose-limiting toxicities the report counts."""
        events = self.plan.derivation.adverse_events if self.plan.derivation else None
        if events is None or events.dose_limiting is None:
            return "the flag of the data"
        return DLT_SOURCES[events.dose_limiting.counts]

    @property
    def _kinetics_time(self) -> str:
        derivation = self.plan.derivation
        if derivation is None or derivation.kinetics is None:
            return "the times of the data"
        return KINETICS_TIMES[derivation.kinetics.time]

    @property
    def _kinetics_rules(self) -> str:
        """How the parameters were made, in sentences."""
        derivation = self.plan.derivation
        if derivation is None or derivation.kinetics is None:
            return "Parameters as supplied in the data."
        rules, method = derivation.kinetics, self.plan.conventions.auc_method.replace("_", "-")
        otherwise = "not estimable"
        if rules.extrapolate:
            otherwise = f"extrapolated from the {rules.extrapolate} last concentration"
        return (
            f"Non-compartmental analysis on {self._kinetics_time} from infusion; area under the "
            f"curve by the {method} rule. Values below the limit of quantification: 0 before the "
            f"first quantifiable value, {BLQ_INSIDE[rules.blq_inside]} between two of them, "
            "never part of the terminal phase. Area to a day after the last quantifiable value: "
            f"{AFTER_LAST[rules.after_last]} where a sample below the limit follows, otherwise "
            f"{otherwise}."
        )


# Days of the data (ADY, ASTDY, AENDY) count as the standard says, whatever the protocol does.
STUDY_DAY = "Study day: the day of infusion is day 1, the day before it day -1."
DLT_SOURCES = {"definition": "the plan's definition", "investigator": "the investigator"}
KINETICS_TIMES = {"clock": "actual times", "day": "whole days"}
BLQ_INSIDE = {
    "single_missing": "left out if alone and 0 if two or more in a row",
    "missing": "left out",
    "zero": "0",
}
AFTER_LAST = {
    "zero": "0 beyond the last quantifiable value",
    "triangle": "a triangle down to that sample",
}
_WORD = re.compile(r"\{(\w+)\}")
CI_NAMES: Mapping[str, str] = {
    "clopper_pearson": "Clopper-Pearson (exact)",
    "wilson": "Wilson score",
    "jeffreys": "Jeffreys",
    "agresti_coull": "Agresti-Coull",
    "wald": "Wald",
    "mid_p": "mid-P",
    "blaker": "Blaker",
    "plain": "plain",
    "log": "log",
    "loglog": "log-log",
    "logit": "logit",
    "arcsin": "arcsine",
}


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with each ``{word}`` replaced; KeyError for a word that does not exist."""
    return _WORD.sub(lambda found: words[found[1]], text)


def columns(spec: Columns) -> tuple[Column, ...]:
    """The columns that the plan describes. A single level stands without a total beside it."""
    if spec.custom:
        made = [Column(level.label, level.where) for level in spec.custom]
    else:
        made = [Column(label, equals(spec.variable, v)) for v, label in spec.levels.items()]
    if spec.total and len(made) != 1:
        made.append(Column(spec.total, None))
    return tuple(made)
