"""When things happen: visits, dates, study days, epochs, and one random stream per subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zlib import crc32

import numpy as np

from il5report.data.demo.plan import Fate, SubjectPlan

STUDYID = "IL5-DEMO"
CUTOFF = date(2026, 6, 30)
LYMPHODEPLETION = (-5, -4, -3)
DAILY = tuple(range(29))


@dataclass(frozen=True)
class Visit:
    """A planned visit; `day` counts from the infusion (0)."""

    number: int
    name: str
    day: int


SCREENING, APHERESIS, BASELINE = 1, 2, 3
DEPLETION = {4: -5, 5: -3, 6: -1}
DAY_0, DAY_28 = 100, 128
RESPONSE_VISITS = (DAY_28, 202, 203, 206, 209, 212, 218, 224)
_MONTH_DAYS = {2: 60, 3: 90, 6: 180, 9: 270, 12: 365, 18: 548, 24: 730}

VISITS: Mapping[int, Visit] = {
    v.number: v
    for v in (
        Visit(SCREENING, "SCREENING", -28),
        Visit(APHERESIS, "LEUKAPHERESIS", -24),
        Visit(BASELINE, "BASELINE", -7),
        *(Visit(number, f"DAY {d}", d) for number, d in DEPLETION.items()),
        *(Visit(DAY_0 + d, f"DAY {d}", d) for d in DAILY),
        *(Visit(200 + m, f"MONTH {m}", d) for m, d in _MONTH_DAYS.items()),
    )
}


def study_day(day: int) -> int:
    """SDTM's day: there is no day 0, the infusion is day 1."""
    return day + 1 if day >= 0 else day


def stream(seed: int, usubjid: str, topic: str) -> np.random.Generator:
    """Random numbers for one topic of one subject, whatever else is generated."""
    return np.random.default_rng([seed, crc32(f"{usubjid}/{topic}".encode())])


@dataclass(frozen=True)
class Subject:
    """A plan with its days fixed; `last` is the last day on which anything is recorded."""

    plan: SubjectPlan
    seed: int
    consent: int
    screening: int
    enrolment: int
    apheresis: int
    last: int
    visits: Mapping[int, int]

    @property
    def usubjid(self) -> str:
        return self.plan.usubjid

    @property
    def depleted(self) -> bool:
        """Whether lymphodepletion was given."""
        return self.plan.fate in (Fate.INFUSED, Fate.DIED_BEFORE_INFUSION)

    def stream(self, topic: str) -> np.random.Generator:
        return stream(self.seed, self.usubjid, topic)

    def dtc(self, day: int) -> str:
        return (self.plan.day0 + timedelta(days=day)).isoformat()

    def moment(self, days: float) -> str:
        """Date and time, to the minute, `days` after midnight of the infusion day."""
        day, minute = divmod(round(days * 1440), 1440)
        return f"{self.dtc(day)}T{minute // 60:02d}:{minute % 60:02d}"

    @property
    def infusion_time(self) -> float:
        """Start of the infusion as a fraction of the day."""
        return (9 * 60 + 15 * (crc32(self.usubjid.encode()) % 16)) / 1440

    def study_day(self, day: int) -> float | None:
        return float(study_day(day)) if self.plan.infused else None

    def marrow_day(self, visit: int) -> int:
        """Day of the aspirate: of the visit, on day 28 up to two days later."""
        late = int(self.stream("marrow").integers(0, 3)) if visit == DAY_28 else 0
        return min(self.visits[visit] + late, self.last)

    def epoch(self, day: int) -> str:
        if not self.plan.enrolled or day < self.enrolment:
            return "SCREENING"
        if not self.depleted or day < LYMPHODEPLETION[0]:
            return "RUN-IN"
        return "TREATMENT" if day <= 28 else "FOLLOW-UP"


def subject(plan: SubjectPlan, seed: int) -> Subject:
    """Fix a subject's days; what differs between seeds are days of waiting and visit windows."""
    rng = stream(seed, plan.usubjid, "schedule")
    apheresis = -int(rng.integers(20, 27)) - (7 if plan.bridging else 0)
    screening = apheresis - int(rng.integers(5, 10))
    last = _last_day(plan, apheresis, int(rng.integers(0, 10)))
    return Subject(
        plan=plan,
        seed=seed,
        consent=screening - int(rng.integers(0, 3)),
        screening=screening,
        enrolment=apheresis - 1,
        apheresis=apheresis,
        last=last,
        visits=_visit_days(plan, screening, apheresis, last, rng),
    )


def _last_day(plan: SubjectPlan, apheresis: int, gap: int) -> int:
    course = plan.course
    if plan.fate is Fate.SCREEN_FAILURE:
        return apheresis - 2
    if plan.fate in (Fate.MANUFACTURING_FAILURE, Fate.WITHDRAWN):
        return -8
    if course.death is not None:
        return course.death.day
    if course.lost is not None:
        return course.lost
    return min((CUTOFF - plan.day0).days - gap % 4, 734 + gap)


def _visit_days(
    plan: SubjectPlan, screening: int, apheresis: int, last: int, rng: np.random.Generator
) -> dict[int, int]:
    days = {SCREENING: screening}
    if plan.enrolled:
        days[APHERESIS] = apheresis
    if plan.fate in (Fate.INFUSED, Fate.DIED_BEFORE_INFUSION):
        days |= {BASELINE: -7 + int(rng.integers(0, 2)), **DEPLETION}
    if plan.infused:
        days |= {DAY_0 + d: d for d in DAILY if d <= last}
    for number, response in zip(RESPONSE_VISITS, plan.course.responses, strict=False):
        window = 4 if number < 206 else 7
        shift = int(rng.integers(-window, window + 1))
        if number != DAY_28 and response != "-":
            days[number] = min(VISITS[number].day + shift, last)
    return days
