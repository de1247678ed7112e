"""Simulated trials and the search of designs, in units of importing the heavy libraries."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from il5report.analyse import simulation
from il5report.analyse.boundaries import futility_boundary, toxicity_boundary
from il5report.analyse.design import simon
from il5report.analyse.dose_finding import boin

UNIT = [sys.executable, "-c", "import lifelines, matplotlib.pyplot, polars"]


def seconds(call: Callable[[], object], repeat: int = 3) -> float:
    """Shortest wall time of several calls."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    unit = seconds(lambda: subprocess.run(UNIT, check=True))
    toxicity = toxicity_boundary(20, limit=0.3, certainty=0.8, prior=(0.3, 0.7))
    futility = futility_boundary(20, p0=0.2, theta=0.9, below=0.05, prior=(0.2, 0.8))
    rates, cohorts = (0.05, 0.15, 0.3, 0.45, 0.6), (10, 3)
    table = boin(0.3, max_N=30)
    million = {"trials": 1_000_000, "seed": 1}
    return [
        (
            "1e6 simulated two-stage trials / U",
            seconds(lambda: simulation.two_stage((1, 10, 5, 29), 0.1, **million)) / unit,
            "<= 2",
        ),
        (
            "1e6 simulated arms of 20 with two stopping rules / U",
            seconds(lambda: simulation.monitoring(toxicity, futility, (0.25, 0.3), **million), 1)
            / unit,
            "<= 2",
        ),
        (
            "1e5 simulated BOIN trials, five doses / U",
            seconds(lambda: simulation.boin(table, rates, cohorts, trials=100_000, seed=1), 1)
            / unit,
            "<= 2",
        ),
        ("Simon's designs up to 100 subjects / U", seconds(lambda: simon(0.1, 0.3)) / unit, "<= 1"),
    ]
