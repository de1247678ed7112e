"""ADCM, ADMH, ADDV, ADHO and their like: every record of a domain with dates, days and flags."""

from __future__ import annotations

import polars as pl

from il5report import conditions
from il5report.conditions import Condition
from il5report.derive import dates
from il5report.derive.assemble import Core
from il5report.derive.categories import with_category
from il5report.derive.domains import Domains
from il5report.derive.inputs import yes_no
from il5report.derive.visits import with_period
from il5report.plan.derivation import Period
from il5report.plan.occurrences import Occurrences

KEYS = ("USUBJID", "ASTDT", "SRCSEQ")
LABELS = {"AENDT": "Analysis End Date", "ONGOFL": "Ongoing Flag"}
_NOT_ONGOING = ("BEFORE", "COINCIDENT", "UNKNOWN")


def derive_occurrences(
    domains: Domains, core: Core, name: str, rules: Occurrences, periods: tuple[Period, ...]
) -> pl.DataFrame | None:
    """Analysis records of an events or interventions domain; None where the study lacks it.

    Parameters
    ----------
    domains : Domains
    core : Core
        ADSL and the variables of it that every record carries.
    name : str
        The data set's name, for findings.
    rules : Occurrences
    periods : tuple of Period

    Returns
    -------
    DataFrame
        One row per record of a subject in ADSL. ASTDT, AENDT by the imputation rule with their
        flags; ADURN = AENDT - ASTDT + 1 days, missing while ongoing; ONGOFL only where the domain
        has an end. SRCDOM and SRCSEQ name the record.
    """
    domain = rules.domain
    start, end = rules.start or f"{domain}STDTC", rules.end or f"{domain}ENDTC"
    records = domains.select(domain, rules.where, needs=(start, f"{domain}SEQ"))
    if records is None:
        return None
    strangers = records.join(core.subjects, on="USUBJID", how="anti")
    domains.note("derive.subjects", "record of a subject who is not in ADSL", strangers, domain)
    dated = [s.start for s in rules.since.values()] + [p.start for p in periods]
    frame = core.join(records.drop("DOMAIN", strict=False), *dict.fromkeys(dated))
    frame = _with_dates(frame, rules, start, end)
    frame = with_period(frame, periods)
    frame = frame.with_columns(
        dates.days_between(pl.col(s.start), pl.col("ASTDT")).alias(n)
        for n, s in rules.since.items()
    )
    frame = domains.with_qualifiers(domain, frame, _used(rules))
    frame = _with_numbers(domains, frame, rules)
    for variable, category in rules.categories.items():
        frame = with_category(frame, domains, name, variable, category)
    for variable, flag in rules.flags.items():
        holds = _holds(domains, name, frame, variable, flag.where)
        frame = frame.with_columns(yes_no(holds).alias(variable))
    frame = _with_first(domains, name, frame, rules)
    unneeded = [d for d in dated if d not in core.core]
    return frame.with_columns(
        SRCDOM=pl.lit(domain), SRCSEQ=pl.col(f"{domain}SEQ").cast(pl.Float64)
    ).drop(unneeded, strict=False)


def _used(rules: Occurrences) -> set[str]:
    """Variables that the rules read."""
    wheres: list[Condition | None] = [f.where for f in rules.flags.values()]
    wheres += [f.where for f in rules.first.values()]
    wheres += [w for c in rules.categories.values() for w in c.levels.values()]
    named = {c.variable for w in wheres for c in conditions.comparisons(w)}
    by = {v for f in rules.first.values() for v in f.by}
    made = {*rules.since, *rules.numbers, *rules.categories, *rules.flags}
    made |= {c.number for c in rules.categories.values()}
    return (named | by | {n.value for n in rules.numbers.values()}) - made


def _with_dates(frame: pl.DataFrame, rules: Occurrences, start: str, end: str) -> pl.DataFrame:
    has_end = end in frame.columns
    if not has_end:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(end))
    infusion = frame["TRTSDT"]
    if rules.history:  # a record of history did not begin with the infusion
        frame = frame.with_columns(TRTSDT=pl.lit(None, pl.Date))
    frame = dates.impute_span(frame, start, end).with_columns(infusion)
    relative = pl.col("TRTSDT")
    frame = frame.with_columns(
        ASTDY=dates.study_day(pl.col("ASTDT"), relative),
        AENDY=dates.study_day(pl.col("AENDT"), relative),
        ADURN=dates.days_between(pl.col("ASTDT"), pl.col("AENDT")) + 1,
        ONGOFL=yes_no(_ongoing(frame, rules.domain)),
    ).with_columns(ADURU=pl.when(pl.col("ADURN").is_not_null()).then(pl.lit("DAYS")))
    missing = ["AENDT", "AENDTF", "AENDY", "ADURN", "ADURU", "ONGOFL", end]
    return frame if has_end else frame.drop(missing)


def _ongoing(frame: pl.DataFrame, domain: str) -> pl.Expr:
    """No end, and nothing that says the record had ended."""
    ongoing = pl.col("AENDT").is_null()
    said = f"{domain}ENRTPT"
    if said in frame.columns:
        ongoing &= ~pl.col(said).is_in(_NOT_ONGOING).fill_null(value=False)
    return ongoing


def _with_numbers(domains: Domains, frame: pl.DataFrame, rules: Occurrences) -> pl.DataFrame:
    for name, rule in rules.numbers.items():
        if rule.value not in frame.columns:
            domains.refuse_variable(rules.domain, rule.value, frame.columns)
            frame = frame.with_columns(pl.lit(None, pl.String).alias(rule.value))
        text = pl.col(rule.value)
        number = text.cast(pl.Float64, strict=False)
        lost = frame.filter(text.is_not_null() & number.is_null())
        domains.note("derive.number", "not a number: not used", lost, rules.domain, rule.value)
        frame = frame.with_columns(number.alias(name))
    return frame


def _holds(
    domains: Domains, dataset: str, frame: pl.DataFrame, name: str, where: Condition | None
) -> pl.Expr:
    """Where a condition holds; a fault in it is reported, and nothing holds."""
    if where is None:
        return pl.lit(True)
    if not domains.is_applicable(name, dataset, frame.schema, (where,)):
        return pl.lit(False)
    return conditions.expression(where, frame.schema)


def _with_first(
    domains: Domains, dataset: str, frame: pl.DataFrame, rules: Occurrences
) -> pl.DataFrame:
    order = ["USUBJID", "ASTDT", f"{rules.domain}SEQ"]
    frame = frame.sort(*order, nulls_last=True, maintain_order=True)
    for name, rule in rules.first.items():
        holds = _holds(domains, dataset, frame, name, rule.where)
        by = [b for b in ("USUBJID", *rule.by) if b in frame.columns]
        first = pl.struct(*by, "_HIT").is_first_distinct() & pl.col("_HIT")
        frame = frame.with_columns(_HIT=holds).with_columns(
            pl.when(first).then(pl.lit("Y")).alias(name)
        )
    return frame.drop("_HIT", strict=False)
