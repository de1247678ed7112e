"""ADPC and ADPP: every sample again, units never pooled, parameters from the samples."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from il5report.derive.adam import derive
from il5report.derive.adpc import duration_days
from il5report.errors import DataError
from tests.derive.adam_study import demo, domain, infusion, plan, rows, study, subject, whole_plan

ASSAYS = whole_plan().assays


def samples(code: str) -> dict[tuple[str, float], dict[str, Any]]:
    """The SDTM records of an assay, by subject and sequence."""
    assay = ASSAYS[code]
    d = assay.domain
    return {
        (r["USUBJID"], r[f"{d}SEQ"]): r
        for r in rows(demo()[0][d])
        if r[f"{d}TESTCD"] == assay.test and r[f"{d}SPEC"] == assay.specimen
    }


@pytest.mark.parametrize("code", list(ASSAYS))
def test_every_sample_of_an_infused_subject_again(code: str) -> None:
    sdtm, made, _ = demo()
    d = ASSAYS[code].domain
    started = {
        r["USUBJID"]: dt.datetime.fromisoformat(r["EXSTDTC"])
        for r in rows(sdtm["EX"])
        if r["EXCAT"] == "CAR-T INFUSION"
    }
    source = {k: r for k, r in samples(code).items() if k[0] in started and r[f"{d}DTC"]}
    derived = {(r["USUBJID"], r["SRCSEQ"]): r for r in rows(made["ADPC"]) if r["PARAMCD"] == code}
    assert set(derived) == set(source)
    for key, r in source.items():
        row = derived[key]
        below = (r[f"{d}STRESC"] or "").startswith("<")
        assert row["BLQFL"] == ("Y" if below else "N")
        assert row["AVAL"] == (None if below else r[f"{d}STRESN"])
        assert row["AVALU"] == ASSAYS[code].unit
        assert row["ALLOQ"] == ASSAYS[code].lloq
        taken = r[f"{d}DTC"]
        if len(taken) > 10:
            since = dt.datetime.fromisoformat(taken) - started[key[0]]
            assert row["ARRLT"] == pytest.approx(since.total_seconds() / 86400)
        assert abs(row["ARRLT"] - row["NRRLT"]) < 15


@pytest.mark.parametrize("code", list(ASSAYS))
def test_peak_and_last_again(code: str) -> None:
    made = demo()[1]
    profiles: dict[str, list[dict[str, Any]]] = {}
    for r in rows(made["ADPC"]):
        if r["PARAMCD"] == code and (r["AVAL"] is not None or r["BLQFL"] == "Y"):
            profiles.setdefault(r["USUBJID"], []).append(r)
    derived = {(r["USUBJID"], r["PARAMCD"]): r for r in rows(made["ADPP"]) if r["ASSAYCD"] == code}
    assert {who for who, _ in derived} == set(profiles)
    for who, profile in profiles.items():
        found = [(r["AVAL"], r["ADY"] - (r["ADY"] > 0)) for r in profile if r["AVAL"] is not None]
        peak = max((v for v, _ in found), default=0.0)
        assert derived[who, "CMAX"]["AVAL"] == peak
        if not found:
            assert derived[who, "TMAX"]["AVAL"] is None
            assert derived[who, "TMAX"]["AREASN"]
            continue
        assert derived[who, "TMAX"]["AVAL"] == min(max(t, 0) for v, t in found if v == peak)
        last, time = max(found, key=lambda x: x[1])
        assert (derived[who, "CLST"]["AVAL"], derived[who, "TLST"]["AVAL"]) == (last, max(time, 0))


def area(points: list[tuple[float, float]]) -> float:
    """Linear up, logarithmic down, through all of the points."""
    total = 0.0
    for (t1, c1), (t2, c2) in pairwise(points):
        if 0 < c2 < c1:
            total += (t2 - t1) * (c1 - c2) / math.log(c1 / c2)
        else:
            total += (t2 - t1) * (c1 + c2) / 2
    return total


def test_area_to_day_28_again_where_day_28_was_sampled() -> None:
    made = demo()[1]
    compared = 0
    for r in rows(made["ADPP"]):
        if (r["ASSAYCD"], r["PARAMCD"]) != ("QPCRBL", "AUC0_28D"):
            continue
        samples = sorted(
            (max(s["ADY"] - (s["ADY"] > 0), 0.0), s["AVAL"] or 0.0)
            for s in rows(made["ADPC"])
            if s["USUBJID"] == r["USUBJID"] and s["PARAMCD"] == "QPCRBL" and s["ARRLT"] < 28.9
            and (s["AVAL"] is not None or s["BLQFL"] == "Y")
        )  # fmt: skip
        first = next((i for i, (_, value) in enumerate(samples) if value > 0), len(samples))
        points = samples[:first] + [p for p in samples[first:] if p[1] > 0]
        below_inside = len(points) < len(samples)
        if below_inside or not points or points[-1][0] != 28 or points[-1][1] == 0:
            continue
        compared += 1
        assert r["AVAL"] == pytest.approx(area(points), rel=1e-12)
    assert compared >= 3


def test_missing_parameters_have_a_reason_and_others_none() -> None:
    for r in rows(demo()[1]["ADPP"]):
        assert (r["AVAL"] is None) == (r["AREASN"] is not None)


PC = {"PCTESTCD": "IL5CART", "PCSPEC": "BLOOD", "PCSTRESU": "DNA copies/ug", "PCSTRESC": None}


def small(*records: dict[str, object]) -> list[dict[str, Any]]:
    data = study(
        domain("DM", subject("A"), subject("B")),
        domain("EX", infusion("A")),
        domain("PC", *({"USUBJID": "A", **PC, **r} for r in records)),
    )
    made, _ = derive(data, plan("kinetics", assays=True))
    return rows(made["ADPC"])


def test_value_below_the_limit_counts_as_below_it() -> None:
    found = small(
        {"PCDTC": "2026-02-02", "PCSTRESN": 49.9, "PCSTRESC": "49.9"},
        {"PCDTC": "2026-02-03", "PCSTRESN": 50.0, "PCSTRESC": "50"},
        {"PCDTC": "2026-02-04", "PCSTRESN": None, "PCSTRESC": "<50"},
        {"PCDTC": "2026-02-05", "PCSTRESN": None, "PCSTAT": "NOT DONE"},
    )
    assert [r["BLQFL"] for r in found] == ["Y", "N", "Y", "N"]
    assert [r["AVAL"] for r in found] == [None, 50.0, None, None]
    assert [r["AREASN"] for r in found] == [None, None, None, "NOT DONE"]
    assert [r["ARRLT"] for r in found] == [1, 2, 3, 4]


def test_another_unit_is_an_error_and_not_pooled() -> None:
    with pytest.raises(DataError, match="copies/mL"):
        small(
            {"PCDTC": "2026-02-02", "PCSTRESN": 60.0},
            {"PCDTC": "2026-02-03", "PCSTRESN": 60.0, "PCSTRESU": "copies/mL"},
        )


@pytest.mark.parametrize(
    ("text", "days"),
    [("P7D", 7), ("-P1D", -1), ("PT12H", 0.5), ("-PT90M", -0.0625), ("P1DT6H", 1.25),
     ("seven", None), (None, None)],
)  # fmt: skip
def test_durations(text: str | None, days: float | None) -> None:
    frame = pl.DataFrame({"X": [text]}, schema={"X": pl.String})
    assert frame.select(duration_days(pl.col("X"))).item() == days
