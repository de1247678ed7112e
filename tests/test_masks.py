"""Masks find the records that the expression of a condition selects."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.conditions import (
    Comparator,
    Comparison,
    Compound,
    Condition,
    equals,
    expression,
    parse,
)
from il5report.masks import FEW, Masks
from il5report.trace import _ByPlace

COLUMNS: dict[str, tuple[pl.DataType, list[Any]]] = {
    "TEXT": (pl.String(), ["", "a", "b", "Y"]),
    "NUMBER": (pl.Float64(), [-3.5, 0.0, 1.0, 1000.0, float("inf"), float("nan")]),
    "DAY": (pl.Date(), [dt.date(2026, 1, day) for day in (1, 2, 31)]),
    "TIME": (pl.Datetime("us"), [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2, 12)]),
}
FINITE = [-3.5, 0.0, 1.0, 1000.0]
DATES = ["2026-01-01", "2026-01-02", "2026-01-02T12:00:00"]


def value_of(name: str) -> st.SearchStrategy[Any]:
    """What a condition may compare the variable with."""
    allowed = {"TEXT": ["", "a", "Y", "z"], "DAY": DATES[:2], "TIME": DATES}
    return st.sampled_from(allowed.get(name, FINITE))


@st.composite
def comparisons(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(sorted(COLUMNS)))
    sort = draw(st.sampled_from(["one", "list", "missing"]))
    if sort == "missing":
        return Comparison(name, draw(st.sampled_from(["EQ", "NE"])), ())
    if sort == "list":
        values = draw(st.lists(value_of(name), max_size=FEW + 3))
        return Comparison(name, draw(st.sampled_from(["IN", "NOTIN"])), tuple(values))
    sign: Comparator = draw(st.sampled_from(["EQ", "NE", "GT", "GE", "LT", "LE"]))
    return Comparison(name, sign, (draw(value_of(name)),))


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.builds(Compound, st.just("NOT"), st.tuples(inner)),
        st.builds(
            Compound,
            st.sampled_from(["AND", "OR"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        ),
    ),
    max_leaves=6,
)


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    height = draw(st.integers(0, 5))
    return pl.DataFrame(
        {
            name: pl.Series(
                draw(st.lists(st.sampled_from([*v, None]), min_size=height, max_size=height)),
                dtype=kind,
            )
            for name, (kind, v) in COLUMNS.items()
        }
    )


@pytest.mark.parametrize("masks", [Masks, _ByPlace])
@given(frames(), st.lists(conditions, min_size=1, max_size=3))
def test_masks_are_what_the_expression_selects(
    masks: type[Masks], frame: pl.DataFrame, asked: list[Condition]
) -> None:
    numbered, made = frame.with_row_index(), masks(frame)
    for condition in asked:
        wanted = numbered.filter(expression(condition, frame.schema))["index"].to_list()
        assert made(condition).nonzero()[0].tolist() == wanted
        assert made(condition).dtype == bool
        assert len(made(condition)) == frame.height


def test_no_condition_is_all_records() -> None:
    assert Masks(pl.DataFrame({"A": [1.0, None]}))(None).tolist() == [True, True]


def test_a_comparison_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Comparison] = []
    real = Masks.compare

    def counted(self: Masks, c: Comparison) -> Any:
        made.append(c)
        return real(self, c)

    monkeypatch.setattr(Masks, "compare", counted)
    masks = Masks(pl.DataFrame({"A": ["x", "y"], "B": [1.0, 2.0]}))
    masks(parse('A == "x" and B > 1'))
    masks(parse('A == "x" or not (B > 1)'))
    masks(equals("A", "x"))
    assert len(made) == 2
