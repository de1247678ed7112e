"""Checks of scalar arguments and root finding."""

from __future__ import annotations

import math

import numpy as np
import pytest

from il5report.analyse._numeric import (
    check_choice,
    check_count,
    check_group,
    check_open_unit,
    check_positive,
    check_unit,
    root,
)


def test_counts_are_whole() -> None:
    assert check_count("n", np.int64(3)) == 3
    assert type(check_count("n", np.int64(3))) is int
    assert check_count("n", 0) == 0
    assert check_count("n", 2, minimum=2, maximum=2) == 2
    for value in (1.0, "1", None):
        with pytest.raises(ValueError, match=f"^n = {value!r}: not a whole number$"):
            check_count("n", value)
    with pytest.raises(ValueError, match=r"^n = -1: below 0$"):
        check_count("n", -1)
    with pytest.raises(ValueError, match=r"^n = 1: below 2$"):
        check_count("n", 1, minimum=2)
    with pytest.raises(ValueError, match=r"^n = 6: above 5$"):
        check_count("n", 6, maximum=5)


def test_groups_are_named() -> None:
    assert check_group("test", (0, 0)) == (0, 0)
    assert check_group("test", (2, 5)) == (2, 5)
    with pytest.raises(ValueError, match=r"^test\[0\] = 6: above 5$"):
        check_group("test", (6, 5))
    with pytest.raises(ValueError, match=r"^test\[1\] = -1: below 0$"):
        check_group("test", (0, -1))


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.1, math.nan])
def test_open_unit_excludes_its_ends(value: float) -> None:
    with pytest.raises(ValueError, match=f"^level = {value!r}: not between 0 and 1, ends excluded"):
        check_open_unit("level", value)
    assert check_open_unit("level", 0.5) == 0.5


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_unit_includes_its_ends(value: float) -> None:
    with pytest.raises(ValueError, match=f"^p = {value!r}: not between 0 and 1$"):
        check_unit("p", value)
    assert [check_unit("p", x) for x in (0, 0.5, 1)] == [0, 0.5, 1]


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan])
def test_positive(value: float) -> None:
    with pytest.raises(ValueError, match=f"^per = {value!r}: not above 0$"):
        check_positive("per", value)
    assert check_positive("per", 1e-9) == 1e-9


def test_choices_are_listed() -> None:
    assert check_choice("method", "a", ("a", "b")) == "a"
    with pytest.raises(ValueError, match=r"^method = 'c': one of a, b expected$"):
        check_choice("method", "c", ("a", "b"))


def test_root_to_the_last_bit() -> None:
    assert root(lambda x: x * x - 2, 0, 2) == pytest.approx(math.sqrt(2), rel=3e-16)
    assert root(lambda x: x - 1e-30, 0, 1) == pytest.approx(1e-30, rel=3e-16)
    assert root(lambda x: -1.0 if x < 0.25 else 1.0, 0, 1) == 0.25
    assert root(lambda _: 1.0, 0.5, 1.0) == pytest.approx(0.5)
    assert root(lambda _: -1.0, 0.5, 1.0) == 1.0
