"""Exposure against outcome and dose: what their displays must hold, from the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from tests.outputs.arithmetic import Z, fixed, geometric, p_value, significant
from tests.outputs.expected import Expected, Place
from tests.outputs.records import Column, Record, Trial, distinct


def _exposure(made: Expected, trial: Trial, options: Record) -> None:
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    made.numbers.clear()
    names = ("With", "Without", "Comparison")
    made.columns = [Column(name, frozenset()) for name in names]
    regressed = any(outcome.get("regression", True) for outcome in options["outcomes"])
    heads = names if regressed else ("First group", "Second group", "Comparison")
    setattr(made, "heads", lambda: [(name, "", "") for name in heads])  # noqa: B010 - no N
    for outcome in options["outcomes"]:
        made.line(0, outcome["label"])
        by = outcome["by"]
        for item in options["exposures"]:
            where = f'({item["where"]}) and PARAMCD == "{item["paramcd"]}" and AVAL != missing'
            values, texts = [], []
            for column, level in zip(("With", "Without"), by["levels"], strict=True):
                classified = f"({by['where']}) and {level['where']}"
                who = frozenset(distinct(trial.where(by["dataset"], classified, everyone)))
                mine = [r["AVAL"] for r in trial.where("ADPP", where, who)]
                values.append(mine)
                mean, cv = geometric(mine)
                above = sum(v > 0 for v in mine)
                place = Place("exposure", column, "mean", outcome["label"], level=item["label"])
                found = {"mean": mean, "cv": cv, "n": above, "n_zero": len(mine) - above}
                for name, value in found.items():
                    made.numbers[place._replace(stat_name=name)] = value
                sizes = f"[{above}; {len(mine) - above}]"
                texts.append(f"{significant(mean)} ({fixed(cv, 1)}) {sizes}")
            place = Place(
                "comparison", "Comparison", "ratio", outcome["label"], level=item["label"]
            )
            found = dict(zip(("ratio", "lower", "upper"), mean_ratio(*values), strict=True))
            found["p_value"] = rank_test(*values)
            for name, value in found.items():
                made.numbers[place._replace(stat_name=name)] = value
            model: dict[str, float] | str = {}
            if outcome.get("regression", True):
                model = _model(made, values, (outcome["label"], item["label"]), options)
            ratio, low, high = (fixed(found[n], 2) for n in ("ratio", "lower", "upper"))
            made.line(1, item["label"], [*texts, f"{ratio} ({low}, {high})"])
            _tests(made, model, found["p_value"])


def mean_ratio(
    test: Sequence[float], reference: Sequence[float]
) -> tuple[float | None, float | None, float | None]:
    """Ratio of geometric means with Student's 90% interval, pooled variance of the logs."""
    from scipy.stats import t

    a, b = ([math.log(v) for v in values if v > 0] for values in (test, reference))
    if not a or not b:
        return None, None, None
    gap = math.fsum(a) / len(a) - math.fsum(b) / len(b)
    free = len(a) + len(b) - 2
    squares = sum(
        math.fsum((v - math.fsum(part) / len(part)) ** 2 for v in part) for part in (a, b)
    )
    if free < 1 or squares == 0:
        return math.exp(gap), None, None
    half = float(t.ppf(0.95, free)) * math.sqrt(squares / free * (1 / len(a) + 1 / len(b)))
    return math.exp(gap), math.exp(gap - half), math.exp(gap + half)


def rank_test(test: Sequence[float], reference: Sequence[float]) -> float | None:
    """Exact two-sided rank sum test: every choice of the test group, ties with mean ranks."""
    if not test or not reference:
        return None
    values = [*test, *reference]
    doubled = [sum(o < v for o in values) + sum(o <= v for o in values) + 1 for v in values]
    ways = {(0, 0): 1}
    for rank in doubled:
        for (size, total), n in list(ways.items()):
            if size < len(test):
                ways[size + 1, total + rank] = ways.get((size + 1, total + rank), 0) + n
    middle = Fraction(len(test) * sum(doubled), len(values))
    far = abs(sum(doubled[: len(test)]) - middle)
    sums = {total: n for (size, total), n in ways.items() if size == len(test)}
    return sum(n for total, n in sums.items() if abs(total - middle) >= far) / sum(sums.values())


class Fit(NamedTuple):
    """A logistic regression: intercept, slope, their covariance matrix, the log likelihood."""

    intercept: float
    slope: float
    variances: tuple[float, float, float]
    likelihood: float


