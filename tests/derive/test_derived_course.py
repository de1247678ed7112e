"""DRVBOR and DRVREL: what follows from the derived responses, beside the investigator's."""

from __future__ import annotations

from typing import Any

from tests.derive.adam_study import by_subject, demo


def of_subject(code: str) -> dict[str, dict[str, Any]]:
    records = by_subject(demo()[1]["ADRS"])
    return {who: r for who, several in records.items() for r in several if r["PARAMCD"] == code}


def test_best_response_agrees_with_the_investigator_of_the_demo() -> None:
    own, derived = of_subject("BOR"), of_subject("DRVBOR")
    assert set(own) == set(derived)
    assert {w: (own[w]["AVALC"], derived[w]["AVALC"]) for w in own
            if own[w]["AVALC"] != derived[w]["AVALC"]} == {}  # fmt: skip
    for who, r in derived.items():
        assert (r["AVALC"] == "NE") == (r["ADT"] is None)
        assert r["ADT"] == own[who]["ADT"]
        assert r["AEVAL"] == "DERIVED"


def test_by_month_3_is_dated_by_then() -> None:
    for r in of_subject("DRVBOR3M").values():
        assert r["ADT"] is None or r["ADY"] <= 99


def test_relapse_is_asked_of_those_in_remission() -> None:
    relapse, best = of_subject("DRVREL"), of_subject("DRVBOR")
    assert set(relapse) == {w for w, r in best.items() if r["AVALC"] in ("CR", "CRh", "CRi")}
    assert {r["AVALC"] for r in relapse.values()} == {"Y", "N"}
    progressed = {
        w
        for w, records in by_subject(demo()[1]["ADRS"]).items()
        for r in records
        if r["PARAMCD"] == "OVRLRESP"
        and r["AVALC"] in ("PD", "NR")
        and w in relapse
        and best[w]["ADT"] < r["ADT"]
    }
    assert {w for w, r in relapse.items() if r["AVALC"] == "Y"} == progressed
