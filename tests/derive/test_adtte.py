"""ADTTE: endpoints re-derived from the demo study, and every kind of rule on small studies."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from il5report.derive.adam import derive
from il5report.errors import DataError
from il5report.outputs import Catalogue
from il5report.plan.read import read_plan
from il5report.resources import default_plan
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

START = dt.date(2026, 2, 1)
DAY = dt.timedelta(1)


def endpoint(paramcd: str) -> dict[str, dict[str, Any]]:
    return {r["USUBJID"]: r for r in rows(demo()[1]["ADTTE"]) if r["PARAMCD"] == paramcd}


def treated() -> dict[str, dict[str, Any]]:
    return {r["USUBJID"]: r for r in rows(demo()[1]["ADSL"]) if r["SAFFL"] == "Y"}


def assessments() -> dict[str, list[tuple[dt.date, str]]]:
    """Evaluable assessments of the investigator after infusion, in order."""
    found = {}
    for who, subject_row in treated().items():
        records = by_subject(demo()[0]["RS"]).get(who, [])
        dated = [
            (dt.date.fromisoformat(r["RSDTC"][:10]), r["RSSTRESC"])
            for r in records
            if r["RSTESTCD"] == "OVRLRESP" and r["RSEVAL"] == "INVESTIGATOR"
        ]
        found[who] = sorted(x for x in dated if x[0] > subject_row["TRTSDT"] and x[1] != "NE")
    return found


def test_overall_survival_again() -> None:
    derived, subjects = endpoint("OS"), treated()
    assert set(derived) == set(subjects)
    for who, row in derived.items():
        s = subjects[who]
        end = s["DTHDT"] or s["LSTALVDT"]
        assert (row["STARTDT"], row["ADT"]) == (s["TRTSDT"], end)
        assert row["AVAL"] == (end - s["TRTSDT"]).days + 1
        lost = s["DCSREAS"] == "LOST TO FOLLOW-UP"
        assert row["CNSR"] == (0 if s["DTHDT"] else 2 if lost else 1)
        assert row["EVNTDESC"]
        assert (row["CNSDTDSC"] is None) == (row["CNSR"] == 0)


def test_duration_of_remission_again() -> None:
    """From the first CR, CRh or CRi to relapse or death; HSCT and new therapy censor."""
    derived = endpoint("DOR")
    responders = {}
    for who, found in assessments().items():
        s = treated()[who]
        ends = [d for d in (s["HSCTDT"], s["NACTDT"]) if d]
        progressed = min((d for d, c in found if c == "PD"), default=dt.date.max)
        hits = [
            d for d, c in found
            if c in ("CR", "CRh", "CRi") and d < progressed and all(d <= e for e in ends)
        ]  # fmt: skip
        if hits:
            responders[who] = hits[0]
    assert set(derived) == set(responders)
    for who, start in responders.items():
        s, row, found = treated()[who], derived[who], assessments()[who]
        relapse = min((d for d, c in found if d > start and c in ("PD", "NR")), default=None)
        event = min((d for d in (relapse, s["DTHDT"]) if d), default=None)
        stop = min((d for d in (s["HSCTDT"], s["NACTDT"]) if d and d >= start), default=None)
        if stop and (event is None or stop < event):
            last = max([d for d, _ in found if start <= d <= stop], default=start)
            expected = (last, 4.0 if stop == s["HSCTDT"] else 5.0)
        elif event:
            expected = (event, 0.0)
        else:
            last = max(d for d, _ in found if d >= start)
            expected = (last, 2.0 if s["DCSREAS"] == "LOST TO FOLLOW-UP" else 1.0)
        assert (row["ADT"], row["CNSR"]) == expected, who
        assert (row["STARTDT"], row["AVAL"]) == (start, (row["ADT"] - start).days + 1)


def test_competing_event_ends_the_time_and_is_marked() -> None:
    subjects = treated()
    for code, cnsr, date in (("CIRTP", 8.0, "DTHDT"), ("CIRHSC", 4.0, "HSCTDT")):
        found = [r for r in endpoint(code).values() if r["COMPFL"] == "Y"]
        assert found
        for row in found:
            assert (row["CNSR"], row["ADT"]) == (cnsr, subjects[row["USUBJID"]][date])


def test_relapse_is_censored_as_relapse_free_survival() -> None:
    """With a competing death the two differ in nothing but what a death is."""
    relapse, survival = endpoint("CIR"), endpoint("RFS")
    assert set(relapse) == set(survival)
    assert any(r["EVNTDESC"] == "Transplantation" for r in survival.values())
    for who, row in survival.items():
        died = row["EVNTDESC"] == "Death"
        wanted = (row["ADT"], 8.0 if died else row["CNSR"], "Y" if died else None)
        assert (relapse[who]["ADT"], relapse[who]["CNSR"], relapse[who]["COMPFL"]) == wanted


def test_what_the_displays_say_of_remission_and_relapse_free_survival() -> None:
    """The plan's footnote that both are the same holds for its rules and for the data."""
    rules = read_plan(default_plan(), default_plan(), Catalogue()).plan
    assert rules.derivation is not None
    dor, rfs = (rules.derivation.endpoints[code] for code in ("DOR", "RFS"))
    assert dor.model_copy(update={"label": rfs.label}) == rfs
    assert endpoint("DOR").keys() == endpoint("RFS").keys()
    for who, row in endpoint("DOR").items():
        other = endpoint("RFS")[who]
        assert all(row[name] == other[name] for name in ("STARTDT", "ADT", "CNSR", "EVNTDESC"))
    for key in ("t_rfs", "f_rfs"):
        assert "the results are the same" in " ".join(rules.outputs[key].footnotes)


