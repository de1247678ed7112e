from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from il5report.display.model import Section
from il5report.render.contents import Entry, entries, tree


def flattened(top: list[Entry]) -> list[Entry]:
    return [e for entry in top for e in (entry, *flattened(entry.below))]


@given(st.lists(st.integers(1, 6), max_size=12))
def test_no_level_is_skipped_and_the_tree_keeps_the_order(depths: list[int]) -> None:
    flat = entries([Section(str(i), "x", depth) for i, depth in enumerate(depths)])
    levels = [entry.level for entry in flat]
    assert levels[:1] in ([], [1]) and all(b <= a + 1 for a, b in pairwise(levels))
    assert [e.section.number for e in flattened(tree(flat))] == [e.section.number for e in flat]


def test_tree() -> None:
    flat = entries([Section(n, "x", 1 + n.count(".")) for n in ("1", "1.1", "1.2", "2", "2.1")])
    assert [(e.section.number, [b.section.number for b in e.below]) for e in tree(flat)] == [
        ("1", ["1.1", "1.2"]),
        ("2", ["2.1"]),
    ]
