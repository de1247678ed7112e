"""ADAB: antibodies before and after infusion; and qualitative results without numbers."""

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
Results = dict[int, tuple[str, float | None]]


def small(results: Results) -> dict[str, Any]:
    """Parameters of subject A: day from infusion to result and titre."""
    samples = []
    for day, (word, titre) in results.items():
        date = (START + dt.timedelta(day)).isoformat()
        samples.append(
            {"USUBJID": "A", "ISTESTCD": "ADA", "ISTEST": "Antibody", "ISSTRESC": word,
             "ISSTRESN": None, "ISDTC": date}
        )  # fmt: skip
        if titre is not None:
            samples.append(
                {"USUBJID": "A", "ISTESTCD": "ADATITR", "ISTEST": "Titer", "ISDTC": date,
                 "ISSTRESC": f"{titre:g}", "ISSTRESN": titre}
            )  # fmt: skip
    data = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A")),
        domain("IS", *samples, variables="ISTESTCD ISTEST ISSTRESC ISSTRESN ISDTC"),
    )
    raw = read_plan_file("derivation")
    findings = {"ADIS": raw["findings"]["ADIS"]}
    made, _ = derive(data, plan(findings=findings, antibodies=raw["antibodies"]))
    return {r["PARAMCD"]: r for r in rows(made["ADAB"])}


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ({0: ("NEGATIVE", None), 28: ("NEGATIVE", None)}, "NEGATIVE"),
        ({0: ("NEGATIVE", None), 28: ("POSITIVE", 40)}, "TREATMENT-INDUCED"),
        ({28: ("POSITIVE", None)}, "TREATMENT-INDUCED"),
        ({0: ("POSITIVE", 20), 28: ("POSITIVE", 80)}, "TREATMENT-BOOSTED"),
        ({0: ("POSITIVE", 20), 28: ("POSITIVE", 79)}, "PRE-EXISTING, NOT BOOSTED"),
        ({0: ("POSITIVE", 20), 28: ("NEGATIVE", None)}, "PRE-EXISTING, NOT BOOSTED"),
        ({0: ("POSITIVE", None), 28: ("POSITIVE", 80)}, "PRE-EXISTING, NOT BOOSTED"),
        # the last sample before infusion is the baseline
        ({-7: ("POSITIVE", 20), 0: ("NEGATIVE", None), 28: ("POSITIVE", 40)}, "TREATMENT-INDUCED"),
        ({0: ("POSITIVE", 20)}, None),
        ({28: ("INDETERMINATE", None)}, None),
    ],
)
def test_status(results: Results, status: str | None) -> None:
    found = small(results)["ADASTAT"]
    assert found["AVALC"] == status
    assert found["AREASN"] == (None if status else "no sample after infusion")


def test_titres_and_days() -> None:
    found = small(
        {0: ("NEGATIVE", None), 28: ("POSITIVE", 80), 90: ("POSITIVE", 40), 180: ("NEGATIVE", None)}
    )
    values = {code: found[code]["AVAL"] for code in ("ADAMAXT", "ADAFDAY", "ADALDAY", "ADABTIT")}
    assert values == {"ADAMAXT": 80, "ADAFDAY": 28, "ADALDAY": 90, "ADABTIT": None}
    assert found["ADABTIT"]["AREASN"] == "not positive at baseline"
    assert small({28: ("POSITIVE", None)})["ADAMAXT"]["AREASN"] == "positive, no titre"
    assert small({28: ("POSITIVE", None)})["ADABASE"]["AREASN"] == "no baseline sample"


def test_a_value_or_a_reason() -> None:
    for r in rows(demo()[1]["ADAB"]):
        assert (r["AVAL"] is None and r["AVALC"] is None) == (r["AREASN"] is not None)


def test_the_demo_study_again_from_its_samples() -> None:
    sdtm, made, _ = demo()
    starts = {r["USUBJID"]: r["TRTSDT"] for r in rows(made["ADSL"]) if r["SAFFL"] == "Y"}
    seen: dict[str, dict[bool, set[str]]] = {who: {True: set(), False: set()} for who in starts}
    for r in rows(sdtm["IS"]):
        if r["ISTESTCD"] == "ADA" and r["USUBJID"] in starts:
            later = dt.date.fromisoformat(r["ISDTC"][:10]) > starts[r["USUBJID"]]
            seen[r["USUBJID"]][later].add(r["ISSTRESC"])
    status = {r["USUBJID"]: r["AVALC"] for r in rows(made["ADAB"]) if r["PARAMCD"] == "ADASTAT"}
    assert status.keys() == starts.keys()
    for who, found in seen.items():
        before = "POSITIVE" in found[False]
        after = "POSITIVE" in found[True]
        assert (status[who] is None) == (not found[True])
        assert (status[who] == "TREATMENT-INDUCED") == (after and not before)
        assert (status[who] == "NEGATIVE") == (bool(found[True]) and not after and not before)
    assert sorted(s for s in status.values() if s in ("TREATMENT-BOOSTED",)) == [
        "TREATMENT-BOOSTED"
    ]
