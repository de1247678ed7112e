"""Kaplan-Meier: the curve, numbers at risk, follow-up.

Quantiles and landmarks are in `survival_points`, restricted means in `rmst`, tests in `logrank`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il5report.analyse._life_table import (
    Counts,
    Floats,
    LifeTable,
    event_codes,
    life_table,
    life_table_entry,
    snap,
)
from il5report.analyse._limits import ConfType, check_conf, limits
from il5report.analyse._reasons import ALL_FAILED, NO_EVENT_YET
from il5report.analyse.result import Result, check_array, stat


@dataclass(frozen=True, kw_only=True)
class KaplanMeier(Result):
    """A Kaplan-Meier curve: one element per distinct time, ascending, and its settings.

    `std_error` is Greenwood's, on the scale of survival. `entry` holds the sorted entry times of
    a left-truncated curve.
    """

    n: int = stat("Subjects")
    n_events: int = stat("Subjects with event")
    n_censored: int = stat("Subjects censored")
    time: Floats = stat("Time", "days")
    n_risk: Counts = stat("Number at risk")
    n_event: Counts = stat("Number of events")
    n_censor: Counts = stat("Number censored")
    survival: Floats = stat("Survival probability", "proportion")
    std_error: Floats = stat("Standard error of survival", "proportion")
    lower: Floats = stat("Lower confidence limit", "proportion")
    upper: Floats = stat("Upper confidence limit", "proportion")
    conf_level: float
    conf_type: str
    entry: Floats | None = None


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    conf_level: float = 0.95,
    conf_type: ConfType = "loglog",
) -> KaplanMeier:
    """Kaplan-Meier estimate of survival with Greenwood's standard error and pointwise limits.

    Parameters
    ----------
    time : array of n numbers, >= 0
        Time from origin to event or censoring, in one unit; whole days are counted, not sorted.
    event : array of n booleans or 0/1
        True = event, False = censored.
    entry : array of n numbers, >= 0, optional
        Left truncation: subject i is at risk at t where ``entry[i] < t <= time[i]``. A risk set
        may empty and fill again.
    conf_level : float
        Two-sided level of the pointwise limits.
    conf_type : {"loglog", "plain", "log", "logit", "arcsin"}
        Scale on which the limits are symmetric. Limits stay inside [0, 1].

    Returns
    -------
    KaplanMeier
        Arrays by distinct time. Survival, standard error and limits are proportions.

    Not estimable
    -------------
    Limits while survival is 1 (no event yet: an interval from 1 to 1 would claim certainty) and
    once it is 0; there the standard error is missing too.

    Raises
    ------
    ValueError
        NaN, infinite or negative `time`; `event` neither 0 nor 1; unequal lengths; `entry` not
        before `time`; `conf_level` outside (0, 1); unknown `conf_type`.

    Source
    ------
    Kaplan & Meier, JASA 1958;53:457. ``survfit(Surv(time, event) ~ 1, conf.type="log-log")``,
    ``PROC LIFETEST CONFTYPE=LOGLOG``. Events precede censorings at the same time. Times apart by
    no more than floating point noise are one time, as in ``survfit(timefix=TRUE)``.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    check_conf(conf_level, conf_type)
    codes = event_codes(event, np.size(time))
    table = life_table(time, codes) if entry is None else life_table_entry(time, codes, entry)
    survival, std_error = _product_limit(table)
    lower, upper = limits(survival, std_error, conf_level, conf_type)
    n_events = int(table.n_event.sum())
    reasons = {
        "std_error": ALL_FAILED,
        "lower": f"{NO_EVENT_YET}, or {ALL_FAILED}",
        "upper": f"{NO_EVENT_YET}, or {ALL_FAILED}",
    }
    missing = {"std_error": std_error, "lower": lower, "upper": upper}
    return KaplanMeier(
        n=len(codes),
        n_events=n_events,
        n_censored=len(codes) - n_events,
        time=table.time,
        n_risk=table.n_risk,
        n_event=table.n_event[0],
        n_censor=table.n_censor,
        survival=survival,
        std_error=std_error,
        lower=lower,
        upper=upper,
        conf_level=conf_level,
        conf_type=conf_type,
        entry=table.entry,
        ne={name: reasons[name] for name, values in missing.items() if np.isnan(values).any()},
    )


def reverse_kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    conf_level: float = 0.95,
    conf_type: ConfType = "loglog",
) -> KaplanMeier:
    """Potential follow-up: the Kaplan-Meier curve with censoring as the event.

    Parameters
    ----------
    time, event, entry, conf_level, conf_type
        As in `kaplan_meier`; `event` is still True = event.

    Returns
    -------
    KaplanMeier
        The curve of follow-up; its 0.5 quantile is the median follow-up.

    Not estimable
    -------------
    As `kaplan_meier`.

    Raises
    ------
    ValueError
        As `kaplan_meier`.

    Source
    ------
    Schemper & Smith, Control Clin Trials 1996;17:343. ``survfit(Surv(time, 1 - event) ~ 1)``,
    ``PROC LIFETEST; TIME time*event(1)``. Flipping the flag lets a censoring precede an event at
    the same time.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    codes = event_codes(event, np.size(time))
    return kaplan_meier(time, codes == 0, entry=entry, conf_level=conf_level, conf_type=conf_type)


def at_risk(km: KaplanMeier, times: ArrayLike) -> Counts:
    """Numbers at risk at `times`: subjects whose own time is at `times` or later.

    Parameters
    ----------
    km : KaplanMeier
    times : array of numbers, >= 0
        In the unit of the curve.

    Returns
    -------
    array of int
        Subjects with ``time >= t``, and ``entry < t`` on a left-truncated curve.

    Not estimable
    -------------
    Never: after the last observation the number is 0.

    Raises
    ------
    ValueError
        NaN or negative `times`.

    Source
    ------
    ``summary(survfit)$n.risk``, the numbers under a plot of ``PROC LIFETEST``. The column "Number
    Left" of its TIMELIST counts otherwise, after the last event at or before t.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    wanted = snap(check_array("times", times, minimum=0), km.time)
    left = np.append((km.n_event + km.n_censor)[::-1].cumsum()[::-1], 0)
    staying = left[np.searchsorted(km.time, wanted, side="left")]
    if km.entry is None:
        return staying
    return staying - (km.n - np.searchsorted(km.entry, wanted, side="left"))


def _product_limit(table: LifeTable) -> tuple[Floats, Floats]:
    """Survival as the product of (n - d)/n, and Greenwood's standard error (missing at 0)."""
    n, d = table.n_risk.astype(np.float64), table.n_event[0]
    survival = np.cumprod((n - d) / n)
    alive = survival > 0
    n, d = n[alive], d[alive]
    std_error = np.full_like(survival, np.nan)
    std_error[alive] = survival[alive] * np.sqrt(np.cumsum(d / (n * (n - d))))
    return survival, std_error
