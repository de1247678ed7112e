"""Narratives and profiles: the subjects that need one, each told from their own records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import polars as pl

from il5report.conditions import comparisons, expression, parse
from il5report.data.dataset import Dataset, Study, beside
from il5report.display.model import Block, Display, Figure, Paragraph, Run, Section, paragraph
from il5report.display.profile import Panel, Series, Stretch, profile
from il5report.display.view import unit_text, value_text
from il5report.document.english import capital, joined, plural, small
from il5report.document.lookup import AbsentError
from il5report.document.prose import EMPTY, GAP, SentenceTag
from il5report.plan import Plan
from il5report.plan.profiles import Lane, Profiles
from il5report.templating import environment, fill

TEMPLATE = "narrative.md"
LONGEST_ACRONYM = 4
OPEN = (
    "A bar with an arrow goes beyond the last day drawn, or has no end by the data cut-off. "
    "Records without a day, and values of 0 on a logarithmic axis, are not drawn."
)
DAYS = "Days count from infusion; study day 1 of the listings is the day of infusion."
_BEFORE_STOP = re.compile(r" (?=[.,;)])")


@dataclass(frozen=True)
class Subject:
    """A subject of the report's narratives.

    Attributes
    ----------
    id : USUBJID.
    reasons : why there is a narrative; empty for a subject asked for by name.
    adsl : the subject's row of ADSL.
    """

    id: str
    reasons: tuple[str, ...]
    adsl: Mapping[str, Any]
    study: Study
    plan: Plan

    def records(self, dataset: str, where: str = "", *needs: str) -> list[dict[str, Any]]:
        """The subject's records that meet a condition, as in the data set.

        Raises
        ------
        AbsentError
            The study lacks the data set or a variable of the condition or of `needs`.
        """
        if dataset not in self.study:
            raise AbsentError(f"the study has no {dataset}")
        condition = parse(where) if where else None
        frame = _of(self.study[dataset], [self.id], self.study)
        used = {c.variable for c in comparisons(condition)} | set(needs)
        if used - set(frame.columns):
            raise AbsentError(f"{dataset} has no {', '.join(sorted(used - set(frame.columns)))}")
        return frame.filter(expression(condition, frame.schema)).to_dicts()

    def value(self, variable: str) -> Any:
        """A variable of ADSL, None where it is missing.

        Raises
        ------
        AbsentError
            ADSL lacks it.
        """
        if variable not in self.adsl:
            raise AbsentError(f"ADSL has no {variable}")
        return self.adsl[variable]

    def when(self, record: Mapping[str, Any], of: str) -> str:
        """The day of a record (`of` is AST or AEN), else its date, where there was no infusion."""
        if record.get(f"{of}DY") is not None:
            return self.day(record[f"{of}DY"])
        date = record.get(f"{of}DT")
        return "an unknown day" if date is None else str(date)

    def day(self, study_day: float) -> str:
        """A study day (ADaM: infusion is 1) as the protocol counts."""
        return f"day {_from_infusion(study_day) + (not self.plan.conventions.day_zero):g}"


def _of(dataset: Dataset, ids: Sequence[str], study: Study) -> pl.DataFrame:
    adsl = study["ADSL"].frame
    return beside(dataset, adsl.filter(pl.col("USUBJID").is_in(ids)))


def _from_infusion(study_day: float) -> float:
    """Days from infusion of an ADaM study day, which has no 0."""
    return study_day - 1 if study_day > 0 else study_day


def subjects(plan: Plan, study: Study) -> list[Subject]:
    """Those with a reason or asked for by name, in the order of USUBJID."""
    rules = plan.profiles
    if rules is None:
        return []
    adsl = study["ADSL"].frame
    where = plan.analysis_sets[rules.analysis_set].where
    mine = adsl.filter(expression(where, adsl.schema))
    reasons: dict[str, list[str]] = {}
    for reason in rules.reasons:
        if reason.dataset in study:
            frame = beside(study[reason.dataset], mine)
            found = frame.filter(expression(reason.where, frame.schema))
            for one in found["USUBJID"].unique():
                reasons.setdefault(one, []).append(reason.label)
    wanted = adsl.filter(pl.col("USUBJID").is_in([*reasons, *rules.subjects])).sort("USUBJID")
    return [
        Subject(row["USUBJID"], tuple(reasons.get(row["USUBJID"], ())), row, study, plan)
        for row in wanted.iter_rows(named=True)
    ]


@dataclass(frozen=True)
class Narrative:
    """A subject's section to be: the text is there, the profile may still be drawn."""

    subject: Subject
    number: str
    text: Sequence[Block]
    sources: str
    figure: Future[Figure] | None

    def section(self) -> Section:
        """The section, when the profile is drawn."""
        subject, blocks = self.subject, list(self.text)
        if self.figure is None:
            blocks.append(paragraph("There are no records for a profile."))
        else:
            blocks.append(
                Display(
                    id=f"profile-{subject.id}", kind="figure", number=self.number,
                    title=f"Profile of subject {subject.id}",
                    subtitle="; ".join(subject.reasons) or "On request",
                    body=self.figure.result(), footnotes=(DAYS, OPEN), source=self.sources,
                )
            )  # fmt: skip
        return Section(
            self.number, f"Subject {subject.id}", self.number.count(".") + 1, tuple(blocks),
            individual=True, key=f"subject-{subject.id}",
        )  # fmt: skip


