"""Blood counts over time: interpolated on the log scale between the turning points of a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il5report.data.demo.plan import Phase, Recovery
from il5report.data.demo.schedule import APHERESIS, RESPONSE_VISITS, Subject

Array = NDArray[np.float64]
_FLOOR = 0.005
_DIFFERENTIAL = ("NEUT", "LYM", "EOS", "BASO", "MONO", "BLAST")
DECIMALS: Mapping[str, int] = {
    **dict.fromkeys(("WBC", "NEUT", "LYM", "MONO", "BLAST"), 2),
    **dict.fromkeys(("EOS", "BASO"), 3),
    **dict.fromkeys(("PLAT", "HGB"), 0),
}


@dataclass(frozen=True)
class Target:
    """Blood and marrow at an assessment with a given response (10^9/L; HGB g/L; marrow in %)."""

    hgb: float
    plat: float
    neut: float
    eos: float
    blast: float
    marrow: float
    normal: bool = True


CHRONIC: Mapping[str, Target] = {
    "CR": Target(126, 195, 2.9, 0.15, 0, 2.0),
    "PR": Target(119, 150, 2.4, 0.30, 0, 6.4),
    "MR": Target(99, 74, 1.5, 0.40, 0, 2.8),
    "SD": Target(101, 104, 4.0, 4.2, 0, 15.0, normal=False),
    "PD": Target(88, 62, 6.5, 11.0, 3.0, 23.0, normal=False),
}
BLAST: Mapping[str, Target] = {
    "CR": Target(119, 165, 2.5, 0.12, 0, 2.0),
    "CRh": Target(102, 72, 0.78, 0.08, 0, 2.6),
    "CRi": Target(97, 39, 1.45, 0.04, 0, 3.0),
    "MLFS": Target(88, 24, 0.34, 0.02, 0, 3.2),
    "NR": Target(86, 41, 0.7, 1.9, 4.0, 38.0, normal=False),
    "PD": Target(80, 27, 0.8, 5.5, 14.0, 58.0, normal=False),
}

# (day, neutrophils, platelets as a fraction of what they were) between infusion and day 28
_PATH: Mapping[Recovery, tuple[tuple[int, float, float], ...]] = {
    Recovery.PROMPT: (
        (0, 1.0, 0.75),
        (4, 0.25, 0.5),
        (6, 0.09, 0.35),
        (9, 0.10, 0.28),
        (12, 0.62, 0.35),
        (16, 1.3, 0.7),
    ),
    Recovery.DELAYED: (
        (0, 0.9, 0.7),
        (4, 0.2, 0.4),
        (7, 0.06, 0.22),
        (14, 0.08, 0.17),
        (18, 0.42, 0.22),
        (22, 0.8, 0.5),
    ),
    Recovery.PROLONGED: (
        (0, 0.7, 0.6),
        (4, 0.15, 0.35),
        (7, 0.04, 0.16),
        (15, 0.05, 0.11),
        (21, 0.15, 0.13),
    ),
}
# without an assessment on day 28 (death before it) the counts stay down
_NEVER = Target(79, 12, 0.06, 0.01, 0.3, 30.0, normal=False)


def targets(subject: Subject) -> list[tuple[int, int, Target]]:
    """(visit, day, target) for each assessment held; not evaluable looks like the one before."""
    table = CHRONIC if subject.plan.disease.phase is Phase.CHRONIC else BLAST
    held: list[tuple[int, int, Target]] = []
    previous = _NEVER
    for visit, response in zip(RESPONSE_VISITS, subject.plan.course.responses, strict=False):
        previous = table.get(response, previous)
        if response != "-":
            held.append((visit, subject.visits[visit], previous))
    return held


def baseline(subject: Subject) -> Target:
    """Blood and marrow before lymphodepletion."""
    disease = subject.plan.disease
    chronic = disease.phase is Phase.CHRONIC
    rng = subject.stream("baseline")
    spread = np.exp(rng.normal(0, 0.12, 3))
    return Target(
        hgb=float((103 if chronic else 86) * spread[0] ** 0.5),
        plat=float((118 if chronic else 58) * spread[1]),
        neut=float((5.6 if chronic else 1.5) * spread[2]),
        eos=disease.eos,
        blast=0.05 if chronic else round(0.06 * disease.blasts, 1),
        marrow=disease.blasts,
        normal=False,
    )


def reported(subject: Subject) -> tuple[list[int], dict[str, Array]]:
    """Visits with a blood count and, for each, the values as the laboratory rounds them."""
    visits = [v for v in subject.visits if v != APHERESIS]
    days = np.array([subject.visits[v] for v in visits], dtype=np.float64)
    found = {t: np.round(v, DECIMALS[t]) for t, v in _courses(subject, days).items()}
    leukocytes = np.sum([found[t] for t in _DIFFERENTIAL], axis=0)
    return visits, {"WBC": leukocytes, **found}


def _courses(subject: Subject, days: Array) -> dict[str, Array]:
    """Each count on each day (10^9/L; HGB g/L), with noise too small to change a response."""
    start = baseline(subject)
    ends = [(day, target) for _, day, target in targets(subject)] or [(28, _NEVER)]
    plan = subject.plan
    base_plat = start.plat
    path = _PATH[plan.course.recovery]
    neut = [(-60, start.neut), (-5, start.neut), *((d, n) for d, n, _ in path)]
    plat = [(-60, base_plat), (-5, base_plat), *((d, max(p * base_plat, 9.0)) for d, _, p in path)]
    hgb = [(-60, start.hgb), (-5, start.hgb), (10, 82.0), (18, 80.0)]
    means = {
        "NEUT": _interpolate(days, neut + [(d, t.neut) for d, t in ends]),
        "PLAT": _interpolate(days, plat + [(d, t.plat) for d, t in ends]),
        "HGB": _interpolate(days, hgb + [(d, t.hgb) for d, t in ends]),
        "EOS": _eosinophils(subject, days, start.eos, ends),
        "BLAST": _blasts(days, start.blast, ends),
        "LYM": _interpolate(
            days,
            [
                (-60, 1.4),
                (-5, 1.3),
                (-1, 0.12),
                (4, 0.06),
                (11, 0.7),
                (17, 0.9),
                (28, 0.8),
                (180, 1.5),
            ],
        ),
        "MONO": _interpolate(
            days, [(-60, 0.7), (-5, 0.6), (0, 0.06), (7, 0.03), (14, 0.2), (28, 0.4)]
        ),
    }
    means["BASO"] = np.maximum(0.012 * means["EOS"] + 0.01 * means["MONO"], _FLOOR)
    rng = subject.stream("counts")
    return {
        test: _noisy(mean, rng, 0.02 if test == "HGB" else 0.05) for test, mean in means.items()
    }


def _interpolate(days: Array, points: list[tuple[int, float]]) -> Array:
    x, y = zip(*points, strict=True)
    logs = np.log(np.maximum(np.asarray(y, dtype=np.float64), _FLOOR))
    return np.asarray(np.exp(np.interp(days, x, logs)), dtype=np.float64)


def _eosinophils(
    subject: Subject, days: Array, start: float, ends: list[tuple[int, Target]]
) -> Array:
    """Depleted by the cells until `eos_back`; where the leukemia lives on, they return with it."""
    back = subject.plan.course.eos_back
    points = [(-60, start), (-5, start), (0, 0.35 * start), (4, 0.3)]
    if back <= 16:
        points += [(10, 0.2)]
    else:
        points += [(7, 0.04), (10, 0.012), (max(11, back - (25 if back > 60 else 8)), 0.012)]
    points += [(max(d, back), t.eos) for d, t in ends if d >= back or t.eos >= 1]
    if points[-1][0] < back:
        points += [(back, 0.06), (back + 60, 0.12)]
    return _interpolate(days, sorted(dict(points).items()))


def _blasts(days: Array, start: float, ends: list[tuple[int, Target]]) -> Array:
    points = [(-60, start), (-5, start), (3, start / 20), (14, ends[0][1].blast / 2)]
    points += [(d, t.blast) for d, t in ends]
    x, y = zip(*points, strict=True)
    return np.asarray(np.interp(days, x, y), dtype=np.float64)


def _noisy(mean: Array, rng: np.random.Generator, sd: float) -> Array:
    noise = np.clip(rng.normal(0, sd, mean.shape), -2 * sd, 2 * sd)
    return np.asarray(mean * np.exp(noise), dtype=np.float64)
