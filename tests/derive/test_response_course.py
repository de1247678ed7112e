"""Confirmation, best response with its hierarchy, relapse, the non-responders."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.derive.response_course import (
    AT_ONCE,
    TWICE,
    Assessment,
    best_responses,
    confirmed,
    relapse_day,
)
from il5report.derive.response_criteria import default_criteria
from il5report.errors import DataError

CHRONIC, ACUTE = default_criteria()["CHRONIC"], default_criteria()["ACUTE"]


def course(*points: tuple[int, str]) -> list[Assessment]:
    return [Assessment(day, code) for day, code in points]


CONFIRMATION = [
    # the last CR has none to confirm it: the next response that needs no confirmation is MR
    ("held for 28 days", [(28, "CR"), (56, "CR")], ["CR", "MR"]),
    ("held for 27 days", [(28, "CR"), (55, "CR")], ["MR", "MR"]),
    ("confirmed by the third", [(28, "CR"), (50, "CR"), (56, "CR")], ["CR", "MR", "MR"]),
    ("PR confirmed by CR", [(28, "PR"), (56, "CR")], ["PR", "MR"]),
    ("CR then PR is a PR", [(28, "CR"), (56, "PR")], ["PR", "MR"]),
    ("worse between", [(28, "CR"), (40, "SD"), (70, "CR")], ["MR", "SD", "MR"]),
    ("NE between neither breaks nor confirms", [(28, "CR"), (40, "NE"), (56, "CR")],
     ["CR", "NE", "MR"]),
    ("NE does not confirm", [(28, "CR"), (56, "NE")], ["MR", "NE"]),
    ("progression breaks", [(28, "CR"), (40, "PD"), (70, "CR")], ["MR", "PD", "MR"]),
    ("nothing to confirm", [(28, "MR"), (40, "SD")], ["MR", "SD"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "points", "expected"), CONFIRMATION)
def test_confirmation(name: str, points: list[tuple[int, str]], expected: list[str]) -> None:
    assert confirmed(course(*points), CHRONIC) == expected


def test_blast_phase_needs_no_confirmation() -> None:
    assert confirmed(course((28, "CR"), (30, "NR")), ACUTE) == ["CR", "NR"]


def abnormal(*points: tuple[int, bool | None, bool | None]) -> list[Assessment]:
    return [Assessment(day, "CR", once, twice) for day, once, twice in points]


RELAPSES = [
    ("none", [(60, False, False)], None),
    ("marrow", [(60, False, False), (90, True, False)], (90, AT_ONCE)),
    ("before the response", [(20, True, True), (60, False, False)], None),
    ("on the day of the response", [(28, True, True), (60, False, False)], None),
    ("blood, 7 days apart", [(60, False, True), (67, False, True)], (60, TWICE)),
    ("blood, 6 days apart", [(60, False, True), (66, False, True)], None),
    ("blood, third sample", [(60, False, True), (66, False, True), (70, None, True)], (60, TWICE)),
    ("blood clears between", [(60, False, True), (64, None, False), (67, None, True)], None),
    ("unknown between", [(60, False, True), (64, None, None), (67, None, True)], (60, TWICE)),
    ("blood then marrow", [(60, False, True), (62, True, False)], (60, TWICE)),
]


@pytest.mark.parametrize(("name", "points", "expected"), RELAPSES)
def test_relapse(
    name: str, points: list[tuple[int, bool | None, bool | None]], expected: object
) -> None:
    assert relapse_day(abnormal(*points), ACUTE, since=28) == expected


def test_there_is_no_relapse_after_a_partial_remission() -> None:
    """Its blasts are above 5% by definition; it can get worse only by progression."""
    course = [(28, "PR", "Y", "N"), (60, "PR", "Y", "N"), (90, "CR", "N", "N"), (120, "CR")]
    row = best(course, kind="CHRONIC")  # type: ignore[arg-type]
    assert (row["BOR"], row["BORDY"], row["RESPDY"], row["REMDY"]) == ("CR", 90, 28, 90)
    assert row["RELDY"] is None


def test_progression_after_response_is_a_relapse() -> None:
    assert relapse_day(course((60, "PD")), CHRONIC, since=28) == (60, AT_ONCE)


RESPONSES = {"USUBJID": pl.String, "DAY": pl.Int64, "RSDERIV": pl.String, "RELAPSFL": pl.String,
             "RELTWOFL": pl.String}  # fmt: skip
FOLLOWUP = {"USUBJID": pl.String, "RSTYPE": pl.String, "STOPDY": pl.Int64, "DTHDY": pl.Int64}


def best(
    points: list[tuple[object, ...]], stop: int | None = None, died: int | None = None,
    kind: str = "ACUTE", until: int | None = None,
) -> dict[str, object]:  # fmt: skip
    rows = [("A", *p, *(None,) * (4 - len(p))) for p in points]
    responses = pl.DataFrame(rows, RESPONSES, orient="row")
    followup = pl.DataFrame([("A", kind, stop, died)], FOLLOWUP, orient="row")
    return best_responses(responses, followup, until).row(0, named=True)


BEST = [
    ("the best", [(28, "CRi"), (60, "CR"), (90, "CRh")], {}, ("CR", 60)),
    ("its first day", [(28, "CR"), (60, "CR")], {}, ("CR", 28)),
    ("CRi over MLFS", [(28, "MLFS"), (60, "CRi")], {}, ("CRi", 60)),
    ("MLFS over PR", [(28, "PR"), (60, "MLFS")], {}, ("MLFS", 60)),
    ("NR over NE", [(28, "NE"), (60, "NR")], {}, ("NR", 60)),
    ("before infusion does not count", [(0, "CR"), (28, "NR")], {}, ("NR", 28)),
    ("by day 98", [(28, "CRi"), (98, "CR")], {"until": 98}, ("CR", 98)),
    ("after day 98", [(28, "CRi"), (99, "CR")], {"until": 98}, ("CRi", 28)),
    ("on the day of new therapy", [(28, "NR"), (60, "CR")], {"stop": 60}, ("CR", 60)),
    ("after new therapy", [(28, "NR"), (60, "CR")], {"stop": 59}, ("NR", 28)),
    ("after relapse", [(28, "CRi"), (60, "NR", "Y", "N"), (90, "CR", "N", "N")], {}, ("CRi", 28)),
    ("chronic, unconfirmed", [(28, "CR"), (40, "CR")], {"kind": "CHRONIC"}, ("MR", 28)),
    ("chronic, confirmed after month 3", [(90, "CR"), (130, "CR")],
     {"kind": "CHRONIC", "until": 98}, ("CR", 90)),
    ("chronic, confirmed after new therapy only", [(28, "CR"), (60, "CR")],
     {"kind": "CHRONIC", "stop": 50}, ("MR", 28)),
    ("chronic, after progression", [(28, "SD"), (60, "PD"), (90, "CR"), (130, "CR")],
     {"kind": "CHRONIC"}, ("SD", 28)),
    ("chronic, progression at once", [(28, "PD"), (90, "MR")], {"kind": "CHRONIC"}, ("PD", 28)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "points", "options", "expected"), BEST)
def test_best_response(
    name: str, points: list[tuple[object, ...]], options: dict[str, object], expected: object
) -> None:
    row = best(points, **options)  # type: ignore[arg-type]
    assert (row["BOR"], row["BORDY"], row["REASNE"]) == (*expected, None)  # type: ignore[misc]


NOT_EVALUABLE = [
    ([], {"died": 20}, "died before an evaluable assessment"),
    ([], {"stop": 20, "died": 40}, "new therapy before an evaluable assessment"),
    ([(28, "CR")], {"stop": 20}, "new therapy before an evaluable assessment"),
    ([(28, "NE")], {"died": 40}, "assessed, not evaluable"),
    ([], {}, "no assessment"),
    ([], {"died": 120, "until": 98}, "no assessment"),
    ([(120, "CR")], {"until": 98}, "no assessment"),
    ([], {"died": 98, "until": 98}, "died before an evaluable assessment"),
    ([], {"died": 99, "until": 98}, "no assessment"),
    ([], {"stop": 98, "until": 98}, "new therapy before an evaluable assessment"),
    ([], {"stop": 99, "until": 98}, "no assessment"),
    ([(98, "NE")], {"until": 98}, "assessed, not evaluable"),
    ([(60, "NE")], {"stop": 60}, "assessed, not evaluable"),
]


@pytest.mark.parametrize(("points", "options", "reason"), NOT_EVALUABLE)
def test_without_assessment_a_subject_is_a_non_responder(
    points: list[tuple[object, ...]], options: dict[str, object], reason: str
) -> None:
    row = best(points, **options)  # type: ignore[arg-type]
    assert (row["BOR"], row["CRFL"], row["RESPFL"], row["REASNE"]) == ("NE", "N", "N", reason)


def test_flags_relapse_and_unconfirmed() -> None:
    row = best([(28, "CRi", "N", "N"), (60, "CRh", "N", "N"), (90, "NR", "Y", "N")])
    assert (row["CRFL"], row["RESPFL"], row["RESPDY"]) == ("N", "Y", 28)
    assert (row["RELDY"], row["RELHOW"]) == (90, AT_ONCE)
    row = best([(28, "CR"), (40, "SD")], kind="CHRONIC")
    assert (row["BOR"], row["UNCONF"], row["RESPFL"], row["RESPDY"]) == ("MR", "CR", "N", None)
    assert best([(28, "CR")])["UNCONF"] is None


def test_refused() -> None:
    with pytest.raises(DataError, match="criteria sets"):
        best([], kind="OTHER")
    with pytest.raises(DataError, match="not a code"):
        best([(28, "SD")])


codes = st.sampled_from(list(CHRONIC.codes))
courses = st.lists(codes, min_size=1, max_size=6)
gaps = st.lists(st.integers(7, 40), min_size=6, max_size=6)


@settings(max_examples=80, deadline=None)
@given(courses, gaps)
def test_best_response_is_one_that_stands_and_never_above_what_was_seen(
    sequence: list[str], gap: list[int]
) -> None:
    days = [sum(gap[: i + 1]) for i in range(len(sequence))]
    row = best(list(zip(days, sequence, strict=True)), kind="CHRONIC")
    order = CHRONIC.codes
    stopped = sequence[: sequence.index("PD") + 1] if "PD" in sequence else sequence
    assert order.index(str(row["BOR"])) >= min(order.index(code) for code in stopped)
    assert row["BORDY"] is None or row["BORDY"] in days
    assert (row["BOR"] == "NE") == all(code == "NE" for code in stopped)


@settings(max_examples=60, deadline=None)
@given(courses, gaps, st.integers(0, 5))
def test_a_better_assessment_never_worsens_what_stands(
    sequence: list[str], gap: list[int], where: int
) -> None:
    days = [sum(gap[: i + 1]) for i in range(len(sequence))]
    improved = list(sequence)
    improved[where % len(sequence)] = "CR"
    before = confirmed(course(*zip(days, sequence, strict=True)), CHRONIC)
    after = confirmed(course(*zip(days, improved, strict=True)), CHRONIC)
    order = CHRONIC.codes
    for old, new in zip(before, after, strict=True):
        assert old == "NE" or order.index(new) <= order.index(old)
