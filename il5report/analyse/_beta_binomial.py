"""Beta prior and binomial data: posterior and predictive distribution."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincc, betaln, gammaln

from il5report.analyse._numeric import check_positive


def updated(prior: tuple[float, float], n: int, N: int) -> tuple[float, float]:
    """Parameters of the posterior; ValueError when `prior` is none."""
    a, b = prior
    return check_positive("prior[0]", a) + n, check_positive("prior[1]", b) + N - n


def responses_needed(N: int, p0: float, theta: float, prior: tuple[float, float]) -> int:
    """Smallest number of events of `N` with posterior P(p > p0) > theta; N + 1 if none."""
    n = np.arange(N + 1)
    success = betaincc(prior[0] + n, prior[1] + N - n, p0) > theta
    return int(np.argmax(np.append(success, True)))


def predictive(n: int, N: int, max_N: int, needed: int, prior: tuple[float, float]) -> float:
    """Beta-binomial probability of reaching `needed` responses in `max_N` subjects."""
    a, b = updated(prior, n, N)
    left = max_N - N
    more = np.arange(max(0, needed - n), left + 1)
    ways = gammaln(left + 1) - gammaln(more + 1) - gammaln(left - more + 1)
    return float(np.exp(ways + betaln(a + more, b + left - more) - betaln(a, b)).sum())
