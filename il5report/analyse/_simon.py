"""Exact search of two-stage designs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Found(NamedTuple):
    r1: int
    n1: int
    r: int
    n: int
    en0: float
    pet0: float
    alpha: float
    power: float


class _Binomial(NamedTuple):
    """P(X = x) and P(X >= x) for every number of subjects (row) and x (column)."""

    mass: np.ndarray
    tail: np.ndarray


def search(max_n: int, rates: tuple[float, float], alpha: float, power: float) -> list[Found]:
    """Designs by total number, each with a smaller expected number than all before it."""
    null, alternative = (_binomial(max_n, p) for p in rates)
    found: list[Found] = []
    for n in range(2, max_n + 1):
        best = _best(n, null, alternative, (alpha, power), found[-1].en0 if found else n)
        if best:
            found.append(best)
    return found


def lower_hull(designs: list[Found]) -> list[Found]:
    """Designs on the lower convex hull of expected number over total."""
    hull: list[Found] = []
    for design in designs:
        while len(hull) > 1 and not _turns_up(hull[-2], hull[-1], design):
            hull.pop()
        hull.append(design)
    return hull


def _turns_up(a: Found, b: Found, c: Found) -> bool:
    return (b.en0 - a.en0) * (c.n - b.n) < (c.en0 - b.en0) * (b.n - a.n)


def _binomial(max_n: int, p: float) -> _Binomial:
    mass = np.zeros((max_n + 1, max_n + 2))
    mass[0, 0] = 1
    for n in range(1, max_n + 1):
        mass[n] = mass[n - 1] * (1 - p)
        mass[n, 1:] += mass[n - 1, :-1] * p
    return _Binomial(mass, np.cumsum(mass[:, ::-1], axis=1)[:, ::-1])


def _best(
    n: int, null: _Binomial, alternative: _Binomial, goals: tuple[float, float], below: float
) -> Found | None:
    """Design of `n` subjects with the smallest expected number, when that is less than `below`."""
    alpha, power = goals
    best: Found | None = None
    most_r = int(np.sum(alternative.tail[n, 1 : n + 1] >= power)) - 1  # a second stage costs power
    for n1 in range(1, n):
        if n1 >= below:
            break
        # r1 small enough to keep the power, large enough to bring the expected number down.
        stop0, stop1 = (1 - table.tail[n1, 1 : n1 + 1] for table in (null, alternative))
        open_r1 = np.flatnonzero((stop1 <= 1 - power) & (n1 + (1 - stop0) * (n - n1) < below))
        if not open_r1.size:
            continue
        low, high = int(open_r1[0]), int(open_r1[-1])
        size, hits = (_reject((low, high, n1), (most_r, n), t) for t in (null, alternative))
        meets = (size <= alpha) & (hits >= power)
        for row in np.flatnonzero(meets.any(axis=1))[-1:]:  # the largest r1, fewest subjects
            r1, column = low + int(row), int(meets[row].argmax())
            below = n1 + (1 - stop0[r1]) * (n - n1)
            figures = (below, stop0[r1], size[row, column], hits[row, column])
            best = Found(r1, n1, max(r1, low + column), n, *map(float, figures))
    return best


def _reject(stage1: tuple[int, int, int], stage2: tuple[int, int], table: _Binomial) -> np.ndarray:
    """P(more than r1 of n1 and more than r of n): rows r1 low to high, columns r low to most."""
    low, high, n1 = stage1
    most, n = stage2
    x1 = np.arange(low + 1, n1 + 1)[:, None]
    needed = np.clip(np.arange(low + 1, most + 2)[None, :] - x1, 0, n - n1 + 1)
    joint = table.mass[n1, low + 1 : n1 + 1, None] * table.tail[n - n1][needed]
    return np.asarray(np.cumsum(joint[::-1], axis=0)[::-1][: high - low + 1])
