"""Descriptive statistics: definitions, properties, edges, refusals."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.analyse.continuous import describe, geometric, geometric_mean_ratio, percentile

values = st.lists(st.integers(-(10**6), 10**6).map(lambda k: k / 100), min_size=1, max_size=30)
positive = st.lists(st.integers(1, 10**6).map(lambda k: k / 100), min_size=1, max_size=20)
STATISTICS = ("mean", "sd", "se", "lower", "upper", "median", "q1", "q3", "minimum", "maximum")


@settings(deadline=None)
@given(values)
def test_moments_by_definition(x: list[float]) -> None:
    result = describe(x)
    exact = [Fraction(v) for v in x]
    assert result.n == len(x)
    assert result.mean == pytest.approx(float(sum(exact) / len(x)), rel=1e-15, abs=1e-9)
    assert (result.minimum, result.maximum) == (min(x), max(x))
    if len(x) > 1:
        assert result.sd == pytest.approx(math.sqrt(statistics.variance(exact)), rel=1e-12)
        assert result.se == pytest.approx(result.sd / math.sqrt(len(x)))
        assert result.lower <= result.mean <= result.upper
        assert result.upper - result.mean == pytest.approx(result.mean - result.lower, abs=1e-8)
        assert not result.ne
    assert result.minimum <= result.q1 <= result.median <= result.q3 <= result.maximum
    assert result.median == pytest.approx(statistics.median(x), abs=1e-12)
    assert (result.conf_level, result.percentile_definition) == (0.95, "PCTLDEF 5")


@settings(deadline=None)
@given(values, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(x: list[float], random) -> None:
    shuffled = list(x)
    random.shuffle(shuffled)
    one, other = describe(x), describe(shuffled)
    for name in STATISTICS:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=0, nan_ok=True)


@settings(deadline=None)
@given(values.filter(lambda x: len(x) > 1), st.sampled_from([2.0, 1024.0, 0.25]))
def test_change_of_unit(x: list[float], factor: float) -> None:
    one, other = describe(x), describe(np.array(x) * factor)
    for name in STATISTICS:
        assert getattr(other, name) == pytest.approx(factor * getattr(one, name), rel=1e-12)


@settings(deadline=None)
@given(values, st.integers(0, 1000))
def test_percentile_by_definition(x: list[float], per_mille: int) -> None:
    """PCTLDEF 5 in the words of SAS: n p = j + g, average when g = 0, else the next value."""
    ordered = sorted(x)
    j, g = divmod(len(x) * per_mille, 1000)
    if j == 0:
        expected = ordered[0]
    elif j == len(x):
        expected = ordered[-1]
    else:
        expected = ordered[j] if g else (ordered[j - 1] + ordered[j]) / 2
    assert percentile(x, per_mille / 10) == expected


def test_percents_are_decimal_numbers() -> None:
    """2.3 % of 1000 is 23, although 2.3 in binary is a little less."""
    assert percentile(range(1, 1001), 2.3) == 23.5
    assert percentile(range(1, 1001), 50) == 500.5
    assert percentile([1, 2, 3, 4], 25) == describe([1, 2, 3, 4]).q1 == 1.5
    assert percentile([1, 2, 3, 4], 75) == describe([1, 2, 3, 4]).q3 == 3.5
    assert math.isnan(percentile([], 50))
    for percent in (-1, 101, math.nan):
        with pytest.raises(ValueError, match=rf"^percent = {percent}: not between 0 and 100"):
            percentile([1], percent)


def test_no_value_and_one_value() -> None:
    none = describe([])
    assert none.n == 0
    assert none.ne == dict.fromkeys(STATISTICS, "no values")
    assert all(math.isnan(getattr(none, name)) for name in STATISTICS)
    one = describe([3])
    spread = {"sd", "se", "lower", "upper"}
    assert one.ne == dict.fromkeys(spread, "fewer than two values")
    assert all(math.isnan(getattr(one, name)) == (name in spread) for name in STATISTICS)
    assert one.mean == one.median == one.q1 == one.q3 == one.minimum == one.maximum == 3


def test_equal_values_have_no_spread() -> None:
    result = describe([0.1] * 3)
    assert (result.mean, result.sd, result.lower) == (0.1, 0, 0.1)
    assert geometric([0.3] * 7).cv == 0


def test_t_interval() -> None:
    """Nine whole numbers, t quantiles 2.306004 and 1.859548 at 8 degrees of freedom."""
    for level, t in ((0.95, 2.306004135204166), (0.9, 1.8595480375308981)):
        result = describe(range(1, 10), conf_level=level)
        assert result.upper == pytest.approx(5 + t * math.sqrt(7.5) / 3)
        assert result.lower == pytest.approx(5 - t * math.sqrt(7.5) / 3)
        assert result.conf_level == level


def test_large_offset_keeps_the_digits() -> None:
    assert describe([1e9 + 1, 1e9 + 2, 1e9 + 4]).sd == pytest.approx(math.sqrt(7 / 3), rel=1e-14)


@settings(deadline=None)
@given(positive, st.lists(st.just(0.0), max_size=3))
def test_geometric_is_the_description_of_the_logs(x: list[float], zeros: list[float]) -> None:
    result, logs = geometric(zeros + x), describe(np.log(x))
    assert (result.n, result.n_zero, result.conf_level) == (len(x), len(zeros), 0.95)
    assert result.mean == pytest.approx(math.exp(logs.mean), rel=1e-12)
    assert result.mean == pytest.approx(math.prod(v ** (1 / len(x)) for v in x), rel=1e-9)
    if len(x) == 1:
        assert result.ne == dict.fromkeys(("sd", "cv", "lower", "upper"), "fewer than two values")
        assert all(math.isnan(getattr(result, name)) for name in ("sd", "cv", "lower", "upper"))
    elif logs.upper < 700:
        assert result.sd == pytest.approx(math.exp(logs.sd), rel=1e-12)
        assert result.upper == pytest.approx(math.exp(logs.upper), rel=1e-10)
        assert result.lower == pytest.approx(math.exp(logs.lower), rel=1e-10)
        cv = 100 * math.sqrt(math.exp(logs.sd**2) - 1)
        assert result.cv == pytest.approx(cv, rel=1e-9, abs=1e-5)
        assert not result.ne


def test_geometric_edges() -> None:
    nothing = geometric([0, 0])
    assert (nothing.n, nothing.n_zero) == (0, 2)
    names = ("mean", "sd", "cv", "lower", "upper")
    assert nothing.ne == dict.fromkeys(names, "no values")
    assert all(math.isnan(getattr(nothing, name)) for name in names)
    huge = geometric([1e-300, 1e300])
    assert (huge.cv, huge.upper, huge.lower) == (math.inf, math.inf, 0)
    assert geometric([1, 4], conf_level=0.9).upper == pytest.approx(
        2 * math.exp(6.313751514675043 * math.log(4) / math.sqrt(2) / math.sqrt(2))
    )


@settings(deadline=None)
@given(positive, positive)
def test_ratio_of_geometric_means(x: list[float], y: list[float]) -> None:
    result = geometric_mean_ratio([0.0, *x], y)
    assert (result.n_test, result.n_reference, result.conf_level) == (len(x), len(y), 0.9)
    assert result.ratio == pytest.approx(geometric(x).mean / geometric(y).mean)
    if len(x) + len(y) == 2:
        assert result.ne == dict.fromkeys(("lower", "upper"), "fewer than three values")
        assert math.isnan(result.lower)
        assert math.isnan(result.upper)
        return
    assert not result.ne
    assert result.lower <= result.ratio <= result.upper
    other = geometric_mean_ratio(y, x)
    assert other.ratio == pytest.approx(1 / result.ratio)
    if other.lower > 0 and math.isfinite(result.upper):
        assert other.lower == pytest.approx(1 / result.upper, rel=1e-9)


@pytest.mark.parametrize(("test", "reference"), [([0], [1, 2]), ([1, 2], []), ([], [])])
def test_ratio_without_a_group(test: list, reference: list) -> None:
    result = geometric_mean_ratio(test, reference)
    names = ("ratio", "lower", "upper")
    assert result.ne == dict.fromkeys(names, "a group without values above 0")
    assert all(math.isnan(getattr(result, name)) for name in names)


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "message"),
    [
        (describe, ([1, math.nan],), {}, r"values\[1\] = .*nan.*: not a finite number"),
        (describe, ([math.inf],), {}, r"values\[0\] = .*inf.*: not a finite number"),
        (describe, ([[1]],), {}, "values: one dimension"),
        (describe, ([1],), {"conf_level": 0}, "conf_level = 0"),
        (percentile, ([math.nan], 50), {}, r"values\[0\]"),
        (geometric, ([1, -1],), {}, r"values\[1\] = .*-1.*: below 0"),
        (geometric, ([1],), {"conf_level": 1}, "conf_level = 1"),
        (geometric_mean_ratio, ([-1], [1]), {}, r"test\[0\] = .*: below 0"),
        (geometric_mean_ratio, ([1], [-1]), {}, r"reference\[0\] = .*: below 0"),
        (geometric_mean_ratio, ([1], [1]), {"conf_level": 2}, "conf_level = 2"),
    ],
)
def test_refuses(function, args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        function(*args, **kwargs)
