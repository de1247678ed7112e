"""Chemistry, coagulation, inflammation and cytokines: a level of one's own, and bumps around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il5report.data.demo.courses import CRS
from il5report.data.demo.plan import Course, Expansion
from il5report.data.demo.schedule import BASELINE, DAY_0, DAY_28, SCREENING, Subject

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bump:
    """`fold` times the usual level (below 1: a fall) at its height, half of it gone in `width`."""

    day: float
    fold: float
    width: float = 3.0


# usual level and spread (sd of the logarithm), standard units
LEVELS: Mapping[str, tuple[float, float]] = {
    "ALT": (24, 0.15), "AST": (23, 0.15), "ALP": (78, 0.10), "GGT": (31, 0.15),
    "LDH": (240, 0.10), "BILI": (10.5, 0.15), "BILDIR": (3.1, 0.15), "CREAT": (70, 0.07),
    "URATE": (310, 0.10), "K": (4.1, 0.05), "PHOS": (1.12, 0.08), "CA": (2.29, 0.025),
    "ALB": (40, 0.04), "TRIG": (1.25, 0.15), "TROPONI": (6.0, 0.25), "IGG": (10.5, 0.05),
    "CRP": (4.0, 0.35), "FERRITIN": (380, 0.15), "FIBRINO": (3.1, 0.08), "INR": (1.03, 0.03),
    "APTT": (31, 0.04), "INTLK6": (5.0, 0.35), "IFNG": (4.0, 0.35), "IL2SR": (900, 0.15),
    "INTLK5": (9.0, 0.35), "INTLK10": (3.0, 0.35), "INTLK15": (2.6, 0.25), "TNF": (8.0, 0.25),
}  # fmt: skip

# height at the peak of CRS, by its maximum grade 0-4
_BY_CRS: Mapping[str, tuple[float, ...]] = {
    "CRP": (3, 9, 22, 34, 48), "FERRITIN": (1.3, 2.2, 4.0, 7.5, 13),
    "LDH": (1.1, 1.2, 1.4, 1.8, 2.6),
    "ALT": (1.1, 1.2, 1.6, 2.4, 9.0), "AST": (1.1, 1.2, 1.7, 2.8, 9.0),
    "FIBRINO": (1.05, 1.15, 1.0, 0.75, 0.5), "ALB": (0.96, 0.92, 0.84, 0.75, 0.66),
    "APTT": (1.0, 1.02, 1.08, 1.2, 1.4), "INR": (1.0, 1.02, 1.08, 1.2, 1.35),
    "TROPONI": (1.0, 1.2, 1.6, 2.5, 6.0), "PHOS": (0.95, 0.9, 0.8, 0.7, 0.6),
    "CA": (0.98, 0.97, 0.95, 0.92, 0.89), "INTLK6": (1.5, 9, 45, 160, 700),
    "IFNG": (1.5, 6, 22, 70, 190), "IL2SR": (1.4, 2.5, 5, 9, 16), "INTLK10": (1.3, 3, 9, 25, 60),
    "TNF": (1.1, 1.5, 2.2, 3.5, 5.0), "CREAT": (1.0, 1.0, 1.05, 1.2, 1.5),
}  # fmt: skip

_IEC_HS: Mapping[str, Bump] = {
    "FERRITIN": Bump(14, 34, 5), "ALT": Bump(14, 16, 4), "AST": Bump(14, 18, 4),
    "FIBRINO": Bump(14, 0.34, 4), "TRIG": Bump(15, 3.1, 5), "LDH": Bump(14, 4.0, 5),
    "BILDIR": Bump(15, 5.0, 4), "BILI": Bump(15, 5.4, 4), "IL2SR": Bump(14, 14, 5),
    "APTT": Bump(14, 1.5, 4), "INR": Bump(14, 1.4, 4),
}  # fmt: skip

_LYSIS: Mapping[str, Bump] = {
    "URATE": Bump(5, 2.3, 2), "PHOS": Bump(5, 1.9, 2), "K": Bump(5, 1.5, 2),
    "CA": Bump(5, 0.78, 2), "LDH": Bump(5, 6.0, 3), "CREAT": Bump(6, 1.8, 3),
}  # fmt: skip


_DAYS = (0, 1, 3, 5, 7, 9, 11, 14, 17, 21, 24, 28)
_CYTOKINE_DAYS = (0, 1, 3, 5, 7, 10, 14, 21, 28)
CYTOKINES = ("INTLK6", "IFNG", "IL2SR", "INTLK5", "INTLK10", "INTLK15", "TNF")


def scheduled(test: str, visit: int) -> bool:
    """Whether the test is taken at the visit."""
    day = visit - DAY_0
    month = visit > DAY_0 + 100
    if test in CYTOKINES:
        return visit == BASELINE or day in _CYTOKINE_DAYS
    if test == "IGG":
        return visit in (BASELINE, DAY_28) or month
    return visit in (SCREENING, BASELINE) or month or day in _DAYS


def crs_grade(course: Course) -> int:
    """Maximum grade by components over all episodes."""
    return max((CRS[s.course].grade for s in course.crs), default=0)


def bumps(course: Course) -> dict[str, list[Bump]]:
    """What the story adds to the usual levels, by test."""
    grade = crs_grade(course)
    peak = course.crs[0].day + 2.5 if course.crs else 8.0
    found = {test: [Bump(peak, folds[grade])] for test, folds in _BY_CRS.items()}
    for extra, present in ((_IEC_HS, course.iec_hs), (_LYSIS, course.tumour_lysis)):
        for test, bump in extra.items() if present else ():
            found.setdefault(test, []).append(bump)
    for event in course.events:
        if event.term in ("Pneumonia", "Sepsis", "Febrile neutropenia"):
            found["CRP"].append(Bump(event.day + 2, 30))
        if event.term == "Troponin I increased":
            found["TROPONI"].append(Bump(event.day + 1, 9))
        if event.term == "Acute kidney injury":
            found["CREAT"].append(Bump(event.day + 2, 2.9, 4))
    # homeostatic cytokine after lymphodepletion; the antigen-binding ligand as the cells expand
    found["INTLK15"] = [Bump(1, 9, 5)]
    found["INTLK5"] = [Bump(9, 1.0 if course.expansion is Expansion.NONE else 6.0, 5)]
    found["IGG"] = [Bump(75, 0.42 if course.recovery.value == "prolonged" else 0.75, 80)]
    return found


def series(subject: Subject, days: Array) -> dict[str, Array]:
    """Each test on each day, in standard units."""
    rng = subject.stream("chemistry")
    story = bumps(subject.plan.course)
    values: dict[str, Array] = {}
    for test, (level, spread) in LEVELS.items():
        own = rng.normal(0, spread)
        noise = np.clip(rng.normal(0, spread / 2, days.shape), -spread, spread)
        log = np.log(level) + own + noise
        for bump in story.get(test, ()):
            log = log + np.log(bump.fold) * _shape(days, bump)
        values[test] = np.exp(log)
    _screening_values(subject, days, values)
    values["BILDIR"] = np.minimum(values["BILDIR"], 0.8 * values["BILI"])
    return values


def _shape(days: Array, bump: Bump) -> Array:
    """Rises fast, falls slowly; 1 on the bump's day; nothing before the infusion."""
    width = np.where(days < bump.day, bump.width, 2 * bump.width)
    curve = np.exp(-np.log(2) * ((days - bump.day) / width) ** 2)
    return np.where(days <= 0, 0.0, curve)


def _screening_values(subject: Subject, days: Array, values: dict[str, Array]) -> None:
    """Values of entry that the story fixes, otherwise none that would exclude the subject."""
    before = days < 0
    limits = {"BILI": 20.0, "ALT": 48.0, "AST": 38.0}
    for test, limit in limits.items():
        fixed = subject.plan.screening.get(test)
        if fixed is None:
            values[test] = np.where(before, np.minimum(values[test], limit), values[test])
        else:
            values[test] = np.where(days < -8, fixed, np.where(before, fixed / 3, values[test]))
