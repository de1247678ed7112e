"""ADEX: doses given and planned, and the attributes of the product, as the plan declares them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.derive import dates
from il5report.derive.categories import with_category
from il5report.derive.domains import Domains
from il5report.errors import Finding, Severity, some_subjects
from il5report.plan.exposure import ExposureParameter, ExposureRules
from il5report.plan.subject import Category

KEYS = ("USUBJID", "PARAMN", "ASTDT", "SRCSEQ")
LABELS = {"PARCAT1": "Parameter Category 1", "AVALU": "Analysis Value Unit"}
_SCHEMA = {
    "USUBJID": pl.String, "AVAL": pl.Float64, "AVALC": pl.String, "AVALU": pl.String,
    "ASTDT": pl.Date, "AENDT": pl.Date, "SRCDOM": pl.String, "SRCVAR": pl.String,
    "SRCSEQ": pl.Float64,
}  # fmt: skip


def derive_adex(domains: Domains, adsl: pl.DataFrame, rules: ExposureRules) -> pl.DataFrame:
    """Exposure of every subject in ADSL with a dose.

    Parameters
    ----------
    domains : Domains
    adsl : DataFrame
        With TRTSDT and TRT01P.
    rules : ExposureRules

    Returns
    -------
    DataFrame
        One row per subject and parameter (per record for statistic ``each``). AVAL in AVALU, or
        AVALC for text; ASTDT and AENDT of the records used; SRCDOM, SRCVAR and SRCSEQ where AVAL
        is that of one record; AVALCAT1 where the plan has levels. A percentage is missing for a
        subject for whom nothing was planned.
    """
    made: dict[str, pl.DataFrame] = {}
    for number, (name, rule) in enumerate(rules.parameters.items(), 1):
        if rule.percent is not None:
            one = _percentage(made[rule.percent.given], made[rule.percent.planned])
        else:
            one = _parameter(domains, adsl, name, rule, rules.keep)
        unit = _unit(domains, name, rule, one)
        frame = one.with_columns(
            PARAMCD=pl.lit(name), PARAMN=pl.lit(float(number)),
            PARAM=pl.lit(f"{rule.label} ({unit})" if unit else rule.label),
            PARCAT1=pl.lit(rule.category or None, pl.String), AVALU=pl.lit(unit, pl.String),
        )  # fmt: skip
        if rule.levels:
            levels = Category(levels=rule.levels)
            frame = with_category(frame, domains, "ADEX", "AVALCAT1", levels)
        made[name] = frame
    whole = pl.concat(made.values(), how="diagonal_relaxed")
    infusion = adsl.select("USUBJID", "TRTSDT")
    return (
        whole.join(infusion, on="USUBJID", how="inner", maintain_order="left")
        .with_columns(
            ASTDY=dates.study_day(pl.col("ASTDT"), pl.col("TRTSDT")),
            AENDY=dates.study_day(pl.col("AENDT"), pl.col("TRTSDT")),
        )
        .drop("TRTSDT")
    )


def _parameter(
    domains: Domains,
    adsl: pl.DataFrame,
    name: str,
    rule: ExposureParameter,
    keep: tuple[str, ...],
) -> pl.DataFrame:
    records = _records(domains, name, rule)
    if records is None:
        return pl.DataFrame(schema=_SCHEMA)
    if isinstance(rule.constant, Mapping):
        known = adsl.select("USUBJID", AVAL=pl.col("TRT01P").replace_strict(
            dict(rule.constant), default=None, return_dtype=pl.Float64))  # fmt: skip
        records = records.drop("AVAL").join(known, on="USUBJID", how="left", maintain_order="left")
    single = records.select(*_SCHEMA, *(k for k in keep if k in records.columns))
    if rule.statistic == "each":
        return single
    if rule.constant is None and rule.statistic in ("first", "last"):
        return single.unique("USUBJID", keep=rule.statistic, maintain_order=True)
    return records.group_by("USUBJID", maintain_order=True).agg(
        AVAL=_total(rule), AVALC=pl.lit(None, pl.String),
        AVALU=pl.col("AVALU").drop_nulls().unique().sort().str.join("; "),
        ASTDT=pl.col("ASTDT").min(), AENDT=pl.col("AENDT").max(),
        SRCDOM=pl.col("SRCDOM").first(), SRCVAR=pl.col("SRCVAR").first(),
        SRCSEQ=pl.lit(None, pl.Float64),
    ).select(*_SCHEMA)  # fmt: skip


def _total(rule: ExposureParameter) -> pl.Expr:
    value = pl.col("AVAL")
    if rule.constant is not None:
        return value.first()
    if rule.statistic == "records":
        return pl.len().cast(pl.Float64)
    if rule.statistic == "days":
        return pl.col("ASTDT").drop_nulls().n_unique().cast(pl.Float64)
    # a sum with a dose missing is not the dose given
    return pl.when(value.null_count() == 0).then(value.sum())


def _records(domains: Domains, name: str, rule: ExposureParameter) -> pl.DataFrame | None:
    """The records of the parameter in order, in the variables of `_SCHEMA`."""
    d = rule.domain
    begin = f"{d}STDTC" if f"{d}STDTC" in domains.frame(d).columns else f"{d}DTC"
    needs = tuple(v for v in (begin, f"{d}SEQ", rule.value, rule.unit_from) if v)
    records = domains.select(d, rule.where, needs=needs)
    if records is None:
        return None
    finish = f"{d}ENDTC" if f"{d}ENDTC" in records.columns else begin
    value: pl.Expr = pl.lit(None, pl.Float64)
    text: pl.Expr = pl.lit(None, pl.String)
    if isinstance(rule.constant, float):
        value = pl.lit(rule.constant)
    elif rule.value and rule.text:
        text = pl.col(rule.value).cast(pl.String)
    elif rule.value:
        value = pl.col(rule.value).cast(pl.Float64, strict=False)
        lost = records.filter(pl.col(rule.value).is_not_null() & value.is_null())
        domains.note("derive.number", f"not a number: missing in {name}", lost, d, rule.value)
    start = dates.complete(pl.col(begin))
    undated = records.filter(start.is_null())
    domains.note("derive.date", f"without a complete date: kept in {name}", undated, d, begin)
    return records.with_columns(
        AVAL=value, AVALC=text,
        AVALU=pl.col(rule.unit_from) if rule.unit_from else pl.lit(None, pl.String),
        ASTDT=start, AENDT=pl.coalesce(dates.complete(pl.col(finish)), start),
        SRCDOM=pl.lit(d), SRCVAR=pl.lit(rule.value or None, pl.String),
        SRCSEQ=pl.col(f"{d}SEQ").cast(pl.Float64),
    ).sort("USUBJID", begin, f"{d}SEQ", nulls_last=True, maintain_order=True)  # fmt: skip


def _percentage(given: pl.DataFrame, planned: pl.DataFrame) -> pl.DataFrame:
    """100 x given / planned of the subjects who have both parameters."""
    other = planned.select("USUBJID", _PLAN="AVAL")
    ratio = pl.when(pl.col("_PLAN") > 0).then(100 * pl.col("AVAL") / pl.col("_PLAN"))
    return (
        given.join(other, on="USUBJID", how="inner", maintain_order="left")
        .with_columns(
            AVAL=ratio, AVALC=pl.lit(None, pl.String),
            SRCSEQ=pl.lit(None, pl.Float64), SRCVAR=pl.lit(None, pl.String),
        )
        .select(*_SCHEMA)
    )  # fmt: skip


def _unit(domains: Domains, name: str, rule: ExposureParameter, frame: pl.DataFrame) -> str | None:
    """The parameter's one unit; several are an error, for they would be pooled."""
    if rule.unit or not rule.unit_from:
        return rule.unit or None
    several = sorted({u for text in frame["AVALU"].drop_nulls() for u in text.split("; ") if u})
    if len(several) > 1:
        message = f"{name} comes as {', '.join(several)}; they are never pooled"
        domains.findings.append(
            Finding("derive.unit", message, Severity.ERROR, rule.domain, rule.unit_from,
                    frame.height, some_subjects(frame["USUBJID"].to_list()))
        )  # fmt: skip
    return several[0] if several else None
