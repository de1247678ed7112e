"""Comparison of two proportions over strata: Cochran, Mantel and Haenszel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtrc, ndtri

from il5report.analyse._numeric import check_choice, check_group, check_open_unit
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class MantelHaenszel(Result):
    """Stratified comparison of two proportions."""

    statistic: float = stat("Cochran-Mantel-Haenszel statistic, 1 degree of freedom")
    p_value: float = stat("p-value", "proportion")
    odds_ratio: float = stat("Common odds ratio (Mantel-Haenszel)")
    lower: float = stat("Lower confidence limit of the common odds ratio")
    upper: float = stat("Upper confidence limit of the common odds ratio")
    conf_level: float
    convention: str


def mantel_haenszel(
    tables: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    *,
    conf_level: float = 0.95,
    convention: Literal["sas", "r"] = "sas",
) -> MantelHaenszel:
    """Cochran-Mantel-Haenszel test and common odds ratio over strata.

    Parameters
    ----------
    tables : sequence of ((n, N), (n, N))
        Per stratum number with event and denominator of the test and the reference group.
    conf_level : float
        Two-sided level of the odds ratio's interval.
    convention : str
        ``sas``: no continuity correction; ``r``: 1/2, as `mantelhaen.test` has by default.

    Returns
    -------
    MantelHaenszel
        Chi-squared statistic with 1 degree of freedom; odds ratio test to reference.

    Not estimable
    -------------
    Statistic and p-value when no stratum has events and non-events in subjects of both groups;
    odds ratio and limits when a Mantel-Haenszel sum is 0.

    Raises
    ------
    ValueError
        Counts that are not whole or not in range, unknown convention, level outside 0-1.

    Source
    ------
    Mantel and Haenszel 1959; Robins, Breslow and Greenland 1986 (limits). R ``mantelhaen.test``;
    SAS ``proc freq; tables stratum*group*response / cmh``.

    Oracle
    ------
    tests/oracle/association.R
    """
    check_choice("convention", convention, ("sas", "r"))
    check_open_unit("conf_level", conf_level)
    cells = []
    for i, (test, reference) in enumerate(tables):
        n1, N1 = check_group(f"tables[{i}][0]", test)
        n2, N2 = check_group(f"tables[{i}][1]", reference)
        if N1 + N2 > 1:  # a single subject tells nothing about a difference
            cells.append((n1, N1 - n1, n2, N2 - n2))
    a, b, c, d = np.array(cells, dtype=np.float64).reshape(-1, 4).T
    total = a + b + c + d
    excess = abs((a - (a + b) * (a + c) / total).sum())
    variance = ((a + b) * (c + d) * (a + c) * (b + d) / (total**2 * (total - 1))).sum()
    statistic = math.nan
    ne: dict[str, str] = {}
    if variance > 0:
        correction = 0.5 if convention == "r" and excess >= 0.5 else 0.0
        statistic = float((excess - correction) ** 2 / variance)
    else:
        ne = dict.fromkeys(("statistic", "p_value"), "no stratum can differ between the groups")
    odds_ratio, lower, upper = _common_odds_ratio(a, b, c, d, conf_level)
    if math.isnan(odds_ratio):
        ne |= dict.fromkeys(("odds_ratio", "lower", "upper"), "a Mantel-Haenszel sum is 0")
    return MantelHaenszel(
        statistic=statistic,
        p_value=float(chdtrc(1, statistic)),
        odds_ratio=odds_ratio,
        lower=lower,
        upper=upper,
        conf_level=conf_level,
        convention=convention,
        ne=ne,
    )


def _common_odds_ratio(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, conf_level: float
) -> tuple[float, float, float]:
    total = a + b + c + d
    concordant, discordant = a * d / total, b * c / total
    R, S = concordant.sum(), discordant.sum()
    if R == 0 or S == 0:
        return math.nan, math.nan, math.nan
    P, Q = (a + d) / total, (b + c) / total
    variance = (
        (P * concordant).sum() / (2 * R**2)
        + (P * discordant + Q * concordant).sum() / (2 * R * S)
        + (Q * discordant).sum() / (2 * S**2)
    )
    factor = math.exp(float(ndtri((1 + conf_level) / 2)) * math.sqrt(variance))
    return float(R / S), float(R / S / factor), float(R / S * factor)
