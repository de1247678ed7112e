"""QS: the ICE score by item and the other ASTCT domains of neurotoxicity, by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.demo.plan import IcansDay
from il5report.data.demo.schedule import DAY_0, DAY_28, Subject
from il5report.data.demo.tables import calendar, from_frame
from il5report.data.demo.toxicity import icans_days

# item -> (name, points); lost in this order as the score falls
_ITEMS = {
    "ICEWRI": ("ICE-Writing", 1),
    "ICEATT": ("ICE-Attention", 1),
    "ICENAM": ("ICE-Naming", 3),
    "ICEORI": ("ICE-Orientation", 4),
    "ICECOM": ("ICE-Following Commands", 1),
}
_TOTAL = ("ICETOT", "ICE-Total Score")
_DOMAINS = {
    "CONSC": (
        "Depressed Level of Consciousness",
        ("ALERT", "AWAKENS SPONTANEOUSLY", "AWAKENS TO VOICE", "AWAKENS ONLY TO TACTILE STIMULUS",
         "UNAROUSABLE"),
    ),
    "SEIZURE": ("Seizure", ("NONE", "", "", "FOCAL SEIZURE THAT RESOLVES RAPIDLY")),
    "MOTOR": ("Motor Findings", ("NONE",)),
    "EDEMA": ("Elevated ICP or Cerebral Edema", ("NONE",)),
}  # fmt: skip
_QUIET = IcansDay(10)
_COLUMNS = ("USUBJID", "VISITNUM", "QSTESTCD", "QSTEST", "QSCAT", "QSORRES", "QSSTRESC",
            "QSSTRESN", "QSSTAT", "QSREASND")  # fmt: skip


def qs(subjects: Sequence[Subject]) -> Dataset:
    """ICE and ICANS domains on days 0 to 28."""
    rows = [row for s in subjects for row in _days(s)]
    frame = (
        pl.DataFrame(rows, schema=list(_COLUMNS), orient="row", infer_schema_length=None)
        .join(calendar(subjects, "QS"), on=["USUBJID", "VISITNUM"])
        .with_columns(QSTPT=pl.when(pl.col("VISITNUM") == DAY_0).then(pl.lit("PRE-INFUSION")))
    )
    return from_frame("QS", frame, ("QSCAT", "QSTESTCD", "QSDTC"))


def _days(subject: Subject) -> Iterator[tuple[Any, ...]]:
    states = icans_days(subject)
    for visit, day in subject.visits.items():
        if not DAY_0 <= visit <= DAY_28:
            continue
        state = states.get(day, _QUIET)
        key = (subject.usubjid, float(visit))
        for test, name, score in _scores(state.ice):
            yield (*key, test, name, "ICE", *_score(score))
        levels = {"CONSC": state.consciousness, "SEIZURE": state.seizure}
        for test, (name, words) in _DOMAINS.items():
            level = levels.get(test, 0)
            yield (*key, test, name, "ICANS", words[level], str(level), float(level), None, None)


def _scores(total: int | None) -> Iterator[tuple[str, str, int | None]]:
    lost = None if total is None else 10 - total
    for test, (name, points) in _ITEMS.items():
        if lost is None:
            yield test, name, None
        else:
            yield test, name, points - min(points, lost)
            lost -= min(points, lost)
    yield (*_TOTAL, total)


def _score(score: int | None) -> tuple[Any, ...]:
    """QSORRES, QSSTRESC, QSSTRESN, QSSTAT, QSREASND of one ICE item."""
    if score is None:
        return None, None, None, "NOT DONE", "SUBJECT UNAROUSABLE"
    return str(score), str(score), float(score), None, None
