"""ADRS: response by visit and evaluator, findings beside it, and what follows for each subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from il5report import conditions
from il5report.derive import dates
from il5report.derive.depth import derive_depth
from il5report.derive.derived_course import derive_course
from il5report.derive.derived_response import derive_responses
from il5report.derive.domains import Domains
from il5report.derive.response_records import COLUMNS, NONE, by_visit, dated, empty
from il5report.derive.response_window import LABEL, NOT_YET, OPEN, window_open
from il5report.plan.components import DerivedResponse
from il5report.plan.derivation import FindingParameter, Response, ResponseParameter
from il5report.plan.models import Plan, Visit

VISIT_RESPONSE = "OVRLRESP"
KEYS = ("USUBJID", "PARAMCD", "AEVAL", "ADT", "SRCSEQ")
LABELS = {
    "AEVAL": "Analysis Evaluator",
    "AREASN": "Reason Not Evaluable",
    "PARAMTYP": "Parameter Type",
    OPEN: LABEL,
}


def derive_adrs(domains: Domains, adsl: pl.DataFrame, plan: Plan, rules: Response) -> pl.DataFrame:
    """Responses of the subjects in ADSL.

    Parameters
    ----------
    domains : Domains
    adsl : DataFrame
    plan : Plan
        Its visits, whose windows name the assessments.
    rules : Response

    Returns
    -------
    DataFrame
        `COLUMNS`. Visit responses have AVAL = rank of the code (1 best); Y/N parameters have
        AVAL 1/0 and ADT of the first response. Every subject that a parameter is about has one
        record of it; AREASN says why there is no response that could be evaluated, WINOPFL = Y that
        the window was still open at the data cut-off (see `window_open`).
    """
    schedule = [v for v in plan.visits if not rules.schedule or v.label in rules.schedule]
    visits = _visit_responses(domains, adsl, rules, schedule)
    findings = {
        code: _finding(domains, adsl, code, finding, schedule)
        for code, finding in rules.findings.items()
    }
    assessed: dict[object, _Assessed] = {}  # of the parameters that differ in responders alone
    derived = [
        _parameter(
            _assessed(visits, adsl, _completed(parameter, rules), rules, assessed),
            findings,
            code,
            _completed(parameter, rules),
            rules,
        )
        for code, parameter in rules.parameters.items()
        if domains.is_applicable(
            f"response {code}", "ADSL", adsl.schema, (parameter.where or rules.where,)
        )
    ]
    if rules.derived is not None:
        components = _from_components(domains, adsl, visits, rules, rules.derived)
        derived += [components, *derive_course(adsl, components, rules.derived, rules)]
    if rules.depth is not None:
        derived += derive_depth(domains, adsl, rules.depth, rules, schedule)
    parts = (visits, *findings.values(), *derived)
    kept = [f.select(c for c in (*COLUMNS, OPEN) if c in f.columns) for f in parts]
    return pl.concat(kept, how="diagonal")


def _from_components(
    domains: Domains,
    adsl: pl.DataFrame,
    visits: pl.DataFrame,
    rules: Response,
    derived: DerivedResponse,
) -> pl.DataFrame:
    """Responses derived from components, at the assessments of the main assessor."""
    own = visits.filter(pl.col("AEVAL") == rules.assessor)
    rank = {code: float(i) for i, code in enumerate(rules.codes, 1)}
    return derive_responses(domains, adsl, own, derived).with_columns(
        AVAL=pl.col("AVALC").replace_strict(rank, default=None, return_dtype=pl.Float64)
    )


def _completed(parameter: ResponseParameter, rules: Response) -> ResponseParameter:
    """What the parameter does not say is as for all."""
    return parameter.model_copy(
        update={
            "where": parameter.where or rules.where,
            "assessor": parameter.assessor or rules.assessor,
            "until": rules.until if parameter.until is None else parameter.until,
            "stop": rules.stop if parameter.stop is None else parameter.stop,
        }
    )


def _visit_responses(
    domains: Domains, adsl: pl.DataFrame, rules: Response, schedule: Sequence[Visit]
) -> pl.DataFrame:
    needs = (rules.value, rules.evaluator, rules.date)
    records = domains.select(rules.visits.domain, rules.visits.where, needs=needs)
    if records is None:
        return empty()
    unknown = records.filter(~pl.col(rules.value).is_in(rules.codes))
    domains.note("derive.response", f"response is none of {', '.join(rules.codes)}: not used",
                 unknown, rules.visits.domain, rules.value)  # fmt: skip
    rank = {code: float(i) for i, code in enumerate(rules.codes, 1)}
    frame = dated(domains, adsl, records, rules.visits.domain, rules.date, rules.value)
    frame = frame.filter(pl.col(rules.value).is_in(rules.codes)).with_columns(
        PARAMCD=pl.lit(VISIT_RESPONSE), PARAM=pl.lit("Overall Response by Visit"), PARAMTYP=NONE,
        AEVAL=pl.col(rules.evaluator), AVALC=pl.col(rules.value), AREASN=NONE,
        AVAL=pl.col(rules.value).replace_strict(rank, default=None, return_dtype=pl.Float64),
    )  # fmt: skip
    return by_visit(frame, schedule)


def _finding(
    domains: Domains,
    adsl: pl.DataFrame,
    code: str,
    rule: FindingParameter,
    schedule: Sequence[Visit],
) -> pl.DataFrame:
    numbers = (rule.number,) if rule.number else ()
    records = domains.select(rule.domain, rule.where, needs=(rule.value, rule.date, *numbers))
    if records is None:
        return empty()
    frame = dated(domains, adsl, records, rule.domain, rule.date, rule.value).with_columns(
        PARAMCD=pl.lit(code), PARAM=pl.lit(rule.label), PARAMTYP=NONE, AEVAL=NONE,
        AVALC=pl.col(rule.value), AREASN=NONE,
        AVAL=pl.col(rule.number) if rule.number else pl.lit(None, pl.Float64),
    )  # fmt: skip
    return by_visit(frame.drop_nulls("AVALC"), schedule)


@dataclass(frozen=True)
class _Assessed:
    """Whom a parameter is about (of ADSL), the assessments it uses and those of them that could be
    evaluated, and for each subject AREASN, why there is none of these."""

    who: pl.DataFrame
    used: pl.DataFrame
    counted: pl.DataFrame
    subjects: pl.DataFrame


def _assessed(
    visits: pl.DataFrame,
    adsl: pl.DataFrame,
    rule: ResponseParameter,
    rules: Response,
    known: dict[object, _Assessed],
) -> _Assessed:
    key = (rule.where, rule.assessor, rule.window, rule.until, rule.stop)
    if key not in known:
        who = adsl.filter(conditions.expression(rule.where, adsl.schema))
        used = _used(visits, who, rule)
        counted = used.filter(pl.col("AVALC") != rules.not_evaluable)
        evaluated = pl.col("USUBJID").is_in(counted["USUBJID"].unique().implode())
        subjects = who.select(
            "USUBJID", "TRTSDT", "DTHDT",
            AREASN=pl.when(~evaluated).then(_reason(used, rule.window[1])),
        )  # fmt: skip
        known[key] = _Assessed(who, used, counted, subjects)
    return known[key]


def _parameter(
    assessed: _Assessed,
    findings: dict[str, pl.DataFrame],
    code: str,
    rule: ResponseParameter,
    rules: Response,
) -> pl.DataFrame:
    who, used = assessed.who, assessed.used
    counted = _confirmed(assessed.counted, rule)
    if rule.requires is not None:
        beside = findings[rule.requires.finding].drop_nulls("AVALC")
        if rule.requires.value:
            beside = beside.filter(pl.col("AVALC") == rule.requires.value)
        counted = _beside(counted, beside, rule.requires.days)
    if rule.responders:
        counted = counted.filter(pl.col("AVALC").is_in(rule.responders))
    best = (
        counted.sort("ADT", maintain_order=True)
        if rule.responders
        else counted.sort("AVAL", "ADT", maintain_order=True)
    ).unique("USUBJID", keep="first", maintain_order=True)
    frame = assessed.subjects.join(
        best[["USUBJID", "ADT", "AVAL", "AVALC", "SRCDOM", "SRCVAR", "SRCSEQ"]],
        on="USUBJID", how="left", maintain_order="left",
    )  # fmt: skip
    frame = frame.with_columns(
        *_values(rule, rules),
        PARAMCD=pl.lit(code), PARAM=pl.lit(rule.label), PARAMTYP=pl.lit("DERIVED"),
        AEVAL=pl.lit(rule.assessor), AVISIT=NONE, AVISITN=pl.lit(None, pl.Float64),
        ANL01FL=pl.lit("Y"), ADY=dates.study_day(pl.col("ADT"), pl.col("TRTSDT")),
    )  # fmt: skip
    frame = window_open(frame, who, used, rule, rules)
    waiting = pl.col("AREASN").is_not_null() & (pl.col(OPEN) == "Y")
    reason = pl.when(waiting).then(pl.lit(NOT_YET)).otherwise("AREASN")
    return frame.with_columns(AREASN=reason)[[*COLUMNS, OPEN]]


def _values(rule: ResponseParameter, rules: Response) -> list[pl.Expr]:
    found = pl.col("AVALC").is_not_null()
    if rule.responders:
        return [found.cast(pl.Float64).alias("AVAL"),
                pl.when(found).then(pl.lit("Y")).otherwise(pl.lit("N")).alias("AVALC")]  # fmt: skip
    last = float(rules.codes.index(rules.not_evaluable) + 1)
    return [pl.col("AVAL").fill_null(last), pl.col("AVALC").fill_null(rules.not_evaluable)]


def _reason(used: pl.DataFrame, end: int | None) -> pl.Expr:
    """Why a subject has no assessment that could be evaluated."""
    seen = pl.col("USUBJID").is_in(used["USUBJID"].unique().implode())
    died = pl.col("DTHDT").is_not_null()
    if end is not None:
        died &= dates.days_between(pl.col("TRTSDT"), pl.col("DTHDT")) <= end
    return (
        pl.when(seen)
        .then(pl.lit("Assessed, not evaluable"))
        .when(pl.col("TRTSDT").is_null())
        .then(pl.lit("Not infused"))
        .when(died)
        .then(pl.lit("Died before an assessment"))
        .otherwise(pl.lit("No assessment in the window"))
    )


def _used(visits: pl.DataFrame, who: pl.DataFrame, rule: ResponseParameter) -> pl.DataFrame:
    """The evaluator's assessments within the window, up to the dates and codes that end it."""
    first, last = rule.window
    names = dict.fromkeys(("TRTSDT", *(rule.until or ())))
    frame = visits.filter(pl.col("AEVAL") == rule.assessor).join(
        who.select("USUBJID", *(pl.col(n).alias(f"_{n}") for n in names)),
        on="USUBJID", how="inner", maintain_order="left",
    )  # fmt: skip
    day = dates.days_between(pl.col("_TRTSDT"), pl.col("ADT"))
    keep = day >= first
    if last is not None:
        keep &= day <= last
    for name in rule.until or ():
        keep &= pl.col(f"_{name}").is_null() | (pl.col("ADT") <= pl.col(f"_{name}"))
    if rule.stop:
        ends = frame.filter((day >= 0) & pl.col("AVALC").is_in(rule.stop))
        frame = frame.join(
            ends.group_by("USUBJID").agg(_STOP=pl.col("ADT").min()),
            on="USUBJID", how="left", maintain_order="left",
        )  # fmt: skip
        keep &= pl.col("_STOP").is_null() | (pl.col("ADT") <= pl.col("_STOP"))
    return frame.filter(keep).select(COLUMNS)


def _confirmed(counted: pl.DataFrame, rule: ResponseParameter) -> pl.DataFrame:
    if not rule.confirm:
        return counted
    later = counted.select("USUBJID", _ADT="ADT", _AVAL="AVAL")
    pairs = counted.join(later, on="USUBJID").filter(
        (dates.days_between(pl.col("ADT"), pl.col("_ADT")) >= max(rule.confirmation, 1))
        & (pl.col("_AVAL") <= pl.col("AVAL"))
    )
    found = counted.join(pairs, on=["USUBJID", "ADT"], how="semi")
    return pl.concat([found, counted.join(found, on=["USUBJID", "ADT"], how="anti").filter(
        ~pl.col("AVALC").is_in(rule.confirm))])  # fmt: skip


def _beside(counted: pl.DataFrame, finding: pl.DataFrame, days: int) -> pl.DataFrame:
    pairs = counted.join(finding.select("USUBJID", _ADT="ADT"), on="USUBJID").filter(
        dates.days_between(pl.col("ADT"), pl.col("_ADT")).abs() <= days
    )
    return counted.join(pairs, on=["USUBJID", "ADT"], how="semi")
