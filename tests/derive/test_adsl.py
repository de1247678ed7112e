"""ADSL: re-derived from the demo study in plain Python, and the rules on small studies."""

from __future__ import annotations

import datetime as dt
import statistics
from typing import Any

import polars as pl
import pytest

from il5report.derive.adam import derive
from il5report.errors import DataError, Finding, Severity
from il5report.plan.derivation import Derivation
from tests.derive.adam_study import (
    by_subject,
    demo,
    domain,
    infusion,
    plan,
    rows,
    study,
    subject,
    whole_plan,
)


def day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text[:10]) if text and len(text) >= 10 else None


def first(records: list[dict[str, Any]], variable: str, **where: object) -> str | None:
    """Earliest value of a date variable among the records that have these values."""
    hits = [r[variable] for r in records if all(r[k] == v for k, v in where.items())]
    return min((h for h in hits if h), default=None)


def adsl() -> dict[str, dict[str, Any]]:
    return {row["USUBJID"]: row for row in rows(demo()[1]["ADSL"])}


def test_everybody_screened_is_there_once_and_in_order() -> None:
    subjects = [r["USUBJID"] for r in rows(demo()[1]["ADSL"])]
    assert subjects == sorted(r["USUBJID"] for r in rows(demo()[0]["DM"]))


def test_flags_are_yes_or_no() -> None:
    for row in rows(demo()[1]["ADSL"]):
        assert {v for k, v in row.items() if k.endswith("FL")} <= {"Y", "N"}


def test_milestones_again() -> None:
    sdtm, derived = demo()[0], adsl()
    dispositions, procedures = by_subject(sdtm["DS"]), by_subject(sdtm["PR"])
    exposures, medications = by_subject(sdtm["EX"]), by_subject(sdtm["CM"])
    for dm in rows(sdtm["DM"]):
        who = dm["USUBJID"]
        ds, pr = dispositions[who], procedures.get(who, [])
        ex, cm = exposures.get(who, []), medications.get(who, [])
        row = derived[who]
        entered = first(ds, "DSSTDTC", DSDECOD="ENTERED INTO TRIAL")
        infused = first(ex, "EXSTDTC", EXCAT="CAR-T INFUSION")
        conditioned = first(ex, "EXSTDTC", EXCAT="LYMPHODEPLETION")
        assert row["RFICDT"] == day(dm["RFICDTC"])
        assert row["ENRLDT"] == day(entered)
        assert row["TRTSDT"] == day(infused)
        assert row["LDSDT"] == day(conditioned)
        assert row["LEUKDT"] == day(first(pr, "PRSTDTC", PRTRT="LEUKAPHERESIS"))
        assert row["DTHDT"] == day(dm["DTHDTC"])
        assert row["ENRLFL"] == ("Y" if entered else "N")
        assert row["SAFFL"] == ("Y" if infused else "N")
        assert row["LDFL"] == ("Y" if conditioned else "N")
        assert row["DTHFL"] == ("Y" if dm["DTHDTC"] else "N")
        assert row["TRT01P"] == dm["ARM"]
        assert row["TRT01A"] == (dm["ACTARM"] if infused else None)
        assert row["BRDGFL"] == ("Y" if any(c["CMCAT"] == "BRIDGING THERAPY" for c in cm) else "N")
        if infused:
            assert row["TRT01AN"] == float(dm["ACTARM"][-1])
            assert row["V2VDUR"] == (row["TRTSDT"] - row["LEUKDT"]).days
            assert row["LDINF"] == (row["TRTSDT"] - row["LDSDT"]).days


def test_counts_by_hand() -> None:
    """The stories of the demo study: 26 screened, 23 enrolled, 20 infused at 3, 6 and 11."""
    derived = list(adsl().values())
    assert len(derived) == 26
    assert sum(r["ENRLFL"] == "Y" for r in derived) == 23
    assert sum(r["SAFFL"] == "Y" for r in derived) == 20
    assert [sum(r["TRT01AN"] == n for r in derived) for n in (1, 2, 3)] == [3, 6, 11]
    assert sum(r["SCRFFL"] == "Y" for r in derived) == 3
    assert sum(r["MFAILFL"] == "Y" for r in derived) == 1


