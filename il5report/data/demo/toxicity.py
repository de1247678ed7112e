"""The days of CRS, ICANS and fevers of other cause of one subject, and the runs they form."""

from __future__ import annotations

from collections.abc import Iterable

from il5report.data.demo.courses import CRS, ICANS, CrsCourse, IcansCourse
from il5report.data.demo.plan import CrsDay, IcansDay, Syndrome
from il5report.data.demo.schedule import Subject

_INTENSIVE = ("HIGH-FLOW NASAL CANNULA", "CPAP", "MECHANICAL VENTILATION")


def crs_days(subject: Subject) -> dict[int, CrsDay]:
    """Day to components, over all episodes."""
    return {
        episode.day + i: day
        for episode in subject.plan.course.crs
        for i, day in enumerate(CRS[episode.course].days)
    }


def icans_days(subject: Subject) -> dict[int, IcansDay]:
    """Day to components."""
    return {
        episode.day + i: day
        for episode in subject.plan.course.icans
        for i, day in enumerate(ICANS[episode.course].days)
    }


def last_day(episode: Syndrome, course: CrsCourse | IcansCourse) -> int:
    """The last day with a grade above 0."""
    return episode.day + len(course.days) - 1


def intensive(days: Iterable[CrsDay]) -> list[int]:
    """Which of the days are spent in intensive care: a pressor, high flow or ventilation."""
    return [i for i, s in enumerate(days) if s.pressors or s.device in _INTENSIVE]


def other_fevers(subject: Subject) -> list[tuple[int, int]]:
    """First and last day of each fever that is not CRS."""
    return [
        (event.day, min(event.day + 3 if event.grade < 5 else subject.last, subject.last))
        for event in subject.plan.course.events
        if event.fever
    ]


def other_fever_days(subject: Subject) -> set[int]:
    return {d for start, end in other_fevers(subject) for d in range(start, end + 1)}


def runs(days: Iterable[int]) -> list[tuple[int, int]]:
    """Consecutive days as (first, last)."""
    found: list[tuple[int, int]] = []
    for day in sorted(days):
        if found and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
