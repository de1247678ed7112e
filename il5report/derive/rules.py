"""The plan's rules for dates, values and flags of a subject, applied to the domains."""

from __future__ import annotations

import polars as pl

from il5report.derive import dates
from il5report.derive.domains import Domains
from il5report.plan.subject import DateSource, SubjectDate, SubjectRecords, SubjectValue

DATED = {
    "USUBJID": pl.String, "DATE": pl.Date, "FLAG": pl.String,
    "SRCDOM": pl.String, "SRCVAR": pl.String, "SRCSEQ": pl.Float64,
}  # fmt: skip


def sequence_variable(name: str) -> str:
    """The variable that numbers the records of a data set."""
    return "ASEQ" if name.startswith("AD") else f"{name}SEQ"


def subject_date(
    domains: Domains, name: str, rule: SubjectDate, subjects: pl.DataFrame
) -> pl.DataFrame:
    """The date of each subject who has it, with the record it came from.

    Parameters
    ----------
    domains : Domains
    name : str
        The date's name, for findings.
    rule : SubjectDate
    subjects : DataFrame
        One row per subject: USUBJID and the dates that the rule names.

    Returns
    -------
    DataFrame
        USUBJID, DATE, FLAG (of imputation), SRCDOM, SRCVAR, SRCSEQ.
    """
    found = [_source(domains, name, source, rule, subjects) for source in rule.sources]
    last = rule.pick == "last"
    picked = pl.concat(found).drop_nulls("DATE").sort("DATE", descending=last, maintain_order=True)
    if rule.pick != "all":
        picked = picked.unique("USUBJID", keep="first", maintain_order=True)
    if not rule.not_before:
        return picked
    bound = pl.when(pl.col("FLAG").is_not_null()).then(pl.col(rule.not_before))
    return (
        picked.join(subjects.select("USUBJID", rule.not_before), on="USUBJID", how="left")
        .with_columns(DATE=pl.max_horizontal("DATE", bound))
        .select(*DATED)
    )


def _source(
    domains: Domains, name: str, source: DateSource, rule: SubjectDate, subjects: pl.DataFrame
) -> pl.DataFrame:
    frame = domains.select(source.domain, source.where, needs=(source.date,))
    if frame is None:
        return pl.DataFrame(schema=DATED)
    column, none = pl.col(source.date), pl.lit(None, pl.String)
    date, flag = column, none
    if frame.schema[source.date] == pl.String:
        date = {"earliest": dates.earliest, "latest": dates.latest, "none": dates.complete}[
            rule.impute
        ](column)
        flag = dates.imputed(column) if rule.impute != "none" else none
    number = sequence_variable(source.domain)
    seq = pl.col(number).cast(pl.Float64) if number in frame.columns else pl.lit(None, pl.Float64)
    dated = frame.select(
        "USUBJID", DATE=date.dt.offset_by(f"{source.plus_days}d"), FLAG=flag,
        SRCDOM=pl.lit(source.domain), SRCVAR=pl.lit(source.date), SRCSEQ=seq,
        _GIVEN=column.is_not_null(),
    )  # fmt: skip
    lost = dated.filter(pl.col("_GIVEN") & pl.col("DATE").is_null())
    domains.note("derive.date", f"partial or not a date: not used for {name}", lost,
                 source.domain, source.date)  # fmt: skip
    return within(dated, subjects, source.after, source.until).select(*DATED)


def within(dated: pl.DataFrame, subjects: pl.DataFrame, after: str, until: str) -> pl.DataFrame:
    """Records with DATE later than the subject's `after` and not later than `until`."""
    names = sorted({after, until} - {""})
    if not names:
        return dated
    bounds = subjects.select("USUBJID", *(pl.col(n).alias(f"_{n}") for n in names))
    joined = dated.join(bounds, on="USUBJID", how="left", maintain_order="left")
    if after:
        joined = joined.filter(pl.col("DATE") > pl.col(f"_{after}"))
    if until:
        limit = pl.col(f"_{until}")
        joined = joined.filter(limit.is_null() | (pl.col("DATE") <= limit))
    return joined


def subject_value(
    domains: Domains, rule: SubjectValue, subjects: pl.DataFrame
) -> pl.DataFrame | None:
    """USUBJID and VALUE of each subject with a matching record; None where nothing can be read."""
    needs = (rule.value, rule.order) if rule.order else (rule.value,)
    frame = domains.select(rule.domain, rule.where, needs=needs)
    if frame is None:
        return None
    frame = frame.filter(pl.col(rule.value).is_not_null())
    if rule.until:
        frame = _up_to(frame, rule, subjects)
    number = sequence_variable(rule.domain)
    order = [c for c in (rule.order, number) if c and c in frame.columns]
    if order:
        frame = frame.sort(*order, maintain_order=True, nulls_last=False)
    value = pl.col(rule.value)
    if rule.number:
        value = value.cast(pl.Float64, strict=False)
    groups = frame.group_by("USUBJID", maintain_order=True)
    if rule.pick == "all":
        return groups.agg(VALUE=value.cast(pl.String).unique(maintain_order=True).str.join("; "))
    return groups.agg(VALUE=value.first() if rule.pick == "first" else value.last())


def _up_to(frame: pl.DataFrame, rule: SubjectValue, subjects: pl.DataFrame) -> pl.DataFrame:
    """Records not later than the first of the dates that the subject has."""
    date = pl.coalesce(*rule.until).alias("_DATE")
    instants = [f"{name}M" for name in rule.until]
    moments = [
        pl.col(m) if m in subjects.columns else pl.lit(None, pl.Datetime("us")) for m in instants
    ]
    instant = pl.lit(None, pl.Datetime("us"))
    for name, each in reversed(list(zip(rule.until, moments, strict=True))):
        instant = pl.when(pl.col(name).is_not_null()).then(each).otherwise(instant)
    joined = frame.join(
        subjects.select("USUBJID", date, instant.alias("_INSTANT")),
        on="USUBJID", how="inner", maintain_order="left",
    )  # fmt: skip
    return joined.filter(
        dates.at_or_before(pl.col(rule.order), pl.col("_DATE"), pl.col("_INSTANT"))
    )


def subject_records(domains: Domains, rule: SubjectRecords, subjects: pl.DataFrame) -> pl.DataFrame:
    """USUBJID and N, the number of matching records, of each subject with any."""
    frame = domains.select(rule.domain, rule.where, needs=(rule.date,) if rule.date else ())
    if frame is None:
        return pl.DataFrame(schema={"USUBJID": pl.String, "N": pl.Float64})
    if rule.date:
        column = pl.col(rule.date)
        text = frame.schema[rule.date] == pl.String
        frame = frame.with_columns(DATE=dates.earliest(column) if text else column)
        frame = within(frame, subjects, rule.after, rule.until)
    return frame.group_by("USUBJID", maintain_order=True).agg(N=pl.len().cast(pl.Float64))
