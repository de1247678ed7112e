"""A second computation by lifelines, in the range where it is valid, for quality control.

Valid are survival and its log-log limits while 0 < survival < 1, and the unweighted log-rank test.
The quantiles, restricted means and cumulative incidences of lifelines follow other rules and are
not compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il5report.analyse import logrank as own_logrank
from il5report.analyse import survival
from il5report.analyse._life_table import Floats, merge_ties
from il5report.analyse.result import Result, stat

NOTHING = "nothing to compare: survival is 1 or 0 throughout"


@dataclass(frozen=True, kw_only=True)
class CurveCheck(Result):
    """Largest absolute difference between a curve here and by lifelines."""

    n_times: int = stat("Times compared")
    survival: float = stat("Largest difference in survival", "proportion")
    limits: float = stat("Largest difference in the confidence limits", "proportion")
    largest: float = stat("Largest difference", "proportion")
    version: str


@dataclass(frozen=True, kw_only=True)
class LogRankCheck(Result):
    """Absolute differences between a log-rank test here and by lifelines."""

    statistic: float = stat("Difference in chi-square")
    p: float = stat("Difference in p-value")
    largest: float = stat("Largest difference")
    version: str


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> CurveCheck:
    """Compare a Kaplan-Meier curve and its log-log limits with those of lifelines.

    Parameters
    ----------
    time, event, entry, conf_level
        As in `il5report.analyse.survival.kaplan_meier`.

    Returns
    -------
    CurveCheck
        Largest absolute differences over the times at which 0 < survival < 1, as proportions, and
        the version of lifelines. Differences of rounding stay below 1e-12.

    Not estimable
    -------------
    "nothing to compare: survival is 1 or 0 throughout".

    Raises
    ------
    ValueError
        As `il5report.analyse.survival.kaplan_meier`.

    Source
    ------
    ``lifelines.KaplanMeierFitter``.

    Oracle
    ------
    None: it is a comparison of two computations.
    """
    import lifelines

    km = survival.kaplan_meier(time, event, entry=entry, conf_level=conf_level)
    inside = (km.survival > 0) & (km.survival < 1)
    if not inside.any():
        missing = {"survival": np.nan, "limits": np.nan, "largest": np.nan}
        ne = dict.fromkeys(missing, NOTHING)
        return CurveCheck(n_times=0, **missing, version=lifelines.__version__, ne=ne)
    times, curve, lower, upper = _by_lifelines(time, event, entry, conf_level)
    step = np.searchsorted(times, km.time[inside], side="right") - 1
    difference = _largest(km.survival[inside], curve[step])
    limits = max(_largest(km.lower[inside], lower[step]), _largest(km.upper[inside], upper[step]))
    return CurveCheck(
        n_times=len(step),
        survival=difference,
        limits=limits,
        largest=max(difference, limits),
        version=lifelines.__version__,
    )


def logrank(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> LogRankCheck:
    """Compare an unweighted, unstratified log-rank test with that of lifelines.

    Parameters
    ----------
    time, event, group
        As in `il5report.analyse.logrank.logrank`.

    Returns
    -------
    LogRankCheck
        Absolute differences in chi-square and p, and the version of lifelines.

    Not estimable
    -------------
    The reason of the test here; "lifelines counts a group that is not at risk at any event time".

    Raises
    ------
    ValueError
        As `il5report.analyse.logrank.logrank`.

    Source
    ------
    ``lifelines.statistics.multivariate_logrank_test``.

    Oracle
    ------
    None: it is a comparison of two computations.
    """
    import lifelines
    from lifelines.statistics import multivariate_logrank_test

    test = own_logrank.logrank(time, event, group)
    why = test.ne.get("statistic")
    if why is None and test.df < len(test.groups) - 1:
        why = "lifelines counts a group that is not at risk at any event time"
    if why is not None:
        missing = {"statistic": np.nan, "p": np.nan, "largest": np.nan}
        ne = dict.fromkeys(missing, why)
        return LogRankCheck(**missing, version=lifelines.__version__, ne=ne)
    merged, position = merge_ties(np.asarray(time, dtype=np.float64))
    other = multivariate_logrank_test(merged[position], np.asarray(group), np.asarray(event))
    statistic, p = abs(test.statistic - other.test_statistic), abs(test.p - other.p_value)
    return LogRankCheck(
        statistic=statistic, p=p, largest=max(statistic, p), version=lifelines.__version__
    )


def _by_lifelines(
    time: ArrayLike, event: ArrayLike, entry: ArrayLike | None, conf_level: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Times, survival, lower and upper limits. Times that differ by noise are one, as here."""
    import lifelines

    n = np.size(time)
    both = np.concatenate([np.asarray(time), np.asarray([] if entry is None else entry)])
    merged, position = merge_ties(both.astype(np.float64))
    stop, start = np.split(merged[position], [n])
    fit = lifelines.KaplanMeierFitter(alpha=1 - conf_level).fit(
        stop, np.asarray(event, dtype=bool), entry=None if entry is None else start
    )
    curve, limits = fit.survival_function_, fit.confidence_interval_.to_numpy()
    return curve.index.to_numpy(), curve.to_numpy()[:, 0], limits[:, 0], limits[:, 1]


def _largest(here: Floats, there: Floats) -> float:
    return float(np.abs(here - there).max())