def narratives(plan: Plan, study: Study, executor: Executor) -> list[Narrative]:
    """Narrative and profile of each subject that needs them. `executor` draws."""
    rules = plan.profiles
    if rules is None:
        return []
    dated = f"; data cut-off {plan.data_cutoff.isoformat()}" if plan.data_cutoff else ""
    named = ", ".join(sorted({"ADSL", *(lane.dataset for lane in rules.lanes)}))
    made = []
    for place, subject in enumerate(subjects(plan, study), 1):
        panels = _panelled(subject, rules)
        drawn = executor.submit(profile, *_drawing(subject, rules, panels)) if panels else None
        number = f"{rules.section}.{place}"
        made.append(
            Narrative(subject, number, narrative(subject), f"Source: {named}{dated}", drawn)
        )
    return made


def narrative(subject: Subject) -> list[Paragraph]:
    """The text of the subject, from the template; left to the writer: assessment."""
    env = environment("csr", extensions=[SentenceTag])
    env.filters.update(joined=joined, capital=capital, small=small, quiet=_quiet, text=value_text)
    env.filters.update(unit=unit_text)
    env.globals.update(plural=plural)
    names = {"subject": subject, "records": subject.records, "value": subject.value}
    filled = fill(env, TEMPLATE, **names, day=subject.day, when=subject.when, plan=subject.plan)
    texts = EMPTY.sub("\n", filled).replace(GAP, "\n\n").split("\n\n")
    made = [paragraph(_BEFORE_STOP.sub("", " ".join(t.split()))) for t in texts if t.strip()]
    place = "To be written by the medical writer: the assessment of causality and of the outcome."
    return [*made, Paragraph((Run(place),), "place")]


def _quiet(text: str) -> str:
    """A term as it stands inside a sentence, also one that the data shout."""
    return text.lower() if text.isupper() and len(text) > LONGEST_ACRONYM else small(text)


def _panelled(subject: Subject, rules: Profiles) -> list[Panel]:
    """The panels for which the subject has records."""
    end = subject.adsl.get(rules.end)
    last = rules.days[1] if end is None else min(float(end), rules.days[1])
    return [p for lane in rules.lanes for p in _panels(subject, lane, rules.days, last)]


def _drawing(
    subject: Subject, rules: Profiles, panels: Sequence[Panel]
) -> tuple[str, Sequence[Panel], tuple[float, float], str]:
    """What is drawn, and in words."""
    told = "; ".join(f"{p.label}: {_told(p)}" for p in panels)
    first, last = rules.days
    said = f"Course of subject {subject.id} from day {first} to day {last}. {told}."
    return f"profile-{subject.id}", panels, rules.days, said


def _told(panel: Panel) -> str:
    if panel.series:
        return ", ".join(
            f"{s.name or 'values'} {min(s.values):g} to {max(s.values):g}" for s in panel.series
        )
    return ", ".join(f"{s.text} from day {s.first:g}" for s in panel.stretches) or "none"


def _panels(
    subject: Subject, lane: Lane, days: tuple[float, float], last: float
) -> Iterator[Panel]:
    """The panel of a lane, where the subject has records for it."""
    if lane.dataset not in subject.study:
        return
    frame = _of(subject.study[lane.dataset], [subject.id], subject.study)
    found = frame.filter(expression(lane.where, frame.schema)).drop_nulls([lane.start])
    day = pl.col(lane.start)
    found = found.with_columns(_DAY=day - (day > 0)).sort("_DAY", maintain_order=True)
    if lane.kind == "values":
        inside = found.filter(pl.col("_DAY").is_between(*days)).drop_nulls([lane.variable])
        series = tuple(_series(lane, inside))
        if series:
            yield Panel(lane.label, series, log=lane.log)
        return
    stretches = tuple(
        one for one in _stretches(lane, found, last) if one.last >= days[0] and one.first <= days[1]
    )
    if stretches:
        yield Panel(lane.label, (), stretches, lane.kind == "marks")


def _series(lane: Lane, found: pl.DataFrame) -> Iterator[Series]:
    if lane.log:
        found = found.filter(pl.col(lane.variable) > 0)
    parts = {"": found}
    if lane.series:
        values = found[lane.series].unique().drop_nulls().sort().to_list()
        order = [v for v in lane.names if v in values] + [v for v in values if v not in lane.names]
        parts = {v: found.filter(pl.col(lane.series) == v) for v in order}
    for name, part in parts.items():
        if part.height:
            days, numbers = part["_DAY"].to_list(), part[lane.variable].to_list()
            yield Series(lane.names.get(name, name), days, numbers)


def _stretches(lane: Lane, found: pl.DataFrame, last: float) -> Iterator[Stretch]:
    for row in found.iter_rows(named=True):
        first, text = row["_DAY"], value_text(row[lane.variable])
        if lane.kind == "marks":
            yield Stretch(text, first, first)
            continue
        until = row[lane.end] if lane.end else None
        end = max(last, first) if until is None else _from_infusion(until)
        yield Stretch(text, first, end, until is None)
