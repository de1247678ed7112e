"""ADRS: response parameters re-derived from the demo study, and each rule on small studies."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from il5report.derive.adam import derive
from tests.derive.adam_study import (
    by_subject,
    demo,
    domain,
    infusion,
    plan,
    read_plan_file,
    rows,
    study,
    subject,
    whole_plan,
)

WHOLE = read_plan_file("derivation")["response"]
ENROLLED = {"CR3MENR": WHOLE["parameters"]["CR3MENR"]}  # needs the dates of the enrolled
BY_VISIT = {k: v for k, v in WHOLE.items() if k != "derived"} | {
    "parameters": {k: v for k, v in WHOLE["parameters"].items() if k not in ENROLLED}
}
CODES = ["CR", "CRh", "CRi", "MLFS", "PR", "MR", "SD", "NR", "PD", "NE"]
INVESTIGATOR, REVIEW = "INVESTIGATOR", "INDEPENDENT ASSESSOR"
START = dt.date(2026, 2, 1)


def counted(evaluator: str, last: int | None) -> dict[str, list[tuple[int, str]]]:
    """Of each infused subject: day and code of the assessments that count, in plain Python."""
    sdtm, made, _ = demo()
    found = by_subject(sdtm["RS"])
    result = {}
    for row in rows(made["ADSL"]):
        if row["SAFFL"] != "Y":
            continue
        ends = [d for d in (row["HSCTDT"], row["NACTDT"]) if d]
        kept, stopped = [], False
        for r in sorted(found.get(row["USUBJID"], []), key=lambda r: r["RSDTC"]):
            if r["RSTESTCD"] != "OVRLRESP" or r["RSEVAL"] != evaluator or stopped:
                continue
            date = dt.date.fromisoformat(r["RSDTC"][:10])
            day = (date - row["TRTSDT"]).days
            if day < 1 or (last is not None and day > last) or any(date > e for e in ends):
                continue
            kept.append((day, r["RSSTRESC"]))
            stopped = r["RSSTRESC"] == "PD"
        result[row["USUBJID"]] = kept
    return result


@pytest.mark.parametrize(
    ("paramcd", "evaluator", "last"),
    [("BOR", INVESTIGATOR, None), ("BORIRC", REVIEW, None), ("BOR3M", INVESTIGATOR, 98)],
)
def test_best_response_again(paramcd: str, evaluator: str, last: int | None) -> None:
    derived = [r for r in rows(demo()[1]["ADRS"]) if r["PARAMCD"] == paramcd]
    expected = counted(evaluator, last)
    assert len(derived) == len(expected) == 20
    for row in derived:
        codes = [c for _, c in expected[row["USUBJID"]] if c != "NE"]
        best = min(codes, key=CODES.index) if codes else "NE"
        assert row["AVALC"] == best
        assert row["AVAL"] == CODES.index(best) + 1
        days = [d for d, c in expected[row["USUBJID"]] if c == best and best != "NE"]
        assert (row["ADT"] is None) == (not days)
        if days:
            assert (row["ADT"] - row["TRTSDT"]).days == days[0]
        assert (row["AREASN"] is None) == bool(codes)


@pytest.mark.parametrize(
    ("paramcd", "evaluator", "last", "responders"),
    [
        ("CR3M", INVESTIGATOR, 98, ["CR"]),
        ("CR3MIRC", REVIEW, 98, ["CR"]),
        ("CRC3M", INVESTIGATOR, 98, ["CR", "CRh", "CRi"]),
        ("CR", INVESTIGATOR, None, ["CR"]),
    ],
)
def test_responders_again(
    paramcd: str, evaluator: str, last: int | None, responders: list[str]
) -> None:
    derived = [r for r in rows(demo()[1]["ADRS"]) if r["PARAMCD"] == paramcd]
    expected = counted(evaluator, last)
    assert {r["USUBJID"] for r in derived} == set(expected)
    for row in derived:
        days = [d for d, c in expected[row["USUBJID"]] if c in responders]
        assert (row["AVALC"], row["AVAL"]) == (("Y", 1.0) if days else ("N", 0.0))
        if days:
            assert (row["ADT"] - row["TRTSDT"]).days == days[0]


def test_every_visit_response_is_there_with_its_source() -> None:
    sdtm, made, _ = demo()
    source = {
        (r["USUBJID"], r["RSSEQ"]): (r["RSSTRESC"], r["RSEVAL"], r["RSDTC"][:10])
        for r in rows(sdtm["RS"])
        if r["RSTESTCD"] == "OVRLRESP"
    }
    derived = {
        (r["USUBJID"], r["SRCSEQ"]): (r["AVALC"], r["AEVAL"], r["ADT"].isoformat())
        for r in rows(made["ADRS"])
        if r["PARAMCD"] == "OVRLRESP"
    }
    assert derived == source


def test_one_record_per_visit_is_flagged() -> None:
    seen = set()
    for r in rows(demo()[1]["ADRS"]):
        if r["PARAMCD"] == "OVRLRESP" and r["ANL01FL"] == "Y":
            key = (r["USUBJID"], r["AEVAL"], r["AVISIT"])
            assert key not in seen
            assert r["AVISIT"] != "Unscheduled"
            seen.add(key)
    assert len(seen) > 100


def record(*assessments: tuple[int, str], parameter: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The record of a parameter for subject A with these assessments (day, code)."""
    rs = [
        {"USUBJID": "A", "RSTESTCD": "OVRLRESP", "RSEVAL": INVESTIGATOR, "RSSTRESC": code,
         "RSDTC": (START + dt.timedelta(day)).isoformat()}
        for day, code in assessments
    ]  # fmt: skip
    therapies = [
        {"USUBJID": "A", "CMCAT": "SUBSEQUENT ANTI-CANCER THERAPY",
         "CMSTDTC": (START + dt.timedelta(day)).isoformat()}
        for day in more.get("therapy", [])
    ]  # fmt: skip
    markers = [
        {"USUBJID": "A", "MITESTCD": "MRDIND", "MISTRESC": value,
         "MIDTC": (START + dt.timedelta(day)).isoformat()}
        for day, value in more.get("mrd", [])
    ]  # fmt: skip
    rules = whole_plan().derivation
    assert rules is not None
    assert rules.response is not None
    raw = rules.response.model_dump(exclude_none=True, exclude={"derived"})
    raw["parameters"] = {"X": {"label": "X", "window": [1, None], **parameter}}
    raw["findings"] = {"MRD": raw["findings"]["MRD"]}
    data = study(
        domain("DM", subject("A", DTHDTC=more.get("died"))),
        domain("EX", infusion("A")),
        domain("RS", *rs, variables="USUBJID RSTESTCD RSEVAL RSSTRESC RSDTC"),
        domain("CM", *therapies, variables="CMCAT CMSTDTC"),
        domain("MI", *markers, variables="MITESTCD MISTRESC MIDTC"),
    )
    made, _ = derive(data, plan(response=raw))
    (row,) = (r for r in rows(made["ADRS"]) if r["PARAMCD"] == "X")
    return row


