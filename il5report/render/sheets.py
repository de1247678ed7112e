"""The document on paper: texts the fonts can show, what begins on a new page, which way round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from il5report.display.model import Block, Display, Document, Listing, Section, Table
from il5report.render.grid import Grid, grid
from il5report.render.text import Texts, clean, kind_of, with_texts
from il5report.render.widths import breakable

NAMED_CHARACTERS = (
    "Characters",
    "A character that the fonts of this file lack is shown by its Unicode number, such as "
    "[U+4E2D]; the HTML report shows the character.",
)


@dataclass(frozen=True)
class Item:
    """A heading or block, its kind (class name in lower case), its layout if it has columns."""

    kind: str
    value: Section | Block
    grid: Grid | None = None


@dataclass(frozen=True)
class Sheet:
    """What stands on one page and those it runs on to."""

    landscape: bool
    items: tuple[Item, ...]


Items: TypeAlias = list[Item]


def on_paper(doc: Document, printable: Texts) -> Document:
    """The document with texts that can be set: characters named that the fonts lack, with a note
    on the title page that says so, and words that no line holds made breakable.

    Parameters
    ----------
    doc : Document
        As it was made.
    printable : function of str
        Names the characters that the fonts lack.

    Returns
    -------
    Document
    """
    plain = with_texts(doc, clean)
    shown = with_texts(plain, printable)
    if shown != plain:
        shown = replace(shown, facts=(*shown.facts, NAMED_CHARACTERS))
    return with_texts(shown, breakable)


def sheets(doc: Document) -> list[Sheet]:
    """The document in pages: each display (but those in the text) opens one, below its headings.

    Parameters
    ----------
    doc : Document
        With texts that the fonts can show.

    Returns
    -------
    list of Sheet
    """
    found: list[Sheet] = []
    running: Items = []  # text and headings of a page that is not complete
    for section in doc.sections:
        running.append(Item("section", section))
        for block in section.blocks:
            item = _item(block)
            if item.kind == "display" and not _stays(item):
                text, headings = _split(running)
                found += _upright(text)
                found.append(Sheet(bool(item.grid and item.grid.landscape), (*headings, item)))
                running = []
            else:
                running.append(item)
    return found + _upright(running)


def _stays(item: Item) -> bool:
    """Whether a display stands in the running text: asked for, and upright."""
    upright = item.grid is None or not item.grid.landscape
    return isinstance(item.value, Display) and item.value.in_text and upright


def _item(block: Block) -> Item:
    body = block.body if isinstance(block, Display) else block
    return Item(kind_of(block), block, grid(body) if isinstance(body, Table | Listing) else None)


def _split(items: Items) -> tuple[Items, Items]:
    """The items up to the last that is no heading, and the headings after it."""
    end = max((i + 1 for i, item in enumerate(items) if item.kind != "section"), default=0)
    return items[:end], items[end:]


def _upright(items: Items) -> list[Sheet]:
    return [Sheet(False, tuple(items))] if items else []
