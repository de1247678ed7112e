"""The vectorised bootstrap against refitting each resample."""

from __future__ import annotations

import numpy as np
import pytest

from il5report.analyse.bootstrap import bootstrap, quantile_of, restricted_mean, survival_at
from il5report.analyse.rmst import rmst
from il5report.analyse.survival import kaplan_meier
from il5report.analyse.survival_points import landmark, quantile

N, RESAMPLES = 12, 300


def sample(seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 15, N), draw.random(N) < 0.6


STATISTICS = [
    (lambda: quantile_of(0.5), lambda km: quantile(km, 0.5).estimate),
    (lambda: quantile_of(0.25), lambda km: quantile(km, 0.25).estimate),
    (lambda: survival_at(10), lambda km: landmark(km, 10).survival),
    (lambda: survival_at(14.5), lambda km: landmark(km, 14.5).survival),
    (lambda: survival_at(0), lambda km: landmark(km, 0).survival),
    (lambda: restricted_mean(9.5), lambda km: rmst(km, 9.5).estimate),
    (lambda: restricted_mean(20), lambda km: rmst(km, 20).estimate),
]


@pytest.mark.parametrize(("make", "single"), STATISTICS)
def test_equals_refitting_each_resample(make, single) -> None:
    time, event = sample()
    result = bootstrap(
        time, event, make(), generator=np.random.default_rng(8), n_resamples=RESAMPLES
    )
    drawn = np.random.default_rng(8).integers(N, size=(RESAMPLES, N))
    expected = np.array([single(kaplan_meier(time[rows], event[rows])) for rows in drawn])
    np.testing.assert_allclose(result.values, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result.estimate, single(kaplan_meier(time, event)), rtol=1e-12)
    assert result.n_estimable == np.isfinite(expected).sum()
    assert ("std_error" in result.ne) == np.isnan(expected).any()


def test_limits_are_percentiles_with_missing_as_infinite() -> None:
    values = iter(
        [np.array([3.0]), np.array([5.0, np.nan, 1.0, 4.0, 2.0, 3.0, 6.0, 7.0, 8.0, 9.0])]
    )
    result = bootstrap(
        [1, 2],
        [1, 1],
        lambda curves: next(values),
        generator=np.random.default_rng(1),
        n_resamples=10,
        conf_level=0.8,
    )
    assert (result.lower, result.upper) == (1.5, pytest.approx(np.nan, nan_ok=True))
    assert result.ne == {
        "std_error": "a resample without an estimate",
        "upper": "too many resamples without an estimate",
    }


def test_standard_error_and_limits() -> None:
    given = np.array([5.0, 0.0, 1.0, 4.0, 2.0, 3.0, 6.0, 7.0, 8.0, 9.0])
    values = iter([np.array([3.0]), given])
    result = bootstrap(
        [1, 2],
        [1, 1],
        lambda curves: next(values),
        generator=np.random.default_rng(1),
        n_resamples=10,
        conf_level=0.7,
    )
    assert (result.n, result.n_resamples, result.n_estimable) == (2, 10, 10)
    assert (result.estimate, result.lower, result.upper) == (3.0, 1.0, 8.0)
    assert result.std_error == pytest.approx(given.std(ddof=1))
    assert result.ne == {}


def test_seed_fixes_the_result_and_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    time, event = sample()

    def run() -> np.ndarray:
        generator = np.random.default_rng(3)
        return bootstrap(time, event, survival_at(5), generator=generator, n_resamples=50).values

    whole = run()
    np.testing.assert_array_equal(whole, run())
    monkeypatch.setattr("il5report.analyse.bootstrap._CELLS", 10 * N)
    np.testing.assert_array_equal(whole, run())


def test_covers_the_standard_error_of_a_proportion() -> None:
    time, event = np.repeat([1, 5], [12, 28]), np.repeat([True, False], [12, 28])
    result = bootstrap(time, event, survival_at(3), generator=np.random.default_rng(2))
    assert result.estimate == pytest.approx(0.7)
    assert result.std_error == pytest.approx(np.sqrt(0.7 * 0.3 / 40), rel=0.03)


def test_two_resamples_by_default_ten_thousand_and_limits_of_almost_everything() -> None:
    generator = np.random.default_rng(1)
    two = bootstrap([1, 3], [1, 0], survival_at(2), generator=generator, n_resamples=2)
    assert (two.n_resamples, len(two.values), two.conf_level) == (2, 2, 0.95)
    default = bootstrap([1, 3], [1, 0], survival_at(0), generator=generator)
    assert default.n_resamples == 10_000
    time, event = sample()
    widest = bootstrap(
        time, event, survival_at(5), generator=generator, n_resamples=50, conf_level=1 - 1e-12
    )
    assert (widest.lower, widest.upper) == (widest.values.min(), widest.values.max())


def test_nothing_estimable() -> None:
    result = bootstrap(
        [3, 4], [0, 0], quantile_of(0.5), generator=np.random.default_rng(1), n_resamples=5
    )
    limit = "too many resamples without an estimate"
    assert result.ne == {
        "estimate": "not estimable in the sample",
        "std_error": "a resample without an estimate",
        "lower": limit,
        "upper": limit,
    }
    assert (result.n, result.n_estimable) == (2, 0)


def test_mean_restricted_to_less_than_a_unit() -> None:
    result = bootstrap(
        [0.25, 0.75], [1, 1], restricted_mean(0.5), generator=np.random.default_rng(1)
    )
    assert result.estimate == pytest.approx(0.375)


def test_no_subjects() -> None:
    result = bootstrap([], [], survival_at(1), generator=np.random.default_rng(1), n_resamples=4)
    assert np.isnan([result.estimate, result.std_error, result.lower, result.upper]).all()
    assert set(result.ne.values()) == {"no subjects"}
    assert set(result.ne) == {"estimate", "std_error", "lower", "upper"}


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: quantile_of(0.0), "p = 0.0"),
        (lambda: quantile_of(1.0), "p = 1.0"),
        (lambda: survival_at(-1.0), "t = -1.0"),
        (lambda: survival_at(np.nan), "t = nan"),
        (lambda: restricted_mean(0.0), "tau = 0.0"),
        (lambda: restricted_mean(np.inf), "tau = inf"),
    ],
)
def test_refuses_bad_settings(make, argument: str) -> None:
    with pytest.raises(ValueError, match=argument):
        make()


def test_refuses_bad_input() -> None:
    generator = np.random.default_rng(1)
    with pytest.raises(ValueError, match="n_resamples = 1"):
        bootstrap([1], [1], survival_at(1), generator=generator, n_resamples=1)
    with pytest.raises(ValueError, match=r"time\[1\]"):
        bootstrap([1, -1], [1, 1], survival_at(1), generator=generator)
    with pytest.raises(ValueError, match=r"event\[0\]"):
        bootstrap([1, 1], [2, 1], survival_at(1), generator=generator)
    with pytest.raises(ValueError, match="conf_level"):
        bootstrap([1], [1], survival_at(1), generator=generator, conf_level=1.0)
