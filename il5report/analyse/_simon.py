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
    """For each total up to `max_n` the design with the smallest expected number, if any."""
    null, alternative = (_binomial(max_n, p) for p in rates)
    best = (_best(n, null, alternative, alpha, power) for n in range(2, max_n + 1))
    return [found for found in best if found]


def lower_hull(designs: list[Found]) -> list[Found]:
    """Designs on the lower convex hull of expected number over total, up to the smallest one."""
    end = min(range(len(designs)), key=lambda i: designs[i].en0)
    hull: list[Found] = []
    for design in designs[: end + 1]:
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
    n: int, null: _Binomial, alternative: _Binomial, alpha: float, power: float
) -> Found | None:
    best: Found | None = None
    for n1 in range(1, n):
        if best and n1 >= best.en0:
            break
        # r1 beyond these alone would cost more power than there is.
        stops = 1 - alternative.tail[n1, 1 : n1 + 1]
        allowed = np.flatnonzero(stops <= 1 - power)
        if not allowed.size:
            continue
        size, hits = (_reject(n, n1, allowed.size, table) for table in (null, alternative))
        r = np.argmax(size <= alpha, axis=1)  # the last column, r = n, never rejects
        rows = np.arange(allowed.size)
        for r1 in np.flatnonzero(hits[rows, r] >= power)[::-1][:1]:  # larger r1, fewer subjects
            pet0 = 1 - null.tail[n1, r1 + 1]
            en0 = n1 + (1 - pet0) * (n - n1)
            if best is None or en0 < best.en0:
                figures = (en0, pet0, size[r1, r[r1]], hits[r1, r[r1]])
                best = Found(int(r1), n1, int(r[r1]), n, *map(float, figures))
    return best


def _reject(n: int, n1: int, rows: int, table: _Binomial) -> np.ndarray:
    """P(more than r1 of n1 and more than r of n) for r1 below `rows` and r from 0 to n."""
    x1 = np.arange(n1 + 1)[:, None]
    needed = np.clip(np.arange(1, n + 2)[None, :] - x1, 0, n - n1 + 1)
    joint = table.mass[n1, : n1 + 1, None] * table.tail[n - n1][needed]
    return np.asarray(np.cumsum(joint[::-1], axis=0)[::-1][1 : rows + 1])
