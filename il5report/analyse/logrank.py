"""Log-rank tests: groups against each other, and one group against a known hazard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr

from il5report.analyse._groups import check_labels, quadratic_form
from il5report.analyse._life_table import Counts, Floats, event_codes, merge_ties
from il5report.analyse.result import Result, check_array, stat

Weight = Literal["logrank", "gehan", "tarone", "fleming"]
WEIGHTS = ("logrank", "gehan", "tarone", "fleming")


@dataclass(frozen=True, kw_only=True)
class LogRank(Result):
    """A log-rank test; `observed` and `expected` are weighted sums in the order of `groups`."""

    groups: tuple[Any, ...]
    n: Counts = stat("Subjects")
    observed: Floats = stat("Observed events, weighted")
    expected: Floats = stat("Expected events, weighted")
    statistic: float = stat("Chi-square")
    df: int = stat("Degrees of freedom")
    p: float = stat("p-value")
    weight: str
    powers: tuple[float, float]
    stratified: bool


@dataclass(frozen=True, kw_only=True)
class OneSampleLogRank(Result):
    """Events observed in one group against those expected from a known hazard."""

    n: int = stat("Subjects")
    observed: int = stat("Observed events")
    expected: float = stat("Expected events")
    ratio: float = stat("Observed / expected")
    z: float = stat("Test statistic")
    statistic: float = stat("Chi-square")
    p: float = stat("p-value, two-sided")
    p_fewer: float = stat("p-value, one-sided, fewer events than expected")


@dataclass(frozen=True)
class _Scores:
    observed: Floats
    expected: Floats
    variance: Floats


def logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    weight: Weight = "logrank",
    powers: tuple[float, float] = (0.0, 0.0),
) -> LogRank:
    """Log-rank test of equal survival in two or more groups, optionally stratified and weighted.

    Parameters
    ----------
    time, event
        As in `il5report.analyse.survival.kaplan_meier`.
    group : array of n labels
        Two or more distinct values, without missing ones.
    strata : array of n labels, optional
        The comparison is made within each stratum and added up.
    weight : {"logrank", "gehan", "tarone", "fleming"}
        Weight of an event time: 1; n at risk (Gehan-Wilcoxon); its square root (Tarone-Ware);
        S(t-)^rho (1 - S(t-))^gamma of the pooled curve of the stratum (Fleming-Harrington).
    powers : (rho, gamma), >= 0
        For "fleming" alone.

    Returns
    -------
    LogRank
        Groups in ascending order, subjects, weighted observed and expected events, the chi-square
        statistic, its degrees of freedom (groups with an expectation, less one) and p.

    Not estimable
    -------------
    Statistic and p: "fewer than two groups at risk at an event time"; "no variance: too many of
    those at risk have the event at one time".

    Raises
    ------
    ValueError
        As `kaplan_meier`; missing labels; unknown `weight`; `powers` negative, or given for
        another weight.

    Source
    ------
    Mantel, Cancer Chemother Rep 1966;50:163; Harrington & Fleming, Biometrika 1982;69:553.
    ``survdiff(Surv(time, event) ~ group + strata(strata), rho=rho)``, ``PROC LIFETEST; STRATA
    strata / GROUP=group TEST=(LOGRANK WILCOXON TARONE FLEMING)``. Hypergeometric variance with
    ties.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    _check_weight(weight, powers)
    codes = event_codes(event, np.size(time))
    _, position = merge_ties(check_array("time", time, minimum=0))
    labels, member = check_labels("group", group, len(codes))
    stratum = np.zeros(len(codes)) if strata is None else strata
    _, part = check_labels("strata", stratum, len(codes))
    n_groups, observed, expected = len(labels), np.zeros(len(labels)), np.zeros(len(labels))
    variance = np.zeros((n_groups, n_groups))
    for level in range(int(part.max(initial=-1)) + 1):
        here = part == level
        scores = _scores(position[here], codes[here], (member[here], n_groups), weight, powers)
        observed += scores.observed
        expected += scores.expected
        variance += scores.variance
    statistic, df, why = quadratic_form(observed - expected, variance, expected > 0)
    return LogRank(
        groups=tuple(labels.tolist()),
        n=np.bincount(member, minlength=n_groups),
        observed=observed,
        expected=expected,
        statistic=statistic,
        df=df,
        p=float(chdtrc(df, statistic)) if why is None else np.nan,
        weight=weight,
        powers=powers,
        stratified=strata is not None,
        ne={} if why is None else dict.fromkeys(("statistic", "p"), why),
    )


