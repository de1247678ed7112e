"""Non-compartmental analysis: hand-computed profiles, properties, reasons, refusals."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.analyse.kinetics import Kinetics, Rules, nca

NAN = math.nan
TERMINAL = {"lamznpt", "lamzll", "lamzul", "r2", "r2adj"}
SLOPE = {"lamz", "lamzhl", "lamzspn", "clstp"}
TO_INFINITY = {"aucifo", "aucifp", "aucpeo", "aucpep"}
AREAS = {"auclst", "aucall"}
NUMBERS = [f.name for f in Kinetics.stats()]
DAY = (0, 3, 7, 10, 14, 21, 28, 42)


def run(day, concentration, **kwargs) -> Kinetics:
    """NaN stands for a value below the LLOQ."""
    concentration = np.array(concentration, dtype=float)
    return nca(day, concentration, blq=np.isnan(concentration), **kwargs)


def assert_consistent(result: Kinetics) -> None:
    """A number is missing exactly when a reason stands for it."""
    assert {name for name in NUMBERS if np.isnan(getattr(result, name))} == set(result.ne)
    for window in result.windows:
        assert math.isnan(window.auc) == ("auc" in window.ne)
        assert math.isnan(window.extrapolated) == ("extrapolated" in window.ne)


profiles = st.lists(
    st.tuples(st.integers(1, 15), st.one_of(st.none(), st.integers(1, 5000))),
    min_size=1,
    max_size=12,
).map(
    lambda rows: (
        np.cumsum([gap for gap, _ in rows]).astype(float),
        [NAN if c is None else float(c) for _, c in rows],
    )
)
rules = st.builds(
    Rules,
    auc_method=st.sampled_from(["linear_up_log_down", "linear", "linear_log"]),
    blq_inside=st.sampled_from(["single_missing", "missing", "zero"]),
    predose_zero=st.booleans(),
    after_last=st.sampled_from(["zero", "triangle"]),
    extrapolate=st.sampled_from([None, "observed", "predicted"]),
    lambda_min_r2adj=st.sampled_from([-9.0, 0.8]),
)


@settings(deadline=None)
@given(profiles, rules, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(profile, rule: Rules, random) -> None:
    day, concentration = profile
    result = run(day, concentration, rules=rule, windows=[(0, 28), (5, 11.5)])
    assert_consistent(result)
    assert result.n == len(day)
    assert result.n_quantifiable == np.sum(~np.isnan(concentration))
    order = list(range(len(day)))
    random.shuffle(order)
    other = run(
        day[order], np.array(concentration)[order], rules=rule, windows=[(0, 28), (5, 11.5)]
    )
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(result, name), getattr(other, name))
    assert [w.auc for w in other.windows] == pytest.approx(
        [w.auc for w in result.windows], nan_ok=True
    )
    assert str(other.changes) == str(result.changes)


@settings(deadline=None)
@given(profiles, rules)
def test_change_of_units(profile, rule: Rules) -> None:
    day, concentration = profile
    one = run(day, concentration, rules=rule)
    other = run(day * 24, np.array(concentration) * 1000, rules=rule, windows=[(0, 28 * 24)])
    scale = {"cmax": 1e3, "tmax": 24, "clst": 1e3, "tlst": 24, "loss": 24, "lamz": 1 / 24}
    scale |= {"lamzhl": 24, "lamzll": 24, "lamzul": 24, "clstp": 1e3}
    scale |= dict.fromkeys(("auclst", "aucall", "aucifo", "aucifp"), 24e3)
    for name in NUMBERS:
        if name in {"r2", "r2adj"} and one.lamznpt < 3:
            continue
        expected = getattr(one, name) * scale.get(name, 1)
        assert getattr(other, name) == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True), (
            name
        )
    for a, b in zip(one.windows, other.windows, strict=True):
        assert b.auc == pytest.approx(24e3 * a.auc, rel=1e-6, nan_ok=True)
        assert b.extrapolated == pytest.approx(a.extrapolated, rel=1e-6, nan_ok=True)


@settings(deadline=None)
@given(profiles, rules, st.floats(1, 100))
def test_windows_add_up(profile, rule: Rules, cut: float) -> None:
    day, concentration = profile
    rule = dataclasses.replace(rule, predose_zero=True)
    windows = [(0, cut), (cut, 200), (0, 200)]
    first, second, both = run(day, concentration, rules=rule, windows=windows).windows
    assert (first.start, first.end) == windows[0]
    if not math.isnan(both.auc):
        assert first.auc + second.auc == pytest.approx(both.auc, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(
    st.floats(0.01, 0.3), st.floats(1, 1e4), st.sampled_from(["linear_up_log_down", "linear_log"])
)
def test_exponential_decline_is_exact(k: float, c0: float, method: str) -> None:
    """Peak at day 1, then c0 exp(-k t): the logarithmic rule gives the integral itself."""
    day = np.array([0, 1, 2, 5, 9, 14, 20])
    concentration = np.where(day == 0, NAN, c0 * np.exp(-k * day))
    result = run(
        day,
        concentration,
        rules=Rules(auc_method=method, extrapolate="observed"),
        windows=[(0, 7), (3, 12), (0, 40)],
    )

    def integral(a: float, b: float) -> float:
        return c0 / k * (math.exp(-k * a) - math.exp(-k * b))

    rise = c0 * math.exp(-k) / 2
    assert result.auclst == pytest.approx(rise + integral(1, 20), rel=1e-9)
    assert result.lamz == pytest.approx(k, rel=1e-9)
    assert result.lamzhl == pytest.approx(math.log(2) / k, rel=1e-9)
    assert result.r2adj == pytest.approx(1)
    assert (result.lamznpt, result.lamzll, result.lamzul) == (5, 2, 20)
    assert result.lamzspn == pytest.approx(18 * k / math.log(2), rel=1e-9)
    assert result.clstp == pytest.approx(result.clst, rel=1e-9)
    assert result.aucifo == pytest.approx(rise + c0 / k * math.exp(-k), rel=1e-9)
    assert result.aucpeo == pytest.approx(c0 / k * math.exp(-20 * k) / result.aucifo, rel=1e-8)
    assert result.aucpep == pytest.approx(result.aucpeo, rel=1e-8)
    seven, middle, forty = result.windows
    assert seven.auc == pytest.approx(rise + integral(1, 7), rel=1e-9)
    assert middle.auc == pytest.approx(integral(3, 12), rel=1e-9)
    assert forty.auc == pytest.approx(rise + integral(1, 40), rel=1e-9)
    assert forty.extrapolated == pytest.approx(integral(20, 40) / forty.auc, rel=1e-8)
    assert seven.extrapolated == middle.extrapolated == 0
    assert_consistent(result)


def test_by_hand() -> None:
    day, value = (0, 2, 6, 10, 20, 30), (NAN, 8, 40, 20, 10, NAN)
    log = 2 * 8 / 2 + 4 * 24 + 4 * 20 / math.log(2) + 10 * 10 / math.log(2)
    result = run(day, value, windows=[(0, 15), (0, 25)])
    assert (result.cmax, result.tmax, result.clst, result.tlst) == (40, 6, 10, 20)
    assert (result.n, result.n_quantifiable) == (6, 4)
    assert result.auclst == pytest.approx(log)
    assert result.aucall == pytest.approx(log + 10 * 10 / 2)
    at_15 = 20 / math.sqrt(2)
    up_to_15 = log - 100 / math.log(2) + 5 * (20 - at_15) / math.log(20 / at_15)
    assert result.windows[0].auc == pytest.approx(up_to_15)
    assert result.windows[1].auc == pytest.approx(log)  # 0 beyond TLST
    linear = run(day, value, rules=Rules(auc_method="linear"), windows=[(0, 15)])
    assert linear.auclst == pytest.approx(8 + 96 + 120 + 150)
    assert linear.windows[0].auc == pytest.approx(8 + 96 + 120 + 5 * 17.5)
    triangle = run(day, value, rules=Rules(after_last="triangle"), windows=[(0, 25), (22, 40)])
    assert triangle.windows[0].auc == pytest.approx(log + 5 * 7.5)
    assert triangle.windows[1].auc == pytest.approx(8 * 8 / 2)
    assert triangle.auclst == result.auclst


def test_a_segment_cut_by_a_window_keeps_its_rule() -> None:
    """From 8 to the value below the LLOQ, taken as 0, the line is straight also up to day 3."""
    for method in ("linear_up_log_down", "linear", "linear_log"):
        rule = Rules(auc_method=method, blq_inside="zero")
        result = run((0, 2, 4, 6), (NAN, 8, NAN, 4), rules=rule, windows=[(0, 3), (5, 6)])
        assert result.windows[0].auc == pytest.approx(8 + 6)
        assert result.windows[1].auc == pytest.approx(3)


def test_logarithmic_rule_after_the_peak_also_on_the_way_up() -> None:
    day, value = (0, 1, 2, 3), (NAN, 10, 5, 8)
    up = run(day, value, rules=Rules(auc_method="linear_log"))
    assert up.auclst == pytest.approx(5 + 5 / math.log(2) + 3 / math.log(1.6))
    default = run(day, value)
    assert default.auclst == pytest.approx(5 + 5 / math.log(2) + 6.5)
    before_peak = run((0, 1, 2, 3), (NAN, 5, 4, 10), rules=Rules(auc_method="linear_log"))
    assert before_peak.auclst == pytest.approx(2.5 + 4.5 + 7)
    flat = run((0, 1, 2), (NAN, 4, 4), rules=Rules(auc_method="linear_log"))
    assert flat.auclst == pytest.approx(2 + 4)


def test_close_values_keep_their_digits() -> None:
    step = 1e-9
    result = run((0, 1, 2), (1, 1 + step, 1))
    assert result.auclst == pytest.approx(2 + step, rel=1e-15)


@pytest.mark.parametrize(
    ("inside", "single", "double"),
    [
        ("single_missing", (NAN, "alone: left out"), (0.0, "in a run: 0")),
        ("missing", (NAN, "alone: left out"), (NAN, "in a run: left out")),
        ("zero", (0.0, "alone: 0"), (0.0, "in a run: 0")),
    ],
)
def test_values_below_the_limit(inside: str, single: tuple, double: tuple) -> None:
    day = (0, 2, 4, 6, 8, 10, 12, 14, 16)
    value = (NAN, NAN, 8, NAN, 4, NAN, NAN, 2, NAN)
    result = run(day, value, rules=Rules(blq_inside=inside, auc_method="linear"))
    found = {change.time: (change.value, change.reason) for change in result.changes}
    before = "below LLOQ before the first quantifiable value: 0"
    assert found[0] == found[2] == (0, before)
    assert found[16] == (0, "below LLOQ after the last quantifiable value: 0")
    for time, (expected, text) in ((6, single), (10, double), (12, double)):
        np.testing.assert_equal(found[time][0], expected)
        assert found[time][1] == f"below LLOQ between quantifiable values, {text}"
    assert len(found) == 6
    first = 24 if math.isnan(single[0]) else 12
    second = 18 if math.isnan(double[0]) else 6
    assert result.auclst == pytest.approx(8 + first + second)
    assert result.lamznpt == 2 or "2 quantifiable points" in result.ne["lamznpt"]


def test_predose() -> None:
    windows = [(0, 4), (2, 4), (1, 4)]
    given_ = run((2, 4), (10, 6), windows=windows)
    assert given_.changes == ((0.0, 0.0, "no sample at time 0: 0"),)
    assert given_.windows[0].auc == given_.auclst
    assert given_.windows[0].auc == pytest.approx(10 + 8 / math.log(10 / 6))
    not_given = run(
        (2, 4), (10, 6), rules=Rules(predose_zero=False), windows=[(0, 4), (2, 4), (1, 4)]
    )
    assert not_given.changes == ()
    assert all(not_given.ne[name] == "no sample at time 0" for name in AREAS | TO_INFINITY)
    whole, sampled, partly = not_given.windows
    assert whole.ne["auc"] == whole.ne["extrapolated"] == "no sample at or before day 0"
    assert partly.ne["auc"] == "no sample at or before day 1"
    assert sampled.auc == pytest.approx(8 / math.log(10 / 6))
    measured = run((0, 4), (3, 5), windows=[(0, 4)])
    assert measured.changes == ()
    assert measured.auclst == 16


def test_window_beyond_the_last_sample() -> None:
    day, value = (0, 3, 7, 10, 14, 21), (NAN, 900, 8000, 4000, 2100, 900)
    plain = run(day, value)
    (window,) = plain.windows
    assert (window.start, window.end) == (0, 28)
    reason = "last sample, on day 21, quantifiable and before day 28"
    assert window.ne == {"auc": reason, "extrapolated": reason}
    for kind, clst in (("observed", plain.clst), ("predicted", plain.clstp)):
        result = run(day, value, rules=Rules(extrapolate=kind), windows=[(0, 28), (24, 28)])
        tail = clst / plain.lamz * (1 - math.exp(-7 * plain.lamz))
        assert result.windows[0].auc == pytest.approx(plain.auclst + tail)
        assert result.windows[0].extrapolated == pytest.approx(tail / (plain.auclst + tail))
        late = clst / plain.lamz * (math.exp(-3 * plain.lamz) - math.exp(-7 * plain.lamz))
        assert result.windows[1].auc == pytest.approx(late)
        assert result.windows[1].extrapolated == 1
    assert plain.clstp != pytest.approx(plain.clst, rel=1e-3)
    assert plain.aucifo == pytest.approx(plain.auclst + plain.clst / plain.lamz)
    assert plain.aucifp == pytest.approx(plain.auclst + plain.clstp / plain.lamz)
    assert plain.aucpep == pytest.approx(1 - plain.auclst / plain.aucifp)
    no_slope = run(day[:4], value[:4], rules=Rules(extrapolate="observed"))
    assert no_slope.windows[0].ne["auc"] == no_slope.ne["lamz"]
    exactly = run((0, 3, 28), (NAN, 5, 2))
    assert exactly.windows[0].auc == exactly.auclst


def test_never_quantifiable() -> None:
    result = run((0, 3, 7), (NAN, NAN, NAN), windows=[(0, 28), (2, 5)])
    assert (result.cmax, result.auclst, result.aucall, result.n_quantifiable) == (0, 0, 0, 0)
    missing = {"tmax", "clst", "tlst", "loss"} | TERMINAL | SLOPE | TO_INFINITY
    assert result.ne == dict.fromkeys(missing, "no quantifiable concentration")
    assert [window.auc for window in result.windows] == [0, 0]
    assert [window.extrapolated for window in result.windows] == [0, 0]
    assert_consistent(result)


def test_no_samples() -> None:
    result = run((), ())
    assert (result.n, result.n_quantifiable) == (0, 0)
    assert set(result.ne) == set(NUMBERS) - {"n", "n_quantifiable"}
    assert set(result.ne.values()) == {"no samples"}
    assert "no sample at or before day 0" in result.windows[0].ne["auc"]
    assert_consistent(result)


def test_terminal_phase_excludes_the_peak() -> None:
    result = run((0, 1, 3, 5), (NAN, 100, 50, 25))
    assert result.ne["lamz"] == "2 quantifiable points in the terminal phase, 3 needed"
    assert set(result.ne) >= TERMINAL | SLOPE | TO_INFINITY
    enough = run((0, 1, 3, 5, 7), (NAN, 100, 50, 25, 12.5))
    assert (enough.lamznpt, enough.lamzll, enough.lamzul) == (3, 3, 7)
    four = run((0, 1, 3, 5, 7), (NAN, 100, 50, 25, 12.5), rules=Rules(lambda_min_points=4))
    assert four.ne["r2"] == "3 quantifiable points in the terminal phase, 4 needed"


def test_most_points_within_the_tolerance_of_the_best() -> None:
    """Adding day 4 costs less than 1e-4 of adjusted R2, adding day 2 more."""
    day = np.array([0, 1, 2, 4, 6, 8, 10])
    value = np.where(day == 0, NAN, 100 * np.exp(-0.2 * day))
    value[2] *= 0.8
    value[3] *= 1.004
    result = run(day, value)
    assert (result.lamznpt, result.lamzll) == (4, 4)
    value[3] *= 1.05
    assert run(day, value).lamznpt == 3


def test_rising_tail_is_no_terminal_phase() -> None:
    result = run((0, 1, 2, 3, 4), (NAN, 100, 5, 6, 7))
    assert set(result.ne) >= TERMINAL | SLOPE | TO_INFINITY
    assert result.ne["lamz"] == result.ne["r2"] == "no decline in the terminal phase"
    flat = run((0, 1, 2, 3, 4), (NAN, 100, 5, 5, 5))
    assert flat.ne["lamz"] == "no decline in the terminal phase"


def test_scattered_tail_shows_its_fit_but_no_slope() -> None:
    day, value = (0, 1, 2, 3, 4), (NAN, 100, 10, 40, 8)
    result = run(day, value)
    free = run(day, value, rules=Rules(lambda_min_r2adj=-9))
    for name in TERMINAL:
        assert getattr(result, name) == getattr(free, name)
    text = f"adjusted R2 {free.r2adj:.3g}, 0.8 needed"
    assert result.ne == dict.fromkeys(SLOPE | TO_INFINITY, text) | {"loss": result.ne["loss"]}
    assert free.lamz > 0
    y = np.log(value[2:])
    assert free.r2 == pytest.approx(np.corrcoef(day[2:], y)[0, 1] ** 2)
    assert free.r2adj == pytest.approx(1 - 2 * (1 - free.r2))
    assert free.lamz == pytest.approx(-np.polyfit(day[2:], y, 1)[0])
    assert free.clstp == pytest.approx(math.exp(np.polyval(np.polyfit(day[2:], y, 1), 4)))


def test_window_of_the_terminal_phase() -> None:
    day = (0, 5, 10, 14, 21, 28, 60, 90, 180)
    value = (NAN, 50000, 60000, 30000, 9000, 3000, 900, 850, 700)
    early = run(day, value, rules=Rules(lambda_window=(14, 28)))
    late = run(day, value, rules=Rules(lambda_window=(60, 200)))
    assert (early.lamznpt, early.lamzll, early.lamzul) == (3, 14, 28)
    assert (late.lamznpt, late.lamzll, late.lamzul) == (3, 60, 180)
    assert early.lamzhl == pytest.approx(4.2, abs=0.1)
    assert late.lamzhl > 200
    assert early.rules.lambda_window == (14, 28)
    peak = run(day, value, rules=Rules(lambda_window=(0, 21)))
    assert peak.ne["lamz"] == "2 quantifiable points in the terminal phase, 3 needed"
    everything = run(day, value, rules=Rules(lambda_window=(0, 200), lambda_min_r2adj=0))
    assert everything.lamznpt == 6


@pytest.mark.parametrize(
    ("value", "run_length", "expected"),
    [
        ((NAN, 5, 9, NAN, 4, NAN, NAN, NAN), 2, 21),
        ((NAN, 5, 9, NAN, 4, NAN, NAN, NAN), 1, 10),
        ((NAN, 5, 9, NAN, 4, NAN, NAN, NAN), 3, 21),
        ((NAN, NAN, NAN, 9, 4, 3, NAN, NAN), 2, 28),
        ((NAN, 5, 9, NAN, 4, NAN, NAN, NAN), 4, None),
        ((NAN, 5, 9, NAN, 4, 3, 2, NAN), 2, None),
        ((NAN, NAN, NAN, NAN, NAN, NAN, NAN, 1), 2, None),
    ],
)
def test_loss_of_persistence(value: tuple, run_length: int, expected: float | None) -> None:
    result = run(DAY, value, rules=Rules(loss_run=run_length))
    if expected is None:
        reason = f"no {run_length} consecutive values below LLOQ after the first quantifiable one"
        assert result.ne["loss"] == reason
        assert math.isnan(result.loss)
    else:
        assert result.loss == expected


def test_first_of_equal_maxima() -> None:
    result = run((0, 2, 4, 6), (NAN, 5, 5, 1))
    assert (result.tmax, result.tlst) == (2, 6)


def test_settings_travel_with_the_result() -> None:
    rule = Rules(auc_method="linear")
    assert run((0, 1), (NAN, 2), rules=rule).rules is rule
    default = run((0, 1), (NAN, 2)).rules
    assert (
        default
        == Rules()
        == Rules(
            auc_method="linear_up_log_down",
            blq_inside="single_missing",
            predose_zero=True,
            after_last="zero",
            extrapolate=None,
            lambda_window=None,
            lambda_min_points=3,
            lambda_min_r2adj=0.8,
            loss_run=2,
        )
    )


def test_concentration_below_the_limit_is_not_read() -> None:
    one = nca((0, 1, 2, 3), (7, 5, 3, 1e9), blq=(1, 0, 0, 1))
    other = run((0, 1, 2, 3), (NAN, 5, 3, NAN))
    assert one.auclst == other.auclst
    assert one.cmax == 5
    assert nca((0, 1), (2, 3)).n_quantifiable == 2


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        (((0, -1), (1, 2)), {}, r"time\[1\] = .*-1.*: below 0"),
        (((0, NAN), (1, 2)), {}, r"time\[1\] = .*nan.*: not a finite number"),
        (((0, 3, 2, 3), (1, 2, 3, 4)), {}, r"time\[3\] = 3: a second sample at this time"),
        (((0, 1), (1, NAN)), {}, r"concentration\[1\] = .*nan.*: not a finite number"),
        (((0, 1), (1, 0)), {}, r"concentration\[1\] = 0: not above 0 and not flagged in blq"),
        (((0, 1), (-2, 1)), {}, r"concentration\[0\] = -2: not above 0 and not flagged in blq"),
        (((0, 1), (1,)), {}, "concentration: length 2 expected"),
        (((0, 1), (1, 2)), {"blq": (0,)}, "blq: length 2 expected"),
        (((0, 1), (1, 2)), {"blq": (0, 2)}, r"blq\[1\] = .*2.*: neither 0 nor 1"),
        (
            ((0, 1), (1, 2)),
            {"windows": [(0, 5), (5, 5)]},
            r"windows\[1\] = \(5, 5\): 0 <= start < end",
        ),
        (((0, 1), (1, 2)), {"windows": [(-1, 5)]}, r"windows\[0\] = \(-1, 5\): 0 <= start < end"),
        (((0, 1), (1, 2)), {"windows": [(0, math.inf)]}, r"windows\[0\] = \(0, inf\)"),
        (((0, 1), (1, 2)), {"windows": [(0, NAN)]}, r"windows\[0\] = \(0, nan\)"),
    ],
)
def test_refuses(args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        nca(*args, **kwargs)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        (
            {"auc_method": "log"},
            "auc_method = 'log': one of linear_up_log_down, linear",
        ),
        ({"blq_inside": "keep"}, "blq_inside = 'keep': one of single_missing, missing, zero"),
        ({"after_last": "line"}, "after_last = 'line': one of zero, triangle"),
        ({"extrapolate": "yes"}, "extrapolate = 'yes': one of observed, predicted"),
        ({"lambda_window": (14, 14)}, r"lambda_window = \(14, 14\): first day before last"),
        ({"lambda_window": (28, 14)}, r"lambda_window = \(28, 14\): first day before last"),
        ({"lambda_min_points": 2}, "lambda_min_points = 2: below 3"),
        ({"loss_run": 0}, "loss_run = 0: below 1"),
    ],
)
def test_rules_refuse(kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        Rules(**kwargs)
