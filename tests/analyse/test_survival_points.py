"""Quantiles and landmarks: the rules of SAS and R, edges, properties."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from il5report.analyse.survival import at_risk, kaplan_meier
from il5report.analyse.survival_points import landmark, quantile

subjects = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)
CONVENTIONS = ("sas", "r", "r_print")


def curve(rows, **settings):
    return kaplan_meier([row[0] for row in rows], [row[1] for row in rows], **settings)


def exact_sas_quantile(rows, p: Fraction) -> float:
    """The smallest event time with survival below 1 - p, or the middle of a step equal to it."""
    survival, equal = Fraction(1), None
    for t in sorted({t for t, event in rows if event}):
        n = sum(time >= t for time, _ in rows)
        survival *= 1 - Fraction(sum(time == t and event for time, event in rows), n)
        if survival < 1 - p:
            return float(t) if equal is None else (equal + t) / 2
        if survival == 1 - p and equal is None:
            equal = t
    return float("nan")


@given(subjects, st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1, 3)]))
def test_sas_quantile_follows_the_definition(rows, p: Fraction) -> None:
    result = quantile(curve(rows), float(p))
    np.testing.assert_allclose(result.estimate, exact_sas_quantile(rows, p))
    assert ("estimate" in result.ne) == np.isnan(result.estimate)


@given(subjects, st.sampled_from(CONVENTIONS), st.sampled_from(["plain", "loglog", "logit"]))
def test_limits_hold_the_quantile(rows, convention: str, conf_type: str) -> None:
    result = quantile(curve(rows, conf_type=conf_type), 0.5, convention=convention)
    if not np.isnan([result.estimate, result.lower]).any():
        assert result.lower <= result.estimate
    if not np.isnan([result.estimate, result.upper]).any():
        assert result.estimate <= result.upper
    missing = {n for n in ("estimate", "lower", "upper") if np.isnan(getattr(result, n))}
    assert set(result.ne) == missing
    assert (result.convention, result.conf_type, result.p) == (convention, conf_type, 0.5)


@given(subjects)
def test_quantiles_rise_and_conventions_agree_unless_flat_to_the_end(rows) -> None:
    km = curve(rows)
    for convention in CONVENTIONS:
        values = [quantile(km, p, convention=convention).estimate for p in (0.2, 0.4, 0.6, 0.8)]
        reached = [value for value in values if not np.isnan(value)]
        assert reached == sorted(reached)
        assert np.isnan(values[len(reached) :]).all()
    assume(abs(km.survival[-1] - 0.5) > 1e-6)
    sas, r, printed = (quantile(km, 0.5, convention=name).estimate for name in CONVENTIONS)
    np.testing.assert_equal(sas, r)
    np.testing.assert_equal(sas, printed)


def test_median_where_survival_stays_at_one_half() -> None:
    km = kaplan_meier([2, 4, 6, 9], [1, 1, 0, 0])
    sas, r, printed = (quantile(km, 0.5, convention=name) for name in CONVENTIONS)
    assert np.isnan(sas.estimate)
    assert sas.ne["estimate"] == "survival does not fall below 0.5"
    assert (r.estimate, printed.estimate) == (6.5, 4.0)


@pytest.mark.parametrize(
    ("time", "event", "expected"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),
        ([3, 7], [1, 1], 5.0),
        ([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], 3.0),
        ([2, 3, 5, 8], [1, 1, 0, 1], 5.5),  # the next event, not the next time
    ],
)
def test_median_of_known_samples(time, event, expected: float) -> None:
    assert quantile(kaplan_meier(time, event), 0.5).estimate == expected


def test_floating_point_does_not_hide_one_half() -> None:
    # (9/10)(8/9)...(5/6) is one half, and its floating point product is not.
    time = np.arange(1, 11)
    km = kaplan_meier(time, np.ones(10))
    assert quantile(km, 0.5).estimate == 5.5
    for p in (0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 0.9):
        assert quantile(km, p).estimate == pytest.approx(10 * p + 0.5)


def test_sas_limits() -> None:
    km = kaplan_meier([54, 54, 75, 118, 118, 130], [1, 1, 1, 1, 1, 1])
    result = quantile(km, 0.5)
    assert (result.estimate, result.lower) == (96.5, 54)
    assert np.isnan(result.upper)
    assert result.ne == {"upper": "survival is 0 at the next event time, 130"}
    flat = quantile(kaplan_meier([3, 7], [1, 0]), 0.5)
    assert flat.lower == 3
    assert flat.ne["upper"] == "no event after the last compatible time"
    finite = quantile(kaplan_meier(range(40), [1] * 40), 0.5)
    assert finite.lower < 19.5 < finite.upper < 39
    assert finite.ne == {}


def test_sas_limits_where_no_event_time_is_compatible() -> None:
    km = kaplan_meier(np.repeat([1, 2, 3], [10, 980, 10]), np.ones(1000))
    result = quantile(km, 0.5)
    assert (result.estimate, result.ne) == (
        2.0,
        dict.fromkeys(("lower", "upper"), "no event time is compatible with survival 0.5"),
    )


def test_r_limits_are_read_off_the_limits_of_the_curve() -> None:
    km = kaplan_meier(range(1, 41), [1] * 40, conf_level=0.9)
    result = quantile(km, 0.25, convention="r")
    assert result.lower == km.time[km.lower < 0.75][0]
    assert result.upper == km.time[km.upper < 0.75][0]
    assert result.conf_level == 0.9
    short = quantile(kaplan_meier([3, 5, 7], [1, 1, 0]), 0.5, convention="r")
    assert short.ne["upper"] == "the limit of the curve does not fall to 0.5"


def test_limit_of_the_curve_that_stays_at_the_level() -> None:
    km = kaplan_meier([2, 4, 6, 9], [1, 1, 0, 0])
    km = replace(km, lower=np.full(4, 0.5), upper=np.array([0.9, 0.5, 0.5, 0.5]))
    r, printed = (quantile(km, 0.5, convention=name) for name in ("r", "r_print"))
    assert (r.lower, r.upper) == (5.5, 6.5)
    assert (printed.lower, printed.upper) == (2.0, 4.0)
    rising = replace(km, upper=np.array([0.9, 0.5, 0.5, 0.6]))
    assert np.isnan(quantile(rising, 0.5, convention="r").upper)


def test_quantile_of_nobody_and_of_censored() -> None:
    for convention in CONVENTIONS:
        assert quantile(kaplan_meier([], []), 0.5, convention=convention).ne["estimate"] == (
            "no subjects"
        )
        nobody = quantile(kaplan_meier([3, 4], [0, 0]), 0.25, convention=convention)
        assert nobody.ne["estimate"] == "survival does not fall below 0.75"
        assert np.isnan([nobody.estimate, nobody.lower, nobody.upper]).all()


@pytest.mark.parametrize("p", [0.0, 1.0, -0.5, np.nan])
def test_quantile_refuses_p(p: float) -> None:
    with pytest.raises(ValueError, match=r"p = .*: not between 0 and 1"):
        quantile(kaplan_meier([1], [1]), p)


@pytest.mark.parametrize(("method", "known"), [(quantile, "sas, r, r_print"), (landmark, "sas, r")])
def test_refuses_unknown_convention(method, known: str) -> None:
    with pytest.raises(ValueError, match=f"convention = 'SAS': not one of {known}$"):
        method(kaplan_meier([1], [1]), 0.5, convention="SAS")


@given(subjects, st.integers(0, 35))
def test_landmark_is_a_step_of_the_curve(rows, t: int) -> None:
    km = curve(rows)
    result = landmark(km, t)
    assert result.n_risk == sum(time >= t for time, _ in rows)
    past = km.time <= t
    if t > km.time[-1] and km.survival[-1] > 0:
        reason = f"after the last observation, which is censored ({km.time[-1]:g})"
        assert result.ne == dict.fromkeys(("survival", "std_error", "lower", "upper"), reason)
        assert np.isnan(result.survival)
    elif past.any():
        for name in ("survival", "std_error", "lower", "upper"):
            np.testing.assert_equal(getattr(result, name), getattr(km, name)[past][-1])
    else:
        assert (result.survival, result.std_error) == (1.0, 0.0)
    carried = landmark(km, t, convention="r")
    assert carried.survival == (km.survival[past][-1] if past.any() else 1.0)
    assert carried.n_risk == result.n_risk


def test_landmark_reasons() -> None:
    km = kaplan_meier([2, 5, 9], [0, 1, 1])
    before = landmark(km, 3)
    assert (before.survival, before.std_error) == (1.0, 0.0)
    assert before.ne == dict.fromkeys(("lower", "upper"), "no event up to this time")
    after = landmark(km, 12)
    assert (after.survival, after.n_risk) == (0.0, 0)
    assert after.ne == dict.fromkeys(("std_error", "lower", "upper"), "survival is 0")
    nobody = landmark(kaplan_meier([], []), 1, convention="r")
    assert nobody.ne == dict.fromkeys(("survival", "std_error", "lower", "upper"), "no subjects")
    assert nobody.n_risk == 0
    inside = landmark(km, 5)
    assert inside.ne == {}
    assert (inside.conf_level, inside.conf_type, inside.convention) == (0.95, "loglog", "sas")


@pytest.mark.parametrize(
    ("conf_type", "t", "limits"),
    [
        ("loglog", 1, 1.0), ("loglog", 2, np.nan), ("plain", 1, 1.0), ("plain", 2, 1.0),
        ("log", 4, 1.0), ("logit", 4, np.nan), ("arcsin", 1, 1.0),
    ],
)  # fmt: skip
def test_r_gives_limits_of_one(conf_type: str, t: float, limits: float) -> None:
    km = kaplan_meier([2, 5, 9], [0, 1, 0], conf_type=conf_type)
    result = landmark(km, t, convention="r")
    np.testing.assert_equal([result.lower, result.upper], [limits, limits])
    assert np.isnan(landmark(km, t).lower)


def test_r_carries_forward() -> None:
    km = kaplan_meier([2, 5, 9], [0, 1, 0])
    result = landmark(km, 20, convention="r")
    assert (result.survival, result.n_risk, result.ne) == (0.5, 0, {})
    assert (result.lower, result.upper) == (km.lower[-1], km.upper[-1])


def test_landmark_at_a_time_that_differs_by_noise() -> None:
    km = kaplan_meier(np.array([31, 59, 90]) / 30.4375, [1, 1, 0])
    for t in np.nextafter(59 / 30.4375, [0.0, 9.0]):
        assert landmark(km, t).survival == pytest.approx(1 / 3)
        assert landmark(km, t).n_risk == 2
    last = np.nextafter(90 / 30.4375, 9.0)
    assert landmark(km, last).survival == pytest.approx(1 / 3)
    assert landmark(km, 59 / 30.4375 - 1e-6).survival == pytest.approx(2 / 3)


def test_landmark_of_truncated_curve() -> None:
    km = kaplan_meier([4, 6, 8], [1, 0, 1], entry=[0, 3, 5])
    assert landmark(km, 6).n_risk == at_risk(km, [6])[0] == 2


@pytest.mark.parametrize("t", [-1, np.nan, np.inf])
def test_landmark_refuses_t(t: float) -> None:
    with pytest.raises(ValueError, match=r"^t\[0\]"):
        landmark(kaplan_meier([1], [1]), t)
