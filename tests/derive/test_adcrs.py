"""ADCRS and ADICANS: components found in SDTM, episodes beside the investigator's grade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from il5report.data.dataset import Study
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
)

START = dt.date(2026, 2, 1)


def day(number: int) -> str:
    return (START + dt.timedelta(number)).isoformat()


def test_worst_grade_is_the_investigators_but_for_the_one_that_the_demo_planted() -> None:
    for name, differing in (("ADCRS", {"IL5-DEMO-01-007": (3, 2)}), ("ADICANS", {})):
        worst = [r for r in rows(demo()[1][name]) if r["PARAMN"] == 3]
        assert len(worst) == 20
        found = {
            r["USUBJID"]: (r["AVAL"], r["INVGR"]) for r in worst if r["AVAL"] != (r["INVGR"] or 0)
        }
        assert found == differing
        flagged = {r["USUBJID"] for r in worst if r["DISCFL"] == "Y"}
        assert flagged == set(differing)


def test_worst_grade_is_the_worst_event_in_adae() -> None:
    events = by_subject(demo()[1]["ADAE"])
    for name, query in (("ADCRS", "CQ01NAM"), ("ADICANS", "CQ02NAM")):
        for r in rows(demo()[1][name]):
            if r["PARAMN"] == 3:
                grades = [e["ASTCTGRN"] for e in events[r["USUBJID"]] if e[query]]
                assert r["INVGR"] == max(grades, default=None)


def test_daily_components_again() -> None:
    """Highest temperature and oxygen flow of each day, straight from VS and PR."""
    sdtm, made, _ = demo()
    starts = {r["USUBJID"]: r["TRTSDT"] for r in rows(made["ADSL"]) if r["SAFFL"] == "Y"}
    hottest: dict[tuple[str, int], float] = {}
    for r in rows(sdtm["VS"]):
        if r["VSTESTCD"] == "TEMP" and r["USUBJID"] in starts and r["VSSTRESN"] is not None:
            number = (dt.date.fromisoformat(r["VSDTC"][:10]) - starts[r["USUBJID"]]).days
            key = (r["USUBJID"], number)
            if 0 <= number <= 60:
                hottest[key] = max(hottest.get(key, 0.0), r["VSSTRESN"])
    daily = [r for r in rows(made["ADCRS"]) if r["PARAMN"] == 1]
    derived = {(r["USUBJID"], int(r["ADY"]) - 1): r["TEMP"] for r in daily}
    assert {k: v for k, v in derived.items() if v is not None} == hottest
    flows = {
        (r["USUBJID"], r["PRSTDTC"]): r["PRDOSE"]
        for r in rows(sdtm["PR"])
        if r["PRCAT"] == "OXYGEN" and r["PRINDC"] == "CRS" and r["PRSTDTC"] == r["PRENDTC"]
    }
    assert flows
    for r in daily:
        key = (r["USUBJID"], r["ADT"].isoformat())
        if key in flows:
            assert r["O2FLOW"] == flows[key]


def test_episodes_cover_the_graded_days() -> None:
    for name in ("ADCRS", "ADICANS"):
        records = by_subject(demo()[1][name])
        for found in records.values():
            graded = {r["ADY"]: r for r in found if r["PARAMN"] == 1}
            for episode in (r for r in found if r["PARAMN"] == 2):
                inside = [r["AVAL"] for r in graded.values() if r["EPISODE"] == episode["EPISODE"]]
                assert episode["AVAL"] == max(inside)
                assert episode["DURN"] == episode["ENDDY"] - episode["ONSETDY"] + 1
                assert graded[episode["ADY"]]["AVAL"] > 0
                assert episode["ADY"] == episode["ONSETDY"] + 1


NEEDS = {
    "VS": "USUBJID VSTESTCD VSSTRESN VSSTRESU VSDTC",
    "CE": "USUBJID CECAT CEDECOD CESTDTC CEENDTC",
    "CM": "USUBJID CMCAT CMDECOD CMINDC CMSTDTC CMENDTC",
    "PR": "USUBJID PRCAT PRTRT PRINDC PRDOSE PRSTDTC PRENDTC",
    "AE": "USUBJID AECAT AESDTH ASTCTGR AESTDTC AEENDTC",
}


def small_study(*records: Mapping[str, Any], **more: Any) -> Study:
    """Subjects A, with these records and what DM says more of it, and B, with none."""
    return study(
        domain("DM", subject("A", **more), subject("B")),
        domain("EX", infusion("A"), infusion("B")),
        *(
            domain(
                name,
                *({"USUBJID": "A", **r["row"]} for r in records if r["domain"] == name),
                variables=variables,
            )
            for name, variables in NEEDS.items()
        ),
    )


def crs(*records: Mapping[str, Any]) -> list[dict[str, Any]]:
    """ADCRS of subject A from rows that name their domain."""
    return rows(derive(small_study(*records), plan("crs"))[0]["ADCRS"])


def duration(*records: Mapping[str, Any], died: int | None = None) -> tuple[float, float, str]:
    """AVAL, CNSR and what ended the first episode of subject A."""
    raw = read_plan_file("derivation")
    dates = {k: v for k, v in raw["event_dates"].items() if k.startswith("CRS")}
    rules = plan("crs", event_dates=dates, endpoints={"CRSDUR": raw["endpoints"]["CRSDUR"]})
    data = small_study(*records, DTHDTC=None if died is None else day(died))
    (found,) = rows(derive(data, rules)[0]["ADTTE"])
    return found["AVAL"], found["CNSR"], found["EVNTDESC"]


def temperature(number: int, value: float, unit: str = "C") -> dict[str, Any]:
    row = {"VSTESTCD": "TEMP", "VSSTRESN": value, "VSSTRESU": unit, "VSDTC": day(number)}
    return {"domain": "VS", "row": row}


def interval(name: str, first: int, last: int | None, **row: Any) -> dict[str, Any]:
    end = None if last is None else day(last)
    return {"domain": name, "row": {f"{name}STDTC": day(first), f"{name}ENDTC": end, **row}}


def grades(found: list[dict[str, Any]]) -> dict[int, float | None]:
    return {int(r["ADY"]) - 1: r["AVAL"] for r in found if r["PARAMN"] == 1}


PRESSOR = {"CMCAT": "VASOPRESSOR", "CMINDC": "CRS", "CMDECOD": "NOREPINEPHRINE"}
EVENT = {"AECAT": "CRS", "ASTCTGR": "3"}


def test_support_holds_on_every_day_of_its_interval() -> None:
    found = crs(*(temperature(n, 39.0) for n in range(1, 6)), interval("CM", 2, 3, **PRESSOR))
    assert grades(found) == {1: 1, 2: 3, 3: 3, 4: 1, 5: 1}


def test_support_for_another_reason_is_not_counted() -> None:
    found = crs(temperature(2, 39.0), interval("CM", 2, 2, **{**PRESSOR, "CMINDC": "PNEUMONIA"}))
    assert grades(found) == {2: 1}


def test_fever_of_another_cause_is_no_crs() -> None:
    other = {"CECAT": "OTHER CAUSE", "CEDECOD": "Pyrexia"}
    found = crs(temperature(2, 39.0), temperature(3, 39.0), interval("CE", 2, 2, **other))
    assert grades(found) == {2: 0, 3: 1}


def test_fahrenheit_is_converted() -> None:
    found = crs(temperature(1, 100.4, "F"), temperature(2, 100.2, "F"))
    assert grades(found) == {1: 1, 2: 0}


def test_days_before_the_infusion_and_after_the_window_are_not_graded() -> None:
    found = crs(*(temperature(n, 39.0) for n in (-1, 0, 60, 61)))
    assert grades(found) == {0: 1, 60: 1}


def test_worst_grade_is_missing_without_a_gradable_day() -> None:
    worst = {r["USUBJID"]: r for r in crs(temperature(1, 37.0)) if r["PARAMN"] == 3}
    assert (worst["A"]["AVAL"], worst["A"]["DISCFL"]) == (0, "N")
    assert (worst["B"]["AVAL"], worst["B"]["DISCFL"]) == (None, "Y")


def test_event_that_no_day_supports_is_listed_as_different() -> None:
    found = crs(temperature(1, 37.0), interval("AE", 5, 6, **EVENT))
    (episode,) = (r for r in found if r["PARAMN"] == 2)
    assert (episode["AVAL"], episode["INVGR"], episode["DISCFL"]) == (None, 3, "Y")


def test_episode_stands_beside_the_overlapping_event() -> None:
    found = crs(
        *(temperature(n, t) for n, t in ((1, 39.0), (2, 37.0), (3, 37.0), (9, 39.0))),
        interval("AE", 1, 2, **{**EVENT, "ASTCTGR": "1"}),
        interval("AE", 9, None, **{**EVENT, "ASTCTGR": "2"}),
    )
    pairs = [(r["AVAL"], r["INVGR"], r["DISCFL"]) for r in found if r["PARAMN"] == 2]
    assert pairs == [(1, 1, "N"), (1, 2, "Y")]


def test_a_day_stands_beside_the_worst_event_that_covers_it() -> None:
    found = crs(
        *(temperature(n, t) for n, t in ((1, 39.0), (2, 37.0), (3, 39.0), (4, 39.0))),
        interval("AE", 1, 3, **{**EVENT, "ASTCTGR": "0"}),
        interval("AE", 3, 3, **{**EVENT, "ASTCTGR": "2"}),
    )
    days = {r["ADY"] - 1: r for r in found if r["PARAMN"] == 1 and r["USUBJID"] == "A"}
    assert {n: (r["AVAL"], r["INVGR"], r["DISCFL"]) for n, r in days.items() if n < 5} == {
        1: (1, 0, "Y"), 2: (0, 0, "N"), 3: (1, 2, "N"), 4: (1, None, "Y"),
    }  # fmt: skip


def test_components_count_the_days_of_episodes() -> None:
    symptom = {"CECAT": "CRS SYMPTOM", "CEDECOD": "Chills"}
    oxygen = {"PRCAT": "OXYGEN", "PRTRT": "NASAL CANNULA", "PRINDC": "CRS", "PRDOSE": 2.0}
    found = crs(
        temperature(1, 37.0), *(temperature(n, 39.0) for n in (2, 3)), temperature(4, 37.0),
        temperature(5, 37.0), interval("CE", 1, 2, **symptom), interval("CE", 3, 9, **symptom),
        interval("PR", 3, 3, **oxygen), interval("PR", 3, 3, **{**oxygen, "PRTRT": "CPAP"}),
    )  # fmt: skip
    made = {(r["PARAMCD"], r["ATERM"]): (r["AVAL"], r["ADY"]) for r in found if r["PARAMN"] > 3}
    assert made == {
        ("CRSSYM", "Chills"): (2, 3),
        ("CRSOXY", "NASAL CANNULA"): (1, 4),
        ("CRSOXY", "CPAP"): (1, 4),
        ("CRSOXYA", "OXYGEN"): (1, 4),
    }


def test_worst_grade_of_icans_stands_beside_that_of_crs() -> None:
    made = demo()[1]
    worst = {r["USUBJID"]: r["AVAL"] for r in rows(made["ADCRS"]) if r["PARAMCD"] == "CRSMAX"}
    for r in rows(made["ADICANS"]):
        wanted = worst[r["USUBJID"]] if r["PARAMCD"] == "ICNMAX" else None
        assert r["CRSMAXGR"] == wanted


def test_duration_of_the_first_episode_is_a_time_to_its_end() -> None:
    made = demo()[1]
    for name, stem in (("ADCRS", "CRS"), ("ADICANS", "ICN")):
        wanted = {
            r["USUBJID"]: (r["DURN"], float(r["ONGOFL"] == "Y"))
            for r in rows(made[name])
            if r["PARAMCD"] == f"{stem}EPI" and r["EPISODE"] == 1 and r["AVAL"] != 5
        }
        found = {
            r["USUBJID"]: (r["AVAL"], r["CNSR"])
            for r in rows(made["ADTTE"])
            if r["PARAMCD"] == f"{stem}DUR"
        }
        assert found == wanted


def test_the_first_episode_ends_resolved_ongoing_or_in_death() -> None:
    ill = [temperature(n, 39.0) for n in (2, 3, 4)]
    well = [temperature(n, 37.0) for n in (5, 6)]
    assert duration(*ill, *well) == (3, 0, "End of the episode")
    assert duration(*ill, *well, died=40) == (3, 0, "End of the episode")
    assert duration(*ill) == (3, 1, "Ongoing when last seen")
    assert duration(*ill, died=40) == (3, 1, "Ongoing when last seen")
    fatal = interval("AE", 2, 4, AECAT="CRS", AESDTH="Y", ASTCTGR="5")
    assert duration(*ill, fatal, died=4) == (3, 8, "Death during the episode")
