"""PC and CP: the cells in blood and marrow, by qPCR and by flow cytometry.

Two phases: exponential expansion from the first day to the peak, then biexponential contraction
(fast loss of effectors, slow loss of memory), with lognormal error of the assay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il5report.data.dataset import Dataset
from il5report.data.demo.disease import receptor
from il5report.data.demo.plan import Expansion
from il5report.data.demo.schedule import DAY_0, DAY_28, SCREENING, VISITS, Subject
from il5report.data.demo.tables import Cells, Row, finding, from_rows, not_done, result

LLOQ = 50.0
FLOW_LIMIT = 0.1
_COPIES = "DNA copies/ug"
_SAMPLED = (0, 1, 4, 7, 10, 14, 17, 21, 28)
_BLOOD = (*(DAY_0 + d for d in _SAMPLED), 202, 203, 206, 209, 212, 218, 224)
_MARROW = (DAY_28, 203, 206, 212)
_MONTH_12 = 212
_MISSED = DAY_0 + 17  # not collected in the few subjects whose number says so
_REFERENCE = "IL-5 CAR-T INFUSION"
_QPCR = ("IL5CART", "IL-5 CAR Transgene")
_CELLS = ("CARTCELL", "CAR+ T Cells")
_SHARE = ("CARTPCT", "CAR+ T Cells/T Cells")
_CD125 = ("CD125BLA", "CD125+ Blasts/Blasts")

# typical peak (copies/ug at dose level 2), half-life of contraction (d), share that persists
_TYPICAL: Mapping[Expansion, tuple[float, float, float]] = {
    Expansion.NONE: (8, 1.5, 0.001),
    Expansion.LOW: (2_600, 2.4, 0.004),
    Expansion.MIDDLE: (19_000, 3.6, 0.02),
    Expansion.HIGH: (68_000, 4.4, 0.035),
}
_DOSE_EFFECT = {1: 0.7, 2: 1.0, 3: 1.35}


@dataclass(frozen=True)
class Profile:
    """One subject's expansion (to `tmax`) and contraction; half-lives in days."""

    cmax: float
    tmax: float
    fast: float
    slow: float
    memory: float

    def at(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """Transgene copies per ug of DNA."""
        growth = np.log(self.cmax / 4.0) / max(self.tmax - 1.0, 1.0)
        rising = 4.0 * np.exp(growth * (np.minimum(days, self.tmax) - 1.0))
        since = np.maximum(days - self.tmax, 0.0)
        falling = (1 - self.memory) * 0.5 ** (since / self.fast)
        staying = self.memory * 0.5 ** (since / self.slow)
        return np.where(days <= self.tmax, rising, self.cmax * (falling + staying))


def profile(subject: Subject) -> Profile:
    """Draw a subject's parameters around those typical of the story."""
    course = subject.plan.course
    cmax, fast, memory = _TYPICAL[course.expansion]
    rng = subject.stream("kinetics")
    effect = _DOSE_EFFECT[subject.plan.level or 2]
    return Profile(
        cmax=cmax * effect * float(np.exp(np.clip(rng.normal(0, 0.35), -0.7, 0.7))),
        tmax=float(rng.uniform(8.5, 14.0)),
        fast=fast * float(np.exp(rng.normal(0, 0.1))),
        slow=float(rng.uniform(90, 200)),
        memory=memory * float(np.exp(rng.normal(0, 0.3))),
    )


def _times(subject: Subject, visits: Sequence[int], topic: str) -> dict[int, float]:
    """Actual time of each sample (days after midnight of the infusion day)."""
    held = [v for v in visits if v in subject.visits]
    hours = subject.stream(topic).uniform(8.0, 11.5, len(held))
    start = subject.infusion_time
    day = subject.marrow_day if visits is _MARROW else subject.visits.__getitem__
    return {
        v: start - 1 / 24 if v == DAY_0 else day(v) + hour / 24
        for v, hour in zip(held, hours, strict=True)
    }


def _timing(subject: Subject, domain: str, visit: int, time: float) -> Cells:
    """Nominal and actual time; the reference is the start of the infusion."""
    nominal = VISITS[visit].day
    before = visit == DAY_0
    return {
        **finding(subject, domain, visit, int(time)),
        f"{domain}DTC": subject.moment(time),
        f"{domain}TPT": "PRE-INFUSION" if before else f"DAY {nominal}",
        f"{domain}TPTNUM": float(nominal),
        f"{domain}ELTM": "-PT1H" if before else f"P{nominal}D",
        f"{domain}TPTREF": _REFERENCE,
        f"{domain}RFTDTC": subject.moment(subject.infusion_time),
    }


def pc(subjects: Sequence[Subject]) -> Dataset:
    """Transgene by qPCR: blood and marrow."""
    rows: list[Row] = []
    for subject in (s for s in subjects if s.plan.infused):
        for specimen, visits, ratio in (("BLOOD", _BLOOD, 1.0), ("BONE MARROW", _MARROW, 0.8)):
            rows += _qpcr(subject, specimen, visits, ratio)
    return from_rows("PC", rows, ("PCSPEC", "PCDTC"))


def _qpcr(subject: Subject, specimen: str, visits: Sequence[int], ratio: float) -> list[Row]:
    times = _times(subject, visits, f"qpcr {specimen}")
    rng = subject.stream(f"assay {specimen}")
    since = np.array(list(times.values())) - subject.infusion_time
    error = np.exp(rng.normal(0, 0.15, len(times)))
    levels = ratio * profile(subject).at(since) * error
    rows: list[Row] = []
    for (visit, time), level in zip(times.items(), levels, strict=True):
        row = _timing(subject, "PC", visit, time) | {
            "PCCAT": "CELLULAR KINETICS",
            "PCSPEC": specimen,
            "PCMETHOD": "QPCR",
            "PCLLOQ": LLOQ,
        }
        if visit == _MISSED and subject.plan.number % 6 == 5:
            rows.append(row | not_done("PC", _QPCR, "SAMPLE NOT COLLECTED"))
        else:
            quantified = visit != DAY_0 and level >= LLOQ
            value = float(round(level)) if quantified else f"<{LLOQ:.0f}"
            rows.append(row | result("PC", _QPCR, value, _COPIES))
    return rows


def cp(subjects: Sequence[Subject]) -> Dataset:
    """CAR+ T cells by flow cytometry; CD125 on the blasts at screening, and in marrow."""
    rows: list[Row] = []
    for subject in subjects:
        value = subject.plan.disease.cd125
        rows.append(
            finding(subject, "CP", SCREENING)
            | result("CP", _CD125, value, "%")
            | {"CPCAT": "TARGET ANTIGEN", "CPSPEC": "BONE MARROW", "CPMETHOD": "FLOW CYTOMETRY"}
        )
        rows += receptor(subject)
        if subject.plan.infused:
            rows += _flow(subject)
    return from_rows("CP", rows, ("CPTESTCD", "CPDTC"))


def _flow(subject: Subject) -> list[Row]:
    visits = [v for v in _BLOOD if v <= _MONTH_12]
    times = _times(subject, visits, "qpcr BLOOD")
    rng = subject.stream("flow")
    since = np.array(list(times.values())) - subject.infusion_time
    copies = profile(subject).at(since) * np.exp(rng.normal(0, 0.2, len(times)))
    # about 250 copies/ug for each cell/uL; the share of T cells saturates
    cells = np.where(since > 0, copies / 250, 0.0)
    share = 100 * cells / (cells + 350)
    rows: list[Row] = []
    for (visit, time), count, percent in zip(times.items(), cells, share, strict=True):
        row = _timing(subject, "CP", visit, time) | {
            "CPCAT": "CELLULAR KINETICS",
            "CPSPEC": "BLOOD",
            "CPMETHOD": "FLOW CYTOMETRY",
        }
        for test, level, unit in ((_CELLS, count, "cells/uL"), (_SHARE, percent, "%")):
            shown = float(level) if level >= FLOW_LIMIT else f"<{FLOW_LIMIT:g}"
            rows.append(row | result("CP", test, shown, unit, decimals=1))
    return rows
