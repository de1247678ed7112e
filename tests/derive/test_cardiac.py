"""QTcF and LVEF: correction, grades, bounds."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.derive.adam import derive
from il5report.derive.cardiac import fridericia, lvef_grades
from il5report.errors import DataError
from tests.derive.adam_study import demo, domain, infusion, plan, rows, study, subject


def frame(value: float | None, base: float | None) -> pl.DataFrame:
    schema = {"USUBJID": pl.String, "AVAL": pl.Float64, "BASE": pl.Float64}
    return pl.DataFrame([("A", value, base)], schema, orient="row")


def test_fridericia() -> None:
    qt_rr = pl.DataFrame({"QT": [400.0, 400.0, 360.0], "RR": [1000.0, 512.0, None]})
    corrected = qt_rr.select(Q=fridericia(pl.col("QT"), pl.col("RR")))["Q"].to_list()
    assert corrected[:2] == pytest.approx([400.0, 500.0], rel=1e-12)
    assert corrected[2] is None


LVEF = [
    (65.0, 65.0, 0, "N"),
    (56.0, 65.0, 0, "N"),
    (55.0, 65.0, 2, "N"),
    (50.0, 55.0, 2, "N"),
    (50.0, 50.0, 0, "N"),
    (51.0, 52.0, 0, "N"),
    (50.0, 50.5, 2, "N"),
    (50.0, 62.0, 2, "N"),
    (100.0, 100.0, 0, "N"),
    (49.0, 58.9, 2, "N"),
    (49.0, 59.0, 2, "Y"),
    (45.0, 65.0, 3, "Y"),
    (40.0, 55.0, 2, "Y"),
    (39.0, 45.0, 3, "N"),
    (20.0, 30.0, 3, "Y"),
    (19.0, 30.0, 4, "Y"),
    (45.0, None, 2, None),
    (55.0, None, None, None),
    (None, 55.0, None, None),
]


@pytest.mark.parametrize(("value", "base", "grade", "flag"), LVEF)
def test_lvef(value: float, base: float, grade: int, flag: str) -> None:
    row = lvef_grades(frame(value, base)).row(0, named=True)
    assert (row["LVEFGRN"], row["LVEFFL"]) == (grade, flag)


def test_refused() -> None:
    with pytest.raises(DataError, match="percentage"):
        lvef_grades(frame(100.5, 60.0))


def heart(test: str, value: float, unit: str = "ms", day: str = "2026-01-30") -> dict[str, object]:
    return {"USUBJID": "A", "EGTESTCD": test, "EGTEST": test, "EGSTRESN": value,
            "EGSTRESC": str(value), "EGSTRESU": unit, "EGDTC": day}  # fmt: skip


def adeg(*records: dict[str, object]) -> list[dict[str, object]]:
    rules = {"ADEG": {"domain": "EG", "baselines": {"PRE-INFUSION": ["TRTSDT"]},
                      "fridericia": {"qt": "QT", "rr": "RR", "code": "QTCF"}}}  # fmt: skip
    other = {"USUBJID": "A", "PRTRT": "X", "PRSTDTC": "2026-01-01"}
    domains = study(
        domain("DM", subject("A")), domain("EX", infusion("A")), domain("PR", other),
        domain("CM", {"USUBJID": "A", "CMCAT": "X", "CMSTDTC": "2026-01-01"}),
        domain("EG", *records),
    )  # fmt: skip
    return rows(derive(domains, plan(findings=rules))[0]["ADEG"])


def test_qtcf_is_made_where_the_study_has_none() -> None:
    found = adeg(heart("QT", 400.0), heart("RR", 512.0), heart("QT", 380.0, day="2026-02-10"))
    made = [r for r in found if r["PARAMCD"] == "QTCF"]
    assert [r["AVAL"] for r in made] == [pytest.approx(500.0)]
    assert made[0]["ABLFL"] == "Y"
    collected = adeg(heart("QT", 400.0), heart("RR", 512.0), heart("QTCF", 499.0))
    assert [r["AVAL"] for r in collected if r["PARAMCD"] == "QTCF"] == [499.0]
    with pytest.raises(DataError, match="not in ms"):
        adeg(heart("QT", 0.4, "s"), heart("RR", 0.5, "s"))


def test_ejection_fraction_of_the_demo() -> None:
    for r in rows(demo()[1]["ADCV"]):
        if r["AVAL"] is None or r["BASE"] is None:
            continue
        fall = r["BASE"] - r["AVAL"]
        assert (r["CRIT1FL"] == "Y") == (fall >= 10 and r["AVAL"] < 50)
        assert int(r["ATOXGRLN"]) == int(r["ATOXGRL"])
        assert (r["ATOXGRLN"] >= 3) == (r["AVAL"] < 40 or fall >= 20)


def test_marrow_blasts_by_visit_change_from_the_baseline() -> None:
    sdtm, adam, _ = demo()
    given = {(r["USUBJID"], r["MISEQ"]): r["MISTRESN"] for r in rows(sdtm["MI"])}
    blasts = [r for r in rows(adam["ADMI"])
              if r["PARAMCD"] == "BLAST" and r["BASETYPE"] == "PRE-LYMPHODEPLETION"]  # fmt: skip
    assert {r["AVISIT"] for r in blasts} >= {"Day 28", "Month 3"}
    for r in blasts:
        assert r["AVAL"] == given[r["USUBJID"], r["SRCSEQ"]]
        if r["CHG"] is not None:
            assert r["PCHG"] == pytest.approx(100 * (r["AVAL"] - r["BASE"]) / r["BASE"])
    base = {r["USUBJID"]: r["MBLSTBL"] for r in rows(adam["ADSL"]) if r["LDSDT"]}
    assert {r["USUBJID"]: r["AVAL"] for r in blasts if r["ABLFL"] == "Y"}.items() <= base.items()
