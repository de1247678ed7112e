"""From SDTM to ADaM: the whole derivation, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from il5report.data.dataset import Dataset, Study
from il5report.derive import (
    adab,
    adae,
    adbm,
    adcrs,
    adcyt,
    adex,
    adie,
    adpc,
    adpp,
    adrs,
    adscr,
    adtte,
    adttek,
    findings,
    occurrences,
)
from il5report.derive.adsl import EVENTS, derive_adsl
from il5report.derive.assemble import Core, assemble, make_core
from il5report.derive.domains import Domains
from il5report.derive.result_groups import with_groups
from il5report.errors import DataError, Finding, PlanError, Severity
from il5report.plan.derivation import Derivation
from il5report.plan.exposure import ExposureRules
from il5report.plan.findings import FindingsRules
from il5report.plan.models import Plan
from il5report.plan.occurrences import Occurrences


@dataclass(frozen=True)
class _Work:
    """What has been derived so far. A later data set uses earlier ones through the domains."""

    domains: Domains
    plan: Plan
    derivation: Derivation
    adsl: pl.DataFrame
    core: Core


@dataclass(frozen=True)
class _Step:
    """A data set: its name, sort keys, own labels, and how to make it (None: nothing to make)."""

    name: str
    keys: tuple[str, ...]
    labels: Mapping[str, str]
    make: Callable[[_Work], pl.DataFrame | None]
    title: str = ""


def _adae(work: _Work) -> pl.DataFrame | None:
    if EVENTS in work.domains:  # derived already, for flags of ADSL
        return work.domains.frame(EVENTS)
    return adae.derive_adae(work.domains, work.core, work.derivation, work.plan.term_lists)


def _adrs(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.response
    if rules is None:
        return None
    return adrs.derive_adrs(work.domains, work.adsl, work.plan, rules)


def _adtte(work: _Work) -> pl.DataFrame | None:
    if not work.derivation.endpoints:
        return None
    return adtte.derive_adtte(work.domains, work.adsl, work.plan, work.derivation)


def _adpc(work: _Work) -> pl.DataFrame | None:
    return adpc.derive_adpc(work.domains, work.adsl, work.plan) if work.plan.assays else None


def _adpp(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.kinetics
    if rules is None or not work.plan.assays:
        return None
    return adpp.derive_adpp(work.domains, work.domains.frame("ADPC"), work.plan, rules)


def _adcrs(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.crs
    return None if rules is None else adcrs.derive_adcrs(work.domains, work.adsl, rules)


def _labels(rules: FindingsRules) -> Mapping[str, str]:
    return {**findings.LABELS, **{name: flag.label for name, flag in rules.flags.items()}}


def _findings(rules: FindingsRules) -> Callable[[_Work], pl.DataFrame | None]:
    return lambda work: findings.derive_findings(work.domains, work.adsl, work.plan, rules)


def _occurrences(name: str, rules: Occurrences) -> Callable[[_Work], pl.DataFrame | None]:
    return lambda work: occurrences.derive_occurrences(
        work.domains, work.core, name, rules, work.derivation.periods
    )


def _exposure(rules: ExposureRules) -> Callable[[_Work], pl.DataFrame | None]:
    return lambda work: adex.derive_adex(work.domains, work.adsl, rules)


def _adie(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.eligibility
    if rules is None:
        return None
    return adie.derive_adie(work.domains, work.adsl, work.plan, rules)


def _adcyt(work: _Work) -> pl.DataFrame | None:
    rules, further = work.derivation.cytopenia, work.derivation.event_dates
    return None if rules is None else adcyt.derive_adcyt(work.domains, work.adsl, rules, further)


def _adbm(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.biomarkers
    return None if rules is None else adbm.derive_adbm(work.domains, work.adsl, rules)


def _adab(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.antibodies
    return None if rules is None else adab.derive_adab(work.domains, work.adsl, rules)


def _adttek(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.sample_times
    return adttek.derive_adttek(work.domains, work.adsl, rules) if rules else None


def _adscr(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.screening
    if rules is None:
        return None
    return adscr.derive_adscr(work.domains, work.adsl, rules, work.derivation.crs is not None)


def _adicans(work: _Work) -> pl.DataFrame | None:
    rules = work.derivation.icans
    if rules is None:
        return None
    crs = work.domains.frame("ADCRS") if work.derivation.crs else None
    return adcrs.derive_adicans(work.domains, work.adsl, rules, crs)


_STEPS = (
    _Step("ADAE", adae.KEYS, adae.LABELS, _adae),
    _Step("ADRS", adrs.KEYS, adrs.LABELS, _adrs),
    _Step("ADCRS", adcrs.KEYS, adcrs.LABELS, _adcrs),
    _Step("ADICANS", adcrs.KEYS, adcrs.LABELS, _adicans),
    _Step("ADTTE", adtte.KEYS, adtte.LABELS, _adtte),
    _Step("ADPC", adpc.KEYS, adpc.LABELS, _adpc),
    _Step("ADPP", adpp.KEYS, adpp.LABELS, _adpp),
    _Step("ADIE", adie.KEYS, adie.LABELS, _adie),
)

_FROM_RESULTS = (
    _Step("ADCYT", adcyt.KEYS, adcyt.LABELS, _adcyt),
    _Step("ADSCR", adscr.KEYS, adscr.LABELS, _adscr, "Laboratory Screening Analysis Dataset"),
    _Step("ADBM", adbm.KEYS, adbm.LABELS, _adbm, "Biomarker Parameter Analysis Dataset"),
    _Step("ADAB", adab.KEYS, adab.LABELS, _adab, adab.TITLE),
    _Step("ADTTEK", adttek.KEYS, adttek.LABELS, _adttek, adttek.TITLE),
)


def _declared(derivation: Derivation, domains: Domains) -> list[_Step]:
    """Data sets that the plan names itself."""
    results = [
        _Step(name, findings.KEYS, _labels(rules), _findings(rules), rules.title)
        for name, rules in derivation.findings.items()
    ]
    doses = [
        _Step(name, adex.KEYS, adex.LABELS, _exposure(rules), rules.title)
        for name, rules in derivation.exposure.items()
    ]
    events = [
        _Step(
            name, occurrences.KEYS,
            {**domains.labels.get(rules.domain, {}), **occurrences.LABELS, **rules.labels},
            _occurrences(name, rules), rules.title,
        )
        for name, rules in derivation.occurrences.items()
    ]  # fmt: skip
    return [*results, *doses, *events]


def derive(study: Study, plan: Plan) -> tuple[dict[str, Dataset], tuple[Finding, ...]]:
    """ADaM data sets of a study, by the derivation that its plan declares.

    Parameters
    ----------
    study : Study
        SDTM domains.
    plan : Plan
        With a derivation.

    Returns
    -------
    dict of Dataset
        ADSL first; every other data set that the plan and the domains allow, also without records.
    tuple of Finding
        What was left out, imputed in no stated way or odd, with counts and subjects; no errors.

    Raises
    ------
    PlanError
        The plan declares no derivation.
    DataError
        Every fault that makes a derived number wrong: unknown variable, treatment or unit,
        subject without an end of follow-up.
    """
    derivation = plan.derivation
    if derivation is None:
        raise PlanError([Finding("plan.derivation", "the plan says nothing of how to derive ADaM")])
    domains = Domains(study, plan.data_cutoff, _grades(derivation))
    if "DM" in domains and not domains.frame("DM").height:
        message = f"no subject had consented by the data cut-off {plan.data_cutoff}"
        raise DataError([Finding("derive.cutoff", message, dataset="DM", variable="RFICDTC")])
    adsl = derive_adsl(domains, plan, derivation)
    domains.add("ADSL", adsl)
    work = _Work(domains, plan, derivation, adsl, make_core(adsl, plan))
    made = {"ADSL": assemble("ADSL", adsl, work.core, ("USUBJID",))}
    for step in (*_STEPS, *_declared(derivation, domains), *_FROM_RESULTS):
        frame = step.make(work)
        if frame is not None:
            found = assemble(step.name, frame, work.core, step.keys, step.labels)
            made[step.name] = replace(found, label=step.title) if step.title else found
            domains.add(step.name, made[step.name].frame)
    if derivation.groups:
        grouped = with_groups(domains, adsl, derivation.groups)
        made["ADSL"] = assemble("ADSL", grouped, work.core, ("USUBJID",))
    errors = [f for f in domains.findings if f.severity is Severity.ERROR]
    if errors:
        raise DataError(errors)
    return made, tuple(domains.findings)


def _grades(derivation: Derivation) -> list[str]:
    """The variables of AE that grade it."""
    rules = derivation.adverse_events
    return [g for g in (rules.grade, rules.syndrome_grade) if g] if rules else []
