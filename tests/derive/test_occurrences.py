"""ADCM, ADMH, ADPR, ADDV, ADHO, ADCE: records kept whole, dated, and called what the plan says."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from il5report.derive.adam import derive
from il5report.errors import DataError
from tests.derive.adam_study import by_subject, demo, domain, infusion, plan, rows, study, subject

DAY = dt.date.fromisoformat


def adcm(*medication: dict[str, object], **rules: Any) -> list[dict[str, Any]]:
    """ADCM of one subject infused on 2026-02-01."""
    declared = {"ADCM": {"domain": "CM", **rules}}
    domains = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A")),
        domain("PR", {"USUBJID": "A", "PRTRT": "X", "PRSTDTC": "2026-01-01"}),
        domain("CM", *({"USUBJID": "A", "CMCAT": "OTHER", **m} for m in medication),
               variables="CMSTDTC CMENDTC"),
    )  # fmt: skip
    return rows(derive(domains, plan(occurrences=declared))[0]["ADCM"])


def test_every_record_of_the_domains_is_kept() -> None:
    sdtm, adam, _ = demo()
    for name in ("ADCM", "ADMH", "ADPR", "ADDV", "ADHO", "ADCE"):
        source = name.removeprefix("AD")
        kept = {(r["USUBJID"], r["SRCSEQ"]) for r in rows(adam[name])}
        given = {(r["USUBJID"], r[f"{source}SEQ"]) for r in rows(sdtm[source])}
        assert kept == given, name
        assert adam[name].frame["SRCDOM"].unique().to_list() == [source]


def test_partial_dates_by_the_one_rule() -> None:
    closed, partial = adcm({"CMSTDTC": "2026-02"}, {"CMSTDTC": "2026", "CMENDTC": "2026-01"})
    assert (partial["ASTDT"], partial["ASTDTF"]) == (DAY("2026-02-01"), "D")
    assert partial["ONGOFL"] == "Y"
    assert partial["ADURN"] is None
    # it ended before the infusion: its earliest possible day
    assert (closed["ASTDT"], closed["ASTDTF"]) == (DAY("2026-01-01"), "M")
    assert (closed["AENDT"], closed["AENDTF"]) == (DAY("2026-01-31"), "D")
    assert closed["ADURN"] == 31


def test_history_never_begins_with_the_infusion() -> None:
    (later,) = adcm({"CMSTDTC": "2026"})
    (history,) = adcm({"CMSTDTC": "2026"}, history=True)
    assert later["ASTDT"] == DAY("2026-02-01")
    assert history["ASTDT"] == DAY("2026-01-01")
    assert history["TRTSDT"] == DAY("2026-02-01")


def test_ended_without_a_date_is_not_ongoing() -> None:
    first, second = adcm(
        {"CMSTDTC": "2026-01-05", "CMENRTPT": "BEFORE"},
        {"CMSTDTC": "2026-01-06", "CMENRTPT": "ONGOING"},
    )
    assert (first["ONGOFL"], second["ONGOFL"]) == ("N", "Y")


def test_since_numbers_categories_flags_and_first_build_on_each_other() -> None:
    found = adcm(
        {"CMSTDTC": "2026-02-01", "CMTRT": "A", "LINE": "2"},
        {"CMSTDTC": "2026-02-03", "CMTRT": "A", "LINE": "two"},
        {"CMSTDTC": "2026-02-04", "CMTRT": "B", "LINE": None},
        since={"SINCE": {"start": "TRTSDT"}},
        numbers={"LINENO": {"value": "LINE"}},
        categories={
            "ACAT1": {"levels": {"Early": "SINCE < 2"}, "otherwise": "Late", "number": "ACAT1N"}
        },
        flags={"LATEFL": {"where": 'ACAT1 == "Late"'}, "BOTHFL": {"where": 'LATEFL == "Y"'}},
        first={"AOCCFL": {"where": 'BOTHFL == "Y"'}, "AOCCPFL": {"by": ["CMTRT"]}},
    )
    assert [r["SINCE"] for r in found] == [0, 2, 3]
    assert [r["LINENO"] for r in found] == [2, None, None]
    assert [(r["ACAT1"], r["ACAT1N"]) for r in found] == [("Early", 1), ("Late", 2), ("Late", 2)]
    assert [r["BOTHFL"] for r in found] == ["N", "Y", "Y"]
    assert [r["AOCCFL"] for r in found] == [None, "Y", None]
    assert [r["AOCCPFL"] for r in found] == ["Y", None, "Y"]


def test_a_rule_that_names_no_variable_is_refused() -> None:
    with pytest.raises(DataError, match="ASTDYY") as refused:
        adcm(
            {"CMSTDTC": "2026-02-01"},
            flags={"PREFL": {"where": "CMSTDYY < 1"}, "LATEFL": {"where": "ASTDYY == 1"}},
        )
    assert len(refused.value.findings) == 2


def test_kinds_of_medication_in_the_demo() -> None:
    sdtm, adam, _ = demo()
    found = rows(adam["ADCM"])
    given = Counter(r["CMCAT"] for r in rows(sdtm["CM"]))
    kinds = Counter(r["ACAT1"] for r in found)
    assert kinds["Prior anticancer therapy"] == given["PRIOR ANTI-CANCER THERAPY"] > 0
    assert kinds["Bridging therapy"] == given["BRIDGING THERAPY"] > 0
    assert kinds["Management of AESI"] == given["AESI MANAGEMENT"] > 0
    for r in found:
        infused = r["TRTSDT"]
        after = infused is not None and (r["AENDT"] is None or r["AENDT"] >= infused)
        assert (r["ONTRTFL"] == "Y") == after
        assert (r["PREFL"] == "Y") == (infused is None or r["ASTDT"] < infused)
        assert (r["TOCIFL"] == "Y") == (r["CMTRT"] == "TOCILIZUMAB")
        assert (r["STERFL"] == "Y") == ("PRED" in r["CMTRT"] or r["CMTRT"] == "DEXAMETHASONE")
    firsts = Counter((r["USUBJID"], r["CMDECOD"]) for r in found if r["AOCCPFL"] == "Y")
    assert set(firsts.values()) == {1}
    assert set(firsts) == {(r["USUBJID"], r["CMDECOD"]) for r in found if r["CONMEDFL"] == "Y"}


def test_treatment_of_toxicity_on_adsl() -> None:
    sdtm, adam, _ = demo()
    medication = by_subject(sdtm["CM"])
    stays = by_subject(sdtm["HO"])
    for r in rows(adam["ADSL"]):
        start = r["TRTSDT"]
        own = medication.get(r["USUBJID"], [])
        doses = [c for c in own if c["CMTRT"] == "TOCILIZUMAB"]
        aesi = [c for c in own if c["CMCAT"] == "AESI MANAGEMENT"]
        steroids = [c for c in aesi if c["CMCLAS"] == "Glucocorticoids"]
        for flag, date, records in (("TOCIFL", "TOCIDT", doses), ("STERFL", "STERDT", steroids)):
            days = sorted(DAY(c["CMSTDTC"][:10]) for c in records)
            days = [d for d in days if start is not None and d >= start]
            assert (r[flag] == "Y") == bool(days)
            assert r[date] == (days[0] if days else None)
        inside: set[dt.date] = set()
        for stay in stays.get(r["USUBJID"], []):
            first = DAY(stay["HOSTDTC"])
            last = DAY(stay["HOENDTC"]) if stay["HOENDTC"] else r["FUENDT"]
            inside |= {first + dt.timedelta(i) for i in range((last - first).days + 1)}
        assert r["ICUDAYS"] == (len(inside) if start else None)


def test_a_dose_on_the_day_of_infusion_counts_as_after_it() -> None:
    rule = {"domain": "CM", "date": "CMSTDTC", "since": "TRTSDT"}
    strict = {"domain": "CM", "date": "CMSTDTC", "after": "TRTSDT"}
    domains = study(
        domain("DM", subject("A")),
        domain("EX", infusion("A")),
        domain("PR", {"USUBJID": "A", "PRTRT": "X", "PRSTDTC": "2026-01-01"}),
        domain("CM", {"USUBJID": "A", "CMCAT": "X", "CMSTDTC": "2026-02-01"}),
    )
    flags = {"TOCIFL": rule, "LATERFL": strict}
    (row,) = rows(derive(domains, plan(flags=flags))[0]["ADSL"])
    assert (row["TOCIFL"], row["LATERFL"]) == ("Y", "N")
