"""ADTTE: every time-to-event endpoint by the rules that the plan declares once."""

from __future__ import annotations

import polars as pl

from il5report import conditions
from il5report.data.variables import label_of
from il5report.derive import dates
from il5report.derive.domains import Domains
from il5report.derive.rules import DATED, subject_date
from il5report.errors import Finding, Severity, some_subjects
from il5report.plan.derivation import Derivation
from il5report.plan.endpoints import Endpoint, EventRule
from il5report.plan.models import Plan, Visit

KEYS = ("USUBJID", "PARAMCD")
COLUMNS = (
    "USUBJID", "PARAMCD", "PARAM", "STARTDT", "ADT", "AVAL", "AVALU", "CNSR", "EVNTDESC",
    "CNSDTDSC", "COMPFL", "SRCDOM", "SRCVAR", "SRCSEQ",
)  # fmt: skip
LABELS = {"COMPFL": "Competing Event Flag", "AVALU": "Analysis Value Unit"}
_SOURCE = ("DATE", "SRCDOM", "SRCVAR", "SRCSEQ")


def derive_adtte(
    domains: Domains, adsl: pl.DataFrame, plan: Plan, derivation: Derivation
) -> pl.DataFrame:
    """Time to event of the subjects whom each endpoint is about.

    Parameters
    ----------
    domains : Domains
        With ADSL and ADRS added.
    adsl : DataFrame
    plan : Plan
    derivation : Derivation

    Returns
    -------
    DataFrame
        `COLUMNS`. AVAL = ADT - STARTDT + 1 days. CNSR 0 = event; a positive number is the plan's
        code of the censoring reason, or of a competing event (COMPFL = Y). EVNTDESC says what
        happened, CNSDTDSC which date was taken where no event is counted.
    """
    book = _Book(domains, adsl, derivation)
    tables = [_endpoint(book, plan, name, rule) for name, rule in derivation.endpoints.items()]
    return pl.concat(tables) if tables else pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))


class _Book:
    """Dates by name: of ADSL, and the plan's further dates; each with the record it came from."""

    def __init__(self, domains: Domains, adsl: pl.DataFrame, derivation: Derivation) -> None:
        self.domains = domains
        self.adsl = adsl
        self.labels: dict[str, str] = {}
        self._found: dict[str, pl.DataFrame] = {}
        subjects = adsl
        for name, rule in derivation.event_dates.items():
            found = subject_date(domains, name, rule, subjects)
            self._found[name] = found
            self.labels[name] = rule.label
            if rule.pick != "all":
                column = found.select("USUBJID", pl.col("DATE").alias(name))
                subjects = subjects.join(column, on="USUBJID", how="left", maintain_order="left")
        for name, rule in derivation.dates.items():
            self.labels[name] = rule.label

    def dates(self, name: str) -> pl.DataFrame:
        """USUBJID with `_SOURCE`; more than one row per subject for a date that keeps all."""
        if name in self._found:
            return self._found[name].select("USUBJID", *_SOURCE)
        return self.adsl.select(
            "USUBJID", DATE=pl.col(name), SRCDOM=pl.lit("ADSL"), SRCVAR=pl.lit(name),
            SRCSEQ=pl.lit(None, pl.Float64),
        ).drop_nulls("DATE")  # fmt: skip

    def label(self, name: str) -> str:
        return self.labels.get(name) or label_of(name) or name


