"""Points read off a Kaplan-Meier curve: quantiles of time, and survival at a landmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from il5report.analyse._life_table import Floats, snap
from il5report.analyse._limits import SCALES, check_convention, normal_quantile
from il5report.analyse._reasons import ALL_FAILED, NO_EVENT_YET, NO_SUBJECTS, beyond_follow_up
from il5report.analyse.result import Result, check_array, stat
from il5report.analyse.survival import KaplanMeier, at_risk

LEVEL = 1e-9  # survival this near to a quantile level equals it


@dataclass(frozen=True, kw_only=True)
class Quantile(Result):
    """A quantile of time to event."""

    p: float
    estimate: float = stat("Quantile of time to event", "days")
    lower: float = stat("Lower confidence limit", "days")
    upper: float = stat("Upper confidence limit", "days")
    conf_level: float
    conf_type: str
    convention: str


@dataclass(frozen=True, kw_only=True)
class Landmark(Result):
    """Survival at one time."""

    time: float = stat("Time", "days")
    n_risk: int = stat("Number at risk")
    survival: float = stat("Survival probability", "proportion")
    std_error: float = stat("Standard error of survival", "proportion")
    lower: float = stat("Lower confidence limit", "proportion")
    upper: float = stat("Upper confidence limit", "proportion")
    conf_level: float
    conf_type: str
    convention: str


def quantile(
    km: KaplanMeier, p: float, *, convention: Literal["sas", "r", "r_print"] = "sas"
) -> Quantile:
    """Time by which a proportion `p` has had the event (0.5: the median), with limits.

    Parameters
    ----------
    km : KaplanMeier
    p : float, between 0 and 1
        Proportion with event.
    convention : {"sas", "r", "r_print"}
        Where survival equals 1 - p on a whole step, all take the middle of that step. They differ
        when that step is the last: SAS not estimable, R's ``quantile`` the middle between its
        start and the last time, R's ``print`` its start. For the limits SAS tests each event time
        on the scale of `conf_type`; R reads them off the limits of the curve.

    Returns
    -------
    Quantile
        Estimate and limits, in the unit of the curve.

    Not estimable
    -------------
    "survival does not fall below 1 - p" (estimate); "no event time is compatible with ..." (lower,
    "sas"); "no event after the last compatible time", "survival is 0 at ..." (upper, "sas"); "the
    limit of the curve does not fall to 1 - p" (limits, "r" and "r_print").

    Raises
    ------
    ValueError
        `p` outside (0, 1); unknown `convention`.

    Source
    ------
    Brookmeyer & Crowley, Biometrics 1982;38:29. ``PROC LIFETEST``: the smallest event time with
    survival below 1 - p; limits from |g(S(t)) - g(1 - p)| <= z |g'(S(t))| se(t), the upper one the
    next event time. ``quantile(survfit)`` and ``print(survfit)``. R's ``quantile`` goes wrong on
    upper limits that are not monotone (conf.type log): here the first crossing counts.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    check_convention(convention, ("sas", "r", "r_print"))
    if not 0 < p < 1:
        raise ValueError(f"p = {p!r}: not between 0 and 1")
    level = 1 - p
    never = NO_SUBJECTS if km.n == 0 else f"survival does not fall below {level:g}"
    estimate, ne = _crossing(km.time, km.survival, level, convention), {"estimate": never}
    if convention == "sas":
        lower, upper, why = _sas_limits(km, level)
        ne |= why
    else:
        lower = _crossing(km.time, km.lower, level, convention)
        upper = _crossing(km.time, km.upper, level, convention)
        ne |= dict.fromkeys(
            ("lower", "upper"), f"the limit of the curve does not fall to {level:g}"
        )
    values = {"estimate": estimate, "lower": lower, "upper": upper}
    return Quantile(
        p=p,
        **values,
        conf_level=km.conf_level,
        conf_type=km.conf_type,
        convention=convention,
        ne={name: ne[name] for name, value in values.items() if np.isnan(value)},
    )


