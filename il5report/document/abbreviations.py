"""The abbreviations that a document uses, of those that the plan explains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from il5report.display.model import (
    Block,
    Display,
    Figure,
    Head,
    Items,
    Listing,
    Paragraph,
    Section,
    Table,
)
from il5report.document.study import texts

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def abbreviations(sections: Sequence[Section], meanings: Mapping[str, str]) -> tuple[Block, ...]:
    """A table of the plan's abbreviations that stand in a text of the document; the records of
    listings are data and do not count."""
    used: set[str] = set()
    for section in sections:
        for text in (section.title, *(t for b in section.blocks for t in _texts(b))):
            used |= _words(text)
    rows = [(short, meanings[short]) for short in sorted(meanings, key=_order) if short in used]
    return texts(("Abbreviation", "Meaning"), rows)


def _words(text: str) -> set[str]:
    """Words, whole and in their parts between hyphens; a plural counts as its singular."""
    found: set[str] = set()
    for word in _WORD.findall(text):
        parts = word.split("-")
        found |= {"-".join(parts[:n]) for n in range(1, len(parts) + 1)} | set(parts)
    return found | {word[:-1] for word in found if word.endswith("s") and word[:-1].isupper()}


def _order(short: str) -> tuple[str, str]:
    return short.casefold(), short


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield block.text
        case Items():
            yield from ("".join(run.text for run in item) for item in block.items)
        case Display():
            yield from (block.title, block.subtitle, *block.footnotes)
            yield from _body(block.body)
        case Table() | Listing():
            yield from _body(block)


def _body(body: Table | Listing | Figure) -> Iterator[str]:
    if isinstance(body, Figure):
        yield body.description
        return
    yield from _heads(body.heads)
    if isinstance(body, Table):
        for row in body.rows:
            yield row.label
            yield from (cell.text for cell in row.cells)


def _heads(heads: Sequence[Head]) -> Iterator[str]:
    for head in heads:
        yield from (head.label, head.detail, head.span)
