"""Numbers to text: half away from zero on the decimal value, as SAS prints.

Pure functions of their arguments. A missing value is no number: showing it (NE and its reason)
is the caller's decision, so NaN and infinity are refused here.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Context, Decimal
from functools import lru_cache

# A value closer to a tie than this (in units of the last printed digit) is that tie: 100 * 0.285
# is 28.499999999999996 in binary and 28.5 to a reader. The ROUND function of SAS does the same.
_TIE = Decimal("1e-12")
_CONTEXT = Context(prec=800)


def fixed(value: float, digits: int) -> str:
    """Value with a fixed number of decimals, never ``-0``.

    Parameters
    ----------
    value : float
        Finite number, any unit.
    digits : int
        Decimals to print, 0 or more.

    Returns
    -------
    str
        For example ``fixed(2.675, 2) == "2.68"`` and ``fixed(-0.04, 1) == "0.0"``.

    Raises
    ------
    ValueError
        `value` not finite, `digits` negative.
    """
    if digits < 0:
        raise ValueError(f"digits = {digits}: below 0")
    return f"{_round(_decimal(value), digits):f}"


def significant(value: float, digits: int) -> str:
    """Value with a number of significant digits, without exponent (concentrations, AUC).

    Parameters
    ----------
    value : float
        Finite number, any unit.
    digits : int
        Significant digits to print, 1 or more; a longer integer part ends in zeros.

    Returns
    -------
    str
        For example ``significant(171774, 3) == "172000"``, ``significant(0.09996, 3) == "0.100"``
        and ``significant(0, 3) == "0"``.

    Raises
    ------
    ValueError
        `value` not finite, `digits` below 1.
    """
    if digits < 1:
        raise ValueError(f"digits = {digits}: below 1")
    number = _decimal(value)
    if not number:
        return "0"
    rounded = _round(number, digits - 1 - number.adjusted())
    if rounded.adjusted() > number.adjusted():  # 9.996 became 10.00: one decimal too many
        rounded = _round(number, digits - 2 - number.adjusted())
    return f"{rounded:f}"


def percent(n: int, N: int, digits: int = 1) -> str:
    """Percentage ``n / N`` as text without the sign, computed in integers.

    Parameters
    ----------
    n, N : int
        Count and its denominator, ``0 <= n <= N`` and ``N >= 1``.
    digits : int
        Decimals to print, 0 or more.

    Returns
    -------
    str
        For example ``percent(1, 16) == "6.3"`` and ``percent(1, 3, 0) == "33"``.

    Raises
    ------
    ValueError
        Counts outside the range above, `digits` negative.
    """
    if not 0 <= n <= N or N < 1:
        raise ValueError(f"n = {n}, N = {N}: 0 <= n <= N and N >= 1 expected")
    if digits < 0:
        raise ValueError(f"digits = {digits}: below 0")
    n, N = int(n), int(N)  # numpy integers would overflow
    whole, rest = divmod((2 * 100 * n * 10**digits + N) // (2 * N), 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


@lru_cache(maxsize=2**14)
def n_percent(n: int, N: int, digits: int = 1) -> str:
    """Count with its percentage as a table cell shows it.

    Parameters
    ----------
    n, N : int
        Count and its denominator, ``0 <= n <= N``.
    digits : int
        Decimals of the percentage.

    Returns
    -------
    str
        ``"0"`` for no one (also of no one), ``"n (100%)"`` for all, else such as ``"7 (35.0%)"``.

    Raises
    ------
    ValueError
        Counts outside the range above, `digits` negative.
    """
    if n == 0 and N == 0:
        return "0"
    share = percent(n, N, digits)
    if n == 0:
        return "0"
    return f"{n} (100%)" if n == N else f"{n} ({share}%)"


def p_value(p: float) -> str:
    """P-value with four decimals, or ``"<0.0001"``.

    Parameters
    ----------
    p : float
        Probability, 0 to 1.

    Returns
    -------
    str
        ``"<0.0001"`` when `p` is below 0.0001 (before rounding), else such as ``"0.0368"``.

    Raises
    ------
    ValueError
        `p` missing or outside 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p = {p!r}: not a probability")
    return "<0.0001" if p < 0.0001 else fixed(p, 4)


def _decimal(value: float) -> Decimal:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"value = {number!r}: not a finite number")
    return Decimal(repr(number))


def _round(number: Decimal, digits: int) -> Decimal:
    """`number` to `digits` decimals (tens, hundreds, ... when negative), without negative zero."""
    units = abs(number).scaleb(digits, _CONTEXT)
    whole = (_CONTEXT.add(units, Decimal("0.5") + _TIE)).to_integral_value(ROUND_FLOOR)
    magnitude = whole.scaleb(-digits, _CONTEXT)
    return -magnitude if number < 0 and whole else magnitude