def small(
    *assessments: tuple[int, str], parameter: dict[str, Any], **more: Any
) -> tuple[str, int | None]:
    """Value and day of that record."""
    row = record(*assessments, parameter=parameter, **more)
    return row["AVALC"], None if row["ADT"] is None else (row["ADT"] - START).days


CR = {"responders": ["CR"]}


@pytest.mark.parametrize(
    ("assessments", "parameter", "more", "expected"),
    [
        ([(30, "PR"), (60, "CR"), (90, "CR")], {}, {}, ("CR", 60)),
        ([], {}, {}, ("NE", None)),
        ([(30, "NE")], {}, {}, ("NE", None)),
        ([(30, "NE")], CR, {}, ("N", None)),
        ([(30, "PD"), (60, "CR")], {}, {}, ("PD", 30)),  # nothing counts after progression
        ([(30, "PD"), (60, "CR")], {"stop": []}, {}, ("CR", 60)),
        ([(0, "CR"), (-7, "CR")], CR, {}, ("N", None)),  # not before day 1
        ([(98, "CR")], {**CR, "window": [1, 98]}, {}, ("Y", 98)),
        ([(99, "CR")], {**CR, "window": [1, 98]}, {}, ("N", None)),
        ([(30, "SD"), (60, "CR")], CR, {"therapy": [45]}, ("N", None)),
        ([(30, "SD"), (60, "CR")], CR, {"therapy": [60]}, ("Y", 60)),
        ([(30, "SD"), (60, "CR")], {**CR, "until": []}, {"therapy": [45]}, ("Y", 60)),
        ([(30, "CR"), (60, "CR")], {**CR, "confirm": ["CR"], "confirmation": 28}, {}, ("Y", 30)),
        ([(30, "CR"), (57, "CR")], {**CR, "confirm": ["CR"], "confirmation": 28}, {}, ("N", None)),
        ([(30, "CR"), (60, "PR")], {"confirm": ["CR"], "confirmation": 28}, {}, ("PR", 60)),
        ([(30, "CR")], {**CR, "requires": {"finding": "MRD", "value": "NEGATIVE", "days": 14}},
         {"mrd": [(44, "NEGATIVE")]}, ("Y", 30)),
        ([(30, "CR")], {**CR, "requires": {"finding": "MRD", "value": "NEGATIVE", "days": 14}},
         {"mrd": [(45, "NEGATIVE"), (30, "POSITIVE")]}, ("N", None)),
        ([(30, "CR")], {**CR, "requires": {"finding": "MRD", "days": 14}},
         {"mrd": [(44, "POSITIVE")]}, ("Y", 30)),
        ([(30, "CR")], {**CR, "requires": {"finding": "MRD", "days": 14}},
         {"mrd": [(45, "NEGATIVE")]}, ("N", None)),
    ],
)  # fmt: skip
def test_rules(
    assessments: list[tuple[int, str]],
    parameter: dict[str, Any],
    more: dict[str, Any],
    expected: tuple[str, int | None],
) -> None:
    assert small(*assessments, parameter=parameter, **more) == expected


