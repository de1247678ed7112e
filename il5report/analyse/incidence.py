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

Codes: TypeAlias = NDArray[np.int64]
LARGEST_TABLE = 2**26  # numbers of four bytes
EXACT = 2**24  # whole numbers that a float of four bytes holds


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
    return Incidence(n=_reached(subjects, what, np.zeros_like(what), 1, kinds, inside)[:, 0])


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
    graded = np.asarray(rank, np.int64)
    _check("rank", graded, ranks)
    if len(graded) != len(what):
        raise ValueError(f"rank: length {len(what)} expected, {len(graded)} given")
    falling = ranks - 1 - graded
    order = np.argsort(falling.astype(np.min_scalar_type(ranks)), kind="stable")
    n = _reached(subjects[order], what[order], falling[order], ranks, kinds, inside)[:, ::-1]
    n[:, :-1] -= n[:, 1:]  # those who reach the rank, without those who reach the next
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
    subjects, what = np.asarray(subject, np.int64), np.asarray(kind, np.int64)
    _check("subject", subjects, sets.shape[1])
    _check("kind", what, kinds)
    if len(subjects) != len(what):
        raise ValueError(f"kind: length {len(subjects)} expected, {len(what)} given")
    return sets, subjects, what


def _reached(
    subject: Codes, kind: Codes, step: Codes, steps: int, kinds: int, inside: NDArray[np.bool_]
) -> Counts:
    """Distinct subjects with a record of a step up to this one: (kind, step, set); the records
    are in the order of their steps.

    Each record marks its place in a table of subjects by kinds, and the product of the sets with
    it counts the marks: whole numbers, so exact in any order. The table is made for as many kinds
    at a time as it has room for.
    """
    sets, subjects = inside.shape
    number = np.float32 if subjects < EXACT else np.float64
    members: NDArray[np.floating[Any]] = inside.astype(number)
    n = np.zeros((kinds, steps, sets), np.int64)
    width = max(min(kinds, LARGEST_TABLE // max(subjects, 1)), 1)
    for first in range(0, kinds, width):
        mine = slice(None) if width == kinds else (kind >= first) & (kind < first + width)
        places = subject[mine] * width + (kind[mine] - first)
        ends = np.searchsorted(step[mine], np.arange(steps), side="right")
        seen: NDArray[np.floating[Any]] = np.zeros((subjects, width), number)
        for i, (start, end) in enumerate(pairwise([0, *ends])):
            seen.reshape(-1)[places[start:end]] = 1
            n[first : first + width, i] = np.einsum("si,ik->ks", members, seen)[: kinds - first]
    return n


def _check(name: str, codes: Codes, size: int) -> None:
    if len(codes) and (codes.min() < 0 or codes.max() >= size):
        bad = (codes < 0) | (codes >= size)
        position = int(np.argmax(bad))
        raise ValueError(f"{name}[{position}] = {codes[position]}: not from 0 to {size - 1}")
