"""Blocks of simulated trials: one row per trial, one column per quantity to average."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np

from il5report.analyse._numeric import check_count
from il5report.analyse.dose_finding import Boin

BLOCK = 50_000
Draw = Callable[[np.random.Generator, int], np.ndarray]


def simulate(
    draw: Draw, trials: int, seed: int, executor: Executor | None
) -> tuple[np.ndarray, np.ndarray]:
    """Means and their Monte Carlo standard errors over all trials.

    Trials run in blocks of fixed size, each with its own stream of random numbers grown from the
    seed: the result depends on seed and number of trials alone, not on the executor.
    """
    check_count("trials", trials, minimum=1)
    check_count("seed", seed)
    sizes = [min(BLOCK, trials - done) for done in range(0, trials, BLOCK)]
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    run = map if executor is None else executor.map
    sums = functools.reduce(np.add, run(functools.partial(_sums, draw), seeds, sizes))
    mean = sums[0] / trials
    variance = np.maximum(0.0, sums[1] / trials - mean**2)
    return mean, np.sqrt(variance / trials)


def _sums(draw: Draw, seed: np.random.SeedSequence, size: int) -> np.ndarray:
    rows = draw(np.random.default_rng(seed), size).astype(np.float64)
    return np.stack((rows.sum(axis=0), (rows**2).sum(axis=0)))


def two_stage(
    design: tuple[int, int, int, int], p: float, rng: np.random.Generator, size: int
) -> np.ndarray:
    """Rejected, stopped early, number of subjects."""
    r1, n1, r, n = design
    first = rng.binomial(n1, p, size)
    total = first + rng.binomial(n - n1, p, size)
    goes_on = first > r1
    return np.column_stack((goes_on & (total > r), ~goes_on, np.where(goes_on, n, n1)))


def monitoring(
    limits: np.ndarray, rates: tuple[float, float], rng: np.random.Generator, size: int
) -> np.ndarray:
    """Stopped for toxicity, stopped for futility, number of subjects."""
    subjects = limits.shape[1]
    toxicities, responses = (
        np.cumsum(rng.random((size, subjects)) < p, axis=1, dtype=np.int32) for p in rates
    )
    toxic, futile = toxicities >= limits[0], responses <= limits[1]
    stop = toxic | futile
    stopped, at = stop.any(axis=1), stop.argmax(axis=1)
    for_toxicity = toxic[np.arange(size), at]
    number = np.where(stopped, at + 1, subjects)
    return np.column_stack((for_toxicity, stopped & ~for_toxicity, number))


def boin(
    design: Boin, rates: np.ndarray, cohorts: tuple[int, int], rng: np.random.Generator, size: int
) -> np.ndarray:
    """Each dose selected, subjects at each dose, number of toxicities."""
    doses = rates.size
    trial = np.arange(size)
    treated, toxic = np.zeros((size, doses), int), np.zeros((size, doses), int)
    dose, highest = np.zeros(size, int), np.full(size, doses - 1)
    for _ in range(cohorts[0]):
        going = highest >= 0
        treated[trial, dose] += np.where(going, cohorts[1], 0)
        toxic[trial, dose] += np.where(going, rng.binomial(cohorts[1], rates[dose]), 0)
        row, n = treated[trial, dose] - 1, toxic[trial, dose]
        highest = np.where(going & (n >= design.eliminate[row]), dose - 1, highest)
        step = np.where(n <= design.escalate[row], 1, np.where(n >= design.deescalate[row], -1, 0))
        dose = np.clip(dose + step, 0, np.maximum(highest, 0))
    chosen = _selected(treated, toxic, highest, design.target)
    return np.column_stack((chosen[:, None] == np.arange(doses), treated, toxic.sum(axis=1)))


def _selected(
    treated: np.ndarray, toxic: np.ndarray, highest: np.ndarray, target: float
) -> np.ndarray:
    """Dose whose isotonic estimate is closest to the target; -1 when every dose is eliminated."""
    doses = treated.shape[1]
    eligible = (treated > 0) & (np.arange(doses) <= highest[:, None])
    # As BOIN::select.mtd: shrunken rates, weighted by the inverse of their beta variance.
    rate = (toxic + 0.05) / (treated + 0.1)
    variance = (toxic + 0.05) * (treated - toxic + 0.05)
    weight = np.where(eligible, (treated + 0.1) ** 2 * (treated + 1.1) / variance, 0.0)
    isotonic = _isotonic(rate, weight) + np.arange(doses) * 1e-10  # of equals below, the highest
    distance = np.where(eligible, abs(isotonic - target), np.inf)
    return np.where(eligible.any(axis=1), distance.argmin(axis=1), -1)


def _isotonic(rate: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Rows made non-decreasing by weighted least squares, by the max-min formula."""
    doses = rate.shape[1]
    fitted = np.full(rate.shape, -np.inf)
    for first in range(doses):
        weights = np.cumsum(weight[:, first:], axis=1)
        sums = np.cumsum((weight * rate)[:, first:], axis=1)
        means = np.divide(sums, weights, out=np.full(sums.shape, np.inf), where=weights > 0)
        smallest = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        fitted[:, first:] = np.maximum(fitted[:, first:], smallest)
    return fitted
