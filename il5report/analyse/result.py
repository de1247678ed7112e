"""What every method returns: a frozen dataclass whose fields carry label and unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from functools import cache
from typing import Any

import numpy as np


def stat(label: str, unit: str = "", **kwargs: Any) -> Any:
    """Declare a result field that is a statistic, with its label and unit.

    Parameters
    ----------
    label : str
        Text a reader understands, e.g. ``"Median survival time"``.
    unit : str
        ``""`` for counts and dimensionless numbers, ``"proportion"`` for the 0-1 scale,
        ``"days"`` for time, else the unit of the input.
    """
    return field(metadata={"label": label, "unit": unit}, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base of all results.

    Attributes
    ----------
    ne : Mapping[str, str]
        Field name to the reason why it is not estimable. A scalar field is NaN exactly when it
        stands here; in an array field the NaN elements share the reason.
    """

    ne: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    @cache  # asked for with every number
    def stats(cls) -> tuple[Field[Any], ...]:
        """The fields declared with `stat`, in order."""
        return tuple(f for f in fields(cls) if "label" in f.metadata)


def check_array(name: str, values: object, *, minimum: float | None = None) -> np.ndarray:
    """One-dimensional float array without missing values.

    Raises
    ------
    ValueError
        Naming the argument and the first offending position: not one-dimensional, NaN or
        infinite, or below `minimum`.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name}: one dimension expected, {array.ndim} given")
    _refuse(name, array, ~np.isfinite(array), "not a finite number")
    if minimum is not None:
        _refuse(name, array, array < minimum, f"below {minimum:g}")
    return array


def check_event(name: str, values: object, length: int) -> np.ndarray:
    """Boolean array of `length`; True = event. Accepts booleans and 0/1 only.

    Raises
    ------
    ValueError
        Naming the argument and the first offending position.
    """
    array = np.asarray(values)
    if array.shape != (length,):
        raise ValueError(f"{name}: length {length} expected, shape {array.shape} given")
    if array.dtype != np.bool_:
        numbers = check_array(name, array)
        _refuse(name, numbers, (numbers != 0) & (numbers != 1), "neither 0 nor 1")
        array = numbers == 1
    return array


def _refuse(name: str, array: np.ndarray, bad: np.ndarray, why: str) -> None:
    if bad.any():
        position = int(np.argmax(bad))
        raise ValueError(f"{name}[{position}] = {array[position].item()!r}: {why}")
