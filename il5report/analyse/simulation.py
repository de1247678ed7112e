"""Operating characteristics by simulation, on one core or any `concurrent.futures.Executor`.

The same seed and number of trials give the same result whatever the executor.
"""

from __future__ import annotations

import functools
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from il5report.analyse import _trials
from il5report.analyse._numeric import check_count, check_unit
from il5report.analyse.boundaries import Boundary
from il5report.analyse.dose_finding import Boin
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class TwoStageSimulation(Result):
    """A two-stage design in simulated trials; each share with its Monte Carlo standard error."""

    trials: int = stat("Number of simulated trials")
    reject: float = stat("Share of trials that reject the null hypothesis", "proportion")
    reject_se: float = stat("Monte Carlo standard error of the share", "proportion")
    stop_early: float = stat("Share of trials stopped after stage 1", "proportion")
    stop_early_se: float = stat("Monte Carlo standard error of the share", "proportion")
    mean_N: float = stat("Mean number of subjects")
    mean_N_se: float = stat("Monte Carlo standard error of the mean")
    design: tuple[int, int, int, int]
    p: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class MonitoringSimulation(Result):
    """Stopping rules for toxicity and futility together in simulated trials."""

    trials: int = stat("Number of simulated trials")
    toxicity_stop: float = stat("Share of trials stopped for toxicity", "proportion")
    toxicity_stop_se: float = stat("Monte Carlo standard error of the share", "proportion")
    futility_stop: float = stat("Share of trials stopped for futility", "proportion")
    futility_stop_se: float = stat("Monte Carlo standard error of the share", "proportion")
    mean_N: float = stat("Mean number of subjects")
    mean_N_se: float = stat("Monte Carlo standard error of the mean")
    p_toxicity: float
    p_response: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class BoinSimulation(Result):
    """A BOIN design in simulated trials, by dose."""

    trials: int = stat("Number of simulated trials")
    selected: np.ndarray = stat("Share of trials that select the dose", "proportion")
    selected_se: np.ndarray = stat("Monte Carlo standard error of the share", "proportion")
    none_selected: float = stat("Share of trials without a selected dose", "proportion")
    mean_N: np.ndarray = stat("Mean number of subjects at the dose")
    mean_N_se: np.ndarray = stat("Monte Carlo standard error of the mean")
    mean_toxicities: float = stat("Mean number of subjects with toxicity")
    rates: tuple[float, ...]
    cohorts: int
    cohort_size: int
    seed: int


def two_stage(
    design: tuple[int, int, int, int],
    p: float,
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
) -> TwoStageSimulation:
    """Simulate a two-stage design at a true response rate.

    Parameters
    ----------
    design : (r1, n1, r, n)
        Stop with r1 or fewer of n1, reject with more than r of n.
    p : float
        True response rate, 0 to 1.
    trials : int
        Number of trials, 1 or more.
    seed : int
        Seed; the same seed and number of trials give the same result with any executor.
    executor : concurrent.futures.Executor, optional
        Where the blocks run: a thread or process pool, or the executor of a cluster
        (``dask.distributed.Client.get_executor()``, ``mpi4py.futures.MPIPoolExecutor()``).

    Returns
    -------
    TwoStageSimulation
        Shares on the 0-1 scale.

    Raises
    ------
    ValueError
        Not ``r1 <= n1 < n``, `p` outside 0-1, fewer than one trial.

    Source
    ------
    `design.two_stage_characteristics` is the exact answer.
    """
    r1, n1, _, n = design
    check_count("design[1]", n1, minimum=1)
    check_count("design[0]", r1, maximum=n1)
    check_count("design[3]", n, minimum=n1 + 1)
    check_unit("p", p)
    mean, se = _trials.simulate(
        functools.partial(_trials.two_stage, design, p), trials, seed, executor
    )
    return TwoStageSimulation(
        trials=trials,
        reject=float(mean[0]),
        reject_se=float(se[0]),
        stop_early=float(mean[1]),
        stop_early_se=float(se[1]),
        mean_N=float(mean[2]),
        mean_N_se=float(se[2]),
        design=design,
        p=p,
        seed=seed,
    )


