"""Dose escalation: the 3+3 rule and the Bayesian optimal interval design (BOIN)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincc

from il5report.analyse._numeric import check_count, check_open_unit, check_unit
from il5report.analyse.result import Result, stat

_NO_COUNT = "no number of toxicities calls for it at this number of subjects"


@dataclass(frozen=True, kw_only=True)
class ThreePlusThree(Result):
    """Exact behaviour of the 3+3 rule at true toxicity rates of the doses, lowest first."""

    escalate: np.ndarray = stat("Probability to escalate from the dose once tried", "proportion")
    reached: np.ndarray = stat("Probability that the dose is tried", "proportion")
    selected: np.ndarray = stat("Probability that the dose is the highest tolerated", "proportion")
    none_selected: float = stat("Probability that no dose is tolerated", "proportion")
    expected_N: np.ndarray = stat("Expected number of subjects at the dose")
    rates: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Boin(Result):
    """Decision table of a BOIN design, for 1 to `max_N` subjects treated at the current dose.

    Escalate with `escalate` toxicities or fewer, de-escalate with `deescalate` or more, and drop
    the dose and those above it with `eliminate` or more; else stay.
    """

    lambda_e: float = stat("Escalation boundary", "proportion")
    lambda_d: float = stat("De-escalation boundary", "proportion")
    N: np.ndarray = stat("Number of subjects at the dose")
    escalate: np.ndarray = stat("Largest number of toxicities to escalate")
    deescalate: np.ndarray = stat("Smallest number of toxicities to de-escalate")
    eliminate: np.ndarray = stat("Smallest number of toxicities to eliminate the dose")
    target: float
    safe: float
    toxic: float
    certainty: float


def three_plus_three_decision(N: int, n: int) -> str:
    """Decision of the 3+3 rule for one dose.

    Parameters
    ----------
    N : int
        Subjects evaluable at the dose, 3 or 6.
    n : int
        Subjects with dose-limiting toxicity, ``0 <= n <= N``.

    Returns
    -------
    str
        ``escalate`` (0 of 3, at most 1 of 6), ``expand`` (1 of 3: treat three more) or ``stop``
        (2 or more: the dose exceeds the tolerated one).

    Raises
    ------
    ValueError
        Another number of subjects, `n` out of range.

    Source
    ------
    Storer 1989 (Biometrics 45:925), design A without de-escalation.

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    if N not in {3, 6}:
        raise ValueError(f"N = {N}: 3 or 6 expected")
    check_count("n", n, maximum=N)
    if n >= 2:
        return "stop"
    return "expand" if (N, n) == (3, 1) else "escalate"


def three_plus_three(rates: Sequence[float]) -> ThreePlusThree:
    """Exact operating characteristics of the 3+3 rule.

    Parameters
    ----------
    rates : sequence of float
        True probability of dose-limiting toxicity of each dose, lowest dose first.

    Returns
    -------
    ThreePlusThree
        Probabilities on the 0-1 scale. The highest tolerated dose is the last one that was
        escalated from, or the highest dose when that was passed.

    Raises
    ------
    ValueError
        No dose, or a rate outside 0-1.

    Source
    ------
    ``q^3 + 3 p q^2 q^3`` with q = 1 - p; Lin and Shih 2001 (Biostatistics 2:203).

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    p = np.array([check_unit(f"rates[{i}]", rate) for i, rate in enumerate(rates)])
    check_count("rates (number of doses)", p.size, minimum=1)
    expand = 3 * p * (1 - p) ** 2
    escalate = (1 - p) ** 3 + expand * (1 - p) ** 3
    passed = np.cumprod(escalate)
    reached = np.append(1.0, passed[:-1])
    return ThreePlusThree(
        escalate=escalate,
        reached=reached,
        selected=passed - np.append(passed[1:], 0.0),
        none_selected=float(1 - passed[0]),
        expected_N=reached * (3 + 3 * expand),
        rates=tuple(p.tolist()),
    )


def boin(
    target: float,
    *,
    max_N: int,
    safe: float | None = None,
    toxic: float | None = None,
    certainty: float = 0.95,
) -> Boin:
    """Decision table of the Bayesian optimal interval design.

    Parameters
    ----------
    target : float
        Target toxicity rate, between 0 and 1.
    max_N : int
        Largest number of subjects at one dose.
    safe, toxic : float, optional
        Highest rate that is too low and lowest rate that is too high; default 0.6 and 1.4 times
        the target.
    certainty : float
        A dose is eliminated when, with a uniform prior and at least three subjects, the posterior
        probability of a rate above the target is greater than this.

    Returns
    -------
    Boin
        Boundaries on the 0-1 scale and the table by number of subjects.

    Not estimable
    -------------
    `eliminate` where even toxicity in all subjects is not enough.

    Raises
    ------
    ValueError
        Not ``0 < safe < target < toxic < 1``; `max_N` below 1.

    Source
    ------
    Liu and Yuan 2015 (J R Stat Soc C 64:507); R ``BOIN::get.boundary``.

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    low = 0.6 * target if safe is None else safe
    high = 1.4 * target if toxic is None else toxic
    for name, value in (("target", target), ("safe", low), ("toxic", high)):
        check_open_unit(name, value)
    check_open_unit("certainty", certainty)
    if not low < target < high:
        raise ValueError(f"safe = {low:g}, toxic = {high:g}: not around target = {target:g}")
    check_count("max_N", max_N, minimum=1)
    lambda_e = math.log((1 - low) / (1 - target)) / _log_odds_ratio(target, low)
    lambda_d = math.log((1 - target) / (1 - high)) / _log_odds_ratio(high, target)
    N = np.arange(1, max_N + 1)
    eliminate = np.array([_eliminate(k, target, certainty) for k in N.tolist()])
    return Boin(
        lambda_e=lambda_e,
        lambda_d=lambda_d,
        N=N,
        escalate=np.floor(lambda_e * N),
        deescalate=np.ceil(lambda_d * N),
        eliminate=eliminate,
        target=target,
        safe=low,
        toxic=high,
        certainty=certainty,
        ne={"eliminate": _NO_COUNT} if np.isnan(eliminate).any() else {},
    )


def _log_odds_ratio(p: float, q: float) -> float:
    return math.log(p * (1 - q) / (q * (1 - p)))


def _eliminate(N: int, target: float, certainty: float) -> float:
    n = np.arange(N + 1)
    sure = betaincc(1 + n, 1 + N - n, target) > certainty
    return float(np.argmax(sure)) if N >= 3 and sure.any() else math.nan
