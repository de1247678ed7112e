"""How many subjects have at least one record of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il5report.analyse._life_table import Counts
from il5report.analyse.result import Result, stat

Codes: TypeAlias = NDArray[np.int32]
Steps: TypeAlias = NDArray[np.unsignedinteger[Any]]
LARGEST_TABLE = 2**27


@dataclass(frozen=True, kw_only=True)
class Incidence(Result):
    """Number of distinct subjects: one row per kind, one column per set of subjects."""

    n: Counts = stat("Number of subjects", "subjects")


@dataclass(frozen=True, kw_only=True)
class WorstIncidence(Result):
    """Number of distinct subjects by their worst rank: (kind, rank, set of subjects)."""

    n: Counts = stat("Number of subjects", "subjects")


def incidence(
    subject: ArrayLike,
    kind: ArrayLike,
    *,
    kinds: int,
    members: Sequence[ArrayLike],
) -> Incidence:
    """Distinct subjects with at least one record, by kind and set of subjects.

    Parameters
    ----------
    subject : array of n integers, 0 to number of subjects - 1
        Whose record it is.
    kind : array of n integers, 0 to kinds - 1
        What the record is of, such as the position of its preferred term.
    kinds : int
        Number of kinds; one without record counts 0.
    members : sequence of boolean arrays, one element per subject
        The sets to count in, such as the treatment arms; they may overlap.

    Returns
    -------
    Incidence
        `n` of shape (kinds, len(members)).

    Raises
    ------
    ValueError
        `subject` and `kind` of unequal length; a code outside its range (the first position is
        named).

    Source
    ------
    A subject counts once per kind however many records it has. R: ``tapply(id, kind,
    function(x) length(unique(x)))``.

    Oracle
    ------
    tests/oracle/incidence.R
    """
    inside, subjects, what = _checked(subject, kind, kinds, members)
    steps = np.ones(len(what), np.uint8)
    return Incidence(n=_counted(subjects, what, steps, kinds, inside, 1)[:, 0])


def worst_incidence(
    subject: ArrayLike,
    kind: ArrayLike,
    rank: ArrayLike,
    *,
    kinds: int,
    ranks: int,
    members: Sequence[ArrayLike],
) -> WorstIncidence:
    """Distinct subjects by their highest rank among their records of a kind.

    Parameters
    ----------
    subject, kind, kinds, members
        As in `incidence`.
    rank : array of n integers, 0 to ranks - 1
        Of each record, such as its grade.
    ranks : int
        Number of ranks.

    Returns
    -------
    WorstIncidence
        `n` of shape (kinds, ranks, len(members)); over the ranks it adds up to `incidence`.

    Raises
    ------
    ValueError
        As `incidence`, and for a rank outside its range.

    Source
    ------
    R: ``tapply(rank, list(kind, id), max)``, then a table of the maxima by kind.

    Oracle
    ------
    tests/oracle/incidence.R
    """
    inside, subjects, what = _checked(subject, kind, kinds, members)
    graded = _codes("rank", rank, ranks)
    if len(graded) != len(what):
        raise ValueError(f"rank: length {len(what)} expected, {len(graded)} given")
    steps = (graded + 1).astype(np.min_scalar_type(ranks))
    n = _counted(subjects, what, steps, kinds, inside, ranks)
    n[:, :-1] -= n[:, 1:]  # those who reach a rank, without those who reach the next
    return WorstIncidence(n=n)


def _checked(
    subject: ArrayLike, kind: ArrayLike, kinds: int, members: Sequence[ArrayLike]
) -> tuple[NDArray[np.bool_], Codes, Codes]:
    """The arguments as arrays, the sets as one of shape (sets, subjects).

    Raises
    ------
    ValueError
        As the public functions say.
    """
    inside = [np.asarray(member, np.bool_) for member in members]
    sets = np.stack(inside) if inside else np.zeros((0, 0), np.bool_)
    subjects, what = _codes("subject", subject, sets.shape[1]), _codes("kind", kind, kinds)
    if len(subjects) != len(what):
        raise ValueError(f"kind: length {len(subjects)} expected, {len(what)} given")
    return sets, subjects, what


def _codes(name: str, values: ArrayLike, size: int) -> Codes:
    codes = np.asarray(values)
    if not np.issubdtype(codes.dtype, np.integer):
        codes = codes.astype(np.int64)
    if len(codes) and (codes.min() < 0 or codes.max() >= size):
        position = int(np.argmax((codes < 0) | (codes >= size)))
        raise ValueError(f"{name}[{position}] = {codes[position]}: not from 0 to {size - 1}")
    return codes.astype(np.int32, copy=False)


def _counted(
    subject: Codes, kind: Codes, step: Steps, kinds: int, inside: NDArray[np.bool_], steps: int
) -> Counts:
    """Distinct subjects with a record of a step (1 to `steps`) or a higher one: (kind, step, set).

    Each record marks its place in a table of subjects by kinds with its step, for as many kinds at
    a time as there is room for. Subjects of the same sets stand together, so that a count is a
    column sum.
    """
    subjects = inside.shape[1]
    width = max(LARGEST_TABLE // max(subjects, 1), 1)
    if kinds > width:
        blocks = []
        for first in range(0, kinds, width):
            mine = np.flatnonzero((kind >= first) & (kind < first + width))
            own = subject[mine], kind[mine] - first, step[mine]
            blocks.append(_counted(*own, min(width, kinds - first), inside, steps))
        return np.concatenate(blocks)
    line, bounds, sets = _alike(inside)
    place = line[subject] * np.int32(kinds)
    place += kind
    worst = np.zeros((subjects, kinds), step.dtype)
    np.maximum.at(worst.reshape(-1), place, step)
    n = np.zeros((kinds, steps, len(sets)), np.int64)
    for group, (top, bottom) in enumerate(pairwise(bounds)):
        for least in range(steps):
            n[:, least, group] = (worst[top:bottom] > least).sum(axis=0, dtype=np.int32)
    return n @ sets


def _alike(inside: NDArray[np.bool_]) -> tuple[Codes, list[int], Counts]:
    """Subjects in order, those of the same sets together: the line of each subject, the bounds of
    the groups, and which sets (column) each group (row) is in."""
    pattern = np.zeros(inside.shape[1], np.int64)
    for eight in np.packbits(inside, axis=0):
        pattern = np.unique(256 * pattern + eight, return_inverse=True)[1]
    order = np.argsort(pattern, kind="stable")
    line = np.empty(len(order), np.int32)
    line[order] = np.arange(len(order))
    first = np.unique(pattern[order], return_index=True)[1]
    return line, [*first.tolist(), len(order)], inside[:, order[first]].T.astype(np.int64)
