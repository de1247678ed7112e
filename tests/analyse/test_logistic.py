"""Logistic regression: maximum of the definition, invariance, separation, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse import logistic as module
from il5report.analyse._limits import normal_quantile
from il5report.analyse.logistic import curve, logistic

NUMBERS = [f.name for f in module.Logistic.stats() if f.name not in ("n", "n_events")]
samples = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=14)


def log_likelihood(x, y, intercept: float, slope: float) -> float:
    """By definition, one subject after the other."""
    total = 0.0
    for exposure, event in zip(x, y, strict=True):
        eta = intercept + slope * exposure
        total -= math.log1p(math.exp(-eta if event else eta))
    return total


def best_intercept(x, y, slope: float) -> float:
    """The highest likelihood at a slope, by golden section over the intercept."""
    low, high = -60.0, 60.0
    ratio = (math.sqrt(5) - 1) / 2
    while high - low > 1e-9:
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if log_likelihood(x, y, a, slope) > log_likelihood(x, y, b, slope):
            high = b
        else:
            low = a
    return log_likelihood(x, y, (low + high) / 2, slope)


def sample(n: int = 24, seed: int = 3):
    draw = np.random.default_rng(seed)
    x = draw.normal(4, 0.7, n).round(2)
    return x, draw.random(n) < 1 / (1 + np.exp(-1.5 * (x - 4)))


def separated(x, y) -> bool:
    """Whether a threshold puts the groups on its two sides (both may touch it)."""
    with_, without = ([v for v, e in zip(x, y, strict=True) if e is w] for w in (True, False))
    return any(
        all(v <= cut for v in low) and all(v >= cut for v in high)
        for low, high in ((with_, without), (without, with_))
        for cut in x
    )


def test_maximum_and_curvature_of_the_definition() -> None:
    x, y = sample()
    fit = logistic(x, y)
    here = log_likelihood(x, y, fit.intercept, fit.coefficient)
    assert fit.log_likelihood == pytest.approx(here, rel=1e-12)
    for step in (-1e-3, 1e-3):
        assert log_likelihood(x, y, fit.intercept + step, fit.coefficient) < here
        assert log_likelihood(x, y, fit.intercept, fit.coefficient + step) < here
    step = 1e-3 * fit.std_error
    around = [best_intercept(x, y, fit.coefficient + s * step) for s in (-1, 1)]
    assert fit.std_error == pytest.approx(step / math.sqrt(2 * here - sum(around)), rel=1e-2)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_profile_limits_are_where_the_likelihood_has_fallen(level: float) -> None:
    x, y = sample()
    fit = logistic(x, y, conf_level=level)
    for limit in (fit.profile_lower, fit.profile_upper):
        fall = fit.log_likelihood - best_intercept(x, y, math.log(limit))
        assert 2 * fall == pytest.approx(normal_quantile(level) ** 2, rel=1e-6)


def test_two_groups_give_the_odds_ratio_of_their_table() -> None:
    x, y = [0] * 9 + [1] * 11, [True] * 2 + [False] * 7 + [True] * 8 + [False] * 3
    fit = logistic(x, y)
    assert fit.odds_ratio == pytest.approx((8 * 7) / (3 * 2))
    assert fit.std_error == pytest.approx(math.sqrt(1 / 8 + 1 / 7 + 1 / 3 + 1 / 2))
    assert curve(fit, [0, 1]).probability == pytest.approx([2 / 9, 8 / 11])


@given(samples)
def test_estimable_exactly_where_nothing_separates(pairs: list[tuple[int, bool]]) -> None:
    x, y = [float(v) for v, _ in pairs], [e for _, e in pairs]
    fit = logistic(x, y)
    both = 0 < sum(y) < len(y)
    assert (fit.n, fit.n_events) == (len(x), sum(y))
    assert (not fit.ne) == (both and not separated(x, y))
    for name in NUMBERS:
        assert math.isnan(getattr(fit, name)) == (name in fit.ne)
    if not fit.ne:
        assert fit.lower < fit.odds_ratio < fit.upper
        assert fit.profile_lower < fit.odds_ratio < fit.profile_upper
        assert fit.log_likelihood >= fit.log_likelihood_null - 1e-9
        fitted = curve(fit, x).probability
        assert fitted.sum() == pytest.approx(sum(y))  # the score equations
        assert (fitted * x).sum() == pytest.approx(np.dot(x, y))


@given(samples, st.floats(-50, 50), st.sampled_from([0.1, 3.0, 250.0]), st.randoms())
def test_order_origin_unit_and_the_other_outcome(pairs, shift, scale, random) -> None:
    x, y = np.array([float(v) for v, _ in pairs]), np.array([e for _, e in pairs])
    fit = logistic(x, y)
    order = list(range(len(x)))
    random.shuffle(order)
    moved = logistic(scale * (x + shift)[order], y[order])
    other = logistic(x, ~y)
    assert (not fit.ne) == (not moved.ne) == (not other.ne)
    if not fit.ne:
        assert moved.coefficient * scale == pytest.approx(fit.coefficient, rel=1e-6, abs=1e-7)
        assert moved.log_likelihood == pytest.approx(fit.log_likelihood)
        assert other.coefficient == pytest.approx(-fit.coefficient, rel=1e-7, abs=1e-9)
        assert other.profile_upper == pytest.approx(1 / fit.profile_lower, rel=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([], [], module.NO_SUBJECTS),
        ([1.0], [True], module.ALL_WITH),
        ([1.0, 2.0], [False, False], module.NONE_WITH),
        ([2.0, 2.0], [True, False], module.CONSTANT),
        ([1.0, 2.0], [False, True], module.SEPARATED),
        ([1.0, 2.0, 2.0, 3.0], [True, True, False, False], module.SEPARATED),
    ],
)
def test_what_is_not_estimable_says_why(x, y, why: str) -> None:
    fit = logistic(x, y)
    assert set(fit.ne.values()) == {why}
    assert set(curve(fit, [1.0]).ne.values()) == {why}


def test_a_curve_lies_in_its_band_and_in_the_range_of_a_probability() -> None:
    fit = logistic(*sample())
    found = curve(fit, np.linspace(0, 9, 40))
    assert (found.lower < found.probability).all() and (found.probability < found.upper).all()
    assert (found.lower >= 0).all() and (found.upper <= 1).all()
    assert (np.diff(found.probability) > 0).all()


@pytest.mark.parametrize(
    ("x", "y", "level", "message"),
    [
        ([1.0, math.nan], [True, False], 0.95, r"exposure\[1\]"),
        ([1.0, 2.0], [True, 2], 0.95, r"event\[1\]"),
        ([1.0, 2.0], [True], 0.95, "length 2"),
        ([1.0, 2.0], [True, False], 1.0, "conf_level"),
    ],
)
def test_wrong_input_is_refused(x, y, level: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        logistic(x, y, conf_level=level)


def test_the_curve_carries_its_exposures_and_level_and_refuses_others() -> None:
    fit = logistic([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0, 0, 1, 0, 1, 1], conf_level=0.8)
    found = curve(fit, [1.5, 2.5])
    assert found.exposure.tolist() == [1.5, 2.5]
    assert (found.conf_level, dict(found.ne)) == (0.8, {})
    with pytest.raises(ValueError, match=r"^exposure\[1\]"):
        curve(fit, [1.0, math.nan])


def test_a_curve_without_a_fit_says_why_for_every_number() -> None:
    apart = logistic([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1])
    found = curve(apart, [2.0])
    assert set(found.ne) == {"probability", "lower", "upper"}
    assert set(found.ne.values()) == {apart.ne["odds_ratio"]}
