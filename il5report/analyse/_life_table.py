"""Count events and censorings by distinct time: the one place that looks at single subjects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il5report.analyse.result import check_array, check_event

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

TIE = float(np.sqrt(np.finfo(np.float64).eps))  # as timefix of R's survival
_BLOCK = 1 << 15  # subjects counted at a time, so that the work stays in the cache
_MOST_DAYS = 100_000  # whole times up to here are counted by day, later ones are sorted


@dataclass(frozen=True)
class LifeTable:
    """Counts at each distinct time, ascending. `n_event` has one row per kind of event."""

    time: Floats
    n_risk: Counts
    n_event: Counts
    n_censor: Counts
    entry: Floats | None = None


def life_table(time: ArrayLike, kind: NDArray[np.integer], kinds: int = 1) -> LifeTable:
    """Count subjects by time and kind (0 = censored, 1 to `kinds` = the events).

    Whole days need no sort. Other times are sorted, and those that differ by no more than
    floating point noise are one time.
    """
    given = np.asarray(time)
    table = _by_day(given, kind, kinds) if given.ndim == 1 else None
    if table is None:
        distinct, position = merge_ties(check_array("time", given, minimum=0))
        table = distinct, _count(position, kind, kinds, len(distinct))
    distinct, counts = table
    leaving = counts.sum(axis=1)
    n_risk = leaving[::-1].cumsum()[::-1]
    return LifeTable(distinct, n_risk, counts[:, 1:].T, counts[:, 0])


def life_table_entry(time: ArrayLike, kind: NDArray[np.integer], entry: ArrayLike) -> LifeTable:
    """As `life_table`, with subjects at risk at t only where entry < t <= time."""
    start, stop = check_array("entry", entry, minimum=0), check_array("time", time, minimum=0)
    if start.shape != stop.shape:
        raise ValueError(f"entry: length {len(stop)} expected, {len(start)} given")
    merged, position = merge_ties(np.concatenate([stop, start]))
    stop, start = np.split(merged[position], 2)
    if (start >= stop).any():
        first = int(np.argmax(start >= stop))
        raise ValueError(f"entry[{first}] = {start[first]}: not before time {stop[first]}")
    whole = life_table(stop, kind)
    entered_later = len(start) - np.searchsorted(np.sort(start), whole.time, side="left")
    return LifeTable(
        whole.time, whole.n_risk - entered_later, whole.n_event, whole.n_censor, np.sort(start)
    )


def merge_ties(time: Floats) -> tuple[Floats, Counts]:
    """Distinct times, and for each subject the position of its time among them."""
    distinct, position = np.unique(time, return_inverse=True)
    if len(distinct) < 2:
        return distinct, position
    step = np.diff(distinct)
    tied = step <= TIE * max(1.0, float(np.abs(distinct).mean()))
    first = np.concatenate([[True], ~tied])
    return distinct[first], (np.cumsum(first) - 1)[position]


def snap(times: Floats, to: Floats) -> Floats:
    """`times`, each moved to a time of a curve that it equals but for floating point noise."""
    if len(to) == 0:
        return times
    after = np.searchsorted(to, times).clip(1, max(len(to) - 1, 1))
    before = to[after - 1]
    after = to[np.minimum(after, len(to) - 1)]
    nearest = np.where(times - before < after - times, before, after)
    noise = TIE * max(1.0, float(to.mean()))
    return np.where(np.abs(nearest - times) <= noise, nearest, times)


def event_codes(event: ArrayLike, length: int) -> NDArray[np.integer]:
    """The checked event flag as 0 and 1."""
    return check_event("event", event, length).view(np.int8)


def cause_codes(cause: ArrayLike, length: int, n_causes: int | None) -> Counts:
    """The checked causes as whole numbers, 0 for censored."""
    given = np.asarray(cause)
    if given.shape != (length,):
        raise ValueError(f"cause: length {length} expected, shape {given.shape} given")
    numbers = check_array("cause", given, minimum=0)
    top = np.inf if n_causes is None else n_causes
    bad = (numbers != np.floor(numbers)) | (numbers > top)
    if bad.any():
        first = int(np.argmax(bad))
        raise ValueError(f"cause[{first}] = {numbers[first]:g}: not a whole number from 0 to {top}")
    return numbers.astype(np.int64)


def hypergeometric(x: Counts, n: Floats) -> Floats:
    """Variance of x events among n at risk, corrected for ties; x for a single event."""
    return np.where(x > 1, x * (n - x) / np.maximum(n - 1, 1), x)


def _by_day(
    time: NDArray[np.generic], kind: NDArray[np.integer], kinds: int
) -> tuple[Floats, Counts] | None:
    """Counts of whole days, or None where a time is anything but a whole day in range."""
    if time.dtype.kind not in "iuf":
        return None
    counts = np.zeros((0, kinds + 1), dtype=np.int64)
    for start in range(0, len(time), _BLOCK):
        block = time[start : start + _BLOCK]
        last = block.max()
        # A NaN fails both comparisons, and check_array then names it.
        if not (block.min() >= 0 and last <= _MOST_DAYS):
            return None
        days = block.astype(np.int64) if time.dtype.kind == "f" else block
        if days is not block and not np.array_equal(days, block):
            return None
        size = max(len(counts), int(last) + 1)
        more = _count(days, kind[start : start + _BLOCK], kinds, size)
        more[: len(counts)] += counts
        counts = more
    seen = np.flatnonzero(counts.any(axis=1))
    return seen.astype(np.float64), counts[seen]


def _count(
    position: NDArray[np.generic], kind: NDArray[np.integer], kinds: int, size: int
) -> Counts:
    width = kinds + 1
    cell = np.multiply(position, width, dtype=np.int64)
    cell += kind
    return np.bincount(cell, minlength=size * width).reshape(size, width)
