"""Mean, spread and t interval of a sample, also of logarithms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit


class Moments(NamedTuple):
    n: int
    mean: float
    squares: float  # sum of squared deviations
    sd: float
    half_width: float


def moments(array: np.ndarray, conf_level: float) -> Moments:
    """Of the values with exactly rounded sums, so that their order cannot matter."""
    n = array.size
    if n == 0:
        return Moments(0, math.nan, 0.0, math.nan, math.nan)
    mean = math.fsum(array.tolist()) / n
    mean += math.fsum((array - mean).tolist()) / n
    squares = math.fsum(((array - mean) ** 2).tolist())
    if n == 1:
        return Moments(1, mean, squares, math.nan, math.nan)
    sd = math.sqrt(squares / (n - 1))
    quantile = float(stdtrit(n - 1, (1 + conf_level) / 2))
    return Moments(n, mean, squares, sd, quantile * sd / math.sqrt(n))
