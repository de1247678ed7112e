"""A display that prints a day says what its days count from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from il5report.display.model import Display, Figure, Table
from il5report.report import Results

# Of the protocol (day 28, days from infusion, a visit) or of the data (study day).
DAY = re.compile(r"\b[Dd]ay -?\d|\b[Dd]ays from infusion|\b[Ss]tudy day|\bDay of (the )?[A-Z]")
SAID = re.compile(r"day of infusion|infusion \(day [01]\)")


def texts(display: Display) -> Iterator[str]:
    """Title, heads, labels, first values; what a figure says."""
    yield display.title
    if isinstance(display.body, Figure):
        yield display.body.description
        yield from (mark.text for mark in display.body.marks[:50])
        return
    yield from (text for head in display.body.heads for text in (head.label, head.span))
    if isinstance(display.body, Table):
        yield from (row.label for row in display.body.rows)
    else:
        yield from (text for row in display.body.rows for text in row)


def test_days_are_explained(demo_results: Results) -> None:
    displays = [d for d in demo_results.document.displays() if not d.in_text]
    days = [d for d in displays if any(map(DAY.search, texts(d)))]
    silent = [d.id for d in days if not any(map(SAID.search, d.footnotes))]
    assert len(days) > 60
    assert silent == []
