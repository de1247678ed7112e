"""ADEX: doses given, planned and their percentage, and the product, from the records again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from il5report.derive.adam import derive
from il5report.errors import DataError
from il5report.plan.exposure import ExposureRules
from tests.derive.adam_study import by_subject, demo, domain, infusion, plan, rows, study, subject


def adex(*doses: dict[str, object], **parameters: Any) -> list[dict[str, Any]]:
    every = {k: {"label": k, "domain": "EX", **p} for k, p in parameters.items()}
    domains = study(
        domain("DM", subject("A"), subject("B", level=2)),
        domain("EX", infusion("A"), infusion("B"), *({"USUBJID": "A", **d} for d in doses),
               variables="EXDOSU LOT"),
        domain("PR", {"USUBJID": "A", "PRTRT": "X", "PRSTDTC": "2026-01-01"}),
        domain("CM", {"USUBJID": "A", "CMCAT": "X", "CMSTDTC": "2026-01-01"}),
    )  # fmt: skip
    declared = {"ADEX": {"parameters": every, "keep": ["EXTRT"]}}
    return rows(derive(domains, plan(exposure=declared))[0]["ADEX"])


def fludarabine(day: str, dose: float | None, unit: str = "mg/m2") -> dict[str, object]:
    return {"EXTRT": "FLU", "EXCAT": "LD", "EXDOSE": dose, "EXDOSU": unit, "EXSTDTC": day}


FLU = {"where": 'EXTRT == "FLU"', "value": "EXDOSE", "unit_from": "EXDOSU"}
TWO = (fludarabine("2026-01-27", 30.0), fludarabine("2026-01-28", 20.0))


def test_each_sum_days_and_percentage() -> None:
    found = adex(
        *TWO,
        EACH={**FLU, "statistic": "each"},
        TOTAL={**FLU, "statistic": "sum"},
        DAYS={"where": 'EXTRT == "FLU"', "statistic": "days"},
        PLAN={"where": 'EXTRT == "FLU"', "constant": 90},
        PCT={
            "percent": {"given": "TOTAL", "planned": "PLAN"},
            "levels": {"<80%": "AVAL < 80", ">=80%": "AVAL >= 80"},
        },
    )
    values = [(r["PARAMCD"], round(r["AVAL"], 6), r["SRCSEQ"]) for r in found]
    assert values == [
        ("EACH", 30, 2), ("EACH", 20, 3), ("TOTAL", 50, None), ("DAYS", 2, None),
        ("PLAN", 90, None), ("PCT", 55.555556, None),
    ]  # fmt: skip
    assert found[0]["EXTRT"] == "FLU"
    assert found[2]["PARAM"] == "TOTAL (mg/m2)"
    assert (found[2]["ASTDY"], found[2]["AENDY"]) == (-5, -4)
    assert found[-1]["AVALCAT1"] == "<80%"
    assert found[0]["AVALCAT1"] is None


def test_a_planned_dose_per_treatment_and_nothing_planned() -> None:
    found = adex(
        CELLS={"value": "EXDOSE"},
        PLAN={"value": "EXDOSE"} | {"value": "", "constant": {"Dose level 1": 2.0}},
        PCT={"percent": {"given": "CELLS", "planned": "PLAN"}},
    )
    by = {(r["USUBJID"], r["PARAMCD"]): r["AVAL"] for r in found}
    assert by["A", "PCT"] == 50
    assert by["B", "PLAN"] is None
    assert by["B", "PCT"] is None


def test_a_missing_dose_is_not_zero_in_the_sum() -> None:
    found = adex(*TWO, fludarabine("2026-01-29", None), TOTAL={**FLU, "statistic": "sum"})
    assert [r["AVAL"] for r in found] == [None]


def test_units_are_never_pooled() -> None:
    with pytest.raises(DataError, match="never pooled"):
        adex(*TWO, fludarabine("2026-01-29", 50.0, "mg"), TOTAL={**FLU, "statistic": "sum"})


def test_a_parameter_has_one_source() -> None:
    both = {"label": "x", "domain": "EX", "value": "EXDOSE", "constant": 1.0}
    with pytest.raises(ValidationError, match="exactly one"):
        ExposureRules.model_validate({"parameters": {"X": both}})
    early = {"label": "x", "domain": "EX", "percent": {"given": "A", "planned": "B"}}
    with pytest.raises(ValidationError, match="A, B is not declared"):
        ExposureRules.model_validate({"parameters": {"X": early}})


def test_the_demo_again_from_ex() -> None:
    sdtm, adam, _ = demo()
    given = by_subject(sdtm["EX"])
    qualifiers: dict[tuple[str, str], str] = {
        (r["USUBJID"], r["QNAM"]): r["QVAL"] for r in rows(sdtm["SUPPEX"])
    }
    for who, records in by_subject(adam["ADEX"]).items():
        one = {r["PARAMCD"]: r for r in records if r["PARAMCD"] not in ("FLUDOSE", "CYDOSE")}
        flu = [r["EXDOSE"] for r in given[who] if r["EXTRT"] == "FLUDARABINE"]
        assert one["FLUTOT"]["AVAL"] == sum(flu)
        assert one["FLUPCT"]["AVAL"] == pytest.approx(100 * sum(flu) / 90)
        cells = [r["EXDOSE"] for r in given[who] if r["EXCAT"] == "CAR-T INFUSION"]
        assert ("CELLDOSE" in one) == bool(cells)
        if cells:
            planned = float(qualifiers[who, "PLANDOSE"])
            assert one["CELLPCT"]["AVAL"] == pytest.approx(100 * cells[0] / planned)
            assert one["OOS"]["AVALC"] == qualifiers[who, "OOSFL"]
            assert one["VIABPCT"]["AVAL"] == float(qualifiers[who, "VIABPCT"])
            assert one["CELLDOSE"]["EXLOT"] is not None
