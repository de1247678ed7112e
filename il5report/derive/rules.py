"""The plan's rules for dates, values and flags of a subject, applied to the domains."""

from __future__ import annotations

from collections.abc import Mapping

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
    if name == "ADAE":  # its records keep the number of the event
        return "AESEQ"
    return "ASEQ" if name.startswith("AD") else f"{name}SEQ"


def event_dates(
    domains: Domains, adsl: pl.DataFrame, rules: Mapping[str, SubjectDate]
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The plan's further dates, each as `subject_date` gives it, and ADSL with those of which a
    subject has one; a rule can use those before it."""
    found, subjects = {}, adsl
    for name, rule in rules.items():
        found[name] = subject_date(domains, name, rule, subjects)
        if rule.pick != "all":
            column = found[name].select("USUBJID", pl.col("DATE").alias(name))
            subjects = subjects.join(column, on="USUBJID", how="left", maintain_order="left")
    return found, subjects


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
    found = pl.concat([_source(domains, name, source, rule, subjects) for source in rule.sources])
    last = rule.pick == "last"
    picked = found.lazy().drop_nulls("DATE").sort("DATE", descending=last, maintain_order=True)
    if rule.pick != "all":
        picked = picked.unique("USUBJID", keep="first", maintain_order=True)
    if rule.not_before:
        bound = subjects.lazy().select("USUBJID", _BOUND=rule.not_before)
        imputed = pl.when(pl.col("FLAG").is_not_null()).then(pl.col("_BOUND"))
        picked = picked.join(bound, on="USUBJID", how="left").with_columns(
            DATE=pl.max_horizontal("DATE", imputed)
        )
    return picked.select(*DATED).collect()


def _source(
    domains: Domains, name: str, source: DateSource, rule: SubjectDate, subjects: pl.DataFrame
) -> pl.DataFrame:
    records = domains.scan(source.domain, source.where, needs=(source.date,))
    if records is None:
        return pl.DataFrame(schema=DATED)
    schema = domains.frame(source.domain).schema
    date, flag = _read(pl.col(source.date), schema[source.date] == pl.String, rule)
    number = sequence_variable(source.domain)
    seq = pl.col(number).cast(pl.Float64) if number in schema else pl.lit(None, pl.Float64)
    dated = records.select(
        "USUBJID", DATE=date.dt.offset_by(f"{source.plus_days}d"), FLAG=flag,
        SRCDOM=pl.lit(source.domain), SRCVAR=pl.lit(source.date), SRCSEQ=seq,
        _GIVEN=pl.col(source.date).is_not_null(),
    ).filter("_GIVEN").collect()  # fmt: skip
    if dated["DATE"].null_count():
        message = f"partial or not a date: not used for {name}"
        lost = dated.filter(pl.col("DATE").is_null())
        domains.note("derive.date", message, lost, source.domain, source.date)
    return within(dated.lazy(), subjects, source).select(*DATED).collect()


def _read(column: pl.Expr, is_text: bool, rule: SubjectDate) -> tuple[pl.Expr, pl.Expr]:
    """The date and its imputation flag; text is a ``--DTC``."""
    none = pl.lit(None, pl.String)
    if not is_text:
        return column, none
    if rule.impute == "none":
        return dates.complete(column), none
    day = dates.earliest(column) if rule.impute == "earliest" else dates.latest(column)
    return day, dates.imputed(column)


def within(
    dated: pl.LazyFrame, subjects: pl.DataFrame, rule: DateSource | SubjectRecords
) -> pl.LazyFrame:
    """Records with DATE later than the subject's `after`, from `since` on, up to `until`."""
    names = sorted({rule.after, rule.since, rule.until} - {""})
    if not names:
        return dated
    bounds = subjects.lazy().select("USUBJID", *(pl.col(n).alias(f"_{n}") for n in names))
    joined = dated.join(bounds, on="USUBJID", how="left", maintain_order="left")
    if rule.after:
        joined = joined.filter(pl.col("DATE") > pl.col(f"_{rule.after}"))
    if rule.since:
        joined = joined.filter(pl.col("DATE") >= pl.col(f"_{rule.since}"))
    if rule.until:
        limit = pl.col(f"_{rule.until}")
        joined = joined.filter(limit.is_null() | (pl.col("DATE") <= limit))
    return joined


def subject_value(
    domains: Domains, rule: SubjectValue, subjects: pl.DataFrame
) -> pl.LazyFrame | None:
    """USUBJID and VALUE of each subject with a matching record; None where nothing can be read."""
    needs = (rule.value, rule.order) if rule.order else (rule.value,)
    records = domains.scan(rule.domain, rule.where, needs=needs)
    if records is None:
        return None
    records = records.filter(pl.col(rule.value).is_not_null())
    if rule.until:
        records = _up_to(records, rule, subjects)
    number = sequence_variable(rule.domain)
    order = [c for c in (rule.order, number) if c in domains.frame(rule.domain).columns]
    if order:
        records = records.sort(*order, maintain_order=True, nulls_last=False)
    value = pl.col(rule.value)
    if rule.number:
        value = value.cast(pl.Float64, strict=False)
    groups = records.group_by("USUBJID", maintain_order=True)
    if rule.pick == "all":
        return groups.agg(VALUE=value.cast(pl.String).unique(maintain_order=True).str.join("; "))
    return groups.agg(VALUE=value.first() if rule.pick == "first" else value.last())


def _up_to(records: pl.LazyFrame, rule: SubjectValue, subjects: pl.DataFrame) -> pl.LazyFrame:
    """Records not later than the first of the dates that the subject has."""
    instant = pl.lit(None, pl.Datetime("us"))
    for name in reversed(rule.until):
        moment = f"{name}M"
        known = pl.col(moment) if moment in subjects.columns else pl.lit(None, pl.Datetime("us"))
        instant = pl.when(pl.col(name).is_not_null()).then(known).otherwise(instant)
    ends = subjects.lazy().select("USUBJID", _DATE=pl.coalesce(*rule.until), _INSTANT=instant)
    joined = records.join(ends, on="USUBJID", how="inner", maintain_order="left")
    return joined.filter(
        dates.at_or_before(pl.col(rule.order), pl.col("_DATE"), pl.col("_INSTANT"))
    )


def subject_records(
    domains: Domains, rule: SubjectRecords, subjects: pl.DataFrame
) -> pl.LazyFrame | None:
    """USUBJID and N, the number of matching records, of each subject with any."""
    records = domains.scan(rule.domain, rule.where, needs=(rule.date,) if rule.date else ())
    if records is None:
        return None
    if rule.date:
        column = pl.col(rule.date)
        text = domains.frame(rule.domain).schema[rule.date] == pl.String
        records = records.with_columns(DATE=dates.earliest(column) if text else column)
        records = within(records, subjects, rule)
    return records.group_by("USUBJID").agg(N=pl.len().cast(pl.Float64))