def _chance(eta: float) -> float:
    return 1 / (1 + math.exp(-eta)) if eta > -700 else 0.0


def _at_slope(x: Sequence[float], y: Sequence[bool], slope: float) -> float:
    """The intercept at which as many events are expected as there were."""
    from scipy.optimize import brentq

    far = 50 + abs(slope) * max(map(abs, x))

    def surplus(intercept: float) -> float:
        return math.fsum(_chance(intercept + slope * v) for v in x) - sum(y)

    return float(brentq(surplus, -far, far, xtol=1e-13, rtol=1e-14))


def _likelihood(x: Sequence[float], y: Sequence[bool], intercept: float, slope: float) -> float:
    etas = (intercept + slope * v for v in x)
    return -math.fsum(
        math.log1p(math.exp(-eta if event else eta)) for eta, event in zip(etas, y, strict=True)
    )


def _beyond(function: Callable[[float], float], start: float, sign: int) -> float:
    """A point on one side of the start at which the function is not positive any more."""
    step = 1.0
    while function(start + sign * step) > 0:
        step *= 2
    return start + sign * step


def logistic_fit(x: Sequence[float], y: Sequence[bool]) -> Fit:
    """The slope at which the score is 0, on the exposure less its mean."""
    from scipy.optimize import brentq

    def score(slope: float) -> float:
        intercept = _at_slope(x, y, slope)
        return math.fsum(
            (event - _chance(intercept + slope * v)) * v for v, event in zip(x, y, strict=True)
        )

    low, high = _beyond(lambda b: -score(b), 0.0, -1), _beyond(score, 0.0, 1)
    slope = float(brentq(score, low, high, xtol=1e-13, rtol=1e-14))
    intercept = _at_slope(x, y, slope)
    weights = [_chance(intercept + slope * v) * _chance(-intercept - slope * v) for v in x]
    total, first, second = (
        math.fsum(w * v**power for w, v in zip(weights, x, strict=True)) for power in (0, 1, 2)
    )
    area = total * second - first**2
    variances = (second / area, -first / area, total / area)
    return Fit(intercept, slope, variances, _likelihood(x, y, intercept, slope))


MODEL = (
    "odds_ratio", "lower", "upper", "profile_lower", "profile_upper", "likelihood_ratio_p",
)  # fmt: skip


def _centred(values: Sequence[Sequence[float]]) -> tuple[list[float], list[bool], float]:
    """Decimal logarithms less their mean, whether with the outcome, and that mean."""
    logs = [[math.log10(v) for v in part if v > 0] for part in values]
    every = [*logs[0], *logs[1]]
    middle = math.fsum(every) / len(every) if every else 0.0
    return [v - middle for v in every], [True] * len(logs[0]) + [False] * len(logs[1]), middle


def _no_model(values: Sequence[Sequence[float]], least: int) -> str:
    """Why there is no regression; empty where there is one."""
    with_, without = ([v for v in part if v > 0] for part in values)
    fewest = min(len(with_), len(without))
    if fewest < least:
        return f"{fewest} subjects in the smaller outcome, fewer than {least}"
    if min(with_) >= max(without) or max(with_) <= min(without):
        return "no finite maximum: the exposure separates those with from those without the outcome"
    return ""


def _model(
    made: Expected, values: Sequence[Sequence[float]], place: tuple[str, str], options: Record
) -> dict[str, float] | str:
    """Adds the regression; returns its numbers, or why there is none."""
    from scipy.optimize import brentq
    from scipy.stats import chi2

    why = _no_model(values, options.get("least", 5))
    x, y, _ = _centred(values)
    at = Place("logistic", "Comparison", "n", place[0], level=place[1])
    made.numbers[at] = len(x)
    if why:
        made.numbers |= {at._replace(stat_name=name): None for name in MODEL}
        return why
    fit = logistic_fit(x, y)
    half = Z * math.sqrt(fit.variances[2])
    null = math.fsum(k * math.log(k / len(y)) for k in (sum(y), len(y) - sum(y)))

    def left(slope: float) -> float:
        return _likelihood(x, y, _at_slope(x, y, slope), slope) - fit.likelihood + Z**2 / 2

    ends = [
        float(brentq(left, *sorted((fit.slope, _beyond(left, fit.slope, sign))), xtol=1e-13))
        for sign in (-1, 1)
    ]
    found = {
        "odds_ratio": math.exp(fit.slope), "lower": math.exp(fit.slope - half),
        "upper": math.exp(fit.slope + half), "profile_lower": math.exp(ends[0]),
        "profile_upper": math.exp(ends[1]),
        "likelihood_ratio_p": float(chi2.sf(2 * (fit.likelihood - null), 1)),
    }  # fmt: skip
    made.numbers |= {at._replace(stat_name=name): value for name, value in found.items()}
    return found


