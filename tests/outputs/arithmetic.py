"""Statistics and number formats, written from their definitions in plain Python.

Nothing here comes from the package: it is what its numbers and texts are compared with.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

Z = statistics.NormalDist().inv_cdf(0.975)


# Texts


def fixed(value: float | None, digits: int) -> str:
    """Half away from zero on the decimal value, with this many decimals; NE where missing."""
    if value is None:
        return "NE"
    text = str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return text.lstrip("-") if not text.strip("-0.") else text


def significant(value: float | None, digits: int = 3) -> str:
    """Half away from zero to this many significant digits, never with an exponent."""
    if value is None:
        return "NE"
    if value == 0:
        return "0"
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(repr(float(value)))
    places = max(digits - 1 - rounded.adjusted(), 0)
    return format(rounded.quantize(Decimal(1).scaleb(-places)), "f")


def tenths(n: int, total: int) -> str:
    """The percentage with one decimal, from integers."""
    return f"{(2000 * n + total) // (2 * total) / 10:.1f}"


def count(n: int, total: int) -> str:
    """``0``, ``n (100%)`` or ``n (x.x%)``."""
    if n == 0 or total == 0:
        return str(n)
    return f"{n} (100%)" if n == total else f"{n} ({tenths(n, total)}%)"


def p_value(p: float) -> str:
    """Four decimals."""
    return "<0.0001" if p < 0.0001 else fixed(p, 4)


# Counts


def clopper_pearson(n: int, total: int) -> tuple[float | None, float | None]:
    """Exact two-sided 95% limits of a proportion."""
    from scipy.stats import beta

    if total == 0:
        return None, None
    lower = 0.0 if n == 0 else float(beta.ppf(0.025, n, total - n + 1))
    upper = 1.0 if n == total else float(beta.ppf(0.975, n + 1, total - n))
    return lower, upper


def binomial_tail(n: int, total: int, null: Fraction) -> float:
    """P(X >= n) under `null`, in exact fractions."""
    terms = (math.comb(total, k) * null**k * (1 - null) ** (total - k) for k in range(n, total + 1))
    return float(sum(terms, Fraction(0)))


# Values


def percentile(values: Sequence[float], percent: int) -> float:
    """SAS PCTLDEF=5: the empirical distribution with averaging, ranks in integers."""
    ordered = sorted(values)
    whole, rest = divmod(len(ordered) * percent, 100)
    return ordered[whole] if rest else (ordered[whole - 1] + ordered[whole]) / 2


def described(values: Sequence[float]) -> dict[str, float | None]:
    """n, mean, SD, median, quartiles, minimum and maximum."""
    if not values:
        names = ("mean", "sd", "median", "q1", "q3", "minimum", "maximum")
        return {"n": 0.0} | dict.fromkeys(names)
    return {
        "n": float(len(values)),
        "mean": math.fsum(values) / len(values),
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "median": percentile(values, 50),
        "q1": percentile(values, 25),
        "q3": percentile(values, 75),
        "minimum": min(values),
        "maximum": max(values),
    }


def geometric(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Geometric mean and coefficient of variation in %, of the values above zero."""
    logs = [math.log(v) for v in values if v > 0]
    if not logs:
        return None, None
    mean = math.exp(math.fsum(logs) / len(logs))
    cv = 100 * math.sqrt(math.expm1(statistics.variance(logs))) if len(logs) > 1 else None
    return mean, cv


# Time to event


class Step(NamedTuple):
    """One distinct time: at risk, events, censored, S, and the sum of d / (n (n - d))."""

    time: float
    at_risk: int
    events: int
    censored: int
    survival: Fraction
    greenwood: Fraction | None


