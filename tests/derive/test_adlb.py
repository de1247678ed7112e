"""ADLB and its like: two baselines, change, visits, CTCAE grades, refusal to pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from il5report.derive.adam import derive
from il5report.errors import DataError
from tests.derive.adam_study import demo, domain, infusion, plan, rows, study, subject, whole_plan

START = dt.date(2026, 2, 1)
EVENTS = ("PRE-LYMPHODEPLETION", "PRE-INFUSION")


def test_every_result_is_there_once_per_baseline() -> None:
    sdtm, made, _ = demo()
    source = {(r["USUBJID"], r["LBSEQ"]): r for r in rows(sdtm["LB"]) if r["LBSTRESC"] is not None}
    for basetype in EVENTS:
        found = {
            (r["USUBJID"], r["SRCSEQ"]): r for r in rows(made["ADLB"]) if r["BASETYPE"] == basetype
        }
        assert set(found) == set(source)
        for key, r in source.items():
            row = found[key]
            assert (row["PARAMCD"], row["AVAL"]) == (r["LBTESTCD"], r["LBSTRESN"])
            assert row["ADT"].isoformat() == r["LBDTC"][:10]


@pytest.mark.parametrize("basetype", EVENTS)
def test_baseline_and_change_again(basetype: str) -> None:
    made = demo()[1]
    limits = {}
    for r in rows(made["ADSL"]):
        first = r["LDSDT"] if basetype == EVENTS[0] else None
        limits[r["USUBJID"]] = first or r["TRTSDT"]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for r in rows(made["ADLB"]):
        if r["BASETYPE"] == basetype:
            groups.setdefault((r["USUBJID"], r["PARAMCD"]), []).append(r)
    for (who, _), records in groups.items():
        limit = limits[who]
        before = [r for r in records if limit and r["ADT"] <= limit and r["AVAL"] is not None]
        base = max(before, key=lambda r: (r["ADT"], r["SRCSEQ"]), default=None)
        flagged = [r["SRCSEQ"] for r in records if r["ABLFL"] == "Y"]
        assert flagged == ([base["SRCSEQ"]] if base else [])
        for r in records:
            assert r["BASE"] == (base["AVAL"] if base else None)
            after = limit is not None and r["ADT"] > limit
            if after and base and r["AVAL"] is not None:
                assert r["CHG"] == pytest.approx(r["AVAL"] - base["AVAL"])
            else:
                assert r["CHG"] is None


def test_neutrophil_grades_by_hand() -> None:
    """Version 5.0: below LLN, 1.5, 1.0 and 0.5."""
    seen = set()
    for r in rows(demo()[1]["ADLB"]):
        if r["PARAMCD"] == "NEUT" and r["AVAL"] is not None:
            bounds = (r["ANRLO"], 1.5, 1.0, 0.5)
            grade = sum(r["AVAL"] < b for b in bounds)
            assert r["ATOXGRL"] == str(grade)
            assert r["ATOXGRLN"] == grade
            seen.add(grade)
    assert seen == {0, 1, 2, 3, 4}


def small(*results: Mapping[str, object], **visits: Any) -> list[dict[str, Any]]:
    """ADLB of subject A, with lymphodepletion on 2026-01-27 and infusion on 2026-02-01, 10:00."""
    rules = whole_plan().derivation
    assert rules is not None
    raw = rules.findings["ADLB"].model_dump(exclude_none=True)
    common = {"USUBJID": "A", "LBTESTCD": "ALT", "LBTEST": "Alanine Aminotransferase",
              "LBSTRESU": "U/L", "LBSPEC": "BLOOD", "LBSTNRLO": 10.0, "LBSTNRHI": 40.0}  # fmt: skip
    conditioning = {"USUBJID": "A", "EXCAT": "LYMPHODEPLETION", "EXSTDTC": "2026-01-27"}
    data = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A"), conditioning),
        domain("LB", *({**common, "LBSTRESC": "x", **r} for r in results), variables="LBSTRESN"),
    )
    made, _ = derive(data, plan(findings={"ADLB": {**raw, **visits}}))
    return sorted(rows(made["ADLB"]), key=lambda r: (r["BASETYPE"], r["SRCSEQ"]))


def test_baseline_by_the_clock_on_the_day_of_infusion() -> None:
    found = small(
        {"LBDTC": "2026-01-27T08:00", "LBSTRESN": 10.0},
        {"LBDTC": "2026-02-01T09:59", "LBSTRESN": 20.0},
        {"LBDTC": "2026-02-01T10:01", "LBSTRESN": 30.0},
        {"LBDTC": "2026-02-02", "LBSTRESN": 40.0},
    )
    by_type = {b: [r for r in found if r["BASETYPE"] == b] for b in EVENTS}
    assert [r["BASE"] for r in by_type[EVENTS[0]]] == [10.0] * 4
    assert [r["BASE"] for r in by_type[EVENTS[1]]] == [20.0] * 4
    assert [r["CHG"] for r in by_type[EVENTS[1]]] == [None, None, 10.0, 20.0]
    assert [r["PCHG"] for r in by_type[EVENTS[1]]] == [None, None, 50.0, 100.0]


def test_text_results_are_kept_and_are_no_baseline() -> None:
    found = small(
        {"LBDTC": "2026-01-20", "LBSTRESN": 12.0},
        {"LBDTC": "2026-01-21", "LBSTRESN": None, "LBSTRESC": "<5"},
    )
    assert {r["BASE"] for r in found} == {12.0}
    assert [r["AVALC"] for r in found if r["AVAL"] is None] == ["<5", "<5"]


def test_indicator_and_grade_beside_the_limits() -> None:
    found = small(
        {"LBDTC": "2026-01-20", "LBSTRESN": 9.0},
        {"LBDTC": "2026-02-10", "LBSTRESN": 40.0},
        {"LBDTC": "2026-02-11", "LBSTRESN": 120.0},
        {"LBDTC": "2026-02-12", "LBSTRESN": 120.1},
        {"LBDTC": "2026-02-13", "LBSTRESN": 50.0, "LBSTNRHI": None, "LBSTNRLO": None},
    )
    last = [r for r in found if r["BASETYPE"] == EVENTS[1]]
    assert [r["ANRIND"] for r in last] == ["LOW", "NORMAL", "HIGH", "HIGH", None]
    assert [r["ATOXGRH"] for r in last] == ["0", "0", "1", "2", None]
    assert last[-1]["ATOXREAH"] == "ULN missing"
    assert {r["BNRIND"] for r in last} == {"LOW"}


def test_visits_by_window_or_as_collected() -> None:
    results = [
        {"LBDTC": (START + dt.timedelta(d)).isoformat(), "LBSTRESN": 20.0, "VISIT": f"V{d}",
         "VISITNUM": float(d)}
        for d in (6, 7, 8, 10)
    ]  # fmt: skip
    windows = [r for r in small(*results) if r["BASETYPE"] == EVENTS[1]]
    assert [r["AVISIT"] for r in windows] == ["Day 7", "Day 7", "Day 7", "V10"]
    assert [r["ANL01FL"] for r in windows] == [None, "Y", None, None]
    collected = [r for r in small(*results, visits="collected") if r["BASETYPE"] == EVENTS[1]]
    assert [r["AVISIT"] for r in collected] == ["V6", "V7", "V8", "V10"]
    assert [r["ANL01FL"] for r in collected] == ["Y"] * 4


@pytest.mark.parametrize(
    ("variable", "values"),
    [("LBSTRESU", ("U/L", "ukat/L")), ("LBSPEC", ("BLOOD", "URINE"))],
)
def test_units_and_specimens_are_never_pooled(variable: str, values: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="never pooled"):
        small(*({"LBDTC": "2026-02-02", "LBSTRESN": 1.0, variable: v} for v in values))


def test_results_without_date_or_result_are_reported() -> None:
    _, findings = demo()[1:]
    dropped = [f for f in findings if f.rule == "derive.result" and f.dataset == "LB"]
    expected = sum(r["LBSTRESC"] is None for r in rows(demo()[0]["LB"]))
    assert [f.count for f in dropped] == [expected]


def test_the_multiple_of_the_upper_limit_is_of_the_record() -> None:
    """A value at three times its limit is 3, not a hair beside it."""
    seen = 0
    for r in rows(demo()[1]["ADLB"]):
        value, limit = r["AVAL"], r["ANRHI"]
        if value is None or not limit:
            assert r["R2ANRHI"] is None
            continue
        seen += 1
        assert r["R2ANRHI"] == round(value / limit, 9)
    assert seen > 1000
