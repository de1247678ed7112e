"""Cox regression: hazard ratios and tests of the model. See also `proportional_hazards`.

Logistic regression is in `logistic`. Firth's and exact logistic regression, for tiny response data,
are not offered: no maintained library for Python has them. Exact limits of proportions, Fisher's
test and the exact rank test serve there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr

from il5report.analyse._cox import CoxData, coefficients, cox_data, missing, not_estimable
from il5report.analyse._life_table import Floats
from il5report.analyse._limits import check_conf, normal_quantile
from il5report.analyse._partial_likelihood import RiskSets, terms
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class CoxRegression(Result):
    """A Cox model; arrays are in the order of `covariates`."""

    covariates: tuple[str, ...]
    n: int = stat("Subjects")
    n_events: int = stat("Subjects with event")
    coefficient: Floats = stat("Coefficient")
    std_error: Floats = stat("Standard error of the coefficient")
    hazard_ratio: Floats = stat("Hazard ratio")
    lower: Floats = stat("Lower confidence limit of the hazard ratio")
    upper: Floats = stat("Upper confidence limit of the hazard ratio")
    z: Floats = stat("Wald test statistic")
    p: Floats = stat("Wald p-value, two-sided")
    log_likelihood_null: float = stat("Log partial likelihood without covariates")
    log_likelihood: float = stat("Log partial likelihood")
    df: int = stat("Degrees of freedom")
    likelihood_ratio: float = stat("Likelihood ratio chi-square")
    likelihood_ratio_p: float = stat("Likelihood ratio p-value")
    wald: float = stat("Wald chi-square")
    wald_p: float = stat("Wald p-value of the model")
    score: float = stat("Score chi-square")
    score_p: float = stat("Score p-value")
    ties: str
    conf_level: float
    stratified: bool


def cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: Mapping[str, ArrayLike],
    *,
    strata: ArrayLike | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    conf_level: float = 0.95,
) -> CoxRegression:
    """Cox proportional hazards regression.

    Parameters
    ----------
    time, event
        As in `il5report.analyse.survival.kaplan_meier`.
    covariates : name to array of n numbers
        A category is coded by the caller as 0/1 columns.
    strata : array of n labels, optional
        Each stratum has its own baseline hazard.
    ties : {"efron", "breslow"}
        Efron's is R's default and is maximised by lifelines; Breslow's is the default of SAS.
    conf_level : float
        Level of the Wald limits of the hazard ratio.

    Returns
    -------
    CoxRegression
        Coefficients (log hazard per unit), hazard ratios exp(coefficient) with limits, and the
        likelihood ratio, Wald and score tests of the model.

    Not estimable
    -------------
    All but counts: "no events"; "fewer events than covariates"; "a covariate is constant or a
    combination of others"; "no finite maximum: the events are separated by ...".

    Raises
    ------
    ValueError
        As `kaplan_meier`; NaN or unequal length of a covariate, named; no covariates; unknown
        `ties`.

    Source
    ------
    Cox, J R Stat Soc B 1972;34:187; Efron, JASA 1977;72:557. ``coxph(Surv(time, event) ~ x +
    strata(s), ties="efron")``, ``PROC PHREG; MODEL time*event(0)=x / TIES=EFRON RL; STRATA s``.

    Oracle
    ------
    ``tests/oracle/regression.R``
    """
    check_conf(conf_level)
    data = cox_data(time, event, covariates, strata, ties)
    why = not_estimable(data)
    if why is None:
        beta = coefficients(data)
        numbers = _estimates(data, beta, conf_level) | _model_tests(data.sets, beta)
    else:
        numbers = missing(CoxRegression, len(data.names))
    return CoxRegression(
        covariates=data.names,
        n=len(data.event),
        n_events=int(data.event.sum()),
        df=len(data.names),
        **numbers,
        ties=ties,
        conf_level=conf_level,
        stratified=strata is not None,
        ne={} if why is None else dict.fromkeys(numbers, why),
    )


def _estimates(data: CoxData, beta: Floats, conf_level: float) -> dict[str, Any]:
    inverse = np.linalg.inv(terms(data.sets, beta).information)
    coefficient, std_error = beta / data.spread, np.sqrt(np.diag(inverse)) / data.spread
    half, z = normal_quantile(conf_level) * std_error, coefficient / std_error
    return {
        "coefficient": coefficient,
        "std_error": std_error,
        "hazard_ratio": np.exp(coefficient),
        "lower": np.exp(coefficient - half),
        "upper": np.exp(coefficient + half),
        "z": z,
        "p": 2 * ndtr(-np.abs(z)),
    }


def _model_tests(sets: RiskSets, beta: Floats) -> dict[str, float]:
    null, fitted = terms(sets, np.zeros(len(beta))), terms(sets, beta)
    tests = {
        "likelihood_ratio": 2 * (fitted.log_likelihood - null.log_likelihood),
        "wald": float(beta @ fitted.information @ beta),
        "score": float(null.score @ np.linalg.solve(null.information, null.score)),
    }
    return {
        "log_likelihood_null": null.log_likelihood,
        "log_likelihood": fitted.log_likelihood,
        **tests,
        **{f"{name}_p": float(chdtrc(len(beta), value)) for name, value in tests.items()},
    }