def kaplan_meier(times: Sequence[float], events: Sequence[bool]) -> list[Step]:
    """The life table, in exact fractions; `greenwood` None once survival is 0."""
    survival, total = Fraction(1), Fraction(0)
    steps, empty = [], False
    for t in sorted(set(times)):
        n = sum(other >= t for other in times)
        d = sum(e for other, e in zip(times, events, strict=True) if other == t)
        c = sum(other == t for other in times) - d
        survival *= Fraction(n - d, n)
        empty = empty or d == n
        if not empty:
            total += Fraction(d, n * (n - d))
        steps.append(Step(t, n, d, c, survival, None if empty else total))
    return steps


Transform = tuple[Callable[[float], float], Callable[[float], float], Callable[[float], float]]
TRANSFORMS: Mapping[str, Transform] = {  # g, its slope, its inverse
    "loglog": (
        lambda s: math.log(-math.log(s)),
        lambda s: 1 / (s * math.log(s)),
        lambda y: math.exp(-math.exp(y)),
    ),
    "log": (math.log, lambda s: 1 / s, math.exp),
}


def standard_error(step: Step) -> float | None:
    """Greenwood; none once survival is 0."""
    if step.greenwood is None:
        return None
    return float(step.survival) * math.sqrt(step.greenwood)


def limits(step: Step, scale: str) -> tuple[float | None, float | None]:
    """Pointwise 95% limits; none while survival is 1 or once it is 0."""
    error = standard_error(step)
    if step.survival in (0, 1) or error is None:
        return None, None
    g, slope, inverse = TRANSFORMS[scale]
    s = float(step.survival)
    half = Z * abs(slope(s)) * error
    ends = sorted((inverse(g(s) - half), inverse(g(s) + half)))
    return ends[0], min(ends[1], 1.0)


class Quantile(NamedTuple):
    """Estimate and limits, None where not estimable."""

    estimate: float | None
    lower: float | None
    upper: float | None


def quantile(steps: Sequence[Step], p: Fraction, scale: str) -> Quantile:
    """The time by which a proportion `p` has had the event, by the SAS rule."""
    level = 1 - p
    falls = [s for s in steps if s.events]
    below = [s.time for s in falls if s.survival < level]
    estimate = below[0] if below else None
    flat = [s.time for s in falls if s.survival == level]
    if flat and below:
        estimate = (flat[0] + below[0]) / 2
    if flat and not below:
        estimate = None
    g, slope, _ = TRANSFORMS[scale]
    inside = [
        i
        for i, s in enumerate(falls)
        if 0 < s.survival < 1
        and abs(g(float(s.survival)) - g(float(level)))
        <= Z * abs(slope(float(s.survival))) * (standard_error(s) or 0)
    ]
    if not inside:
        return Quantile(estimate, None, None)
    after = inside[-1] + 1
    upper = falls[after].time if after < len(falls) and falls[after].survival > 0 else None
    return Quantile(estimate, falls[inside[0]].time, upper)


# Kinetics


def area(points: Sequence[tuple[float, float]], end: float) -> float | None:
    """Area under (time, concentration) from 0 to `end`: linear up, log down.

    None where the last sample is quantifiable and before `end`. 0 after the last quantifiable one.
    """
    quantifiable = [t for t, c in points if c > 0]
    if not quantifiable:
        return 0.0
    if points[-1][0] < end and points[-1][1] > 0:
        return None
    curve = [(t, c) for t, c in points if t <= quantifiable[-1]]
    return math.fsum(_piece(a, b, end) for a, b in pairwise(curve) if a[0] < end)


def _piece(start: tuple[float, float], stop: tuple[float, float], end: float) -> float:
    """One trapezoid, cut at `end`; between falling concentrations a logarithmic one."""
    (t0, c0), (t1, c1) = start, stop
    down, share = 0 < c1 < c0, min((end - t0) / (t1 - t0), 1)
    last = c0 * (c1 / c0) ** share if down else c0 + (c1 - c0) * share
    width = share * (t1 - t0)
    return width * (c0 - last) / math.log(c0 / last) if down else width * (c0 + last) / 2
