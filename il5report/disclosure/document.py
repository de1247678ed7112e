"""The document without the numbers that are hidden: cells, text, notes, figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from il5report.disclosure.counts import Hidden
from il5report.disclosure.sentences import counts_said, said
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
    Table,
)
from il5report.display.plot import nothing

WITHHELD = "–"  # in a table
_SIZE = re.compile(r"N=(\d+)")


def aggregates_only(doc: Document, hide: Hidden) -> Document:
    """The document without sections of single subjects and without what is hidden; its title page
    says so."""
    counts = f"; counts below {hide.threshold} are hidden" if hide.threshold > 1 else ""
    shown = ("Data shown", f"Aggregates only, no data of single subjects{counts}")
    sections = tuple(
        replace(section, blocks=tuple(_block(block, hide) for block in section.blocks))
        for section in doc.sections
        if not section.individual
    )
    return replace(doc, facts=(*doc.facts, shown), sections=sections)


def _block(block: Block, hide: Hidden) -> Block:
    match block:
        case Paragraph():
            return replace(block, runs=said(block.runs, hide))
        case Items():
            return replace(block, items=tuple(said(runs, hide) for runs in block.items))
        case Table():
            return _table(block, hide)
        case Display():
            return _display(block, hide)
        case Listing():
            return block


def _shown(text: str, refs: Sequence[int], hide: Hidden) -> str:
    """The text, or what stands for it: "<5" for a small count, a dash for what would tell one."""
    gone = hide.rows.intersection(refs)
    if not gone:
        return text
    return hide.below if gone & hide.small else WITHHELD


def _table(table: Table, hide: Hidden) -> Table:
    rows = tuple(replace(r, cells=tuple(_cell(c, hide) for c in r.cells)) for r in table.rows)
    heads = tuple(Head(h.label, _size(h.detail, hide), h.span, h.align) for h in table.heads)
    return replace(table, heads=heads, rows=rows)


def _cell(cell: Cell, hide: Hidden) -> Cell:
    shown = _shown(cell.text, cell.refs, hide)
    return cell if shown == cell.text else Cell(shown, refs=cell.refs)


def _size(text: str, hide: Hidden) -> str:
    """``N=3`` as ``N<5``."""
    return _SIZE.sub(lambda m: f"N{hide.below}" if hide.is_small(int(m[1])) else m[0], text)


def _display(display: Display, hide: Hidden) -> Display:
    body, notes = display.body, tuple(counts_said(note, hide) for note in display.footnotes)
    if isinstance(body, Table):
        body = _table(body, hide)
        if body != display.body:
            notes = (*notes, f"{hide.below}, {WITHHELD}: {hide.reason}.")
    elif isinstance(body, Figure):
        gone = hide.rows.intersection(body.refs)
        body = _not_drawn(display.id, body, hide) if gone else body
    return replace(display, body=body, subtitle=_size(display.subtitle, hide), footnotes=notes)


def _not_drawn(key: str, figure: Figure, hide: Hidden) -> Figure:
    """A frame that says why there is no figure."""
    words = f"Not drawn: it would show counts below {hide.threshold}."
    return nothing(key, words, figure.refs, (figure.width_mm, 20.0))