def test_record_nearest_to_target_is_flagged_and_ties_go_to_the_later() -> None:
    days = [21, 26, 30, 42, 43, 600]
    rs = [
        {"USUBJID": "A", "RSTESTCD": "OVRLRESP", "RSEVAL": INVESTIGATOR, "RSSTRESC": "PR",
         "RSDTC": (START + dt.timedelta(day - 730)).isoformat()}
        for day in days
    ]  # fmt: skip
    data = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A", (START - dt.timedelta(730)).isoformat())),
        domain("RS", *rs),
        domain("MI", variables="USUBJID MITESTCD MISTRESC MIDTC"),
        domain("GF", variables="USUBJID GFTESTCD GFSTRESC GFDTC"),
    )
    made, _ = derive(data, plan(response=BY_VISIT))
    got = [(r["AVISIT"], r["ANL01FL"]) for r in rows(made["ADRS"]) if r["PARAMCD"] == "OVRLRESP"]
    assert got == [
        ("Day 28", None), ("Day 28", None), ("Day 28", "Y"), ("Day 28", None), ("Month 2", "Y"),
        ("Month 18", "Y"),
    ]  # fmt: skip


def test_unknown_response_code_is_reported_and_not_used() -> None:
    rs = {"USUBJID": "A", "RSTESTCD": "OVRLRESP", "RSEVAL": INVESTIGATOR, "RSSTRESC": "cr",
          "RSDTC": "2026-03-01"}  # fmt: skip
    data = study(domain("DM", subject("A")), domain("EX", infusion("A")), domain("RS", rs))
    made, findings = derive(data, plan(response=BY_VISIT))
    assert not [r for r in rows(made["ADRS"]) if r["PARAMCD"] == "OVRLRESP"]
    assert [(f.count, f.subjects) for f in findings if f.rule == "derive.response"] == [(1, ("A",))]


NOT_YET = "Window open at the data cut-off"
LAST = 149  # day of the data cut-off


@pytest.mark.parametrize(
    ("assessments", "parameter", "more", "expected"),
    [
        ([(30, "CRi")], {**CR, "window": [1, LAST]}, {}, ("N", "N", None)),
        ([(30, "CRi")], {**CR, "window": [1, LAST + 1]}, {}, ("N", "Y", None)),
        ([(30, "CR")], {**CR, "window": [1, 200]}, {}, ("Y", "N", None)),
        ([], {**CR, "window": [1, 200]}, {}, ("N", "Y", NOT_YET)),
        ([(30, "NE")], {**CR, "window": [1, 200]}, {}, ("N", "Y", NOT_YET)),
        ([], {**CR, "window": [1, 98]}, {}, ("N", "N", "No assessment in the window")),
        ([(30, "NE")], {**CR, "window": [1, 98]}, {}, ("N", "N", "Assessed, not evaluable")),
        # what settles it although the window is open
        ([(30, "PD")], {**CR, "window": [1, 200]}, {}, ("N", "N", None)),
        ([(30, "PD")], {**CR, "window": [1, 200], "stop": []}, {}, ("N", "Y", None)),
        ([(30, "SD")], {**CR, "window": [1, 200]}, {"therapy": [45]}, ("N", "N", None)),
        ([(30, "SD")], {**CR, "window": [1, 200], "until": []}, {"therapy": [45]},
         ("N", "Y", None)),
        ([], {**CR, "window": [1, 200]}, {"died": "2026-03-01"},
         ("N", "N", "Died before an assessment")),
        # the best response can become better until it is the best of all
        ([(30, "PR")], {"window": [1, 200]}, {}, ("PR", "Y", None)),
        ([(30, "CR")], {"window": [1, 200]}, {}, ("CR", "N", None)),
        ([(30, "PR")], {"window": [1, None]}, {}, ("PR", None, None)),
    ],
)  # fmt: skip
def test_a_window_that_the_cutoff_found_open(
    assessments: list[tuple[int, str]],
    parameter: dict[str, Any],
    more: dict[str, Any],
    expected: tuple[str, str | None, str | None],
) -> None:
    row = record(*assessments, parameter=parameter, **more)
    assert (row["AVALC"], row["WINOPFL"], row["AREASN"]) == expected


