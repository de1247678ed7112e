"""Parameters of one concentration-time profile, and the rules that they follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from il5report.analyse._numeric import check_choice
from il5report.analyse._profile import Profile, Terminal, area, terminal
from il5report.analyse.result import check_array, check_event

_NO_VALUE = "no quantifiable concentration"
_TERMINAL = ("r2", "r2adj", "lamznpt", "lamzll", "lamzul")
_SLOPE = ("lamz", "lamzhl", "lamzspn", "clstp")
_TO_INFINITY = ("aucifo", "aucifp", "aucpeo", "aucpep")
Numbers = dict[str, float | str]  # a parameter is a number, or the reason why there is none


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The analyst's choices; the plan states them and a footnote prints them.

    Attributes
    ----------
    auc_method : str
        ``linear_up_log_down``, ``linear``, or ``linear_log`` (logarithmic after TMAX).
    blq_inside : str
        Values below the LLOQ between quantifiable ones: ``single_missing`` (left out alone, 0 in
        a run of two or more), ``missing``, ``zero``.
    predose_zero : bool
        Without a sample at time 0 the concentration there is 0 (an infused cell product).
    after_last : str
        From TLST to a following value below the LLOQ: ``zero``, or ``triangle`` down to it
        (windows only).
    extrapolate : str or None
        A window that ends after a quantifiable last sample: None (not estimable), or to its end
        with lambda_z from the ``observed`` or ``predicted`` CLST.
    lambda_window : tuple of float or None
        First and last day of the terminal phase, all points in it; None chooses the points.
    lambda_min_points : int
        Points that lambda_z needs, 3 or more.
    lambda_min_r2adj : float
        Adjusted R2 below which lambda_z is not reported.
    loss_run : int
        Consecutive values below the LLOQ that mean loss of persistence.
    """

    auc_method: Literal["linear_up_log_down", "linear", "linear_log"] = "linear_up_log_down"
    blq_inside: Literal["single_missing", "missing", "zero"] = "single_missing"
    predose_zero: bool = True
    after_last: Literal["zero", "triangle"] = "zero"
    extrapolate: Literal["observed", "predicted"] | None = None
    lambda_window: tuple[float, float] | None = None
    lambda_min_points: int = 3
    lambda_min_r2adj: float = 0.8
    loss_run: int = 2

    def __post_init__(self) -> None:
        check_choice("auc_method", self.auc_method, ("linear_up_log_down", "linear", "linear_log"))
        check_choice("blq_inside", self.blq_inside, ("single_missing", "missing", "zero"))
        check_choice("after_last", self.after_last, ("zero", "triangle"))
        if self.extrapolate is not None:
            check_choice("extrapolate", self.extrapolate, ("observed", "predicted"))
        if self.lambda_window is not None and not self.lambda_window[0] < self.lambda_window[1]:
            raise ValueError(f"lambda_window = {self.lambda_window}: first day before last needed")
        if self.lambda_min_points < 3:
            raise ValueError(f"lambda_min_points = {self.lambda_min_points}: below 3")
        if self.loss_run < 1:
            raise ValueError(f"loss_run = {self.loss_run}: below 1")


def checked(
    time: object, concentration: object, blq: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three arrays in order of time."""
    days = check_array("time", time, minimum=0)
    below = np.zeros(days.size, bool) if blq is None else check_event("blq", blq, days.size)
    value = np.asarray(concentration, dtype=np.float64)
    if value.shape != days.shape:
        raise ValueError(f"concentration: length {days.size} expected, shape {value.shape} given")
    value = check_array("concentration", np.where(below, 0.0, value))
    for i in np.flatnonzero(~below & (value <= 0)):
        raise ValueError(f"concentration[{i}] = {value[i]:g}: not above 0 and not flagged in blq")
    order = np.argsort(days, kind="stable")
    for i in order[1:][np.diff(days[order]) == 0]:
        raise ValueError(f"time[{i}] = {days[i]:g}: a second sample at this time")
    return days[order], value[order], below[order]


def extremes(profile: Profile) -> Numbers:
    if not profile.quantifiable.any():
        return {"cmax": 0.0, **dict.fromkeys(("tmax", "clst", "tlst"), _NO_VALUE)}
    return {
        "cmax": float(profile.value.max()),
        "tmax": profile.tmax,
        "clst": profile.clst,
        "tlst": profile.tlst,
    }


def areas(profile: Profile, method: str) -> Numbers:
    if not profile.time.size or profile.time[0] > 0:
        return dict.fromkeys(("auclst", "aucall"), "no sample at time 0")
    if not profile.quantifiable.any():
        return dict.fromkeys(("auclst", "aucall"), 0.0)
    auclst = area(profile, 0.0, profile.tlst, method)
    return {"auclst": auclst, "aucall": auclst + profile.clst * profile.gap / 2}


def slope(profile: Profile, rules: Rules) -> Numbers:
    fit = _fit(profile, rules)
    if isinstance(fit, str):
        return dict.fromkeys((*_TERMINAL, *_SLOPE), fit)
    numbers: Numbers = dict(zip(_TERMINAL, fit[2:], strict=True))
    if fit.r2adj < rules.lambda_min_r2adj:
        reason = f"adjusted R2 {fit.r2adj:.3g}, {rules.lambda_min_r2adj:g} needed"
        return numbers | dict.fromkeys(_SLOPE, reason)
    half_life = math.log(2) / -fit.slope
    return numbers | {
        "lamz": -fit.slope,
        "lamzhl": half_life,
        "lamzspn": (fit.last - fit.first) / half_life,
        "clstp": math.exp(fit.intercept + fit.slope * profile.tlst),
    }


def _fit(profile: Profile, rules: Rules) -> Terminal | str:
    if not profile.quantifiable.any():
        return _NO_VALUE
    used = profile.quantifiable & (profile.time > profile.tmax)
    needed = rules.lambda_min_points
    if rules.lambda_window:
        first, last = rules.lambda_window
        used &= (profile.time >= first) & (profile.time <= last)
    points = int(used.sum())
    if points < needed:
        return f"{points} quantifiable points in the terminal phase, {needed} needed"
    fewest = points if rules.lambda_window else needed
    fit = terminal(profile.time[used], profile.value[used], fewest)
    return fit if fit.slope < 0 else "no decline in the terminal phase"


def to_infinity(numbers: Numbers) -> Numbers:
    auclst, lamz = numbers["auclst"], numbers["lamz"]
    for reason in (auclst, lamz):
        if isinstance(reason, str):
            return dict.fromkeys(_TO_INFINITY, reason)
    observed, predicted = (float(numbers[clst]) / float(lamz) for clst in ("clst", "clstp"))
    return {
        "aucifo": float(auclst) + observed,
        "aucifp": float(auclst) + predicted,
        "aucpeo": observed / (float(auclst) + observed),
        "aucpep": predicted / (float(auclst) + predicted),
    }


def loss(days: np.ndarray, below: np.ndarray, run: int) -> float | str:
    if below.all():
        return _NO_VALUE
    for i in range(int(np.argmin(below)), days.size - run + 1):
        if below[i : i + run].all():
            return float(days[i])
    return f"no {run} consecutive values below LLOQ after the first quantifiable one"
