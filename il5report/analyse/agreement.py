"""Agreement of two raters (investigator and central review)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from il5report.analyse._numeric import NO_SUBJECTS, check_choice, check_count, check_open_unit
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class Kappa(Result):
    """Observed agreement and the part of it beyond chance."""

    N: int = stat("Number rated by both")
    agreement: float = stat("Observed agreement", "proportion")
    kappa: float = stat("Kappa")
    se: float = stat("Standard error of kappa")
    lower: float = stat("Lower confidence limit of kappa")
    upper: float = stat("Upper confidence limit of kappa")
    weights: str
    conf_level: float


def kappa(
    table: Sequence[Sequence[int]] | np.ndarray,
    *,
    weights: Literal["none", "linear", "quadratic"] = "none",
    conf_level: float = 0.95,
) -> Kappa:
    """Cohen's kappa of a square table, simple or weighted.

    Parameters
    ----------
    table : square array of int
        Counts, rows one rater, columns the other, the same categories in the same order.
    weights : str
        ``none`` (simple kappa), ``linear`` (Cicchetti-Allison with scores 1, 2, ...) or
        ``quadratic`` (Fleiss-Cohen).
    conf_level : float
        Two-sided level of the normal interval.

    Returns
    -------
    Kappa
        `agreement` is the share on the diagonal, whatever the weights.

    Not estimable
    -------------
    Everything but `N` without subjects; kappa, SE and limits when chance alone would agree always.

    Raises
    ------
    ValueError
        A table that is not square or holds other than counts, unknown weights, level outside 0-1.

    Source
    ------
    Cohen 1960; Fleiss, Cohen and Everitt 1969 (standard error). SAS ``proc freq; tables / agree``.

    Oracle
    ------
    tests/oracle/association.R
    """
    check_choice("weights", weights, ("none", "linear", "quadratic"))
    check_open_unit("conf_level", conf_level)
    counts = _counts(table)
    N = int(counts.sum())
    agreement = value = se = math.nan
    ne = {}
    if N == 0:
        ne = dict.fromkeys(("agreement", "kappa", "se", "lower", "upper"), NO_SUBJECTS)
    else:
        agreement = float(np.trace(counts)) / N
        value, se = _estimate(counts / N, _weights(len(counts), weights), N)
        if math.isnan(value):
            reason = "both raters used one and the same category"
            ne = dict.fromkeys(("kappa", "se", "lower", "upper"), reason)
    half = float(ndtri((1 + conf_level) / 2)) * se
    return Kappa(
        N=N,
        agreement=agreement,
        kappa=value,
        se=se,
        lower=value - half,
        upper=value + half,
        weights=weights,
        conf_level=conf_level,
        ne=ne,
    )


def _estimate(share: np.ndarray, weight: np.ndarray, N: int) -> tuple[float, float]:
    """Kappa and its standard error; NaN when chance alone agrees always."""
    row, column = share.sum(axis=1), share.sum(axis=0)
    observed, chance = (weight * share).sum(), row @ weight @ column
    if math.isclose(chance, 1):
        return math.nan, math.nan
    value = float((observed - chance) / (1 - chance))
    margins = (weight @ column)[:, None] + (row @ weight)[None, :]
    spread = (share * (weight - margins * (1 - value)) ** 2).sum()
    variance = (spread - (value - chance * (1 - value)) ** 2) / (N * (1 - chance) ** 2)
    return value, math.sqrt(max(0.0, float(variance)))


def _counts(table: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
    rows = [list(row) for row in table]
    for i, row in enumerate(rows):
        if len(row) != len(rows):
            raise ValueError(f"table[{i}]: length {len(rows)} expected, {len(row)} given")
        for j, count in enumerate(row):
            check_count(f"table[{i}][{j}]", count)
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(rows))


def _weights(k: int, kind: str) -> np.ndarray:
    """1 on the diagonal; the scale of the disagreement beside it cancels in kappa."""
    apart: np.ndarray = abs(np.subtract.outer(np.arange(k), np.arange(k)))
    disagreement: np.ndarray = {"none": apart > 0, "linear": apart, "quadratic": apart**2}[kind]
    return np.asarray(1 - disagreement.astype(np.float64))