def milestone(usubjid: str, what: str, day: str, **more: object) -> dict[str, object]:
    """A row of DS."""
    return {"USUBJID": usubjid, "DSCAT": "PROTOCOL MILESTONE", "DSSCAT": None, "DSDECOD": what,
            "DSSTDTC": day, **more}  # fmt: skip


def test_who_is_not_infused_is_a_non_responder_once_no_infusion_can_follow() -> None:
    """Manufacturing fails, death, withdrawal, still waiting, failed and made again, infused."""
    left = {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY PARTICIPATION"}
    failed = "MANUFACTURING FAILURE"
    ds = [
        *(milestone(who, "ENTERED INTO TRIAL", "2026-01-05") for who in "ABCDEF"),
        milestone("A", failed, "2026-01-20"),
        milestone("B", "DEATH", "2026-01-24", **left),
        milestone("C", "WITHDRAWAL BY SUBJECT", "2026-01-25", **left),
        milestone("E", failed, "2026-01-20"),
    ]
    dm = [subject(who, **({"DTHDTC": "2026-01-24"} if who == "B" else {})) for who in "ABCDEF"]
    response = {**BY_VISIT, "parameters": ENROLLED, "depth": None}
    given = read_plan_file("derivation")["dates"]
    kept = ("RFICDT", "ENRLDT", "EOSDT", "DTHDT", "MFAILDT", "NINFDT", "HSCTDT", "NACTDT")
    dates = {k: given[k] for k in kept}
    dates["DTHDT"] = {k: v for k, v in dates["DTHDT"].items() if k != "not_before"}
    data = study(
        domain("DM", *dm), domain("EX", infusion("E"), infusion("F")), domain("DS", *ds),
        domain("RS", {"USUBJID": "F", "RSTESTCD": "OVRLRESP", "RSEVAL": INVESTIGATOR,
                      "RSSTRESC": "CR", "RSDTC": "2026-03-01"}),
    )  # fmt: skip
    made, _ = derive(data, plan(response=response, dates=dates, sets=("ENR", "SAF")))
    records = {r["USUBJID"]: r for r in rows(made["ADRS"]) if r["PARAMCD"] == "CR3MENR"}
    never = {r["USUBJID"]: r["NINFDT"] for r in rows(made["ADSL"]) if r["NINFDT"] is not None}
    assert {who: day.isoformat() for who, day in never.items()} == {
        "A": "2026-01-20", "B": "2026-01-24", "C": "2026-01-25",
    }  # fmt: skip
    assert {who: (r["AVALC"], r["WINOPFL"], r["AREASN"]) for who, r in records.items()} == {
        **dict.fromkeys("ABC", ("N", "N", "Not infused")),
        "D": ("N", "Y", NOT_YET),
        "E": ("N", "N", "No assessment in the window"),
        "F": ("Y", "N", None),
    }


def test_open_windows_of_the_demo_study_again() -> None:
    """Non-responders alive, untreated otherwise and without progression before day 98 is over."""
    made = demo()[1]
    subjects = {r["USUBJID"]: r for r in rows(made["ADSL"]) if r["SAFFL"] == "Y"}
    kept = counted(INVESTIGATOR, 98)
    wanted = {
        who
        for who, s in subjects.items()
        if (dt.date(2026, 6, 30) - s["TRTSDT"]).days < 98
        and not any(s[name] for name in ("DTHDT", "HSCTDT", "NACTDT", "EOSDT"))
        and not {"CR", "PD"} & {code for _, code in kept[who]}
    }
    found = {
        r["USUBJID"] for r in rows(made["ADRS"]) if r["PARAMCD"] == "CR3M" and r["WINOPFL"] == "Y"
    }
    assert found == wanted
    assert len(wanted) == 1
    windows = {who: s["CR3MWIN"] for who, s in subjects.items()}
    assert {who for who, name in windows.items() if name == "Open at the cut-off"} == wanted
    assert sum(name == "Final" for name in windows.values()) == 19