def monitoring(
    toxicity: Boundary,
    futility: Boundary | None,
    rates: tuple[float, float],
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
) -> MonitoringSimulation:
    """Simulate a single arm under stopping rules for toxicity and futility.

    Parameters
    ----------
    toxicity : Boundary
        From `boundaries.toxicity_boundary`; its last look is the last subject.
    futility : Boundary or None
        From `boundaries.futility_boundary`.
    rates : (p_toxicity, p_response)
        True rates, 0 to 1, independent within a subject.
    trials, seed, executor
        As in `two_stage`.

    Returns
    -------
    MonitoringSimulation
        Shares on the 0-1 scale. When both rules stop at one look it counts as toxicity.

    Raises
    ------
    ValueError
        A rate outside 0-1, a futility look after the last subject, fewer than one trial.

    Source
    ------
    `boundaries.boundary_characteristics` is the exact answer for one rule alone.
    """
    p_toxicity, p_response = (check_unit(f"rates[{i}]", p) for i, p in enumerate(rates))
    limits = np.full((2, int(toxicity.N[-1])), np.nan)
    limits[0, toxicity.N - 1] = toxicity.count
    if futility is not None:
        if futility.N[-1] > limits.shape[1]:
            raise ValueError(f"futility: look at {futility.N[-1]} after {limits.shape[1]} subjects")
        limits[1, futility.N - 1] = futility.count
    draw = functools.partial(_trials.monitoring, limits, (p_toxicity, p_response))
    mean, se = _trials.simulate(draw, trials, seed, executor)
    return MonitoringSimulation(
        trials=trials,
        toxicity_stop=float(mean[0]),
        toxicity_stop_se=float(se[0]),
        futility_stop=float(mean[1]),
        futility_stop_se=float(se[1]),
        mean_N=float(mean[2]),
        mean_N_se=float(se[2]),
        p_toxicity=p_toxicity,
        p_response=p_response,
        seed=seed,
    )


def boin(
    design: Boin,
    rates: tuple[float, ...],
    cohorts: tuple[int, int],
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
) -> BoinSimulation:
    """Simulate dose escalation by a BOIN design from the lowest dose.

    Parameters
    ----------
    design : Boin
        From `dose_finding.boin`, for at least as many subjects as the trial has.
    rates : tuple of float
        True toxicity rate of each dose, lowest dose first, 0 to 1.
    cohorts : (number, size)
        Cohorts and subjects in each.
    trials, seed, executor
        As in `two_stage`.

    Returns
    -------
    BoinSimulation
        Shares on the 0-1 scale. Selected: of the doses tried and not eliminated the one whose
        isotonic estimate is closest to the target.

    Raises
    ------
    ValueError
        No dose, a rate outside 0-1, more subjects than the design's table holds.

    Source
    ------
    Liu and Yuan 2015; R ``BOIN::get.oc`` and ``BOIN::select.mtd``.
    """
    number, size = cohorts
    check_count("cohorts[0]", number, minimum=1)
    check_count("cohorts[1]", size, minimum=1, maximum=int(design.N[-1]) // number)
    p = np.array([check_unit(f"rates[{i}]", rate) for i, rate in enumerate(rates)])
    check_count("rates (number of doses)", p.size, minimum=1)
    draw = functools.partial(_trials.boin, design, p, cohorts)
    mean, se = _trials.simulate(draw, trials, seed, executor)
    doses = p.size
    return BoinSimulation(
        trials=trials,
        selected=mean[:doses],
        selected_se=se[:doses],
        none_selected=float(1 - mean[:doses].sum()),
        mean_N=mean[doses : 2 * doses],
        mean_N_se=se[doses : 2 * doses],
        mean_toxicities=float(mean[-1]),
        rates=tuple(p.tolist()),
        cohorts=number,
        cohort_size=size,
        seed=seed,
    )
