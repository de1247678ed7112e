"""Escaping for LaTeX: any text comes out as itself, whatever TeX would make of it.

Only characters in Latin Modern (T1, TS1 and the standard mathematics fonts) can be printed; any
other is named, such as ``[U+4E2D]``.
"""

from __future__ import annotations

from markupsafe import Markup

from il5report.display.model import FIGURE_SPACE
from il5report.render.text import BREAK, named

_ASCII = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "-{}",  # no ligature to a dash
    ",": ",{}",  # no ligature to a low quote
    "[": "{[}",  # no argument of a line end
    "]": "{]}",
    "*": "{*}",
}

_SPACES = {
    "\u00a0": "~",
    "\u2002": r"\enspace{}",
    "\u2003": r"\quad{}",
    FIGURE_SPACE: r"\figurespace{}",
    "\u2009": r"\thinspace{}",
    "\u202f": r"\,",
    BREAK: r"\allowbreak{}",
}

_TEXT = {
    "\u2010": r"\mbox{-}",
    "\u2011": r"\mbox{-{}}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "‚": r"\quotesinglbase{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "„": r"\quotedblbase{}",
    "‹": r"\guilsinglleft{}",
    "›": r"\guilsinglright{}",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
    "…": r"\textellipsis{}",
    "•": r"\textbullet{}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "‰": r"\textperthousand{}",
    "€": r"\texteuro{}",
    "™": r"\texttrademark{}",
    "¡": r"\textexclamdown{}",
    "¿": r"\textquestiondown{}",
    "¢": r"\textcent{}",
    "£": r"\textsterling{}",
    "¥": r"\textyen{}",
    "§": r"\textsection{}",
    "¶": r"\textparagraph{}",
    "©": r"\textcopyright{}",
    "®": r"\textregistered{}",
    "°": r"\textdegree{}",
    "±": r"\textpm{}",
    "×": r"\texttimes{}",
    "÷": r"\textdiv{}",
    "µ": r"\textmu{}",
    "·": r"\textperiodcentered{}",
    "¬": r"\textlnot{}",
    "ª": r"\textordfeminine{}",
    "º": r"\textordmasculine{}",
    "¼": r"\textonequarter{}",
    "½": r"\textonehalf{}",
    "¾": r"\textthreequarters{}",
    "Ω": r"\textohm{}",
}

_MATHS = {
    "−": "-",
    "≤": r"\leq",
    "≥": r"\geq",
    "≠": r"\neq",
    "≈": r"\approx",
    "≡": r"\equiv",
    "∼": r"\sim",
    "∝": r"\propto",
    "∞": r"\infty",
    "√": r"\surd",
    "∑": r"\textstyle\sum",
    "∏": r"\textstyle\prod",
    "∫": r"\textstyle\int",
    "∂": r"\partial",
    "∈": r"\in",
    "∉": r"\notin",
    "∩": r"\cap",
    "∪": r"\cup",
    "⊂": r"\subset",
    "⊆": r"\subseteq",
    "∅": r"\emptyset",
    "∧": r"\wedge",
    "∨": r"\vee",
    "⋅": r"\cdot",
    "←": r"\leftarrow",
    "→": r"\rightarrow",
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "↔": r"\leftrightarrow",
    "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow",
    "≪": r"\ll",
    "≫": r"\gg",
    "✓": r"\checkmark",
    "■": r"\blacksquare",
    "□": r"\square",
    "▲": r"\blacktriangle",
    "★": r"\bigstar",
}

_GREEK = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "ζ": r"\zeta",
    "η": r"\eta",
    "θ": r"\theta",
    "ι": r"\iota",
    "κ": r"\kappa",
    "λ": r"\lambda",
    "μ": r"\mu",
    "ν": r"\nu",
    "ξ": r"\xi",
    "π": r"\pi",
    "ρ": r"\rho",
    "σ": r"\sigma",
    "τ": r"\tau",
    "υ": r"\upsilon",
    "φ": r"\varphi",
    "χ": r"\chi",
    "ψ": r"\psi",
    "ω": r"\omega",
    "Γ": r"\Gamma",
    "Δ": r"\Delta",
    "Θ": r"\Theta",
    "Λ": r"\Lambda",
    "Ξ": r"\Xi",
    "Π": r"\Pi",
    "Σ": r"\Sigma",
    "Φ": r"\Phi",
    "Ψ": r"\Psi",
}

_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+-=()", strict=True))

_LETTERS = (  # in T1, so that UTF-8 input prints them as they are
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŒœŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŸŹźŻżŽž"
)


class _Characters(dict[int, str]):
    """Translation table in which an unknown character is named."""

    def __missing__(self, code: int) -> str:
        return named(chr(code)).replace("[", "{[}").replace("]", "{]}")


CHARACTERS = _Characters(
    {code: chr(code) for code in range(32, 127)}
    | {ord(char): char for char in _LETTERS}
    | {ord(char): rf"\ensuremath{{{tex}}}" for char, tex in (_MATHS | _GREEK).items()}
    | {
        ord(char): rf"\textsuperscript{{\ensuremath{{{tex}}}}}"
        if tex in "+-="
        else rf"\textsuperscript{{{tex}}}"
        for char, tex in _RAISED.items()
    }
    | {
        ord(char): rf"\textsubscript{{\ensuremath{{{tex}}}}}"
        if tex in "+-="
        else rf"\textsubscript{{{tex}}}"
        for char, tex in _LOWERED.items()
    }
    | {ord(char): tex for char, tex in (_SPACES | _TEXT | _ASCII).items()}
)


def escape(text: str) -> Markup:
    """Text as LaTeX prints it; nothing in it is a command."""
    return Markup(text.translate(CHARACTERS))


def printable(text: str) -> str:
    """Text with each character that Latin Modern lacks named."""
    return (
        text if text.isascii() else "".join(c if ord(c) in CHARACTERS else named(c) for c in text)
    )


def bookmark(text: str) -> Markup:
    """Text for bookmarks and PDF properties: the same characters, without fonts."""
    return Markup("".join(_plain(char) for char in text))


def _plain(char: str) -> str:
    if char == BREAK:
        return ""
    if ord(char) > 126:
        return rf"\unichar{{{ord(char)}}}"
    return _ASCII.get(char, char) if char in "\\{}$&#%_^~" else char
