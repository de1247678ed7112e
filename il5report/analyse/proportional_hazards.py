"""A check of the assumption behind a Cox model: hazard ratios that do not change with time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from il5report.analyse._cox import CoxData, coefficients, cox_data, missing, not_estimable
from il5report.analyse._life_table import Floats
from il5report.analyse._partial_likelihood import RiskSets, terms
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class ProportionalHazards(Result):
    """Score tests for a coefficient that changes with time; arrays in the order of `covariates`."""

    covariates: tuple[str, ...]
    n_events: int = stat("Subjects with event")
    statistic: Floats = stat("Chi-square, 1 degree of freedom")
    p: Floats = stat("p-value")
    global_statistic: float = stat("Global chi-square")
    global_df: int = stat("Global degrees of freedom")
    global_p: float = stat("Global p-value")
    transform: str
    ties: str
    stratified: bool


def proportional_hazards(
    time: ArrayLike,
    event: ArrayLike,
    covariates: Mapping[str, ArrayLike],
    *,
    strata: ArrayLike | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    transform: Literal["km", "rank", "identity", "log"] = "km",
) -> ProportionalHazards:
    """Check that the hazard ratio of each covariate does not change with time.

    Parameters
    ----------
    time, event, covariates, strata, ties
        As in `il5report.analyse.regression.cox`, whose model is fitted.
    transform : {"km", "rank", "identity", "log"}
        Function of time along which a change is looked for: 1 - S(t-) of the pooled Kaplan-Meier
        curve, the rank of the time, the time itself, its logarithm.

    Returns
    -------
    ProportionalHazards
        Chi-square with one degree of freedom for each covariate, and for all together.

    Not estimable
    -------------
    As `cox`; "all events at one time".

    Raises
    ------
    ValueError
        As `cox`; unknown `transform`; time 0 with "log".

    Source
    ------
    Grambsch & Therneau, Biometrika 1994;81:515, as the exact score test. ``cox.zph(fit,
    transform="km")`` of survival 3; earlier versions, SAS and lifelines use an approximation.

    Oracle
    ------
    ``tests/oracle/regression.R``
    """
    data = cox_data(time, event, covariates, strata, ties)
    scale = _time_scale(data, transform)
    why = not_estimable(data)
    if why is None and np.ptp(scale) == 0:
        why = "all events at one time"
    if why is None:
        beta = coefficients(data)
        numbers = _change_tests(data.sets, beta, scale)
    else:
        numbers = missing(ProportionalHazards, len(data.names))
    return ProportionalHazards(
        covariates=data.names,
        n_events=int(data.event.sum()),
        global_df=len(data.names),
        **numbers,
        transform=transform,
        ties=ties,
        stratified=strata is not None,
        ne={} if why is None else dict.fromkeys(numbers, why),
    )


def _time_scale(data: CoxData, transform: str) -> Floats:
    """The transformed time of each event."""
    if transform not in ("km", "rank", "identity", "log"):
        raise ValueError(f"transform = {transform!r}: not one of km, rank, identity, log")
    if transform == "log" and (data.time == 0).any():
        raise ValueError(f"time[{int(np.argmin(data.time))}] = 0.0: no logarithm")
    time, position = np.unique(data.time, return_inverse=True)
    leaving = np.bincount(position)
    n = leaving[::-1].cumsum()[::-1]
    happened = np.bincount(position, weights=data.event)
    scale: dict[str, Callable[[], Floats]] = {
        "km": lambda: 1 - np.concatenate([[1.0], np.cumprod((n - happened) / n)])[:-1],
        "rank": lambda: np.cumsum(leaving) - (leaving - 1) / 2,
        "identity": lambda: time,
        "log": lambda: np.log(time),
    }
    return scale[transform]()[data.sets.event_position]


def _change_tests(sets: RiskSets, beta: Floats, scale: Floats) -> dict[str, Any]:
    """Score tests for coefficients that change along `scale`, the model's own held free."""
    fitted, g = terms(sets, beta), scale - scale.mean()
    score = g @ fitted.residual
    crossed = np.tensordot(g, fitted.covariance, axes=1)
    squared = np.tensordot(g**2, fitted.covariance, axes=1)
    variance = squared - crossed @ np.linalg.solve(fitted.information, crossed)
    single = score**2 / np.diag(variance)
    together = float(score @ np.linalg.solve(variance, score))
    return {
        "statistic": single,
        "p": chdtrc(1, single),
        "global_statistic": together,
        "global_p": float(chdtrc(len(beta), together)),
    }
