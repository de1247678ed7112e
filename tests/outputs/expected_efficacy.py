"""Times to event, cumulative incidence: what their displays must hold, from the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tests.outputs.arithmetic import TRANSFORMS, Z, fixed, kaplan_meier
from tests.outputs.expected import (
    QUARTILES,
    Expected,
    Place,
    Times,
    _landmarks,
    _middles,
    _ranges,
    percent,
)
from tests.outputs.records import Column, Record, Trial, distinct

COMPETING = {
    "event": ("Subjects with event", lambda r: r["CNSR"] == 0),
    "competing": ("Subjects with competing event", lambda r: r["COMPFL"] == "Y"),
    "censored": ("Censored", lambda r: r["CNSR"] != 0 and r["COMPFL"] != "Y"),
}


def times_of(made: Expected, trial: Trial, options: Record) -> Times:
    """The records of the parameter by column; who has none is left out of N where asked."""
    unit = options.get("unit", "months")
    where = f'PARAMCD == "{options["paramcd"]}"'
    of_column = {c.label: trial.where("ADTTE", where, c.subjects) for c in made.columns}
    if options.get("analysed"):
        made.columns = [
            Column(c.label, frozenset(distinct(of_column[c.label]))) for c in made.columns
        ]
        for c in made.columns:
            made.numbers[Place("columns", c.label, "N")] = len(c.subjects)
    return Times(
        options["paramcd"],
        of_column,
        trial.conventions["days_per_month"] if unit == "months" else 1,
        options.get("digits", 1),
        trial.conventions["km_ci"],
    )


def _time_to_event(made: Expected, trial: Trial, options: Record) -> None:
    unit, times = options.get("unit", "months"), times_of(made, trial, options)
    is_event: Callable[[Record], bool] = lambda r: r["CNSR"] == 0  # noqa: E731
    _outcome(made, times, "event", "Subjects with event", "EVNTDESC", is_event)
    reason = options.get("reason", "CNSDTDSC")
    _outcome(made, times, "censored", "Censored", reason, lambda r: not is_event(r))
    made.line(0, f"Time to event, {unit} (95% CI)")
    for analysis, (label, p) in QUARTILES.items():
        made.line(1, label, _middles(made, times, p, analysis))
    made.line(1, "Range", _ranges(made, times))
    made.line(0, "Event-free, % (95% CI) [at risk]")
    for mark in options["landmarks"]:
        made.line(1, f"At {mark} {unit}", _landmarks(made, times, mark))
    for mark in options.get("restricted", []):
        label = f"Restricted mean to {mark} {unit} (95% CI)"
        made.line(0, label, _restricted(made, times, mark))
    followed = _middles(made, times, Fraction(1, 2), "follow-up")
    made.line(0, f"Median follow-up, {unit} (95% CI)", followed)
    for column, records in times.of_column.items():
        curve = kaplan_meier([r["AVAL"] for r in records], [is_event(r) for r in records])
        inside = sum(0 < s.survival < 1 for s in curve)
        place = Place("second computation", column, "n_times", paramcd=times.paramcd)
        made.numbers[place] = inside
        made.numbers[place._replace(stat_name="largest")] = 0.0 if inside else None


def _outcome(
    made: Expected, times: Times, analysis: str, label: str, variable: str,
    met: Callable[[Record], bool],
) -> None:  # fmt: skip
    """Subjects with an outcome, of those analysed, and with each of its descriptions."""
    found = {c: [r for r in records if met(r)] for c, records in times.of_column.items()}
    levels = sorted({r[variable] for records in found.values() for r in records})
    for level in ["", *levels]:
        place = {"variable": variable, "level": level} if level else {}
        texts = [
            made.counted(
                sum(r[variable] == level for r in records) if level else len(records),
                len(times.of_column[c]), analysis, c, paramcd=times.paramcd, **place,
            )
            for c, records in found.items()
        ]  # fmt: skip
        made.line(int(bool(level)), level or f"{label}, n (%)", texts)


def _restricted(made: Expected, times: Times, mark: float) -> list[str]:
    """Area under the curve up to a time; none after a last time that is censored."""
    texts = []
    for column, records in times.of_column.items():
        to = mark * times.per_unit
        found = area_to([r["AVAL"] for r in records], [r["CNSR"] == 0 for r in records], to)
        for name, value in found.items():
            place = Place("restricted", column, name, paramcd=times.paramcd, time=float(mark))
            made.numbers[place] = value
        mean, low, high = (times.printed(found[n]) for n in ("estimate", "lower", "upper"))
        texts.append(f"{mean} ({low}, {high})")
    return texts


def area_to(times: Sequence[float], events: Sequence[bool], to: float) -> dict[str, float | None]:
    """Restricted mean with its limits: from each event on, its area, and d / (n (n - d))."""
    steps = kaplan_meier(times, events)
    names = ("estimate", "std_error", "lower", "upper")
    if not steps or (to > steps[-1].time and steps[-1].survival > 0):
        return dict.fromkeys(names)
    corners = [(0.0, 1.0), *((s.time, float(s.survival)) for s in steps if s.time <= to)]
    corners.append((to, 0.0))
    pieces = [(a[0], (b[0] - a[0]) * a[1]) for a, b in pairwise(corners)]
    mean = math.fsum(area for _, area in pieces)
    variance = math.fsum(
        math.fsum(area for start, area in pieces if start >= s.time) ** 2
        * s.events / (s.at_risk * (s.at_risk - s.events))
        for s in steps
        if s.time <= to and 0 < s.events < s.at_risk
    )  # fmt: skip
    error = math.sqrt(variance)
    ends = (mean - Z * error, mean + Z * error) if error else (None, None)
    return dict(zip(names, (mean, error, *ends), strict=True))


class Risk(NamedTuple):
    """Cumulative incidence of one cause at one of its times."""

    time: float
    incidence: Fraction
    error: float


def aalen_johansen(times: Sequence[float], causes: Sequence[int], cause: int) -> list[Risk]:
    """Incidence in exact fractions; Aalen's variance written out over the earlier times."""
    survival, total = Fraction(1), Fraction(0)
    past: list[tuple[Fraction, Fraction, Fraction, Fraction]] = []
    risks = []
    for t in sorted(set(times)):
        n = sum(other >= t for other in times)
        d = [sum(o == t and c == k for o, c in zip(times, causes, strict=True)) for k in (1, 2)]
        own, other = d[cause - 1], d[2 - cause]
        total += survival * own / n
        before, survival = survival, survival * Fraction(n - own - other, n)
        scale = (before / n) ** 2
        past.append((total, survival, scale * tied(own, n), scale * tied(other, n)))
        variance = Fraction(0)
        for then, left, of_own, of_other in past:
            share = (total - then) / left if left else Fraction(0)
            variance += of_own * (1 - share) ** 2 + of_other * share**2
        risks.append(Risk(t, total, math.sqrt(variance)))
    return risks


