"""Restricted means: area, edges, differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse.rmst import rmst, rmst_difference
from il5report.analyse.survival import kaplan_meier

subjects = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=30)


def curve(rows, unit: float = 1, **settings):
    time = np.array([row[0] for row in rows]) * unit
    return kaplan_meier(time, [row[1] for row in rows], **settings)


@given(subjects, st.floats(0.5, 40))
def test_is_the_area_under_the_curve(rows, tau: float) -> None:
    km = curve(rows)
    grid = np.unique(np.concatenate([[0, tau], km.time[km.time < tau]]))
    steps = np.searchsorted(km.time, grid[:-1], side="right")
    survival = np.concatenate([[1], km.survival])[steps]
    result = rmst(km, tau, convention="r")
    assert result.estimate == pytest.approx((survival * np.diff(grid)).sum())
    assert 0 <= result.estimate <= tau * (1 + 1e-12)
    assert result.tau == tau


@given(subjects, st.integers(1, 40))
def test_scales_with_the_unit_of_time(rows, tau: int) -> None:
    days, months = rmst(curve(rows), tau), rmst(curve(rows, 1 / 32), tau / 32)
    for name in ("estimate", "std_error", "lower", "upper"):
        np.testing.assert_allclose(
            getattr(months, name) * 32, getattr(days, name), rtol=1e-10, atol=1e-12
        )
    assert set(months.ne) == set(days.ne)


def test_complete_data_give_the_mean_and_its_standard_error() -> None:
    time = np.array([1, 4, 4, 7, 12])
    result = rmst(kaplan_meier(time, np.ones(5)), 20)
    assert result.estimate == pytest.approx(time.mean())
    assert result.std_error == pytest.approx(time.std() / np.sqrt(5))
    assert (result.lower, result.upper) == pytest.approx(
        result.estimate + np.array([-1, 1]) * 1.959963984540054 * result.std_error
    )
    assert result.ne == {}


def test_conf_level_of_the_curve_is_used() -> None:
    time = [1, 4, 4, 7, 12]
    narrow = rmst(kaplan_meier(time, [1] * 5, conf_level=0.5), 20)
    assert narrow.upper - narrow.estimate == pytest.approx(0.6744897501960817 * narrow.std_error)
    assert (narrow.conf_level, narrow.convention) == (0.5, "sas")


def test_after_the_last_observation() -> None:
    km = kaplan_meier([2, 5, 9], [0, 1, 0])
    missing = rmst(km, 9.5)
    assert missing.ne == dict.fromkeys(
        ("estimate", "std_error", "lower", "upper"),
        "after the last observation, which is censored (9)",
    )
    assert np.isnan([missing.estimate, missing.std_error, missing.lower, missing.upper]).all()
    carried = rmst(km, 11, convention="r")
    assert carried.estimate == pytest.approx(5 + 6 / 2)
    assert carried.ne == {}
    assert rmst(km, 9).estimate == pytest.approx(7)


def test_no_event_and_no_subjects() -> None:
    waiting = rmst(kaplan_meier([5, 9], [1, 0]), 4)
    assert (waiting.estimate, waiting.std_error) == (4, 0)
    assert waiting.ne == dict.fromkeys(("lower", "upper"), "no event before this time")
    at_tau = rmst(kaplan_meier([4, 9], [1, 0]), 4)
    assert (at_tau.estimate, at_tau.ne) == (4, waiting.ne)
    once = rmst(kaplan_meier([3, 3], [1, 1]), 4)
    assert (once.estimate, once.std_error) == (3, 0)
    assert once.ne == dict.fromkeys(
        ("lower", "upper"), "no variance: all have the event at one time"
    )
    for convention in ("sas", "r"):
        nobody = rmst(kaplan_meier([], []), 4, convention=convention)
        assert set(nobody.ne.values()) == {"no subjects"}


@given(subjects, subjects, st.integers(1, 30))
def test_difference_swaps_sign(first, second, tau: int) -> None:
    a, b = curve(first), curve(second)
    one = rmst_difference(a, b, tau, convention="r")
    other = rmst_difference(b, a, tau, convention="r")
    means = [rmst(km, tau, convention="r") for km in (a, b)]
    assert one.difference == pytest.approx(means[0].estimate - means[1].estimate)
    assert one.std_error**2 == pytest.approx(sum(mean.std_error**2 for mean in means))
    np.testing.assert_allclose(
        [one.difference, one.lower, one.upper, one.z, one.p],
        [-other.difference, -other.upper, -other.lower, -other.z, other.p],
        atol=1e-12,
    )
    assert set(one.ne) == ({"lower", "upper", "z", "p"} if one.std_error == 0 else set())
    assert (one.tau, one.convention, one.conf_level) == (tau, "r", 0.95)


def test_difference_not_estimable() -> None:
    ends, short = kaplan_meier([2, 9], [1, 1]), kaplan_meier([1, 5], [1, 0])
    everything = ("difference", "std_error", "lower", "upper", "z", "p")
    reason = "after the last observation, which is censored (5)"
    for result in (rmst_difference(ends, short, 7), rmst_difference(short, ends, 7)):
        assert result.ne == dict.fromkeys(everything, reason)
        assert np.isnan([getattr(result, name) for name in everything]).all()
    waiting = rmst_difference(kaplan_meier([8, 9], [1, 1]), kaplan_meier([9, 9], [1, 1]), 7)
    assert (waiting.difference, waiting.std_error) == (0, 0)
    assert waiting.ne == dict.fromkeys(("lower", "upper", "z", "p"), "no event before this time")
    assert np.isnan([waiting.lower, waiting.upper, waiting.z, waiting.p]).all()
    one_sided = rmst_difference(ends, kaplan_meier([9, 9], [1, 1]), 7)
    assert one_sided.ne == {}
    assert one_sided.p == pytest.approx(0.15729920705028513)


def test_difference_of_short_times() -> None:
    first, second = (kaplan_meier(np.array(t) / 10, [1, 1]) for t in ([1, 3], [2, 8]))
    result = rmst_difference(first, second, 1)
    se = np.hypot(0.1, 0.3) / np.sqrt(2)
    assert result.std_error == pytest.approx(se)
    assert (result.z, result.difference) == (pytest.approx(-0.3 / se), pytest.approx(-0.3))
    assert result.upper - result.difference == pytest.approx(1.959963984540054 * se)


def test_refuses_bad_settings() -> None:
    km = kaplan_meier([2, 9], [1, 1])
    for tau in (0, -1, np.inf, np.nan):
        with pytest.raises(ValueError, match=r"tau = .*: not a positive number"):
            rmst(km, tau)
    with pytest.raises(ValueError, match=r"convention = 'r_print': not one of sas, r$"):
        rmst(km, 3, convention="r_print")
    with pytest.raises(ValueError, match=r"second: conf_level 0.9, first 0.95"):
        rmst_difference(km, kaplan_meier([2], [1], conf_level=0.9), 3)
