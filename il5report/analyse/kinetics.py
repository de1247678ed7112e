"""Non-compartmental analysis of cellular kinetics, one subject and analyte at a time.

Result fields carry the CDISC names of the parameters (PPTESTCD) in lower case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from il5report.analyse._nca import (
    Numbers,
    Rules,
    areas,
    checked,
    extremes,
    loss,
    slope,
    to_infinity,
)
from il5report.analyse._profile import Change, Profile, area, make_profile
from il5report.analyse.result import Result, stat

__all__ = ["Kinetics", "Rules", "WindowAuc", "nca"]


@dataclass(frozen=True, kw_only=True)
class WindowAuc(Result):
    """Area under the curve from one day to another."""

    auc: float = stat("AUC of the window", "input x days")
    extrapolated: float = stat("Share of the AUC beyond TLST", "proportion")
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Kinetics(Result):
    """Parameters of one profile; `changes` lists each sample not used as measured, and why."""

    n: int = stat("Number of samples")
    n_quantifiable: int = stat("Number of quantifiable samples")
    cmax: float = stat("Maximum concentration", "input")
    tmax: float = stat("Time of the maximum (first of equals)", "days")
    clst: float = stat("Last quantifiable concentration", "input")
    tlst: float = stat("Time of the last quantifiable concentration (persistence)", "days")
    loss: float = stat("Time to loss of persistence", "days")
    auclst: float = stat("AUC to the last quantifiable concentration", "input x days")
    aucall: float = stat("AUC with the triangle to the first value below LLOQ", "input x days")
    aucifo: float = stat("AUC to infinity, observed CLST", "input x days")
    aucifp: float = stat("AUC to infinity, predicted CLST", "input x days")
    aucpeo: float = stat("Extrapolated share of AUC to infinity, observed CLST", "proportion")
    aucpep: float = stat("Extrapolated share of AUC to infinity, predicted CLST", "proportion")
    lamz: float = stat("Terminal rate constant", "1/days")
    lamzhl: float = stat("Terminal half-life", "days")
    lamznpt: float = stat("Number of points of the terminal phase")
    lamzll: float = stat("First time of the terminal phase", "days")
    lamzul: float = stat("Last time of the terminal phase", "days")
    lamzspn: float = stat("Length of the terminal phase in half-lives")
    r2: float = stat("R2 of the terminal phase")
    r2adj: float = stat("Adjusted R2 of the terminal phase")
    clstp: float = stat("Predicted last quantifiable concentration", "input")
    windows: tuple[WindowAuc, ...]
    changes: tuple[Change, ...]
    rules: Rules


def nca(
    time: Sequence[float] | np.ndarray,
    concentration: Sequence[float] | np.ndarray,
    *,
    blq: Sequence[bool] | np.ndarray | None = None,
    windows: Sequence[tuple[float, float]] = ((0.0, 28.0),),
    rules: Rules | None = None,
) -> Kinetics:
    """Non-compartmental analysis of one profile.

    Parameters
    ----------
    time : array of float, days
        Days since infusion, 0 for the pre-dose sample; any order, no time twice.
    concentration : array of float
        Above 0, in one unit. Not read where `blq` is true (may be NaN there).
    blq : array of bool or 0/1, optional
        True = below the lower limit of quantification. Default: none is.
    windows : sequence of (start, end), days
        AUC windows, ``0 <= start < end``.
    rules : Rules, optional
        The analyst's choices; default ``Rules()``.

    Returns
    -------
    Kinetics
        Concentrations in the unit of the input, times in days, `lamz` per day, AUC in their
        product, shares on the 0-1 scale. A profile without a quantifiable value has CMAX 0 and
        AUC 0.

    Not estimable
    -------------
    Everything without samples; TMAX, CLST, TLST without a quantifiable value; AUC without a
    sample at time 0 unless the rules set it to 0; a window that ends after the last sample when
    that is quantifiable; lambda_z and what needs it with too few points after TMAX (itself
    excluded), without decline, or below the required adjusted R2; loss when it was not seen.

    Raises
    ------
    ValueError
        Missing or negative time, a time twice, a concentration that is missing or not above 0
        and not flagged, mismatched lengths, a window out of order.

    Source
    ------
    Gabrielsson and Weiner 2012 (Methods Mol Biol 929:377). PKNCA ``pk.nca`` and NonCompart
    ``sNCA`` where BLQ values do not lie inside the profile and day 28 is sampled or bracketed.

    Oracle
    ------
    tests/oracle/kinetics.R
    """
    rules = rules or Rules()
    days, value, below = checked(time, concentration, blq)
    for i, (start, end) in enumerate(windows):
        if not 0 <= start < end < math.inf:
            raise ValueError(f"windows[{i}] = ({start:g}, {end:g}): 0 <= start < end expected")
    profile = make_profile(
        days, value, below, inside=rules.blq_inside, predose_zero=rules.predose_zero
    )
    numbers = extremes(profile) | areas(profile, rules.auc_method) | slope(profile, rules)
    numbers |= to_infinity(numbers)
    numbers["loss"] = loss(days, below, rules.loss_run)
    if not days.size:
        numbers = dict.fromkeys(numbers, "no samples")
    return Kinetics(
        n=days.size,
        n_quantifiable=int(np.sum(~below)),
        **{name: math.nan if isinstance(x, str) else x for name, x in numbers.items()},
        windows=tuple(_window(profile, window, numbers, rules) for window in windows),
        changes=profile.changes,
        rules=rules,
        ne={name: x for name, x in numbers.items() if isinstance(x, str)},
    )


def _window(
    profile: Profile, window: tuple[float, float], numbers: Numbers, rules: Rules
) -> WindowAuc:
    start, end = window
    auc, tail = _windowareas(profile, start, end, numbers, rules)
    if isinstance(auc, str):
        reasons = {"auc": auc, "extrapolated": auc}
        return WindowAuc(start=start, end=end, auc=math.nan, extrapolated=math.nan, ne=reasons)
    share = tail / (auc + tail) if tail else 0.0
    return WindowAuc(start=start, end=end, auc=auc + tail, extrapolated=share)


def _windowareas(
    profile: Profile, start: float, end: float, numbers: Numbers, rules: Rules
) -> tuple[float | str, float]:
    """Area within the samples, or why there is none, and area beyond TLST."""
    if not profile.time.size or profile.time[0] > start:
        return f"no sample at or before day {start:g}", 0.0
    if not profile.quantifiable.any():
        return 0.0, 0.0
    sampled = profile.time[-1] if rules.after_last == "triangle" else profile.tlst
    inside = area(profile, min(start, sampled), min(end, sampled), rules.auc_method)
    if end <= profile.tlst or profile.gap:
        return inside, 0.0
    if rules.extrapolate is None:
        return f"last sample, on day {profile.tlst:g}, quantifiable and before day {end:g}", 0.0
    lamz = numbers["lamz"]
    if isinstance(lamz, str):
        return lamz, 0.0
    clst = float(numbers["clst" if rules.extrapolate == "observed" else "clstp"])
    beyond = (
        math.exp(-lamz * (max(start, profile.tlst) - profile.tlst)),
        math.exp(-lamz * (end - profile.tlst)),
    )
    return inside, clst / lamz * (beyond[0] - beyond[1])
