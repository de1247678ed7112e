"""AE, SUPPAE, CE: adverse events and the symptoms of CRS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il5report.data.dataset import Dataset
from il5report.data.demo import chemistry, terms
from il5report.data.demo.counts import reported
from il5report.data.demo.courses import CRS, ICANS
from il5report.data.demo.plan import Event, Recovery
from il5report.data.demo.schedule import LYMPHODEPLETION, Subject
from il5report.data.demo.tables import Row, from_rows, interval, supplemented
from il5report.data.demo.toxicity import crs_days, intensive, last_day, other_fevers, runs

_LABELS = {
    "ASTCTGR": "ASTCT Grade",
    "AERELLD": "Related to Lymphodepletion",
    "LDACN": "Action Taken with Lymphodepletion",
    "INFEFF": "Effect on CAR-T Infusion",
    "ICUYN": "Led to Intensive Care",
    "ENDYN": "Led to End of Participation",
    "DLTFL": "Dose-Limiting Toxicity Flag",
}


@dataclass(frozen=True)
class _Entry:
    """An event as recorded; `astct` where the scale is ASTCT's."""

    event: Event
    astct: int | None = None
    dose_limiting: bool = False


def ae(subjects: Sequence[Subject]) -> tuple[Dataset, Dataset]:
    """Syndromes, events of the story, events seen in the laboratory, and common mild ones."""
    rows: list[Row] = []
    for subject in subjects:
        entries = [*_syndromes(subject), *map(_Entry, subject.plan.course.events)]
        if subject.depleted:
            entries += map(_Entry, (*_cytopenias(subject), *_liver(subject), *_common(subject)))
        rows += [_row(subject, e) for e in entries if e.event.day <= subject.last]
    return supplemented("AE", rows, ("AESTDTC", "AEDECOD"), _LABELS)


def _syndromes(subject: Subject) -> Iterator[_Entry]:
    course = subject.plan.course
    for episode in course.crs:
        known = CRS[episode.course]
        grade = episode.investigator_grade or known.grade
        end = last_day(episode, known)
        yield _Entry(
            Event(terms.CRS, episode.day, end, grade, "CRS", related=True, serious=grade >= 3,
                  life_threatening=grade >= 4, intensive_care=bool(intensive(known.days))),
            grade, dose_limiting=grade >= 4,
        )  # fmt: skip
    for episode in course.icans:
        reaction = ICANS[episode.course]
        yield _Entry(
            Event(terms.ICANS, episode.day, last_day(episode, reaction), reaction.grade, "ICANS",
                  related=True, serious=reaction.grade >= 3,
                  life_threatening=reaction.grade >= 4),
            reaction.grade,
        )  # fmt: skip
    if course.iec_hs:
        yield _Entry(Event(terms.IEC_HS, 11, 22, 3, "IEC-HS", related=True, serious=True))


_ALT_LIMIT = 50.0

# term -> test, limits below which the grade is 2, 3, 4
_COUNTS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "Neutrophil count decreased": ("NEUT", (1.5, 1.0, 0.5)),
    "Platelet count decreased": ("PLAT", (75, 50, 25)),
    "White blood cell count decreased": ("WBC", (3.0, 2.0, 1.0)),
    "Lymphocyte count decreased": ("LYM", (0.8, 0.5, 0.2)),
    "Anaemia": ("HGB", (100, 80)),
}


def _cytopenias(subject: Subject) -> Iterator[Event]:
    """One event per count that falls to grade 3 or 4, until it is back at grade 2 for good."""
    visits, blood = reported(subject)
    days = np.array([subject.visits[v] for v in visits])
    late = subject.plan.course.recovery is Recovery.PROLONGED
    for term, (test, limits) in _COUNTS.items():
        grades = np.sum([blood[test] < limit for limit in limits], axis=0) + 1
        before = int(grades[days < LYMPHODEPLETION[0]].max())
        during = (days >= LYMPHODEPLETION[0]) & (days <= 100)
        severe = days[during & (grades >= 3) & (grades > before)]
        if severe.size:
            yield Event(
                term, int(severe[0]), _next(days, int(severe[-1])), int(grades[during].max()),
                "CYTOPENIA", related=late, lymphodepletion=True,
            )  # fmt: skip


def _next(days: NDArray[np.int64], day: int) -> int | None:
    later = days[days > day]
    return int(later[0]) if later.size else None


