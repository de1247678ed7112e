"""Log-rank tests: definition, invariance, edges, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse.logrank import logrank, one_sample_logrank

rows = st.lists(
    st.tuples(st.integers(0, 12), st.booleans(), st.sampled_from("abc"), st.sampled_from([1, 2])),
    min_size=2,
    max_size=40,
)
WEIGHTS = [
    ("logrank", (0.0, 0.0)), ("gehan", (0.0, 0.0)), ("tarone", (0.0, 0.0)),
    ("fleming", (1.0, 0.0)), ("fleming", (0.5, 2.0)),
]  # fmt: skip


def columns(sample):
    return (np.array(column) for column in zip(*sample, strict=True))


def assert_same_test(a, b) -> None:
    for name in ("observed", "expected", "statistic", "df", "p"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-8, atol=1e-10)
    assert a.ne == b.ne


@given(rows, st.sampled_from(WEIGHTS))
def test_observed_and_expected_add_up(sample, weighting) -> None:
    time, event, group, strata = columns(sample)
    weight, powers = weighting
    result = logrank(time, event, group, strata=strata, weight=weight, powers=powers)
    assert result.observed.sum() == pytest.approx(result.expected.sum(), abs=1e-9)
    assert result.n.sum() == len(sample)
    assert result.groups == tuple(sorted(set(group.tolist())))
    if weight == "logrank":
        assert result.observed.tolist() == [event[group == g].sum() for g in result.groups]
    assert (result.weight, result.powers, result.stratified) == (weight, powers, True)
    assert set(result.ne) == ({"statistic", "p"} if np.isnan(result.statistic) else set())
    assert np.isnan(result.p) == np.isnan(result.statistic)


@given(rows, st.randoms(use_true_random=False))
def test_order_labels_and_unit_do_not_matter(sample, random) -> None:
    time, event, group, strata = columns(sample)
    result = logrank(time, event, group, strata=strata)
    shuffled = list(columns(random.sample(sample, len(sample))))
    assert_same_test(result, logrank(*shuffled[:3], strata=shuffled[3]))
    assert_same_test(result, logrank(time / 30.4375, event, group, strata=strata))
    swapped = np.array([{"a": "z", "b": "y", "c": "x"}[label] for label in group])
    other = logrank(time, event, swapped, strata=strata)
    np.testing.assert_allclose(other.statistic, result.statistic, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(other.expected[::-1], result.expected)


@given(rows)
def test_one_stratum_is_no_stratum(sample) -> None:
    time, event, group, _ = columns(sample)
    assert_same_test(
        logrank(time, event, group), logrank(time, event, group, strata=["x"] * len(time))
    )
    assert not logrank(time, event, group).stratified


def test_known_value() -> None:
    # Two subjects each; O = 2, E = 1/2 + 1/3 in "a", V = 1/4 + 2/9.
    result = logrank([1, 2, 3, 4], [1, 1, 0, 0], ["a", "a", "b", "b"])
    assert result.expected.tolist() == pytest.approx([1 / 2 + 1 / 3, 1 / 2 + 2 / 3])
    assert result.statistic == pytest.approx((2 - 5 / 6) ** 2 / (1 / 4 + 2 / 9))
    assert (result.df, result.n.tolist()) == (1, [2, 2])
    assert result.p == pytest.approx(math.erfc(math.sqrt(result.statistic / 2)))


def test_small_weights_are_no_reason() -> None:
    time, event = np.arange(1, 21), np.arange(1, 21) <= 3
    result = logrank(time, event, np.arange(20) % 2, weight="fleming", powers=(0.0, 6.0))
    assert result.ne == {}
    assert result.observed.max() < 1e-5
    assert 0 < result.statistic < 10


def test_times_apart_by_noise_are_tied() -> None:
    labels = ["a", "b", "b", "a"]
    noisy = logrank([0.1 + 0.2, 0.3, 0.5, 0.7], [1, 1, 1, 0], labels)
    assert_same_test(noisy, logrank([0.3, 0.3, 0.5, 0.7], [1, 1, 1, 0], labels))


@pytest.mark.parametrize(
    ("time", "event", "group", "df", "why"),
    [
        ([], [], [], 0, "fewer than two groups at risk at an event time"),
        ([1, 2], [1, 1], [5, 5], 0, "fewer than two groups at risk at an event time"),
        ([1, 2], [0, 0], [5, 6], 0, "fewer than two groups at risk at an event time"),
        ([1, 2], [0, 1], [5, 6], 0, "fewer than two groups at risk at an event time"),
        (
            [2, 2],
            [1, 1],
            [5, 6],
            1,
            "no variance: too many of those at risk have the event at one time",
        ),
    ],
)
def test_not_estimable(time, event, group, df: int, why: str) -> None:
    result = logrank(time, event, group)
    assert result.ne == {"statistic": why, "p": why}
    assert np.isnan([result.statistic, result.p]).all()
    assert result.df == df


def test_group_gone_before_the_first_event_takes_no_part() -> None:
    with_it = logrank([1, 2, 3, 4], [0, 1, 1, 1], ["a", "b", "c", "b"])
    without = logrank([2, 3, 4], [1, 1, 1], ["b", "c", "b"])
    assert (with_it.statistic, with_it.df) == (pytest.approx(without.statistic), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": [1, -2]}, r"time\[1\]"),
        ({"time": [np.nan, 2]}, r"time\[0\]"),
        ({"event": [0, 3]}, r"event\[1\] = .*3.*: neither 0 nor 1"),
        ({"event": [0]}, "event: length 2 expected"),
        ({"group": ["a"]}, r"group: length 2 expected, shape \(1,\) given"),
        ({"group": [1.0, np.nan]}, r"group\[1\]"),
        ({"group": np.array(["a", None], dtype=object)}, r"group\[1\]: missing"),
        ({"group": np.array([float("nan"), "a"], dtype=object)}, r"group\[0\]: missing"),
        ({"strata": [1]}, "strata: length 2 expected"),
        ({"strata": np.array([None, "x"], dtype=object)}, r"strata\[0\]: missing"),
        ({"weight": "peto"}, "weight = 'peto': not one of logrank, gehan, tarone, fleming"),
        ({"powers": (1.0, 0.0)}, r"powers = \(1.0, 0.0\): used by weight 'fleming' alone"),
        ({"powers": (0.0, 0.5), "weight": "gehan"}, "used by weight 'fleming' alone"),
        ({"powers": (-1.0, 0.0), "weight": "fleming"}, r"powers = \(-1.0, 0.0\): below 0"),
        ({"powers": (0.0, np.nan), "weight": "fleming"}, "powers = .*nan.*: below 0"),
    ],
)
def test_refuses_bad_input(change: dict, message: str) -> None:
    arguments = {"time": [1, 2], "event": [1, 0], "group": ["a", "b"], **change}
    with pytest.raises(ValueError, match=message):
        logrank(**arguments)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), min_size=1, max_size=30))
def test_one_sample(sample) -> None:
    event, expected = columns(sample)
    expected = expected / 10
    result = one_sample_logrank(event, expected)
    assert (result.n, result.observed) == (len(sample), event.sum())
    assert result.expected == pytest.approx(expected.sum())
    if result.expected == 0:
        assert result.ne == dict.fromkeys(
            ("ratio", "z", "statistic", "p", "p_fewer"), "no events expected"
        )
        return
    assert result.ne == {}
    assert result.ratio * result.expected == pytest.approx(result.observed)
    assert result.statistic == pytest.approx(result.z**2)
    assert (result.z < 0) == (result.observed < result.expected)
    assert result.p == pytest.approx(2 * min(result.p_fewer, 1 - result.p_fewer), abs=1e-12)


def test_one_sample_known_value() -> None:
    result = one_sample_logrank([1, 0, 0, 0], [1.0, 1.0, 1.0, 1.0])
    assert (result.z, result.ratio) == (-1.5, 0.25)
    assert result.p_fewer == pytest.approx(0.06680720126885807)


def test_one_sample_with_little_or_nothing_expected() -> None:
    little = one_sample_logrank([1, 0], [0.2, 0.05])
    assert (little.z, little.ratio) == (pytest.approx(1.5), pytest.approx(4))
    assert little.ne == {}
    nothing = one_sample_logrank([1, 0], [0, 0])
    missing = ("ratio", "z", "statistic", "p", "p_fewer")
    assert nothing.ne == dict.fromkeys(missing, "no events expected")
    assert np.isnan([getattr(nothing, name) for name in missing]).all()
    assert (nothing.n, nothing.observed, nothing.expected) == (2, 1, 0)


def test_one_sample_refuses_bad_input() -> None:
    with pytest.raises(ValueError, match=r"expected\[1\]"):
        one_sample_logrank([1, 0], [1, -1])
    with pytest.raises(ValueError, match=r"event\[0\]"):
        one_sample_logrank([2, 0], [1, 1])
    with pytest.raises(ValueError, match="event: length 1 expected"):
        one_sample_logrank([1, 0], [1])
