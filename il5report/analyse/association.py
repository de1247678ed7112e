"""Association of a response with groups: Fisher and Cochran-Armitage tests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from scipy.special import ndtr

from il5report.analyse._numeric import check_choice, check_count, check_group
from il5report.analyse.result import Result, check_array, stat

Direction = Literal["two_sided", "greater", "less"]
_DIRECTIONS = ("two_sided", "greater", "less")


@dataclass(frozen=True, kw_only=True)
class FisherTest(Result):
    """Fisher's exact test of two proportions."""

    odds_ratio: float = stat("Odds ratio (of the sample)")
    p_value: float = stat("p-value", "proportion")
    alternative: str


@dataclass(frozen=True, kw_only=True)
class TrendTest(Result):
    """Cochran-Armitage test of a trend of proportions over ordered groups."""

    z: float = stat("Trend statistic")
    p_value: float = stat("p-value", "proportion")
    scores: tuple[float, ...]
    alternative: str
    method: str


def fisher(
    test: tuple[int, int], reference: tuple[int, int], *, alternative: Direction = "two_sided"
) -> FisherTest:
    """Fisher's exact test of two independent proportions.

    Parameters
    ----------
    test, reference : (n, N)
        Number with event and denominator of each group, ``0 <= n <= N``.
    alternative : str
        ``two_sided`` (sum of the tables no likelier than the observed one), ``greater`` (test
        above reference) or ``less``.

    Returns
    -------
    FisherTest
        p-value on the 0-1 scale (1 when a margin is empty); odds ratio ``ad / bc`` of the sample.

    Not estimable
    -------------
    Odds ratio when b or c is 0.

    Raises
    ------
    ValueError
        Counts that are not whole or not in range, unknown alternative.

    Source
    ------
    R ``fisher.test`` (tables within a relative 1e-7 count as equally likely; its odds ratio is
    the conditional one); SAS ``proc freq; exact fisher``.

    Oracle
    ------
    tests/oracle/association.R
    """
    check_choice("alternative", alternative, _DIRECTIONS)
    n1, N1 = check_group("test", test)
    n2, N2 = check_group("reference", reference)
    events = n1 + n2
    ways = {
        x: math.comb(N1, x) * math.comb(N2, events - x)
        for x in range(max(0, events - N2), min(N1, events) + 1)
    }
    extreme = [
        x
        for x, w in ways.items()
        if (alternative == "two_sided" and w * 10**7 <= ways[n1] * (10**7 + 1))
        or (alternative == "greater" and x >= n1)
        or (alternative == "less" and x <= n1)
    ]
    discordant = (N1 - n1) * n2
    return FisherTest(
        odds_ratio=n1 * (N2 - n2) / discordant if discordant else math.nan,
        p_value=float(Fraction(sum(ways[x] for x in extreme), sum(ways.values()))),
        alternative=alternative,
        ne={} if discordant else {"odds_ratio": "a cell of the table is 0"},
    )


def cochran_armitage(
    n: Sequence[int],
    N: Sequence[int],
    *,
    scores: Sequence[float] | None = None,
    alternative: Direction = "two_sided",
    method: Literal["exact", "asymptotic"] = "exact",
) -> TrendTest:
    """Cochran-Armitage test of a trend of proportions over ordered groups (dose levels).

    Parameters
    ----------
    n, N : sequence of int
        Number with event and denominator of each group, in order.
    scores : sequence of float, optional
        Score of each group; default 1, 2, 3, ...
    alternative : str
        ``two_sided``, ``greater`` (proportions rise with the score) or ``less``.
    method : str
        ``exact`` (conditional on the number of events, the default: dose levels hold few
        subjects) or ``asymptotic``. Exact two-sided: outcomes as far from the expected sum of
        scores as the observed one or farther.

    Returns
    -------
    TrendTest
        `z` has the divisor N in its variance; p-value on the 0-1 scale.

    Not estimable
    -------------
    Everything when all or none have the event, or all subjects share one score.

    Raises
    ------
    ValueError
        Counts that are not whole or not in range, lengths that differ, unknown choice.

    Source
    ------
    R ``prop.trend.test`` (z squared); SAS ``proc freq; tables / trend; exact trend``.

    Oracle
    ------
    tests/oracle/association.R
    """
    check_choice("alternative", alternative, _DIRECTIONS)
    check_choice("method", method, ("exact", "asymptotic"))
    values = check_array("scores", range(1, len(n) + 1) if scores is None else scores)
    if not len(n) == len(N) == values.size:
        raise ValueError(f"N, scores: as many as n ({len(n)}) expected, {len(N)}, {values.size}")
    size = np.array([check_count(f"N[{i}]", k) for i, k in enumerate(N)])
    event = np.array([check_count(f"n[{i}]", k, maximum=int(size[i])) for i, k in enumerate(n)])
    z = p_value = math.nan
    ne = dict.fromkeys(("z", "p_value"), "all or no subjects with event, or one score")
    if 0 < event.sum() < size.sum() and np.unique(values[size > 0]).size > 1:
        ne = {}
        share = event.sum() / size.sum()
        centred = values - (values * size).sum() / size.sum()
        z = (centred * event).sum() / math.sqrt(share * (1 - share) * (centred**2 * size).sum())
        p_value = _tail(z, alternative)
        if method == "exact":
            p_value = _exact_trend(event, size, values, alternative)
    return TrendTest(
        z=float(z),
        p_value=p_value,
        scores=tuple(values.tolist()),
        alternative=alternative,
        method=method,
        ne=ne,
    )


def _tail(z: float, alternative: str) -> float:
    if alternative == "two_sided":
        return 2 * float(ndtr(-abs(z)))
    return float(ndtr(-z if alternative == "greater" else z))


def _exact_trend(
    event: np.ndarray, size: np.ndarray, scores: np.ndarray, alternative: str
) -> float:
    """Probability by counting the ways to place the events, in whole numbers."""
    exact = [Fraction(repr(score)) for score in scores.tolist()]
    unit = math.lcm(*(score.denominator for score in exact))
    whole = [int(score * unit) for score in exact]
    events, sizes = int(event.sum()), size.tolist()
    ways = Counter({(0, 0): 1})  # by events placed so far and their sum of scores
    for score, N in zip(whole, sizes, strict=True):
        grown: Counter[tuple[int, int]] = Counter()
        for (placed, total), count in ways.items():
            for x in range(min(N, events - placed) + 1):
                grown[placed + x, total + x * score] += count * math.comb(N, x)
        ways = grown
    sums = {total: count for (placed, total), count in ways.items() if placed == events}
    observed = sum(x * score for x, score in zip(event.tolist(), whole, strict=True))
    all_scores = sum(N * score for N, score in zip(sizes, whole, strict=True))
    expected = Fraction(events * all_scores, sum(sizes))
    more = [
        count
        for total, count in sums.items()
        if (alternative == "two_sided" and abs(total - expected) >= abs(observed - expected))
        or (alternative == "greater" and total >= observed)
        or (alternative == "less" and total <= observed)
    ]
    return float(Fraction(sum(more), sum(sums.values())))
