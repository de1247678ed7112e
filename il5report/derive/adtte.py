"""ADTTE: every time-to-event endpoint by the rules that the plan declares once."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

import polars as pl

from il5report import conditions
from il5report.conditions import Condition
from il5report.data.variables import label_of
from il5report.derive.domains import Domains
from il5report.derive.rules import event_dates
from il5report.errors import Finding, Severity, some_subjects
from il5report.plan.derivation import Derivation
from il5report.plan.endpoints import Endpoint
from il5report.plan.models import Plan, Visit

KEYS = ("USUBJID", "PARAMCD")
LABELS = {"COMPFL": "Competing Event Flag", "AVALU": "Analysis Value Unit"}
_SCHEMA: Mapping[str, pl.DataType] = {
    "USUBJID": pl.String(), "PARAMCD": pl.String(), "PARAM": pl.String(), "STARTDT": pl.Date(),
    "ADT": pl.Date(), "AVAL": pl.Float64(), "AVALU": pl.String(), "CNSR": pl.Float64(),
    "EVNTDESC": pl.String(), "CNSDTDSC": pl.String(), "COMPFL": pl.String(),
    "SRCDOM": pl.String(), "SRCVAR": pl.String(), "SRCSEQ": pl.Float64(),
}  # fmt: skip


class Dated(NamedTuple):
    """A date and the record it came from."""

    date: dt.date
    domain: str
    variable: str
    sequence: float | None


class End(NamedTuple):
    """How a subject's time ends. `cnsr` 0: an event."""

    at: Dated
    cnsr: int
    description: str
    date_description: str | None = None
    competing: bool = False


_Dates: TypeAlias = Mapping[str, Sequence[Dated]]
"""USUBJID to dates in order."""


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
        AVAL = ADT - STARTDT + 1 days. CNSR 0 = event; a positive number is the plan's code of the
        censoring reason, or of a competing event (COMPFL = Y). EVNTDESC says what happened,
        CNSDTDSC which date was taken where no event is counted.
    """
    book = _Book(domains, adsl, derivation)
    rows = []
    for name, rule in derivation.endpoints.items():
        wheres = (rule.where, *(c.where for c in rule.censoring))
        if domains.is_applicable(f"endpoint {name}", "ADSL", adsl.schema, wheres):
            rows += [_row(name, rule, *found) for found in _ends(book, plan, name, rule)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


class _Book:
    """Dates by name: of ADSL, and the plan's further dates."""

    def __init__(self, domains: Domains, adsl: pl.DataFrame, derivation: Derivation) -> None:
        self.domains = domains
        self.adsl = adsl
        self.infusion = dict(adsl.select("USUBJID", "TRTSDT").iter_rows())
        self.labels = {name: rule.label for name, rule in derivation.dates.items()}
        found, _ = event_dates(domains, adsl, derivation.event_dates)
        self._dates = {name: _by_subject(dated) for name, dated in found.items()}
        self.labels |= {name: rule.label for name, rule in derivation.event_dates.items()}
        self.subjects = cache(self._subjects)  # endpoints share their conditions

    def dates(self, name: str) -> _Dates:
        """One date per subject, or several in order for a date that keeps all."""
        if name not in self._dates:
            known = self.adsl.select("USUBJID", name).drop_nulls().iter_rows()
            self._dates[name] = {who: [Dated(day, "ADSL", name, None)] for who, day in known}
        return self._dates[name]

    def label(self, name: str) -> str:
        return self.labels.get(name) or label_of(name) or name

    def _subjects(self, where: Condition | None) -> list[str]:
        chosen = self.adsl.filter(conditions.expression(where, self.adsl.schema))
        return chosen["USUBJID"].to_list()


def _by_subject(found: pl.DataFrame) -> _Dates:
    dates: dict[str, list[Dated]] = {}
    for who, *rest in found.select("USUBJID", "DATE", "SRCDOM", "SRCVAR", "SRCSEQ").iter_rows():
        dates.setdefault(who, []).append(Dated(*rest))
    return {who: sorted(several, key=lambda d: d.date) for who, several in dates.items()}


@dataclass(frozen=True)
class _Subject:
    """One subject at risk: the dates from the start on."""

    book: _Book
    usubjid: str
    start: Dated

    def first(self, name: str) -> Dated | None:
        """The first of the named dates that is not before the start."""
        dates = self.book.dates(name).get(self.usubjid, ())
        at = bisect_left(dates, self.start.date, key=lambda d: d.date)
        return dates[at] if at < len(dates) else None

    def last(self, name: str, until: dt.date = dt.date.max) -> Dated | None:
        """The last of the named dates from the start to `until`."""
        dates = self.book.dates(name).get(self.usubjid, ())
        at = bisect_right(dates, until, key=lambda d: d.date)
        found = dates[at - 1] if at else None
        return found if found and found.date >= self.start.date else None


