"""Cumulative incidence and Gray's test: definition, variances, edges, refusals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse.competing_risks import aalen_johansen, incidence_at
from il5report.analyse.gray import POOLED_ONE, gray_test
from il5report.analyse.survival import kaplan_meier

rows = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=30)
grouped = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 2), st.sampled_from("abc"), st.sampled_from("xy")),
    min_size=2,
    max_size=40,
)


def columns(sample):
    return (np.array(column) for column in zip(*sample, strict=True))


def by_definition(sample):
    """Times, survival and incidence of causes 1 and 2 in exact fractions."""
    survival, incidence, out = Fraction(1), [Fraction(0), Fraction(0)], []
    for t in sorted({t for t, _ in sample}):
        n = sum(time >= t for time, _ in sample)
        d = [sum(time == t and cause == k for time, cause in sample) for k in (1, 2)]
        incidence = [f + survival * Fraction(x, n) for f, x in zip(incidence, d, strict=True)]
        survival *= 1 - Fraction(sum(d), n)
        out.append((t, float(survival), *map(float, incidence)))
    return np.array(out).T


@given(rows)
def test_follows_the_definition(sample) -> None:
    time, cause = columns(sample)
    curves = aalen_johansen(time, cause, n_causes=2)
    times, survival, *incidence = by_definition(sample)
    np.testing.assert_array_equal(curves.time, times)
    np.testing.assert_allclose(curves.survival, survival, atol=1e-12)
    np.testing.assert_allclose(curves.incidence, incidence, atol=1e-12)
    np.testing.assert_allclose(curves.incidence.sum(axis=0) + curves.survival, 1)
    assert curves.n_events.tolist() == [(cause == 1).sum(), (cause == 2).sum()]
    assert curves.n == len(sample) == curves.n_events.sum() + curves.n_censor.sum()


@given(rows, st.sampled_from(["aalen", "aalen_sas", "delta"]))
def test_swapping_causes_swaps_rows(sample, variance: str) -> None:
    time, cause = columns(sample)
    one = aalen_johansen(time, cause, n_causes=2, variance=variance)
    other = aalen_johansen(time, np.array([0, 2, 1])[cause], n_causes=2, variance=variance)
    for name in ("incidence", "std_error", "lower", "upper", "n_event"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name)[::-1], rtol=1e-9, atol=1e-9
        )


@given(rows, st.randoms(use_true_random=False))
def test_order_and_unit_do_not_matter(sample, random) -> None:
    time, cause = columns(sample)
    one = aalen_johansen(time, cause, n_causes=2)
    for other in (
        aalen_johansen(*columns(random.sample(sample, len(sample))), n_causes=2),
        aalen_johansen(time / 30.4375, cause, n_causes=2),
    ):
        np.testing.assert_allclose(other.incidence, one.incidence, rtol=1e-12)
        np.testing.assert_allclose(other.std_error, one.std_error, rtol=1e-12)


@given(rows)
def test_one_cause_is_the_complement_of_kaplan_meier(sample) -> None:
    time, cause = columns(sample)
    km = kaplan_meier(time, cause > 0)
    curves = aalen_johansen(time, cause > 0, variance="delta")
    np.testing.assert_allclose(curves.incidence[0], 1 - km.survival, atol=1e-12)
    alive = km.survival > 0
    np.testing.assert_allclose(
        curves.std_error[0][alive], km.std_error[alive], rtol=1e-6, atol=1e-9
    )


@given(rows, st.sampled_from([0.8, 0.95]), st.sampled_from(["loglog", "plain", "arcsin"]))
def test_limits_hold_the_estimate(sample, conf_level: float, conf_type: str) -> None:
    time, cause = columns(sample)
    curves = aalen_johansen(time, cause, conf_level=conf_level, conf_type=conf_type)
    inside = (curves.incidence > 0) & (curves.incidence < 1)
    assert (np.isnan(curves.lower) == ~inside).all()
    assert (curves.lower[inside] <= curves.incidence[inside]).all()
    assert (curves.incidence[inside] <= curves.upper[inside]).all()
    missing = dict.fromkeys(("lower", "upper"), "cumulative incidence is 0 or 1")
    assert curves.ne == ({} if inside.all() else missing)
    assert (curves.conf_level, curves.conf_type) == (conf_level, conf_type)
    assert curves.variance == "aalen"


@pytest.mark.parametrize("variance", ["aalen", "aalen_sas", "delta"])
def test_proportion_without_censoring(variance: str) -> None:
    time, cause = np.arange(1, 11), np.array([1, 2, 1, 1, 2, 2, 1, 2, 2, 2])
    curves = aalen_johansen(time, cause, variance=variance)
    share = np.cumsum(cause == 1) / 10
    np.testing.assert_allclose(curves.incidence[0], share)
    if variance == "delta":
        np.testing.assert_allclose(curves.std_error[0], np.sqrt(share * (1 - share) / 10))
    else:
        assert (curves.std_error[0][:-1] >= np.sqrt(share * (1 - share) / 10)[:-1]).all()


def test_number_of_causes() -> None:
    assert aalen_johansen([1, 2], [0, 3]).incidence.shape == (3, 2)
    assert aalen_johansen([1, 2], [0, 0]).incidence.shape == (1, 2)
    assert aalen_johansen([1, 2], [0, 1], n_causes=4).incidence.shape == (4, 2)
    assert aalen_johansen([], [], n_causes=2).incidence.shape == (2, 0)


BAD = [
    ({"time": [1, -2]}, r"time\[1\]"),
    ({"time": [np.nan, 2]}, r"time\[0\]"),
    ({"cause": [0, 1.5]}, r"cause\[1\] = 1.5: not a whole number"),
    ({"cause": [-1, 1]}, r"cause\[0\] = .*-1.*: below 0"),
    ({"cause": [np.nan, 1]}, r"cause\[0\]"),
    ({"cause": [1]}, r"cause: length 2 expected, shape \(1,\) given"),
]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *BAD,
        ({"cause": [1, 3], "n_causes": 2}, r"cause\[1\] = 3: not a whole number from 0 to 2"),
        ({"variance": "gaynor"}, "variance = 'gaynor': not one of aalen, aalen_sas, delta"),
        ({"conf_level": 1}, "conf_level = 1"),
        ({"conf_type": "log-log"}, "conf_type = 'log-log'"),
    ],
)
def test_refuses_bad_input(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        aalen_johansen(**{"time": [1, 2], "cause": [1, 0], **change})


@given(rows, st.integers(0, 14))
def test_landmark_is_a_step(sample, t: int) -> None:
    time, cause = columns(sample)
    curves = aalen_johansen(time, cause, n_causes=2)
    point = incidence_at(curves, t, cause=2)
    names = ("incidence", "std_error", "lower", "upper")
    assert (point.n_risk, point.cause, point.time) == ((time >= t).sum(), 2, t)
    if t > time.max() and curves.survival[-1] > 0:
        reason = f"after the last observation, which is censored ({time.max()})"
        assert point.ne == dict.fromkeys(names, reason)
        assert np.isnan(point.incidence)
        return
    past = curves.time <= t
    if not past.any():
        assert (point.incidence, point.std_error) == (0.0, 0.0)
        assert np.isnan([point.lower, point.upper]).all()
    else:
        for name in names:
            np.testing.assert_equal(getattr(point, name), getattr(curves, name)[1, past][-1])
    missing = dict.fromkeys(("lower", "upper"), "cumulative incidence is 0 or 1")
    assert point.ne == (missing if np.isnan(point.lower) else {})


def test_landmark_of_nobody_and_at_noise() -> None:
    nobody = incidence_at(aalen_johansen([], []), 3)
    assert set(nobody.ne.values()) == {"no subjects"}
    assert len(nobody.ne) == 4
    curves = aalen_johansen(np.array([31, 59]) / 30.4375, [1, 0])
    point = incidence_at(curves, np.nextafter(31 / 30.4375, 0))
    assert (point.incidence, point.n_risk) == (0.5, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"t": -1}, r"^t\[0\]"),
        ({"t": np.nan}, r"^t\[0\]"),
        ({"t": 1, "cause": 0}, "cause = 0: not one of 1 to 2"),
        ({"t": 1, "cause": 3}, "cause = 3: not one of 1 to 2"),
    ],
)
def test_landmark_refuses_bad_settings(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        incidence_at(aalen_johansen([1, 2], [1, 2]), **settings)


@given(grouped, st.sampled_from([0.0, 1.0, -1.0]), st.integers(1, 2))
def test_gray_does_not_depend_on_order_labels_and_unit(sample, rho: float, of: int) -> None:
    time, cause, group, strata = columns(sample)
    settings = {"rho": rho, "of": of}
    result = gray_test(time, cause, group, strata=strata, **settings)
    assert (result.rho, result.cause, result.stratified) == (rho, of, True)
    assert result.n_event.tolist() == [((cause == of) & (group == g)).sum() for g in result.groups]
    assert result.n.tolist() == [(group == g).sum() for g in result.groups]
    assert np.isnan(result.p) == np.isnan(result.statistic) == ("p" in result.ne)
    back = slice(None, None, -1)
    swapped = np.array([{"a": "z", "b": "y", "c": "x"}[label] for label in group])
    for other, flip in (
        (gray_test(time[back], cause[back], group[back], strata=strata[back], **settings), 1),
        (gray_test(time / 30.4375, cause, group, strata=strata, **settings), 1),
        (gray_test(time, cause, swapped, strata=strata, **settings), -1),
    ):
        np.testing.assert_allclose(other.score[::flip], result.score, atol=1e-9)
        np.testing.assert_allclose(other.statistic, result.statistic, rtol=1e-6, atol=1e-9)
        assert other.df == result.df
    if not np.isnan(result.score).any():
        assert result.score.sum() == pytest.approx(0, abs=1e-9)


@given(grouped)
def test_gray_in_one_stratum(sample) -> None:
    time, cause, group, _ = columns(sample)
    alone = gray_test(time, cause, group)
    together = gray_test(time, cause, group, strata=[1] * len(time))
    np.testing.assert_equal(alone.statistic, together.statistic)
    assert (alone.stratified, alone.cause, alone.rho) == (False, 1, 0.0)


def test_gray_counts_other_causes_together() -> None:
    time, cause = np.array([1, 2, 2, 3, 4, 4, 5, 6]), np.array([1, 2, 3, 1, 0, 2, 1, 3])
    group = [1, 2, 1, 2, 1, 2, 1, 2]
    merged = gray_test(time, np.where(cause == 3, 2, cause), group)
    assert gray_test(time, cause, group).statistic == merged.statistic


@pytest.mark.parametrize(
    ("time", "cause", "group", "why"),
    [
        ([], [], [], "fewer than two groups at risk at an event time"),
        ([1, 2], [1, 1], [5, 5], "fewer than two groups at risk at an event time"),
        ([1, 2], [2, 2], [5, 6], "fewer than two groups at risk at an event time"),
        ([1, 2], [0, 1], [5, 6], "fewer than two groups at risk at an event time"),
        (
            [0, 1, 1, 1],
            [1, 1, 1, 1],
            [5, 5, 6, 6],
            "no variance: too many of those at risk have the event at one time",
        ),
        (
            [2, 2],
            [1, 1],
            [5, 6],
            "no variance: too many of those at risk have the event at one time",
        ),
    ],
)
def test_gray_not_estimable(time, cause, group, why: str) -> None:
    result = gray_test(time, cause, group)
    assert result.ne == {"statistic": why, "p": why}
    assert np.isnan([result.statistic, result.p]).all()


def test_gray_where_the_pooled_incidence_reaches_one() -> None:
    # "a" is gone at 1 (pooled 1/2), half of "b" and "c" at 2 (pooled 1): 3 cannot be compared.
    time = [1, 1, 1, 1, 2, 2, 3, 3]
    result = gray_test(time, [1] * 8, ["a", "a", "a", "a", "b", "c", "b", "c"])
    assert result.ne == dict.fromkeys(("score", "statistic", "p"), POOLED_ONE)
    assert np.isnan(result.score).all()
    assert result.df == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *BAD,
        ({"group": ["a"]}, "group: length 2 expected"),
        ({"group": np.array([None, "a"], dtype=object)}, r"group\[0\]: missing"),
        ({"strata": [1.0, np.nan]}, r"strata\[1\]"),
        ({"of": 0}, "of = 0: below 1"),
        ({"rho": np.nan}, r"rho\[0\]"),
    ],
)
def test_gray_refuses_bad_input(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gray_test(**{"time": [1, 2], "cause": [1, 0], "group": ["a", "b"], **change})
