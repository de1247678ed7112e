"""How SDTM becomes ADaM: the study's codes and definitions, as the plan states them.

Every rule names the records it uses (a domain and a condition on them, supplemental qualifiers
included) and the variable that it takes from them. The derivation holds no code of any study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from il5report.errors import nearest
from il5report.plan.adverse_events import AdverseEvents
from il5report.plan.base import Model, Text, Where
from il5report.plan.biomarkers import BiomarkerRules
from il5report.plan.components import DerivedResponse
from il5report.plan.cytopenia import CytopeniaRules
from il5report.plan.depth import DepthRules
from il5report.plan.eligibility import EligibilityRules
from il5report.plan.endpoints import Endpoint
from il5report.plan.exposure import ExposureRules
from il5report.plan.findings import FindingsRules
from il5report.plan.occurrences import Occurrences
from il5report.plan.samples import AntibodyRules, SampleTime
from il5report.plan.screening import ScreeningRules
from il5report.plan.subject import (
    Category,
    Days,
    Duration,
    Interval,
    Records,
    ResultGroup,
    SubjectDate,
    SubjectRecords,
    SubjectValue,
)
from il5report.plan.syndromes import CrsRules, IcansRules


class Period(Model):
    """An analysis period: from a date of ADSL to the start of the next period."""

    label: Text
    start: Text


class Requirement(Model):
    """A finding that must stand beside a response: its value (any result, where left out) within
    `days` of it."""

    finding: Text
    value: str = ""
    days: Days


class ResponseParameter(Model):
    """A response parameter of ADRS; PARAMCD is its key.

    Over the assessments of one evaluator in `window` (days from infusion, both ends included,
    null: no end), none later than a date of ADSL in `until`, and none after the first assessment
    with a code of `stop`: with `responders` whether there was one (Y/N), without them the best of
    the codes. A response with a code of `confirm` counts only with a later assessment, at least
    `confirmation` days on, of the same or a better code; with `requires` only beside the finding.
    What is not given (`where`, `assessor`, `until`, `stop`) is as for all parameters.
    """

    label: Text
    where: Where | None = None
    assessor: str = ""
    window: tuple[int, int | None]
    responders: tuple[str, ...] = ()
    until: tuple[str, ...] | None = None
    stop: tuple[str, ...] | None = None
    confirm: tuple[str, ...] = ()
    confirmation: Days = 0
    requires: Requirement | None = None


class FindingParameter(Records):
    """A parameter of ADRS copied from findings, such as MRD; PARAMCD is its key."""

    label: Text
    value: Text
    number: str = ""
    date: Text


class Response(Model):
    """Response assessments: visit responses, and what follows from them.

    `codes` from best to worst; `not_evaluable` is the code for none that can be evaluated.
    `schedule` are labels of the plan's visits at which response is assessed (none: all visits).
    `where` (a condition on ADSL), `assessor`, `until` and `stop` hold for all `parameters`.
    """

    visits: Records
    value: Text = "RSSTRESC"
    evaluator: Text = "RSEVAL"
    date: Text = "RSDTC"
    codes: tuple[str, ...]
    not_evaluable: str = "NE"
    schedule: tuple[str, ...] = ()
    where: Where
    assessor: Text
    until: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    derived: DerivedResponse | None = None
    depth: DepthRules | None = None
    findings: Mapping[str, FindingParameter] = {}
    parameters: Mapping[str, ResponseParameter] = {}


class AucWindow(Model):
    """A window of the AUC in days from infusion; PARAMCD is its key."""

    label: Text
    days: tuple[float, float]


class Kinetics(Model):
    """Cellular kinetics: windows of the AUC and the rules of the analysis (see `nca`).

    `time`: by the clock, or in whole days from the day of infusion. A sample before the infusion
    counts as time 0.
    """

    windows: Mapping[str, AucWindow] = {}
    time: Literal["clock", "day"]
    blq_inside: Literal["single_missing", "missing", "zero"]
    predose_zero: bool
    after_last: Literal["zero", "triangle"]
    extrapolate: Literal["observed", "predicted"] | None = None
    lambda_window: tuple[float, float] | None = None
    lambda_min_points: int = 3
    lambda_min_r2adj: float = 0.8


class Derivation(Model):
    """Study codes that turn SDTM into ADaM."""

    subjects: Where | None = Field(default=None, description="DM: who is in ADSL")
    planned: Text = Field(default="ARM", description="DM: planned treatment, a key of treatments")
    actual: Text = Field(default="ACTARM", description="DM: treatment given")
    treatment: Records = Field(description="EX: doses of the study treatment")
    dates: Mapping[str, SubjectDate] = {}
    values: Mapping[str, SubjectValue] = {}
    flags: Mapping[str, SubjectRecords] = {}
    counts: Mapping[str, SubjectRecords] = {}
    durations: Mapping[str, Duration] = {}
    intervals: Mapping[str, Interval] = {}
    categories: Mapping[str, Category] = {}
    core: tuple[str, ...] = Field(default=(), description="further ADSL variables on every set")
    periods: tuple[Period, ...] = ()
    adverse_events: AdverseEvents | None = None
    response: Response | None = None
    event_dates: Mapping[str, SubjectDate] = Field(
        default={}, description="further dates for endpoints, from ADRS and SDTM"
    )
    endpoints: Mapping[str, Endpoint] = {}
    groups: Mapping[str, ResultGroup] = Field(
        default={}, description="further ADSL variables, by results of other data sets"
    )
    kinetics: Kinetics | None = None
    findings: Mapping[str, FindingsRules] = {}
    occurrences: Mapping[str, Occurrences] = {}
    exposure: Mapping[str, ExposureRules] = {}
    cytopenia: CytopeniaRules | None = None
    biomarkers: BiomarkerRules | None = None
    antibodies: AntibodyRules | None = None
    sample_times: Mapping[str, SampleTime] = Field(
        default={}, description="ADTTEK: times to events that samples show"
    )
    screening: ScreeningRules | None = None
    eligibility: EligibilityRules | None = None
    crs: CrsRules | None = None
    icans: IcansRules | None = None

    @model_validator(mode="after")
    def _names(self) -> Derivation:
        """Dates that rules name are declared, and before they are used."""
        faults = list(_unknown_names(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self


GIVEN_DATES = ("CUTDT", "TRTSDT", "TRTEDT")
"""Dates that ADSL has without being declared; DTHDT too, once the declared dates are known."""


def _unknown_names(d: Derivation) -> Iterator[str]:
    known = [*GIVEN_DATES]
    for name, rule in d.dates.items():
        yield from _unless_known(f"date {name}", _used(rule), known)
        known.append(name)
    known += [] if "DTHDT" in known else ["DTHDT"]
    yield from _in_subjects(d, known)
    yield from _in_findings(d, known)
    if d.response is not None:
        yield from _in_response(d.response, known)
        if d.response.derived is not None:
            named = (d.response.derived.type_variable, d.response.derived.baseline)
            yield from _unless_known("derived response", named, [*d.values, *d.categories])
    yield from _in_endpoints(d, known)


def _in_subjects(d: Derivation, known: Sequence[str]) -> Iterator[str]:
    for name, value in d.values.items():
        yield from _unless_known(f"value {name}", value.until, known)
        if value.until and not value.order:
            yield f"value {name}: until needs order, the date of the record"
    for name, records in {**d.flags, **d.counts}.items():
        bounds = (records.after, records.since, records.until)
        yield from _unless_known(name, bounds, known)
        if any(bounds) and not records.date:
            yield f"{name}: after, since and until need the date of the record"
    for name, interval in d.intervals.items():
        yield from _unless_known(f"interval {name}", (interval.start, interval.end), known)
    yield from _unless_known("periods", (p.start for p in d.periods), known)


def _in_findings(d: Derivation, known: Sequence[str]) -> Iterator[str]:
    for name, findings in d.findings.items():
        for dates in findings.baselines.values():
            yield from _unless_known(f"findings {name}", dates, known)
    for name, events in d.occurrences.items():
        dates = tuple(s.start for s in events.since.values())
        yield from _unless_known(f"occurrences {name}", dates, known)
    if d.cytopenia is not None:
        single = [name for name, rule in d.event_dates.items() if rule.pick != "all"]
        yield from _unless_known("cytopenia", d.cytopenia.stop, [*known, *single])
        yield from _unless_known("cytopenia", [d.cytopenia.until], known)
    if d.eligibility is not None:
        yield from _unless_known("eligibility", d.eligibility.until, known)


def _in_response(response: Response, known: Sequence[str]) -> Iterator[str]:
    yield from _unless_known("response", response.until, known)
    for name, parameter in response.parameters.items():
        yield from _unless_known(f"response {name}", parameter.until or (), known)
        if parameter.requires is not None:
            finding = (parameter.requires.finding,)
            yield from _unless_known(f"response {name}", finding, list(response.findings))


def _in_endpoints(d: Derivation, known: Sequence[str]) -> Iterator[str]:
    several = [name for name, rule in d.event_dates.items() if rule.pick == "all"]
    single = list(known)
    for name, rule in d.event_dates.items():
        yield from _unless_known(f"event date {name}", _used(rule), single)
        single += [] if name in several else [name]
    for name, endpoint in d.endpoints.items():
        yield from _unless_known(f"endpoint {name}", (endpoint.start,), single)
        yield from _unless_known(f"endpoint {name}", _endpoint_dates(endpoint), single + several)


def _used(rule: SubjectDate) -> Iterator[str]:
    yield rule.not_before
    for source in rule.sources:
        yield from (source.after, source.since, source.until)


def _endpoint_dates(endpoint: Endpoint) -> Iterator[str]:
    yield from (rule.date for rule in endpoint.events)
    yield from (rule.date for rule in endpoint.interruptions)
    yield from (rule.date for rule in endpoint.censoring)
    yield from (i.censor_at for i in endpoint.interruptions)
    if endpoint.missed is not None:
        yield endpoint.missed.assessments


def _unless_known(what: str, names: Iterable[str], known: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name and name not in known:
            yield f"{what}: {name} is not declared before it is used{nearest(name, known)}"
