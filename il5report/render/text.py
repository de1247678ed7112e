"""Characters: what a format cannot show is named (``[U+4E2D]``), never dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from il5report.display.model import (
    Block,
    Cell,
    Display,
    Document,
    Figure,
    Head,
    Items,
    Listing,
    Paragraph,
    Row,
    Run,
    Table,
)

BREAK = "\u200b"  # zero-width space: a line may end here

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")

Texts = Callable[[str], str]


def named(char: str) -> str:
    """Visible stand-in for a character that cannot be shown."""
    return f"[U+{ord(char):04X}]"


def clean(text: str) -> str:
    """Text without control, direction-changing or unassigned characters: these are named.

    A line break or tab becomes a space.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char in "\t\n\r":
        return " "
    category = unicodedata.category(char)
    harmless = char.isprintable() or category == "Zs" or char == BREAK
    return char if harmless else named(char)


def name(text: str) -> str:
    """Text as an anchor or file name: letters, digits, hyphens and underscores only."""
    return _NOT_IN_NAMES.sub("-", text)


def kind_of(block: object) -> str:
    """Name of the template macro that prints `block`: its class, in lower case."""
    return type(block).__name__.lower()


def with_texts(doc: Document, change: Texts) -> Document:
    """The same document, every text passed through `change`."""
    return replace(
        doc,
        title=change(doc.title),
        subtitle=change(doc.subtitle),
        facts=tuple((change(label), change(value)) for label, value in doc.facts),
        banner=change(doc.banner),
        status=change(doc.status),
        header=change(doc.header),
        keywords=tuple(map(change, doc.keywords)),
        sections=tuple(
            replace(
                section,
                number=change(section.number),
                title=change(section.title),
                blocks=tuple(_block(block, change) for block in section.blocks),
            )
            for section in doc.sections
        ),
    )


def _block(block: Block, change: Texts) -> Block:
    match block:
        case Paragraph():
            return replace(block, runs=_runs(block.runs, change))
        case Items():
            return replace(block, items=tuple(_runs(item, change) for item in block.items))
        case Table():
            return _table(block, change)
        case Listing():
            return _listing(block, change)
        case Display():
            return _display(block, change)


def _runs(runs: tuple[Run, ...], change: Texts) -> tuple[Run, ...]:
    return tuple(replace(run, text=change(run.text)) for run in runs)


def _display(display: Display, change: Texts) -> Display:
    match display.body:
        case Table():
            body: Table | Figure | Listing = _table(display.body, change)
        case Listing():
            body = _listing(display.body, change)
        case Figure():
            marks = tuple(replace(mark, text=change(mark.text)) for mark in display.body.marks)
            body = replace(display.body, description=change(display.body.description), marks=marks)
    return replace(
        display,
        number=change(display.number),
        title=change(display.title),
        subtitle=change(display.subtitle),
        body=body,
        footnotes=tuple(map(change, display.footnotes)),
        source=change(display.source),
    )


def _heads(heads: tuple[Head, ...], change: Texts) -> tuple[Head, ...]:
    return tuple(Head(change(h.label), change(h.detail), change(h.span), h.align) for h in heads)


def _table(table: Table, change: Texts) -> Table:
    rows = tuple(
        Row(
            change(row.label),
            tuple(Cell(change(cell.text), cell.pad, cell.refs) for cell in row.cells),
            row.indent,
            row.kind,
        )
        for row in table.rows
    )
    return Table(_heads(table.heads, change), rows, change(table.empty))


def _listing(listing: Listing, change: Texts) -> Listing:
    rows = [tuple(map(change, row)) for row in listing.rows]
    return Listing(_heads(listing.heads, change), rows, change(listing.empty))
