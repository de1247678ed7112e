"""ADTTEK: loss of the cells, depletion and recovery, again from the parameters."""

from __future__ import annotations

import datetime as dt

from tests.derive.adam_study import demo, read_plan_file, rows


def test_times_events_and_dates_follow_from_the_parameters() -> None:
    made = demo()[1]
    starts = {r["USUBJID"]: r["TRTSDT"] for r in rows(made["ADSL"])}
    days = {
        (name, r["USUBJID"], r["ASSAYCD"], r["PARAMCD"]): r["AVAL"]
        for name in ("ADPP", "ADBM")
        for r in rows(made[name])
    }
    found = {(r["USUBJID"], r["PARAMCD"]): r for r in rows(made["ADTTEK"])}
    wanted = set()
    for code, rule in read_plan_file("derivation")["sample_times"].items():
        assay = rule["where"].split('"')[1]
        for who, infused in starts.items():
            start, event, censor = (
                days.get((rule["dataset"], who, assay, rule[name])) if name in rule else 0.0
                for name in ("start", "event", "censor")
            )
            if start is None or censor is None:
                continue
            wanted.add((who, code))
            end = censor if event is None else event
            r = found[who, code]
            assert (r["AVAL"], r["CNSR"]) == (end - start, float(event is None))
            assert r["ADT"] == infused + dt.timedelta(end)
            assert r["STARTDT"] == infused + dt.timedelta(start)
            assert r["EVNTDESC"] == rule["censor_label" if event is None else "event_label"]
            assert (r["CNSDTDSC"] is None) == (event is not None)
            assert r["AVAL"] >= 0
    assert found.keys() == wanted
    kinds = {(r["PARAMCD"], r["CNSR"]) for r in found.values()}
    assert {("LOSSQPCR", 0.0), ("LOSSQPCR", 1.0), ("EOSRECOV", 0.0), ("EOSRECOV", 1.0)} <= kinds


def test_who_never_had_cells_cannot_lose_them() -> None:
    made = demo()[1]
    never = {
        r["USUBJID"]
        for r in rows(made["ADPP"])
        if (r["ASSAYCD"], r["PARAMCD"], r["AVAL"]) == ("QPCRBL", "CMAX", 0.0)
    }
    assert never
    lost = {r["USUBJID"] for r in rows(made["ADTTEK"]) if r["PARAMCD"] == "LOSSQPCR"}
    assert not never & lost
