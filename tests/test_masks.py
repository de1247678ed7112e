"""Masks find the records that the expression of a condition selects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
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
from il5report.data.dataset import Dataset
from il5report.masks import FEW, Mask, Masks
from il5report.records import StudyRecords

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


def in_a_study(frame: pl.DataFrame) -> Callable[[Condition], Mask]:
    """The frame as a data set, half of whose variables are those of its subjects in ADSL, which
    stand there in another order, with a subject who has no record."""
    who = pl.Series("USUBJID", [f"S{i}" for i in range(frame.height)], dtype=pl.String)
    whole = frame.select(who, pl.all())
    adsl = pl.concat([whole.clear(1), whole.reverse()]).with_columns(
        pl.col("USUBJID").fill_null("NOBODY")
    )
    adsl = adsl.drop("NUMBER", "DAY")
    records = StudyRecords(
        {"ADSL": Dataset("ADSL", adsl), "ADX": Dataset("ADX", whole.drop("TEXT", "TIME"))}
    )
    return partial(records.meeting, "ADX")


def coded_in_a_study(frame: pl.DataFrame) -> Callable[[Condition], Mask]:
    """The same where every text is coded before it is compared."""
    meeting = in_a_study(frame)
    for name in frame.select(pl.col(pl.String)).columns:
        values, places = meeting.func.__self__.coded("ADX", [name])[name]
        assert values.gather(places).to_list() == frame[name].to_list()
        assert values[:-1].is_sorted() and values[-1] is None
    return meeting


@pytest.mark.parametrize("masks", [Masks, in_a_study, coded_in_a_study])
@given(frames(), st.lists(conditions, min_size=1, max_size=3))
def test_masks_are_what_the_expression_selects(
    masks: Callable[[pl.DataFrame], Callable[[Condition], Mask]],
    frame: pl.DataFrame,
    asked: list[Condition],
) -> None:
    numbered, made = frame.with_row_index(), masks(frame)
    for condition in asked:
        wanted = numbered.filter(expression(condition, frame.schema))["index"].to_list()
        assert made(condition).nonzero()[0].tolist() == wanted
        assert made(condition).dtype == bool
        assert len(made(condition)) == frame.height


def test_records_of_subjects_and_of_nobody_in_adsl() -> None:
    adsl = pl.DataFrame({"USUBJID": ["A", "B"], "AGE": [40.0, 50.0]})
    data = pl.DataFrame({"USUBJID": ["B", "Z", "A", "B"], "AVAL": [1.0, 2.0, 3.0, None]})
    records = StudyRecords({"ADSL": Dataset("ADSL", adsl), "ADX": Dataset("ADX", data)})
    assert records.places("ADX").tolist() == [1, -1, 0, 1]
    assert records.of("ADX", np.array([False, True])).tolist() == [True, False, False, True]
    assert records.of("ADX", np.array([True, True])).tolist() == [True, False, True, True]
    assert records.meeting("ADX", parse("AGE == missing")).tolist() == [False, True, False, False]
    chosen = records.meeting("ADX", parse("AGE > 45"))
    assert records.frame("ADX", chosen, ["AGE"]).rows() == [("B", 50.0), ("B", 50.0)]
    everything = records.frame("ADX", records.meeting("ADX", None))
    assert everything.columns == ["USUBJID", "AVAL", "AGE"]
    assert everything["AGE"].to_list() == [50.0, None, 40.0, 50.0]


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
