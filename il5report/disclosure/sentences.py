"""What stands in a sentence for a number that is hidden; the sentence stays English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from il5report.disclosure.counts import Hidden
from il5report.display.model import Run

UNSAID = "[hidden]"
_WERE = ("was", "were")
_OF = re.compile(r"(?:\d+|none)( of \d+ subjects?)")
_SUBJECTS = re.compile(r"(?:all )?[\w-]+ subjects?\b")
_RATIO = re.compile(r"\d+(/\d+)")
_COUNTED = re.compile(
    r"(?<![\w.,/<>-])(\d+) (subject|patient|record|event|value)s?\b( is| was| has)?\b"
)
_SEVERAL = {" is": " are", " was": " were", " has": " have"}


def said(runs: Sequence[Run], hide: Hidden) -> tuple[Run, ...]:
    """Running text without what is hidden; of an interval with two hidden limits one mark."""
    made: list[Run] = []
    for run in runs:
        text = _text(run, hide)
        between = made[-2:] if len(made) > 1 else ()
        if text == UNSAID and [each.text for each in between] == [UNSAID, " to "]:
            made.pop()
        else:
            made.append(replace(run, text=text))
    return tuple(made)


def _text(run: Run, hide: Hidden) -> str:
    gone = hide.rows.intersection(run.refs)
    if not gone:
        return run.text
    if run.text in _WERE:
        return "were"
    few = bool(gone & hide.small)
    shown = _count(run.text, few, hide)
    return _capital(shown) if run.text[:1].isupper() else shown


def _count(text: str, few: bool, hide: Hidden) -> str:
    """For a count of subjects what is left of it, else a mark."""
    if found := _OF.match(text):
        return f"{hide.fewer}{found[1]}" if few else f"a hidden number{found[1]}"
    if _SUBJECTS.match(text):
        return f"{hide.fewer} subjects" if few else "a hidden number of subjects"
    if found := _RATIO.fullmatch(text):
        return f"{hide.below}{found[1]}" if few else UNSAID
    return UNSAID


def counts_said(text: str, hide: Hidden) -> str:
    """``1 record is`` in the text of a note as ``fewer than 5 records are``."""

    def instead(found: re.Match[str]) -> str:
        if not hide.is_small(int(found[1])):
            return found[0]
        shown = f"{hide.fewer} {found[2]}s{_SEVERAL.get(found[3] or '', '')}"
        begins = found.start() == 0 or text[: found.start()].endswith(". ")
        return _capital(shown) if begins else shown

    return _COUNTED.sub(instead, text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