def test_screen_failures_by_criterion() -> None:
    criteria = by_subject(demo()[0]["IE"])
    for who, row in adsl().items():
        failed = [r["IETESTCD"] for r in sorted(criteria.get(who, []), key=lambda r: r["IESEQ"])]
        assert row["SCRFCRIT"] == (failed[0] if failed else None)
        assert row["SCRFALL"] == ("; ".join(failed) or None)


@pytest.mark.parametrize(
    ("name", "source", "test", "value"),
    [
        ("EOSBL", "LB", "EOS", "LBSTRESN"),
        ("LVEFBL", "CV", "LVEF", "CVSTRESN"),
        ("WTBL", "VS", "WEIGHT", "VSSTRESN"),
        ("MBLSTBL", "MI", "BLAST", "MISTRESN"),
        ("ECOGBL", "RS", "ECOG101", "RSSTRESN"),
        ("CD125BL", "CP", "CD125BLA", "CPSTRESN"),
    ],
)
def test_baseline_is_the_last_value_before_lymphodepletion(
    name: str, source: str, test: str, value: str
) -> None:
    found = by_subject(demo()[0][source])
    for who, row in adsl().items():
        limit = (row["LDSDT"] or row["TRTSDT"] or dt.date.max).isoformat()
        usable = [
            r
            for r in found.get(who, [])
            if r[f"{source}TESTCD"] == test
            and r[value] is not None
            and r[f"{source}DTC"][:10] <= limit
        ]
        last = max(usable, key=lambda r: (r[f"{source}DTC"], r[f"{source}SEQ"]), default=None)
        assert row[name] == (last[value] if last else None), who


def test_follow_up() -> None:
    for row in adsl().values():
        if row["TRTSDT"] is None:
            assert row["FUPDAY"] is None
            continue
        end = row["DTHDT"] or row["LSTALVDT"]
        assert row["FUPDAY"] == (end - row["TRTSDT"]).days
        assert row["LSTALVDT"] <= (row["DTHDT"] or dt.date(2026, 6, 30))
        assert row["COMP28FL"] == ("Y" if row["FUPDAY"] >= 28 else "N")


def test_every_variable_has_a_label_and_a_type() -> None:
    for dataset in demo()[1].values():
        assert list(dataset.labels) == dataset.frame.columns
        assert all(0 < len(label) <= 40 for label in dataset.labels.values())
        assert all(len(name) <= 8 for name in dataset.frame.columns)
        assert not any(kind.is_integer() for kind in dataset.frame.dtypes)
        unlabelled = [n for n, label in dataset.labels.items() if n == label]
        assert not unlabelled, dataset.name


def test_derivation_does_not_depend_on_the_order_of_records() -> None:
    sdtm, datasets, _ = demo()
    shuffled = {
        n: type(d)(n, d.frame.sample(fraction=1.0, shuffle=True, seed=7), d.label, d.labels)
        for n, d in sdtm.items()
    }
    again, _ = derive(shuffled, whole_plan())
    for name, dataset in datasets.items():
        assert again[name].frame.equals(dataset.frame), name


def one(*datasets: Any, **changes: Any) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    made, findings = derive(study(*datasets), plan(**changes))
    return made["ADSL"].frame.row(0, named=True), findings


FEW = {
    "LDSDT": {"from": [{"domain": "EX", "date": "EXSTDTC"}]},
    "RFICDT": {"from": [{"domain": "DM", "date": "RFICDTC"}]},
}


def test_death_after_the_cutoff_has_not_happened() -> None:
    row, findings = one(
        domain("DM", subject("A", DTHDTC="2026-07-05", DTHFL="Y")), domain("EX", infusion("A"))
    )
    assert (row["DTHDT"], row["DTHFL"]) == (None, "N")
    assert [f.count for f in findings if f.variable == "DTHDTC"] == [1]


@pytest.mark.parametrize(
    ("dthdtc", "seen", "death", "flag"),
    [
        ("2026-03-20", "2026-03-10", "2026-03-20", None),
        ("2026-03", "2026-03-10", "2026-03-10", "D"),
        ("2026-03", "2026-02-10", "2026-03-01", "D"),
        ("2026", "2026-02-10", "2026-02-10", "M"),
    ],
)
def test_partial_death_is_not_before_the_last_day_alive(
    dthdtc: str, seen: str, death: str, flag: str | None
) -> None:
    dates = {
        "LSTALVDT": {"pick": "last", "from": [{"domain": "SV", "date": "SVSTDTC"}]},
        "DTHDT": {
            "impute": "earliest", "not_before": "LSTALVDT", "flag": "DTHDTF",
            "from": [{"domain": "DM", "date": "DTHDTC"}],
        },
    }  # fmt: skip
    row, _ = one(
        domain("DM", subject("A", DTHDTC=dthdtc, DTHFL="Y")),
        domain("EX", infusion("A")),
        domain("SV", {"USUBJID": "A", "SVSTDTC": seen}),
        dates={**FEW, **dates},
    )
    assert (row["DTHDT"], row["DTHDTF"]) == (dt.date.fromisoformat(death), flag)


