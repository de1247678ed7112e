"""The data cut-off: what a study looked like on an earlier day, re-derived in plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.data.dataset import Dataset
from il5report.derive.adam import derive
from il5report.derive.cutoff import Cut
from il5report.errors import DataError, Finding
from il5report.report import load_plan

Rows = list[dict[str, Any]]
Study = Mapping[str, Dataset]
OWN = dt.date(2026, 6, 30)
EARLIER = (dt.date(2026, 3, 31), dt.date(2025, 9, 20), dt.date(2025, 5, 9), dt.date(2024, 8, 31))
ALIVE = {  # domain: its date, and which records show the subject alive
    "DM": ("RFICDTC", lambda r: True),
    "SS": ("SSDTC", lambda r: r["SSSTRESC"] == "ALIVE"),
    "DS": ("DSSTDTC", lambda r: r["DSDECOD"] not in ("DEATH", "LOST TO FOLLOW-UP")),
    "SV": ("SVSTDTC", lambda r: True),
    "EX": ("EXSTDTC", lambda r: True),
    "LB": ("LBDTC", lambda r: r.get("LBSTAT") is None),
    "VS": ("VSDTC", lambda r: True),
    "RS": ("RSDTC", lambda r: True),
    "AE": ("AESTDTC", lambda r: True),
}


def derived(study: Study, day: dt.date) -> tuple[dict[str, Dataset], tuple[Finding, ...]]:
    plan = load_plan(None).plan.model_copy(update={"data_cutoff": day})
    return derive(study, plan)


@pytest.fixture(scope="module", params=EARLIER, ids=str)
def earlier(
    request: pytest.FixtureRequest, demo_sdtm: Study
) -> tuple[dt.date, dict[str, Dataset], tuple[Finding, ...]]:
    return request.param, *derived(demo_sdtm, request.param)


def rows(study: Study, name: str) -> Rows:
    return study[name].frame.to_dicts()


def consented(study: Study, day: dt.date) -> set[str]:
    return {r["USUBJID"] for r in rows(study, "DM") if r["RFICDTC"][:10] <= str(day)}


def deaths(study: Study, day: dt.date) -> dict[str, dt.date]:
    return {
        r["USUBJID"]: dt.date.fromisoformat(r["DTHDTC"])
        for r in rows(study, "DM")
        if r["DTHDTC"] and r["DTHDTC"] <= str(day)
    }


def test_subjects_deaths_and_infusions(demo_sdtm: Study, earlier: Any) -> None:
    day, made, _ = earlier
    adsl = {r["USUBJID"]: r for r in rows(made, "ADSL")}
    assert adsl.keys() == consented(demo_sdtm, day)
    died = deaths(demo_sdtm, day)
    assert {k: r["DTHDT"] for k, r in adsl.items() if r["DTHFL"] == "Y"} == died
    assert all(r["DTHCAUS"] is None for k, r in adsl.items() if k not in died)
    infused = {
        r["USUBJID"]
        for r in rows(demo_sdtm, "EX")
        if r["EXCAT"] == "CAR-T INFUSION" and r["EXSTDTC"][:10] <= str(day)
    }
    assert {k for k, r in adsl.items() if r["TRTSDT"]} == infused
    assert {k for k, r in adsl.items() if r["SAFFL"] == "Y"} == infused
    assert {k for k, r in adsl.items() if r["TRT01A"]} == infused


def test_survival_ends_at_death_or_the_last_day_known_alive(demo_sdtm: Study, earlier: Any) -> None:
    day, made, _ = earlier
    seen: dict[str, list[str]] = {}
    for name, (date, shows) in ALIVE.items():
        for r in rows(demo_sdtm, name):
            # a partial date is its earliest day
            text = ((r[date] or "") + {4: "-01-01", 7: "-01"}.get(len(r[date] or ""), ""))[:10]
            if text and (r[date] or "")[:10] <= str(day) and shows(r):
                seen.setdefault(r["USUBJID"], []).append(text)
    died = deaths(demo_sdtm, day)
    start = {r["USUBJID"]: r["TRTSDT"] for r in rows(made, "ADSL") if r["TRTSDT"]}
    expected = {}
    for who, begin in start.items():
        end = died.get(who) or dt.date.fromisoformat(max(seen[who]))
        expected[who] = (float((end - begin).days + 1), who in died)
    found = {
        r["USUBJID"]: (r["AVAL"], r["CNSR"] == 0)
        for r in rows(made, "ADTTE")
        if r["PARAMCD"] == "OS"
    }
    assert found == expected


def test_events_that_had_begun_and_those_that_had_not_ended(demo_sdtm: Study, earlier: Any) -> None:
    day, made, findings = earlier
    there = consented(demo_sdtm, day)
    begun = [
        r for r in rows(demo_sdtm, "AE") if r["USUBJID"] in there and r["AESTDTC"][:10] <= str(day)
    ]
    later = [r for r in begun if r["AEENDTC"] and r["AEENDTC"][:10] > str(day)]
    open_ = {(r["USUBJID"], r["AESEQ"]) for r in begun if r in later or not r["AEENDTC"]}
    found = {(r["USUBJID"], r["AESEQ"]): r for r in rows(made, "ADAE")}
    assert found.keys() == {(r["USUBJID"], r["AESEQ"]) for r in begun}
    ongoing = {k: r for k, r in found.items() if r["ONGOFL"] == "Y"}
    assert ongoing.keys() == open_
    over = ("RECOVERED/RESOLVED", "FATAL", "RECOVERED/RESOLVED WITH SEQUELAE")
    assert not [r for r in ongoing.values() if r["AEOUT"] in over or r["ADURN"] is not None]
    counted = {f.variable: f.count for f in findings if f.rule == "derive.cutoff"}
    assert counted.get("AEENDTC", 0) == len(later)
    ours = [r for r in rows(demo_sdtm, "AE") if r["USUBJID"] in there]
    assert counted.get("AESTDTC", 0) == len(ours) - len(begun)
    people = rows(demo_sdtm, "DM")
    assert counted.get("RFICDTC", 0) == len(people) - len(there)


def test_an_event_is_not_fatal_before_the_death(demo_sdtm: Study) -> None:
    day = dt.date(2025, 9, 20)
    made, findings = derived(demo_sdtm, day)
    spared = consented(demo_sdtm, day) - deaths(demo_sdtm, day).keys()
    was = [
        r["AESEQ"]
        for r in rows(demo_sdtm, "AE")
        if r["USUBJID"] in spared and r["AEOUT"] == "FATAL" and r["AESTDTC"][:10] <= str(day)
    ]
    assert was
    theirs = [r for r in rows(made, "ADAE") if r["USUBJID"] in spared]
    assert not [r for r in theirs if r["ATOXGRN"] == 5 or r["AESDTH"] == "Y"]
    unknown = [r for r in theirs if r["ATOXGRN"] is None]
    assert len(unknown) >= len(was)
    # whether it is dose limiting is unknown as well, and so is whether the subject had one
    ungraded = {r["USUBJID"]: r["DLTDFL"] for r in unknown if r["TRTEMFL"] == "Y"}
    assert ungraded and set(ungraded.values()) == {None}
    subjects = {r["USUBJID"]: r for r in rows(made, "ADSL")}
    for who in ungraded:
        found = tuple(subjects[who][name] for name in ("DLTFL", "DLTOPFL", "DLTEVLFL"))
        assert found == ("N", "Y", "N")
    assert [f.count for f in findings if "led to a death" in f.message] == [len(was)]


def test_nothing_derived_is_dated_later(earlier: Any) -> None:
    day, made, _ = earlier
    for dataset in made.values():
        dates = [v for v, kind in dataset.frame.schema.items() if kind == pl.Date]
        for variable in dates:
            last = dataset.frame[variable].max()
            assert last is None or last <= day, f"{dataset.name}.{variable}"


def frames(study: Study) -> dict[str, pl.DataFrame]:
    return {n: d.frame for n, d in study.items() if not n.startswith("SUPP")}


def cut(study: Mapping[str, pl.DataFrame], day: dt.date) -> dict[str, pl.DataFrame]:
    return Cut(day, ("AETOXGR",), lambda *_: None).apply(study)


DAYS = st.dates(dt.date(2024, 3, 1), dt.date(2026, 7, 31))


@settings(max_examples=15)
@given(first=DAYS, second=DAYS)
def test_two_cuts_are_the_earlier_one(
    demo_frames: dict[str, pl.DataFrame], first: dt.date, second: dt.date
) -> None:
    late, early = max(first, second), min(first, second)
    once, twice = cut(demo_frames, early), cut(cut(demo_frames, late), early)
    for name, frame in once.items():
        assert frame.equals(twice[name]), name
        assert frame.height <= demo_frames[name].height


@pytest.fixture(scope="module")
def demo_frames(demo_sdtm: Study) -> dict[str, pl.DataFrame]:
    return frames(demo_sdtm)


@settings(max_examples=15)
@given(day=DAYS)
def test_no_text_date_is_later(demo_frames: dict[str, pl.DataFrame], day: dt.date) -> None:
    for name, frame in cut(demo_frames, day).items():
        begins = f"{name}STDTC" if f"{name}STDTC" in frame.columns else f"{name}DTC"
        for variable in {begins, f"{name}ENDTC", f"{name}ENTPT", "DTHDTC"} & set(frame.columns):
            assert not (frame[variable].str.slice(0, 10) > str(day)).any(), variable


def test_a_partial_begin_that_holds_the_cutoff_is_kept_and_said() -> None:
    told: list[tuple[str, int]] = []
    study = {
        "AE": pl.DataFrame({"USUBJID": list("ABC"), "AESTDTC": ["2026-03", "2026", "2026-04"]})
    }
    made = Cut(
        dt.date(2026, 3, 15), (), lambda rule, text, frame, *_: told.append((text, frame.height))
    ).apply(study)
    assert made["AE"]["USUBJID"].to_list() == ["A", "B"]
    assert ("begins on a partial date that holds the data cut-off: used", 2) in told


def test_who_is_not_yet_treated_has_no_treatment() -> None:
    people = pl.DataFrame(
        {
            "USUBJID": ["A", "B"],
            "RFICDTC": ["2026-01-01", "2026-01-02"],
            "RFSTDTC": ["2026-02-01T10:00", "2026-04-01T10:00"],
            "RFENDTC": ["2026-05-01", None],
            "ACTARM": ["Dose 1", "Dose 1"],
            "ARMNRS": [None, None],
        },
        schema_overrides={"ARMNRS": pl.String},
    )
    labs = pl.DataFrame(
        {"USUBJID": ["A", "B"], "LBDTC": ["2026-01-05", "2026-01-05"], "LBDY": [-27.0, -86.0]}
    )
    made = cut({"DM": people, "LB": labs}, dt.date(2026, 3, 1))
    assert made["DM"].select("RFSTDTC", "RFENDTC", "ACTARM", "ARMNRS").rows() == [
        ("2026-02-01T10:00", None, "Dose 1", None),
        (None, None, None, "ASSIGNED, NOT TREATED"),
    ]
    assert made["LB"]["LBDY"].to_list() == [-27.0, None]


def test_before_the_first_consent_is_refused(demo_sdtm: Study) -> None:
    with pytest.raises(DataError, match="no subject had consented by the data cut-off 2020-01-01"):
        derived(demo_sdtm, dt.date(2020, 1, 1))