def one_sample_logrank(event: ArrayLike, expected: ArrayLike) -> OneSampleLogRank:
    """Compare the events of one group with a known hazard, such as that of a historical control.

    Parameters
    ----------
    event : array of n booleans or 0/1
        True = event.
    expected : array of n numbers, >= 0
        The known cumulative hazard at each subject's own time (event or censoring); for an
        exponential reference with median m, ``log(2) * time / m``. With delayed entry, the hazard
        accumulated from entry on.

    Returns
    -------
    OneSampleLogRank
        Observed O, expected E and O/E; z = (O - E)/sqrt(E), its square, the two-sided p, and the
        one-sided p for fewer events than expected.

    Not estimable
    -------------
    Ratio and tests: "no events expected" when E is 0.

    Raises
    ------
    ValueError
        NaN or negative `expected`; `event` neither 0 nor 1; unequal lengths.

    Source
    ------
    Breslow, Int Stat Rev 1975;43:45. ``survdiff(Surv(time, event) ~ offset(exp(-expected)))``.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    hazards = check_array("expected", expected, minimum=0)
    observed = int(event_codes(event, len(hazards)).sum())
    total = float(hazards.sum())
    z = (observed - total) / np.sqrt(total) if total > 0 else np.nan
    missing = ("ratio", "z", "statistic", "p", "p_fewer")
    return OneSampleLogRank(
        n=len(hazards),
        observed=observed,
        expected=total,
        ratio=observed / total if total > 0 else np.nan,
        z=float(z),
        statistic=float(z**2),
        p=2 * float(ndtr(-abs(z))),
        p_fewer=float(ndtr(z)),
        ne={} if total > 0 else dict.fromkeys(missing, "no events expected"),
    )


def _check_weight(weight: str, powers: tuple[float, float]) -> None:
    if weight not in WEIGHTS:
        raise ValueError(f"weight = {weight!r}: not one of {', '.join(WEIGHTS)}")
    if not all(power >= 0 for power in powers):
        raise ValueError(f"powers = {powers!r}: below 0")
    if max(powers) > 0 and weight != "fleming":
        raise ValueError(f"powers = {powers!r}: used by weight 'fleming' alone")


def _scores(
    position: Counts,
    codes: NDArray[np.integer],
    group: tuple[Counts, int],
    weight: str,
    powers: tuple[float, float],
) -> _Scores:
    """Weighted observed and expected events of each group in one stratum, and their variance."""
    member, n_groups = group
    cell = position * n_groups + member
    size = (int(position.max()) + 1) * n_groups
    leaving = np.bincount(cell, minlength=size).reshape(-1, n_groups)
    events = np.bincount(cell[codes == 1], minlength=size).reshape(-1, n_groups)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1]
    happened = events.any(axis=1)
    events, at_risk = events[happened], at_risk[happened]
    d, n = events.sum(axis=1).astype(np.float64), at_risk.sum(axis=1).astype(np.float64)
    w = _weights(d, n, weight, powers)
    share = at_risk / n[:, None]
    spread = w**2 * d * (n - d) / np.maximum(n - 1, 1)
    variance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return _Scores(w @ events, (w * d) @ share, variance)


def _weights(d: Floats, n: Floats, weight: str, powers: tuple[float, float]) -> Floats:
    if weight == "gehan":
        return n
    if weight == "tarone":
        return np.sqrt(n)
    before = np.concatenate([[1.0], np.cumprod((n - d) / n)[:-1]]) if len(n) else n
    rho, gamma = powers  # without "fleming" both are 0, and every weight is 1
    return before**rho * (1 - before) ** gamma
