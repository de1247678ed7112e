"""Stopping boundaries for toxicity and futility, and what they do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from il5report.analyse._beta_binomial import predictive, responses_needed, updated
from il5report.analyse._numeric import check_count, check_open_unit, check_unit
from il5report.analyse.result import Result, stat

_NO_COUNT = "no count stops at this number of subjects"


@dataclass(frozen=True, kw_only=True)
class Boundary(Result):
    """Stopping rule looked at after every subject from the first look on.

    `count` is NaN where no number of events stops. A toxicity rule stops with `count` or more, a
    futility rule with `count` or fewer.
    """

    N: np.ndarray = stat("Number of subjects")
    count: np.ndarray = stat("Number of events that stops")
    direction: str
    prior: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class BoundaryCharacteristics(Result):
    """What a stopping rule does at one true rate."""

    stop: float = stat("Probability to stop", "proportion")
    expected_N: float = stat("Expected number of subjects")
    p: float


def toxicity_boundary(
    max_N: int,
    *,
    limit: float,
    certainty: float,
    prior: tuple[float, float],
    first: int = 1,
) -> Boundary:
    """Numbers of toxicities that stop: the rate exceeds `limit` with more than `certainty`.

    Parameters
    ----------
    max_N : int
        Largest number of subjects.
    limit : float
        Unacceptable toxicity rate, between 0 and 1.
    certainty : float
        Stop when the posterior probability of a rate above `limit` is greater than this.
    prior : (a, b)
        Beta prior, both above 0.
    first : int
        Subjects at the first look.

    Returns
    -------
    Boundary
        Direction ``at_least``.

    Not estimable
    -------------
    `count` where even toxicity in all subjects does not stop.

    Raises
    ------
    ValueError
        Numbers, rates or prior out of range.

    Source
    ------
    Thall and Simon 1994 (Biometrics 50:337). R ``1 - pbeta(limit, a + n, b + N - n)``.

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    check_open_unit("limit", limit)
    check_open_unit("certainty", certainty)
    looks = _looks(first, max_N)
    updated(prior, 0, 0)
    needed = [responses_needed(N, limit, certainty, prior) for N in looks]
    counts = [float(k) if k <= N else math.nan for k, N in zip(needed, looks, strict=True)]
    return _boundary(looks, counts, "at_least", prior)


def futility_boundary(
    max_N: int,
    *,
    p0: float,
    theta: float,
    below: float,
    prior: tuple[float, float],
    first: int = 1,
) -> Boundary:
    """Numbers of responses that stop: predictive probability of success less than `below`.

    Parameters
    ----------
    max_N, p0, theta, prior
        As in `predictive_probability`.
    below : float
        Stop when the predictive probability is less than this, between 0 and 1.
    first : int
        Subjects at the first look; the last look is before the last subject.

    Returns
    -------
    Boundary
        Direction ``at_most``.

    Not estimable
    -------------
    `count` where even no response does not stop.

    Raises
    ------
    ValueError
        Numbers, rates or prior out of range.

    Source
    ------
    Lee and Liu 2008 (Clin Trials 5:93).

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    for name, value in (("p0", p0), ("theta", theta), ("below", below)):
        check_open_unit(name, value)
    looks = _looks(first, max_N - 1)
    updated(prior, 0, 0)
    needed = responses_needed(max_N, p0, theta, prior)
    counts = []
    for N in looks:
        futile = sum(predictive(n, N, max_N, needed, prior) < below for n in range(N + 1))
        counts.append(futile - 1.0 if futile else math.nan)
    return _boundary(looks, counts, "at_most", prior)


def boundary_characteristics(boundary: Boundary, p: float) -> BoundaryCharacteristics:
    """Exact probability to stop and expected number of subjects at a true event rate.

    Parameters
    ----------
    boundary : Boundary
        Rule looked at after every subject from its first look to its last.
    p : float
        True event rate, 0 to 1.

    Returns
    -------
    BoundaryCharacteristics
        The trial ends at the last look when nothing stopped it before; a stop at the last look
        counts as one.

    Raises
    ------
    ValueError
        `p` outside 0-1.

    Source
    ------
    Forward recursion over the number of events; Schultz et al. 1973 (Biometrics 29:293).

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    check_unit("p", p)
    running = np.ones(1)  # probability to go on, by number of events
    stop = expected = 0.0
    limits = dict(zip(boundary.N.tolist(), boundary.count.tolist(), strict=True))
    last = max(limits)
    for N in range(1, last + 1):
        expected += running.sum()
        running = np.append(running, 0.0) * (1 - p) + np.append(0.0, running) * p
        events = np.arange(N + 1)
        count = limits.get(N, math.nan)
        stops = events >= count if boundary.direction == "at_least" else events <= count
        stop += running[stops].sum()
        running[stops] = 0.0
    return BoundaryCharacteristics(stop=float(stop), expected_N=float(expected), p=p)


def _looks(first: int, last: int) -> list[int]:
    check_count("first", first, minimum=1)
    check_count("max_N", last, minimum=first)
    return list(range(first, last + 1))


def _boundary(
    looks: list[int], counts: list[float], direction: str, prior: tuple[float, float]
) -> Boundary:
    count = np.array(counts)
    return Boundary(
        N=np.array(looks),
        count=count,
        direction=direction,
        prior=prior,
        ne={"count": _NO_COUNT} if np.isnan(count).any() else {},
    )
