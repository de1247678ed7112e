"""MRDSTAT, CYTRESP, MOLRESP and what follows for the subject, from samples in SDTM."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from il5report.derive.adam import derive
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
RESPONSE = read_plan_file("derivation")["response"]
KEPT = {
    k: RESPONSE[k] for k in ("visits", "codes", "schedule", "where", "assessor", "until", "depth")
}


def date(day: int) -> str:
    return (START + dt.timedelta(day)).isoformat()


def marrow(day: int, value: str) -> dict[str, object]:
    return {"USUBJID": "A", "MITESTCD": "MRD", "MISTRESC": value, "MIDTC": date(day)}


def gene(day: int, test: str, value: str) -> dict[str, object]:
    number = float(value) if value.isdigit() else None
    return {"USUBJID": "A", "GFTESTCD": test, "GFSTRESC": value, "GFSTRESN": number,
            "GFDTC": date(day)}  # fmt: skip


def adrs(*samples: dict[str, object], therapy: int | None = None) -> list[dict[str, Any]]:
    """ADRS of subject A; `therapy`: day of a new one."""
    later = {"CMCAT": "SUBSEQUENT ANTI-CANCER THERAPY", "CMSTDTC": date(therapy or 999)}
    other = later if therapy else {"CMCAT": "X", "CMSTDTC": date(-9)}
    mi = [s for s in samples if "MIDTC" in s] or [marrow(-5, "NONE")]
    gf = [s for s in samples if "GFDTC" in s] or [gene(-5, "OTHER", "X")]
    data = study(
        domain("DM", subject("A")), domain("EX", infusion("A")),
        domain("PR", {"USUBJID": "A", "PRTRT": "X", "PRSTDTC": date(-9)}),
        domain("CM", {"USUBJID": "A", **other}), domain("MI", *mi), domain("GF", *gf),
        domain("RS", {"USUBJID": "A", "RSTESTCD": "OVRLRESP", "RSSTRESC": "CR", "RSDTC": date(28),
                      "RSEVAL": "INVESTIGATOR"}),
    )  # fmt: skip
    return rows(derive(data, plan(response=KEPT))[0]["ADRS"])


def of(found: list[dict[str, Any]], code: str) -> list[tuple[Any, ...]]:
    return [(r["ADY"], r["AVALC"], r["AREASN"]) for r in found if r["PARAMCD"] == code]


def test_mrd_status_by_the_threshold_and_the_limit_of_the_sample() -> None:
    found = adrs(marrow(-3, "12"), marrow(28, "<0.01"), marrow(60, "<0.1"), marrow(90, "0.01"))
    assert of(found, "MRDSTAT") == [
        (-3, "POSITIVE", None),
        (29, "NEGATIVE", None),
        (61, None, "limit of detection above the threshold"),
        (91, "POSITIVE", None),
    ]
    assert of(found, "MRDREL") == [(None, "N", None)]


def test_relapse_of_mrd_needs_two_samples_before_another_therapy() -> None:
    course = (marrow(-3, "12"), marrow(28, "<0.01"), marrow(60, "0.2"), marrow(90, "0.3"))
    assert of(adrs(*course), "MRDREL") == [(61, "Y", "negative to positive")]
    assert of(adrs(*course, therapy=70), "MRDREL") == [(None, "N", None)]


@pytest.mark.parametrize(
    ("metaphases", "response", "complete"), [("20", "COMPLETE", "Y"), ("19", None, "N")]
)
def test_complete_cytogenetic_response_needs_the_metaphases(
    metaphases: str, response: str | None, complete: str
) -> None:
    found = adrs(
        gene(-3, "KARYOTYP", "ABNORMAL"), gene(-3, "METAPH", "20"),
        gene(30, "KARYOTYP", "ABNORMAL"), gene(30, "METAPH", "20"),
        gene(90, "KARYOTYP", "NORMAL"), gene(90, "METAPH", metaphases),
    )  # fmt: skip
    visits = [(31, "NOT COMPLETE", None)] + ([(91, response, None)] if response else [])
    assert of(found, "CYTRESP") == visits
    assert of(found, "CCYR") == [(91 if complete == "Y" else None, complete, None)]


def test_only_what_was_abnormal_at_baseline_can_respond() -> None:
    normal = adrs(gene(-3, "KARYOTYP", "NORMAL"), gene(30, "KARYOTYP", "NORMAL"))
    assert of(normal, "CYTRESP") == of(normal, "CCYR") == []
    lost = adrs(gene(-3, "FUSION", "DETECTED"))
    assert of(lost, "CMR") == [(None, "N", "No evaluable sample after infusion")]
    gone = adrs(gene(-3, "FUSION", "DETECTED"), gene(30, "FUSION", "NOT DETECTED"))
    assert of(gone, "MOLRESP") == [(31, "COMPLETE", None)]
    assert of(gone, "CMR") == [(31, "Y", None)]


def test_status_agrees_with_the_indicator_of_the_demo() -> None:
    records = rows(demo()[1]["ADRS"])
    status = {(r["USUBJID"], r["ADT"]): r["AVALC"] for r in records if r["PARAMCD"] == "MRDSTAT"}
    own = {(r["USUBJID"], r["ADT"]): r["AVALC"] for r in records if r["PARAMCD"] == "MRD"}
    assert status == own
    sdtm = rows(demo()[0]["GF"])
    abnormal = {
        r["USUBJID"]
        for r in sdtm
        if r["GFTESTCD"] == "KARYOTYP" and r["GFSTRESC"] == "ABNORMAL" and r["VISITNUM"] < 100
    }
    asked = {r["USUBJID"] for r in records if r["PARAMCD"] == "CCYR"}
    assert asked and asked <= abnormal