def test_unknown_treatment_of_a_treated_subject_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        one(domain("DM", subject("A", ACTARM="Dose level 9")), domain("EX", infusion("A")))
    assert [(f.rule, f.subjects) for f in caught.value.findings] == [("derive.treatment", ("A",))]


def test_variable_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"EXCATT.*did you mean 'EXCAT'"):
        one(
            domain("DM", subject("A")),
            domain("EX", infusion("A")),
            treatment={"domain": "EX", "where": 'EXCATT == "CAR-T INFUSION"'},
        )


def test_missing_domain_is_a_warning() -> None:
    _, findings = one(domain("DM", subject("A")), domain("EX", infusion("A")))
    assert {f.dataset for f in findings if f.severity is Severity.WARNING} == {"CM", "PR"}


def test_supplemental_qualifiers_become_variables() -> None:
    supplement = pl.DataFrame(
        {
            "USUBJID": ["A", "A", "A", "Z"], "IDVAR": ["EXSEQ"] * 3 + [None],
            "IDVARVAL": ["1", " 1", "7", None], "QNAM": ["OOSFL", "LOTX", "OOSFL", "SITEX"],
            "QVAL": ["Y", "a", "N", "b"],
        }
    )  # fmt: skip
    data = study(domain("DM", subject("A")), domain("EX", infusion("A")))
    suppex = domain("SUPPEX", {"USUBJID": "A"})
    data = {**data, "SUPPEX": type(suppex)("SUPPEX", supplement)}
    flags = {"OOSFL": {"domain": "EX", "where": 'OOSFL == "Y"'}}
    made, findings = derive(data, plan(flags=flags))
    assert made["ADSL"].frame["OOSFL"].to_list() == ["Y"]
    orphans = [f for f in findings if f.rule == "derive.supplement"]
    assert sorted(f.subjects for f in orphans) == [("A",), ("Z",)]


def test_pre_dose_record_of_the_infusion_day_is_baseline() -> None:
    values = {
        "TEMPBL": {
            "domain": "VS", "where": 'VSTESTCD == "TEMP"', "value": "VSSTRESN", "order": "VSDTC",
            "until": ["TRTSDT"],
        }
    }  # fmt: skip
    temperatures = [("2026-02-01T09:00", 36.5), ("2026-02-01T11:00", 39.0), ("2026-01-20", 37.0)]
    vs = domain(
        "VS",
        *(
            {"USUBJID": "A", "VSTESTCD": "TEMP", "VSDTC": at, "VSSTRESN": value}
            for at, value in temperatures
        ),
    )
    row, _ = one(domain("DM", subject("A")), domain("EX", infusion("A")), vs, values=values)
    assert row["TEMPBL"] == 36.5


def test_rules_name_only_dates_that_are_declared() -> None:
    with pytest.raises(ValueError, match="interval GAP: NODT is not declared"):
        Derivation.model_validate(
            {
                "treatment": {"domain": "EX"},
                "intervals": {"GAP": {"start": "NODT", "end": "TRTSDT"}},
            }
        )


def test_groups_split_the_results_at_their_median() -> None:
    made = demo()[1]
    peaks = {
        r["USUBJID"]: r["AVAL"]
        for r in rows(made["ADPP"])
        if r["ASSAYCD"] == "QPCRBL" and r["PARAMCD"] == "CMAX"
    }
    treated = [r for r in rows(made["ADSL"]) if r["SAFFL"] == "Y"]
    middle = statistics.median(peaks[r["USUBJID"]] for r in treated)
    for r in rows(made["ADSL"]):
        peak = peaks.get(r["USUBJID"])
        if peak is None:
            assert r["CMAXGR1"] is None
        else:
            assert r["CMAXGR1"] == ("Above median" if peak > middle else "At or below median")