def tied(d: int, n: int) -> Fraction:
    """Variance of d events among n: hypergeometric where several fall on one time."""
    return Fraction(d * (n - d), n - 1) if d > 1 else Fraction(d)


def _incidence_at(records: list[Record], cause: int, day: float, scale: str) -> Record:
    times = [r["AVAL"] for r in records]
    causes = [1 if r["CNSR"] == 0 else 2 if r["COMPFL"] == "Y" else 0 for r in records]
    names = ("incidence", "std_error", "lower", "upper")
    found: Record = {"n_risk": sum(t >= day for t in times)} | dict.fromkeys(names)
    last = max(times, default=0.0)
    open_end = not times or any(t == last and c == 0 for t, c in zip(times, causes, strict=True))
    if not times or (day > last and open_end):
        return found
    past = [r for r in aalen_johansen(times, causes, cause) if r.time <= day]
    if not past:
        return found | {"incidence": 0.0, "std_error": 0.0}
    value, error = float(past[-1].incidence), past[-1].error
    found |= {"incidence": value, "std_error": error}
    if 0 < past[-1].incidence < 1:
        g, slope, inverse = TRANSFORMS[scale]
        half = Z * abs(slope(value)) * error
        found["lower"], found["upper"] = sorted(
            (inverse(g(value) - half), inverse(g(value) + half))
        )
    return found


def _cumulative_incidence(made: Expected, trial: Trial, options: Record) -> None:
    unit, times = options.get("unit", "months"), times_of(made, trial, options)
    for analysis, (label, met) in COMPETING.items():
        _outcome(made, times, analysis, label, "EVNTDESC", met)
    for cause, analysis, label in (
        (1, "incidence", "Cumulative incidence"),
        (2, "competing incidence", "Cumulative incidence of the competing event"),
    ):
        made.line(0, f"{label}, % (95% CI) [at risk]")
        for mark in options["landmarks"]:
            texts = []
            for column, records in times.of_column.items():
                found = _incidence_at(records, cause, mark * times.per_unit, times.scale)
                place = Place(analysis, column, "", paramcd=times.paramcd, time=float(mark))
                for name, value in found.items():
                    made.numbers[place._replace(stat_name=name)] = value
                shown = (percent(found[n]) for n in ("incidence", "lower", "upper"))
                texts.append("{} ({}, {}) ".format(*shown) + f"[{found['n_risk']}]")
            made.line(1, f"At {mark} {unit}", texts)


def _incidence_curves(made: Expected, trial: Trial, options: Record) -> None:
    times = times_of(made, trial, options)
    for column, records in times.of_column.items():
        values = [r["AVAL"] for r in records]
        causes = [1 if r["CNSR"] == 0 else 2 if r["COMPFL"] == "Y" else 0 for r in records]
        said = []
        for cause, analysis, label in (
            (1, "incidence", options["event"]),
            (2, "competing incidence", options["competing"]),
        ):
            curve = aalen_johansen(values, causes, cause)
            for risk in curve:
                place = Place(analysis, column, "incidence", paramcd=times.paramcd, time=risk.time)
                made.numbers[place] = float(risk.incidence)
            if curve:
                end = fixed(curve[-1].time / times.per_unit, 1)
                said.append(f"{label} {percent(float(curve[-1].incidence))}% at {end} months")
        made.sentences.append(f"{column}: {', '.join(said)}." if said else f"{column}: no subject.")
        longest = max((r["AVAL"] for rs in times.of_column.values() for r in rs), default=0.0)
        for tick in ticks(longest / times.per_unit, (1, 2, 3, 6, 12, 24)):
            n = sum(v >= tick * times.per_unit for v in values)
            made.numbers[Place("at risk", column, "n_risk", paramcd=times.paramcd, time=tick)] = n


def ticks(highest: float, steps: Sequence[float]) -> list[float]:
    """From 0 in the first of the steps that reaches the highest value in eight of them."""
    step = next((s for s in steps if highest <= 8 * s), steps[-1])
    marks = [0.0, float(step)]
    while marks[-1] < highest:
        marks.append(marks[-1] + step)
    return marks


OUTPUTS = {
    "t_time_to_event": _time_to_event,
    "t_cumulative_incidence": _cumulative_incidence,
    "f_cumulative_incidence": _incidence_curves,
}
