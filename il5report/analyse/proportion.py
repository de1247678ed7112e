"""One proportion: confidence limits and the exact one-sample test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from il5report.analyse._binomial import LIMITS, at_least, at_most, probability
from il5report.analyse._numeric import NO_SUBJECTS, check_choice, check_count, check_open_unit
from il5report.analyse.result import Result, stat

CIMethod = Literal[
    "clopper_pearson",
    "wilson",
    "wilson_corrected",
    "jeffreys",
    "agresti_coull",
    "wald",
    "mid_p",
    "blaker",
]
Alternative = Literal["greater", "less", "two_sided_sas", "two_sided_r"]
TestMethod = Literal["exact", "mid_p", "score"]


@dataclass(frozen=True, kw_only=True)
class BinomialCI(Result):
    """A proportion with its confidence interval."""

    n: int = stat("Number with event")
    N: int = stat("Number in the denominator")
    estimate: float = stat("Proportion", "proportion")
    lower: float = stat("Lower confidence limit", "proportion")
    upper: float = stat("Upper confidence limit", "proportion")
    method: str
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class BinomialTest(Result):
    """One-sample test of a proportion."""

    n: int = stat("Number with event")
    N: int = stat("Number in the denominator")
    estimate: float = stat("Proportion", "proportion")
    z: float = stat("Score statistic")
    p_value: float = stat("p-value", "proportion")
    p0: float
    alternative: str
    method: str


def binomial_ci(
    n: int, N: int, *, method: CIMethod = "clopper_pearson", conf_level: float = 0.95
) -> BinomialCI:
    """Confidence interval of one proportion.

    Parameters
    ----------
    n, N : int
        Number with event and denominator, ``0 <= n <= N``.
    method : str
        ``clopper_pearson`` (exact, the default), ``blaker`` (exact, within Clopper-Pearson),
        ``mid_p``, ``jeffreys``, ``wilson``, ``wilson_corrected`` (continuity corrected),
        ``agresti_coull``, ``wald``.
    conf_level : float
        Two-sided level between 0 and 1. It holds at n = 0 and n = N as well: no one-sided switch.

    Returns
    -------
    BinomialCI
        On the 0-1 scale. Limits of ``agresti_coull`` and ``wald`` are given as the formula gives
        them and may lie outside 0-1.

    Not estimable
    -------------
    Estimate and limits when N = 0.

    Raises
    ------
    ValueError
        Counts that are not whole or not in range, unknown method, level outside 0-1.

    Source
    ------
    Clopper and Pearson 1934; Wilson 1927; Newcombe 1998 (Stat Med 17:857) for the corrected
    Wilson limits; Agresti and Coull 1998; Brown, Cai and DasGupta 2001 (Jeffreys limits are set
    to 0 at n = 0 and to 1 at n = N); Blaker 2000, as the hull of the acceptable values.
    SAS: ``proc freq; tables / binomial(cl=(exact wilson wilson(correct) jeffreys agresticoull wald
    midp blaker))``; R: ``binom.test``, ``prop.test`` (which drops the correction at n/N = 1/2),
    ``BlakerCI::binom.blaker.limits``.

    Oracle
    ------
    tests/oracle/proportion.R
    """
    check_choice("method", method, LIMITS)
    check_open_unit("conf_level", conf_level)
    N = check_count("N", N)
    n = check_count("n", n, maximum=N)
    estimate = lower = upper = math.nan
    if N:
        estimate = n / N
        lower, upper = LIMITS[method](n, N, 1 - conf_level)
    return BinomialCI(
        n=n,
        N=N,
        estimate=estimate,
        lower=lower,
        upper=upper,
        method=method,
        conf_level=conf_level,
        ne={} if N else dict.fromkeys(("estimate", "lower", "upper"), NO_SUBJECTS),
    )


def binomial_test(
    n: int,
    N: int,
    p0: float,
    *,
    alternative: Alternative = "greater",
    method: TestMethod = "exact",
) -> BinomialTest:
    """One-sample test of a proportion against `p0`.

    Parameters
    ----------
    n, N : int
        Number with event and denominator, ``0 <= n <= N``.
    p0 : float
        Proportion under the null hypothesis, between 0 and 1.
    alternative : str
        ``greater`` (the default: what a single-arm trial prints), ``less``, ``two_sided_sas``
        (twice the smaller tail, at most 1) or ``two_sided_r`` (sum of the outcomes no likelier
        than the observed one).
    method : str
        ``exact``, ``mid_p`` (half of the observed outcome's probability) or ``score`` (normal,
        variance under the null hypothesis).

    Returns
    -------
    BinomialTest
        p-value on the 0-1 scale; `z` is the score statistic whatever the method.

    Not estimable
    -------------
    Everything when N = 0.

    Raises
    ------
    ValueError
        Counts or `p0` out of range, unknown alternative or method; ``two_sided_r`` with ``mid_p``,
        for which R has no rule.

    Source
    ------
    R ``binom.test`` (outcomes within a relative 1e-7 count as equally likely); SAS ``proc freq;
    exact binomial`` with ``/ midp``.

    Oracle
    ------
    tests/oracle/proportion.R
    """
    check_choice("alternative", alternative, ("greater", "less", "two_sided_sas", "two_sided_r"))
    check_choice("method", method, ("exact", "mid_p", "score"))
    check_open_unit("p0", p0)
    N = check_count("N", N)
    n = check_count("n", n, maximum=N)
    if (alternative, method) == ("two_sided_r", "mid_p"):
        raise ValueError("alternative = 'two_sided_r': not defined for method 'mid_p'")
    estimate = z = p_value = math.nan
    if N:
        estimate = n / N
        z = (n - N * p0) / math.sqrt(N * p0 * (1 - p0))
        p_value = _p_value(n, N, p0, alternative, method)
    return BinomialTest(
        n=n,
        N=N,
        estimate=estimate,
        z=z,
        p_value=p_value,
        p0=p0,
        alternative=alternative,
        method=method,
        ne={} if N else dict.fromkeys(("estimate", "z", "p_value"), NO_SUBJECTS),
    )


def _p_value(n: int, N: int, p0: float, alternative: str, method: str) -> float:
    if method == "score":
        z = (n - N * p0) / math.sqrt(N * p0 * (1 - p0))
        greater, less = float(ndtr(-z)), float(ndtr(z))
    else:
        greater, less = at_least(n, N, p0), at_most(n, N, p0)
    if method == "mid_p":
        greater = (greater + at_least(n + 1, N, p0)) / 2
        less = (less + at_most(n - 1, N, p0)) / 2
    if alternative == "greater":
        return greater
    if alternative == "less":
        return less
    if alternative == "two_sided_r" and method == "exact":
        return _no_likelier(n, N, p0)
    return min(1.0, 2 * min(greater, less))


def _no_likelier(n: int, N: int, p0: float) -> float:
    each = probability(np.arange(N + 1), N, p0)
    likelier = np.flatnonzero(each > each[n] * (1 + 1e-7))
    if not likelier.size:
        return 1.0
    return at_most(int(likelier[0]) - 1, N, p0) + at_least(int(likelier[-1]) + 1, N, p0)
