"""One proportion: exact definitions, properties, refusals."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.analyse import _binomial
from il5report.analyse.proportion import binomial_ci, binomial_test

METHODS = (
    *("clopper_pearson", "wilson", "wilson_corrected", "jeffreys"),
    *("agresti_coull", "wald", "mid_p", "blaker"),
)
counts = st.integers(1, 60).flatmap(lambda N: st.tuples(st.integers(0, N), st.just(N)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
rates = st.floats(0.01, 0.99)


def mass(n: int, N: int, p: Fraction) -> Fraction:
    return math.comb(N, n) * p**n * (1 - p) ** (N - n)


def tail(n: int, N: int, p: Fraction) -> Fraction:
    return sum((mass(k, N, p) for k in range(n, N + 1)), Fraction(0))


@settings(deadline=None)
@given(counts, levels, st.sampled_from(METHODS))
def test_interval_holds_the_estimate(count: tuple[int, int], level: float, method: str) -> None:
    n, N = count
    result = binomial_ci(n, N, method=method, conf_level=level)
    assert result.estimate == n / N
    assert result.lower <= result.estimate <= result.upper
    assert (result.n, result.N, result.method, result.conf_level) == (n, N, method, level)
    assert not result.ne


@settings(deadline=None)
@given(counts, levels, st.sampled_from(METHODS))
def test_swapping_event_and_non_event(count: tuple[int, int], level: float, method: str) -> None:
    n, N = count
    result = binomial_ci(n, N, method=method, conf_level=level)
    other = binomial_ci(N - n, N, method=method, conf_level=level)
    assert other.lower == pytest.approx(1 - result.upper, abs=1e-12)
    assert other.upper == pytest.approx(1 - result.lower, abs=1e-12)


@settings(deadline=None)
@given(counts, st.sampled_from([m for m in METHODS if m != "agresti_coull"]))
def test_a_higher_level_is_wider(count: tuple[int, int], method: str) -> None:
    narrow = binomial_ci(*count, method=method, conf_level=0.8)
    wide = binomial_ci(*count, method=method, conf_level=0.95)
    assert wide.lower <= narrow.lower
    assert wide.upper >= narrow.upper


@settings(deadline=None)
@given(counts, levels)
def test_clopper_pearson_by_definition(count: tuple[int, int], level: float) -> None:
    n, N = count
    result = binomial_ci(n, N, conf_level=level)
    half = (1 - level) / 2
    if n == 0:
        assert result.lower == 0
    else:
        assert float(tail(n, N, Fraction(result.lower))) == pytest.approx(half, rel=1e-10)
    if n == N:
        assert result.upper == 1
    else:
        assert 1 - float(tail(n + 1, N, Fraction(result.upper))) == pytest.approx(half, rel=1e-10)


@settings(deadline=None)
@given(counts, levels)
def test_blaker_lies_within_clopper_pearson(count: tuple[int, int], level: float) -> None:
    exact = binomial_ci(*count, conf_level=level)
    blaker = binomial_ci(*count, conf_level=level, method="blaker")
    assert exact.lower <= blaker.lower + 1e-15
    assert blaker.upper <= exact.upper + 1e-15


@settings(deadline=None)
@given(counts, levels)
def test_mid_p_by_definition(count: tuple[int, int], level: float) -> None:
    n, N = count
    result = binomial_ci(n, N, conf_level=level, method="mid_p")
    if n:
        p = Fraction(result.lower)
        assert float(tail(n + 1, N, p) + mass(n, N, p) / 2) == pytest.approx((1 - level) / 2)
    else:
        assert result.lower == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("N", [1, 2, 20])
def test_no_and_all_events(method: str, N: int) -> None:
    none, every = (binomial_ci(n, N, method=method) for n in (0, N))
    if method == "agresti_coull":  # its limits may lie outside 0-1
        assert none.lower < 0
        assert every.upper > 1
    else:
        assert none.lower == 0
        assert every.upper == 1
    if method != "wald":
        assert none.upper > 0
        assert every.lower < 1


def test_default_is_clopper_pearson_at_95_percent() -> None:
    result = binomial_ci(0, 20)
    assert (result.method, result.conf_level) == ("clopper_pearson", 0.95)
    assert result.upper == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-14)


def test_limits_of_rare_events_keep_their_digits() -> None:
    assert binomial_ci(0, 10**9).upper == pytest.approx(-math.log(0.025) / 10**9, rel=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_empty_set_is_not_estimable(method: str) -> None:
    result = binomial_ci(0, 0, method=method)
    assert all(math.isnan(x) for x in (result.estimate, result.lower, result.upper))
    reason = "no subjects in the denominator"
    assert result.ne == dict.fromkeys(("estimate", "lower", "upper"), reason)
    assert binomial_ci(0, 1, method=method).ne == {}


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((-1, 5), {}, "n = -1: below 0"),
        ((6, 5), {}, "n = 6: above 5"),
        ((0.5, 5), {}, "n = 0.5: not a whole number"),
        ((0, -5), {}, "N = -5: below 0"),
        ((1, 5), {"conf_level": 1}, "conf_level = 1"),
        ((1, 5), {"conf_level": math.nan}, "conf_level = nan"),
        ((1, 5), {"method": "exact"}, "method = 'exact': one of clopper_pearson"),
    ],
)
def test_interval_refuses(args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        binomial_ci(*args, **kwargs)


@settings(deadline=None)
@given(counts, rates)
def test_exact_p_by_definition(count: tuple[int, int], p0: float) -> None:
    n, N = count
    p = Fraction(p0)
    greater, less = tail(n, N, p), 1 - tail(n + 1, N, p)
    result = binomial_test(n, N, p0)
    assert result.p_value == pytest.approx(float(greater), rel=1e-10)
    assert result.alternative == "greater"
    assert binomial_test(n, N, p0, alternative="less").p_value == pytest.approx(
        float(less), rel=1e-10
    )
    doubled = binomial_test(n, N, p0, alternative="two_sided_sas").p_value
    assert doubled == pytest.approx(min(1.0, 2 * float(min(greater, less))), rel=1e-10)
    seen = mass(n, N, p) * (1 + Fraction(1, 10**7))
    likely = sum(mass(k, N, p) for k in range(N + 1) if mass(k, N, p) <= seen)
    either = binomial_test(n, N, p0, alternative="two_sided_r").p_value
    assert either == pytest.approx(float(likely), rel=1e-10)
    half = mass(n, N, p) / 2
    mid = binomial_test(n, N, p0, method="mid_p").p_value
    assert mid == pytest.approx(float(greater - half), rel=1e-9)
    mid = binomial_test(n, N, p0, method="mid_p", alternative="less").p_value
    assert mid == pytest.approx(float(less - half), rel=1e-9)


@settings(deadline=None)
@given(counts, rates, st.sampled_from(["exact", "mid_p", "score"]))
def test_event_and_non_event_swap_the_sides(count: tuple[int, int], p0: float, method: str) -> None:
    n, N = count
    more = binomial_test(n, N, p0, method=method)
    fewer = binomial_test(N - n, N, 1 - p0, method=method, alternative="less")
    assert more.p_value == pytest.approx(fewer.p_value, rel=1e-9)
    assert more.z == pytest.approx(-fewer.z, abs=1e-9)


@settings(deadline=None)
@given(counts, levels)
def test_test_and_interval_agree(count: tuple[int, int], level: float) -> None:
    n, N = count
    lower = binomial_ci(n, N, conf_level=level).lower
    if 0 < lower < 1:
        assert binomial_test(n, N, lower).p_value == pytest.approx((1 - level) / 2, rel=1e-9)


def test_documented_example() -> None:
    sas = binomial_test(63, 228, 0.19, alternative="two_sided_sas").p_value
    r = binomial_test(63, 228, 0.19, alternative="two_sided_r").p_value
    assert (round(sas, 4), round(r, 4)) == (0.0019, 0.0017)


def test_score_statistic_and_settings() -> None:
    result = binomial_test(8, 20, 0.2, alternative="two_sided_sas", method="score")
    assert result.z == pytest.approx((0.4 - 0.2) / math.sqrt(0.2 * 0.8 / 20))
    assert (result.p0, result.method, result.alternative) == (0.2, "score", "two_sided_sas")
    assert (result.n, result.N, result.estimate) == (8, 20, 0.4)
    assert (
        result.p_value
        == binomial_test(8, 20, 0.2, alternative="two_sided_r", method="score").p_value
    )


def test_two_sided_p_never_exceeds_one() -> None:
    for alternative in ("two_sided_sas", "two_sided_r"):
        assert binomial_test(10, 20, 0.5, alternative=alternative).p_value == 1
    assert binomial_test(5, 10, 0.5, alternative="two_sided_sas", method="mid_p").p_value == 1


def test_test_of_an_empty_set_is_not_estimable() -> None:
    result = binomial_test(0, 0, 0.2)
    assert all(math.isnan(x) for x in (result.estimate, result.z, result.p_value))
    reason = "no subjects in the denominator"
    assert result.ne == dict.fromkeys(("estimate", "z", "p_value"), reason)
    assert binomial_test(0, 1, 0.2).ne == {}


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((6, 5, 0.2), {}, "n = 6: above 5"),
        ((0, -1, 0.2), {}, "N = -1: below 0"),
        ((1, 5, 0), {}, "p0 = 0"),
        ((1, 5, 1), {}, "p0 = 1"),
        (
            (1, 5, 0.2),
            {"alternative": "two_sided"},
            "alternative = 'two_sided': one of greater, less",
        ),
        ((1, 5, 0.2), {"method": "wald"}, "method = 'wald': one of exact, mid_p, score"),
        (
            (1, 5, 0.2),
            {"alternative": "two_sided_r", "method": "mid_p"},
            "alternative = 'two_sided_r': not defined",
        ),
    ],
)
def test_test_refuses(args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        binomial_test(*args, **kwargs)


@settings(deadline=None)
@given(counts, rates)
def test_probabilities(count: tuple[int, int], p: float) -> None:
    n, N = count
    exact = Fraction(p)
    assert _binomial.at_least(n, N, p) == pytest.approx(float(tail(n, N, exact)), rel=1e-11)
    assert _binomial.at_most(n, N, p) == pytest.approx(float(1 - tail(n + 1, N, exact)), rel=1e-11)
    probability = _binomial.probability(np.arange(N + 1), N, p)
    assert probability.sum() == pytest.approx(1, rel=1e-12)
    assert probability[n] == pytest.approx(float(mass(n, N, exact)), rel=1e-11)


def test_probabilities_beyond_the_range() -> None:
    assert _binomial.at_least(0, 5, 0.3) == _binomial.at_least(-2, 5, 0.3) == 1
    assert _binomial.at_least(6, 5, 0.3) == 0
    assert _binomial.at_most(5, 5, 0.3) == _binomial.at_most(9, 5, 0.3) == 1
    assert _binomial.at_most(-1, 5, 0.3) == 0
    assert _binomial.probability(np.arange(3), 2, 0.0).tolist() == [1, 0, 0]
    assert _binomial.probability(np.arange(3), 2, 1.0).tolist() == [0, 0, 1]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 8), st.integers(1, 8), st.data(), rates)
def test_two_stage_tail_by_enumeration(n1: int, n2: int, data: st.DataObject, p: float) -> None:
    r1, x = data.draw(st.integers(-1, n1)), data.draw(st.integers(0, n1 + n2))
    exact = Fraction(p)
    expected = sum(
        mass(i, n1, exact) * mass(j, n2, exact)
        for i in range(n1 + 1)
        for j in range(n2 + 1)
        if i > r1 and i + j >= x
    )
    found = _binomial.two_stage_tail(r1, n1, x, n1 + n2, p)
    assert found == pytest.approx(float(expected), rel=1e-10, abs=1e-300)