def landmark(km: KaplanMeier, t: float, *, convention: Literal["sas", "r"] = "sas") -> Landmark:
    """Survival at time `t`, with its limits and the number at risk.

    Parameters
    ----------
    km : KaplanMeier
    t : float, >= 0
        In the unit of the curve.
    convention : {"sas", "r"}
        They differ after the last observation when that is censored (SAS: not estimable, R: the
        last value carried forward) and while survival is 1 (R: limits 1 to 1 before the first
        observed time, and with conf_type plain and log up to the first event).

    Returns
    -------
    Landmark
        Survival, standard error and limits as proportions.

    Not estimable
    -------------
    Everything: "no subjects"; after the last observation, if censored ("sas"). Limits alone: "no
    event up to this time"; "survival is 0", which takes the standard error too.

    Raises
    ------
    ValueError
        NaN or negative `t`; unknown `convention`.

    Source
    ------
    ``summary(survfit, times=t, extend=TRUE)``; ``PROC LIFETEST TIMELIST=``.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    check_convention(convention, ("sas", "r"))
    t = float(snap(check_array("t", [t], minimum=0), km.time)[0])
    n_risk = int(at_risk(km, [t])[0])
    survival, std_error, lower, upper = _value_at(km, t)
    beyond = beyond_follow_up(km.time, km.survival, t)
    if beyond is not None and (convention == "sas" or km.n == 0):
        survival = std_error = lower = upper = np.nan
        why = beyond
    else:
        why = NO_EVENT_YET if survival == 1 else ALL_FAILED
        if convention == "r" and survival == 1 and _r_limits_are_one(km, t):
            lower = upper = 1.0
    values = {"survival": survival, "std_error": std_error, "lower": lower, "upper": upper}
    return Landmark(
        time=t,
        n_risk=n_risk,
        **values,
        conf_level=km.conf_level,
        conf_type=km.conf_type,
        convention=convention,
        ne={name: why for name, value in values.items() if np.isnan(value)},
    )


def _crossing(time: Floats, curve: Floats, level: float, convention: str) -> float:
    """Middle of the step on which a falling curve equals `level`, else the time it falls below."""
    reached = np.flatnonzero(curve <= level + LEVEL)
    below = np.flatnonzero(curve < level - LEVEL)
    if reached.size == 0:
        return np.nan
    start = float(time[reached[0]])
    if below.size:
        return (start + float(time[below[0]])) / 2
    if convention == "r_print":
        return start
    if convention == "r" and abs(curve[-1] - level) <= LEVEL:
        return (start + float(time[-1])) / 2
    return np.nan


def _sas_limits(km: KaplanMeier, level: float) -> tuple[float, float, dict[str, str]]:
    scale = SCALES[km.conf_type]
    happened = km.n_event > 0
    time, survival, std_error = km.time[happened], km.survival[happened], km.std_error[happened]
    inside = survival > 0
    p = survival[inside]
    distance = np.abs(scale.transform(p) - scale.transform(np.array(level)))
    bound = normal_quantile(km.conf_level) * np.abs(scale.slope(p)) * std_error[inside]
    compatible = np.flatnonzero(distance <= bound)
    if compatible.size == 0:
        why = f"no event time is compatible with survival {level:g}"
        return np.nan, np.nan, dict.fromkeys(("lower", "upper"), why)
    lower, after = float(time[compatible[0]]), int(compatible[-1]) + 1
    if after == len(time):
        return lower, np.nan, {"upper": "no event after the last compatible time"}
    if survival[after] == 0:
        return lower, np.nan, {"upper": f"{ALL_FAILED} at the next event time, {time[after]:g}"}
    return lower, float(time[after]), {}


def _value_at(km: KaplanMeier, t: float) -> tuple[float, float, float, float]:
    """Survival, standard error and limits on the step that holds at `t`."""
    step = int(np.searchsorted(km.time, t, side="right")) - 1
    if step < 0:
        return 1.0, 0.0, np.nan, np.nan
    columns = km.survival, km.std_error, km.lower, km.upper
    survival, std_error, lower, upper = (float(column[step]) for column in columns)
    return survival, std_error, lower, upper


def _r_limits_are_one(km: KaplanMeier, t: float) -> bool:
    return bool(t < km.time[0]) or km.conf_type in ("plain", "log")
