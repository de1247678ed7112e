"""ADPC: cellular kinetics concentrations, one parameter per assay of the plan (never pooled)."""

from __future__ import annotations

import polars as pl

from il5report.derive import dates
from il5report.derive.domains import Domains
from il5report.derive.inputs import yes_no
from il5report.errors import Finding, Severity, some_subjects
from il5report.plan.models import Assay, Plan

KEYS = ("USUBJID", "PARAMCD", "ARRLT", "SRCSEQ")
COLUMNS = (
    "USUBJID", "PARAMCD", "PARAM", "ADT", "ADTM", "ADY", "AVISIT", "AVISITN", "ATPT", "NRRLT",
    "ARRLT", "RRLTU", "AVAL", "AVALC", "AVALU", "ALLOQ", "BLQFL", "AREASN", "SRCDOM", "SRCVAR",
    "SRCSEQ",
)  # fmt: skip
LABELS = {"AREASN": "Reason Value is Missing", "AVALU": "Analysis Value Unit"}
_NUMBERS = ("ADY", "AVISITN", "NRRLT", "ARRLT", "AVAL", "ALLOQ", "SRCSEQ")
_DURATION = r"^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$"
_BELOW = r"^(<.*|BLQ|BLOQ|LLOQ)$"


def derive_adpc(domains: Domains, adsl: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Concentrations of the infused subjects, by assay.

    Parameters
    ----------
    domains : Domains
    adsl : DataFrame
        With TRTSDT and TRTSDTM.
    plan : Plan
        Its assays: domain, test, specimen, unit and lower limit of quantification.

    Returns
    -------
    DataFrame
        `COLUMNS`. ARRLT: actual time from infusion in days, by time of day where both times are
        known; NRRLT: nominal. Below the limit AVAL is missing, BLQFL is Y and AVALC says so.
    """
    infused = adsl.filter(pl.col("TRTSDT").is_not_null()).select("USUBJID", "TRTSDT", "TRTSDTM")
    tables = [_assay(domains, infused, code, assay) for code, assay in plan.assays.items()]
    return pl.concat([t for t in tables if t is not None] or [_empty()])


def _assay(domains: Domains, infused: pl.DataFrame, code: str, assay: Assay) -> pl.DataFrame | None:
    d = assay.domain
    needs = (f"{d}TESTCD", f"{d}SPEC", f"{d}STRESN", f"{d}STRESC", f"{d}STRESU", f"{d}DTC")
    records = domains.select(d, None, needs=needs)
    if records is None:
        return None
    records = records.filter(
        (pl.col(f"{d}TESTCD") == assay.test) & (pl.col(f"{d}SPEC") == assay.specimen)
    )
    records = _in_unit(domains, records, code, assay)
    frame = infused.join(_complete(records, d), on="USUBJID", maintain_order="right")
    undated = frame.filter(dates.complete(pl.col(f"{d}DTC")).is_null() & pl.col("_RESULT"))
    domains.note("derive.date", "without a complete date: not used", undated, d, f"{d}DTC")
    frame = frame.with_columns(
        ADT=dates.complete(pl.col(f"{d}DTC")), ADTM=dates.moment(pl.col(f"{d}DTC"))
    ).filter(pl.col("ADT").is_not_null())
    return _columns(frame, code, assay)


def _complete(records: pl.DataFrame, d: str) -> pl.DataFrame:
    """The records with every variable that is used; absent ones are missing."""
    texts = (f"{d}TPT", f"{d}ELTM", f"{d}STAT", f"{d}REASND", "VISIT")
    numbers = (f"{d}LLOQ", "VISITNUM", "VISITDY", f"{d}SEQ")
    return records.with_columns(
        [pl.lit(None, pl.String).alias(v) for v in texts if v not in records.columns]
        + [pl.lit(None, pl.Float64).alias(v) for v in numbers if v not in records.columns]
        + [
            (pl.col(f"{d}STRESN").is_not_null() | pl.col(f"{d}STRESC").is_not_null()).alias(
                "_RESULT"
            )
        ]
    )


def _in_unit(domains: Domains, records: pl.DataFrame, code: str, assay: Assay) -> pl.DataFrame:
    unit = pl.col(f"{assay.domain}STRESU")
    other = records.filter(unit.is_not_null() & (unit != assay.unit))
    if other.height:
        units = ", ".join(sorted(other[f"{assay.domain}STRESU"].unique().to_list()))
        message = f"{code}: unit {units}, the plan says {assay.unit}; units are never pooled"
        domains.findings.append(
            Finding("derive.unit", message, Severity.ERROR, assay.domain,
                    f"{assay.domain}STRESU", other.height,
                    some_subjects(other["USUBJID"].to_list()))
        )  # fmt: skip
    return records.filter(unit.is_null() | (unit == assay.unit))


def _columns(frame: pl.DataFrame, code: str, assay: Assay) -> pl.DataFrame:
    d = assay.domain
    limit = pl.col(f"{d}LLOQ").fill_null(assay.lloq)
    value, text = pl.col(f"{d}STRESN"), pl.col(f"{d}STRESC")
    below = (value < limit).fill_null(text.str.to_uppercase().str.contains(_BELOW)).fill_null(False)
    by_clock = (pl.col("ADTM") - pl.col("TRTSDTM")).dt.total_seconds() / 86400
    by_date = dates.days_between(pl.col("TRTSDT"), pl.col("ADT"))
    planned = pl.col("VISITDY") - (pl.col("VISITDY") > 0).cast(pl.Int64)
    return frame.select(
        "USUBJID", PARAMCD=pl.lit(code), PARAM=pl.lit(f"{assay.label} ({assay.unit})"),
        ADT="ADT", ADTM="ADTM", ADY=dates.study_day(pl.col("ADT"), pl.col("TRTSDT")),
        AVISIT="VISIT", AVISITN="VISITNUM", ATPT=f"{d}TPT",
        NRRLT=pl.coalesce(duration_days(pl.col(f"{d}ELTM")), planned),
        ARRLT=pl.coalesce(by_clock, by_date), RRLTU=pl.lit("DAYS"),
        AVAL=pl.when(~below).then(value), AVALC=pl.when(below).then(pl.lit("BLQ")).otherwise(text),
        AVALU=pl.lit(assay.unit), ALLOQ=limit, BLQFL=yes_no(below),
        AREASN=pl.when(~pl.col("_RESULT")).then(pl.coalesce(f"{d}REASND", f"{d}STAT")),
        SRCDOM=pl.lit(d), SRCVAR=pl.lit(f"{d}STRESN"), SRCSEQ=pl.col(f"{d}SEQ").cast(pl.Float64),
    )  # fmt: skip


def duration_days(text: pl.Expr) -> pl.Expr:
    """An ISO 8601 duration of days, hours and minutes (``P7D``, ``-PT30M``) in days."""
    parts = text.str.extract_groups(_DURATION)
    total = sum(
        (parts.struct.field(str(i)).cast(pl.Float64).fill_null(0.0) / per)
        for i, per in ((2, 1.0), (3, 24.0), (4, 1440.0))
    )
    sign = pl.when(parts.struct.field("1") == "-").then(-1.0).otherwise(1.0)
    return pl.when(text.str.contains(_DURATION)).then(sign * total)


def _empty() -> pl.DataFrame:
    kinds: dict[str, pl.DataType] = {
        **dict.fromkeys(_NUMBERS, pl.Float64()),
        "ADT": pl.Date(), "ADTM": pl.Datetime("us"),
    }  # fmt: skip
    return pl.DataFrame(schema={v: kinds.get(v, pl.String()) for v in COLUMNS})
