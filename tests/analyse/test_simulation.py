"""Simulated operating characteristics: exact answers, reproducibility, executors."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest

from il5report.analyse import _trials, simulation
from il5report.analyse.boundaries import (
    boundary_characteristics,
    futility_boundary,
    toxicity_boundary,
)
from il5report.analyse.design import two_stage_characteristics
from il5report.analyse.dose_finding import boin

TRIALS = 120_000
TOXICITY = toxicity_boundary(12, limit=0.3, certainty=0.8, prior=(0.3, 0.7), first=3)
FUTILITY = futility_boundary(12, p0=0.2, theta=0.9, below=0.05, prior=(0.2, 0.8), first=4)
BOIN = boin(0.3, max_N=12)
design = (1, 10, 5, 29)
two_stage = functools.partial(simulation.two_stage, design, 0.2)
monitoring = functools.partial(simulation.monitoring, TOXICITY, FUTILITY, (0.25, 0.3))
one_boin = functools.partial(simulation.boin, BOIN, trials=1, seed=1)
escalation = functools.partial(simulation.boin, BOIN, (0.1, 0.3, 0.5), (4, 3))


def assert_close(share: float, se: float, expected: float) -> None:
    assert abs(share - expected) <= 4 * se + 1e-12
    assert se < 0.05 * max(1.0, expected)


@pytest.mark.parametrize("p", [0, 0.1, 0.3, 1])
def test_two_stage_against_the_exact_answer(p: float) -> None:
    result = simulation.two_stage(design, p, trials=TRIALS, seed=2)
    exact = two_stage_characteristics(*design, p)
    assert_close(result.reject, result.reject_se, exact.reject)
    assert_close(result.stop_early, result.stop_early_se, exact.stop_early)
    assert_close(result.mean_N, result.mean_N_se, exact.expected_n)
    for share, se in (
        (result.reject, result.reject_se),
        (result.stop_early, result.stop_early_se),
        ((result.mean_N - 10) / 19, result.mean_N_se / 19),
    ):
        assert se == pytest.approx(math.sqrt(share * (1 - share) / TRIALS), abs=1e-9)
    assert (result.trials, result.design, result.p, result.seed) == (TRIALS, design, p, 2)


@pytest.mark.parametrize("p", [0, 0.2, 0.5, 1])
def test_one_rule_against_the_exact_answer(p: float) -> None:
    toxic = simulation.monitoring(TOXICITY, None, (p, 0.5), trials=TRIALS, seed=3)
    exact = boundary_characteristics(TOXICITY, p)
    assert_close(toxic.toxicity_stop, toxic.toxicity_stop_se, exact.stop)
    assert_close(toxic.mean_N, toxic.mean_N_se, exact.expected_N)
    share = toxic.toxicity_stop
    binomial = math.sqrt(share * (1 - share) / TRIALS)
    assert toxic.toxicity_stop_se == pytest.approx(binomial, abs=1e-9)
    assert (toxic.futility_stop, toxic.p_toxicity, toxic.p_response) == (0, p, 0.5)
    futile = simulation.monitoring(TOXICITY, FUTILITY, (0, p), trials=TRIALS, seed=4)
    exact = boundary_characteristics(FUTILITY, p)
    assert_close(futile.futility_stop, futile.futility_stop_se, exact.stop)
    share = futile.futility_stop
    binomial = math.sqrt(share * (1 - share) / TRIALS)
    assert futile.futility_stop_se == pytest.approx(binomial, abs=1e-9)
    # Whoever is not stopped for futility is followed to the last look of the toxicity rule.
    assert_close(futile.mean_N, futile.mean_N_se, exact.expected_N + 1 - exact.stop)
    assert (futile.toxicity_stop, futile.trials, futile.seed) == (0, TRIALS, 4)


def test_both_rules_by_enumeration() -> None:
    toxicity = toxicity_boundary(4, limit=0.3, certainty=0.7, prior=(1, 1))
    futility = futility_boundary(4, p0=0.4, theta=0.7, below=0.3, prior=(1, 1), first=2)
    rates = (0.4, 0.35)
    toxic = futile = expected = 0.0
    for outcome in itertools.product(itertools.product((0, 1), repeat=2), repeat=4):
        weight = math.prod(
            (p if event else 1 - p)
            for pair in outcome
            for event, p in zip(pair, rates, strict=True)
        )
        end = 4
        for N in range(1, 5):
            t, r = (sum(pair[i] for pair in outcome[:N]) for i in (0, 1))
            if t >= toxicity.count[N - 1]:
                toxic, end = toxic + weight, N
                break
            if 2 <= N <= 3 and r <= futility.count[N - 2]:
                futile, end = futile + weight, N
                break
        expected += weight * end
    result = simulation.monitoring(toxicity, futility, rates, trials=TRIALS, seed=5)
    assert toxic > 0.2
    assert futile > 0.05
    assert_close(result.toxicity_stop, result.toxicity_stop_se, toxic)
    assert_close(result.futility_stop, result.futility_stop_se, futile)
    assert_close(result.mean_N, result.mean_N_se, expected)


def select(treated: list[int], toxic: list[int], highest: int, target: float) -> int:
    """BOIN::select.mtd in words: pool adjacent violators, then the closest dose."""
    doses = [d for d in range(len(treated)) if treated[d] and d <= highest]
    blocks = []
    for d in doses:
        x, n = toxic[d] + 0.05, treated[d] + 0.1
        weight = 1 / (x * (n - x) / (n * n * (n + 1)))
        blocks.append([x / n * weight, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    fitted = [sums / weight for sums, weight, size in blocks for _ in range(size)]
    distance = [abs(f + d * 1e-10 - target) for d, f in zip(doses, fitted, strict=True)]
    return doses[distance.index(min(distance))] if doses else -1


def enumerate_boin(rates: tuple[float, ...], cohorts: int, size: int) -> tuple:
    doses = len(rates)
    selected, subjects, toxicities = np.zeros(doses), np.zeros(doses), 0.0

    def walk(state: tuple, chance: float, left: int) -> None:
        nonlocal toxicities
        treated, toxic, dose, highest = state
        if left == 0 or highest < 0:
            chosen = select(list(treated), list(toxic), highest, BOIN.target)
            if chosen >= 0:
                selected[chosen] += chance
            subjects.__iadd__(chance * np.array(treated))
            toxicities += chance * sum(toxic)
            return
        for n in range(size + 1):
            p = math.comb(size, n) * rates[dose] ** n * (1 - rates[dose]) ** (size - n)
            t, x = list(treated), list(toxic)
            t[dose] += size
            x[dose] += n
            row, top, move = t[dose] - 1, highest, 0
            if x[dose] >= BOIN.eliminate[row]:
                top = dose - 1
            if x[dose] <= BOIN.escalate[row]:
                move = 1
            elif x[dose] >= BOIN.deescalate[row]:
                move = -1
            following = max(0, min(dose + move, top))
            walk((tuple(t), tuple(x), following, top), chance * p, left - 1)

    walk(((0,) * doses, (0,) * doses, 0, doses - 1), 1.0, cohorts)
    return selected, subjects, toxicities


@pytest.mark.parametrize("rates", [(0.1, 0.3, 0.5), (0.5, 0.6), (0.3,), (0.02, 0.05, 0.1)])
def test_boin_by_enumeration(rates: tuple[float, ...]) -> None:
    selected, subjects, toxicities = enumerate_boin(rates, 4, 3)
    result = simulation.boin(BOIN, rates, (4, 3), trials=TRIALS, seed=6)
    for name in ("selected", "selected_se", "mean_N", "mean_N_se"):
        assert getattr(result, name).shape == (len(rates),)
    for d in range(len(rates)):
        assert_close(result.selected[d], result.selected_se[d], selected[d])
        assert_close(result.mean_N[d], result.mean_N_se[d], subjects[d])
    assert result.none_selected == pytest.approx(1 - result.selected.sum())
    binomial = np.sqrt(result.selected * (1 - result.selected) / TRIALS)
    np.testing.assert_allclose(result.selected_se, binomial, atol=1e-9)
    assert result.mean_toxicities == pytest.approx(toxicities, rel=0.02)
    assert (result.rates, result.cohorts, result.cohort_size) == (rates, 4, 3)
    assert (result.trials, result.seed) == (TRIALS, 6)


def test_isotonic_rows() -> None:
    rng = np.random.default_rng(1)
    rate, weight = rng.random((50, 4)), rng.integers(1, 9, (50, 4)).astype(float)
    fitted = _trials._isotonic(rate, weight)
    assert (np.diff(fitted, axis=1) >= -1e-12).all()
    np.testing.assert_allclose((fitted * weight).sum(axis=1), (rate * weight).sum(axis=1))
    rising = np.sort(rate, axis=1)
    np.testing.assert_allclose(_trials._isotonic(rising, weight), rising)
    falling = _trials._isotonic(rising[:, ::-1], weight)
    np.testing.assert_allclose(falling.std(axis=1), 0, atol=1e-12)


def assert_same(one: object, other: object) -> None:
    for name, value in vars(one).items():
        np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


@pytest.mark.parametrize("simulate", [two_stage, monitoring, escalation])
def test_result_depends_on_seed_and_trials_alone(simulate) -> None:
    trials = 2 * _trials.BLOCK + 7
    first = simulate(trials=trials, seed=1)
    with ThreadPoolExecutor(2) as pool:
        assert_same(first, simulate(trials=trials, seed=1, executor=pool))
    assert first.trials == trials
    other = simulate(trials=trials, seed=2)
    assert not np.array_equal(first.mean_N, other.mean_N)
    # A block after the first has its own random numbers.
    one = simulate(trials=_trials.BLOCK, seed=1)
    two = simulate(trials=2 * _trials.BLOCK, seed=1)
    assert not np.array_equal(one.mean_N, two.mean_N)


def test_one_trial() -> None:
    result = two_stage(trials=1, seed=0)
    assert result.mean_N in {10, 29}
    assert result.mean_N_se == 0


@pytest.fixture(scope="module")
def cluster():
    """The executor of a Dask cluster, here of threads on one machine."""
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            distributed.LocalCluster(
                n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
            ) as local,
            distributed.Client(local) as client,
        ):
            yield client.get_executor()


@pytest.mark.parametrize("simulate", [two_stage, monitoring, escalation])
def test_executor_of_a_cluster(cluster: Executor, simulate) -> None:
    trials = 2 * _trials.BLOCK + 7
    assert_same(simulate(trials=trials, seed=1), simulate(trials=trials, seed=1, executor=cluster))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_stage(trials=0, seed=1), "trials = 0: below 1"),
        (lambda: two_stage(trials=1, seed=-1), "seed = -1: below 0"),
        (lambda: simulation.two_stage((6, 5, 7, 9), 0.1, trials=1, seed=1), r"design\[0\] = 6"),
        (lambda: simulation.two_stage((0, 0, 7, 9), 0.1, trials=1, seed=1), r"design\[1\] = 0"),
        (lambda: simulation.two_stage((0, 5, 7, 5), 0.1, trials=1, seed=1), r"design\[3\] = 5"),
        (lambda: simulation.two_stage(design, 1.1, trials=1, seed=1), "p = 1.1"),
        (
            lambda: simulation.monitoring(TOXICITY, None, (0.1, 2), trials=1, seed=1),
            r"rates\[1\] = 2",
        ),
        (
            lambda: simulation.monitoring(
                toxicity_boundary(5, limit=0.3, certainty=0.8, prior=(1, 1)),
                FUTILITY,
                (0.1, 0.2),
                trials=1,
                seed=1,
            ),
            "futility: look at 11 after 5 subjects",
        ),
        (
            lambda: simulation.boin(BOIN, (), (1, 1), trials=1, seed=1),
            r"rates \(number of doses\) = 0",
        ),
        (lambda: simulation.boin(BOIN, (0.1, 2), (1, 1), trials=1, seed=1), r"rates\[1\] = 2"),
        (
            lambda: simulation.boin(BOIN, (0.1,), (0, 1), trials=1, seed=1),
            r"cohorts\[0\] = 0: below 1",
        ),
        (
            lambda: simulation.boin(BOIN, (0.1,), (2, 0), trials=1, seed=1),
            r"cohorts\[1\] = 0: below 1",
        ),
        (
            lambda: simulation.boin(BOIN, (0.1,), (5, 3), trials=1, seed=1),
            r"cohorts\[1\] = 3: above 2",
        ),
    ],
)
def test_refuses(call, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        call()
