"""Bayesian monitoring of a binary endpoint: posterior and predictive probability."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betaincc, betainccinv, betaincinv

from il5report.analyse._beta_binomial import predictive, responses_needed, updated
from il5report.analyse._numeric import check_count, check_open_unit, check_unit
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class Posterior(Result):
    """Beta posterior of a proportion."""

    n: int = stat("Number with event")
    N: int = stat("Number in the denominator")
    mean: float = stat("Posterior mean", "proportion")
    lower: float = stat("Lower credible limit", "proportion")
    upper: float = stat("Upper credible limit", "proportion")
    exceeds: float = stat("Posterior probability above the threshold", "proportion")
    threshold: float
    prior: tuple[float, float]
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class PredictiveProbability(Result):
    """Chance that the trial, if completed, ends in success."""

    n: int = stat("Number of responses")
    N: int = stat("Number of subjects so far")
    probability: float = stat("Predictive probability of success", "proportion")
    posterior: float = stat("Posterior probability above p0 now", "proportion")
    responses_needed: float = stat("Smallest number of responses in all subjects that is success")
    max_N: int
    p0: float
    theta: float
    prior: tuple[float, float]


def posterior(
    n: int,
    N: int,
    *,
    threshold: float,
    prior: tuple[float, float],
    conf_level: float = 0.95,
) -> Posterior:
    """Beta posterior of a proportion after `n` events in `N` subjects.

    Parameters
    ----------
    n, N : int
        Number with event and denominator, ``0 <= n <= N``; N = 0 gives the prior.
    threshold : float
        Proportion whose exceedance is of interest, 0 to 1.
    prior : (a, b)
        Beta prior, both above 0.
    conf_level : float
        Level of the equal-tailed credible interval.

    Returns
    -------
    Posterior
        On the 0-1 scale.

    Raises
    ------
    ValueError
        Counts, threshold, prior or level out of range.

    Source
    ------
    R ``qbeta``, ``pbeta``.

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    check_open_unit("conf_level", conf_level)
    check_unit("threshold", threshold)
    check_count("N", N)
    check_count("n", n, maximum=N)
    a, b = updated(prior, n, N)
    alpha = (1 - conf_level) / 2
    return Posterior(
        n=n,
        N=N,
        mean=a / (a + b),
        lower=float(betaincinv(a, b, alpha)),
        upper=float(betainccinv(a, b, alpha)),
        exceeds=float(betaincc(a, b, threshold)),
        threshold=threshold,
        prior=prior,
        conf_level=conf_level,
    )


def predictive_probability(
    n: int,
    N: int,
    *,
    max_N: int,
    p0: float,
    theta: float,
    prior: tuple[float, float],
) -> PredictiveProbability:
    """Predictive probability that the completed trial shows a rate above `p0`.

    Parameters
    ----------
    n, N : int
        Responses and subjects so far, ``0 <= n <= N <= max_N``.
    max_N : int
        Subjects of the completed trial.
    p0 : float
        Rate to exceed, between 0 and 1.
    theta : float
        Success: posterior probability of a rate above `p0` greater than this.
    prior : (a, b)
        Beta prior, both above 0.

    Returns
    -------
    PredictiveProbability
        On the 0-1 scale.

    Not estimable
    -------------
    `responses_needed` when even responses in all subjects are no success.

    Raises
    ------
    ValueError
        Counts, rates or prior out of range.

    Source
    ------
    Lee and Liu 2008 (Clin Trials 5:93); their example, 16 of 23, gives 0.5656.

    Oracle
    ------
    tests/oracle/monitoring.R
    """
    check_open_unit("p0", p0)
    check_open_unit("theta", theta)
    check_count("max_N", max_N, minimum=1)
    check_count("N", N, maximum=max_N)
    check_count("n", n, maximum=N)
    a, b = updated(prior, n, N)
    needed = responses_needed(max_N, p0, theta, prior)
    return PredictiveProbability(
        n=n,
        N=N,
        probability=predictive(n, N, max_N, needed, prior),
        posterior=float(betaincc(a, b, p0)),
        responses_needed=needed if needed <= max_N else math.nan,
        max_N=max_N,
        p0=p0,
        theta=theta,
        prior=prior,
        ne={} if needed <= max_N else {"responses_needed": "no number of responses is success"},
    )
