"""ADCYT: counts, support and follow-up reach the grading as they stand in SDTM."""

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
LINEAGES = {"NEUT": "10^9/L", "PLAT": "10^9/L", "HGB": "g/L"}


def cytopenia() -> list[dict[str, Any]]:
    return rows(demo()[1]["ADCYT"])


def test_every_infused_subject_has_every_parameter_but_recovery() -> None:
    found: dict[str, set[str]] = {}
    for r in cytopenia():
        found.setdefault(r["USUBJID"], set()).add(r["PARAMCD"])
    landmarks = {f"{p}D{d}" for p in LINEAGES for d in (28, 56, 84)}
    grades = {"ICAHTE", "ICAHTL", "TICAHTE", "TICAHTL"}
    assert len(found) == 20
    assert all({c for c in codes if not c.endswith("REC")} == landmarks | grades
               for codes in found.values())  # fmt: skip


@pytest.mark.parametrize("lineage", list(LINEAGES))
@pytest.mark.parametrize("landmark", [28, 56, 84])
def test_grade_at_the_landmark_again(lineage: str, landmark: int) -> None:
    """Grade of the record nearest to the landmark, within 14 days, the earlier of two."""
    graded: dict[str, list[tuple[int, int, float]]] = {}
    for r in rows(demo()[1]["ADLB"]):
        if (r["PARAMCD"], r["BASETYPE"]) == (lineage, "PRE-INFUSION") and r["TRTSDT"]:
            day = (r["ADT"] - r["TRTSDT"]).days
            if r["ATOXGRLN"] is not None and abs(day - landmark) <= 14:
                graded.setdefault(r["USUBJID"], []).append(
                    (abs(day - landmark), day, -r["ATOXGRLN"])
                )
    for r in cytopenia():
        if r["PARAMCD"] == f"{lineage}D{landmark}":
            nearest = min(graded.get(r["USUBJID"], []), default=None)
            assert r["AVAL"] == (None if nearest is None else -nearest[2])
            assert (r["AVALCAT1"] == "NOT ASSESSED") == (nearest is None)
            if nearest is not None:
                assert r["ADY"] == nearest[1] + (nearest[1] >= 0)
                assert (r["AVALCAT1"] == "UNRESOLVED") == (-nearest[2] >= 3)


def small(
    neutrophils: dict[int, float], platelets: dict[int, float], **more: Any
) -> dict[str, dict[str, Any]]:
    """ADCYT of subject A from counts by day; `transfused`: days; `therapy`: day of a new one;
    `progressed`: day of it."""

    def date(day: int) -> str:
        return (START + dt.timedelta(day)).isoformat()

    labs = [
        {"USUBJID": "A", "LBTESTCD": code, "LBTEST": code, "LBSTRESN": value, "LBSTRESC": "x",
         "LBSTRESU": LINEAGES[code], "LBDTC": date(day), "LBSPEC": "BLOOD", "LBSTNRLO": low,
         "LBSTNRHI": 1000.0}
        for code, low, counts in (("NEUT", 1.8, neutrophils), ("PLAT", 150.0, platelets))
        for day, value in counts.items()
    ]  # fmt: skip
    transfusions = [
        {"USUBJID": "A", "PRTRT": "PLATELET TRANSFUSION", "PRSTDTC": date(d), "PRENDTC": date(d)}
        for d in more.get("transfused", [])
    ]
    therapies = [
        {"USUBJID": "A", "CMCAT": "SUBSEQUENT ANTI-CANCER THERAPY", "CMSTDTC": date(d)}
        for d in more.get("therapy", [])
    ]
    progressions = [{"USUBJID": "A", "CESTDTC": date(d)} for d in more.get("progressed", [])]
    data = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A")),
        domain("LB", *labs),
        domain("PR", *transfusions, variables="USUBJID PRTRT PRSTDTC PRENDTC"),
        domain("CM", *therapies, variables="USUBJID CMCAT CMDECOD CMCLASCD CMSTDTC CMENDTC"),
        domain("CE", *progressions, variables="USUBJID CESTDTC"),
    )
    raw = read_plan_file("derivation")
    rules = plan(
        findings={"ADLB": raw["findings"]["ADLB"]},
        cytopenia={**raw["cytopenia"], "until": "CUTDT"},
        event_dates={"PDDT": {"from": [{"domain": "CE", "date": "CESTDTC"}]}},
    )
    return {r["PARAMCD"]: r for r in rows(derive(data, rules)[0]["ADCYT"])}


FLAT = dict.fromkeys(range(101), 200.0)


def test_early_grade_by_the_longest_run() -> None:
    low = {d: 0.4 if 3 <= d <= 9 else 3.0 for d in range(31)}
    found = small(low, FLAT)
    assert (found["ICAHTE"]["AVAL"], found["TICAHTE"]["AVAL"]) == (2, 0)


def test_counts_after_a_new_therapy_are_not_graded() -> None:
    low = {d: 0.4 if d >= 40 else 3.0 for d in range(80)}
    assert small(low, FLAT)["ICAHTL"]["AVAL"] == 3
    assert small(low, FLAT, therapy=[35])["ICAHTL"]["AVAL"] == 0
    assert small(low, FLAT, progressed=[35])["ICAHTL"]["AVAL"] == 0
    assert small(low, FLAT, progressed=[45])["ICAHTL"]["AVAL"] == 3


def test_transfusion_hides_a_resolution() -> None:
    platelets = {d: 10.0 if d < 25 else 120.0 for d in range(41)}
    assert small(FLAT, platelets)["PLATD28"]["AVALCAT1"] == "RESOLVED"
    found = small(FLAT, platelets, transfused=[24])
    assert (found["PLATD28"]["AVALCAT1"], found["PLATD28"]["PROLFL"]) == ("SUPPORTED", "Y")
    assert found["PLATREC"]["AVAL"] == 31  # from day 1 to the eighth day after the transfusion
    assert found["PLATREC"]["CNSR"] == 0


def test_no_count_is_a_reason() -> None:
    found = small({0: 3.0}, FLAT)
    assert (found["ICAHTL"]["AVAL"], found["ICAHTL"]["AREASN"]) == (None, "no count in the window")


def test_every_time_to_recovery_says_how_it_ended() -> None:
    times = [r for r in cytopenia() if r["PARAMCD"].endswith("REC")]
    assert {r["CNSR"] for r in times} == {0, 1}
    for r in times:
        wanted = ("Grade 2 or less", None) if r["CNSR"] == 0 else (
            "Not recovered at last count", "Last count")  # fmt: skip
        assert (r["EVNTDESC"], r["CNSDTDSC"]) == wanted
