"""Times to event, cumulative incidence: what their displays must hold, from the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tests.outputs.arithmetic import TRANSFORMS, Z, described, fixed, kaplan_meier, tenths
from tests.outputs.expected import (
    QUARTILES,
    Expected,
    Place,
    Times,
    _landmarks,
    _middles,
    _ranges,
    percent,
    second_computation,
)
from tests.outputs.records import Column, Record, Trial, distinct, test_of

COMPETING = {
    "event": ("Subjects with event", lambda r: r["CNSR"] == 0),
    "competing": ("Subjects with competing event", lambda r: r["COMPFL"] == "Y"),
    "censored": ("Censored", lambda r: r["CNSR"] != 0 and r["COMPFL"] != "Y"),
}


def times_of(made: Expected, trial: Trial, options: Record) -> Times:
    """The records of the parameter by column; who has none is left out of N where asked."""
    unit = options.get("unit", "months")
    where = f'PARAMCD == "{options["paramcd"]}"'
    dataset = options.get("dataset", "ADTTE")
    of_column = {c.label: trial.where(dataset, where, c.subjects) for c in made.columns}
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


def spoken(mark: float, unit: str) -> str:
    return f"{mark} {unit}" if mark != 1 else f"1 {unit[:-1]}"


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
    made.line(0, f"{options.get('still', 'Event-free')}, % (95% CI) [at risk]")
    for mark in options["landmarks"]:
        made.line(1, f"At {spoken(mark, unit)}", _landmarks(made, times, mark))
    for mark in options.get("restricted", []):
        label = f"Restricted mean to {spoken(mark, unit)} (95% CI)"
        made.line(0, label, _restricted(made, times, mark))
    followed = _middles(made, times, Fraction(1, 2), "follow-up")
    made.line(0, f"Median follow-up, {unit} (95% CI)", followed)
    ends = []
    for column, records in times.of_column.items():
        days = [r["AVAL"] for r in records if not is_event(r)]
        found = {name: described(days)[name] for name in ("median", "minimum", "maximum")}
        for name, value in found.items():
            made.numbers[Place("open", column, name, paramcd=times.paramcd)] = value
        ends.append("{} ({}, {})".format(*map(times.printed, found.values())))
        second_computation(made, column, records, times.paramcd)
    made.line(0, f"Median time of censored subjects, {unit} (min, max)", ends)


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
            place = Place("restricted", column, name, paramcd=times.paramcd, time=to)
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
                day = mark * times.per_unit
                found = _incidence_at(records, cause, day, times.scale)
                place = Place(analysis, column, "", paramcd=times.paramcd, time=day)
                for name, value in found.items():
                    made.numbers[place._replace(stat_name=name)] = value
                shown = (percent(found[n]) for n in ("incidence", "lower", "upper"))
                texts.append("{} ({}, {}) ".format(*shown) + f"[{found['n_risk']}]")
            made.line(1, f"At {spoken(mark, unit)}", texts)


def _incidence_curves(made: Expected, trial: Trial, options: Record) -> None:
    unit, times = options.get("unit", "months"), times_of(made, trial, options)
    steps = {"months": (1, 3, 6, 12, 24, 60), "days": (1, 2, 7, 14, 28, 56, 84, 168, 364)}[unit]
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
                end = fixed(curve[-1].time / times.per_unit, options.get("digits", 1))
                said.append(f"{label} {percent(float(curve[-1].incidence))}% at {end} {unit}")
        made.sentences.append(f"{column}: {', '.join(said)}." if said else f"{column}: no subject.")
        longest = max((r["AVAL"] for rs in times.of_column.values() for r in rs), default=0.0)
        for tick in ticks(longest / times.per_unit, steps):
            day = tick * times.per_unit
            n = sum(v >= day for v in values)
            made.numbers[Place("at risk", column, "n_risk", paramcd=times.paramcd, time=day)] = n


def ticks(highest: float, steps: Sequence[float]) -> list[float]:
    """From 0 in the first of the steps that reaches the highest value in ten of them."""
    step = next((s for s in steps if highest <= 10 * s), steps[-1])
    marks = [0.0, float(step)]
    while marks[-1] < highest:
        marks.append(marks[-1] + step)
    return marks


def _response_by_visit(made: Expected, trial: Trial, options: Record) -> None:
    for visit in options["visits"]:
        made.line(0, visit[0] + visit[1:].lower())
        here = f'({options["assessed"]}) and AVISIT == "{visit}"'
        word, everybody = options.get("assessed_word", "assessed"), options.get("of_all", True)
        denominators = [("of assessed", f"Of those {word}")]
        for analysis, label in [*denominators, *[("of all", "Of all subjects")] * everybody]:
            rates, intervals = [], []
            for c in made.columns:
                seen = trial.where(options.get("dataset", "ADRS"), here, c.subjects)
                met = test_of(options["response"])
                n = len(distinct([r for r in seen if met(r)]))
                total = len(distinct(seen) if analysis == "of assessed" else c.subjects)
                place = {"variable": "AVISIT", "level": visit}
                made.counted(n, total, analysis, c.label, **place)
                share = f"{tenths(n, total)}%" if total else "NE"
                rates.append(f"{n}/{total} ({share})")
                intervals.append(f"({made.interval(n, total, analysis, c.label, **place)})")
            made.line(1, label, rates)
            made.line(2, "Confidence interval, %", intervals)
        if not everybody:
            texts = []
            for c in made.columns:
                seen = distinct(trial.where(options.get("dataset", "ADRS"), here, c.subjects))
                rest, place = len(c.subjects - set(seen)), {"variable": "AVISIT", "level": visit}
                text = made.counted(rest, len(c.subjects), "not assessed", c.label, **place)
                texts.append(text)
            made.line(1, f"Not {word}, n (%)", texts)


def cohen(pairs: Sequence[tuple[str, str]]) -> dict[str, float | None]:
    """Agreement, kappa and its limits by Fleiss, Cohen and Everitt, pair by pair."""
    found: dict[str, float | None] = {"N": len(pairs)}
    names = ("agreement", "kappa", "lower", "upper")
    if not pairs:
        return found | dict.fromkeys(names)
    first = {a: Fraction(sum(x == a for x, _ in pairs), len(pairs)) for a, _ in pairs}
    second = {b: Fraction(sum(y == b for _, y in pairs), len(pairs)) for _, b in pairs}
    same = Fraction(sum(a == b for a, b in pairs), len(pairs))
    chance = sum((first[a] * second.get(a, 0) for a in first), Fraction(0))
    found["agreement"] = float(same)
    if chance == 1:
        return found | dict.fromkeys(names[1:])
    kappa = (same - chance) / (1 - chance)
    spread = Fraction(0)
    for a, b in set(pairs):
        share = Fraction(pairs.count((a, b)), len(pairs))
        # for an observed pair (a, b): first assessor's share of b, second assessor's share of a
        margin = second.get(a, Fraction(0)) + first.get(b, Fraction(0))
        spread += share * ((a == b) - margin * (1 - kappa)) ** 2
    variance = (spread - (kappa - chance * (1 - kappa)) ** 2) / (len(pairs) * (1 - chance) ** 2)
    half = Z * math.sqrt(max(variance, 0))
    low, high = max(float(kappa) - half, -1.0), min(float(kappa) + half, 1.0)
    ends = (low, high) if same != 1 else (None, None)
    return found | dict(zip(names[1:], (float(kappa), *ends), strict=True))


def _agreement(made: Expected, trial: Trial, options: Record) -> None:
    of_column, labels = {}, options["levels"]
    for c in made.columns:
        first, second = (
            {r["USUBJID"]: r["AVALC"] for r in trial.where("ADRS", options[name], c.subjects)}
            for name in ("first", "second")
        )
        of_column[c.label] = [(first[s], second[s]) for s in sorted(first.keys() & second.keys())]
    shares, kappas = [], []
    for column, pairs in of_column.items():
        found = cohen(pairs)
        shown = found if options.get("agreement", True) else {"N": len(pairs)}
        for name, value in shown.items():
            made.numbers[Place("agreement", column, name)] = value
        shares.append(f"{percent(found['agreement'])} of {len(pairs)}")
        value, low, high = (fixed(found[n], 2) for n in ("kappa", "lower", "upper"))
        kappas.append(f"{value} ({low}, {high})")
    if options.get("agreement", True):
        made.line(0, "Same response, % of N", shares)
        made.line(0, "Kappa (95% CI)", kappas)
    else:
        sizes = [str(len(pairs)) for pairs in of_column.values()]
        made.line(0, "Subjects with both findings", sizes)
    held = {pair for pairs in of_column.values() for pair in pairs}
    for first in [level for level in labels if level in {a for a, _ in held}]:
        made.line(0, f"{options.get('first_label', 'Investigator')}: {labels[first]}")
        for second in [level for level in labels if (first, level) in held]:
            texts = [
                made.counted(
                    pairs.count((first, second)), len(pairs), "pair", column, group=first,
                    variable="AVALC", level=second,
                )
                for column, pairs in of_column.items()
            ]  # fmt: skip
            made.line(1, f"{options.get('second_label', 'Review')}: {labels[second]}", texts)


def _sensitivity(made: Expected, trial: Trial, options: Record) -> None:
    (c,) = made.columns
    made.bands = [a["label"] for a in options["analyses"]]
    analyses = [times_of(made, trial, {"paramcd": a["paramcd"]}) for a in options["analyses"]]
    records = {times.paramcd: times.of_column[c.label] for times in analyses}
    made.line(0, "Subjects analysed", [str(len(rs)) for rs in records.values()])
    for analysis, label in (("event", "Subjects with event"), ("censored", "Censored")):
        met = {
            code: [r for r in rs if (r["CNSR"] == 0) == (analysis == "event")]
            for code, rs in records.items()
        }
        levels = sorted({r["EVNTDESC"] for rs in met.values() for r in rs})
        for level in ["", *levels]:
            place = {"variable": "EVNTDESC", "level": level} if level else {}
            texts = [
                made.counted(
                    sum(level in ("", r["EVNTDESC"]) for r in rs), len(records[code]), analysis,
                    c.label, paramcd=code, **place,
                )
                for code, rs in met.items()
            ]  # fmt: skip
            made.line(int(bool(level)), level or f"{label}, n (%)", texts)
    middles = [_middles(made, times, Fraction(1, 2), "median")[0] for times in analyses]
    made.line(0, "Median, months (95% CI)", middles)
    made.line(0, f"{options.get('still', 'Event-free')}, % (95% CI) [at risk]")
    for mark in options["landmarks"]:
        texts = [_landmarks(made, times, mark)[0] for times in analyses]
        made.line(1, f"At {spoken(mark, 'months')}", texts)
    for code, rs in records.items():
        second_computation(made, c.label, rs, code)


def _landmark_analysis(made: Expected, trial: Trial, options: Record) -> None:
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    for c in made.columns:
        del made.numbers[Place("columns", c.label, "N")]
    response = trial.where("ADRS", options["response"], everyone)
    groups = (
        frozenset(r["USUBJID"] for r in response if (r["AVALC"] == "Y") == yes)
        for yes in (True, False)
    )
    where = f'PARAMCD == "{options["paramcd"]}" and AVAL >= {options["day"]}'
    of_column = {}
    for label, group in zip(options["labels"], groups, strict=True):
        records = trial.where("ADTTE", where, group)
        of_column[label] = [r | {"AVAL": r["AVAL"] - options["day"]} for r in records]
    before = trial.where("ADTTE", where.replace(">=", "<"), everyone)
    answered = {r["USUBJID"] for r in response}
    after = {r["USUBJID"] for r in trial.where("ADTTE", where, everyone)}
    for why, n in (
        ("with event before the landmark", sum(r["CNSR"] == 0 for r in before)),
        ("censored before the landmark", sum(r["CNSR"] != 0 for r in before)),
        ("at risk, without a record of the response", len(after - answered)),
    ):
        made.numbers[Place("left out", "", "n", level=why)] = n
    made.columns = [Column(c, frozenset(distinct(rs))) for c, rs in of_column.items()]
    events = {c: sum(r["CNSR"] == 0 for r in rs) for c, rs in of_column.items()}
    for c in made.columns:
        made.numbers[Place("analysed", c.label, "n")] = len(c.subjects)
        made.numbers[Place("event", c.label, "n")] = events[c.label]
    made.line(0, "At risk at the landmark, n", [str(len(c.subjects)) for c in made.columns])
    made.line(0, "Subjects with event, n", list(map(str, events.values())))
    month = trial.conventions["days_per_month"]
    times = Times("", of_column, month, 1, trial.conventions["km_ci"])
    middle = _middles(made, times, Fraction(1, 2), "median")
    made.line(0, "Median from the landmark, months (95% CI)", middle)
    for mark in options["landmarks"]:
        texts = _landmarks(made, times, mark)
        still = options.get("still", "Event-free")
        made.line(0, f"{still} {spoken(mark, 'months')} after the landmark, %", texts)
        for column in of_column:
            del made.numbers[Place("landmark", column, "std_error", time=mark * month)]
    for column, records in of_column.items():
        second_computation(made, column, records)


OUTPUTS = {
    "t_time_to_event": _time_to_event,
    "t_cumulative_incidence": _cumulative_incidence,
    "f_cumulative_incidence": _incidence_curves,
    "t_response_by_visit": _response_by_visit,
    "t_agreement": _agreement,
    "t_sensitivity": _sensitivity,
    "t_landmark": _landmark_analysis,
}