def _liver(subject: Subject) -> Iterator[Event]:
    """ALT above 3 x ULN after the infusion, where it was normal before."""
    visits, _ = reported(subject)
    days = np.array([subject.visits[v] for v in visits])
    alt = chemistry.series(subject, days.astype(np.float64))["ALT"] / _ALT_LIMIT
    taken = np.array([chemistry.scheduled("ALT", v) for v in visits])
    high = days[taken & (days > 0) & (alt > 3)]
    if high.size and alt[days < 0].max() <= 1:
        worst = 3 if alt[taken & (days > 0)].max() > 5 else 2
        end = _next(days[taken], int(high[-1]))
        yield Event("Alanine aminotransferase increased", int(high[0]), end, worst, related=True)


def _common(subject: Subject) -> Iterator[Event]:
    rng = subject.stream("common")
    if not subject.plan.infused:
        return
    for term in rng.choice(terms.COMMON, int(rng.integers(2, 6)), replace=False):
        start = int(rng.integers(-4, 70))
        end = start + int(rng.integers(1, 12))
        if start <= subject.last:
            yield Event(
                str(term), start, end, int(rng.integers(1, 3)),
                related=bool(rng.random() < 0.3), lymphodepletion=start < 8,
            )  # fmt: skip


def _row(subject: Subject, entry: _Entry) -> Row:
    event = entry.event
    if event.end is not None and event.end > subject.last:
        event = replace(event, end=None)
    fatal = event.grade == 5
    ongoing = event.end is None
    row = interval(subject, "AE", event.day, event.end) | {
        "AETERM": event.reported or event.term.upper(),
        "AEDECOD": event.term,
        "AEHLGT": terms.GROUP_TERM.get(event.term),
        "AECAT": event.category,
        "AEBODSYS": terms.ORGAN_CLASS[event.term],
        "AESOC": terms.ORGAN_CLASS[event.term],
        "AESER": "Y" if event.serious else "N",
        "AEACN": event.action,
        "AEREL": "RELATED" if event.related else "NOT RELATED",
        "AEOUT": _outcome(fatal, ongoing),
        "AESDTH": "Y" if fatal else None,
        "AESHOSP": "Y" if event.serious else None,
        "AESLIFE": "Y" if event.life_threatening else None,
        "AETOXGR": str(event.grade),
        "AEENRTPT": "ONGOING" if ongoing else None,
        "AEENTPT": subject.dtc(subject.last) if ongoing else None,
    }
    if event.start_text:
        row |= {"AESTDTC": event.start_text, "AESTDY": None}
    if event.end_text:
        row |= {"AEENDTC": event.end_text, "AEENDY": None}
    qualifiers = {"AERELLD": "Y" if event.lymphodepletion else "N", **dict(_consequences(event))}
    if entry.astct is not None:
        qualifiers["ASTCTGR"] = str(entry.astct)
    if entry.dose_limiting:
        qualifiers["DLTFL"] = "Y"
    return row | {"SUPP": qualifiers}


def _consequences(event: Event) -> Iterator[tuple[str, str]]:
    """What an event led to, besides the action with the infusion."""
    if event.intensive_care:
        yield "ICUYN", "Y"
    if event.grade == 5:
        yield "ENDYN", "Y"
    if event.day < 0:
        yield "INFEFF", event.infusion_effect
    if LYMPHODEPLETION[0] <= event.day < 0:
        yield "LDACN", event.lymphodepletion_action


def _outcome(fatal: bool, ongoing: bool) -> str:
    if fatal:
        return "FATAL"
    return "NOT RECOVERED/NOT RESOLVED" if ongoing else "RECOVERED/RESOLVED"


def ce(subjects: Sequence[Subject]) -> Dataset:
    """Symptoms of CRS by run of days, and fevers of other cause."""
    rows: list[Row] = []
    for subject in subjects:
        days = crs_days(subject)
        symptoms = {
            "Hypotension": {d for d, s in days.items() if s.fluids or s.pressors},
            "Hypoxia": {d for d, s in days.items() if s.device},
            "Chills": {d for d, s in days.items() if s.temp >= 39},
            "Tachycardia": {d for d, s in days.items() if s.temp >= 39.3},
            "Headache": {d for d, s in days.items() if 38 <= s.temp < 39},
        }
        spans = [(t, "CRS SYMPTOM", span) for t, found in symptoms.items() for span in runs(found)]
        spans += [("Pyrexia", "OTHER CAUSE", span) for span in other_fevers(subject)]
        rows += [
            interval(subject, "CE", *span)
            | {"CETERM": term.upper(), "CEDECOD": term, "CECAT": category}
            for term, category, span in spans
        ]
    return from_rows("CE", rows, ("CESTDTC", "CEDECOD"))
