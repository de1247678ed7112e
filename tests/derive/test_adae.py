"""ADAE: imputation of partial dates, treatment emergence, days, grades, occurrence flags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from il5report.data.dataset import Study
from il5report.derive.adam import derive
from il5report.plan.dose_limiting import DltDefinition
from tests.derive.adam_study import (
    domain,
    infusion,
    plan,
    read_plan_file,
    rows,
    study,
    subject,
)

EVENT = {"AECAT": "OTHER", "AEDECOD": "Rash", "AEBODSYS": "Skin", "AETOXGR": "2",
         "AEREL": "RELATED", "AEENDTC": None}  # fmt: skip
PLAN = plan("adverse_events", "periods")
QUALIFIERS = "AERELLD ASTCTGR DLTFL LDACN INFEFF ICUYN ENDYN"
NEUTROPENIA = {"AETOXGR": "4", "AECAT": "CYTOPENIA", "AEDECOD": "Neutrophil count decreased",
               "AESTDTC": "2026-02-03"}  # fmt: skip


def world(*events: Mapping[str, object], who: tuple[Mapping[str, object], ...] = ()) -> Study:
    """Subject A, infused on 2026-02-01 at 10:00, with events; U was never infused."""
    people = who or (subject("A"), subject("U", None))
    return study(
        domain("DM", *people),
        domain("EX", infusion("A")),
        domain("AE", *({"USUBJID": "A", **EVENT, **e} for e in events), variables=QUALIFIERS),
    )


def adae(*events: Mapping[str, object], **kwargs: object) -> pl.DataFrame:
    datasets, _ = derive(world(*events, **kwargs), PLAN)
    return datasets["ADAE"].frame


def one(**event: object) -> dict[str, object]:
    return adae(event).row(0, named=True)


@pytest.mark.parametrize(
    ("given_start", "given_end", "start", "flag", "emergent"),
    [
        ("2026-01-31", None, "2026-01-31", None, "N"),
        ("2026-02-01", None, "2026-02-01", None, "Y"),
        ("2026-02-01T09:59", None, "2026-02-01", None, "N"),
        ("2026-02-01T10:00", None, "2026-02-01", None, "Y"),
        ("2026-02-02", None, "2026-02-02", None, "Y"),
        # the month of the infusion: the infusion, unless the event was over before it
        ("2026-02", None, "2026-02-01", "D", "Y"),
        ("2026-01", None, "2026-01-01", "D", "N"),
        ("2026", None, "2026-02-01", "M", "Y"),
        ("2026", "2026-01-20", "2026-01-01", "M", "N"),
        ("2026", "2026-02-01", "2026-02-01", "M", "Y"),
        ("2026", "2026-03", "2026-02-01", "M", "Y"),
        ("2025", None, "2025-01-01", "M", "N"),
        ("2026-03", None, "2026-03-01", "D", "Y"),
        # nothing known of the start: emergent unless it ended before the infusion
        (None, None, None, None, "Y"),
        (None, "2026-01-31", None, None, "N"),
        (None, "2026-02-01", None, None, "Y"),
        ("2026---15", None, "2026-02-01", "M", "Y"),
    ],
)
def test_start(
    given_start: str | None,
    given_end: str | None,
    start: str | None,
    flag: str | None,
    emergent: str,
) -> None:
    row = one(AESTDTC=given_start, AEENDTC=given_end)
    assert row["ASTDT"] == (dt.date.fromisoformat(start) if start else None)
    assert (row["ASTDTF"], row["TRTEMFL"]) == (flag, emergent)


def test_start_of_day_in_a_later_month_of_the_infusion_is_the_infusion() -> None:
    frame, _ = derive(
        study(
            domain("DM", subject("A")),
            domain("EX", infusion("A", "2026-02-14T10:00")),
            domain("AE", {"USUBJID": "A", **EVENT, "AESTDTC": "2026-02"}, variables=QUALIFIERS),
        ),
        PLAN,
    )
    row = frame["ADAE"].frame.row(0, named=True)
    assert (row["ASTDT"], row["ASTDTF"], row["ASTDY"]) == (dt.date(2026, 2, 14), "D", 1)


@pytest.mark.parametrize(
    ("given_end", "end", "flag"),
    [
        ("2026-03-10", "2026-03-10", None),
        ("2026-03", "2026-03-31", "D"),
        ("2026-06", "2026-06-30", "D"),
        ("2026", "2026-06-30", "M"),  # the cut-off
        (None, None, None),
    ],
)
def test_end(given_end: str | None, end: str | None, flag: str | None) -> None:
    row = one(AESTDTC="2026-03-05", AEENDTC=given_end)
    assert row["AENDT"] == (dt.date.fromisoformat(end) if end else None)
    assert (row["AENDTF"], row["ONGOFL"]) == (flag, "N" if end else "Y")


def test_no_imputed_end_after_death() -> None:
    who = (subject("A", DTHDTC="2026-03-20", DTHFL="Y"),)
    row = adae({"AESTDTC": "2026-03-05", "AEENDTC": "2026-03"}, who=who).row(0, named=True)
    assert row["AENDT"] == dt.date(2026, 3, 20)


def test_end_after_the_cutoff_is_ongoing_and_start_after_it_is_left_out() -> None:
    events = ({"AESTDTC": "2026-06-20", "AEENDTC": "2026-07-02"}, {"AESTDTC": "2026-07-01"})
    datasets, findings = derive(world(*events), PLAN)
    frame = datasets["ADAE"].frame
    assert frame.select("ONGOFL", "AENDT", "ADURN").rows() == [("Y", None, None)]
    late = [f for f in findings if f.rule == "derive.cutoff" and f.dataset == "AE"]
    assert [(f.variable, f.count, f.subjects) for f in late] == [
        ("AESTDTC", 1, ("A",)), ("AEENDTC", 1, ("A",)),
    ]  # fmt: skip


def test_days_have_no_zero_and_duration_counts_both_ends() -> None:
    rows = adae(
        {"AESTDTC": "2026-01-31", "AEENDTC": "2026-02-01"},
        {"AESTDTC": "2026-02-01", "AEENDTC": "2026-02-01"},
        {"AESTDTC": "2026-02-02", "AEENDTC": "2026-02-11"},
    )
    assert rows["ASTDY"].to_list() == [-1, 1, 2]
    assert rows["AENDY"].to_list() == [1, 1, 11]
    assert rows["ADURN"].to_list() == [2, 1, 10]


def test_periods_and_relations() -> None:
    data = dict(
        world(
            {"AESTDTC": "2026-01-10", "AEREL": "NOT RELATED", "AERELLD": "N"},
            {"AESTDTC": "2026-01-27", "AEREL": None, "AERELLD": "Y"},
            {"AESTDTC": "2026-02-01T08:00", "AEREL": "RELATED"},
            {"AESTDTC": "2026-02-01", "AEREL": "RELATED"},
        )
    )
    flu = {"EXCAT": "LYMPHODEPLETION", "EXTRT": "FLUDARABINE", "EXSTDTC": "2026-01-27",
           "EXENDTC": "2026-01-27", "EXDOSE": 30.0}  # fmt: skip
    data["EX"] = domain("EX", infusion("A"), {"USUBJID": "A", **flu})
    frame = derive(data, PLAN)[0]["ADAE"].frame.sort("AESEQ")
    assert frame["APERIODC"].to_list() == [
        "Screening", "Lymphodepletion", "Lymphodepletion", "Post-infusion"
    ]  # fmt: skip
    # a relationship that is not stated counts as one
    assert frame["AREL"].to_list() == ["NOT RELATED", "RELATED", "RELATED", "RELATED"]
    assert frame["ARELLD"].to_list() == ["NOT RELATED", "RELATED", "RELATED", "RELATED"]


def test_grades_and_queries() -> None:
    frame = adae(
        {"AESTDTC": "2026-02-03", "AECAT": "CRS", "AETOXGR": "3", "ASTCTGR": "3"},
        {"AESTDTC": "2026-02-04", "AETOXGR": None},
    )
    assert frame["ATOXGRN"].to_list() == [3, None]
    assert frame["ASTCTGRN"].to_list() == [3, None]
    assert frame["CQ01NAM"].to_list() == ["CYTOKINE RELEASE SYNDROME", None]


def test_occurrence_flags_among_emergent_events() -> None:
    frame = adae(
        {"AESTDTC": "2026-01-20", "AETOXGR": "4"},
        {"AESTDTC": "2026-02-02", "AETOXGR": "1"},
        {"AESTDTC": "2026-02-03", "AETOXGR": "3"},
        {"AESTDTC": "2026-02-04", "AETOXGR": "3", "AEDECOD": "Itch"},
        {"AESTDTC": "2026-02-05", "AETOXGR": None, "AEBODSYS": "Heart", "AEDECOD": "QT"},
    )
    marks = {c: "".join(v or "." for v in frame[c].to_list()) for c in frame.columns if "AOCC" in c}
    assert marks == {
        "AOCCFL": ".Y...", "AOCCIFL": "..Y..", "AOCCSFL": ".Y..Y", "AOCCSIFL": "..Y.Y",
        "AOCCPFL": ".Y.YY", "AOCCPIFL": "..YYY",
    }  # fmt: skip


def test_event_of_an_unknown_subject_is_reported_and_left_out() -> None:
    data = world({"AESTDTC": "2026-02-02"}, {"USUBJID": "X", "AESTDTC": "2026-02-02"})
    datasets, findings = derive(data, PLAN)
    assert datasets["ADAE"].frame["USUBJID"].to_list() == ["A"]
    assert [f.subjects for f in findings if f.dataset == "AE" and "not in ADSL" in f.message] == [
        ("X",)
    ]


@pytest.mark.parametrize(
    ("event", "flag"),
    [
        ({"AECAT": "CRS", "ASTCTGR": "4", "AESTDTC": "2026-03-01"}, "Y"),  # day 28
        ({"AECAT": "CRS", "ASTCTGR": "4", "AESTDTC": "2026-03-02"}, "N"),
        ({"AECAT": "CRS", "ASTCTGR": "3", "AESTDTC": "2026-02-03", "AEENDTC": "2026-02-09"}, "N"),
        ({"AECAT": "CRS", "ASTCTGR": "3", "AESTDTC": "2026-02-03", "AEENDTC": "2026-02-10"}, "Y"),
        ({"AETOXGR": "5", "AESTDTC": "2026-02-03"}, "Y"),
        ({"AETOXGR": "5", "AEREL": "NOT RELATED", "AESTDTC": "2026-02-03"}, "N"),
        # ongoing at the cut-off: already longer than the limit
        ({"AETOXGR": "3", "AESTDTC": "2026-02-03"}, "Y"),
        ({"AETOXGR": "3", "AECAT": "CYTOPENIA", "AESTDTC": "2026-02-03"}, "N"),
        (
            {"AETOXGR": "4", "AECAT": "IEC-HS", "AESTDTC": "2026-02-03", "AEENDTC": "2026-02-05"},
            "Y",
        ),
        ({**NEUTROPENIA, "AEENDTC": "2026-03-02"}, "N"),  # 28 days
        ({**NEUTROPENIA, "AEENDTC": "2026-03-03"}, "Y"),
        ({**NEUTROPENIA, "AEREL": "NOT RELATED"}, "N"),
        # begun before the infusion
        ({**NEUTROPENIA, "AESTDTC": "2026-01-30", "AEENDTC": "2026-04-03"}, "N"),
    ],
)
def test_dose_limiting_by_the_plan_beside_the_investigator(
    event: dict[str, str], flag: str
) -> None:
    row = one(**event, DLTFL="Y")
    assert (row["DLTDFL"], row["DLTINVFL"], row["DLTFL"]) == (flag, "Y", flag)
    assert (row["DLTRULE"] is None) == (flag == "N")
    assert one(**event)["DLTINVFL"] == "N"


def counted(event: dict[str, str], **changes: object) -> dict[str, Any]:
    """ADSL of subject A with an event, where the definition is changed so."""
    raw = read_plan_file("derivation")
    definition = {**raw["adverse_events"]["dose_limiting"], **changes}
    rules = {**raw["adverse_events"], "dose_limiting": definition}
    flags = {n: r for n, r in raw["flags"].items() if n.startswith("DLT")}
    made, _ = derive(world(event), plan(adverse_events=rules, flags=flags))
    return next(r for r in rows(made["ADSL"]) if r["USUBJID"] == "A")


def test_the_plan_names_whose_dose_limiting_events_count() -> None:
    crs = {"AECAT": "CRS", "ASTCTGR": "4", "AESTDTC": "2026-02-03"}
    mild = {"AECAT": "CRS", "ASTCTGR": "1", "AESTDTC": "2026-02-03", "DLTFL": "Y"}
    for event, by_plan, by_investigator in ((crs, "Y", "N"), (mild, "N", "Y")):
        for counts, wanted in (("definition", by_plan), ("investigator", by_investigator)):
            row = counted(event, counts=counts)
            found = (row["DLTFL"], row["DLTDFL"], row["DLTINVFL"])
            assert found == (wanted, by_plan, by_investigator)


def test_the_investigators_events_cannot_count_where_no_rule_selects_them() -> None:
    raw = read_plan_file("derivation")["adverse_events"]["dose_limiting"]
    with pytest.raises(ValidationError, match="investigator"):
        DltDefinition.model_validate({"rules": raw["rules"], "counts": "investigator"})


def test_an_event_that_may_become_dose_limiting_leaves_the_subject_open() -> None:
    """Grade 3 since four days at the data cut-off, and seven make it dose limiting."""
    event = {"AETOXGR": "3", "AECAT": "OTHER", "AESTDTC": "2026-06-26"}
    row = counted(event, window=365)
    assert (row["DLTFL"], row["DLTOPFL"]) == ("N", "Y")


def test_unsound_definition_is_a_fault_of_the_plan() -> None:
    raw = read_plan_file("derivation")["adverse_events"]
    with pytest.raises(ValidationError, match="windw"):
        plan(adverse_events={**raw, "dose_limiting": {"rules": [], "windw": 28}})


partial = st.one_of(
    st.none(),
    st.dates(dt.date(2025, 6, 1), dt.date(2026, 6, 30)).flatmap(
        lambda d: st.sampled_from([d.isoformat(), d.isoformat()[:7], d.isoformat()[:4]])
    ),
)


@given(st.lists(st.tuples(partial, partial), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_imputed_dates_stay_within_their_bounds(pairs: list[tuple[str | None, str | None]]) -> None:
    frame = adae(*({"AESTDTC": start, "AEENDTC": end} for start, end in pairs))
    assert frame.height == len(pairs)
    for row in frame.iter_rows(named=True):
        for name, given_date in (("ASTDT", row["AESTDTC"]), ("AENDT", row["AEENDTC"])):
            assert (row[name] is None) == (given_date is None)
            flag = None if given_date is None else {10: None, 7: "D", 4: "M"}[len(given_date)]
            assert row[f"{name}F"] == flag
            if given_date and flag is None:
                assert row[name].isoformat() == given_date
            if flag:
                assert row[name] <= dt.date(2026, 6, 30)
        if row["ASTDTF"] and row["AENDT"]:
            assert row["ASTDT"] <= row["AENDT"] or not row["AENDT"]
        if row["ASTDT"]:
            expected = "Y" if row["ASTDT"] >= dt.date(2026, 2, 1) else "N"
            assert row["TRTEMFL"] == expected


@pytest.mark.parametrize(
    ("said", "flagged"),
    [
        ({"LDACN": "DOSE REDUCED"}, {"LDREDFL"}),
        ({"LDACN": "DRUG WITHDRAWN", "INFEFF": "INFUSION NOT GIVEN"}, {"LDSTPFL", "INFNOTFL"}),
        ({"LDACN": "DOSE NOT CHANGED", "INFEFF": "INFUSION DELAYED"}, {"INFDELFL"}),
        ({"ICUYN": "Y", "ENDYN": "Y"}, {"AEICUFL", "AEDISFL"}),
        ({"ICUYN": "N"}, set()),
    ],
)
def test_what_an_event_led_to(said: Mapping[str, object], flagged: set[str]) -> None:
    found = one(AESTDTC="2026-01-30", **said)
    names = ("LDREDFL", "LDSTPFL", "INFDELFL", "INFNOTFL", "AEICUFL", "AEDISFL")
    assert {name: found[name] for name in names} == {
        name: "Y" if name in flagged else "N" for name in names
    }
