"""The five scales on which a confidence interval of a probability is made symmetric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from il5report.analyse._life_table import Floats

ConfType = Literal["plain", "log", "loglog", "logit", "arcsin"]


@dataclass(frozen=True)
class Scale:
    """A transformation g, its slope, and its inverse held inside the range of a probability."""

    transform: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]


SCALES: dict[str, Scale] = {
    "plain": Scale(lambda p: p, np.ones_like, lambda y: np.clip(y, 0.0, 1.0)),
    "log": Scale(np.log, lambda p: 1 / p, lambda y: np.exp(np.minimum(y, 0.0))),
    "loglog": Scale(
        lambda p: np.log(-np.log(p)), lambda p: 1 / (p * np.log(p)), lambda y: np.exp(-np.exp(y))
    ),
    "logit": Scale(
        lambda p: np.log(p / (1 - p)), lambda p: 1 / (p * (1 - p)), lambda y: 1 / (1 + np.exp(-y))
    ),
    "arcsin": Scale(
        lambda p: np.arcsin(np.sqrt(p)),
        lambda p: 0.5 / np.sqrt(p * (1 - p)),
        lambda y: np.sin(np.clip(y, 0.0, np.pi / 2)) ** 2,
    ),
}


def check_conf(conf_level: float, conf_type: str = "plain") -> None:
    """Refuse a confidence level outside (0, 1) and an unknown type."""
    if not 0 < conf_level < 1:
        raise ValueError(f"conf_level = {conf_level!r}: not between 0 and 1")
    if conf_type not in SCALES:
        raise ValueError(f"conf_type = {conf_type!r}: not one of {', '.join(SCALES)}")


def check_convention(convention: str, known: tuple[str, ...]) -> None:
    """Refuse a convention that is not `known`."""
    if convention not in known:
        raise ValueError(f"convention = {convention!r}: not one of {', '.join(known)}")


def normal_quantile(conf_level: float) -> float:
    """The two-sided normal quantile, 1.96 for 0.95."""
    return float(ndtri(1 - (1 - conf_level) / 2))


def limits(
    estimate: Floats, std_error: Floats, conf_level: float, conf_type: str
) -> tuple[Floats, Floats]:
    """Lower and upper limits of probabilities; NaN where the estimate is 0, 1 or NaN."""
    scale = SCALES[conf_type]
    inside = (estimate > 0) & (estimate < 1)
    p = estimate[inside]
    centre = scale.transform(p)
    half = normal_quantile(conf_level) * np.abs(scale.slope(p)) * std_error[inside]
    ends = scale.inverse(centre - half), scale.inverse(centre + half)
    lower, upper = np.full((2, *estimate.shape), np.nan)
    lower[inside], upper[inside] = np.minimum(*ends), np.maximum(*ends)
    return lower, upper
