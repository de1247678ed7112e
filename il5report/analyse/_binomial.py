"""The binomial distribution and the confidence limits of its proportion."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import betainc, betainccinv, betaincinv, gammaln, ndtri, xlog1py, xlogy

from il5report.analyse._numeric import root


def at_least(n: int, N: int, p: float) -> float:
    """P(X >= n)."""
    return 1.0 if n <= 0 else 0.0 if n > N else float(betainc(n, N - n + 1, p))


def at_most(n: int, N: int, p: float) -> float:
    """P(X <= n)."""
    return 0.0 if n < 0 else 1.0 if n >= N else float(betainc(N - n, n + 1, 1 - p))


def probability(n: np.ndarray, N: int, p: float) -> np.ndarray:
    """P(X = n), for whole arrays of outcomes."""
    ways = gammaln(N + 1) - gammaln(n + 1) - gammaln(N - n + 1)
    return np.asarray(np.exp(ways + xlogy(n, p) + xlog1py(N - n, -p)))


def two_stage_tail(r1: int, n1: int, x: int, n: int, p: float) -> float:
    """P(more than r1 events in the first n1 and at least x in all n)."""
    first = np.arange(r1 + 1, n1 + 1)
    second = np.array([at_least(x - x1, n - n1, p) for x1 in first.tolist()])
    return float(probability(first, n1, p) @ second)


def _clopper_pearson(n: int, N: int, alpha: float) -> tuple[float, float]:
    lower = betaincinv(n, N - n + 1, alpha / 2) if n else 0.0
    upper = betainccinv(n + 1, N - n, alpha / 2) if n < N else 1.0
    return float(lower), float(upper)


def _jeffreys(n: int, N: int, alpha: float) -> tuple[float, float]:
    lower = betaincinv(n + 0.5, N - n + 0.5, alpha / 2) if n else 0.0
    upper = betainccinv(n + 0.5, N - n + 0.5, alpha / 2) if n < N else 1.0
    return float(lower), float(upper)


def _wilson(n: int, N: int, alpha: float) -> tuple[float, float]:
    return _score_limits(n, n, N, alpha)


def _wilson_corrected(n: int, N: int, alpha: float) -> tuple[float, float]:
    return _score_limits(max(0, n - 0.5), min(N, n + 0.5), N, alpha)


def _score_limits(low: float, high: float, N: int, alpha: float) -> tuple[float, float]:
    """Wilson limits, of `low` counted events for the lower and `high` for the upper one."""
    z = float(ndtri(1 - alpha / 2))

    def limit(n: float, sign: int) -> float:
        half = math.sqrt(n * (N - n) / N + z * z / 4)
        return (n + z * z / 2 + sign * z * half) / (N + z * z)

    return limit(low, -1) if low else 0.0, limit(high, 1) if high < N else 1.0


def _agresti_coull(n: int, N: int, alpha: float) -> tuple[float, float]:
    z = float(ndtri(1 - alpha / 2))
    return _wald(n + z * z / 2, N + z * z, alpha)


def _wald(n: float, N: float, alpha: float) -> tuple[float, float]:
    p = n / N
    half = float(ndtri(1 - alpha / 2)) * math.sqrt(p * (1 - p) / N)
    return p - half, p + half


def _mid_p(n: int, N: int, alpha: float) -> tuple[float, float]:
    return _mid_p_lower(n, N, alpha), 1 - _mid_p_lower(N - n, N, alpha)


def _mid_p_lower(n: int, N: int, alpha: float) -> float:
    if n == 0:
        return 0.0
    return root(lambda p: at_least(n, N, p) + at_least(n + 1, N, p) - alpha, 0.0, 1.0)


def _blaker(n: int, N: int, alpha: float) -> tuple[float, float]:
    return _blaker_lower(n, N, alpha), 1 - _blaker_lower(N - n, N, alpha)


def _blaker_lower(n: int, N: int, alpha: float) -> float:
    """Smallest p whose acceptability reaches `alpha`.

    Below n / N the acceptability is ``P(X >= n) + P(X <= k)`` with the largest k whose tail is no
    heavier. It jumps, to twice the upper tail, where the tail of the next k comes down to it; the
    limit is that point or a crossing just before it.
    """
    if n == 0:
        return 0.0
    low, _ = _clopper_pearson(n, N, alpha)
    k = next(k for k in range(n) if at_most(k, N, low) >= alpha / 2)
    jump = root(lambda p: at_least(n, N, p) - at_most(k, N, p), low, 1.0)

    def before_jump(p: float) -> float:
        return at_least(n, N, p) + at_most(k - 1, N, p) - alpha

    return root(before_jump, low, jump) if before_jump(jump) >= 0 else jump


LIMITS: dict[str, Callable[[int, int, float], tuple[float, float]]] = {
    "clopper_pearson": _clopper_pearson,
    "wilson": _wilson,
    "wilson_corrected": _wilson_corrected,
    "jeffreys": _jeffreys,
    "agresti_coull": _agresti_coull,
    "wald": _wald,
    "mid_p": _mid_p,
    "blaker": _blaker,
}
