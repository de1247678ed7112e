"""ADLB, ADVS and their like: results with analysis visits, baselines, change and CTCAE grades."""

from __future__ import annotations

import polars as pl

from il5report import conditions
from il5report.derive import dates
from il5report.derive.bands import add_bands
from il5report.derive.baselines import groups_of, with_baseline
from il5report.derive.cardiac import fridericia, lvef_grades
from il5report.derive.ctcae import NEEDED, grade_labs
from il5report.derive.ctcae_criteria import DIRECTIONS
from il5report.derive.domains import Domains
from il5report.derive.drug_days import add_flags
from il5report.derive.inputs import yes_no
from il5report.derive.visits import with_visits
from il5report.errors import Finding, Severity, some_subjects
from il5report.plan.findings import FindingsRules, Fridericia
from il5report.plan.models import Plan

KEYS = ("USUBJID", "PARAMCD", "BASETYPE", "ADT", "ADTM", "VISITNUM", "SRCSEQ")
LABELS = {
    "AVALU": "Analysis Value Unit",
    "ATOXREAL": "Reason Low Grade is Missing",
    "ATOXREAH": "Reason High Grade is Missing",
}
DECIMALS = 9
_BY = ["USUBJID", "PARAMCD", "BASETYPE"]


def derive_findings(
    domains: Domains, adsl: pl.DataFrame, plan: Plan, rules: FindingsRules
) -> pl.DataFrame | None:
    """Analysis records of a findings domain; None where the study lacks it.

    Parameters
    ----------
    domains : Domains
    adsl : DataFrame
        With TRTSDT, TRTSDTM and the dates of the baselines.
    plan : Plan
        Visits, and the CTCAE version of laboratory grades.
    rules : FindingsRules

    Returns
    -------
    DataFrame
        One row per result and BASETYPE. AVAL is missing where the result is text or below a
        limit (``<2``), which AVALC keeps. R2ANRHI: AVAL as a multiple of its upper
        limit. ABLFL marks the baseline; CHG and PCHG are given after it. ATOXGRL, ATOXGRH (0-4 by
        direction), BTOXGRL, BTOXGRH at baseline, ATOXDSCL, ATOXDSCH the CTCAE terms.
    """
    records = _results(domains, adsl, rules)
    if records is None:
        return None
    frame = _parameters(domains, records, rules)
    if rules.fridericia is not None:
        frame = _with_qtcf(domains, frame, rules.fridericia, rules.domain)
    if rules.visits == "collected":
        frame = _with_collected_visits(frame)
    groups = groups_of(frame, {"USUBJID": adsl["USUBJID"]})
    if rules.visits != "collected":
        frame = with_visits(frame, plan.visits, groups, pl.col("VISIT"))
    frame = frame.with_columns(ANRIND=_indicator(), R2ANRHI=_over("ANRHI"))
    frame = add_flags(domains, adsl, frame, rules.flags)
    typed = [
        with_baseline(frame, groups, name, list(until), frame.height * i)
        for i, (name, until) in enumerate(rules.baselines.items())
    ]
    used = {n for until in rules.baselines.values() for n in until} - {"TRTSDT"}
    frame = pl.concat(typed).drop("TRTSDTM", *used, strict=False)
    if rules.graded is not None and plan.grading.laboratory:
        frame = _with_grades(domains, frame, plan.grading.laboratory, rules)
    if rules.ejection_fraction:
        frame = _with_ejection_fraction(frame, rules.ejection_fraction)
    if rules.bands:
        frame = add_bands(frame, rules.bands)
    return frame.drop("_GRADED", "_BASEROW")


def _results(domains: Domains, adsl: pl.DataFrame, rules: FindingsRules) -> pl.DataFrame | None:
    """Records with a result and a date, of the subjects in ADSL."""
    d = rules.domain
    needs = tuple(f"{d}{x}" for x in ("TESTCD", "TEST", "STRESC", "DTC", "SEQ"))
    numeric = {f"{d}STRESN": pl.Float64, f"{d}STRESU": pl.String}
    records = domains.select(d, rules.where, (*needs, *(() if rules.qualitative else numeric)))
    if records is not None:
        absent = {v: kind for v, kind in numeric.items() if v not in records.columns}
        records = records.with_columns(pl.lit(None, kind).alias(v) for v, kind in absent.items())
    schema = domains.frame(d).schema
    if records is None or not domains.is_applicable("graded", d, schema, (rules.graded,)):
        return None
    graded = pl.lit(False) if rules.graded is None else conditions.expression(rules.graded, schema)
    records = records.with_columns(_GRADED=graded)
    empty = records[f"{d}STRESN"].is_null() & records[f"{d}STRESC"].is_null()
    if empty.any():
        domains.note("derive.result", "without a result: not used", records.filter(empty), d)
        records = records.filter(~empty)
    limits = {n for until in rules.baselines.values() for n in until}
    names = dict.fromkeys(("USUBJID", "TRTSDT", "TRTSDTM", *sorted(limits)))
    dtc = pl.col(f"{d}DTC")
    joined = records.join(
        adsl.select(*names, _IN=pl.lit(True)), on="USUBJID", how="left", maintain_order="left"
    )  # an inner join would copy every column, which is seldom needed
    frame = _without_null(joined, "_IN").drop("_IN")
    frame = frame.with_columns(ADT=dates.complete(dtc), ADTM=dates.moment(dtc))
    if frame["ADT"].null_count():
        undated = frame.filter(pl.col("ADT").is_null())
        domains.note("derive.date", "without a complete date: not used", undated, d, f"{d}DTC")
    return _without_null(frame, "ADT")


