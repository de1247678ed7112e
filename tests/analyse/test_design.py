"""Single-arm designs and inference after two stages: enumeration, properties, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from il5report.analyse._simon import Found, lower_hull
from il5report.analyse.design import (
    probability_to_see,
    simon,
    single_stage,
    single_stage_size,
    two_stage_characteristics,
)
from il5report.analyse.proportion import binomial_ci, binomial_test
from il5report.analyse.two_stage import two_stage_inference


def mass(n: int, N: int, p: Fraction) -> Fraction:
    return math.comb(N, n) * p**n * (1 - p) ** (N - n)


@cache
def tail(n: int, N: int, p: Fraction) -> Fraction:
    return sum((mass(k, N, p) for k in range(max(0, n), N + 1)), Fraction(0))


def rejects(r1: int, n1: int, r: int, n: int, p: Fraction) -> Fraction:
    return sum(
        (mass(x, n1, p) * tail(r + 1 - x, n - n1, p) for x in range(r1 + 1, n1 + 1)), Fraction(0)
    )


@settings(deadline=None)
@given(st.integers(1, 40), st.floats(0.01, 0.6), st.floats(0.01, 0.3), st.floats(0.005, 0.2))
def test_single_stage_by_definition(N: int, p0: float, more: float, alpha: float) -> None:
    design = single_stage(N, p0, p0 + more, alpha=alpha)
    null = Fraction(p0)
    assert design.alpha <= alpha
    assert float(tail(design.reject_at - 1, N, null)) > alpha
    assert design.alpha == pytest.approx(float(tail(design.reject_at, N, null)), rel=1e-10)
    power = tail(design.reject_at, N, Fraction(p0 + more))
    assert design.power == pytest.approx(float(power), rel=1e-10)
    assert (design.N, design.p0, design.p1) == (N, p0, p0 + more)


def test_single_stage_examples() -> None:
    design = single_stage(20, 0.05, 0.3)
    assert (design.reject_at, round(design.alpha, 4), round(design.power, 2)) == (4, 0.0159, 0.89)
    never = single_stage(1, 0.5, 0.9)
    assert (never.reject_at, never.alpha, never.power) == (2, 0, 0)
    found = single_stage_size(0.1, 0.3, alpha=0.05, beta=0.2)
    assert (found.N, found.reject_at) == (25, 6)
    assert found.power >= 0.8
    assert single_stage(24, 0.1, 0.3).power < 0.8
    assert single_stage_size(0.1, 0.3) == found
    with pytest.raises(ValueError, match=r"^max_n = 24: no design up to this number"):
        single_stage_size(0.1, 0.3, max_n=24)
    assert single_stage_size(0.1, 0.3, max_n=25) == found
    one = single_stage_size(0.01, 0.8)  # power 0.8 with one subject: reached
    assert (one.N, one.reject_at, one.power) == (1, 1, 0.8)
    with pytest.raises(ValueError, match=r"^max_n = 500: no design"):
        single_stage_size(0.5, 0.501)


@settings(deadline=None, max_examples=12)
@given(
    st.sampled_from([0.05, 0.1, 0.2, 0.4]),
    st.sampled_from([0.4, 0.45, 0.5]),
    st.sampled_from([0.05, 0.1]),
    st.sampled_from([0.1, 0.2]),
)
def test_simon_by_enumeration(p0: float, more: float, alpha: float, beta: float) -> None:
    max_n = 11
    null, alternative = Fraction(str(p0)), Fraction(str(p0)) + Fraction(str(more))
    designs = []
    for n in range(2, max_n + 1):
        for n1 in range(1, n):
            for r1 in range(n1):
                if 1 - tail(r1 + 1, n1, alternative) > beta:
                    break
                r = next(r for r in range(r1, n + 1) if rejects(r1, n1, r, n, null) <= alpha)
                if rejects(r1, n1, r, n, alternative) >= 1 - beta:
                    expected = n1 + tail(r1 + 1, n1, null) * (n - n1)
                    designs.append((expected, n, n1, r1, r))
    assume(designs)
    found = simon(p0, float(alternative), alpha=alpha, beta=beta, max_n=max_n)
    smallest = min(designs)
    assert found.optimal.en0 == pytest.approx(float(smallest[0]))
    assert found.optimal.n == smallest[1]
    minimax = min(designs, key=lambda d: (d[1], d[0]))
    assert (found.minimax.n, found.minimax.n1) == (minimax[1], minimax[2])
    assert (found.minimax.r1, found.minimax.r) == (minimax[3], minimax[4])
    assert found.minimax.en0 == pytest.approx(float(minimax[0]))
    assert found.admissible[0] == found.minimax
    assert found.admissible[-1] == found.optimal
    assert found.max_n == max_n
    for design in found.admissible:
        assert any(
            w * design.n + (1 - w) * design.en0
            <= min(w * n + (1 - w) * float(en) for en, n, *_ in designs) + 1e-9
            for w in [k / 500 for k in range(500)]
        )
        at = (design.r1, design.n1, design.r, design.n)
        assert design.alpha == pytest.approx(float(rejects(*at, null)), rel=1e-10)
        assert design.power == pytest.approx(float(rejects(*at, alternative)), rel=1e-10)
        assert design.pet0 == pytest.approx(1 - float(tail(design.r1 + 1, design.n1, null)))
        assert (design.p0, design.p1) == (p0, float(alternative))


def test_simon_published() -> None:
    """Simon 1989, table 1 and 2: response rates .05/.25 and .1/.3 at 5 % and 20 %."""
    for rates, optimal, minimax in (
        ((0.05, 0.25), (0, 9, 2, 17), (0, 12, 2, 16)),
        ((0.1, 0.3), (1, 10, 5, 29), (1, 15, 5, 25)),
    ):
        found = simon(*rates, max_n=40)
        for design, expected in ((found.optimal, optimal), (found.minimax, minimax)):
            assert (design.r1, design.n1, design.r, design.n) == expected
    assert simon(0.1, 0.3).max_n == 100
    assert simon(0.1, 0.3).optimal == found.optimal


def test_simon_without_a_design() -> None:
    with pytest.raises(ValueError, match=r"^max_n = 24: no design up to this number"):
        simon(0.1, 0.3, max_n=24)
    assert simon(0.1, 0.3, max_n=25).optimal.n == 25


def test_hull_drops_what_no_weight_prefers() -> None:
    def design(n: int, en: float) -> Found:
        return Found(0, 1, 0, n, en, 0.0, 0.0, 0.0)

    points = [design(10, 9), design(11, 8.6), design(12, 7), design(13, 6.5), design(16, 6.4)]
    assert [d.n for d in lower_hull(points)] == [10, 12, 13, 16]
    on_a_line = [design(10, 9), design(11, 8), design(12, 7)]
    assert [d.n for d in lower_hull(on_a_line)] == [10, 12]
    assert lower_hull(points[:1]) == points[:1]


@settings(deadline=None)
@given(st.integers(1, 10), st.integers(1, 10), st.data(), st.floats(0, 1))
def test_characteristics_by_definition(n1: int, n2: int, data: st.DataObject, p: float) -> None:
    r1 = data.draw(st.integers(0, n1))
    r = data.draw(st.integers(r1, n1 + n2 - 1))
    result = two_stage_characteristics(r1, n1, r, n1 + n2, p)
    exact = Fraction(p)
    assert result.reject == pytest.approx(float(rejects(r1, n1, r, n1 + n2, exact)), abs=1e-12)
    stop = 1 - tail(r1 + 1, n1, exact)
    assert result.stop_early == pytest.approx(float(stop), abs=1e-12)
    assert result.expected_n == pytest.approx(float(n1 + (1 - stop) * n2))
    assert result.p == p


@settings(deadline=None)
@given(st.integers(0, 30), st.floats(0, 1), st.integers(0, 31))
def test_probability_to_see(N: int, p: float, k: int) -> None:
    expected = float(tail(k, N, Fraction(p)))
    assert probability_to_see(N, p, at_least=k) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_probability_to_see_one() -> None:
    seen = [round(probability_to_see(N, 0.1), 2) for N in (3, 6, 10, 20)]
    assert seen == [0.27, 0.47, 0.65, 0.88]


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "message"),
    [
        (single_stage, (0, 0.1, 0.3), {}, "N = 0: below 1"),
        (single_stage, (5, 0.3, 0.3), {}, "p1 = 0.3: not above p0 = 0.3"),
        (single_stage, (5, 0, 0.3), {}, "p0 = 0"),
        (single_stage, (5, 0.1, 1), {}, "p1 = 1"),
        (single_stage, (5, 0.1, 0.3), {"alpha": 0}, "alpha = 0"),
        (single_stage_size, (0.1, 0.3), {"beta": 1}, "beta = 1"),
        (simon, (0.3, 0.1), {}, "p1 = 0.1: not above p0 = 0.3"),
        (simon, (0.1, 0.3), {"alpha": 1}, "alpha = 1"),
        (simon, (0.1, 0.3), {"beta": 0}, "beta = 0"),
        (simon, (0.1, 0.3), {"max_n": 1}, "max_n = 1: below 2"),
        (two_stage_characteristics, (0, 0, 1, 5, 0.2), {}, "n1 = 0: below 1"),
        (two_stage_characteristics, (0, 5, 1, 5, 0.2), {}, "n = 5: below 6"),
        (two_stage_characteristics, (6, 5, 7, 9, 0.2), {}, "r1 = 6: above 5"),
        (two_stage_characteristics, (2, 5, 1, 9, 0.2), {}, "r = 1: below 2"),
        (two_stage_characteristics, (2, 5, 9, 9, 0.2), {}, "r = 9: above 8"),
        (two_stage_characteristics, (2, 5, 4, 9, 1.2), {}, "p = 1.2: not between"),
        (probability_to_see, (-1, 0.2), {}, "N = -1: below 0"),
        (probability_to_see, (1, 2), {}, "p = 2: not between"),
        (probability_to_see, (1, 0.2), {"at_least": -1}, "at_least = -1: below 0"),
    ],
)
def test_refuses(function, args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        function(*args, **kwargs)


designs = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0] - 1), st.just(n[0]), st.just(n[0] + n[1]))
)


@settings(deadline=None, max_examples=60)
@given(designs, st.data(), st.sampled_from([0.8, 0.9, 0.95]))
def test_inference_by_definition(design: tuple, data: st.DataObject, level: float) -> None:
    r1, n1, n = design
    x = data.draw(st.integers(0, n))
    result = two_stage_inference(x, design, p0=0.2, conf_level=level)
    assert (result.x, result.N) == (x, n1 if x <= r1 else n)
    assert result.mle == x / result.N
    assert (result.design, result.p0, result.conf_level) == (design, 0.2, level)
    assert (result.convention, dict(result.ne)) == ("koyama_chen", {})

    def at_least(k: int, p: Fraction) -> Fraction:
        """P(an outcome of k responses or more extreme): by stage, then by responses."""
        if k <= r1:
            return tail(k, n1, p)
        return rejects(r1, n1, k - 1, n, p)

    half = (1 - level) / 2
    assert result.p_value == pytest.approx(float(at_least(x, Fraction(1, 5))), rel=1e-9)
    if x:
        assert float(at_least(x, Fraction(result.lower))) == pytest.approx(half, rel=1e-9)
    else:
        assert result.lower == 0
    if x < n:
        assert 1 - float(at_least(x + 1, Fraction(result.upper))) == pytest.approx(half, rel=1e-9)
    else:
        assert result.upper == 1
    other = two_stage_inference(x, design, p0=0.2, conf_level=level, convention="clinfun")
    assert other.convention == "clinfun"
    if x == 0:
        assert math.isnan(other.upper)
        assert "less extreme" in other.ne["upper"]
    else:
        assert 1 - float(at_least(x, Fraction(other.upper))) == pytest.approx(half, rel=1e-9)
        assert other.upper < result.upper
    assert (other.lower, other.p_value, other.umvue) == (
        result.lower,
        result.p_value,
        result.umvue,
    )


@settings(deadline=None, max_examples=25)
@given(designs, st.fractions(0, 1, max_denominator=20))
def test_umvue_is_unbiased(design: tuple, p: Fraction) -> None:
    r1, n1, n = design
    expected = 0.0
    for x in range(n + 1):
        estimate = two_stage_inference(x, design, p0=0.2).umvue
        if x <= r1:
            expected += float(mass(x, n1, p)) * estimate
        elif x > r1:
            chance = sum(
                mass(k, n1, p) * mass(x - k, n - n1, p)
                for k in range(r1 + 1, n1 + 1)
                if 0 <= x - k <= n - n1
            )
            expected += float(chance) * estimate
    assert expected == pytest.approx(float(p), abs=1e-12)


def test_stopped_early_is_one_stage() -> None:
    result = two_stage_inference(2, (3, 13, 43), p0=0.2)
    assert result.conf_level == 0.95
    assert result.umvue == result.mle == 2 / 13
    assert result.lower == pytest.approx(binomial_ci(2, 13).lower)
    assert result.upper == pytest.approx(binomial_ci(2, 13).upper)
    assert result.p_value == pytest.approx(binomial_test(2, 13, 0.2).p_value)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((1, (1, 0, 5)), {}, r"design\[1\] = 0: below 1"),
        ((1, (1, 5, 5)), {}, r"design\[2\] = 5: below 6"),
        ((1, (5, 5, 9)), {}, r"design\[0\] = 5: above 4"),
        ((10, (1, 5, 9)), {}, "x = 10: above 9"),
        ((1, (1, 5, 9)), {"p0": 1}, "p0 = 1"),
        ((1, (1, 5, 9)), {"conf_level": 0}, "conf_level = 0"),
        ((1, (1, 5, 9)), {"convention": "sas"}, "convention = 'sas': one of koyama_chen, clinfun"),
    ],
)
def test_inference_refuses(args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        two_stage_inference(*args, **{"p0": 0.2, **kwargs})
