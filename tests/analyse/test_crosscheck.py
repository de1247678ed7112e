"""The second computation by lifelines agrees, and notices when it should."""

from __future__ import annotations

import lifelines
import numpy as np
import pytest

from il5report.analyse import crosscheck, survival
from il5report.analyse.logrank import logrank


def sample(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 60, n), draw.random(n) < 0.6, draw.integers(0, 3, n)


@pytest.mark.parametrize(("n", "seed"), [(3, 1), (20, 2), (300, 3)])
def test_curves_agree(n: int, seed: int) -> None:
    time, event, _ = sample(n, seed)
    check = crosscheck.kaplan_meier(time, event, conf_level=0.9)
    inside = survival.kaplan_meier(time, event).survival
    assert check.n_times == ((inside > 0) & (inside < 1)).sum() > 0
    assert check.largest == max(check.survival, check.limits) < 1e-12
    assert check.version == lifelines.__version__
    assert check.ne == {}


def test_truncated_curves_agree() -> None:
    time, event, _ = sample(200, 4)
    entry = np.random.default_rng(5).integers(0, 30, 200)
    keep = entry < time
    check = crosscheck.kaplan_meier(time[keep], event[keep], entry=entry[keep])
    assert check.n_times > 10
    assert check.largest < 1e-12


def test_times_that_differ_by_noise_agree() -> None:
    check = crosscheck.kaplan_meier([0.1 + 0.2, 0.3, 0.7, 1 - 0.3, 0.8], [1, 0, 1, 1, 0])
    assert check.n_times == 3
    assert check.largest < 1e-12


@pytest.mark.parametrize(
    ("time", "event"), [([], []), ([1, 2], [0, 0]), ([3, 3], [1, 1]), ([2], [1])]
)
def test_nothing_to_compare(time: list[int], event: list[int]) -> None:
    check = crosscheck.kaplan_meier(time, event)
    assert check.n_times == 0
    assert np.isnan([check.survival, check.limits, check.largest]).all()
    assert check.ne == dict.fromkeys(("survival", "limits", "largest"), crosscheck.NOTHING)
    assert check.version == lifelines.__version__


@pytest.mark.parametrize("field", ["survival", "lower", "upper"])
def test_a_wrong_curve_is_noticed(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    time, event, _ = sample(20, 2)
    right = survival.kaplan_meier(time, event)
    wrong = {**vars(right), field: getattr(right, field) + np.linspace(0, 0.01, len(right.time))}
    monkeypatch.setattr(survival, "kaplan_meier", lambda *a, **k: survival.KaplanMeier(**wrong))
    check = crosscheck.kaplan_meier(time, event)
    assert check.largest > 5e-3
    assert (check.survival > 5e-3) == (field == "survival")
    assert (check.limits > 5e-3) == (field != "survival")


@pytest.mark.parametrize(("n", "seed"), [(12, 6), (300, 7)])
def test_tests_agree(n: int, seed: int) -> None:
    time, event, group = sample(n, seed)
    check = crosscheck.logrank(time, event, group)
    assert check.largest == max(check.statistic, check.p) < 1e-11
    assert check.version == lifelines.__version__
    assert check.ne == {}


def test_tests_of_times_that_differ_by_noise_agree() -> None:
    check = crosscheck.logrank([0.1 + 0.2, 0.3, 0.7, 0.8], [1, 1, 1, 1], ["a", "b", "a", "b"])
    assert check.largest < 1e-12


def test_a_wrong_test_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    time, event, group = sample(30, 8)
    right = logrank(time, event, group)
    wrong = type(right)(**{**vars(right), "statistic": right.statistic + 0.5})
    monkeypatch.setattr(crosscheck.own_logrank, "logrank", lambda *a: wrong)
    check = crosscheck.logrank(time, event, group)
    assert (check.statistic, check.p) == (pytest.approx(0.5), pytest.approx(0, abs=1e-12))
    assert check.largest == check.statistic


@pytest.mark.parametrize(
    ("time", "event", "group", "why"),
    [
        ([1, 2], [1, 1], ["a", "a"], "fewer than two groups"),
        ([2, 2], [1, 1], ["a", "b"], "no variance"),
        ([1, 2, 3, 4], [0, 1, 1, 1], ["a", "b", "c", "b"], "lifelines counts a group"),
    ],
)
def test_no_test_to_compare(time, event, group, why: str) -> None:
    check = crosscheck.logrank(time, event, group)
    assert np.isnan([check.statistic, check.p, check.largest]).all()
    assert set(check.ne) == {"statistic", "p", "largest"}
    assert check.version == lifelines.__version__
    assert all(reason.startswith(why) for reason in check.ne.values())
