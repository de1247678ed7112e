"""How many subjects have at least one record of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il5report.analyse._life_table import Counts
from il5report.analyse.result import Result, stat

Codes: TypeAlias = NDArray[np.int64]
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
    who, what = _distinct(subjects, what, _size(inside), kinds)
    counts = [np.bincount(what[member[who]], minlength=kinds) for member in inside]
    return Incidence(n=np.stack(counts, axis=1) if counts else np.zeros((kinds, 0), np.int64))


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
    # of one subject and kind, the highest rank sorts last
    who, cell = _distinct(subjects, what * ranks + graded, _size(inside), kinds * ranks)
    last = np.ones(who.size, np.bool_)
    last[:-1] = (who[1:] != who[:-1]) | (cell[1:] // ranks != cell[:-1] // ranks)
    who, cell = who[last], cell[last]
    counts = [np.bincount(cell[member[who]], minlength=kinds * ranks) for member in inside]
    shape = (kinds, ranks, len(inside))
    n = np.stack(counts, axis=1).reshape(shape) if counts else np.zeros(shape, np.int64)
    return WorstIncidence(n=n)


def _size(inside: Sequence[NDArray[np.bool_]]) -> int:
    return len(inside[0]) if inside else 0


def _checked(
    subject: ArrayLike, kind: ArrayLike, kinds: int, members: Sequence[ArrayLike]
) -> tuple[list[NDArray[np.bool_]], Codes, Codes]:
    """The arguments as arrays.

    Raises
    ------
    ValueError
        As the public functions say.
    """
    inside = [np.asarray(member, np.bool_) for member in members]
    subjects, what = np.asarray(subject, np.int64), np.asarray(kind, np.int64)
    _check("subject", subjects, _size(inside))
    _check("kind", what, kinds)
    if len(subjects) != len(what):
        raise ValueError(f"kind: length {len(subjects)} expected, {len(what)} given")
    return inside, subjects, what


def _distinct(subject: Codes, kind: Codes, subjects: int, kinds: int) -> tuple[Codes, Codes]:
    """The distinct pairs; by marking them in a table where one of moderate size holds them all."""
    pairs = subject * kinds + kind
    if subjects * kinds <= LARGEST_TABLE:
        seen = np.zeros(subjects * kinds, np.bool_)
        seen[pairs] = True
        pairs = np.flatnonzero(seen)
    else:
        pairs = np.sort(pairs)
        first = np.ones(pairs.size, np.bool_)
        first[1:] = pairs[1:] != pairs[:-1]
        pairs = pairs[first]
    who = pairs // max(kinds, 1)
    return who, pairs - who * kinds


def _check(name: str, codes: Codes, size: int) -> None:
    if len(codes) and (codes.min() < 0 or codes.max() >= size):
        bad = (codes < 0) | (codes >= size)
        position = int(np.argmax(bad))
        raise ValueError(f"{name}[{position}] = {codes[position]}: not from 0 to {size - 1}")
