"""Decisions about the dose against published decision tables."""

from __future__ import annotations

from typing import Literal

import pytest

from il5report.outputs.escalation import EscalationRule, Limits

# Target 0.30, cohorts up to 12: Liu and Yuan, J R Stat Soc C 2015;64:507, and the BOIN software.
BOIN = {
    "escalate": (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2),
    "deescalate": (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5),
    "eliminate": (None, None, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7),
}


def rule(kind: Literal["3+3", "boin"]) -> EscalationRule:
    return EscalationRule(label=kind, kind=kind)


def test_boin_has_the_published_table() -> None:
    wanted = [Limits(n, *at) for n, at in enumerate(zip(*BOIN.values(), strict=True), 1)]
    assert list(rule("boin").limits()) == wanted


def test_three_and_six_subjects_have_the_classic_rule() -> None:
    assert list(rule("3+3").limits()) == [Limits(3, 0, 2, None), Limits(6, 1, 2, None)]


@pytest.mark.parametrize(
    ("kind", "size", "n", "code"),
    [
        ("3+3", 3, 0, 1), ("3+3", 3, 1, 0), ("3+3", 3, 2, -1), ("3+3", 6, 1, 1), ("3+3", 6, 2, -1),
        ("3+3", 0, 0, None), ("3+3", 4, 0, None), ("boin", 6, 1, 1), ("boin", 6, 2, 0),
        ("boin", 6, 3, -1), ("boin", 6, 4, -2), ("boin", 1, 1, -1), ("boin", 0, 0, None),
        ("boin", 13, 1, None),
    ],
)  # fmt: skip
def test_a_decision(kind: Literal["3+3", "boin"], size: int, n: int, code: int | None) -> None:
    found = rule(kind).decision(size, n)
    assert found.value == code
    assert (found.value is None) == bool(found.reason)
