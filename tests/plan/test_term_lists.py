"""Lists of terms beside the plan, and the queries that use them."""

from __future__ import annotations

from typing import Any

import pytest

from il5report.derive.adam import derive
from il5report.plan.adverse_events import ListedTerm, Query
from il5report.plan.term_lists import read_term_lists, unknown_lists
from tests.derive.adam_study import domain, infusion, plan, rows, study, subject

GOOD = "Name,scope,TERM\nLiver,narrow,Hepatitis\nLiver,Broad,Jaundice\n"


def test_the_case_of_head_and_scope_does_not_matter() -> None:
    found, faults = read_term_lists(b"\xef\xbb\xbf" + GOOD.encode())
    assert faults == []
    assert found == [
        {"name": "Liver", "scope": "NARROW", "term": "Hepatitis"},
        {"name": "Liver", "scope": "BROAD", "term": "Jaundice"},
    ]


@pytest.mark.parametrize(
    ("content", "place", "part"),
    [
        (b"name,term\n", "term_lists.csv:1", "the columns are name, scope, term"),
        (b"", "term_lists.csv:1", "not none"),
        (b"name,scope,term\nA,WIDE,x\n", "term_lists.csv:2", "'WIDE' is neither"),
        (b"name,scope,term\nA,BROAD\n", "term_lists.csv:2", "2 fields, not 3"),
        (b"name,scope,term\nA,BROAD,\n", "term_lists.csv:2", "no term"),
        (b"name,scope,term\n\xff", "term_lists.csv", "not UTF-8"),
        (b'name,scope,term\nA,BROAD,"x', "term_lists.csv", "unexpected end"),
    ],
)
def test_every_fault_has_its_line(content: bytes, place: str, part: str) -> None:
    found, faults = read_term_lists(content)
    assert found == []
    assert len(faults) == 1
    assert faults[0].place.startswith(place)
    assert part in faults[0].message


def test_a_query_names_a_list_that_there_is() -> None:
    queries = {"CQ21NAM": {"name": "L", "term_list": "Livre"}}
    data = {
        "term_lists": [{"name": "Liver", "scope": "NARROW", "term": "x"}],
        "derivation": {"adverse_events": {"queries": queries}},
    }
    assert "did you mean 'Liver'" in next(iter(unknown_lists(data))).message
    queries["CQ21NAM"]["term_list"] = "Liver"
    assert list(unknown_lists(data)) == []


@pytest.mark.parametrize("source", [{}, {"where": 'AECAT == "X"', "term_list": "Liver"}])
def test_a_query_has_one_source(source: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of them"):
        Query.model_validate({"name": "L", **source})


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ("narrow", [("LIVER", "NARROW"), (None, None), (None, None), ("LIVER", "NARROW")]),
        ("broad", [("LIVER", "NARROW"), ("LIVER", "BROAD"), (None, None), ("LIVER", "NARROW")]),
    ],
)
def test_events_are_found_by_their_term(scope: str, wanted: list[tuple[Any, Any]]) -> None:
    terms = ("HEPATITIS", "Jaundice", None, "hepatitis")
    events = [
        {"USUBJID": "A", "AESEQ": n, "AEDECOD": term, "AESTDTC": f"2026-02-0{n}"}
        for n, term in enumerate(terms, 1)
    ]
    data = study(domain("DM", subject("A")), domain("EX", infusion("A")), domain("AE", *events))
    query = {"name": "LIVER", "term_list": "Liver", "scope": scope}
    rules = {"related": "AESEQ == 1", "queries": {"SMQ01NAM": query}}
    lists = [
        *read_term_lists(GOOD.encode())[0],
        {"name": "Liver", "scope": "BROAD", "term": "Hepatitis"},
    ]
    whole = plan(adverse_events=rules).model_copy(
        update={"term_lists": tuple(ListedTerm.model_validate(entry) for entry in lists)}
    )
    made = derive(data, whole)[0]["ADAE"]
    assert [(r["SMQ01NAM"], r["SMQ01SC"]) for r in rows(made)] == wanted
