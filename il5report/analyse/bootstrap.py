"""Bootstrap of any statistic of a Kaplan-Meier curve, all resamples at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il5report.analyse._life_table import Counts, Floats, event_codes, merge_ties
from il5report.analyse._limits import check_conf
from il5report.analyse.result import Result, check_array, stat
from il5report.analyse.survival_points import LEVEL

_CELLS = 1 << 21  # drawn subjects held at a time


@dataclass(frozen=True)
class Curves:
    """Kaplan-Meier curves of the resamples, one row each, on the times of the whole sample."""

    time: Floats
    n_risk: Counts
    survival: Floats


Statistic = Callable[[Curves], Floats]


@dataclass(frozen=True, kw_only=True)
class Bootstrap(Result):
    """Distribution of a statistic over resamples; `values` is NaN where it is not estimable."""

    n: int = stat("Subjects")
    n_resamples: int = stat("Resamples")
    n_estimable: int = stat("Resamples with an estimate")
    estimate: float = stat("Estimate in the sample")
    std_error: float = stat("Bootstrap standard error")
    lower: float = stat("Lower percentile limit")
    upper: float = stat("Upper percentile limit")
    values: Floats = stat("Estimates in the resamples")
    conf_level: float


def bootstrap(
    time: ArrayLike,
    event: ArrayLike,
    statistic: Statistic,
    *,
    generator: np.random.Generator,
    n_resamples: int = 10_000,
    conf_level: float = 0.95,
) -> Bootstrap:
    """Bootstrap a statistic of the Kaplan-Meier curve by drawing subjects with replacement.

    Parameters
    ----------
    time, event
        As in `il5report.analyse.survival.kaplan_meier`.
    statistic : function of Curves to one number per row
        `quantile_of`, `survival_at` or `restricted_mean` of this module, or any other.
    generator : numpy.random.Generator
        Its seed fixes the result.
    n_resamples : int
    conf_level : float
        Level of the percentile limits.

    Returns
    -------
    Bootstrap
        Estimate in the sample itself, standard deviation of the estimates in the resamples, and
        percentile limits. A resample without an estimate counts as larger than any number for
        the limits, as a median that is not reached does.

    Not estimable
    -------------
    "no subjects"; "not estimable in the sample"; "too many resamples without an estimate" (a
    limit); "a resample without an estimate" (standard error).

    Raises
    ------
    ValueError
        As `kaplan_meier`; `n_resamples` below 2.

    Source
    ------
    Efron, JASA 1981;76:312. Multinomial counts of the subjects on the sorted times, then one
    cumulative product: equal to refitting each resample.

    Oracle
    ------
    None, the draws are random; tested against explicit resampling.
    """
    check_conf(conf_level)
    if n_resamples < 2:
        raise ValueError(f"n_resamples = {n_resamples!r}: below 2")
    codes = event_codes(event, np.size(time))
    distinct, position = merge_ties(check_array("time", time, minimum=0))
    if len(codes) == 0:
        return _result(np.nan, np.full(n_resamples, np.nan), 0, conf_level)
    cell, rows = 2 * position + codes, max(1, _CELLS // len(codes))
    estimate = float(statistic(_curves(cell[None, :], distinct))[0])
    values = np.empty(n_resamples)
    for start in range(0, n_resamples, rows):
        part = values[start : start + rows]
        drawn = generator.integers(len(codes), size=(len(part), len(codes)))
        part[:] = statistic(_curves(cell[drawn], distinct))
    return _result(estimate, values, len(codes), conf_level)


def quantile_of(p: float) -> Statistic:
    """The time by which a proportion `p` has had the event, by the SAS rule, for `bootstrap`.

    Parameters
    ----------
    p : float, between 0 and 1

    Returns
    -------
    function of Curves
        As `il5report.analyse.survival_points.quantile`, one number per resample.

    Not estimable
    -------------
    NaN in the resamples where it is not.

    Raises
    ------
    ValueError
        `p` outside (0, 1).
    """
    if not 0 < p < 1:
        raise ValueError(f"p = {p!r}: not between 0 and 1")

    def quantile(curves: Curves) -> Floats:
        reached = curves.survival <= 1 - p + LEVEL
        below = curves.survival < 1 - p - LEVEL
        middle = (curves.time[reached.argmax(axis=1)] + curves.time[below.argmax(axis=1)]) / 2
        return np.where(below[:, -1], middle, np.nan)

    return quantile


def survival_at(t: float) -> Statistic:
    """Survival at time `t`, missing after a last, censored observation, for `bootstrap`.

    Parameters
    ----------
    t : float, >= 0

    Returns
    -------
    function of Curves
        As `il5report.analyse.survival_points.landmark`, one number per resample.

    Not estimable
    -------------
    NaN in the resamples where it is not.

    Raises
    ------
    ValueError
        `t` negative.
    """
    if not t >= 0:
        raise ValueError(f"t = {t!r}: below 0")

    def survival(curves: Curves) -> Floats:
        step = int(np.searchsorted(curves.time, t, side="right")) - 1
        value = curves.survival[:, step] if step >= 0 else np.ones(len(curves.survival))
        return np.where(_followed(curves, t), value, np.nan)

    return survival


def restricted_mean(tau: float) -> Statistic:
    """Area under the curve up to `tau`, missing after a last, censored one, for `bootstrap`.

    Parameters
    ----------
    tau : float, > 0

    Returns
    -------
    function of Curves
        As `il5report.analyse.rmst.rmst`, one number per resample.

    Not estimable
    -------------
    NaN in the resamples where it is not.

    Raises
    ------
    ValueError
        `tau` not positive or not finite.
    """
    if not 0 < tau < np.inf:
        raise ValueError(f"tau = {tau!r}: not a positive number")

    def mean(curves: Curves) -> Floats:
        before = curves.time <= tau
        width = np.diff(np.concatenate([[0.0], curves.time[before], [tau]]))
        area = width[0] + curves.survival[:, before] @ width[1:]
        return np.where(_followed(curves, tau), area, np.nan)

    return mean


def _followed(curves: Curves, t: float) -> NDArray[np.bool_]:
    """Whether a resample still has a subject at `t`, or survival has come to 0."""
    later = int(np.searchsorted(curves.time, t, side="left"))
    ended: NDArray[np.bool_] = curves.survival[:, -1] == 0
    if later == len(curves.time):
        return ended
    return np.logical_or(ended, curves.n_risk[:, later] > 0)


def _curves(cell: Counts, time: Floats) -> Curves:
    """Curves of samples whose subjects (columns) are given as 2 * position of time + event."""
    rows, width = len(cell), 2 * len(time)
    flat = (cell + width * np.arange(rows)[:, None]).ravel()
    counts = np.bincount(flat, minlength=rows * width).reshape(rows, len(time), 2)
    events = counts[:, :, 1]
    n_risk = (counts[:, :, 0] + events)[:, ::-1].cumsum(axis=1)[:, ::-1]
    held = np.maximum(n_risk, 1)  # after the last observation of a resample the curve stays
    return Curves(time, n_risk, np.cumprod((held - events) / held, axis=1))


def _result(estimate: float, values: Floats, n: int, conf_level: float) -> Bootstrap:
    estimable = np.isfinite(values)
    ranked = np.sort(np.where(estimable, values, np.inf))
    tail = (1 - conf_level) / 2
    lower, upper = _percentile(ranked, tail), _percentile(ranked, 1 - tail)
    out = {
        "estimate": estimate,
        "std_error": float(values.std(ddof=1)),
        "lower": lower,
        "upper": upper,
    }
    reasons = {
        "estimate": "not estimable in the sample",
        "std_error": "a resample without an estimate",
        "lower": "too many resamples without an estimate",
        "upper": "too many resamples without an estimate",
    }
    return Bootstrap(
        n=n,
        n_resamples=len(values),
        n_estimable=int(estimable.sum()),
        **out,
        values=values,
        conf_level=conf_level,
        ne={
            name: reasons[name] if n else "no subjects"
            for name, value in out.items()
            if np.isnan(value)
        },
    )


def _percentile(ranked: Floats, proportion: float) -> float:
    """Percentile by the empirical distribution, averaged where it is flat (PCTLDEF=5)."""
    rank = proportion * len(ranked)
    nearest = round(rank)
    whole = abs(rank - nearest) < LEVEL and 0 < nearest < len(ranked)
    value = (ranked[nearest - 1] + ranked[nearest]) / 2 if whole else ranked[int(rank)]
    return float(value) if np.isfinite(value) else np.nan
