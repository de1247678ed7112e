"""DRVRESP: components found in SDTM around each assessment, beside the investigator's response."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from il5report.derive.adam import derive
from il5report.errors import PlanError
from tests.derive.adam_study import (
    demo,
    domain,
    infusion,
    plan,
    read_plan_file,
    rows,
    study,
    subject,
)

START = dt.date(2026, 2, 1)


def date(day: int) -> str:
    return (START + dt.timedelta(day)).isoformat()


def test_agreement_with_the_investigator_of_the_demo() -> None:
    """The stories were written apart from the criteria; three visits differ, and why is known."""
    records = rows(demo()[1]["ADRS"])
    derived = {(r["USUBJID"], r["ADT"]): r for r in records if r["PARAMCD"] == "DRVRESP"}
    own = {
        (r["USUBJID"], r["ADT"]): r["AVALC"]
        for r in records
        if r["PARAMCD"] == "OVRLRESP" and r["AEVAL"] == "INVESTIGATOR"
    }
    assert set(derived) == set(own)
    pairs = Counter((own[k], r["AVALC"], r["AREASN"]) for k, r in derived.items())
    differing = {k: n for k, n in pairs.items() if k[0] != k[1]}
    assert differing == {
        ("MLFS", "NE", "MARCELLS, MARCELPC"): 1,  # marrow cells are not counted in this study
        ("PD", "NR", None): 2,  # ELN has relapse, but no progression without a response before
    }


REMISSION: dict[str, Any] = {
    "BLAST": 2.0, "CELLULAR": "NORMOCELLULAR", "FIBROSIS": 0.0, "MATURAT": "NORMAL",
    "WBC": 5.0, "HGB": 120.0, "PLAT": 200.0, "NEUT": 2.5, "EOS": 0.1, "MONO": 0.4, "BLASTS": 0.0,
}  # fmt: skip


def derived(at: int = 0, emd: tuple[str, str] = ("ABSENT", "ABSENT"), **more: Any) -> Any:
    """Derived code and reason at day 30; components are `at` days later than the assessment."""
    values = {**REMISSION, **more.get("values", {})}
    marrow = [
        {"USUBJID": "A", "MITESTCD": n, "MIDTC": date(day), "MISTRESN": v if _is(v) else None,
         "MISTRESC": str(v)}
        for day, part in ((-5, {"BLAST": 30.0}), (30 + at, values))
        for n, v in part.items()
        if n in ("BLAST", "CELLULAR", "FIBROSIS", "MATURAT")
    ]  # fmt: skip
    blood = [
        {"USUBJID": "A", "LBTESTCD": {"BLASTS": "BLAST"}.get(n, n), "LBSTRESN": v,
         "LBDTC": date(30 + at)}
        for n, v in values.items()
        if n not in ("BLAST", "CELLULAR", "FIBROSIS", "MATURAT")
    ]  # fmt: skip
    rs = [
        {"USUBJID": "A", "RSTESTCD": "EMDRESP", "RSSTRESC": word, "RSDTC": date(day),
         "RSEVAL": "INVESTIGATOR"}
        for day, word in zip((-5, 30 + at), emd, strict=True)
    ]  # fmt: skip
    visit = {**rs[0], "RSTESTCD": "OVRLRESP", "RSSTRESC": "SD", "RSDTC": date(30)}
    transfusions = [
        {"USUBJID": "A", "PRTRT": "PLATELET TRANSFUSION", "PRSTDTC": date(d), "PRENDTC": date(d)}
        for d in more.get("transfused", [])
    ]
    raw = read_plan_file("derivation")
    response = {
        **raw["response"], "findings": {}, "parameters": {}, "until": [],
        "derived": {**raw["response"]["derived"], **more.get("rules", {})},
    }  # fmt: skip
    history = {"MHCAT": "PRIMARY DIAGNOSIS", "PHASE": more.get("phase", "CHRONIC")}
    data = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A")),
        domain("MH", {"USUBJID": "A", **history}),
        domain("MI", *marrow),
        domain("LB", *blood),
        domain("RS", visit, *rs),
        domain("PR", *transfusions, variables="USUBJID PRTRT PRSTDTC PRENDTC"),
        domain("CM", variables="USUBJID CMCAT CMSTDTC CMENDTC"),
    )
    baseline = {n: raw["values"][n] for n in ("DISPHASE", "MBLSTBL")}
    made, _ = derive(data, plan(response=response, values=baseline))
    (row,) = (r for r in rows(made["ADRS"]) if r["PARAMCD"] == "DRVRESP")
    return row["AVALC"], row["AREASN"]


def _is(value: object) -> bool:
    return isinstance(value, float)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "CR"),
        ({"at": 7}, "CR"),
        ({"at": -7}, "CR"),
        ({"values": {"EOS": 0.5}}, "MR"),  # blood not in remission, marrow is
        ({"values": {"BLASTS": 0.05}}, "MR"),  # 1 % of 5 x 10^9/L
        ({"values": {"CELLULAR": "HYPOCELLULAR"}}, "SD"),
        ({"values": {"BLAST": 16.0, "CELLULAR": "HYPERCELLULAR"}}, "SD"),
        ({"values": {"BLAST": 15.0, "CELLULAR": "HYPERCELLULAR"}}, "PR"),  # half of the 30 %
        ({"values": {"BLAST": 20.0}}, "PD"),
        ({"emd": ("ABSENT", "PRESENT")}, "PD"),  # new
        ({"emd": ("PRESENT", "PRESENT")}, "MR"),  # there before
        ({"transfused": [24]}, "MR"),  # platelets after a transfusion 6 days ago do not count
        ({"transfused": [23]}, "CR"),
        ({"phase": "BLAST", "values": {"PLAT": 60.0}}, "CRh"),
        ({"phase": "BLAST", "values": {"PLAT": 40.0}}, "CRi"),
        ({"phase": "BLAST", "values": {"PLAT": 60.0, "NEUT": 0.7}}, "CRh"),
    ],
)
def test_components_make_the_response(changes: dict[str, Any], code: str) -> None:
    assert derived(**changes)[0] == code


@pytest.mark.parametrize("at", [8, -8])
def test_components_too_far_away_are_missing(at: int) -> None:
    code, reason = derived(at=at)
    assert code == "NE"
    assert "MARBLAST" in reason


def test_unsound_criteria_of_the_plan_are_refused() -> None:
    level = {"code": "CR", "label": "CR", "complete": True, "when": "EOS < 0.5"}
    bad = {
        "name": "X", "version": "1", "citation": "None", "text": "Eosinophils only",
        "levels": [level, {"code": "SD", "label": "Stable"}],
    }  # fmt: skip
    with pytest.raises(PlanError, match="must ask for MARBLAST"):
        derived(rules={"criteria": {"CHRONIC": bad}})
    with pytest.raises(PlanError, match="no criteria set 'NOPE'"):
        derived(rules={"types": {"CHRONIC": "NOPE"}})
