"""Distinct subjects by kind: against sets, by one table and by several; bad codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse import incidence as module
from il5report.analyse.incidence import incidence, worst_incidence

records = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30)
member = st.lists(st.booleans(), min_size=6, max_size=6)
rooms = st.sampled_from([0, 12, 18, 2**27])  # for one, two, three and all of the kinds


@given(records, st.lists(member, min_size=1, max_size=3), rooms)
def test_against_sets(found: list[tuple[int, int]], members: list[list[bool]], room: int) -> None:
    limit = module.LARGEST_TABLE
    module.LARGEST_TABLE = room
    try:
        n = incidence([s for s, _ in found], [k for _, k in found], kinds=4, members=members).n
    finally:
        module.LARGEST_TABLE = limit
    for kind in range(4):
        for j, inside in enumerate(members):
            assert n[kind, j] == len({s for s, k in found if k == kind and inside[s]})


@given(records, member)
def test_repeated_records_and_their_order_do_not_matter(
    found: list[tuple[int, int]], inside: list[bool]
) -> None:
    def count(rows: list[tuple[int, int]]) -> list[list[int]]:
        pairs = np.array(rows, np.int64).reshape(-1, 2)
        return incidence(pairs[:, 0], pairs[:, 1], kinds=4, members=[inside]).n.tolist()

    assert count(found) == count(found[::-1] + found)


graded = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 2)), max_size=30)


@given(graded, st.lists(member, min_size=1, max_size=3), rooms)
def test_the_worst_against_dictionaries(
    found: list[tuple[int, int, int]], members: list[list[bool]], room: int
) -> None:
    subject, kind, rank = (
        (list(column) for column in zip(*found, strict=True)) if found else [[]] * 3
    )
    limit = module.LARGEST_TABLE
    module.LARGEST_TABLE = room
    try:
        n = worst_incidence(subject, kind, rank, kinds=4, ranks=3, members=members).n
    finally:
        module.LARGEST_TABLE = limit
    worst: dict[tuple[int, int], int] = {}
    for s, k, r in found:
        worst[s, k] = max(r, worst.get((s, k), 0))
    for (k, r, j), count in np.ndenumerate(n):
        assert count == sum(members[j][s] for (s, of), w in worst.items() if (of, w) == (k, r))
    assert (n.sum(axis=1) == incidence(subject, kind, kinds=4, members=members).n).all()


def test_without_sets_without_kinds() -> None:
    assert worst_incidence([], [], [], kinds=2, ranks=3, members=[]).n.shape == (2, 3, 0)
    assert worst_incidence([], [], [], kinds=0, ranks=3, members=[[True]]).n.shape == (0, 3, 1)
    assert incidence([], [], kinds=0, members=[[True]]).n.shape == (0, 1)
    assert incidence([], [], kinds=2, members=[]).n.shape == (2, 0)


@pytest.mark.parametrize(
    ("subject", "kind", "said"),
    [
        ([0, 2], [0, 0], r"subject\[1\] = 2: not from 0 to 1"),
        ([0, -1], [0, 0], r"subject\[1\] = -1: not from 0 to 1"),
        ([0, 1], [0, 3], r"kind\[1\] = 3: not from 0 to 2"),
        ([0, 1], [0], "kind: length 2 expected, 1 given"),
    ],
)
def test_bad_codes_are_refused(subject: list[int], kind: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        incidence(subject, kind, kinds=3, members=[[True, True]])


@pytest.mark.parametrize(
    ("rank", "said"),
    [
        ([0, 3], r"rank\[1\] = 3: not from 0 to 2"),
        ([-1, 0], r"rank\[0\] = -1: not from 0 to 2"),
        ([0], "rank: length 2 expected, 1 given"),
    ],
)
def test_bad_ranks_are_refused(rank: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        worst_incidence([0, 1], [0, 0], rank, kinds=3, ranks=3, members=[[True, True]])
