"""The plan's models: the reference of every key a plan may hold. Any other key is refused."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from il5report.plan.adverse_events import ListedTerm
from il5report.plan.base import Model, Text, Where
from il5report.plan.derivation import Derivation
from il5report.plan.labels import Labels
from il5report.plan.profiles import Profiles


class Protocol(Model):
    """Identity and design of the study, as printed on the title page and in section 9."""

    number: Text
    registry: str = ""
    title: Text
    short_title: str = ""
    sponsor: Text
    phase: str = ""
    design: Text
    planned_subjects: int | None = None
    investigational_product: str = ""
    indication: str = ""


class ReportSettings(Model):
    """Marks and language of the document."""

    title: str = "Clinical study report"
    status: str = "DRAFT"
    banner: str = ""
    language: str = "en"
    small_counts: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="in a report without subject data, counts below it are hidden; 0: none",
    )
    part: str = Field(default="", description="set by a run that makes a part: what it holds")


class Objective(Model):
    """One objective with its endpoints."""

    level: Literal["primary", "secondary", "exploratory"]
    text: Text
    endpoints: tuple[str, ...] = ()


class Criterion(Model):
    """One eligibility criterion of the protocol; IETESTCD is its key in the plan."""

    category: Literal["INCLUSION", "EXCLUSION"]
    text: Text
    short: str = ""


class ColumnLevel(Model):
    """One column of a table: its head and the subjects it holds."""

    label: Text
    where: Where


class Columns(Model):
    """The columns of tables.

    Either the `levels` of `variable` in the order given (an unlisted value in the data is an
    error), or free columns (`custom`), or neither: then `total` alone. `total` empty: no total.
    """

    variable: str = ""
    levels: Mapping[str, str] = {}
    custom: tuple[ColumnLevel, ...] = ()
    total: str = "Total"


class Visit(Model):
    """A planned visit: protocol day (day of infusion = 0) and window, both ends included."""

    label: Text
    day: int
    window: tuple[int, int]


class Phase(Model):
    """A phase of the study as the design figure shows it; `days` and `text` are words."""

    label: Text
    days: str = ""
    text: str = ""


class Assay(Model):
    """A kinetics assay; analyte, matrix and unit are never pooled. Key: PARAMCD in ADPC."""

    label: Text
    domain: Literal["PC", "CP"]
    test: Text
    specimen: Text
    unit: Text
    lloq: float
    method: str = ""


class Conventions(Model):
    """Statistical conventions. None has a default: the plan chooses."""

    convention: Literal["sas", "r"]
    conf_level: Annotated[float, Field(gt=0, lt=1)]
    proportion_ci: Literal[
        "clopper_pearson", "wilson", "jeffreys", "agresti_coull", "wald", "mid_p", "blaker"
    ]
    km_ci: Literal["plain", "log", "loglog", "logit", "arcsin"]
    auc_method: Literal["linear_up_log_down", "linear"]
    days_per_month: float = 30.4375
    day_zero: bool = Field(description="True: the day of infusion prints as day 0")
    few_at_risk: Annotated[int, Field(ge=1)] = Field(
        default=5, description="An estimate with fewer subjects at risk is called unstable"
    )


class Grading(Model):
    """Versions of the grading scales in use; printed in footnotes."""

    ae: Text
    ae_variable: str = "ATOXGRN"
    ae_levels: Mapping[str, str] = Field(
        default={str(g): f"Grade {g}" for g in range(1, 6)},
        description="value of ae_variable to label, mildest first",
    )
    syndromes: str = ""
    laboratory: Literal["5.0", "6.0", ""] = ""


class AnalysisSet(Model):
    """An analysis set: `where` selects its subjects in ADSL; `flag` and `derive` make the flag."""

    label: Text
    definition: Text
    where: Where
    flag: str = ""
    derive: Where | None = None


class IntercurrentEvent(Model):
    """An intercurrent event and the strategy for it (ICH E9 R1).

    `where`: who had it, by a record of `dataset`. `date`: its date in ADSL, by which the
    derivation is compared with the strategy; only treatment policy does without.
    """

    event: Text
    strategy: Literal[
        "treatment policy",
        "hypothetical",
        "composite variable",
        "while on treatment",
        "principal stratum",
    ]
    handling: str = ""
    dataset: Text = "ADSL"
    where: Where
    date: str = ""


class Estimand(Model):
    """The five attributes of an estimand; `parameter`: the PARAMCD of `dataset` that estimates
    it. `population` says who of the analysis set it is about, where not all are."""

    parameter: Text
    dataset: Literal["ADTTE", "ADRS"] = "ADTTE"
    objective: str = ""
    treatment: Text
    analysis_set: Text
    population: str = ""
    variable: Text
    intercurrent_events: tuple[IntercurrentEvent, ...] = ()
    summary: Text


Role: TypeAlias = Literal["", "sensitivity", "supplementary", "exploratory", "descriptive"]


class OutputPlan(Model):
    """One display of the report; its key is its id (and the output's name unless `output` says).

    `role` says how an analysis stands to an estimand (ICH E9 R1). Empty: the main analysis of
    `estimand`, where one is named. Sensitivity and supplementary analyses belong to the estimand
    named; exploratory analyses and descriptions target none. Each display of efficacy names an
    estimand or has such a role.
    """

    output: str = ""
    number: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]
    title: str = ""
    analysis_set: str = ""
    columns: str = "default"
    estimand: str = ""
    role: Role = ""
    where: Where | None = None
    footnotes: tuple[str, ...] = ()
    options: Mapping[str, Any] = {}


class Preset(Model):
    """A report of some displays under its own title; `displays` are ids, or numbers that stand
    for all below them."""

    title: Text
    status: str = ""
    banner: str = ""
    displays: Annotated[tuple[Text, ...], Field(min_length=1)]


class Waiver(Model):
    """A finding that the study team accepts; printed with its reason."""

    rule: Text
    dataset: str = ""
    variable: str = ""
    reason: Text


class DataSettings(Model):
    """How the study's data differ from the standards: types of variables no dictionary knows."""

    types: Mapping[str, Mapping[str, Literal["text", "number", "date", "datetime", "time"]]] = {}
    codelists: Mapping[str, tuple[str, ...]] = {}


class Plan(Model):
    """The whole plan."""

    protocol: Protocol
    report: ReportSettings = ReportSettings()
    objectives: tuple[Objective, ...] = ()
    eligibility: Mapping[str, Criterion] = {}
    treatments: Mapping[str, Treatment] = {}
    columns: Mapping[str, Columns]
    phases: tuple[Phase, ...] = ()
    visits: tuple[Visit, ...] = ()
    assays: Mapping[str, Assay] = {}
    grading: Grading
    conventions: Conventions
    constants: Mapping[str, float] = Field(
        default={}, description="numbers that several rules use, as $NAME"
    )
    data_cutoff: dt.date | None = None
    data: DataSettings = DataSettings()
    labels: Labels = Labels()
    derivation: Derivation | None = None
    term_lists: tuple[ListedTerm, ...] = ()
    sections: Mapping[str, str] = Field(
        default={}, description="section number to heading, in reading order (ICH E3)"
    )
    text: Mapping[str, str] = Field(
        default={}, description="section number to the writer's text (files text/<number>.md)"
    )
    waivers: tuple[Waiver, ...] = ()
    abbreviations: Mapping[str, str] = {}
    analysis_sets: Mapping[str, AnalysisSet]
    estimands: Mapping[str, Estimand] = {}
    outputs: Mapping[str, OutputPlan]
    presets: Mapping[str, Preset] = {}
    profiles: Profiles | None = None

    __slots__ = ("_sent",)
    _sent: bytes

    def __reduce__(self) -> tuple[Callable[[bytes], Plan], tuple[bytes]]:
        """Pickled once: it goes to another process with every figure."""
        if not hasattr(self, "_sent"):
            sent = pickle.dumps((self.__dict__, self.model_fields_set))
            object.__setattr__(self, "_sent", sent)
        return _received, (self._sent,)


@lru_cache(maxsize=2)
def _received(sent: bytes) -> Plan:
    values, given = pickle.loads(sent)
    return Plan.model_construct(given, **values)


class Treatment(Model):
    """A treatment (dose level); its key is the value of TRT01A."""

    label: Text
    dose: float | None = None
    unit: str = ""


Plan.model_rebuild()
