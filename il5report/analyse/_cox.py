"""What Cox regression and its check share: checked data, when there is no maximum, the fit."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il5report.analyse._groups import check_labels
from il5report.analyse._life_table import Counts, Floats, event_codes, merge_ties
from il5report.analyse._partial_likelihood import RiskSets, maximise, risk_sets, separating, terms
from il5report.analyse.result import Result, check_array

# Its first precision is compared with the square of a step, its second would stop it before that.
_LIFELINES = {"precision": 1e-24, "r_precision": -1.0}

_FAR = 8.0  # a maximum nearer than this, on the scale of `CoxData.x`, needs no further proof


@dataclass(frozen=True)
class CoxData:
    """Checked input; `x` is centred and scaled, so that no unit decides what converges."""

    names: tuple[str, ...]
    time: Floats
    event: NDArray[np.bool_]
    spread: Floats
    stratum: Counts
    x: Floats
    sets: RiskSets
    ties: str


def cox_data(
    time: ArrayLike,
    event: ArrayLike,
    covariates: Mapping[str, ArrayLike],
    strata: ArrayLike | None,
    ties: str,
) -> CoxData:
    """Check the input and find the risk sets."""
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties = {ties!r}: not one of efron, breslow")
    if not covariates:
        raise ValueError("covariates: none given")
    codes = event_codes(event, np.size(time))
    distinct, position = merge_ties(check_array("time", time, minimum=0))
    columns = {name: check_array(name, values) for name, values in covariates.items()}
    for name, column in columns.items():
        if len(column) != len(codes):
            raise ValueError(f"{name}: length {len(codes)} expected, {len(column)} given")
    _, stratum = check_labels(
        "strata", np.zeros(len(codes)) if strata is None else strata, len(codes)
    )
    x = np.stack(list(columns.values()), axis=1)
    if len(codes):
        x = x - x.mean(axis=0)
    spread = np.abs(x).max(axis=0, initial=0.0)
    x = x / np.where(spread > 0, spread, 1.0)
    happened = codes == 1
    sets = risk_sets(position, happened, x, stratum, ties)
    return CoxData(tuple(columns), distinct[position], happened, spread, stratum, x, sets, ties)


def not_estimable(data: CoxData) -> str | None:
    """Why the likelihood has no single, finite maximum; None where it has."""
    n_events, n_covariates = len(data.sets.event_rows), len(data.names)
    if n_events == 0:
        return "no events"
    if n_events < n_covariates:
        return f"fewer events than covariates ({n_events} < {n_covariates})"
    information = terms(data.sets, np.zeros(n_covariates)).information
    if np.linalg.matrix_rank(information, tol=1e-9, hermitian=True) < n_covariates:
        return "a covariate is constant or a combination of others in the subjects at risk"
    if np.abs(maximise(data.sets, within=_FAR)).max() <= _FAR:
        return None
    involved = separating(data.sets)
    if involved.any():
        names = ", ".join(name for name, yes in zip(data.names, involved, strict=True) if yes)
        return f"no finite maximum: the events are separated by {names}"
    return None


def coefficients(data: CoxData) -> Floats:
    """Coefficients at the maximum, on the scale of `data.x`.

    Raises
    ------
    ArithmeticError
        No convergence, which a likelihood with a finite maximum does not show.
    """
    beta = _lifelines(data) if data.ties == "efron" else maximise(data.sets)
    here = terms(data.sets, beta)
    if np.abs(np.linalg.solve(here.information, here.score)).max() > 1e-8:
        raise ArithmeticError("the score does not vanish at the coefficients")
    return beta


def _lifelines(data: CoxData) -> Floats:
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceWarning

    columns = [f"x{k}" for k in range(len(data.names))]
    frame = pd.DataFrame(data.x, columns=columns)
    frame["time"], frame["event"], frame["stratum"] = data.time, data.event, data.stratum
    with warnings.catch_warnings():
        # Its warnings suspect what `not_estimable` has already decided.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = CoxPHFitter().fit(frame, "time", "event", strata=["stratum"], fit_options=_LIFELINES)
    beta: Floats = fit.params_[columns].to_numpy()
    return beta


def missing(result: type[Result], n_covariates: int) -> dict[str, Any]:
    """NaN for every statistic but the counts."""
    return {
        f.name: np.full(n_covariates, np.nan) if f.type == "Floats" else np.nan
        for f in result.stats()
        if f.type != "int"
    }
