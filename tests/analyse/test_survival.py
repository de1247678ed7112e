"""The Kaplan-Meier curve: counts, edges, properties, refusals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse import _life_table, survival
from il5report.analyse.hazard import nelson_aalen
from il5report.analyse.survival import KaplanMeier, at_risk, kaplan_meier, reverse_kaplan_meier

subjects = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)
entered = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 15), st.booleans()), min_size=1, max_size=30
)
CONF_TYPES = ("plain", "log", "loglog", "logit", "arcsin")
ARRAYS = ("time", "n_risk", "n_event", "n_censor", "survival", "std_error", "lower", "upper")


def split(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def assert_same_curve(a: KaplanMeier, b: KaplanMeier) -> None:
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-12, err_msg=name)


def by_definition(rows: list[tuple[int, int, bool]]) -> dict[int, tuple[int, int, Fraction]]:
    """Time to number at risk, events and survival, subject by subject, in exact fractions."""
    out, survival_ = {}, Fraction(1)
    for t in sorted({stop for _, stop, _ in rows}):
        n = sum(entry < t <= stop for entry, stop, _ in rows)
        d = sum(stop == t and event for _, stop, event in rows)
        survival_ *= Fraction(n - d, n)
        out[t] = n, d, survival_
    return out


@given(subjects)
def test_follows_the_definition(rows: list[tuple[int, bool]]) -> None:
    km = kaplan_meier(*split(rows))
    expected = by_definition([(-1, stop, event) for stop, event in rows])
    assert km.time.tolist() == list(expected)
    assert km.n_risk.tolist() == [n for n, _, _ in expected.values()]
    assert km.n_event.tolist() == [d for _, d, _ in expected.values()]
    np.testing.assert_allclose(km.survival, [float(s) for *_, s in expected.values()], rtol=1e-12)
    assert (km.n, km.n_events) == (len(rows), sum(event for _, event in rows))
    assert km.n_censored == km.n - km.n_events == km.n_censor.sum()


@given(entered)
def test_left_truncation_follows_the_definition(rows: list[tuple[int, int, bool]]) -> None:
    entry, width, event = (np.array(column) for column in zip(*rows, strict=True))
    km = kaplan_meier(entry + width, event, entry=entry)
    expected = by_definition(
        [(e, e + w, d) for e, w, d in zip(entry.tolist(), width.tolist(), event, strict=True)]
    )
    assert km.time.tolist() == list(expected)
    assert km.n_risk.tolist() == [n for n, _, _ in expected.values()]
    np.testing.assert_allclose(km.survival, [float(s) for *_, s in expected.values()], rtol=1e-12)
    times = np.arange(0, 40)
    counted = [((entry < t) & (entry + width >= t)).sum() for t in times]
    assert at_risk(km, times).tolist() == counted
    assert km.entry is not None
    assert km.entry.tolist() == sorted(entry.tolist())


@given(subjects, st.randoms(use_true_random=False))
def test_order_of_subjects_does_not_matter(rows: list[tuple[int, bool]], random) -> None:
    shuffled = random.sample(rows, len(rows))
    assert_same_curve(kaplan_meier(*split(rows)), kaplan_meier(*split(shuffled)))


@given(subjects, st.sampled_from([0.1, 1 / 30.4375, 7.0, 1e5]))
def test_unit_of_time_does_not_matter(rows: list[tuple[int, bool]], unit: float) -> None:
    time, event = split(rows)
    days, other = kaplan_meier(time, event), kaplan_meier(time * unit, event)
    np.testing.assert_allclose(other.time, days.time * unit, rtol=1e-12)
    for name in ARRAYS[1:]:
        np.testing.assert_array_equal(getattr(other, name), getattr(days, name))


@given(subjects)
def test_duplicated_subjects_change_precision_only(rows: list[tuple[int, bool]]) -> None:
    once, twice = kaplan_meier(*split(rows)), kaplan_meier(*split(rows * 2))
    np.testing.assert_allclose(twice.survival, once.survival, rtol=1e-12)
    np.testing.assert_array_equal(twice.n_risk, 2 * once.n_risk)
    np.testing.assert_allclose(twice.std_error, once.std_error / np.sqrt(2), rtol=1e-12)


@given(subjects, st.sampled_from(CONF_TYPES), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_limits_hold_the_estimate(
    rows: list[tuple[int, bool]], conf_type: str, conf_level: float
) -> None:
    km = kaplan_meier(*split(rows), conf_type=conf_type, conf_level=conf_level)
    inside = (km.survival > 0) & (km.survival < 1)
    assert (np.isnan(km.lower) == ~inside).all()
    assert (np.isnan(km.upper) == ~inside).all()
    assert (km.lower[inside] >= 0).all()
    assert (km.lower[inside] < km.survival[inside]).all()
    assert (km.survival[inside] < km.upper[inside]).all()
    assert (km.upper[inside] <= 1).all()
    assert ("lower" in km.ne) == ("upper" in km.ne) == bool((~inside).any())
    assert ("std_error" in km.ne) == bool((km.survival == 0).any())
    assert (km.conf_type, km.conf_level) == (conf_type, conf_level)


@given(subjects)
def test_wider_level_gives_wider_limits(rows: list[tuple[int, bool]]) -> None:
    narrow, wide = (kaplan_meier(*split(rows), conf_level=level) for level in (0.8, 0.95))
    inside = ~np.isnan(narrow.lower)
    assert (wide.lower[inside] < narrow.lower[inside]).all()
    assert (wide.upper[inside] > narrow.upper[inside]).all()


@given(subjects)
def test_follow_up_swaps_event_and_censoring(rows: list[tuple[int, bool]]) -> None:
    time, event = split(rows)
    reverse = reverse_kaplan_meier(time, event, conf_level=0.9, conf_type="logit")
    flipped = kaplan_meier(time, ~event, conf_level=0.9, conf_type="logit")
    assert_same_curve(reverse, flipped)
    assert (reverse.n_events, reverse.n_censored) == (flipped.n_events, flipped.n_censored)


def test_follow_up_of_truncated_data() -> None:
    entry = [0, 1, 2]
    reverse = reverse_kaplan_meier([3, 4, 5], [1, 0, 1], entry=entry)
    assert_same_curve(reverse, kaplan_meier([3, 4, 5], [0, 1, 0], entry=entry))


@given(subjects)
def test_days_are_counted_as_they_would_be_sorted(rows: list[tuple[int, bool]]) -> None:
    time, event = split(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_life_table, "_by_day", lambda *a: None)
        by_sorting = kaplan_meier(time, event)
    for given_time in (time, time.astype(np.float64), time.astype(np.uint8), time.tolist()):
        assert_same_curve(kaplan_meier(given_time, event), by_sorting)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_life_table, "_BLOCK", 3)
        assert_same_curve(kaplan_meier(time, event), by_sorting)


def test_days_need_no_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_life_table, "merge_ties", lambda *a: pytest.fail("sorted"))
    for last in (5, 100_000):
        for kind in (np.int64, np.float64, np.uint32):
            assert kaplan_meier(np.array([1, last], dtype=kind), [1, 1]).time[-1] == last


@pytest.mark.parametrize("last", [100_001, 5.5, 10**12])
def test_other_times_are_sorted(last: float) -> None:
    km = kaplan_meier([last, 1, last], [1, 1, 0])
    assert km.time.tolist() == [1, last]
    assert km.n_risk.tolist() == [3, 2]


def test_times_apart_by_noise_are_one() -> None:
    km = kaplan_meier([0.1 + 0.2, 0.3, 1.0], [1, 1, 0])
    assert km.time.tolist() == [0.3, 1.0]
    assert km.n_event.tolist() == [2, 0]
    apart = kaplan_meier([0.3, 0.3 + 2e-8, 1.0], [1, 1, 0])
    assert len(apart.time) == 3
    # For large times the noise is relative to their mean.
    assert len(kaplan_meier([1e9 + 0.5, 1e9 + 1.5, 1e9 + 900], [1, 1, 1]).time) == 2
    truncated = kaplan_meier([0.1 + 0.2, 0.9], [1, 0], entry=[0.0, 0.3])
    assert truncated.n_risk.tolist() == [1, 1]


def test_at_risk_counts_times_at_or_after() -> None:
    km = kaplan_meier([2, 5, 5, 9], [1, 0, 1, 0])
    assert at_risk(km, [0, 2, 2.5, 5, 6, 9, 9.5]).tolist() == [4, 4, 3, 3, 1, 1, 0]
    months = kaplan_meier(np.array([31, 59, 90]) / 30.4375, [1, 1, 1])
    noise = np.nextafter(59 / 30.4375, [0.0, 9.0])
    assert at_risk(months, noise).tolist() == [2, 2]
    assert at_risk(months, np.array([59 / 30.4375 + 1e-6])).tolist() == [1]
    assert at_risk(kaplan_meier([], []), [0, 3]).tolist() == [0, 0]


def test_risk_set_may_empty_and_fill_again() -> None:
    km = kaplan_meier([2, 3, 7, 8], [0, 0, 1, 0], entry=[0, 1, 5, 5])
    assert at_risk(km, [1, 3, 4, 5, 6, 7]).tolist() == [1, 1, 0, 0, 2, 2]
    assert km.survival.tolist() == [1.0, 1.0, 0.5, 0.5]


def test_no_subjects() -> None:
    km = kaplan_meier([], [])
    assert (km.n, km.n_events, km.n_censored) == (0, 0, 0)
    assert all(len(getattr(km, name)) == 0 for name in ARRAYS)
    assert km.ne == {}


def test_reasons() -> None:
    reason = "no event up to this time, or survival is 0"
    assert kaplan_meier([1, 2], [0, 1]).ne == {
        "std_error": "survival is 0", "lower": reason, "upper": reason,
    }  # fmt: skip
    assert kaplan_meier([1, 2], [0, 0]).ne == {"lower": reason, "upper": reason}
    assert kaplan_meier([1, 2], [1, 0]).ne == {}


BAD_CURVE = [
    ({"time": [1, np.nan]}, r"time\[1\] = .*nan.*: not a finite number"),
    ({"time": [np.inf, 1]}, r"time\[0\] = .*inf.*: not a finite number"),
    ({"time": [1, -1]}, r"time\[1\] = .*-1.*: below 0"),
    ({"time": [1.5, -0.5]}, r"time\[1\] = .*-0.5.*: below 0"),
    ({"time": [[1, 2]]}, "time: one dimension expected, 2 given"),
    ({"event": [1, 2]}, r"event\[1\] = .*2.*: neither 0 nor 1"),
    ({"event": [np.nan, 1]}, r"event\[0\] = .*nan"),
    ({"event": [1]}, r"event: length 2 expected, shape \(1,\) given"),
    ({"entry": [0, 2]}, r"entry\[1\] = 2.0: not before time 2.0"),
    ({"entry": [3, 3]}, r"entry\[0\] = 3.0: not before time 1.0"),
    ({"entry": [0, np.nan]}, r"entry\[1\]"),
    ({"entry": [-1, 0]}, r"entry\[0\] = .*-1.*: below 0"),
    ({"entry": [0, 0], "time": [1, np.nan]}, r"time\[1\] = .*nan"),
    ({"entry": [0, 0], "time": [1, -1]}, r"time\[1\] = .*-1.*: below 0"),
    ({"entry": [0]}, "entry: length 2 expected, 1 given"),
    ({"conf_level": 95}, "conf_level = 95"),
    ({"conf_level": 0.0}, "conf_level = 0.0: not between 0 and 1"),
    ({"conf_level": np.nan}, "conf_level = nan"),
    ({"conf_type": "log-log"}, "conf_type = 'log-log': not one of plain, log, loglog"),
]


@pytest.mark.parametrize(
    ("method", "change", "message"),
    [
        (method, *bad)
        for method in (kaplan_meier, reverse_kaplan_meier, nelson_aalen)
        for bad in BAD_CURVE
        if method is not nelson_aalen or "conf_type" not in bad[0]
    ],
)
def test_refuses_bad_input(method, change: dict, message: str) -> None:
    arguments = {"time": [1, 2], "event": [1, 0], **change}
    with pytest.raises(ValueError, match=message):
        method(arguments.pop("time"), arguments.pop("event"), **arguments)


def test_refuses_bad_times_at_risk() -> None:
    km = kaplan_meier([1], [1])
    with pytest.raises(ValueError, match=r"times\[1\]"):
        at_risk(km, [0, -1])
    with pytest.raises(ValueError, match=r"times\[0\]"):
        at_risk(km, [np.nan])


@given(subjects)
def test_cumulative_hazard(rows: list[tuple[int, bool]]) -> None:
    time, event = split(rows)
    km, na = kaplan_meier(time, event), nelson_aalen(time, event, conf_level=0.9)
    assert (na.n, na.n_events, na.conf_level) == (km.n, km.n_events, 0.9)
    for name in ("time", "n_risk", "n_event", "n_censor"):
        np.testing.assert_array_equal(getattr(na, name), getattr(km, name))
    steps = np.diff(na.cumulative_hazard, prepend=0)
    np.testing.assert_allclose(steps, km.n_event / km.n_risk, atol=1e-12)
    started = na.cumulative_hazard > 0
    assert (np.isnan(na.lower) == ~started).all()
    assert (na.lower[started] < na.cumulative_hazard[started]).all()
    np.testing.assert_allclose(
        na.lower[started] * na.upper[started], na.cumulative_hazard[started] ** 2, rtol=1e-10
    )
    waiting = dict.fromkeys(("lower", "upper"), "no event up to this time")
    assert na.ne == ({} if started.all() else waiting)


def test_hazard_of_truncated_data_and_of_nobody() -> None:
    na = nelson_aalen([3, 4, 5], [1, 0, 1], entry=[0, 3, 2])
    assert na.cumulative_hazard.tolist() == [0.5, 0.5, 1.5]
    assert len(nelson_aalen([], []).cumulative_hazard) == 0
    assert nelson_aalen([], []).ne == {}


def test_module_uses_no_hidden_state() -> None:
    time, event = np.array([3, 1, 2]), np.array([True, False, True])
    survival.kaplan_meier(time, event)
    assert (time.tolist(), event.tolist()) == ([3, 1, 2], [True, False, True])
