"""Dose proportionality: the power model, a straight line of log parameter on log dose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from il5report.analyse._life_table import Floats
from il5report.analyse._numeric import check_open_unit
from il5report.analyse.result import Result, check_array, stat

NO_VALUE = "no value above 0"
ONE_DOSE = "values above 0 at one dose only"
TOO_FEW = "fewer than three values above 0"


@dataclass(frozen=True, kw_only=True)
class PowerModel(Result):
    """``log(value) = intercept + slope * log(dose)``; slope 1 is proportionality."""

    n: int = stat("Number of values above 0")
    n_zero: int = stat("Number of values 0, left out")
    n_doses: int = stat("Number of doses with a value above 0")
    slope: float = stat("Slope of log parameter on log dose")
    std_error: float = stat("Standard error of the slope")
    lower: float = stat("Lower confidence limit of the slope")
    upper: float = stat("Upper confidence limit of the slope")
    intercept: float = stat("Intercept (natural logarithms)")
    sigma: float = stat("Residual standard deviation of the logs")
    r2: float = stat("R2")
    mean_log_dose: float = stat("Mean of the log doses")
    squares: float = stat("Sum of squares of the log doses about their mean")
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class Line(Result):
    """The fitted geometric mean at doses, with pointwise limits."""

    dose: Floats
    mean: Floats = stat("Fitted geometric mean", "input")
    lower: Floats = stat("Lower confidence limit", "input")
    upper: Floats = stat("Upper confidence limit", "input")
    conf_level: float


def power_model(dose: ArrayLike, value: ArrayLike, *, conf_level: float = 0.9) -> PowerModel:
    """Least squares of log value on log dose.

    Parameters
    ----------
    dose : array of float
        Above 0, one per value, in one unit.
    value : array of float
        At least 0, in one unit; zeros have no logarithm, are left out and counted.
    conf_level : float
        Two-sided level of the interval of the slope.

    Returns
    -------
    PowerModel
        Slope without unit with Student's limits (n - 2 degrees of freedom).

    Not estimable
    -------------
    Everything without a value above 0; slope and what needs it with values at one dose only;
    standard error and limits with fewer than three values.

    Raises
    ------
    ValueError
        A missing, infinite or negative value, a dose not above 0 (the first position is named),
        unequal lengths, level outside 0-1.

    Source
    ------
    Gough et al., Drug Inf J 1995;29:1039. R ``lm(log(value) ~ log(dose))``, ``confint``; SAS
    ``proc reg; model logvalue = logdose / clb alpha=0.1``.

    Oracle
    ------
    tests/oracle/power_model.R
    """
    check_open_unit("conf_level", conf_level)
    doses, values = check_array("dose", dose, minimum=0), check_array("value", value, minimum=0)
    if doses.shape != values.shape:
        raise ValueError(f"value: length {doses.size} expected, {values.size} given")
    if (doses == 0).any():
        raise ValueError(f"dose[{int(np.argmax(doses == 0))}] = 0.0: not above 0")
    above = values > 0
    x, y = np.log(doses[above]), np.log(values[above])
    numbers, why = _fit(x, y, conf_level)
    return PowerModel(
        n=x.size,
        n_zero=values.size - x.size,
        n_doses=np.unique(doses[above]).size,
        **numbers,
        conf_level=conf_level,
        ne=why,
    )


def line(fit: PowerModel, dose: ArrayLike) -> Line:
    """The fitted geometric mean at doses.

    Parameters
    ----------
    fit : PowerModel
    dose : array of float
        Above 0, in the unit of the fit.

    Returns
    -------
    Line
        In the unit of the values; limits of the mean at the level of the fit.

    Not estimable
    -------------
    Everything, where the slope is not; the limits where its limits are not.

    Raises
    ------
    ValueError
        A dose that is missing, infinite or negative.

    Source
    ------
    R ``predict(lm, interval = "confidence")``.

    Oracle
    ------
    tests/oracle/power_model.R
    """
    doses = check_array("dose", dose, minimum=0)
    x = np.log(doses)
    centre = fit.intercept + fit.slope * x
    with np.errstate(invalid="ignore", divide="ignore"):  # one dose: no slope
        error = fit.sigma * np.sqrt(1 / max(fit.n, 1) + (x - fit.mean_log_dose) ** 2 / fit.squares)
    half = _student(fit.n - 2, fit.conf_level) * error
    reasons = {"mean": fit.ne.get("slope"), "lower": fit.ne.get("lower")}
    reasons["upper"] = reasons["lower"]
    return Line(
        dose=doses,
        mean=np.exp(centre),
        lower=np.exp(centre - half),
        upper=np.exp(centre + half),
        conf_level=fit.conf_level,
        ne={name: why for name, why in reasons.items() if why},
    )


_OF_SLOPE = ("slope", "intercept", "r2")
_OF_ERROR = ("std_error", "lower", "upper", "sigma")
_OF_DOSES = ("mean_log_dose", "squares")


def _student(freedom: int, conf_level: float) -> float:
    return float(stdtrit(freedom, (1 + conf_level) / 2)) if freedom > 0 else math.nan


def _fit(x: Floats, y: Floats, conf_level: float) -> tuple[dict[str, float], dict[str, str]]:
    """The numbers, and why some are not estimable."""
    numbers = dict.fromkeys((*_OF_SLOPE, *_OF_ERROR, *_OF_DOSES), math.nan)
    if not x.size:
        return numbers, dict.fromkeys(numbers, NO_VALUE)
    centre = float(x.mean())
    squares = float(np.sum((x - centre) ** 2))
    one_dose = x.min() == x.max()
    numbers |= {"mean_log_dose": centre, "squares": 0.0 if one_dose else squares}
    if one_dose:
        return numbers, dict.fromkeys((*_OF_SLOPE, *_OF_ERROR), ONE_DOSE)
    middle = float(y.mean())
    slope = float(np.sum((x - centre) * (y - middle))) / squares
    rest = float(np.sum((y - middle - slope * (x - centre)) ** 2))
    whole = float(np.sum((y - middle) ** 2))
    numbers |= {
        "slope": slope,
        "intercept": middle - slope * centre,
        "r2": 1 - rest / whole if whole else 0.0,
    }
    freedom = x.size - 2
    if not freedom:
        return numbers, dict.fromkeys(_OF_ERROR, TOO_FEW)
    sigma = math.sqrt(rest / freedom)
    error = sigma / math.sqrt(squares)
    half = _student(freedom, conf_level) * error
    return numbers | {
        "sigma": sigma, "std_error": error, "lower": slope - half, "upper": slope + half
    }, {}  # fmt: skip
