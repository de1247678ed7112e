"""Events per exposure time: the exposure-adjusted incidence rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, ndtri

from il5report.analyse._numeric import (
    check_choice,
    check_count,
    check_open_unit,
    check_positive,
    root,
)
from il5report.analyse.result import Result, stat

RateMethod = Literal["exact", "mid_p", "normal", "normal_log", "byar"]


@dataclass(frozen=True, kw_only=True)
class PoissonRate(Result):
    """A rate; estimate, standard error and limits all count events per `per` units of exposure."""

    events: int = stat("Number of events")
    exposure: float = stat("Exposure", "input")
    rate: float = stat("Rate", "events per input")
    se: float = stat("Standard error of the rate", "events per input")
    lower: float = stat("Lower confidence limit of the rate", "events per input")
    upper: float = stat("Upper confidence limit of the rate", "events per input")
    per: float
    method: str
    conf_level: float


def poisson_rate(
    events: int,
    exposure: float,
    *,
    per: float = 1.0,
    method: RateMethod = "exact",
    conf_level: float = 0.95,
) -> PoissonRate:
    """Rate of a Poisson count with its confidence interval.

    Parameters
    ----------
    events : int
        Number of events, 0 or more.
    exposure : float
        Total time at risk, in any unit (such as patient-years); 0 only without events.
    per : float
        Units of exposure of the printed rate: 100 gives events per 100 patient-years.
    method : str
        ``exact`` (gamma quantiles, the default), ``mid_p``, ``normal``, ``normal_log``, ``byar``
        (cube root, of events + 1/2; lower limit 0 without events).
    conf_level : float
        Two-sided level; it holds without events as well, where the exact limits at 95 % are
        (0, 3.689 / exposure).

    Returns
    -------
    PoissonRate
        Rate, standard error and limits, all per `per` units of exposure. Limits of ``normal``
        are given as the formula gives them and may lie below 0.

    Not estimable
    -------------
    Everything but the counts without exposure; the limits of ``normal_log`` without events.

    Raises
    ------
    ValueError
        Negative count or exposure, events without exposure, `per` not above 0, unknown method.

    Source
    ------
    Garwood 1936; R ``poisson.test``; SAS gamma quantiles ``quantile("gamma", ...)``; Rothman and
    Boice 1979 (Byar).

    Oracle
    ------
    tests/oracle/rate.R
    """
    check_choice("method", method, _LIMITS)
    check_open_unit("conf_level", conf_level)
    check_positive("per", per)
    events = check_count("events", events)
    if not 0 <= exposure < math.inf:
        raise ValueError(f"exposure = {exposure!r}: negative or not finite")
    if exposure == 0 and events:
        raise ValueError(f"exposure = 0: with {events} events")
    rate = se = lower = upper = math.nan
    ne = dict.fromkeys(("rate", "se", "lower", "upper"), "no exposure")
    if exposure:
        scale = per / exposure
        rate, se = events * scale, math.sqrt(events) * scale
        lower, upper = (limit * scale for limit in _LIMITS[method](events, 1 - conf_level))
        ne = dict.fromkeys(("lower", "upper"), "no events") if math.isnan(lower) else {}
    return PoissonRate(
        events=events,
        exposure=float(exposure),
        rate=rate,
        se=se,
        lower=lower,
        upper=upper,
        per=per,
        method=method,
        conf_level=conf_level,
        ne=ne,
    )


def _exact(events: int, alpha: float) -> tuple[float, float]:
    lower = gammaincinv(events, alpha / 2) if events else 0.0
    return float(lower), float(gammainccinv(events + 1, alpha / 2))


def _mid_p(events: int, alpha: float) -> tuple[float, float]:
    _, beyond = _exact(events, alpha / 2)
    if events == 0:
        return 0.0, -math.log(alpha)
    lower = root(
        lambda mean: gammainc(events, mean) + gammainc(events + 1, mean) - alpha, 0, beyond
    )
    upper = root(
        lambda mean: alpha - gammaincc(events, mean) - gammaincc(events + 1, mean), 0, beyond
    )
    return lower, upper


def _normal(events: int, alpha: float) -> tuple[float, float]:
    half = float(ndtri(1 - alpha / 2)) * math.sqrt(events)
    return events - half, events + half


def _normal_log(events: int, alpha: float) -> tuple[float, float]:
    if events == 0:
        return math.nan, math.nan
    factor = math.exp(float(ndtri(1 - alpha / 2)) / math.sqrt(events))
    return events / factor, events * factor


def _byar(events: int, alpha: float) -> tuple[float, float]:
    count = events + 0.5
    half = float(ndtri(1 - alpha / 2)) / (3 * math.sqrt(count))
    middle = 1 - 1 / (9 * count)
    lower = count * (middle - half) ** 3 if events else 0.0
    return lower, count * (middle + half) ** 3


_LIMITS: dict[str, Callable[[int, float], tuple[float, float]]] = {
    "exact": _exact,
    "mid_p": _mid_p,
    "normal": _normal,
    "normal_log": _normal_log,
    "byar": _byar,
}
