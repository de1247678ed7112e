"""Logistic regression of a yes/no outcome on one exposure, by maximum likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, expit, ndtr

from il5report.analyse._life_table import Floats
from il5report.analyse._limits import normal_quantile
from il5report.analyse._numeric import check_open_unit, root
from il5report.analyse.result import Result, check_array, check_event, stat

NO_SUBJECTS = "no subjects"
NONE_WITH, ALL_WITH = "no subject has the outcome", "every subject has the outcome"
CONSTANT = "all subjects have the same exposure"
SEPARATED = "no finite maximum: the exposure separates those with from those without the outcome"


@dataclass(frozen=True, kw_only=True)
class Logistic(Result):
    """A fitted model ``logit P(event) = intercept + coefficient * exposure``."""

    n: int = stat("Subjects")
    n_events: int = stat("Subjects with the outcome")
    intercept: float = stat("Intercept")
    coefficient: float = stat("Log odds ratio per unit of the exposure")
    std_error: float = stat("Standard error of the coefficient")
    odds_ratio: float = stat("Odds ratio per unit of the exposure")
    lower: float = stat("Lower Wald limit of the odds ratio")
    upper: float = stat("Upper Wald limit of the odds ratio")
    profile_lower: float = stat("Lower profile-likelihood limit of the odds ratio")
    profile_upper: float = stat("Upper profile-likelihood limit of the odds ratio")
    p: float = stat("Wald p-value, two-sided", "proportion")
    likelihood_ratio: float = stat("Likelihood ratio chi-square")
    likelihood_ratio_p: float = stat("Likelihood ratio p-value", "proportion")
    log_likelihood_null: float = stat("Log likelihood without exposure")
    log_likelihood: float = stat("Log likelihood")
    intercept_variance: float = stat("Variance of the intercept")
    covariance: float = stat("Covariance of intercept and coefficient")
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class Curve(Result):
    """Fitted probabilities with pointwise Wald limits made on the logit scale."""

    exposure: Floats
    probability: Floats = stat("Fitted probability", "proportion")
    lower: Floats = stat("Lower confidence limit", "proportion")
    upper: Floats = stat("Upper confidence limit", "proportion")
    conf_level: float


def logistic(exposure: ArrayLike, event: ArrayLike, *, conf_level: float = 0.95) -> Logistic:
    """Logistic regression on one exposure.

    Parameters
    ----------
    exposure : array of float
        Non-missing, on the scale on which the odds ratio is wanted (the decimal logarithm gives
        it per tenfold exposure).
    event : array of bool or 0/1
        True = the subject has the outcome.
    conf_level : float
        Two-sided level of both intervals.

    Returns
    -------
    Logistic
        Odds ratio per unit of the exposure with Wald and profile-likelihood limits, Wald and
        likelihood ratio tests.

    Not estimable
    -------------
    All but counts: "no subjects"; "no subject has the outcome"; "every subject has the outcome";
    "all subjects have the same exposure"; "no finite maximum: the exposure separates ..." where
    all exposures of one group are at or beyond those of the other (complete or quasi-complete
    separation).

    Raises
    ------
    ValueError
        A missing or infinite exposure, an event neither 0 nor 1 (the first position is named),
        unequal lengths, level outside 0-1.

    Source
    ------
    Albert and Anderson, Biometrika 1984;71:1 (when the maximum exists). R ``glm(event ~ exposure,
    binomial)``, ``anova(test = "LRT")``; SAS ``proc logistic; model event(event="1") = exposure /
    clodds=both``.

    Oracle
    ------
    tests/oracle/logistic.R
    """
    check_open_unit("conf_level", conf_level)
    x = check_array("exposure", exposure)
    y = check_event("event", event, x.size)
    why = _not_estimable(x, y)
    numbers = _estimates(x, y, conf_level) if why is None else dict.fromkeys(_NUMBERS, math.nan)
    return Logistic(
        n=x.size,
        n_events=int(y.sum()),
        **numbers,
        conf_level=conf_level,
        ne={} if why is None else dict.fromkeys(_NUMBERS, why),
    )


def curve(fit: Logistic, exposure: ArrayLike) -> Curve:
    """Fitted probabilities of the outcome.

    Parameters
    ----------
    fit : Logistic
    exposure : array of float
        On the scale of the fit.

    Returns
    -------
    Curve
        Probabilities 0-1 with limits at the level of the fit.

    Not estimable
    -------------
    Everything, where the fit is not.

    Raises
    ------
    ValueError
        A missing or infinite exposure.

    Source
    ------
    R ``predict(glm, type = "link", se.fit = TRUE)``, limits transformed by ``plogis``.

    Oracle
    ------
    tests/oracle/logistic.R
    """
    x = check_array("exposure", exposure)
    centre = fit.intercept + fit.coefficient * x
    variance = fit.intercept_variance + 2 * x * fit.covariance + (x * fit.std_error) ** 2
    half = normal_quantile(fit.conf_level) * np.sqrt(np.maximum(variance, 0))
    reason = fit.ne.get("coefficient")
    return Curve(
        exposure=x,
        probability=expit(centre),
        lower=expit(centre - half),
        upper=expit(centre + half),
        conf_level=fit.conf_level,
        ne={} if reason is None else dict.fromkeys(("probability", "lower", "upper"), reason),
    )


_NUMBERS = tuple(f.name for f in Logistic.stats() if f.name not in ("n", "n_events"))


def _not_estimable(x: Floats, y: np.ndarray) -> str | None:
    if not x.size:
        return NO_SUBJECTS
    if not y.any() or y.all():
        return ALL_WITH if y.all() else NONE_WITH
    if x.min() == x.max():
        return CONSTANT
    separated = x[y].min() >= x[~y].max() or x[y].max() <= x[~y].min()
    return SEPARATED if separated else None


def _estimates(x: Floats, y: np.ndarray, conf_level: float) -> dict[str, float]:
    """The maximum, found on the standardised exposure, and what follows from it."""
    shift, spread = float(x.mean()), float(x.std())
    z, n, events = (x - shift) / spread, x.size, int(y.sum())
    design = np.column_stack((np.ones(n), z))
    beta, best = _maximum(design, y, np.zeros(n))
    inverse = np.linalg.inv(_information(design @ beta, design))
    null = events * math.log(events / n) + (n - events) * math.log(1 - events / n)
    slope, error = beta[1] / spread, math.sqrt(inverse[1, 1]) / spread
    half = normal_quantile(conf_level) * error
    ends = [_profile_limit(z, y, beta[1], best, sign, conf_level) / spread for sign in (-1, 1)]
    back = shift / spread
    ratio = max(2 * (best - null), 0.0)
    return {
        "intercept": float(beta[0] - beta[1] * back),
        "coefficient": slope,
        "std_error": error,
        "odds_ratio": _exp(slope),
        "lower": _exp(slope - half),
        "upper": _exp(slope + half),
        "profile_lower": _exp(ends[0]),
        "profile_upper": _exp(ends[1]),
        "p": float(2 * ndtr(-abs(slope / error))),
        "likelihood_ratio": ratio,
        "likelihood_ratio_p": float(chdtrc(1, ratio)),
        "log_likelihood_null": null,
        "log_likelihood": best,
        "intercept_variance": float(
            inverse[0, 0] - 2 * back * inverse[0, 1] + back**2 * inverse[1, 1]
        ),
        "covariance": float((inverse[0, 1] - back * inverse[1, 1]) / spread),
    }


def _log_likelihood(eta: Floats, y: np.ndarray) -> float:
    return float((np.where(y, eta, 0.0) - np.logaddexp(0.0, eta)).sum())


def _information(eta: Floats, design: Floats) -> Floats:
    return _weighted(expit(eta) * expit(-eta), design)


def _weighted(weight: Floats, design: Floats) -> Floats:
    found: Floats = design.T @ (weight[:, None] * design)
    return found


def _maximum(design: Floats, y: np.ndarray, offset: Floats) -> tuple[Floats, float]:
    """Newton's steps, halved while they lead down; the log likelihood is concave."""
    beta, eta = np.zeros(design.shape[1]), offset
    best = _log_likelihood(eta, y)
    for _ in range(200):
        up, down = expit(eta), expit(-eta)
        # y - p without cancellation where p is close to y
        score = design.T @ np.where(y, down, -up)
        step = np.linalg.solve(_weighted(up * down, design), score)
        if float(score @ step) < 1e-28:
            return beta, best
        for _ in range(60):
            eta = offset + design @ (beta + step)
            found = _log_likelihood(eta, y)
            if found >= best - 1e-13 * abs(best):
                break
            step /= 2
        beta, best = beta + step, found
        if np.abs(step).max() <= 1e-15 * (1 + np.abs(beta).max()):
            break
    return beta, best


def _profile_limit(
    z: Floats, y: np.ndarray, estimate: float, best: float, sign: int, conf_level: float
) -> float:
    """Where the profile likelihood has fallen by half the chi-square quantile."""
    fall, ones = normal_quantile(conf_level) ** 2 / 2, np.ones((z.size, 1))

    def beyond(distance: float) -> float:
        offset = (estimate + sign * distance) * z
        return best - _maximum(ones, y, offset)[1] - fall

    return estimate + sign * root(beyond, 0.0, _reaching(beyond))


def _reaching(beyond: Callable[[float], float]) -> float:
    """A distance at which the fall is complete; it exists where the maximum does."""
    far = 1.0
    while beyond(far) < 0:
        far *= 2
    return far


def _exp(x: float) -> float:
    with np.errstate(over="ignore"):  # beyond the largest float: infinity
        return float(np.exp(x))
