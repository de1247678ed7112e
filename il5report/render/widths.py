"""How wide a text is in print, and where it may be broken.

One table of character widths for both paper formats: of Libertinus Serif and Latin Modern Sans,
the wider.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from il5report.display.model import FIGURE_SPACE
from il5report.render.text import BREAK

_AFTER_HYPHEN = re.compile(r"(?<=-)(?=[^\W\d])")  # never within a date, range or number
BOLD = 1.12  # times as wide
SMALL = 1.035  # below 9 pt Latin Modern is drawn wider
LINE_EM = 15.0  # a wider word in running text or a title may be broken
DIGIT_EM = 0.52
_EM: dict[str, float] = {
    char: width
    for width, chars in {
        0.25: " ",
        0.29: "lij',.:;|",
        0.3: "I",
        0.36: "f!-[]r",
        0.38: "t",
        0.41: "()s",
        0.46: "zce",
        0.52: '?Jxav$*/0123456789\\gkoy{}`"' + FIGURE_SPACE,
        0.55: "bdpqhun",
        0.57: "L^~",
        0.60: "SF",
        0.63: "EZ",
        0.71: "CPRBGVXY_ATU",
        0.78: "KHNDwOQ&",
        0.82: "m+<=>",
        0.90: "#@M",
        0.92: "%",
        0.98: "W",
        0.0: BREAK,
    }.items()
    for char in chars
}


def em_mm(size: float) -> float:
    """What an em of the widths is in mm, in type of `size` points."""
    return size * 25.4 / 72 * (SMALL if size < 9 else 1.0)


@lru_cache(maxsize=1 << 16)
def width_em(text: str) -> float:
    """Width of `text` in units of the font size, generously."""
    return sum([_EM[char] if char in _EM else _other_em(char) for char in text])


def _other_em(char: str) -> float:
    """Chinese, Japanese and Korean signs are squares of an em."""
    return 1.0 if unicodedata.east_asian_width(char) in "WF" else 0.7


@lru_cache(maxsize=1 << 16)
def word_em(text: str) -> float:
    """Width of the longest piece of `text` that no line break can divide."""
    return max(map(width_em, _AFTER_HYPHEN.sub(" ", text).replace(BREAK, " ").split(" ")))


def breakable(text: str, em: float = LINE_EM) -> str:
    """`text` with break points in each word wider than `em`: after hyphens if that helps."""
    if len(text) < em or all(width_em(w) <= em for w in text.split(" ")):
        return text  # no character is wider than an em
    return " ".join(_broken(w, em) for w in text.split(" "))


def _broken(word: str, em: float) -> str:
    if max(map(width_em, word.split(BREAK))) <= em:
        return word
    return _AFTER_HYPHEN.sub(BREAK, word) if word_em(word) <= em else BREAK.join(word)


def pieces(text: str, em: float) -> list[str]:
    """`text` in pieces no wider than `em`, divided where a line may end."""
    if len(text) <= em:
        return [text]
    found = [""]
    for word in re.findall(f"[^ {BREAK}]*[ {BREAK}]?", text):
        if found[-1] and width_em(found[-1]) + width_em(word) > em:
            found.append("")
        found[-1] += word
    return found