def _tests(made: Expected, model: dict[str, float] | str, exact: float | None) -> None:
    if isinstance(model, str):
        made.line(2, f"No logistic regression: {model}", ["", "", "NE"])
    elif model:
        shown = {name: significant(value) for name, value in model.items()}
        wald = "{odds_ratio} ({lower}, {upper})".format(**shown)
        profile = "({profile_lower}, {profile_upper})".format(**shown)
        made.line(2, "Odds ratio per tenfold exposure (Wald interval)", ["", "", wald])
        made.line(2, "Profile-likelihood interval", ["", "", profile])
        p = p_value(model["likelihood_ratio_p"])
        made.line(2, "p, likelihood ratio test", ["", "", p])
    made.line(2, "p, exact rank sum test", ["", "", "NE" if exact is None else p_value(exact)])


def _exposure_curves(made: Expected, trial: Trial, options: Record) -> None:
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    made.numbers.clear()
    for outcome in options["outcomes"]:
        by = outcome["by"]
        for item in options["exposures"]:
            where = f'({item["where"]}) and PARAMCD == "{item["paramcd"]}" and AVAL != missing'
            values = []
            for column, level in zip(("With", "Without"), by["levels"], strict=True):
                classified = f"({by['where']}) and {level['where']}"
                who = frozenset(distinct(trial.where(by["dataset"], classified, everyone)))
                records = trial.where("ADPP", where, who)
                values.append([r["AVAL"] for r in records])
                for r in records:
                    place = Place(
                        "point", column, "value", outcome["label"], r["USUBJID"], item["label"]
                    )
                    made.numbers[place] = r["AVAL"]
            at = (outcome["label"], item["label"])
            model = _model(made, values, at, options)
            if not isinstance(model, str):
                _curve(made, values, at)
            counts = [sum(v > 0 for v in part) for part in values]
            said = f"{at[0]}, {at[1]}: {counts[0]} with, {counts[1]} without"
            zero = sum(map(len, values)) - sum(counts)
            said += f", {zero} of 0 not drawn" if zero else ""
            said += (
                f"; no curve, {model}." if isinstance(model, str) else "; with the fitted curve."
            )
            made.sentences.append(said)


def _curve(made: Expected, values: Sequence[Sequence[float]], at: tuple[str, str]) -> None:
    """Sixty points from the lowest to the highest exposure, equally apart on the log scale."""
    x, y, middle = _centred(values)
    fit = logistic_fit(x, y)
    intercept, both, slope = fit.variances
    low, high = min(x), max(x)
    for i in range(60):
        v = low + (high - low) * i / 59
        eta, error = (
            fit.intercept + fit.slope * v,
            math.sqrt(intercept + 2 * v * both + v * v * slope),
        )
        found = {"probability": eta, "lower": eta - Z * error, "upper": eta + Z * error}
        place = Place("curve", "Comparison", "exposure", at[0], f"{i:02d}", at[1])
        made.numbers[place] = 10 ** (v + middle)
        for name, value in found.items():
            made.numbers[place._replace(stat_name=name)] = _chance(value)


class Line(NamedTuple):
    """Least squares of log value on log dose: slope, its error, residual SD, and the means."""

    n: int
    slope: float | None
    intercept: float | None
    error: float | None
    sigma: float | None
    r2: float | None


def power(pairs: Sequence[tuple[float, float]]) -> Line:
    """The line through the logs of (dose, value), by sums of products."""
    logs = [(math.log(d), math.log(v)) for d, v in pairs if v > 0]
    n = len(logs)
    if len({d for d, _ in logs}) < 2:
        return Line(n, None, None, None, None, None)
    mx, my = (math.fsum(p[i] for p in logs) / n for i in (0, 1))
    xx, yy = (math.fsum((p[i] - m) ** 2 for p in logs) for i, m in ((0, mx), (1, my)))
    xy = math.fsum((a - mx) * (b - my) for a, b in logs)
    slope = xy / xx
    r2 = xy * xy / xx / yy if yy else 0.0
    if n == 2:
        return Line(n, slope, my - slope * mx, None, None, r2)
    sigma = math.sqrt(max(yy - slope * xy, 0) / (n - 2))
    return Line(n, slope, my - slope * mx, sigma / math.sqrt(xx), sigma, r2)


