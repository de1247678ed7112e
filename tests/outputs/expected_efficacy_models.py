"""Exploratory Cox regression: what its display must hold, from the records."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from tests.outputs.arithmetic import Z, fixed, kaplan_meier, p_value
from tests.outputs.expected import Expected, Place
from tests.outputs.expected_efficacy import times_of
from tests.outputs.records import Record, Trial, test_of

NAMES = ("hazard_ratio", "lower", "upper", "p_value", "change")


class Subject(NamedTuple):
    """Time, event and covariate."""

    time: float
    event: bool
    x: float


class Term(NamedTuple):
    """One event among those at risk: its time, its covariate less the mean, the variance."""

    time: float
    residual: float
    variance: float


def terms(subjects: Sequence[Subject], b: float) -> Iterator[Term]:
    """Every event; of several at one time each leaves a share of all of them out (Efron)."""
    for t in sorted({s.time for s in subjects if s.event}):
        at_risk = [s for s in subjects if s.time >= t]
        dying = [s for s in at_risk if s.time == t and s.event]
        for k, one in enumerate(dying):
            weight = [
                math.exp(b * s.x) * (1 - k / len(dying) if s in dying else 1) for s in at_risk
            ]
            total = math.fsum(weight)
            mean = math.fsum(w * s.x for w, s in zip(weight, at_risk, strict=True)) / total
            spread = (w * (s.x - mean) ** 2 for w, s in zip(weight, at_risk, strict=True))
            yield Term(t, one.x - mean, math.fsum(spread) / total)


def has_maximum(subjects: Sequence[Subject]) -> bool:
    """Some event below the largest covariate at risk, and some above the smallest."""
    above = below = False
    for one in (s for s in subjects if s.event):
        at_risk = [s.x for s in subjects if s.time >= one.time]
        above, below = above or one.x > min(at_risk), below or one.x < max(at_risk)
    return above and below


def cox(subjects: Sequence[Subject]) -> dict[str, float | None]:
    """Hazard ratio with limits and p-value, and the p-value of a change along 1 - S(t-)."""
    if not has_maximum(subjects):
        return dict.fromkeys(NAMES)
    b = 0.0
    for _ in range(100):
        found = list(terms(subjects, b))
        b += math.fsum(f.residual for f in found) / math.fsum(f.variance for f in found)
    found = list(terms(subjects, b))
    information = math.fsum(f.variance for f in found)
    error = 1 / math.sqrt(information)
    normal = statistics.NormalDist()
    result: dict[str, float | None] = {
        "hazard_ratio": math.exp(b),
        "lower": math.exp(b - Z * error),
        "upper": math.exp(b + Z * error),
        "p_value": 2 * normal.cdf(-abs(b / error)),
        "change": None,
    }
    steps = kaplan_meier([s.time for s in subjects], [s.event for s in subjects])
    before = {
        step.time: float(1 - (steps[i - 1].survival if i else Fraction(1)))
        for i, step in enumerate(steps)
    }
    if len({f.time for f in found}) > 1:
        score = math.fsum(before[f.time] * f.residual for f in found)
        crossed = math.fsum(before[f.time] * f.variance for f in found)
        squared = math.fsum(before[f.time] ** 2 * f.variance for f in found)
        root = score / math.sqrt(squared - crossed**2 / information)
        result["change"] = 2 * normal.cdf(-abs(root))
    return result


def _cox(made: Expected, trial: Trial, options: Record) -> None:
    times = times_of(made, trial, options)
    for item in options["covariates"]:
        label, name, where = item["label"], item["variable"], item.get("where")
        counts: dict[str, list[str]] = {}
        results = []
        for column, records in times.of_column.items():
            known = [r for r in records if r[name] is not None]
            met = test_of(where) if where else None
            groups = {"model": known}
            if met:
                groups["with"] = [r for r in known if met(r)]
                groups["without"] = [r for r in known if not met(r)]
            for analysis, mine in groups.items():
                n = sum(r["CNSR"] == 0 for r in mine)
                place = {"paramcd": times.paramcd, "level": label}
                made.counted(n, len(mine), analysis, column, **place)
                counts.setdefault(analysis, []).append(f"{n}/{len(mine)}")
            per = item.get("per", 1)
            found = cox([
                Subject(r["AVAL"], r["CNSR"] == 0, float(met(r)) if met else r[name] / per)
                for r in known
            ])  # fmt: skip
            results.append(found)
            for stat, value in found.items():
                place_of = Place("cox", column, stat, level=label, paramcd=times.paramcd)
                made.numbers[place_of] = value
        made.line(0, label)
        if where:
            made.line(1, "Events/subjects, yes", counts["with"])
            made.line(1, "Events/subjects, no", counts["without"])
        else:
            made.line(1, "Events/subjects", counts["model"])
        made.line(1, "Hazard ratio (95% CI)", [
            "{} ({}, {})".format(*(fixed(f[n], 2) for n in ("hazard_ratio", "lower", "upper")))
            for f in results
        ])  # fmt: skip
        for stat, said in (("p_value", "p-value"), ("change", "Proportional hazards, p-value")):
            texts = ["NE" if f[stat] is None else p_value(f[stat]) for f in results]
            made.line(1, said, texts)


OUTPUTS = {"t_cox": _cox}