def _without_null(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.drop_nulls(name) if frame[name].null_count() else frame


def _parameters(domains: Domains, records: pl.DataFrame, rules: FindingsRules) -> pl.DataFrame:
    d = rules.domain
    optional = {"CAT": "PARCAT1", "TPT": "ATPT", "STNRLO": "ANRLO", "STNRHI": "ANRHI"}
    records = records.with_columns(PARAMCD=pl.col(f"{d}TESTCD").replace(rules.codes))
    told = [f"{d}{x}" for x in ("TEST", "STRESU", "SPEC") if f"{d}{x}" in records.columns]
    kinds = records[["PARAMCD", *told]].unique(maintain_order=True)
    _refuse_mixed(domains, records, kinds, d)
    texts = kinds.group_by("PARAMCD").agg(
        pl.col(f"{d}TEST").first(), pl.col(f"{d}STRESU").drop_nulls().first()
    )
    names = {c: f"{test} ({unit})" if unit else test for c, test, unit in texts.iter_rows()}
    made = {
        new: pl.col(f"{d}{old}") if f"{d}{old}" in records.columns else _missing(new)
        for old, new in optional.items()
    }
    further = {n for until in rules.baselines.values() for n in until} - {"TRTSDT"}
    visit = {v: pl.col(v) if v in records.columns else _missing(v) for v in ("VISIT", "VISITNUM")}
    return records.with_columns(
        PARAM=pl.col("PARAMCD").replace_strict(names, return_dtype=pl.String),
        ADY=dates.study_day(pl.col("ADT"), pl.col("TRTSDT")),
        AVAL=pl.col(f"{d}STRESN"), AVALC=pl.col(f"{d}STRESC"), AVALU=pl.col(f"{d}STRESU"),
        SRCDOM=pl.lit(d), SRCSEQ=pl.col(f"{d}SEQ").cast(pl.Float64), **made, **visit,
    ).select(
        "USUBJID", "PARAMCD", "PARAM", "PARCAT1", "ADT", "ADTM", "ADY", "ATPT", "VISIT",
        "VISITNUM", "AVAL", "AVALC", "AVALU", "ANRLO", "ANRHI", "SRCDOM", "SRCSEQ", "TRTSDT",
        "TRTSDTM", "_GRADED", *sorted(further),
    )  # fmt: skip


def _with_collected_visits(frame: pl.DataFrame) -> pl.DataFrame:
    """AVISIT, AVISITN and ANL01FL of visits as collected: the last record of each is flagged."""
    by = ["USUBJID", "PARAMCD", "VISITNUM"]
    frame = frame.sort("ADT", "ADTM", "SRCSEQ", maintain_order=True, nulls_last=False)
    last = pl.struct(by).is_last_distinct() & pl.col("VISITNUM").is_not_null()
    return frame.with_columns(
        AVISIT=pl.col("VISIT"), AVISITN=pl.col("VISITNUM"),
        ANL01FL=pl.when(last).then(pl.lit("Y")),
    )  # fmt: skip


def _missing(name: str) -> pl.Expr:
    numbers = ("ANRLO", "ANRHI", "VISITNUM")
    return pl.lit(None, pl.Float64 if name in numbers else pl.String)


def _refuse_mixed(domains: Domains, records: pl.DataFrame, kinds: pl.DataFrame, d: str) -> None:
    """A parameter has one unit and one specimen; another would be pooled with it."""
    for suffix, rule in (("STRESU", "derive.unit"), ("SPEC", "derive.specimen")):
        name = f"{d}{suffix}"
        if name not in kinds.columns:
            continue
        pairs = kinds[["PARAMCD", name]].unique().drop_nulls(name)
        mixed = pairs.filter(pl.col("PARAMCD").is_duplicated()).sort("PARAMCD", name)
        several_of = mixed.group_by("PARAMCD", maintain_order=True).agg(name)
        for code, several in several_of.iter_rows():
            subjects = records.filter(pl.col("PARAMCD") == code)["USUBJID"]
            message = f"{code} comes as {', '.join(several)}; they are never pooled"
            domains.findings.append(
                Finding(rule, message, Severity.ERROR, d, name, subjects.len(),
                        some_subjects(subjects.to_list()))
            )  # fmt: skip


def _indicator() -> pl.Expr:
    value, low, high = pl.col("AVAL"), pl.col("ANRLO"), pl.col("ANRHI")
    return (
        pl.when(value < low)
        .then(pl.lit("LOW"))
        .when(value > high)
        .then(pl.lit("HIGH"))
        .when(value.is_not_null() & (low.is_not_null() | high.is_not_null()))
        .then(pl.lit("NORMAL"))
    )


def _over(limit: str) -> pl.Expr:
    """The value as a multiple of a limit, rounded so that 3 x ULN is 3 and not a hair above."""
    return (pl.when(pl.col(limit) > 0).then(pl.col("AVAL") / pl.col(limit))).round(DECIMALS)


def _with_qtcf(
    domains: Domains, frame: pl.DataFrame, rule: Fridericia, domain: str
) -> pl.DataFrame:
    """QTcF records made of QT and RR of one moment, where the study has none of its own."""
    if rule.code in frame["PARAMCD"]:
        return frame
    moment = ["USUBJID", "ADT", "ADTM", "ATPT", "VISITNUM"]
    rr = frame.filter(pl.col("PARAMCD") == rule.rr).unique(moment, keep="last", maintain_order=True)
    made = (
        frame.filter(pl.col("PARAMCD") == rule.qt)
        .join(rr.select(*moment, _RR="AVAL", _UNIT="AVALU"), on=moment, nulls_equal=True)
        .with_columns(
            AVAL=fridericia(pl.col("AVAL"), pl.col("_RR")), AVALC=pl.lit(None, pl.String),
            PARAMCD=pl.lit(rule.code), PARAM=pl.lit("QTcF Interval, Fridericia (ms)"),
            ANRLO=pl.lit(None, pl.Float64), ANRHI=pl.lit(None, pl.Float64),
        )
    )  # fmt: skip
    odd = made.filter((pl.col("AVALU") != "ms") | (pl.col("_UNIT") != "ms"))
    if odd.height:
        domains.refuse("derive.unit", "QT or RR is not in ms", odd, domain, f"{domain}STRESU")
    return pl.concat([frame, made.select(frame.columns)])


def _with_ejection_fraction(frame: pl.DataFrame, code: str) -> pl.DataFrame:
    """Grades of ejection fraction decreased as ATOXGRL, a fall to below 50% as CRIT1."""
    own = pl.col("PARAMCD") == code
    graded = lvef_grades(frame.filter(own)).with_columns(
        ATOXGRLN=pl.col("LVEFGRN").cast(pl.Float64),
        ATOXGRL=pl.col("LVEFGRN").cast(pl.String),
        ATOXDSCL=pl.lit("Ejection fraction decreased"),
        CRIT1=pl.lit("Fall of 10 points or more to below 50%"),
        CRIT1FL=pl.col("LVEFFL"),
    ).drop("LVEFGRN", "LVEFFL")  # fmt: skip
    base = graded.filter(pl.col("ABLFL") == "Y").select(*_BY, BTOXGRL="ATOXGRL")
    graded = graded.join(base, on=_BY, how="left", maintain_order="left")
    return pl.concat([frame.filter(~own), graded], how="diagonal_relaxed")


def _with_grades(
    domains: Domains, frame: pl.DataFrame, version: str, rules: FindingsRules
) -> pl.DataFrame:
    under = None
    if rules.anticoagulants is not None:
        under = domains.select(rules.anticoagulants.domain, rules.anticoagulants.where)
    takers = [] if under is None else under["USUBJID"].unique().to_list()
    taken = pl.col("USUBJID").is_in(takers) if takers else pl.lit(False)
    frame = frame.with_columns(ANTICOFL=yes_no(taken))
    labs, graded = frame.select(*NEEDED, "ANTICOFL"), frame["_GRADED"]
    if graded.all():
        grades = grade_labs(labs, version).drop(labs.columns)
    else:
        place = pl.when(graded).then(graded.cast(pl.UInt32).cum_sum() - 1)
        every = frame.select(place.alias("_PLACE"))["_PLACE"]
        grades = grade_labs(labs.filter(graded), version).drop(labs.columns)
        grades = grades.select(pl.all().gather(every))
    frame = frame.drop("ANTICOFL").hstack(grades)
    frame = frame.with_columns(
        pl.col(f"ATOXGR{d}N").gather(pl.col("_BASEROW")).alias(f"BTOXGR{d}N") for d in DIRECTIONS
    )
    numbers = ["ATOXGRLN", "ATOXGRHN", "BTOXGRLN", "BTOXGRHN"]
    texts = pl.lit(pl.Series([str(grade) for grade in range(6)]))  # faster than a cast
    return frame.with_columns(texts.gather(pl.col(n)).alias(n[:-1]) for n in numbers)
