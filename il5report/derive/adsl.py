"""ADSL: one row per subject, from the rules that the plan declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import polars as pl

from il5report import conditions
from il5report.data.variables import Kind, kind_of
from il5report.derive import dates
from il5report.derive.adae import derive_adae
from il5report.derive.adcrs import by_day
from il5report.derive.assemble import make_core
from il5report.derive.categories import with_category
from il5report.derive.domains import Domains
from il5report.derive.inputs import yes_no
from il5report.derive.rules import subject_date, subject_records, subject_value
from il5report.errors import Finding, Severity, some_subjects
from il5report.plan.derivation import Derivation
from il5report.plan.models import Plan
from il5report.plan.subject import SubjectRecords
from il5report.plan.syndromes import DayRecords

_COPIED = (
    "STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE", "ETHNIC", "COUNTRY",
    "ARMCD", "ARM", "ACTARMCD", "ACTARM", "ARMNRS", "ACTARMUD", "DTHFL",
)  # fmt: skip
_Rules: TypeAlias = Mapping[str, SubjectRecords]
_TO_THE_END = 36500
EVENTS = "ADAE"
_IDENTIFIERS = ("STUDYID", "USUBJID", "SUBJID", "SITEID")


def derive_adsl(domains: Domains, plan: Plan, derivation: Derivation) -> pl.DataFrame:
    """Subject-level analysis data.

    Parameters
    ----------
    domains : Domains
    plan : Plan
        Treatments (in the order of TRT01AN), analysis sets, data cut-off.
    derivation : Derivation

    Returns
    -------
    DataFrame
        One row per subject of DM whom the plan's ``subjects`` condition selects, infused or not.
        Flags are Y or N, never missing.
    """
    adsl = _subjects(domains, derivation)
    adsl = adsl.with_columns(CUTDT=pl.lit(domains.cutoff, pl.Date))
    adsl = _with_treatment(adsl, domains, plan, derivation)
    adsl = _with_dates(adsl, domains, derivation)
    adsl = _with_values(adsl, domains, derivation)
    collected = {n: r for n, r in derivation.flags.items() if r.domain != EVENTS}
    adsl = _with_records(adsl, domains, collected, derivation.counts)
    adsl = _with_event_flags(adsl, domains, plan, derivation)
    adsl = _with_durations(adsl, domains, derivation)
    adsl = adsl.with_columns(
        dates.days_between(pl.col(interval.start), pl.col(interval.end)).alias(name)
        for name, interval in derivation.intervals.items()
    )
    adsl = _with_body_mass(adsl)
    for name, category in derivation.categories.items():
        adsl = with_category(adsl, domains, "ADSL", name, category)
    return _with_sets(adsl, domains, plan)


def _subjects(domains: Domains, derivation: Derivation) -> pl.DataFrame:
    everybody = domains.select("DM", None, needs=(*_IDENTIFIERS[:2], derivation.planned))
    chosen = domains.select("DM", derivation.subjects)
    if everybody is None or chosen is None:
        return pl.DataFrame(schema=dict.fromkeys(_COPIED, pl.String))
    out = everybody.join(chosen, on="USUBJID", how="anti")
    domains.note("derive.subjects", "not in ADSL by the plan's condition on DM", out, "DM")
    present = [c for c in _COPIED if c in chosen.columns]
    flag = pl.col("DTHFL") if "DTHFL" in present else pl.lit(None, pl.String)
    planned, actual = derivation.planned, derivation.actual
    return chosen.select(
        *present,
        _PLANNED=pl.col(planned),
        _ACTUAL=pl.col(actual) if actual in chosen.columns else pl.lit(None, pl.String),
    ).with_columns(DTHFL=yes_no(flag == "Y"))


def _with_treatment(
    adsl: pl.DataFrame, domains: Domains, plan: Plan, derivation: Derivation
) -> pl.DataFrame:
    """TRT01P, TRT01A with their numbers, and the first and last dose."""
    known = list(plan.treatments)
    number = {name: float(i) for i, name in enumerate(known, 1)}
    doses = domains.select(
        derivation.treatment.domain, derivation.treatment.where, needs=("EXSTDTC",)
    )
    if doses is not None:
        last = pl.col("EXENDTC") if "EXENDTC" in doses.columns else pl.col("EXSTDTC")
        span = doses.group_by("USUBJID").agg(
            TRTSDT=dates.earliest(pl.col("EXSTDTC")).min(),
            TRTEDT=dates.latest(pl.coalesce(last, "EXSTDTC")).max(),
            TRTSDTM=dates.moment(pl.col("EXSTDTC")).min(),
        )
        adsl = adsl.join(span, on="USUBJID", how="left", maintain_order="left")
    else:
        adsl = adsl.with_columns(
            TRTSDT=pl.lit(None, pl.Date), TRTEDT=pl.lit(None, pl.Date),
            TRTSDTM=pl.lit(None, pl.Datetime("us")),
        )  # fmt: skip
    infused = pl.col("TRTSDT").is_not_null()
    adsl = adsl.with_columns(
        TRT01P=pl.when(pl.col("_PLANNED").is_in(known)).then(pl.col("_PLANNED")),
        TRT01A=pl.when(infused & pl.col("_ACTUAL").is_in(known)).then(pl.col("_ACTUAL")),
    ).with_columns(
        TRT01PN=pl.col("TRT01P").replace_strict(number, default=None, return_dtype=pl.Float64),
        TRT01AN=pl.col("TRT01A").replace_strict(number, default=None, return_dtype=pl.Float64),
    )
    unknown = adsl.filter(infused & pl.col("TRT01A").is_null())
    if unknown.height:
        values = ", ".join(repr(v) for v in unknown["_ACTUAL"].unique().sort().to_list())
        message = f"treatment {values} of treated subjects is not in the plan's treatments"
        domains.findings.append(
            Finding("derive.treatment", message, Severity.ERROR, "DM", derivation.actual,
                    unknown.height, some_subjects(unknown["USUBJID"].to_list()))
        )  # fmt: skip
    return adsl.drop("_PLANNED", "_ACTUAL")


def _with_dates(adsl: pl.DataFrame, domains: Domains, derivation: Derivation) -> pl.DataFrame:
    for name, rule in derivation.dates.items():
        domains.add("ADSL", adsl)
        found = subject_date(domains, name, rule, adsl).select(
            "USUBJID", pl.col("DATE").alias(name), pl.col("FLAG").alias(rule.flag or "_FLAG")
        )
        adsl = adsl.join(found, on="USUBJID", how="left", maintain_order="left").drop(
            "_FLAG", strict=False
        )
        if {"DTHDT", "LSTALVDT"} <= set(adsl.columns) and name in ("DTHDT", "LSTALVDT"):
            adsl = _not_after_death(adsl, domains)
    if "DTHDT" not in adsl.columns:
        adsl = adsl.with_columns(DTHDT=pl.lit(None, pl.Date))
    dead = pl.col("DTHDT").is_not_null()
    odd = adsl.filter(dead != (pl.col("DTHFL") == "Y"))
    domains.note("derive.death", "death flag and date of death disagree", odd, "DM", "DTHFL")
    return adsl.with_columns(DTHFL=yes_no(dead | (pl.col("DTHFL") == "Y")))


def _not_after_death(adsl: pl.DataFrame, domains: Domains) -> pl.DataFrame:
    late = adsl.filter(pl.col("LSTALVDT") > pl.col("DTHDT"))
    message = "record after death: last known alive taken as the day of death"
    domains.note("derive.death", message, late, "ADSL", "LSTALVDT")
    last = pl.min_horizontal("LSTALVDT", pl.coalesce("DTHDT", "LSTALVDT"))
    return adsl.with_columns(LSTALVDT=last)


def _with_values(adsl: pl.DataFrame, domains: Domains, derivation: Derivation) -> pl.DataFrame:
    domains.add("ADSL", adsl)
    whole = adsl
    for name, rule in derivation.values.items():
        found = subject_value(domains, rule, adsl)
        if found is None:
            number = rule.number or kind_of(rule.value) is Kind.NUMBER
            value = pl.lit(None, pl.Float64 if number else pl.String)
            whole = whole.with_columns(value.alias(name))
        else:
            found = found.rename({"VALUE": name})
            whole = whole.join(found, on="USUBJID", how="left", maintain_order="left")
    return whole


def _with_records(
    adsl: pl.DataFrame, domains: Domains, flags: _Rules, counts: _Rules
) -> pl.DataFrame:
    whole = adsl
    for name, rule in {**flags, **counts}.items():
        found = subject_records(domains, rule, adsl)
        number = pl.col("N").fill_null(0.0) if found is not None else pl.lit(0.0)
        value = number if name in counts else yes_no(number > 0)
        if found is not None:
            whole = whole.join(found, on="USUBJID", how="left", maintain_order="left")
        whole = whole.with_columns(value.alias(name)).drop("N", strict=False)
    return whole


def _with_event_flags(
    adsl: pl.DataFrame, domains: Domains, plan: Plan, derivation: Derivation
) -> pl.DataFrame:
    """Flags by the analysis records of adverse events, which are derived here for them."""
    rules = {n: r for n, r in derivation.flags.items() if r.domain == EVENTS}
    if not rules:
        return adsl
    domains.add("ADSL", adsl)
    events = derive_adae(domains, make_core(adsl, plan), derivation, plan.term_lists)
    if events is not None:
        domains.add(EVENTS, events)
    return _with_records(adsl, domains, rules, {})


def _with_durations(adsl: pl.DataFrame, domains: Domains, derivation: Derivation) -> pl.DataFrame:
    infused = pl.col("TRTSDT").is_not_null()
    for name, rule in derivation.durations.items():
        records = DayRecords(domain=rule.domain, where=rule.where, start=rule.start, end=rule.end)
        days = by_day(domains, adsl, records, (0, _TO_THE_END)).group_by("USUBJID").agg(
            pl.col("DAY").n_unique().cast(pl.Float64).alias(name))  # fmt: skip
        adsl = adsl.join(days, on="USUBJID", how="left", maintain_order="left").with_columns(
            pl.when(infused).then(pl.col(name).fill_null(0.0)).alias(name)
        )
    return adsl


def _with_body_mass(adsl: pl.DataFrame) -> pl.DataFrame:
    if not {"WTBL", "HTBL"} <= set(adsl.columns) or "BMIBL" in adsl.columns:
        return adsl
    return adsl.with_columns(BMIBL=pl.col("WTBL") / (pl.col("HTBL") / 100) ** 2)


def _with_sets(adsl: pl.DataFrame, domains: Domains, plan: Plan) -> pl.DataFrame:
    for key, analysis_set in plan.analysis_sets.items():
        if not analysis_set.flag:
            continue
        wheres = (analysis_set.derive,)
        if domains.is_applicable(f"analysis set {key}", "ADSL", adsl.schema, wheres):
            holds = conditions.expression(analysis_set.derive, adsl.schema)
            adsl = adsl.with_columns(yes_no(holds).alias(analysis_set.flag))
    return adsl
