"""Exposure-adjusted rates: definitions, properties, refusals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import pdtr, pdtrc

from il5report.analyse.rate import poisson_rate

METHODS = ("exact", "mid_p", "normal", "normal_log", "byar")
events = st.integers(0, 300)
exposures = st.floats(0.1, 1e5)


@settings(deadline=None)
@given(events, exposures, st.sampled_from(METHODS), st.sampled_from([0.8, 0.9, 0.95]))
def test_interval_holds_the_rate(x: int, time: float, method: str, level: float) -> None:
    result = poisson_rate(x, time, method=method, conf_level=level)
    assert result.rate == pytest.approx(x / time, rel=1e-14)
    assert result.se == pytest.approx(math.sqrt(x) / time, rel=1e-14)
    if x == 0 and method == "normal_log":
        assert math.isnan(result.lower)
        assert math.isnan(result.upper)
        assert result.ne == {"lower": "no events", "upper": "no events"}
    else:
        assert result.lower <= result.rate <= result.upper
        assert not result.ne


@settings(deadline=None)
@given(events, st.sampled_from([0.8, 0.95]))
def test_exact_and_mid_p_by_definition(x: int, level: float) -> None:
    half = (1 - level) / 2
    exact = poisson_rate(x, 1.0, conf_level=level)
    assert pdtr(x, exact.upper) == pytest.approx(half, rel=1e-9)
    mid = poisson_rate(x, 1.0, conf_level=level, method="mid_p")

    def mass(k: int, mean: float) -> float:
        return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))

    below = pdtr(x - 1, mid.upper) if x else 0.0
    assert below + mass(x, mid.upper) / 2 == pytest.approx(half, rel=1e-9)
    if x:
        assert pdtrc(x - 1, exact.lower) == pytest.approx(half, rel=1e-9)
        assert pdtrc(x, mid.lower) + mass(x, mid.lower) / 2 == pytest.approx(half, rel=1e-9)
        assert exact.lower < mid.lower < mid.upper < exact.upper
    else:
        assert exact.lower == mid.lower == 0


@settings(deadline=None)
@given(events, exposures, st.sampled_from(METHODS), st.floats(0.01, 1000))
def test_change_of_unit(x: int, time: float, method: str, per: float) -> None:
    one, many = poisson_rate(x, time, method=method), poisson_rate(x, time, method=method, per=per)
    for name in ("rate", "se", "lower", "upper"):
        expected = per * getattr(one, name)
        assert getattr(many, name) == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert (many.per, one.per, many.method, many.events) == (per, 1.0, method, x)
    assert many.exposure == time


def test_no_events() -> None:
    result = poisson_rate(0, 2.0)
    assert (result.rate, result.se, result.lower) == (0, 0, 0)
    assert result.upper == pytest.approx(3.688879454113936 / 2, rel=1e-14)
    assert (result.method, result.conf_level) == ("exact", 0.95)


def test_logarithm_of_no_events() -> None:
    result = poisson_rate(0, 2.0, method="normal_log")
    assert math.isnan(result.lower)
    assert math.isnan(result.upper)
    assert result.ne == {"lower": "no events", "upper": "no events"}
    assert poisson_rate(1, 2.0, method="normal_log").ne == {}


def test_no_exposure_is_not_estimable() -> None:
    result = poisson_rate(0, 0)
    assert all(math.isnan(getattr(result, name)) for name in ("rate", "se", "lower", "upper"))
    assert result.ne == dict.fromkeys(("rate", "se", "lower", "upper"), "no exposure")


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((-1, 5), {}, "events = -1: below 0"),
        ((1.5, 5), {}, "events = 1.5: not a whole number"),
        ((1, -5), {}, "exposure = -5: negative or not finite"),
        ((1, math.inf), {}, "exposure = inf: negative or not finite"),
        ((1, math.nan), {}, "exposure = nan: negative or not finite"),
        ((2, 0), {}, "exposure = 0: with 2 events"),
        ((2, 5), {"per": 0}, "per = 0: not above 0"),
        ((2, 5), {"method": "wald"}, "method = 'wald': one of exact"),
        ((2, 5), {"conf_level": 0}, "conf_level = 0"),
    ],
)
def test_refuses(args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        poisson_rate(*args, **kwargs)
