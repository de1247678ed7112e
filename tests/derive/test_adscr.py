"""ADSCR: the screens find what the demo study holds, and say why where they cannot."""

from __future__ import annotations

from tests.derive.adam_study import by_subject, demo, rows


def screened(paramcd: str) -> dict[str, str | None]:
    return {r["USUBJID"]: r["AVALC"] for r in rows(demo()[1]["ADSCR"]) if r["PARAMCD"] == paramcd}


def with_event(category: str) -> set[str]:
    return {r["USUBJID"] for r in rows(demo()[1]["ADAE"]) if r["AECAT"] == category}


def test_screens_meet_the_events_of_the_demo() -> None:
    for paramcd, category in (
        ("IECHS", "IEC-HS"),
        ("TLS", "TUMOR LYSIS SYNDROME"),
        ("HYPOGAM", "HYPOGAMMAGLOBULINEMIA"),
    ):
        found = screened(paramcd)
        assert len(found) == 20
        assert {who for who, met in found.items() if met == "Y"} == with_event(category)


def test_lysis_again_from_the_laboratory_records() -> None:
    """Two of urate, potassium, phosphate and calcium beyond their bounds on one day."""
    bounds = {"URATE": 476.0, "K": 6.0, "PHOS": 1.45}
    low_calcium = 1.75
    labs = by_subject(demo()[1]["ADLB"])
    found = screened("TLS")
    for who, records in labs.items():
        signs: dict[int, set[str]] = {}
        for r in records:
            code, value = r["PARAMCD"], r["AVAL"]
            if r["TRTSDT"] is None or value is None:
                continue
            day = (r["ADT"] - r["TRTSDT"]).days
            beyond = (code in bounds and value >= bounds[code]) or (
                code == "CA" and value <= low_calcium
            )
            if -3 <= day <= 7 and beyond:
                signs.setdefault(day, set()).add(code)
        if who in found:
            assert (found[who] == "Y") == any(len(s) >= 2 for s in signs.values())


def test_not_measured_is_a_reason() -> None:
    for r in rows(demo()[1]["ADSCR"]):
        assert (r["AVALC"] is None) == (r["AREASN"] is not None)
    igg = by_subject(demo()[1]["ADLB"])
    for who, met in screened("HYPOGAM").items():
        after = [r for r in igg[who] if r["PARAMCD"] == "IGG" and r["ADT"] > r["TRTSDT"]]
        assert (met is None) == (not after)
