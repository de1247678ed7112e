"""Descriptive statistics of a continuous variable: percentiles, moments, geometric statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.special import stdtrit

from il5report.analyse._moments import Moments, moments
from il5report.analyse._numeric import check_open_unit
from il5report.analyse.result import Result, check_array, stat

_NO_VALUES = "no values"
_ONE_VALUE = "fewer than two values"


@dataclass(frozen=True, kw_only=True)
class Description(Result):
    """Number of values, moments, percentiles."""

    n: int = stat("Number of values")
    mean: float = stat("Mean", "input")
    sd: float = stat("Standard deviation", "input")
    se: float = stat("Standard error of the mean", "input")
    lower: float = stat("Lower confidence limit of the mean", "input")
    upper: float = stat("Upper confidence limit of the mean", "input")
    median: float = stat("Median", "input")
    q1: float = stat("First quartile", "input")
    q3: float = stat("Third quartile", "input")
    minimum: float = stat("Minimum", "input")
    maximum: float = stat("Maximum", "input")
    conf_level: float
    percentile_definition: str = "PCTLDEF 5"


@dataclass(frozen=True, kw_only=True)
class Geometric(Result):
    """Statistics on the log scale, transformed back."""

    n: int = stat("Number of values above 0")
    n_zero: int = stat("Number of zeros, not part of the geometric statistics")
    mean: float = stat("Geometric mean", "input")
    sd: float = stat("Geometric standard deviation (factor)")
    cv: float = stat("Geometric coefficient of variation", "%")
    lower: float = stat("Lower confidence limit of the geometric mean", "input")
    upper: float = stat("Upper confidence limit of the geometric mean", "input")
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class GeometricRatio(Result):
    """Ratio of two geometric means."""

    n_test: int = stat("Number of values above 0, numerator")
    n_reference: int = stat("Number of values above 0, denominator")
    ratio: float = stat("Ratio of geometric means")
    lower: float = stat("Lower confidence limit of the ratio")
    upper: float = stat("Upper confidence limit of the ratio")
    conf_level: float


def describe(values: Sequence[float] | np.ndarray, *, conf_level: float = 0.95) -> Description:
    """Number, mean with t interval, standard deviation, median, quartiles and range.

    Parameters
    ----------
    values : array of float
        Non-missing values, any order, any unit.
    conf_level : float
        Two-sided level of the interval of the mean.

    Returns
    -------
    Description
        In the unit of `values`.

    Not estimable
    -------------
    Everything but `n` without values; standard deviation, standard error and limits with one.

    Raises
    ------
    ValueError
        A missing or infinite value (the first position is named), level outside 0-1.

    Source
    ------
    SAS ``proc means ... qntldef=5``; R ``mean``, ``sd``, ``t.test``, ``quantile(type = 2)``.

    Oracle
    ------
    tests/oracle/continuous.R
    """
    check_open_unit("conf_level", conf_level)
    array = np.sort(check_array("values", values))
    found = moments(array, conf_level)
    q1, median, q3 = (_percentile(array, percent) for percent in (25, 50, 75))
    n = array.size
    return Description(
        n=n,
        mean=found.mean,
        sd=found.sd,
        se=found.sd / math.sqrt(n) if n else math.nan,
        lower=found.mean - found.half_width,
        upper=found.mean + found.half_width,
        median=median,
        q1=q1,
        q3=q3,
        minimum=float(array[0]) if n else math.nan,
        maximum=float(array[-1]) if n else math.nan,
        conf_level=conf_level,
        ne=_reasons(
            n, ("mean", "median", "q1", "q3", "minimum", "maximum"), ("sd", "se", "lower", "upper")
        ),
    )


def percentile(values: Sequence[float] | np.ndarray, percent: float) -> float:
    """One percentile by the SAS default definition (PCTLDEF 5, R type 2).

    Parameters
    ----------
    values : array of float
        Non-missing values, any order, any unit.
    percent : float
        0 to 100, taken as the decimal number it is written as (2.5 is 25/1000 exactly).

    Returns
    -------
    float
        With ``n * percent / 100 = j + g``: the mean of the j-th and the next value when g = 0,
        else the next value. NaN without values.

    Not estimable
    -------------
    Without values.

    Raises
    ------
    ValueError
        A missing or infinite value, `percent` outside 0-100.

    Source
    ------
    SAS ``pctldef=5``; R ``quantile(type = 2)``; Hyndman and Fan 1996, definition 2.

    Oracle
    ------
    tests/oracle/continuous.R
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"percent = {percent!r}: not between 0 and 100")
    return _percentile(np.sort(check_array("values", values)), Fraction(repr(float(percent))))


