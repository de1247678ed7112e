"""ADBM: peaks, folds, depletion and recovery; masking drugs."""

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


def date(day: int) -> str:
    return (START + dt.timedelta(day)).isoformat()


def test_peaks_again_from_the_laboratory_records() -> None:
    sdtm, made, _ = demo()
    starts = {r["USUBJID"]: r["TRTSDT"] for r in rows(made["ADSL"]) if r["SAFFL"] == "Y"}
    values: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for r in rows(sdtm["LB"]):
        if r["USUBJID"] in starts and r["LBSTRESN"] is not None:
            day = (dt.date.fromisoformat(r["LBDTC"][:10]) - starts[r["USUBJID"]]).days
            if 0 < day <= 400:
                values.setdefault((r["USUBJID"], r["LBTESTCD"]), []).append((r["LBSTRESN"], -day))
    derived = {(r["USUBJID"], r["ASSAYCD"], r["PARAMCD"]): r["AVAL"] for r in rows(made["ADBM"])}
    codes = read_plan_file("derivation")["biomarkers"]["peaks"]
    for who in starts:
        for code in codes:
            top = max(values.get((who, code), []), default=None)
            assert derived[who, code, "PEAK"] == (top[0] if top else None)
            assert derived[who, code, "TPEAK"] == (-top[1] if top else None)


def test_missing_values_have_a_reason_and_others_none() -> None:
    for r in rows(demo()[1]["ADBM"]):
        assert (r["AVAL"] is None) == (r["AREASN"] is not None)


def small(code: str, results: dict[int, str], given: tuple[int, ...] = ()) -> dict[str, Any]:
    """Parameters of one analyte of subject A from results by day; `given`: days of tocilizumab."""
    labs = [
        {"USUBJID": "A", "LBTESTCD": code, "LBTEST": code, "LBSTRESC": text, "LBDTC": date(day),
         "LBSTRESN": None if text[0] in "<>" else float(text), "LBSTRESU": "u"}
        for day, text in results.items()
    ]  # fmt: skip
    drugs = [
        {"USUBJID": "A", "CMDECOD": "TOCILIZUMAB", "CMSTDTC": date(d), "CMENDTC": date(d)}
        for d in given
    ]
    data = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A")),
        domain("LB", *labs, variables="LBSPEC"),
        domain("CM", *drugs, variables="USUBJID CMDECOD CMSTDTC CMENDTC CMCAT"),
    )
    raw = read_plan_file("derivation")
    findings = {"ADLB": {"domain": "LB", "baselines": raw["findings"]["ADLB"]["baselines"]}}
    made, _ = derive(data, plan(findings=findings, biomarkers=raw["biomarkers"]))
    return {r["PARAMCD"]: r for r in rows(made["ADBM"]) if r["ASSAYCD"] == code}


def test_fold_of_baseline_or_of_the_limit() -> None:
    found = small("IFNG", {-7: "50", 0: "4", 3: "40", 5: "60", 7: "60"})
    assert (found["PEAK"]["AVAL"], found["TPEAK"]["AVAL"], found["FOLD"]["AVAL"]) == (60, 5, 15)
    below = small("IFNG", {0: "<2", 3: "40"})
    assert (below["FOLD"]["AVAL"], below["FOLD"]["BASEBLFL"]) == (20, "Y")
    assert small("IFNG", {3: "40"})["FOLD"]["AREASN"] == "no baseline"


def test_a_peak_above_the_upper_limit_is_the_limit_and_flagged() -> None:
    found = small("INTLK6", {0: "4", 3: "40", 5: ">5000", 7: "4000"})
    assert (found["PEAK"]["AVAL"], found["PEAK"]["ABOVEFL"]) == (5000, "Y")
    assert (found["FOLD"]["AVAL"], found["FOLD"]["ABOVEFL"]) == (1250, "Y")
    assert small("INTLK6", {0: "4", 3: "40"})["PEAK"]["ABOVEFL"] == "N"


def test_no_peak_below_the_limit_or_without_sample() -> None:
    assert small("IFNG", {0: "5", 3: "<2"})["PEAK"]["AREASN"] == "below the limit in every sample"
    assert small("IFNG", {0: "5"})["PEAK"]["AREASN"] == "no sample in the window"


@pytest.mark.parametrize(("day", "flag"), [(4, "Y"), (5, "Y"), (6, "N")])
def test_peak_after_tocilizumab_is_flagged(day: int, flag: str) -> None:
    found = small("INTLK6", {0: "5", 3: "40", 5: "60"}, (day,))
    assert found["PEAK"]["MASKFL"] == flag
    assert small("IFNG", {0: "5", 3: "40"}, (day,))["PEAK"]["MASKFL"] is None


def test_the_last_sample_and_no_sample() -> None:
    assert small("EOS", {0: "8", 5: "2", 14: "1"})["TLAST"]["AVAL"] == 14
    none = small("EOS", {0: "8"})
    assert {none[code]["AREASN"] for code in ("NADIR", "TDEPL", "THIGH", "TLAST")} == {
        "no sample in the window"
    }


def times(counts: dict[int, str]) -> dict[str, float | None]:
    found = small("EOS", {0: "8", **counts})
    return {code: found[code]["AVAL"] for code in ("TDEPL", "DDEPL", "TRECOV", "THIGH")}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({1: "2", 5: "0.04", 7: "0.01", 14: "0.2", 28: "1.6"}, (5, 9, 14, 28)),
        # one low count alone is no depletion
        ({1: "2", 5: "0.04", 7: "0.06", 14: "0.01", 28: "0.2"}, (None, None, None, None)),
        # 0.05 itself is not depleted
        ({5: "0.05", 7: "0.05"}, (None, None, None, None)),
        ({5: "0.04", 7: "0.04", 9: "0.05"}, (5, 4, 9, None)),
        ({5: "0.04", 7: "0.04"}, (5, None, None, None)),
        # below the limit of the assay counts as the limit
        ({5: "<0.01", 7: "<0.01", 9: "3"}, (5, 4, 9, 9)),
    ],
)
def test_depletion_and_recovery(counts: dict[int, str], expected: tuple[float | None, ...]) -> None:
    assert tuple(times(counts).values()) == expected
