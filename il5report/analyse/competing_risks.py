"""Competing risks: cumulative incidence by Aalen and Johansen. Gray's test is in `gray`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from il5report.analyse._life_table import (
    Counts,
    Floats,
    LifeTable,
    cause_codes,
    hypergeometric,
    life_table,
    snap,
)
from il5report.analyse._limits import ConfType, check_conf, limits
from il5report.analyse._reasons import beyond_follow_up
from il5report.analyse.result import Result, check_array, stat

ROUNDING = 1e-13  # what floating point leaves of a zero, of an incidence or a variance
NOT_INSIDE = "cumulative incidence is 0 or 1"


@dataclass(frozen=True, kw_only=True)
class CumulativeIncidence(Result):
    """Cumulative incidence: arrays of (causes, distinct times); cause k is row k - 1."""

    n: int = stat("Subjects")
    n_events: Counts = stat("Subjects with event, by cause")
    time: Floats = stat("Time", "days")
    n_risk: Counts = stat("Number at risk")
    n_event: Counts = stat("Number of events, by cause")
    n_censor: Counts = stat("Number censored")
    survival: Floats = stat("Probability of no event of any cause", "proportion")
    incidence: Floats = stat("Cumulative incidence", "proportion")
    std_error: Floats = stat("Standard error", "proportion")
    lower: Floats = stat("Lower confidence limit", "proportion")
    upper: Floats = stat("Upper confidence limit", "proportion")
    conf_level: float
    conf_type: str
    variance: str


@dataclass(frozen=True, kw_only=True)
class IncidenceLandmark(Result):
    """Cumulative incidence of one cause at one time."""

    cause: int
    time: float = stat("Time", "days")
    n_risk: int = stat("Number at risk")
    incidence: float = stat("Cumulative incidence", "proportion")
    std_error: float = stat("Standard error", "proportion")
    lower: float = stat("Lower confidence limit", "proportion")
    upper: float = stat("Upper confidence limit", "proportion")
    conf_level: float
    conf_type: str
    variance: str


def aalen_johansen(
    time: ArrayLike,
    cause: ArrayLike,
    *,
    n_causes: int | None = None,
    conf_level: float = 0.95,
    variance: Literal["aalen", "aalen_sas", "delta"] = "aalen",
    conf_type: ConfType = "loglog",
) -> CumulativeIncidence:
    """Cumulative incidence of each cause in the presence of the others.

    Parameters
    ----------
    time : array of n numbers, >= 0
        Time from origin to the first event or censoring.
    cause : array of n integers
        0 = censored, 1 to `n_causes` = the event that came first.
    n_causes : int, optional
        The highest cause in `cause` where not given; give it where a cause may not occur.
    conf_level : float
        Two-sided level of the pointwise limits.
    variance : {"aalen", "aalen_sas", "delta"}
        Aalen's estimate as in cmprsk; as written out for SAS ``ERROR=AALEN``, which differs from
        it with ties and once a single subject is left; or the delta method (``ERROR=DELTA``,
        equal to the infinitesimal jackknife of ``survfit``).
    conf_type : {"loglog", "plain", "log", "logit", "arcsin"}
        Scale on which the limits are symmetric.

    Returns
    -------
    CumulativeIncidence
        Proportions by cause (rows) and distinct time (columns).

    Not estimable
    -------------
    Limits: "cumulative incidence is 0 or 1".

    Raises
    ------
    ValueError
        NaN, infinite or negative `time`; `cause` not a whole number from 0 to `n_causes`; unequal
        lengths; `conf_level` outside (0, 1); unknown `variance` or `conf_type`.

    Source
    ------
    Aalen & Johansen, Scand J Stat 1978;5:141. ``cmprsk::cuminc``, ``survfit(Surv(time,
    factor(cause)) ~ 1)``, ``PROC LIFETEST; TIME time*cause(0)/EVENTCODE=1``. Events of several
    causes at one time share the same risk set.

    Oracle
    ------
    ``tests/oracle/competing_risks.R``
    """
    check_conf(conf_level, conf_type)
    if variance not in _PARTS:
        raise ValueError(f"variance = {variance!r}: not one of {', '.join(_PARTS)}")
    codes = cause_codes(cause, np.size(time), n_causes)
    causes = int(codes.max(initial=1)) if n_causes is None else n_causes
    table = life_table(time, codes, causes)
    survival, incidence = _incidence(table)
    std_error = np.stack([_std_error(table, survival, k, variance) for k in range(causes)])
    lower, upper = limits(incidence, std_error, conf_level, conf_type)
    return CumulativeIncidence(
        n=len(codes),
        n_events=table.n_event.sum(axis=1),
        time=table.time,
        n_risk=table.n_risk,
        n_event=table.n_event,
        n_censor=table.n_censor,
        survival=survival,
        incidence=incidence,
        std_error=std_error,
        lower=lower,
        upper=upper,
        conf_level=conf_level,
        conf_type=conf_type,
        variance=variance,
        ne=dict.fromkeys(("lower", "upper"), NOT_INSIDE) if np.isnan(lower).any() else {},
    )


def incidence_at(curves: CumulativeIncidence, t: float, *, cause: int = 1) -> IncidenceLandmark:
    """Cumulative incidence of a cause at time `t`.

    Parameters
    ----------
    curves : CumulativeIncidence
    t : float, >= 0
        In the unit of the curves.
    cause : int

    Returns
    -------
    IncidenceLandmark
        Incidence, standard error and limits as proportions; subjects with ``time >= t``.

    Not estimable
    -------------
    Everything: "no subjects"; "after the last observation, which is censored". Limits alone:
    "cumulative incidence is 0 or 1".

    Raises
    ------
    ValueError
        NaN or negative `t`; unknown `cause`.

    Source
    ------
    ``cmprsk::timepoints``, missing after the last observation as there.

    Oracle
    ------
    ``tests/oracle/competing_risks.R``
    """
    t = float(snap(check_array("t", [t], minimum=0), curves.time)[0])
    if cause not in range(1, len(curves.incidence) + 1):
        raise ValueError(f"cause = {cause!r}: not one of 1 to {len(curves.incidence)}")
    names = ("incidence", "std_error", "lower", "upper")
    n_risk = int((curves.n_event.sum(axis=0) + curves.n_censor)[curves.time >= t].sum())
    step = int(np.searchsorted(curves.time, t, side="right")) - 1
    why = beyond_follow_up(curves.time, curves.survival, t)
    if why is not None:
        values = [np.nan] * 4
    elif step < 0:
        values = [0.0, 0.0, np.nan, np.nan]
    else:
        values = [float(getattr(curves, name)[cause - 1, step]) for name in names]
    point = dict(zip(names, values, strict=True))
    return IncidenceLandmark(
        cause=cause,
        time=t,
        n_risk=n_risk,
        **point,
        conf_level=curves.conf_level,
        conf_type=curves.conf_type,
        variance=curves.variance,
        ne={name: why or NOT_INSIDE for name, value in point.items() if np.isnan(value)},
    )


def _incidence(table: LifeTable) -> tuple[Floats, Floats]:
    """Survival from all causes, and the incidence of each."""
    n = table.n_risk.astype(np.float64)
    survival = np.cumprod((n - table.n_event.sum(axis=0)) / n)
    incidence = np.cumsum(_before(survival) * table.n_event / n, axis=1)
    return survival, np.where(incidence > 1 - ROUNDING, 1.0, incidence)


def _before(survival: Floats) -> Floats:
    """Survival just before each time."""
    return np.concatenate([[1.0], survival[:-1]]) if len(survival) else survival


def _std_error(table: LifeTable, survival: Floats, k: int, variance: str) -> Floats:
    """Standard error of the incidence of cause k.

    Each variance is a sum over times i <= t of own - 2 G cross + G^2 every, G being the incidence
    gained from i to t. Adding up its growth from time to time avoids the cancellation of
    expanded squares.
    """
    n, d = table.n_risk.astype(np.float64), table.n_event[k]
    before, total = _before(survival), table.n_event.sum(axis=0)
    own, cross, every = _PARTS[variance](n, d, total, before)
    gain = before * d / n
    every_earlier = np.cumsum(every) - every
    slope = cross - gain * every_earlier
    slope_earlier = np.cumsum(slope) - slope
    growth = own - 2 * gain * slope_earlier + gain**2 * every_earlier
    variances, scale = np.cumsum(growth), np.cumsum(own)
    return np.sqrt(np.where(variances > ROUNDING * scale, variances, 0.0))


_Parts = tuple[Floats, Floats, Floats]


def _aalen(n: Floats, d: Counts, total: Counts, before: Floats) -> _Parts:
    own = before**2 / n**2 * hypergeometric(d, n)
    other = before**2 / n**2 * hypergeometric(total - d, n)
    after = before * _left(n, total) / n
    return own, own / after, (own + other) / after**2


def _aalen_sas(n: Floats, d: Counts, total: Counts, before: Floats) -> _Parts:
    last = np.where(n > 1, n - 1, np.inf)
    left = _left(n, total)
    own = before**2 * d * (n - d) / (n**2 * last)
    return own, before * d * (n - d) / (n * left * last), total / (last * left)


def _delta(n: Floats, d: Counts, total: Counts, before: Floats) -> _Parts:
    left = _left(n, total)
    cross = np.where(np.isfinite(left), before * d / n**2, 0.0)
    return before**2 * d * (n - d) / n**3, cross, total / (n * left)


_PARTS: dict[str, Callable[[Floats, Counts, Counts, Floats], _Parts]] = {
    "aalen": _aalen,
    "aalen_sas": _aalen_sas,
    "delta": _delta,
}


def _left(n: Floats, total: Counts) -> Floats:
    """Subjects without event; infinite where there are none, as no incidence is gained later."""
    return np.where(n > total, n - total, np.inf)
