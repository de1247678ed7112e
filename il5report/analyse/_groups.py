"""What the tests between groups share: labels, and the chi-square of correlated scores."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il5report.analyse._life_table import Counts, Floats
from il5report.analyse.result import check_array

ROUNDING = 1e-12
NO_VARIANCE = "no variance: too many of those at risk have the event at one time"


def check_labels(name: str, labels: ArrayLike, length: int) -> tuple[NDArray[Any], Counts]:
    """Distinct labels, ascending, and the position of each subject's label among them.

    Raises
    ------
    ValueError
        Naming the argument and the first offending position: a missing label, unequal lengths.
    """
    given = np.asarray(labels)
    if given.shape != (length,):
        raise ValueError(f"{name}: length {length} expected, shape {given.shape} given")
    if given.dtype.kind == "f":
        check_array(name, given)
    if given.dtype.kind == "O":
        missing = [label is None or (isinstance(label, float) and isnan(label)) for label in given]
        if any(missing):
            raise ValueError(f"{name}[{missing.index(True)}]: missing")
    distinct, position = np.unique(given, return_inverse=True)
    return distinct, position


def quadratic_form(
    score: Floats, variance: Floats, informative: NDArray[np.bool_]
) -> tuple[float, int, str | None]:
    """Chi-square of scores that add up to 0, its degrees of freedom, and why it is missing."""
    used = np.flatnonzero(informative)[1:]
    if used.size == 0:
        return np.nan, 0, "fewer than two groups at risk at an event time"
    score, variance = score[used], variance[np.ix_(used, used)]
    spread = np.linalg.eigvalsh(variance)
    if spread[0] <= ROUNDING * spread[-1]:
        return np.nan, used.size, NO_VARIANCE
    return float(score @ np.linalg.solve(variance, score)), used.size, None
