from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.display.rounding import fixed, n_percent, p_value, percent, significant


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
        (-0.5, 0, "-1"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (0.285, 2, "0.29"),
        (1.115, 2, "1.12"),
        (-1.115, 2, "-1.12"),
        (100 * 0.285, 0, "29"),  # 28.499999999999996
        (2.49999999999, 0, "2"),
        (2.499999999999, 0, "3"),
        (-0.04, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (-0.06, 1, "-0.1"),
        (3, 1, "3.0"),
        (1e22, 2, "1" + "0" * 22 + ".00"),
        (1.7976931348623157e308, 1, "17976931348623157" + "0" * 292 + ".0"),
        (5e-324, 3, "0.000"),
        (1234567890123456.0, 0, "1234567890123456"),
        (np.float64(6.25), 1, "6.3"),
        (np.float64(99.95), 1, "100.0"),
    ],
)
def test_fixed(value: float, digits: int, text: str) -> None:
    assert fixed(value, digits) == text


@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.integers(0, 6))
def test_fixed_is_half_up_of_the_printed_decimal(units: int, places: int, digits: int) -> None:
    decimal = Decimal(units).scaleb(-places)
    expected = decimal.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = fixed(float(decimal), digits)
    assert Decimal(text) == expected
    assert not (text.startswith("-") and expected == 0)
    assert len(text.partition(".")[2]) == digits


@given(st.floats(-1e6, 1e6), st.integers(0, 5))
def test_fixed_is_odd(value: float, digits: int) -> None:
    assert fixed(-value, digits).lstrip("-") == fixed(value, digits).lstrip("-")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_missing_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"value = .*not a finite number"):
        fixed(value, 1)
    with pytest.raises(ValueError, match=r"value = .*not a finite number"):
        significant(value, 1)


def test_digits_are_checked() -> None:
    with pytest.raises(ValueError, match=r"digits = -1: below 0"):
        fixed(1.0, -1)
    with pytest.raises(ValueError, match=r"digits = 0: below 1"):
        significant(1.0, 0)
    with pytest.raises(ValueError, match=r"digits = -1: below 0"):
        percent(1, 2, -1)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (171774, 3, "172000"),
        (1235, 3, "1240"),
        (999.5, 3, "1000"),
        (99950, 3, "100000"),
        (9.996, 3, "10.0"),
        (0.09996, 3, "0.100"),
        (0.0123456, 3, "0.0123"),
        (1.0, 3, "1.00"),
        (12.0, 3, "12.0"),
        (-12.35, 3, "-12.4"),
        (1.5, 1, "2"),
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (5e-324, 1, "0." + "0" * 323 + "5"),
        (np.float64(58200.0), 3, "58200"),
    ],
)
def test_significant(value: float, digits: int, text: str) -> None:
    assert significant(value, digits) == text


@given(st.floats(1e-6, 1e12), st.integers(1, 6))
def test_significant_is_within_half_a_unit(value: float, digits: int) -> None:
    shown = Decimal(significant(value, digits))
    exact = Decimal(repr(value))
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    assert abs(shown - exact) <= unit / 2 * (1 + Decimal("1e-11"))
    stripped = significant(value, digits).replace(".", "").strip("0")
    assert len(stripped) <= digits


@pytest.mark.parametrize(
    ("n", "N", "digits", "text"),
    [
        (1, 16, 1, "6.3"),
        (1, 3, 1, "33.3"),
        (2, 3, 1, "66.7"),
        (1, 3, 0, "33"),
        (1, 8, 0, "13"),
        (1, 2000, 1, "0.1"),
        (1, 2001, 1, "0.0"),
        (1999, 2000, 1, "100.0"),
        (0, 5, 1, "0.0"),
        (5, 5, 1, "100.0"),
        (7, 20, 2, "35.00"),
    ],
)
def test_percent(n: int, N: int, digits: int, text: str) -> None:
    assert percent(n, N, digits) == text


def test_default_is_one_decimal() -> None:
    assert percent(1, 16) == "6.3"
    assert n_percent(1, 16) == "1 (6.3%)"


@given(st.data(), st.integers(1, 10**6), st.integers(0, 4))
def test_percent_against_fractions(data: st.DataObject, N: int, digits: int) -> None:
    n = data.draw(st.integers(0, N))
    shown = Fraction(percent(n, N, digits))
    exact = Fraction(100 * n, N)
    unit = Fraction(1, 10**digits)
    assert -unit / 2 < shown - exact <= unit / 2


def test_percent_of_numpy_counts_does_not_overflow() -> None:
    assert percent(np.int8(100), np.int8(120)) == "83.3"


@pytest.mark.parametrize(("n", "N"), [(-1, 5), (6, 5), (0, 0), (1, 0), (0, -3)])
def test_percent_counts_are_checked(n: int, N: int) -> None:
    with pytest.raises(ValueError, match=f"n = {n}, N = {N}"):
        percent(n, N)


@pytest.mark.parametrize(
    ("n", "N", "digits", "text"),
    [
        (0, 20, 1, "0"),
        (0, 0, 1, "0"),
        (20, 20, 1, "20 (100%)"),
        (33, 254, 1, "33 (13.0%)"),
        (7, 20, 0, "7 (35%)"),
        (2000, 2001, 1, "2000 (100.0%)"),
    ],
)
def test_n_percent(n: int, N: int, digits: int, text: str) -> None:
    assert n_percent(n, N, digits) == text


@pytest.mark.parametrize(("n", "N"), [(-1, 5), (6, 5), (1, 0), (0, -1)])
def test_n_percent_counts_are_checked(n: int, N: int) -> None:
    with pytest.raises(ValueError, match=f"n = {n}, N = {N}"):
        n_percent(n, N)


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0, "<0.0001"),
        (0.00009999, "<0.0001"),
        (0.0001, "0.0001"),
        (0.00015, "0.0002"),
        (0.03675, "0.0368"),
        (0.05, "0.0500"),
        (0.99996, "1.0000"),
        (1, "1.0000"),
    ],
)
def test_p_value(p: float, text: str) -> None:
    assert p_value(p) == text


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_p_value_is_checked(p: float) -> None:
    with pytest.raises(ValueError, match=r"p = .*not a probability"):
        p_value(p)