def geometric(values: Sequence[float] | np.ndarray, *, conf_level: float = 0.95) -> Geometric:
    """Geometric mean with t interval on the log scale, geometric SD and CV.

    Parameters
    ----------
    values : array of float
        Non-missing values of at least 0. Zeros (no quantifiable value) have no logarithm: they
        are left out and counted in `n_zero`.
    conf_level : float
        Two-sided level.

    Returns
    -------
    Geometric
        Mean and limits in the unit of `values`, SD as a factor,
        ``CV% = 100 sqrt(exp(s^2) - 1)`` with the variance s^2 of the logs (divisor n - 1).

    Not estimable
    -------------
    Everything but the counts without a value above 0; SD, CV and limits with one.

    Raises
    ------
    ValueError
        A missing, infinite or negative value (the first position is named), level outside 0-1.

    Source
    ------
    Kirkwood 1979 (Biometrics 35:908); R ``exp(t.test(log(x))$conf.int)``.

    Oracle
    ------
    tests/oracle/continuous.R
    """
    check_open_unit("conf_level", conf_level)
    array = np.sort(check_array("values", values, minimum=0))
    logs = np.log(array[array > 0])
    found = moments(logs, conf_level)
    return Geometric(
        n=logs.size,
        n_zero=array.size - logs.size,
        mean=_exp(found.mean),
        sd=_exp(found.sd),
        cv=100 * math.sqrt(_exp(found.sd**2, np.expm1)),
        lower=_exp(found.mean - found.half_width),
        upper=_exp(found.mean + found.half_width),
        conf_level=conf_level,
        ne=_reasons(logs.size, ("mean",), ("sd", "cv", "lower", "upper")),
    )


def geometric_mean_ratio(
    test: Sequence[float] | np.ndarray,
    reference: Sequence[float] | np.ndarray,
    *,
    conf_level: float = 0.9,
) -> GeometricRatio:
    """Ratio of two geometric means, with the pooled-variance t interval on the log scale.

    Parameters
    ----------
    test, reference : array of float
        Non-missing values of at least 0 in one unit; zeros are left out.
    conf_level : float
        Two-sided level.

    Returns
    -------
    GeometricRatio
        Ratio test / reference with limits, without unit.

    Not estimable
    -------------
    Everything when one group has no value above 0; limits with fewer than three values in all.

    Raises
    ------
    ValueError
        A missing, infinite or negative value (the first position is named), level outside 0-1.

    Source
    ------
    R ``exp(t.test(log(x), log(y), var.equal = TRUE)$conf.int)``; SAS ``proc ttest dist=lognormal``.

    Oracle
    ------
    tests/oracle/continuous.R
    """
    check_open_unit("conf_level", conf_level)
    logs: list[Moments] = []
    for name, values in (("test", test), ("reference", reference)):
        array = np.sort(check_array(name, values, minimum=0))
        logs.append(moments(np.log(array[array > 0]), conf_level))
    first, second = logs
    difference = first.mean - second.mean
    freedom = first.n + second.n - 2
    half = math.nan
    if freedom > 0 and first.n and second.n:
        pooled = math.sqrt((first.squares + second.squares) / freedom)
        scale = math.sqrt(1 / first.n + 1 / second.n)
        half = float(stdtrit(freedom, (1 + conf_level) / 2)) * pooled * scale
    ne = {}
    if not (first.n and second.n):
        ne = dict.fromkeys(("ratio", "lower", "upper"), "a group without values above 0")
    elif freedom == 0:
        ne = dict.fromkeys(("lower", "upper"), "fewer than three values")
    return GeometricRatio(
        n_test=first.n,
        n_reference=second.n,
        ratio=_exp(difference),
        lower=_exp(difference - half),
        upper=_exp(difference + half),
        conf_level=conf_level,
        ne=ne,
    )


def _percentile(ordered: np.ndarray, percent: Fraction | int) -> float:
    n = ordered.size
    if n == 0:
        return math.nan
    j, rest = divmod(n * percent, 100)
    above = float(ordered[min(j, n - 1)])
    return above if rest or j == 0 else (float(ordered[j - 1]) + above) / 2


def _reasons(n: int, from_one: tuple[str, ...], from_two: tuple[str, ...]) -> dict[str, str]:
    if n == 0:
        return dict.fromkeys(from_one + from_two, _NO_VALUES)
    return dict.fromkeys(from_two, _ONE_VALUE) if n == 1 else {}


def _exp(x: float, function: np.ufunc = np.exp) -> float:
    with np.errstate(over="ignore"):  # beyond the largest float: infinity
        return float(function(x))