def _endpoint(book: _Book, plan: Plan, name: str, rule: Endpoint) -> pl.DataFrame:
    where = conditions.expression(rule.where, book.adsl.schema)
    who = book.adsl.filter(where).select("USUBJID", "TRTSDT")
    start = book.dates(rule.start).select("USUBJID", STARTDT="DATE")
    subjects = who.join(start, on="USUBJID", how="inner", maintain_order="left")
    without = who.join(start, on="USUBJID", how="anti")
    message = f"{name}: no {book.label(rule.start)}; not at risk"
    book.domains.note("derive.endpoint", message, without, "ADTTE", "STARTDT")

    events = _first(subjects, [_event(book, event) for event in rule.events])
    breaks = _first(
        subjects, [_interruption(book, subjects, i, rule) for i in range(len(rule.interruptions))]
    )
    both = events.join(breaks, on="USUBJID", how="full", coalesce=True, suffix="_BRK")
    interrupted = (
        both.filter(
            pl.col("WHEN_BRK").is_not_null()
            & (pl.col("WHEN").is_null() | (pl.col("WHEN_BRK") < pl.col("WHEN")))
        )
        .select("USUBJID")
        .join(breaks, on="USUBJID")
    )
    counted = events.join(interrupted, on="USUBJID", how="anti")
    counted = _with_missed(book, plan, subjects, counted, rule)
    ended = pl.concat([interrupted, counted])
    rest = subjects.join(ended, on="USUBJID", how="anti")
    censored = _censored(book, rest, name, rule)
    return _finished(subjects, pl.concat([ended, censored]), name, rule)


def _event(book: _Book, event: EventRule) -> pl.DataFrame:
    return book.dates(event.date).with_columns(
        WHEN=pl.col("DATE"), CNSR=pl.lit(event.cnsr if event.competing else 0),
        EVNTDESC=pl.lit(event.description), CNSDTDSC=pl.lit(None, pl.String),
        COMPFL=pl.lit("Y" if event.competing else None, pl.String),
    )  # fmt: skip


def _interruption(book: _Book, subjects: pl.DataFrame, i: int, rule: Endpoint) -> pl.DataFrame:
    """When it came (WHEN), and the date at which it censors (DATE)."""
    this = rule.interruptions[i]
    found = book.dates(this.date).with_columns(WHEN=pl.col("DATE"))
    label = book.label(this.date)
    if this.censor_at:
        label = book.label(this.censor_at)
        limits = found.join(subjects, on="USUBJID").filter(pl.col("WHEN") >= pl.col("STARTDT"))
        limits = limits.sort("WHEN").unique("USUBJID", keep="first", maintain_order=True)
        found = _last_before(
            book, limits.select("USUBJID", "STARTDT", "WHEN"), this.censor_at, rule
        )
    return _censoring(found, this.cnsr, this.description, label)


def _last_before(
    book: _Book, limits: pl.DataFrame, name: str, rule: Endpoint, *, strictly: bool = False
) -> pl.DataFrame:
    """Per subject the last of the named dates from STARTDT to WHEN, or the start if none is."""
    upper = pl.col("DATE") < pl.col("WHEN") if strictly else pl.col("DATE") <= pl.col("WHEN")
    found = (
        limits.join(book.dates(name), on="USUBJID")
        .filter((pl.col("DATE") >= pl.col("STARTDT")) & upper)
        .sort("DATE", maintain_order=True)
        .unique("USUBJID", keep="last", maintain_order=True)
    )
    none = limits.join(found, on="USUBJID", how="anti")
    starts = none.join(book.dates(rule.start).drop("DATE"), on="USUBJID", how="left").with_columns(
        DATE=pl.col("STARTDT")
    )
    columns = ["USUBJID", "WHEN", *_SOURCE]
    return pl.concat([found.select(columns), starts.select(columns)])


def _censoring(found: pl.DataFrame, cnsr: int, why: str, date_label: str) -> pl.DataFrame:
    return found.with_columns(
        CNSR=pl.lit(cnsr), EVNTDESC=pl.lit(why), CNSDTDSC=pl.lit(date_label),
        COMPFL=pl.lit(None, pl.String),
    )  # fmt: skip


_ENDED = {
    **{k: v for k, v in DATED.items() if k != "FLAG"}, "WHEN": pl.Date, "CNSR": pl.Int32,
    "EVNTDESC": pl.String, "CNSDTDSC": pl.String, "COMPFL": pl.String,
}  # fmt: skip


