"""A concentration-time profile: values below the limit of quantification, areas, terminal slope."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Change(NamedTuple):
    """A sample that does not enter the areas as it was measured, and why."""

    time: float
    value: float  # used for the areas; NaN: left out
    reason: str


@dataclass(frozen=True)
class Profile:
    """Points of the area under the curve, in order of time; ``value > 0`` = quantifiable."""

    time: np.ndarray
    value: np.ndarray
    changes: tuple[Change, ...]

    @property
    def quantifiable(self) -> np.ndarray:
        return np.asarray(self.value > 0)

    @property
    def tmax(self) -> float:
        return float(self.time[np.argmax(self.value)])

    @property
    def clst(self) -> float:
        return float(self.value[self._last])

    @property
    def tlst(self) -> float:
        return float(self.time[self._last])

    @property
    def gap(self) -> float:
        """Days from TLST to the next sample, below the limit; 0 when TLST is the last sample."""
        return float(self.time[min(self._last + 1, self.time.size - 1)]) - self.tlst

    @property
    def _last(self) -> int:
        return int(np.flatnonzero(self.quantifiable)[-1])


class Terminal(NamedTuple):
    """Log-linear regression over the last points."""

    slope: float  # minus lambda_z
    intercept: float
    r2: float
    r2adj: float
    n: int
    first: float
    last: float


def make_profile(
    time: np.ndarray, value: np.ndarray, blq: np.ndarray, *, inside: str, predose_zero: bool
) -> Profile:
    """Apply the rules for values below the limit and for the missing pre-dose sample.

    Before the first and after the last quantifiable value the concentration is 0. Between two
    quantifiable ones it is left out (`inside` = ``missing``), 0 (``zero``), or left out when it is
    alone and 0 in a run of two or more (``single_missing``).
    """
    value = np.where(blq, 0.0, value)
    changes = []
    found = np.flatnonzero(~blq)
    first, last = (found[0], found[-1]) if found.size else (time.size, time.size)
    for i in np.flatnonzero(blq):
        if i < first:
            reason = "below LLOQ before the first quantifiable value: 0"
        elif i > last:
            reason = "below LLOQ after the last quantifiable value: 0"
        else:
            alone = bool(not blq[i - 1] and not blq[i + 1])
            where = "alone" if alone else "in a run"
            out = inside == "missing" or (inside == "single_missing" and alone)
            value[i] = math.nan if out else 0.0
            reason = f"below LLOQ between quantifiable values, {where}: {'left out' if out else 0}"
        changes.append(Change(float(time[i]), float(value[i]), reason))
    if predose_zero and time.size and time[0] > 0:
        time, value = np.insert(time, 0, 0.0), np.insert(value, 0, 0.0)
        changes.insert(0, Change(0.0, 0.0, "no sample at time 0: 0"))
    kept = ~np.isnan(value)
    return Profile(time[kept], value[kept], tuple(changes))


def area(profile: Profile, start: float, end: float, method: str) -> float:
    """Area under the points between `start` and `end`, both within their range.

    A segment that is cut keeps its rule: what falls to 0 falls along a straight line.
    """
    pieces = []
    segments = zip(profile.time, profile.time[1:], profile.value, profile.value[1:], strict=False)
    for t1, t2, c1, c2 in segments:
        cut1, cut2 = max(start, t1), min(end, t2)
        if cut1 < cut2:
            logarithmic = _is_log(profile, t1, c1, c2, method)
            left = _interpolate((cut1 - t1) / (t2 - t1), c1, c2, logarithmic)
            right = _interpolate((cut2 - t1) / (t2 - t1), c1, c2, logarithmic)
            pieces.append(_trapezoid(cut2 - cut1, left, right, logarithmic))
    return math.fsum(pieces)


def _interpolate(share: float, c1: float, c2: float, logarithmic: bool) -> float:
    """Concentration at this share of the way from `c1` to `c2`."""
    if logarithmic:
        return float(c1 ** (1 - share) * c2**share)
    return float((1 - share) * c1 + share * c2)


def _is_log(profile: Profile, t1: float, c1: float, c2: float, method: str) -> bool:
    if c1 <= 0 or c2 <= 0 or c1 == c2:
        return False
    falling = method == "linear_up_log_down" and c2 < c1
    return bool(falling or (method == "linear_log" and t1 >= profile.tmax))


def _trapezoid(width: float, c1: float, c2: float, logarithmic: bool) -> float:
    if logarithmic and c1 != c2:  # log1p keeps the digits where the two values are close
        step = abs(c1 - c2)
        return float(width * step / math.log1p(step / min(c1, c2)))
    return float(width * (c1 + c2) / 2)


def regression(time: np.ndarray, value: np.ndarray) -> Terminal:
    """Least squares of log concentration on time, three points or more."""
    n = time.size
    y = np.log(value)
    t_mean, y_mean = math.fsum(time) / n, math.fsum(y) / n
    sxx = math.fsum((time - t_mean) ** 2)
    sxy = math.fsum((time - t_mean) * (y - y_mean))
    syy = math.fsum((y - y_mean) ** 2)
    slope = sxy / sxx
    r2 = min(1.0, slope * sxy / syy) if syy > 0 else 0.0
    adjusted = 1 - (1 - r2) * (n - 1) / (n - 2)
    return Terminal(
        slope, y_mean - slope * t_mean, r2, adjusted, n, float(time[0]), float(time[-1])
    )


def terminal(time: np.ndarray, value: np.ndarray, min_points: int) -> Terminal:
    """Of all regressions over the last points: adjusted R2 within 1e-4 of the best, most points."""
    fits = [regression(time[-n:], value[-n:]) for n in range(min_points, time.size + 1)]
    enough = max(fit.r2adj for fit in fits) - 1e-4
    near = [fit for fit in fits if fit.r2adj > enough]
    falling = [fit for fit in near if fit.slope < 0]
    return (falling or near)[-1]
