"""Checks of scalar arguments and root finding, shared by the methods."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection

NO_SUBJECTS = "no subjects in the denominator"


def check_count(name: str, value: object, *, minimum: int = 0, maximum: int | None = None) -> int:
    """`value` as an int within its limits; ValueError naming the argument otherwise."""
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{name} = {value!r}: not a whole number") from None
    if count < minimum:
        raise ValueError(f"{name} = {count}: below {minimum}")
    if maximum is not None and count > maximum:
        raise ValueError(f"{name} = {count}: above {maximum}")
    return count


def check_group(name: str, group: tuple[int, int]) -> tuple[int, int]:
    """Number with event and denominator of one group, ``0 <= n <= N``; ValueError otherwise."""
    n, N = group
    N = check_count(f"{name}[1]", N)
    return check_count(f"{name}[0]", n, maximum=N), N


def check_open_unit(name: str, value: float) -> float:
    """`value` strictly between 0 and 1 (a level, a null proportion); ValueError otherwise."""
    if not 0 < value < 1:
        raise ValueError(f"{name} = {value!r}: not between 0 and 1, ends excluded")
    return float(value)


def check_unit(name: str, value: float) -> float:
    """`value` from 0 to 1 (a probability); ValueError otherwise."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} = {value!r}: not between 0 and 1")
    return float(value)


def check_positive(name: str, value: float) -> float:
    """`value` finite and above 0; ValueError otherwise."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} = {value!r}: not above 0")
    return float(value)


def check_choice(name: str, value: str, choices: Collection[str]) -> str:
    """`value` among `choices`; ValueError naming the argument and the choices otherwise."""
    if value not in choices:
        raise ValueError(f"{name} = {value!r}: one of {', '.join(choices)} expected")
    return value


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that is negative at `low` and not negative at `high` changes sign.

    Bisection down to neighbouring floats: slower than Newton, but no start value or tolerance can
    make it fail.
    """
    while low < (middle := (low + high) / 2) < high:
        if function(middle) < 0:
            low = middle
        else:
            high = middle
    return high
