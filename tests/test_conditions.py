"""Conditions: grammar, evaluation without unknowns, canonical text, ARS export, refusals."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.conditions import (
    Comparison,
    Compound,
    Condition,
    all_of,
    comparisons,
    equals,
    expression,
    faults,
    joined,
    of_dataset,
    parse,
    quoted,
    to_ars,
)
from tests.conftest import SHARED

FRAME = pl.DataFrame(
    {
        "SAFFL": ["Y", "N", None, "Y"],
        "GRADE": [3.0, None, 1.0, 5.0],
        "DAY": [dt.date(2026, 1, 1), dt.date(2026, 1, 2), None, dt.date(2026, 2, 1)],
    }
)


def selected(text: str) -> list[int]:
    frame = FRAME.with_row_index()
    return frame.filter(expression(parse(text), FRAME.schema))["index"].to_list()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('SAFFL == "Y"', [0, 3]),
        ('SAFFL != "Y"', [1, 2]),
        ("SAFFL == missing", [2]),
        ("SAFFL != missing", [0, 1, 3]),
        ('SAFFL in ["Y", "N"]', [0, 1, 3]),
        ('SAFFL not in ["Y"]', [1, 2]),
        ("SAFFL in []", []),
        ("GRADE >= 3", [0, 3]),
        ("not (GRADE >= 3)", [1, 2]),
        ("GRADE < 3", [2]),
        ("GRADE <= 1", [2]),
        ("GRADE > 3", [3]),
        ("GRADE == 5", [3]),
        ("GRADE in [1, 5]", [2, 3]),
        ("GRADE > -1", [0, 2, 3]),
        ('DAY <= "2026-01-02"', [0, 1]),
        ('DAY == "2026-02-01"', [3]),
        ('SAFFL == "Y" and GRADE >= 4', [3]),
        ('SAFFL == "N" or GRADE == 1', [1, 2]),
        ('not (SAFFL == "N" or GRADE == 1)', [0, 3]),
    ],
)
def test_evaluation_is_two_valued(text: str, rows: list[int]) -> None:
    assert selected(text) == rows


def test_no_condition_selects_every_record() -> None:
    assert FRAME.filter(expression(None, FRAME.schema)).height == FRAME.height


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a(", "not a condition"),
        ("f(x) == 1", "variable is expected"),
        ("__import__('os').system('x') == 1", "variable is expected"),
        ("A == B", "text in quotes or a number"),
        ("A == True", "text in quotes or a number"),
        ("1 == A", "variable is expected"),
        ("A < B < C", "comparison such as"),
        ("A", "comparison such as"),
        ('A in "x"', "needs a list"),
        ("A is None", "comparators are"),
        ("A > missing", "missing goes with"),
        ("missing == 1", "variable is expected"),
        ('A == -"x"', "text in quotes or a number"),
        ("", "not a condition"),
    ],
)
def test_anything_else_is_refused_with_the_place(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=part) as error:
        parse(text)
    assert "character" in str(error.value)


names = st.sampled_from(["SAFFL", "AGE", "AVALC"])
values = st.one_of(
    st.text(max_size=8), st.integers(-1000, 1000).map(float), st.floats(-1e6, 1e6).map(float)
)


def comparison(draw_values: st.SearchStrategy[Any]) -> st.SearchStrategy[Condition]:
    single = st.builds(
        Comparison, names, st.sampled_from(["EQ", "NE", "GT", "LE"]), st.tuples(draw_values)
    )
    several = st.builds(
        Comparison,
        names,
        st.sampled_from(["IN", "NOTIN"]),
        st.lists(draw_values, max_size=3).map(tuple),
    )
    missing = st.builds(Comparison, names, st.sampled_from(["EQ", "NE"]), st.just(()))
    return st.one_of(single, several, missing)


conditions = st.recursive(
    comparison(values),
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


@given(conditions)
def test_canonical_text_is_read_back_as_the_same_condition(condition: Condition) -> None:
    assert parse(str(condition)) == condition


@given(st.none() | conditions)
def test_a_conjunction_of_a_text_is_the_text_of_the_conjunction(also: Condition | None) -> None:
    first = "AGE >= 18 and SAFFL == missing"
    assert joined(first, also) == str(all_of(parse(first), also))
    assert joined("", also) == ("" if also is None else str(also))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_quoted_column_is_read_back(texts: list[str]) -> None:
    texts = [t for t in texts if "\x00" not in t and not any("\ud800" <= c <= "\udfff" for c in t)]
    quotes = pl.DataFrame({"X": texts}, schema={"X": pl.String}).select(quoted("X"))["X"]
    for text, literal in zip(texts, quotes, strict=True):
        if not any(ord(c) < 32 and c not in "\n\r" for c in text):
            assert parse(f"X == {literal}") == equals("X", text)


@given(conditions)
def test_not_is_the_complement(condition: Condition) -> None:
    numeric = {
        c.variable: not any(isinstance(v, str) for v in c.values) for c in comparisons(condition)
    }
    data = {
        name: [1.0, None, -3.5, 1000.0] if numeric.get(name, True) else ["a", None, "", "Y"]
        for name in ("SAFFL", "AGE", "AVALC")
    }
    frame = pl.DataFrame(data)
    if faults(condition, frame.schema):
        return
    inside = frame.filter(expression(condition, frame.schema)).height
    outside = frame.filter(expression(Compound("NOT", (condition,)), frame.schema)).height
    assert inside + outside == frame.height


def test_faults_name_variable_and_what_is_wrong() -> None:
    condition = parse('NOPE == 1 and SAFFL == 1 and GRADE == "x" and DAY > "soon"')
    found = dict(faults(condition, FRAME.schema))
    assert found["NOPE"] == "is not in the data"
    assert "it holds text" in found["SAFFL"]
    assert "it holds a number" in found["GRADE"]
    assert "not an ISO 8601 date" in found["DAY"]


def test_all_of_flattens() -> None:
    a, b, c = parse("A == 1"), parse("B == 2 and C == 3"), None
    assert str(all_of(a, b, c)) == "A == 1 and B == 2 and C == 3"
    assert all_of(None) is None
    assert all_of(a, None) == a


def test_dataset_is_named_in_every_comparison() -> None:
    condition = of_dataset(parse("A == 1 and ADSL.B == 2"), "ADAE")
    assert str(condition) == "ADAE.A == 1 and ADSL.B == 2"


def test_ars_where_clause() -> None:
    made = to_ars(parse('TRTEMFL == "Y" and ATOXGRN >= 3'), "ADAE")
    clauses = made["compoundExpression"]["whereClauses"]
    assert made["compoundExpression"]["logicalOperator"] == "AND"
    assert clauses[1]["condition"] == {
        "dataset": "ADAE",
        "variable": "ATOXGRN",
        "comparator": "GE",
        "value": ["3"],
    }
    assert [c["order"] for c in clauses] == [1, 2]


def test_ars_where_clause_meets_the_schema() -> None:
    path = SHARED / "standards" / "ars_ldm.schema.json"
    if not path.is_file():
        pytest.skip("the ARS schema is not on this machine")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(path.read_text())
    clause = {"$ref": "#/$defs/WhereClause", "$defs": schema["$defs"]}
    if "WhereClause" not in schema["$defs"]:
        pytest.skip("the ARS schema has no WhereClause")
    for text in ('A == "Y"', "not (A >= 3) or B in [1, 2]", "A == missing"):
        jsonschema.validate(to_ars(parse(text), "ADSL"), clause)
