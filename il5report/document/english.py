"""Counts as English: number words, agreement, enumerations."""

from __future__ import annotations

from collections.abc import Sequence

_SMALL = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
IN_WORDS = 10  # from here on a number inside a sentence is written in digits


def spelled(n: int) -> str:
    """A whole number from 0 to 99 in words; above that in digits."""
    if n < len(_SMALL):
        return _SMALL[n]
    if n > 99:
        return str(n)
    tens, units = divmod(n, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[units]}" if units else "")


def inside(n: int) -> str:
    """A whole number as it stands inside a sentence."""
    return spelled(n) if n < IN_WORDS else str(n)


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def small(text: str) -> str:
    """The text as it stands inside a sentence: a word in capitals keeps them, and ``C-reactive``
    its letter."""
    first = text.split(" ", 1)[0].strip(",.:;()")
    shouted = first != first.capitalize() or first[1:2] == "-"
    return text if shouted else text[:1].lower() + text[1:]


def plural(n: int, one: str, many: str = "") -> str:
    """``one`` for one, else the plural (also of none in digits: "0 events")."""
    return one if n == 1 else many or f"{one}s"


def joined(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