def _ends(book: _Book, plan: Plan, name: str, rule: Endpoint) -> Iterator[tuple[str, Dated, End]]:
    """Subject, start and end of everybody at risk."""
    without, endless = [], []
    censored = [set(book.subjects(c.where)) for c in rule.censoring]
    for usubjid in book.subjects(rule.where):
        starts = book.dates(rule.start).get(usubjid)
        if not starts:
            without.append(usubjid)
            continue
        subject = _Subject(book, usubjid, starts[0])
        end = _event_or_break(subject, plan, rule) or _censoring(subject, rule, censored)
        if end is None:
            endless.append(usubjid)
        else:
            yield usubjid, starts[0], end
    for usubjids, message, severity in (
        (without, f"{name}: no {book.label(rule.start)}; not at risk", Severity.NOTE),
        (endless, f"{name}: neither an event nor a censoring date", Severity.ERROR),
    ):
        if usubjids:
            book.domains.findings.append(
                Finding("derive.endpoint", message, severity, "ADTTE", "ADT", len(usubjids),
                        some_subjects(usubjids))
            )  # fmt: skip


def _event_or_break(subject: _Subject, plan: Plan, rule: Endpoint) -> End | None:
    """The first event, unless an interruption came before it or assessments were missed."""
    event = _first_event(subject, rule)
    stop = _first_break(subject, rule)
    if stop is not None and (event is None or stop[0] < event.at.date):
        return stop[1]
    if event is not None and rule.missed is not None:
        return _missed(subject, plan, rule, event) or event
    return event


def _first_event(subject: _Subject, rule: Endpoint) -> End | None:
    """The earliest event; of one day the first declared."""
    best: End | None = None
    for event in rule.events:
        at = subject.first(event.date)
        if at is not None and (best is None or at.date < best.at.date):
            cnsr = event.cnsr if event.competing else 0
            best = End(at, cnsr, event.description, competing=event.competing)
    return best


def _first_break(subject: _Subject, rule: Endpoint) -> tuple[dt.date, End] | None:
    """The earliest interruption and the censoring that follows from it."""
    best: tuple[dt.date, End] | None = None
    for stop in rule.interruptions:
        at = subject.first(stop.date)
        if at is None or (best is not None and at.date >= best[0]):
            continue
        named = stop.censor_at or stop.date
        censored = subject.last(named, at.date) or subject.start
        label = subject.book.label(named)
        best = at.date, End(censored, stop.cnsr, stop.description, label)
    return best


def _missed(subject: _Subject, plan: Plan, rule: Endpoint, event: End) -> End | None:
    """Censoring at the last assessment before the event, if too many were missed since."""
    missed, infusion = rule.missed, subject.book.infusion[subject.usubjid]
    if missed is None or infusion is None:
        return None
    last = subject.last(missed.assessments, event.at.date - dt.timedelta(1)) or subject.start
    since, until = ((day - infusion).days for day in (last.date, event.at.date))
    planned = (v for v in plan.visits if v.label in missed.visits)
    if sum(_passed(visit, since, until) for visit in planned) < missed.count:
        return None
    label = subject.book.label(missed.assessments)
    return End(last, missed.cnsr, missed.description, label)


def _passed(visit: Visit, since: int, until: int) -> bool:
    """The whole window of the visit lies between the two days."""
    return since < visit.window[0] and until > visit.window[1]


def _censoring(subject: _Subject, rule: Endpoint, chosen: Sequence[set[str]]) -> End | None:
    """The first censoring rule, in the plan's order, that selects the subject and has a date."""
    for censoring, subjects in zip(rule.censoring, chosen, strict=True):
        at = subject.last(censoring.date) if subject.usubjid in subjects else None
        if at is not None:
            label = subject.book.label(censoring.date)
            return End(at, censoring.cnsr, censoring.description, label)
    return None


def _row(name: str, rule: Endpoint, usubjid: str, start: Dated, end: End) -> tuple[object, ...]:
    days = (end.at.date - start.date).days + 1
    return (
        usubjid, name, f"{rule.label} (days)", start.date, end.at.date, float(days), "DAYS",
        float(end.cnsr), end.description, end.date_description, "Y" if end.competing else None,
        end.at.domain, end.at.variable, end.at.sequence,
    )  # fmt: skip
