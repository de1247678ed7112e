"""VS, EG, CV: vital signs by day, QTcF, ejection fraction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.demo.plan import CrsDay
from il5report.data.demo.schedule import (
    APHERESIS,
    BASELINE,
    DAY_0,
    DAY_28,
    SCREENING,
    Subject,
)
from il5report.data.demo.tables import (
    Row,
    calendar,
    finding,
    flag_baseline,
    from_frame,
    from_rows,
    not_done,
    result,
)
from il5report.data.demo.toxicity import crs_days, other_fever_days

_NAMES = {
    "TEMP": ("Temperature", "C"),
    "SYSBP": ("Systolic Blood Pressure", "mmHg"),
    "DIABP": ("Diastolic Blood Pressure", "mmHg"),
    "HR": ("Heart Rate", "beats/min"),
    "OXYSAT": ("Oxygen Saturation", "%"),
    "WEIGHT": ("Weight", "kg"),
    "HEIGHT": ("Height", "cm"),
}
_QUIET = CrsDay(36.6)
_CARDIAC_VISITS = (SCREENING, BASELINE, DAY_28, 203, 206, 212)
_COLUMNS = ("USUBJID", "VISITNUM", "VSTESTCD", "VSORRES", "VSORRESU", "VSSTRESC", "VSSTRESN")


def vs(subjects: Sequence[Subject]) -> Dataset:
    """Vital signs; TEMP is the day's maximum."""
    rows = [row for s in subjects for row in _signs(s)]
    names = pl.DataFrame(
        {
            "VSTESTCD": list(_NAMES),
            "VSTEST": [name for name, _ in _NAMES.values()],
            "VSSTRESU": [unit for _, unit in _NAMES.values()],
        }
    )
    frame = (
        pl.DataFrame(rows, schema=list(_COLUMNS), orient="row", infer_schema_length=None)
        .join(names, on="VSTESTCD")
        .join(calendar(subjects, "VS"), on=["USUBJID", "VISITNUM"])
        .with_columns(VSTPT=pl.when(pl.col("VISITNUM") == DAY_0).then(pl.lit("PRE-INFUSION")))
    )
    return from_frame("VS", flag_baseline(frame, "VS", subjects), ("VSTESTCD", "VSDTC"))


def _signs(subject: Subject) -> Iterator[tuple[Any, ...]]:
    plan = subject.plan
    rng = subject.stream("vitals")
    states, fevers = crs_days(subject), other_fever_days(subject)
    for visit, day in subject.visits.items():
        if visit == APHERESIS:
            continue
        state = states.get(day) if visit < 200 else None
        noise = rng.normal(0, 1, 5).clip(-2, 2)
        for test, value in _values(state, day in fevers and visit < 200, noise).items():
            fahrenheit = test == "TEMP" and plan.site == "02" and day % 3 == 0
            yield (subject.usubjid, float(visit), test, *_texts(test, value, fahrenheit))
        if visit in (SCREENING, BASELINE):
            weight = plan.weight - (0.0 if visit == SCREENING else 0.4)
            yield (subject.usubjid, float(visit), "WEIGHT", *_texts("WEIGHT", weight, False))
        if visit == SCREENING:
            yield (subject.usubjid, 1.0, "HEIGHT", *_texts("HEIGHT", plan.height, False))


def _values(state: CrsDay | None, other_fever: bool, noise: Any) -> dict[str, float]:
    """The signs of one day: of quiet, of CRS, or of a fever of other cause."""
    calm = state is None
    now = state or _QUIET
    temp = now.temp if not calm else 36.6 + 0.25 * noise[0]
    if other_fever:
        temp = 38.7 + 0.2 * noise[0]
    systolic = (88 if now.pressors else 92) + 2 * noise[1] if now.fluids else 119 + 7 * noise[1]
    saturation = 91 + 0.7 * noise[4] if now.device else 97.3 + 0.8 * noise[4]
    return {
        "TEMP": temp,
        "SYSBP": systolic,
        "DIABP": 0.62 * systolic + 2 * noise[2],
        "HR": 76 + 16 * max(temp - 37, 0) + 5 * noise[3],
        "OXYSAT": min(saturation, 100),
    }


def _texts(test: str, value: float, fahrenheit: bool) -> tuple[str, str, str, float]:
    """Original value and unit, standard text and number."""
    standard = f"{value:.1f}" if test in ("TEMP", "WEIGHT") else f"{value:.0f}"
    if not fahrenheit:
        return standard, _NAMES[test][1], standard, float(standard)
    return f"{float(standard) * 9 / 5 + 32:.1f}", "F", standard, float(standard)


def eg(subjects: Sequence[Subject]) -> Dataset:
    """QTcF; prolonged on day 28 in the story that says so, never at entry."""
    rows: list[Row] = []
    for s in subjects:
        level = s.stream("ecg").normal(414, 9, len(_CARDIAC_VISITS)).clip(395, 438)
        prolonged = any("QT" in e.term for e in s.plan.course.events)
        for visit, value in zip(_CARDIAC_VISITS, level, strict=True):
            if visit in s.visits:
                shift = 48 if prolonged and visit == DAY_28 else 0
                test = ("QTCFAG", "QTcF Interval, Aggregate")
                rows.append(finding(s, "EG", visit) | result("EG", test, value + shift, "ms"))
    return _flagged("EG", rows, subjects)


def cv(subjects: Sequence[Subject]) -> Dataset:
    """Left ventricular ejection fraction by echocardiography."""
    rows: list[Row] = []
    test = ("LVEF", "Left Ventricular Ejection Fraction")
    for s in subjects:
        shifts = s.stream("echo").normal(0, 1.5, len(_CARDIAC_VISITS)).clip(-3, 3)
        for visit, shift in zip(_CARDIAC_VISITS, shifts, strict=True):
            if visit not in s.visits:
                continue
            common = finding(s, "CV", visit) | {"CVMETHOD": "ECHOCARDIOGRAPHY"}
            if s.plan.lvef is None and visit in (SCREENING, BASELINE):
                rows.append(common | not_done("CV", test, "EQUIPMENT FAILURE"))
            else:
                value = (s.plan.lvef or 60.0) + (shift if visit != SCREENING else 0.0)
                value -= s.plan.course.lvef_fall.get(visit, 0.0)
                rows.append(common | result("CV", test, value, "%"))
    return _flagged("CV", rows, subjects)


def _flagged(domain: str, rows: Sequence[Row], subjects: Sequence[Subject]) -> Dataset:
    data = from_rows(domain, rows, (f"{domain}DTC",))
    frame = flag_baseline(data.frame, domain, subjects)
    return from_frame(domain, frame)
