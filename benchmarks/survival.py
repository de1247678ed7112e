"""Kaplan-Meier and its bootstrap against lifelines and a memory copy, as ratios in one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from il5report.analyse.bootstrap import bootstrap, quantile_of
from il5report.analyse.survival import kaplan_meier


def seconds(call: Callable[[], object], repeat: int) -> float:
    """Shortest wall time of several calls."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def sample(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole days over three years, six in ten with the event."""
    draw = np.random.default_rng(n)
    return draw.integers(1, 1096, n), draw.random(n) < 0.6


def against_lifelines(n: int, repeat: int) -> float:
    """How many times faster a curve with limits is here."""
    from lifelines import KaplanMeierFitter

    days, event = sample(n)
    here = seconds(lambda: kaplan_meier(days, event), 5 * repeat)
    return seconds(lambda: KaplanMeierFitter().fit(days, event), repeat) / here


def against_copy(n: int) -> float:
    """Time of a curve with limits in units of a copy of its input."""
    days, event = sample(n)
    copy = seconds(lambda: (days.copy(), event.copy()), 7)
    return seconds(lambda: kaplan_meier(days, event), 7) / copy


def bootstrap_against_lifelines() -> float:
    """How many times faster 10,000 medians are than as many fits (100 timed)."""
    from lifelines import KaplanMeierFitter

    days, event = sample(30)
    draw = np.random.default_rng(1)
    here = seconds(lambda: bootstrap(days, event, quantile_of(0.5), generator=draw), 5)
    rows = draw.integers(30, size=(100, 30))

    def refit() -> None:
        for chosen in rows:
            KaplanMeierFitter().fit(days[chosen], event[chosen]).median_survival_time_  # noqa: B018

    return seconds(refit, 2) * 100 / here


def run() -> list[tuple[str, float, str]]:
    """Name, ratio reached, target."""
    return [
        ("Kaplan-Meier, n = 20: lifelines / here", against_lifelines(20, 20), ">= 20"),
        ("Kaplan-Meier, n = 1e6 days: lifelines / here", against_lifelines(10**6, 3), ">= 15"),
        ("Kaplan-Meier, n = 1e7 days: here / memory copy", against_copy(10**7), "<= 6"),
        ("10,000 medians, n = 30: lifelines / here", bootstrap_against_lifelines(), ">= 1000"),
    ]


if __name__ == "__main__":
    for name, ratio, target in run():
        print(f"{name}: {ratio:.1f} (target {target})")
