"""A display against what its records say."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import polars as pl

from il5report.display.model import Figure, Listing, Table
from tests.outputs.conftest import Case
from tests.outputs.expected import Expected, Place, expected

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def derived(case: Case, key: str) -> Expected:
    """What a display must hold.

    At which times a figure prints numbers at risk is its own choice: from 0, evenly, to the end.
    """
    ard = case.ard(key)
    ticks = ard.filter(pl.col("analysis") == "at risk")["time"].unique().sort().to_list()
    if ticks:
        assert ticks == [i * ticks[1] for i in range(len(ticks))]
        last = ard.filter(pl.col("analysis") == "curve")["time"].max()
        assert last is None or ticks[-1] >= last
    return expected(case.trial, key, ticks)


def differ(found: float | None, wanted: float | None) -> bool:
    """Whether two numbers differ; None is not estimable."""
    if found is None or wanted is None:
        return found is not wanted
    return not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)


def assert_numbers(case: Case, key: str) -> None:
    """The ARD has every number that is asked for, no other, and none that differs."""
    ard, wanted = case.ard(key), derived(case, key)
    found = {
        Place(*(row[name] for name in Place._fields)): row["stat"]
        for row in ard.iter_rows(named=True)
    }
    assert set(found) - set(wanted.numbers) == set(), "numbers that nobody asked for"
    assert set(wanted.numbers) - set(found) == set(), "numbers that are absent"
    assert {
        place: (value, wanted.numbers[place])
        for place, value in found.items()
        if differ(value, wanted.numbers[place])
    } == {}
    assert set(ard["analysis_set"]) == {case.trial.set_of(key)}


def bare(text: str) -> str:
    """Without the blanks that line numbers up."""
    return text.lstrip("\N{FIGURE SPACE}")


def points_line_up(align: str, texts: Sequence[str]) -> bool:
    """Whether the decimal points of a column of numbers stand at one place."""
    numbers = [text for text in texts if _NUMBER.fullmatch(bare(text))]
    if len(numbers) < len(list(filter(None, texts))) or not numbers:
        return True
    ends = {len(text.partition(".")[2 if align == "right" else 0]) for text in numbers}
    return len(ends) == 1 or not any("." in text for text in numbers)


def assert_texts(case: Case, key: str) -> None:
    """Heads, labels and cells are those written from the records; a figure says what it shows."""
    display, wanted, set_id = case.display(key), derived(case, key), case.trial.set_of(key)
    size = len(case.trial.subjects(set_id))
    assert display.subtitle == f"{case.trial.sets[set_id]['label']} (N={size})"
    if isinstance(display.body, Figure):
        for sentence in wanted.sentences:
            assert sentence in display.body.description
        assert set(display.body.refs) <= set(case.ard(key)["row"])
        return
    if isinstance(display.body, Listing):
        options = case.trial.entry(key)[2]
        columns = [*options["variables"], *options.get("parameters", [])]
        assert [h.label for h in display.body.heads] == [c["label"] for c in columns]
        assert [tuple(map(bare, row)) for row in display.body.rows] == wanted.records
        for head, texts in zip(
            display.body.heads, zip(*display.body.rows, strict=True), strict=False
        ):
            assert points_line_up(head.align, texts)
        assert display.body.empty == options["empty"]
        return
    assert isinstance(display.body, Table)
    assert [(h.label, h.detail, h.span) for h in display.body.heads[1:]] == wanted.heads()
    printed = [
        (row.indent, row.label, tuple(cell.text for cell in row.cells)) for row in display.body.rows
    ]
    assert printed == wanted.lines
    assert wanted.lines or display.body.empty, "nothing happened, and nothing says so"