def test_every_time_is_positive_and_within_the_cutoff() -> None:
    for row in rows(demo()[1]["ADTTE"]):
        assert row["STARTDT"] <= row["ADT"] <= dt.date(2026, 6, 30)
        assert row["AVAL"] == (row["ADT"] - row["STARTDT"]).days + 1
        assert (row["CNSR"] == 0) <= (row["COMPFL"] is None)
        assert row["AVALU"] == "DAYS"


def test_source_of_every_date() -> None:
    """SRCDOM, SRCVAR and SRCSEQ find the record again, and it holds the date."""
    made = demo()[1]
    adsl = {r["USUBJID"]: r for r in rows(made["ADSL"])}
    number = {"ADRS": "ASEQ", "ADAE": "AESEQ", "ADCRS": "ASEQ", "ADICANS": "ASEQ"}
    records = {
        (name, r["USUBJID"], r[sequence]): r
        for name, sequence in number.items()
        for r in rows(made[name])
    }
    for row in rows(made["ADTTE"]):
        if row["EVNTDESC"] == "Treatment failure":  # at the landmark, no record of that day
            continue
        if row["SRCDOM"] == "ADSL":
            source = adsl[row["USUBJID"]]
        else:
            source = records[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        assert source[row["SRCVAR"]] == row["ADT"]


ALIVE = {"cnsr": 1, "description": "Alive", "date": "LASTDT"}


def small(
    *visits: tuple[int, str], rule: dict[str, Any] | None = None, **days: Any
) -> dict[str, Any]:
    """The record of endpoint X; days count from the infusion. `visits`: day and response."""

    def date(day: int | None) -> str | None:
        return None if day is None else (START + day * DAY).isoformat()

    visit = {"USUBJID": "A", "RSTESTCD": "OVRLRESP"}
    data = study(
        domain("DM", subject("A", DTHDTC=date(days.get("death")))),
        domain("EX", infusion("A")),
        domain("SV", {"USUBJID": "A", "SVSTDTC": date(days.get("last", 140))}),
        domain("RS", *({**visit, "RSDTC": date(d), "RSSTRESC": c} for d, c in visits),
               variables="USUBJID RSTESTCD RSDTC RSSTRESC"),
        domain("PR", *({"USUBJID": "A", "PRTRT": "ALLOGENEIC HSCT", "PRSTDTC": date(d)}
               for d in days.get("hsct", [])), variables="USUBJID PRTRT PRSTDTC"),
    )  # fmt: skip
    response = {"domain": "RS", "date": "RSDTC", "after": "TRTSDT"}
    dates = {
        "ASSESS": {"label": "Last assessment", "pick": "all", "from": [response]},
        "PDDT": {"from": [{**response, "where": 'RSSTRESC == "PD"'}]},
        "LASTDT": {"from": [{"domain": "SV", "date": "SVSTDTC"}]},
    }
    made = {
        "label": "X", "where": 'SAFFL == "Y"', "start": "TRTSDT",
        "events": [{"description": "Progression", "date": "PDDT"},
                   {"description": "Death", "date": "DTHDT"}],
        "censoring": [ALIVE], **(rule or {}),
    }  # fmt: skip
    datasets, _ = derive(data, plan(event_dates=dates, endpoints={"X": made}))
    return datasets["ADTTE"].frame.row(0, named=True)


def result(row: dict[str, Any]) -> tuple[float, str, float]:
    return row["CNSR"], row["EVNTDESC"], row["AVAL"]


HSCT = {"interruptions": [{"cnsr": 4, "description": "HSCT", "date": "HSCTDT"}]}
HSCT_AT = {
    "interruptions": [{"cnsr": 4, "description": "HSCT", "date": "HSCTDT", "censor_at": "ASSESS"}]
}
MISSED = {
    "missed": {
        "cnsr": 6, "description": "Missed", "visits": ["Day 28", "Month 2", "Month 3"],
        "assessments": "ASSESS",
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("visits", "rule", "days", "expected"),
    [
        ([(30, "PD")], None, {"death": 50}, (0, "Progression", 31)),
        ([], None, {"death": 0}, (0, "Death", 1)),
        ([(30, "PD")], None, {"death": 30}, (0, "Progression", 31)),  # same day: as declared
        ([], None, {}, (1, "Alive", 141)),
        # an interruption counts before the event, not on its day or after it
        ([(30, "CR"), (60, "PD")], HSCT, {"hsct": [59]}, (4, "HSCT", 60)),
        ([(30, "CR"), (60, "PD")], HSCT, {"hsct": [60]}, (0, "Progression", 61)),
        ([(30, "CR"), (60, "PD")], HSCT, {"hsct": [61]}, (0, "Progression", 61)),
        ([(30, "CR")], HSCT, {"hsct": [50]}, (4, "HSCT", 51)),
        ([(30, "CR"), (60, "PD")], HSCT_AT, {"hsct": [59]}, (4, "HSCT", 31)),
        ([(60, "PD")], HSCT_AT, {"hsct": [59]}, (4, "HSCT", 1)),  # no assessment: at the start
        # two visits whose whole windows passed without an assessment
        ([(28, "CR"), (140, "PD")], MISSED, {}, (6, "Missed", 29)),
        ([(28, "CR"), (134, "PD")], MISSED, {}, (0, "Progression", 135)),
        ([(28, "CR"), (43, "CR"), (140, "PD")], MISSED, {}, (0, "Progression", 141)),
        ([(28, "CR")], MISSED, {"death": 140}, (6, "Missed", 29)),
        ([], MISSED, {"death": 76}, (6, "Missed", 1)),
        ([], MISSED, {"death": 75}, (0, "Death", 76)),
        # competing events
        ([], {"events": [{"description": "Progression", "date": "PDDT"},
                         {"description": "Death", "date": "DTHDT", "competing": True, "cnsr": 8}]},
         {"death": 20}, (8, "Death", 21)),
    ],
)  # fmt: skip
def test_rules(
    visits: list[tuple[int, str]],
    rule: dict[str, Any] | None,
    days: dict[str, Any],
    expected: tuple[float, str, float],
) -> None:
    assert result(small(*visits, rule=rule, **days)) == expected


PROGRESSED = {"description": "Progression", "date": "PDDT"}
DIED = {"description": "Death", "date": "DTHDT", "competing": True, "cnsr": 8}
TRANSPLANT = {"description": "HSCT", "date": "HSCTDT"}
HANDLED: dict[str, dict[str, Any]] = {
    "censor": {"events": [PROGRESSED, DIED], "interruptions": [{**TRANSPLANT, "cnsr": 4}]},
    "ignore": {"events": [PROGRESSED, DIED]},
    "event": {"events": [PROGRESSED, DIED, TRANSPLANT]},
    "competing": {"events": [PROGRESSED, DIED, {**TRANSPLANT, "competing": True, "cnsr": 4}]},
}


@pytest.mark.parametrize(
    ("how", "progression", "days", "expected"),
    [
        ("censor", 20, {"hsct": [10]}, (11, 4, None)),
        ("ignore", 20, {"hsct": [10]}, (21, 0, None)),
        ("event", 20, {"hsct": [10]}, (11, 0, None)),
        ("competing", 20, {"hsct": [10]}, (11, 4, "Y")),
        ("censor", None, {"hsct": [10], "death": 20}, (11, 4, None)),
        ("ignore", None, {"hsct": [10], "death": 20}, (21, 8, "Y")),
        ("censor", 20, {"hsct": [20]}, (21, 0, None)),  # on the day of the event: the event
        ("competing", 20, {"hsct": [20]}, (21, 0, None)),
        ("censor", None, {"hsct": [20], "death": 10}, (11, 8, "Y")),
    ],
)
def test_every_handling_of_a_transplantation_beside_a_competing_death(
    how: str, progression: int | None, days: dict[str, Any], expected: tuple[int, int, str | None]
) -> None:
    visits = [] if progression is None else [(progression, "PD")]
    row = small(*visits, rule=HANDLED[how], **days)
    assert (row["AVAL"], row["CNSR"], row["COMPFL"]) == expected


def test_censoring_rules_apply_in_order_and_by_condition() -> None:
    young = {"cnsr": 2, "description": "Young", "date": "LASTDT", "where": "AGE < 40"}
    fifty = {"cnsr": 3, "description": "Fifty", "date": "LASTDT", "where": "AGE == 50"}
    assert result(small(rule={"censoring": [young, fifty, ALIVE]}))[:2] == (3, "Fifty")
    assert result(small(rule={"censoring": [ALIVE, fifty]}))[:2] == (1, "Alive")


def test_censoring_at_the_last_of_several_dates() -> None:
    rule = {"censoring": [{"cnsr": 1, "description": "Last seen", "date": "ASSESS"}]}
    row = small((30, "CR"), (60, "CR"), rule=rule)
    assert (row["AVAL"], row["CNSDTDSC"]) == (61, "Last assessment")


def test_neither_event_nor_censoring_date_is_an_error() -> None:
    with pytest.raises(DataError, match="neither an event nor a censoring date"):
        small(rule={"censoring": [{"cnsr": 1, "description": "Seen", "date": "ASSESS"}]})


def test_time_to_remission_ends_with_what_rules_a_later_one_out() -> None:
    first = {who: row["STARTDT"] for who, row in endpoint("DOR").items()}
    derived = endpoint("TTCR")
    assert set(derived) == set(treated())
    seen = set()
    for who, s in treated().items():
        others = [(s[n], c) for n, c in (("DTHDT", 8), ("HSCTDT", 4), ("NACTDT", 5)) if s[n]]
        row = derived[who]
        if who in first:
            assert (row["ADT"], row["CNSR"], row["COMPFL"]) == (first[who], 0, None)
        elif others:
            day, cnsr = min(others)
            assert (row["ADT"], row["CNSR"], row["COMPFL"]) == (day, cnsr, "Y")
            seen.add(cnsr)
        else:
            assert row["CNSR"] in (1, 2, 7)
    assert {5, 8} <= seen


def test_a_remission_that_is_lost_is_a_relapse_for_every_endpoint() -> None:
    """No response after a remission; no response from the start is no relapse."""
    sdtm = demo()[0]
    who, row = next((w, r) for w, r in endpoint("CIR").items() if r["CNSR"] == 1 and r["AVAL"] > 90)
    rs = sdtm["RS"].frame
    last = (
        (pl.col("USUBJID") == who)
        & (pl.col("RSTESTCD") == "OVRLRESP")
        & pl.col("RSDTC").str.starts_with(row["ADT"].isoformat())
    )
    lost = rs.with_columns(
        RSSTRESC=pl.when(last).then(pl.lit("NR")).otherwise("RSSTRESC")
    )  # fmt: skip
    data = {**sdtm, "RS": replace(sdtm["RS"], frame=lost)}
    made = derive(data, whole_plan())[0]["ADTTE"]
    found = {r["PARAMCD"]: r for r in rows(made) if r["USUBJID"] == who}
    for code in ("CIR", "RFS", "DOR", "PFS", "EFS"):
        assert (found[code]["ADT"], found[code]["CNSR"]) == (row["ADT"], 0), code
    assert (found["NRM"]["ADT"], found["NRM"]["COMPFL"]) == (row["ADT"], "Y")
    never = {r["USUBJID"] for r in rows(sdtm["RS"]) if r["RSSTRESC"] == "NR"} - set(endpoint("CIR"))
    assert never
    for other in never:
        assert endpoint("PFS")[other]["EVNTDESC"] != "Relapse or progression" or any(
            code == "PD" for _, code in assessments()[other]
        )