def _first(subjects: pl.DataFrame, candidates: list[pl.DataFrame]) -> pl.DataFrame:
    """Per subject the earliest at or after the start; of one day the first declared."""
    empty = pl.DataFrame(schema=_ENDED)
    tables = [c.select(pl.col(n).cast(k) for n, k in _ENDED.items()) for c in candidates]
    return (
        pl.concat([empty, *tables])
        .join(subjects.select("USUBJID", "STARTDT"), on="USUBJID", maintain_order="left")
        .filter(pl.col("WHEN") >= pl.col("STARTDT"))
        .sort("WHEN", maintain_order=True)
        .unique("USUBJID", keep="first", maintain_order=True)
        .drop("STARTDT")
    )


def _with_missed(
    book: _Book, plan: Plan, subjects: pl.DataFrame, events: pl.DataFrame, rule: Endpoint
) -> pl.DataFrame:
    """Events after too many missed assessments become censored at the last one before."""
    if rule.missed is None:
        return events
    missed = rule.missed
    limits = events.select("USUBJID", "WHEN").join(subjects, on="USUBJID")
    last = _last_before(
        book, limits.select("USUBJID", "STARTDT", "WHEN"), missed.assessments, rule, strictly=True
    ).join(limits.select("USUBJID", "TRTSDT"), on="USUBJID")
    since = dates.days_between(pl.col("TRTSDT"), pl.col("DATE"))
    event = dates.days_between(pl.col("TRTSDT"), pl.col("WHEN"))
    planned = [v for v in plan.visits if v.label in missed.visits]
    count = pl.sum_horizontal(_passed(v, since, event) for v in planned)
    late = last.filter(count >= missed.count)
    label = book.label(missed.assessments)
    replaced = _censoring(late, missed.cnsr, missed.description, label)
    kept = events.join(replaced, on="USUBJID", how="anti")
    return pl.concat([kept, replaced.select(pl.col(n).cast(k) for n, k in _ENDED.items())])


def _passed(visit: Visit, since: pl.Expr, event: pl.Expr) -> pl.Expr:
    return ((since < visit.window[0]) & (event > visit.window[1])).cast(pl.Int64)


def _censored(book: _Book, rest: pl.DataFrame, name: str, rule: Endpoint) -> pl.DataFrame:
    """The first censoring rule, in the plan's order, that selects the subject and has a date."""
    done = pl.DataFrame(schema=_ENDED)
    for censoring in rule.censoring:
        where = conditions.expression(censoring.where, book.adsl.schema)
        chosen = book.adsl.filter(where).select("USUBJID")
        dated = (
            rest.join(chosen, on="USUBJID", how="semi")
            .join(done, on="USUBJID", how="anti")
            .join(book.dates(censoring.date), on="USUBJID")
            .filter(pl.col("DATE") >= pl.col("STARTDT"))
            .sort("DATE", maintain_order=True)
            .unique("USUBJID", keep="last", maintain_order=True)
            .with_columns(WHEN=pl.col("DATE"))
        )
        label = book.label(censoring.date)
        made = _censoring(dated, censoring.cnsr, censoring.description, label)
        done = pl.concat([done, made.select(pl.col(n).cast(k) for n, k in _ENDED.items())])
    left = rest.join(done, on="USUBJID", how="anti")["USUBJID"].to_list()
    if left:
        message = f"{name}: neither an event nor a censoring date"
        book.domains.findings.append(
            Finding("derive.endpoint", message, Severity.ERROR, "ADTTE", "ADT", len(left),
                    some_subjects(left))
        )  # fmt: skip
    return done


def _finished(
    subjects: pl.DataFrame, ended: pl.DataFrame, name: str, rule: Endpoint
) -> pl.DataFrame:
    return (
        subjects.join(ended, on="USUBJID", maintain_order="left")
        .with_columns(
            PARAMCD=pl.lit(name), PARAM=pl.lit(f"{rule.label} (days)"), ADT=pl.col("DATE"),
            AVAL=dates.days_between(pl.col("STARTDT"), pl.col("DATE")) + 1, AVALU=pl.lit("DAYS"),
            CNSR=pl.col("CNSR").cast(pl.Float64),
        )
        .select(COLUMNS)
    )  # fmt: skip
