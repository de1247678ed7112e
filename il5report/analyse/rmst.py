"""Restricted mean survival time: the area under a Kaplan-Meier curve up to a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from il5report.analyse._limits import check_convention, normal_quantile
from il5report.analyse._reasons import beyond_follow_up
from il5report.analyse.result import Result, stat
from il5report.analyse.survival import KaplanMeier

NO_EVENT_BEFORE = "no event before this time"
ALL_AT_ONCE = "no variance: all have the event at one time"


@dataclass(frozen=True, kw_only=True)
class RestrictedMean(Result):
    """Mean time to event, follow-up restricted to `tau`."""

    tau: float = stat("Restriction time", "days")
    estimate: float = stat("Restricted mean survival time", "days")
    std_error: float = stat("Standard error", "days")
    lower: float = stat("Lower confidence limit", "days")
    upper: float = stat("Upper confidence limit", "days")
    conf_level: float
    convention: str


@dataclass(frozen=True, kw_only=True)
class RestrictedMeanDifference(Result):
    """Difference of two restricted means, first minus second."""

    tau: float = stat("Restriction time", "days")
    difference: float = stat("Difference in restricted mean survival time", "days")
    std_error: float = stat("Standard error", "days")
    lower: float = stat("Lower confidence limit", "days")
    upper: float = stat("Upper confidence limit", "days")
    z: float = stat("Test statistic")
    p: float = stat("p-value, two-sided")
    conf_level: float
    convention: str


def rmst(km: KaplanMeier, tau: float, *, convention: Literal["sas", "r"] = "sas") -> RestrictedMean:
    """Restricted mean survival time up to `tau`, with its standard error.

    Parameters
    ----------
    km : KaplanMeier
        Its `conf_level` is used.
    tau : float, > 0
        In the unit of the curve.
    convention : {"sas", "r"}
        They differ when `tau` lies after a last, censored observation: SAS does not estimate, R
        carries the last value forward.

    Returns
    -------
    RestrictedMean
        Mean, standard error and limits (estimate +- z SE) in the unit of the curve.

    Not estimable
    -------------
    Everything: "no subjects"; "after the last observation, which is censored" ("sas"). Limits
    alone: "no event before this time"; "no variance: all have the event at one time".

    Raises
    ------
    ValueError
        `tau` not positive or not finite; unknown `convention`.

    Source
    ------
    Irwin, J Hyg 1949;47:188; Klein & Moeschberger, Survival Analysis, 2003, 4.5. Variance
    sum of A_i^2 d/(n(n-d)), A_i the area from event time i to tau. ``print(survfit, rmean=tau)``,
    ``survRM2::rmst2``, ``PROC LIFETEST RMST(TAU=)``.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    check_convention(convention, ("sas", "r"))
    if not 0 < tau < np.inf:
        raise ValueError(f"tau = {tau!r}: not a positive number")
    why = beyond_follow_up(km.time, km.survival, tau)
    if why is not None and (convention == "sas" or km.n == 0):
        estimate = std_error = np.nan
        ne = dict.fromkeys(("estimate", "std_error", "lower", "upper"), why)
    else:
        estimate, std_error = _area(km, tau)
        certain = NO_EVENT_BEFORE if estimate == tau else ALL_AT_ONCE
        ne = dict.fromkeys(("lower", "upper"), certain) if std_error == 0 else {}
    half = np.nan if ne else normal_quantile(km.conf_level) * std_error
    return RestrictedMean(
        tau=float(tau),
        estimate=estimate,
        std_error=std_error,
        lower=estimate - half,
        upper=estimate + half,
        conf_level=km.conf_level,
        convention=convention,
        ne=ne,
    )


def rmst_difference(
    first: KaplanMeier,
    second: KaplanMeier,
    tau: float,
    *,
    convention: Literal["sas", "r"] = "sas",
) -> RestrictedMeanDifference:
    """Difference of the restricted means of two independent groups, first minus second.

    Parameters
    ----------
    first, second : KaplanMeier
        Their `conf_level`, which must be one, is used.
    tau, convention
        As in `rmst`.

    Returns
    -------
    RestrictedMeanDifference
        Difference, standard error and limits in the unit of the curves; z and its two-sided p.

    Not estimable
    -------------
    Where the mean of either group is not, with that group's reason; the limits, z and p also when
    neither standard error is above 0, with the reason of the first group.

    Raises
    ------
    ValueError
        As `rmst`, and for unequal `conf_level`.

    Source
    ------
    Royston & Parmar, BMC Med Res Methodol 2013;13:152. ``survRM2::rmst2``, ``PROC LIFETEST
    RMST`` with STRATA.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    if first.conf_level != second.conf_level:
        raise ValueError(f"second: conf_level {second.conf_level}, first {first.conf_level}")
    one, other = (rmst(km, tau, convention=convention) for km in (first, second))
    difference = one.estimate - other.estimate
    std_error = float(np.hypot(one.std_error, other.std_error))
    reasons = {**other.ne, **one.ne}
    ne = {"difference": reasons["estimate"]} if np.isnan(difference) else {}
    if not std_error > 0:
        ne |= dict.fromkeys(("lower", "upper", "z", "p"), reasons["lower"])
        ne |= {"std_error": reasons["estimate"]} if np.isnan(std_error) else {}
    z = difference / std_error if std_error > 0 else np.nan
    half = normal_quantile(first.conf_level) * std_error if std_error > 0 else np.nan
    return RestrictedMeanDifference(
        tau=float(tau),
        difference=difference,
        std_error=std_error,
        lower=difference - half,
        upper=difference + half,
        z=z,
        p=2 * float(ndtr(-abs(z))),
        conf_level=first.conf_level,
        convention=convention,
        ne=ne,
    )


def _area(km: KaplanMeier, tau: float) -> tuple[float, float]:
    """Area under the curve up to tau, and its standard error."""
    before = km.time <= tau
    corners = np.concatenate([[0.0], km.time[before], [tau]])
    rectangles = np.diff(corners) * np.concatenate([[1.0], km.survival[before]])
    to_tau = rectangles[1:][::-1].cumsum()[::-1]
    n, d = km.n_risk[before].astype(np.float64), km.n_event[before]
    alive = km.survival[before] > 0  # where survival is 0 no area is left
    n, d = n[alive], d[alive]
    variance = np.sum(to_tau[alive] ** 2 * d / (n * (n - d)))
    return float(rectangles.sum()), float(np.sqrt(variance))
