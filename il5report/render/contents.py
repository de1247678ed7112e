"""Sections, a flat list with depths, as headings and as a tree of contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from il5report.display.model import Display, Document, Section


@dataclass(frozen=True)
class Entry:
    """A section, the level of its heading and the entries below it."""

    section: Section
    level: int
    below: list[Entry] = field(default_factory=list)


def entries(sections: Sequence[Section]) -> list[Entry]:
    """The sections in order; a heading is at most one level below the one before it."""
    found: list[Entry] = []
    for section in sections:
        above = found[-1].level if found else 0
        found.append(Entry(section, min(section.depth, above + 1)))
    return found


def tree(flat: Sequence[Entry]) -> list[Entry]:
    """The topmost of `flat`, each with those below it in `below`."""
    top: list[Entry] = []
    path: list[Entry] = []
    for entry in flat:
        del path[entry.level - 1 :]
        (path[-1].below if path else top).append(entry)
        path.append(entry)
    return top


KINDS = {"table": "List of tables", "figure": "List of figures", "listing": "List of listings"}


def lists(doc: Document) -> list[tuple[str, list[Display]]]:
    """The lists of tables, figures and listings, each with its title, in reading order."""
    found = [(kind, [d for d in doc.displays() if d.kind == kind]) for kind in KINDS]
    return [(KINDS[kind], displays) for kind, displays in found if displays]
