"""The plan's rules for dates, values and flags of a subject, applied to the domains."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_

import polars as pl

from il5report.derive import dates
from il5report.derive.domains import Domains, EventDates
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
    subject has one; a rule can use those before it. Several data sets use them: they are derived
    again only where a data set that they come from is another by now."""
    names = [source.domain for rule in rules.values() for source in rule.sources]
    known = domains.event_dates
    if known and all(map(is_, known.sources, (adsl, rules, *map(domains.frame, names)))):
        return known.dates, known.subjects
    found, subjects = {}, adsl
    for name, rule in rules.items():
        found[name] = subject_date(domains, name, rule, subjects)
        if rule.pick != "all":
            column = found[name].select("USUBJID", pl.col("DATE").alias(name))
            subjects = subjects.join(column, on="USUBJID", how="left", maintain_order="left")
    sources = (adsl, rules, *map(domains.frame, names))
    domains.event_dates = EventDates(found, subjects, sources)
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
    picked = found.drop_nulls("DATE").sort("DATE", descending=last, maintain_order=True)
    if rule.pick != "all":
        picked = picked.unique("USUBJID", keep="first", maintain_order=True)
    if rule.not_before:
        bound = subjects.select("USUBJID", _BOUND=rule.not_before)
        imputed = pl.when(pl.col("FLAG").is_not_null()).then(pl.col("_BOUND"))
        picked = picked.join(bound, on="USUBJID", how="left").with_columns(
            DATE=pl.max_horizontal("DATE", imputed)
        )
    return picked[list(DATED)]


def _source(
    domains: Domains, name: str, source: DateSource, rule: SubjectDate, subjects: pl.DataFrame
) -> pl.DataFrame:
    number = sequence_variable(source.domain)
    records = domains.select(source.domain, source.where, (source.date,), keep=(number,))
    if records is None:
        return pl.DataFrame(schema=DATED)
    records = records.drop_nulls(source.date)
    date, flag = _read(pl.col(source.date), records[source.date].dtype == pl.String, rule)
    held = number in records.columns
    seq = pl.col(number).cast(pl.Float64) if held else pl.lit(None, pl.Float64)
    dated = records.select(
        "USUBJID", DATE=date.dt.offset_by(f"{source.plus_days}d"), FLAG=flag,
        SRCDOM=pl.lit(source.domain), SRCVAR=pl.lit(source.date), SRCSEQ=seq,
    )  # fmt: skip
    if dated["DATE"].null_count():
        message = f"partial or not a date: not used for {name}"
        lost = dated.filter(pl.col("DATE").is_null())
        domains.note("derive.date", message, lost, source.domain, source.date)
    return within(dated, subjects, source)[list(DATED)]


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
    dated: pl.DataFrame, subjects: pl.DataFrame, rule: DateSource | SubjectRecords
) -> pl.DataFrame:
    """Records with DATE later than the subject's `after`, from `since` on, up to `until`."""
    names = sorted({rule.after, rule.since, rule.until} - {""})
    if not names:
        return dated
    bounds = subjects.select("USUBJID", *(pl.col(n).alias(f"_{n}") for n in names))
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
) -> pl.DataFrame | None:
    """USUBJID and VALUE of each subject with a matching record; None where nothing can be read."""
    needs = (rule.value, rule.order) if rule.order else (rule.value,)
    number = sequence_variable(rule.domain)
    records = domains.select(rule.domain, rule.where, needs, keep=(number,))
    if records is None:
        return None
    records = records.drop_nulls(rule.value)
    if rule.until:
        records = _up_to(records, rule, subjects)
    order = [c for c in (rule.order, number) if c in records.columns]
    if order:
        records = records.sort(*order, maintain_order=True, nulls_last=False)
    value = pl.col(rule.value)
    if rule.number:
        value = value.cast(pl.Float64, strict=False)
    groups = records.group_by("USUBJID", maintain_order=True)
    if rule.pick == "all":
        return groups.agg(VALUE=value.cast(pl.String).unique(maintain_order=True).str.join("; "))
    return groups.agg(VALUE=value.first() if rule.pick == "first" else value.last())


def _up_to(records: pl.DataFrame, rule: SubjectValue, subjects: pl.DataFrame) -> pl.DataFrame:
    """Records not later than the first of the dates that the subject has."""
    instant = pl.lit(None, pl.Datetime("us"))
    for name in reversed(rule.until):
        moment = f"{name}M"
        known = pl.col(moment) if moment in subjects.columns else pl.lit(None, pl.Datetime("us"))
        instant = pl.when(pl.col(name).is_not_null()).then(known).otherwise(instant)
    ends = subjects.select("USUBJID", _DATE=pl.coalesce(*rule.until), _INSTANT=instant)
    joined = records.join(ends, on="USUBJID", how="inner", maintain_order="left")
    return joined.filter(
        dates.at_or_before(pl.col(rule.order), pl.col("_DATE"), pl.col("_INSTANT"))
    )


def subject_records(
    domains: Domains, rule: SubjectRecords, subjects: pl.DataFrame
) -> pl.DataFrame | None:
    """USUBJID and N, the number of matching records, of each subject with any."""
    needs = (rule.date,) if rule.date else ()
    records = domains.select(rule.domain, rule.where, needs, keep=())
    if records is None:
        return None
    if rule.date:
        column = pl.col(rule.date)
        text = records[rule.date].dtype == pl.String
        records = records.with_columns(DATE=dates.earliest(column) if text else column)
        records = within(records, subjects, rule)
    return records.group_by("USUBJID").agg(N=pl.len().cast(pl.Float64))
