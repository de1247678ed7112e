"""ADIE: every eligibility criterion for every subject, from data where data can tell."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from il5report import conditions
from il5report.derive import dates
from il5report.derive.domains import Domains
from il5report.derive.inputs import yes_no
from il5report.derive.response import three_valued
from il5report.errors import Finding, Severity, nearest
from il5report.plan.eligibility import (
    DatedRecords,
    EligibilityRules,
    EligibilityValue,
    Interval,
)
from il5report.plan.models import Criterion, Plan

KEYS = ("USUBJID", "PARAMN")
LABELS = {
    "PARAMCD": "Eligibility Criterion", "PARAM": "Text of the Criterion",
    "PARCAT1": "Inclusion or Exclusion", "AVALC": "Requirement Met by the Data",
    "INVC": "Requirement Met by the Investigator", "AVALTXT": "Values and Dates Used",
    "DISCFL": "Data and Investigator Differ Flag", "ELIGDVFL": "Enrolled Though Not Met Flag",
}  # fmt: skip
MET, NOT_MET, UNKNOWN, INVESTIGATOR = (
    "MET", "NOT MET", "NOT ASSESSABLE", "INVESTIGATOR ONLY",
)  # fmt: skip
DECIMALS = 9
"""Ratios to a limit are rounded so that 3 x ULN is 3 and not 3.0000000000000004."""


def derive_adie(
    domains: Domains, adsl: pl.DataFrame, plan: Plan, rules: EligibilityRules
) -> pl.DataFrame | None:
    """Eligibility of every subject in ADSL, by criterion of the plan; None where it has none.

    Returns
    -------
    DataFrame
        AVALC: MET, NOT MET, NOT ASSESSABLE (a value that decides is missing) or INVESTIGATOR
        ONLY (no rule); MET always means eligible, also for exclusion criteria. INVC: MET, or NOT
        MET where IE holds the criterion. AVALTXT: values and dates that AVALC rests on. DISCFL =
        Y where the two differ. ELIGDVFL = Y where an enrolled subject does not meet it.
    """
    wide = _values(domains, adsl, rules)
    faults = list(_faults(plan, rules, wide))
    domains.findings += faults
    failed = domains.select(rules.failed.domain, rules.failed.where, needs=(rules.criterion,))
    known = set() if failed is None else set(failed.select("USUBJID", rules.criterion).rows())
    parts = [
        _criterion(wide, i, code, criterion, rules)
        for i, (code, criterion) in enumerate(plan.eligibility.items(), 1)
        if not faults
    ]
    if not parts:
        return None
    frame = pl.concat(parts)
    told = pl.struct("USUBJID", "PARAMCD").map_elements(
        lambda key: (key["USUBJID"], key["PARAMCD"]) in known, return_dtype=pl.Boolean
    )
    frame = frame.with_columns(INVC=pl.when(told).then(pl.lit(NOT_MET)).otherwise(pl.lit(MET)))
    decided = pl.col("AVALC").is_in([MET, NOT_MET])
    failing = pl.when(decided).then(pl.col("AVALC")).otherwise(pl.col("INVC")) == NOT_MET
    enrolled = adsl.select("USUBJID", _ENROLLED=pl.col("ENRLDT").is_not_null())
    return (
        frame.join(enrolled, on="USUBJID", how="left", maintain_order="left")
        .with_columns(
            DISCFL=yes_no(decided & (pl.col("AVALC") != pl.col("INVC"))),
            ELIGDVFL=yes_no(failing & pl.col("_ENROLLED")),
        )
        .drop("_ENROLLED")
    )


def _faults(plan: Plan, rules: EligibilityRules, wide: pl.DataFrame) -> Iterator[Finding]:
    for code, where in rules.criteria.items():
        if code not in plan.eligibility:
            message = (
                f"eligibility rule {code!r} is no criterion{nearest(code, [*plan.eligibility])}"
            )
            yield Finding("derive.eligibility", message)
        for variable, what in conditions.faults(where, wide.schema):
            hint = nearest(variable, [*rules.values]) if variable not in wide.columns else ""
            message = f"eligibility rule {code}: {variable} {what}{hint}"
            yield Finding("derive.eligibility", message, Severity.ERROR, "ADIE", variable)


def _criterion(
    wide: pl.DataFrame, number: int, code: str, criterion: Criterion, rules: EligibilityRules
) -> pl.DataFrame:
    where = rules.criteria.get(code)
    result, text, last = pl.lit(INVESTIGATOR), pl.lit(None, pl.String), pl.lit(None, pl.Date)
    if where is not None:
        holds = three_valued(where, wide.schema)
        result = (
            pl.when(holds.is_null())
            .then(pl.lit(UNKNOWN))
            .when(holds)
            .then(pl.lit(MET))
            .otherwise(pl.lit(NOT_MET))
        )
        used = list(dict.fromkeys(c.variable for c in conditions.comparisons(where)))
        last = pl.max_horizontal(f"_{name}" for name in used)
        text = pl.concat_str([_shown(name, wide, last) for name in used], separator="; ")
    return wide.select(
        "USUBJID", PARAMCD=pl.lit(code), PARAM=pl.lit(criterion.short or criterion.text[:200]),
        PARAMN=pl.lit(float(number)), PARCAT1=pl.lit(criterion.category), AVALC=result,
        AVALTXT=text, ADT=last,
    )  # fmt: skip


def _shown(name: str, wide: pl.DataFrame, last: pl.Expr) -> pl.Expr:
    """``ALT 3.3 (2025-01-04)``, numbers to 4 decimals; no date where it is that of the record."""
    value = pl.col(name).round(4) if wide.schema[name].is_float() else pl.col(name)
    day = pl.col(f"_{name}")
    date = pl.when(day != last).then(day.dt.to_string("%Y-%m-%d"))
    shown = pl.coalesce(pl.lit(" (") + date + pl.lit(")"), pl.lit(""))
    return pl.lit(f"{name} ") + value.cast(pl.String).fill_null("missing") + shown


def _values(domains: Domains, adsl: pl.DataFrame, rules: EligibilityRules) -> pl.DataFrame:
    """One row per subject: each value, and its date with a leading underscore."""
    wide = adsl.select("USUBJID", _END=pl.coalesce(rules.until))
    for name, value in rules.values.items():
        found = _value(domains, wide, value).rename({"VALUE": name, "DATE": f"_{name}"})
        wide = wide.join(found, on="USUBJID", how="left", maintain_order="left")
    return wide


def _value(domains: Domains, screened: pl.DataFrame, rule: EligibilityValue) -> pl.DataFrame:
    date = rule.date
    needs = tuple(v for v in (rule.value, date, rule.over) if v)
    frame = domains.select(rule.domain, rule.where, needs=needs, keep=())
    numeric = rule.number or bool(rule.over) or rule.below is not None or rule.days_from
    if frame is None:
        kind = pl.Float64 if numeric else pl.String
        return pl.DataFrame(schema={"USUBJID": pl.String, "VALUE": kind, "DATE": pl.Date})
    day = dates.earliest(pl.col(date)) if date else pl.lit(None, pl.Date)
    frame = frame.select("USUBJID", VALUE=_number(rule, frame), DATE=day)
    frame = frame.drop_nulls("VALUE").join(screened[["USUBJID", "_END"]], on="USUBJID")
    if rule.without is not None:
        frame = _outside(domains, frame, rule.without)
    last = _last(frame.filter(pl.col("DATE").is_null() | (pl.col("DATE") <= pl.col("_END"))))
    if rule.days_from is None:
        return last
    start = _last(_dated(domains, rule.days_from)).select("USUBJID", _FROM="DATE")
    return last.join(start, on="USUBJID", how="left").select(
        "USUBJID", VALUE=dates.days_between(pl.col("_FROM"), pl.col("DATE")), DATE="DATE"
    )


def _outside(domains: Domains, frame: pl.DataFrame, rule: Interval) -> pl.DataFrame:
    """The values of days on which no record of the rule holds."""
    records = domains.select(rule.domain, rule.where, needs=(rule.start, rule.end))
    if records is None:
        return frame
    spans = records.select(
        "USUBJID", _FROM=dates.earliest(pl.col(rule.start)), _TO=dates.latest(pl.col(rule.end))
    )
    inside = (
        frame.select("USUBJID", "DATE")
        .join(spans, on="USUBJID")
        .filter(
            (pl.col("DATE") >= pl.col("_FROM"))
            & (pl.col("_TO").is_null() | (pl.col("DATE") <= pl.col("_TO")))
        )
    )
    return frame.join(inside, on=["USUBJID", "DATE"], how="anti", maintain_order="left")


def _number(rule: EligibilityValue, frame: pl.DataFrame) -> pl.Expr:
    value = pl.col(rule.value)
    if rule.below is not None:
        number = value.cast(pl.Float64, strict=False)
        value = pl.when(value.str.starts_with("<")).then(rule.below).otherwise(number)
    elif rule.number and not frame.schema[rule.value].is_numeric():
        value = value.cast(pl.Float64, strict=False)
    return (value / pl.col(rule.over)).round(DECIMALS) if rule.over else value


def _dated(domains: Domains, rule: DatedRecords) -> pl.DataFrame:
    frame = domains.select(rule.domain, rule.where, needs=(rule.date,), keep=())
    if frame is None:
        return pl.DataFrame(schema={"USUBJID": pl.String, "VALUE": pl.String, "DATE": pl.Date})
    return frame.select("USUBJID", VALUE=pl.col(rule.date), DATE=dates.earliest(pl.col(rule.date)))


def _last(frame: pl.DataFrame) -> pl.DataFrame:
    ordered = frame.sort("DATE", "VALUE", maintain_order=True, nulls_last=False)
    last = ordered.unique("USUBJID", keep="last", maintain_order=True)
    return last[["USUBJID", "VALUE", "DATE"]]