def _student(free: int, level: float) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, free))


def _pairs(
    trial: Trial, options: Record, item: Record, who: frozenset[str]
) -> dict[str, tuple[float, float]]:
    """Dose and value by subject."""
    where = f'({item["where"]}) and PARAMCD == "{item["paramcd"]}" and AVAL != missing'
    found = trial.where("ADPP", where, who)
    return {r["USUBJID"]: (r[options["dose"]], r["AVAL"]) for r in found}


def _slope(line: Line, level: float) -> dict[str, float | None]:
    if line.slope is None or line.error is None:
        return {"slope": line.slope, "lower": None, "upper": None}
    half = _student(line.n - 2, level) * line.error
    return {"slope": line.slope, "lower": line.slope - half, "upper": line.slope + half}


def _proportionality(made: Expected, trial: Trial, options: Record) -> None:
    for item in options["parameters"]:
        made.line(0, item["label"])
        pairs = {c.label: _pairs(trial, options, item, c.subjects) for c in made.columns}
        lines = {label: power([*of.values()]) for label, of in pairs.items()}
        place = {"level": item["label"], "paramcd": item["paramcd"]}
        above, zeros = [], []
        for label, of in pairs.items():
            doses = {d for d, v in of.values() if v > 0}
            zero = sum(v == 0 for _, v in of.values())
            counts = {"n": lines[label].n, "n_doses": len(doses), "n_zero": zero}
            for name, value in {**counts, "r2": lines[label].r2}.items():
                made.numbers[Place("counts", label, name, **place)] = value
            above.append(f"{lines[label].n} ({len(doses)})")
            zeros.append(str(zero))
        made.line(1, "Values above 0 (different doses)", above)
        made.line(1, "Values of 0, left out", zeros)
        for analysis, level in (("slope", 0.9), ("slope, level of the plan", 0.95)):
            texts = []
            for label, line in lines.items():
                found = _slope(line, level)
                for name, value in found.items():
                    made.numbers[Place(analysis, label, name, **place)] = value
                slope, low, high = (fixed(v, 2) for v in found.values())
                texts.append(f"{slope} ({low}, {high})")
            made.line(1, f"Slope ({level * 100:.0f}% confidence interval)", texts)
        made.line(1, "R²", [fixed(line.r2, 2) for line in lines.values()])


def _proportionality_lines(made: Expected, trial: Trial, options: Record) -> None:
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    for item in options["parameters"]:
        pairs = _pairs(trial, options, item, everyone)
        line, place = power([*pairs.values()]), {"level": item["label"], "paramcd": item["paramcd"]}
        for who, (dose, value) in pairs.items():
            made.numbers[Place("point", "", "value", who, **place)] = value
            made.numbers[Place("point", "", "dose", who, **place)] = dose
        found = _slope(line, 0.9)
        for name, value in found.items():
            made.numbers[Place("model", "", name, **place)] = value
        slope, low, high = (fixed(v, 2) for v in found.values())
        said = "no line" if found["lower"] is None else f"slope {slope} ({low}, {high})"
        made.sentences.append(
            f"{item['label']}: {line.n} subjects above 0 of {len(pairs)}, {said}."
        )
        if found["lower"] is not None:
            _band(made, line, [math.log(d) for d, v in pairs.values() if v > 0], place)


def _band(made: Expected, line: Line, logs: Sequence[float], place: dict[str, str]) -> None:
    """Thirty points of the line with the limits of its mean."""
    assert line.slope is not None and line.intercept is not None and line.sigma is not None
    middle = math.fsum(logs) / len(logs)
    spread = math.fsum((v - middle) ** 2 for v in logs)
    width = _student(line.n - 2, 0.9) * line.sigma
    for i in range(30):
        v = min(logs) + (max(logs) - min(logs)) * i / 29
        mean, half = (
            line.intercept + line.slope * v,
            width * math.sqrt(1 / line.n + (v - middle) ** 2 / spread),
        )
        for name, value in {"mean": mean, "lower": mean - half, "upper": mean + half}.items():
            made.numbers[Place("line", "", name, variable=f"{i:02d}", **place)] = math.exp(value)
        made.numbers[Place("line", "", "dose", variable=f"{i:02d}", **place)] = math.exp(v)


OUTPUTS = {
    "t_exposure_response": _exposure,
    "f_exposure_response": _exposure_curves,
    "t_dose_proportionality": _proportionality,
    "f_dose_proportionality": _proportionality_lines,
}
