"""Exact comparison of two samples by ranks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from il5report.analyse._numeric import check_choice
from il5report.analyse.result import Result, check_array, stat


@dataclass(frozen=True, kw_only=True)
class RankSum(Result):
    """Wilcoxon rank sum of the test group, with its exact p-value."""

    n_test: int = stat("Number of values, test group")
    n_reference: int = stat("Number of values, reference group")
    rank_sum: float = stat("Rank sum of the test group")
    p_value: float = stat("Exact p-value", "proportion")
    alternative: str


def rank_sum(
    test: Sequence[float] | np.ndarray,
    reference: Sequence[float] | np.ndarray,
    *,
    alternative: Literal["two_sided", "greater", "less"] = "two_sided",
) -> RankSum:
    """Exact Wilcoxon rank sum (Mann-Whitney) test, ties included.

    Parameters
    ----------
    test, reference : array of float
        Non-missing values in one unit.
    alternative : str
        ``two_sided`` (rank sums as far from their mean as the observed one or farther),
        ``greater`` (test values tend to be larger) or ``less``.

    Returns
    -------
    RankSum
        p-value on the 0-1 scale from all ways to choose the test group; ties share their mean
        rank.

    Not estimable
    -------------
    Rank sum and p-value when a group is empty.

    Raises
    ------
    ValueError
        A missing or infinite value (the first position is named), unknown alternative.

    Source
    ------
    SAS ``proc npar1way wilcoxon; exact wilcoxon``; R ``wilcox.test(exact = TRUE)`` where there
    are no ties.

    Oracle
    ------
    tests/oracle/association.R
    """
    check_choice("alternative", alternative, ("two_sided", "greater", "less"))
    first, second = check_array("test", test), check_array("reference", reference)
    total, p_value = math.nan, math.nan
    if first.size and second.size:
        values = np.concatenate((first, second))
        ordered = np.sort(values)
        # Twice the mean rank is a whole number.
        ranks = ordered.searchsorted(values, "left") + ordered.searchsorted(values, "right") + 1
        observed = int(ranks[: first.size].sum())
        total = observed / 2
        p_value = _p_value(ranks.tolist(), first.size, observed, alternative)
    empty = dict.fromkeys(("rank_sum", "p_value"), "a group without values")
    return RankSum(
        n_test=first.size,
        n_reference=second.size,
        rank_sum=total,
        p_value=p_value,
        alternative=alternative,
        ne={} if first.size and second.size else empty,
    )


def _p_value(ranks: list[int], size: int, observed: int, alternative: str) -> float:
    """Counts, in whole numbers, the groups of `size` by their sum of (doubled) ranks."""
    ways: list[Counter[int]] = [Counter({0: 1})] + [Counter() for _ in range(size)]
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for total, count in ways[chosen - 1].items():
                ways[chosen][total + rank] += count
    mean = Fraction(size * sum(ranks), len(ranks))
    more = [
        count
        for total, count in ways[size].items()
        if (alternative == "two_sided" and abs(total - mean) >= abs(observed - mean))
        or (alternative == "greater" and total >= observed)
        or (alternative == "less" and total <= observed)
    ]
    return float(Fraction(sum(more), math.comb(len(ranks), size)))
