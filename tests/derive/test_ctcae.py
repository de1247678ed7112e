"""CTCAE laboratory grades: both versions, both directions, branches, missing limits, floats."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.derive.ctcae import COMPARATORS, CONDITIONS, REFERENCES, GradingOptions, grade_labs
from il5report.derive.ctcae_criteria import (
    CRITERIA_BY_VERSION,
    TERMS,
    UNITS,
    thresholds,
    thresholds_of,
)
from il5report.derive.shift import shift_grades
from il5report.errors import DataError

SCHEMA = {
    **dict.fromkeys(("USUBJID", "PARAMCD", "AVALU", "BNRIND", "ANTICOFL"), pl.String),
    **dict.fromkeys(("AVAL", "ANRLO", "ANRHI", "BASE"), pl.Float64),
}


def labs(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{"USUBJID": "A", **row} for row in rows], schema=SCHEMA)


def grade(direction: str, version: str, options: GradingOptions | None = None,
          **row: object) -> int | None:  # fmt: skip
    graded = grade_labs(labs(row), version, options or GradingOptions())
    return graded[f"ATOXGR{direction}N"].item()


# Absolute bounds of section "low direction" and "high direction", written out again: the values
# are just inside the grade on each side of every bound.
CELLS = {"AVALU": "10^9/L", "ANRLO": 2.0, "ANRHI": 10.0}
G_L = {"AVALU": "g/L", "ANRLO": 130.0, "ANRHI": 170.0}
LOW_CASES = [
    ("PHOS", "4.03", {"AVALU": "mmol/L", "ANRLO": 0.9}, [0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("SODIUM", "4.03", {"AVALU": "mmol/L", "ANRLO": 135.0}, [130, 129.9, 120, 119], [1, 3, 3, 4]),
    ("FIBRINO", "4.03", {"AVALU": "g/L", "ANRLO": 2.0, "BASE": 4.0}, [3.9, 3.0, 2.0, 1.0, 0.4],
     [1, 2, 3, 4, 4]),
    ("NEUT", "5.0", CELLS, [2.0, 1.99, 1.5, 1.49, 1.0, 0.99, 0.5, 0.49], [0, 1, 1, 2, 2, 3, 3, 4]),
    ("NEUT", "6.0", CELLS, [1.5, 1.49, 1.0, 0.99, 0.5, 0.49, 0.1, 0.09], [0, 1, 1, 2, 2, 3, 3, 4]),
    ("PLAT", "5.0", {**CELLS, "ANRLO": 150.0}, [150, 149, 75, 74, 50, 49, 25, 24],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("PLAT", "6.0", {**CELLS, "ANRLO": 150.0}, [150, 149, 75, 74, 50, 49, 24, 10, 9.9],
     [0, 1, 1, 2, 2, 3, 3, 3, 4]),
    *[("WBC", v, {**CELLS, "ANRLO": 4.0}, [4, 3.9, 3, 2.9, 2, 1.9, 1, 0.9],
       [0, 1, 1, 2, 2, 3, 3, 4]) for v in ("5.0", "6.0")],
    ("LYM", "5.0", {**CELLS, "ANRLO": 1.0}, [1, 0.9, 0.8, 0.7, 0.5, 0.4, 0.2, 0.1],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("LYM", "6.0", CELLS, [0.1], [None]),
    *[("CD4", v, {**CELLS, "ANRLO": 0.6}, [0.6, 0.55, 0.5, 0.4, 0.2, 0.1, 0.05, 0.04],
       [0, 1, 1, 2, 2, 3, 3, 4]) for v in ("5.0", "6.0")],
    *[("HGB", v, G_L, [130, 129, 100, 99, 80, 79, 10], [0, 1, 1, 2, 2, 3, 3])
      for v in ("5.0", "6.0")],
    ("HGB", "5.0", {"AVALU": "mmol/L", "ANRLO": 8.0}, [8, 7.9, 6.2, 6.1, 4.9, 4.8],
     [0, 1, 1, 2, 2, 3]),
    ("HGB", "5.0", {"AVALU": "g/dL", "ANRLO": 13.0}, [13, 12.9, 10, 9.9, 8, 7.9],
     [0, 1, 1, 2, 2, 3]),
    ("ALB", "5.0", {"AVALU": "g/L", "ANRLO": 35.0}, [35, 34, 30, 29, 20, 19],
     [0, 1, 1, 2, 2, 3]),
    ("K", "5.0", {"AVALU": "mmol/L", "ANRLO": 3.5}, [3.5, 3.4, 3.0, 2.9, 2.5, 2.4],
     [0, 1, 1, 3, 3, 4]),
    ("SODIUM", "5.0", {"AVALU": "mmol/L", "ANRLO": 135.0}, [135, 134, 130, 129, 125, 124, 120, 119],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("SODIUM", "6.0", {"AVALU": "mmol/L", "ANRLO": 135.0}, [130, 129.5, 125, 124.5, 120, 119],
     [1, 2, 2, 3, 3, 4]),
    ("CA", "5.0", {"AVALU": "mmol/L", "ANRLO": 2.2}, [2.2, 2.1, 2.0, 1.9, 1.75, 1.7, 1.5, 1.4],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("GLUC", "5.0", {"AVALU": "mg/dL", "ANRLO": 70.0}, [70, 69, 55, 54, 40, 39, 30, 29],
     [0, 1, 1, 2, 2, 3, 3, 4]),
]  # fmt: skip
HIGH_CASES = [
    ("ALT", "4.03", {"ANRHI": 40.0, "BASE": 100.0, "BNRIND": "HIGH"}, [100, 121, 201, 801],
     [1, 2, 3, 4]),
    ("CREAT", "4.03", {"ANRHI": 100.0, "BASE": 50.0}, [50, 51, 76, 151, 601], [0, 1, 2, 3, 4]),
    ("INR", "4.03", {"ANTICOFL": "N", "ANRHI": 1.1}, [1.1, 1.2, 1.7, 2.8], [0, 1, 2, 3]),
    ("HGB", "4.03", {"AVALU": "g/L", "ANRHI": 170.0, "BASE": 180.0, "BNRIND": "HIGH"},
     [180, 181, 200, 201, 221], [0, 1, 1, 2, 3]),
    ("URATE", "4.03", {"AVALU": "umol/L", "ANRHI": 400.0}, [400, 401, 591], [0, 1, 4]),
    ("WBC", "5.0", {**CELLS, "ANRHI": 10.0}, [99, 100, 100.1, 500], [0, 0, 3, 3]),
    ("LYM", "6.0", CELLS, [4, 4.1, 20, 20.1], [0, 2, 2, 3]),
    ("TRIG", "5.0", {"AVALU": "mmol/L"}, [1.7, 1.71, 3.42, 3.43, 5.7, 5.8, 11.4, 11.5],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("INR", "5.0", {"ANTICOFL": "N"}, [1.2, 1.21, 1.5, 1.6, 2.5, 2.6], [0, 1, 1, 2, 2, 3]),
    ("LDH", "6.0", {"ANRHI": 250.0}, [250, 251, 9999], [0, 1, 1]),
    ("APTT", "5.0", {"ANRHI": 40.0}, [40, 41, 60, 61, 100, 101], [0, 1, 1, 2, 2, 3]),
    ("URATE", "5.0", {"ANRHI": 400.0}, [400, 900], [0, 1]),
    ("K", "6.0", {"AVALU": "mmol/L", "ANRHI": 5.0}, [5, 5.1, 5.5, 5.6, 6, 6.1, 7, 7.1],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("HGB", "5.0", G_L, [170, 171, 190, 191, 210, 211], [0, 1, 1, 2, 2, 3]),
    ("GLUC", "6.0", {"AVALU": "mmol/L"}, [13.9, 14, 27.8, 28], [0, 3, 3, 4]),
    ("GLUC", "5.0", {"AVALU": "mmol/L"}, [28], [None]),
    ("CK", "5.0", {"ANRHI": 100.0}, [100, 101, 250, 251, 500, 501, 1000, 1001],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("CK", "6.0", {"ANRHI": 100.0}, [1001], [None]),
]  # fmt: skip
NORMAL = {"BASE": 20.0, "BNRIND": "NORMAL", "ANRHI": 40.0}
ABNORMAL = {"BASE": 100.0, "BNRIND": "HIGH", "ANRHI": 40.0}
BRANCH_CASES = [
    *[(p, v, NORMAL, [40, 41, 120, 121, 200, 201, 800, 801], [0, 1, 1, 2, 2, 3, 3, 4])
      for p in ("ALT", "AST") for v in ("5.0", "6.0")],
    *[(p, "5.0", ABNORMAL, [149, 150, 300, 301, 500, 501, 2000, 2001], [0, 1, 1, 2, 2, 3, 3, 4])
      for p in ("ALT", "AST")],
    *[(p, "6.0", ABNORMAL, [99, 100, 150, 151, 200, 201, 400, 401], [0, 1, 1, 2, 2, 3, 3, 4])
      for p in ("ALT", "AST")],
    ("ALT", "6.0", {**NORMAL, "BNRIND": "LOW"}, [121], [2]),
    *[("BILI", v, NORMAL, [40, 41, 60, 61, 120, 121, 400, 401], [0, 1, 1, 2, 2, 3, 3, 4])
      for v in ("5.0", "6.0")],
    ("BILI", "5.0", ABNORMAL, [100, 101, 150, 151, 300, 301, 1000, 1001],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("BILI", "6.0", ABNORMAL, [99, 100, 150, 151, 250, 251, 1000, 1001],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    *[(p, "5.0", NORMAL, [40, 41, 100, 101, 200, 201, 800, 801], [0, 1, 1, 2, 2, 3, 3, 4])
      for p in ("ALP", "GGT")],
    *[(p, "5.0", ABNORMAL, [199, 200, 250, 251, 500, 501, 2000, 2001], [0, 1, 1, 2, 2, 3, 3, 4])
      for p in ("ALP", "GGT")],
    ("ALP", "6.0", NORMAL, [20, 40, 41, 9999], [0, 0, 1, 1]),
    ("ALP", "6.0", ABNORMAL, [41, 100, 101], [0, 0, 1]),
    ("GGT", "6.0", ABNORMAL, [99, 100, 150, 151, 300, 301, 1000, 1001],
     [0, 1, 1, 2, 2, 3, 3, 4]),
    ("CREAT", "5.0", {"BASE": 50.0, "BNRIND": "NORMAL", "ANRHI": 100.0},
     [75, 76, 150, 151, 601], [0, 2, 2, 3, 4]),
    ("CREAT", "6.0", {"BASE": 50.0, "BNRIND": "NORMAL", "ANRHI": 100.0},
     [100, 101, 150, 151, 300, 301, 600, 601], [0, 1, 1, 2, 2, 3, 3, 4]),
    ("CREAT", "6.0", {"BASE": 40.0, "BNRIND": "LOW", "ANRHI": 100.0},
     [60, 61, 120, 121], [0, 2, 2, 3]),
    ("INR", "5.0", {"ANTICOFL": "Y", "BASE": 2.0, "BNRIND": "HIGH"},
     [2, 2.1, 3, 3.1, 5, 5.1], [0, 1, 1, 2, 2, 3]),
]  # fmt: skip
FIBRINOGEN = {"AVALU": "g/L", "ANRLO": 2.0}
FIBRINOGEN_CASES = [
    ("FIBRINO", "5.0", {**FIBRINOGEN, "BASE": 3.0, "BNRIND": "NORMAL"},
     [2.0, 1.9, 1.5, 1.4, 1.0, 0.9, 0.5, 0.49], [0, 1, 1, 2, 2, 3, 3, 4]),
    ("FIBRINO", "5.0", {**FIBRINOGEN, "BASE": 1.6, "BNRIND": "LOW"},
     [1.6, 1.59, 1.21, 1.2, 0.81, 0.8, 0.5, 0.49], [0, 1, 1, 2, 2, 3, 3, 4]),
    ("FIBRINO", "6.0", {"AVALU": "mg/dL", "ANRLO": 200.0, "BASE": 300.0, "BNRIND": "HIGH"},
     [200, 49, 50], [0, 4, 3]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "code", "version", "setting", "values", "expected"),
    [("L", *case) for case in [*LOW_CASES, *FIBRINOGEN_CASES]]
    + [("H", *case) for case in [*HIGH_CASES, *BRANCH_CASES]],
)
def test_every_bound_from_both_sides(
    direction: str,
    code: str,
    version: str,
    setting: dict[str, object],
    values: list[float],
    expected: list[int | None],
) -> None:
    baseline = {"BASE": 1.0, "BNRIND": "NORMAL"}
    rows = [{"PARAMCD": code, **baseline, **setting, "AVAL": float(value)} for value in values]
    assert grade_labs(labs(*rows), version)[f"ATOXGR{direction}N"].to_list() == expected


def test_symptoms_are_the_plans_choice() -> None:
    present = GradingOptions(symptoms="present")
    low = {"PARAMCD": "K", "AVALU": "mmol/L", "ANRLO": 3.5, "AVAL": 3.2}
    assert (grade("L", "5.0", **low), grade("L", "5.0", present, **low)) == (1, 2)
    urate = {"PARAMCD": "URATE", "ANRHI": 400.0, "AVAL": 500.0}
    assert (grade("H", "5.0", **urate), grade("H", "5.0", present, **urate)) == (1, 3)
    lipase = {"PARAMCD": "LIPASE", "ANRHI": 100.0}
    for value, absent, with_symptoms in ((201.0, 2, 3), (501.0, 3, 4)):
        assert grade("H", "5.0", **lipase, AVAL=value) == absent
        assert grade("H", "5.0", present, **lipase, AVAL=value) == with_symptoms
    assert grade("H", "6.0", present, **lipase, AVAL=201.0) == 2


def test_missing_limits() -> None:
    rows = [
        {"PARAMCD": "NEUT", "AVALU": "10^9/L", "AVAL": 0.4},
        {"PARAMCD": "NEUT", "AVALU": "10^9/L", "AVAL": 1.2},
        {"PARAMCD": "NEUT", "AVALU": "10^9/L", "AVAL": 5.0},
        {"PARAMCD": "LDH", "AVAL": 5.0},
        {"PARAMCD": "ALT", "AVAL": 500.0, "BASE": 10.0, "BNRIND": "NORMAL"},
        {"PARAMCD": "CREAT", "AVAL": 200.0, "BASE": 50.0, "BNRIND": "NORMAL"},
        {"PARAMCD": "FIBRINO", "AVALU": "g/L", "AVAL": 0.3},
        {"PARAMCD": "LDH", "AVAL": None},
    ]
    graded = grade_labs(labs(*rows), "5.0")
    assert graded["ATOXGRLN"].to_list() == [4, 2, None, None, None, None, 4, None]
    assert graded["ATOXREAL"].to_list() == [None, None, "LLN missing", *[None] * 5]
    assert graded["ATOXGRHN"].to_list() == [None] * 8
    missing = ["ULN missing"] * 3
    assert graded["ATOXREAH"].to_list() == [None] * 3 + missing + [None] * 2


def test_version_6_neutrophils_need_no_limit() -> None:
    assert grade("L", "6.0", PARAMCD="NEUT", AVALU="10^9/L", AVAL=5.0) == 0


@pytest.mark.parametrize(
    ("row", "strict", "lenient"),
    [
        ({"PARAMCD": "ALT", "AVAL": 130.0, "ANRHI": 40.0}, None, 2),
        ({"PARAMCD": "ALT", "AVAL": 130.0, "ANRHI": 40.0, "BNRIND": "HIGH"}, None, 2),
        ({"PARAMCD": "ALT", "AVAL": 130.0, "ANRHI": 40.0, "BASE": 90.0}, None, 2),
        ({"PARAMCD": "CREAT", "AVAL": 130.0, "ANRHI": 100.0}, None, 1),
        ({"PARAMCD": "CREAT", "AVAL": 700.0, "ANRHI": 100.0}, 4, 4),
        ({"PARAMCD": "LDH", "AVAL": 700.0, "ANRHI": 100.0}, 1, 1),
    ],
)
def test_missing_baseline(row: dict[str, object], strict: int | None, lenient: int) -> None:
    assert grade("H", "5.0", **row) == strict
    assert grade("H", "5.0", GradingOptions(missing_baseline="normal"), **row) == lenient


def test_missing_baseline_gives_its_reason() -> None:
    graded = grade_labs(labs({"PARAMCD": "ALT", "AVAL": 130.0, "ANRHI": 40.0}), "5.0")
    assert graded["ATOXREAH"].to_list() == ["baseline missing"]


@pytest.mark.parametrize("unit", [None, "mg/L", "%"])
def test_unknown_unit_is_not_graded(unit: str | None) -> None:
    row = {"PARAMCD": "HGB", "AVAL": 60.0, "ANRLO": 100.0, "ANRHI": 200.0, "AVALU": unit}
    graded = grade_labs(labs(row), "5.0")
    assert graded["ATOXGRLN"].to_list() == [None]
    assert graded["ATOXREAL"].to_list() == [f"unit {unit or 'missing'} not gradable"]
    assert graded["ATOXGRHN"].to_list() == [0]


@pytest.mark.parametrize(("unit", "value"), [("/uL", 400.0), ("10^3/uL", 0.4), ("GI/L", 0.4)])
def test_units_that_are_a_power_of_ten(unit: str, value: float) -> None:
    assert grade("L", "5.0", PARAMCD="NEUT", AVALU=unit, AVAL=value, ANRLO=value * 5) == 4


@pytest.mark.parametrize("uln", [0.1, 0.3, 1.1, 36.3, 41.7])
def test_a_value_equal_to_a_multiple_in_decimals_is_not_above_it(uln: float) -> None:
    for multiple, below in ((3, 1), (5, 2), (20, 3)):
        value = float(f"{multiple * uln:.10g}")
        row = {"PARAMCD": "ALT", "ANRHI": uln, "BASE": uln / 2, "BNRIND": "NORMAL"}
        assert grade("H", "5.0", **row, AVAL=value) == below
        assert grade("H", "5.0", **row, AVAL=math.nextafter(value, math.inf)) == below
        assert grade("H", "5.0", **row, AVAL=value * 1.001) == below + 1


def test_directions_are_independent() -> None:
    rows = [
        {"PARAMCD": "K", "AVALU": "mmol/L", "AVAL": value, "ANRLO": 3.5, "ANRHI": 5.0}
        for value in (2.0, 8.0)
    ]
    graded = grade_labs(labs(*rows), "5.0")
    assert graded.select("ATOXGRLN", "ATOXGRHN").rows() == [(4, 0), (0, 4)]
    assert graded.select("ATOXDSCL", "ATOXDSCH").rows() == [("Hypokalemia", "Hyperkalemia")] * 2


def test_order_and_other_columns_are_kept() -> None:
    rows = [{"PARAMCD": code, "AVAL": float(i), "AVALU": "U/L", "ANRHI": 0.5}
            for i, code in enumerate(["LDH", "EOS", "ALT", "LDH", "EOS"])]  # fmt: skip
    frame = labs(*rows).with_columns(LBSEQ=pl.arange(5, eager=True))
    graded = grade_labs(frame, "5.0")
    assert graded.select(frame.columns).equals(frame)
    assert graded["ATOXGRHN"].to_list() == [0, None, None, 1, None]
    assert grade_labs(graded, "5.0").equals(graded)


def test_empty_frame() -> None:
    graded = grade_labs(labs(), "5.0")
    assert graded.height == 0
    assert {"ATOXGRLN", "ATOXGRHN", "ATOXREAL", "ATOXDSCH"} < set(graded.columns)


def test_refused() -> None:
    with pytest.raises(DataError, match="no CTCAE version"):
        grade_labs(labs(), "7.1")
    with pytest.raises(DataError, match="BNRIND"):
        grade_labs(labs().drop("BNRIND"), "5.0")
    with pytest.raises(DataError, match="ANTICOFL"):
        grade_labs(labs({"PARAMCD": "INR", "AVAL": 1.0}).drop("ANTICOFL"), "5.0")
    bad = labs(
        {"PARAMCD": "LDH", "AVAL": math.nan}, {"PARAMCD": "LDH", "AVAL": 1.0, "BNRIND": "ODD"}
    )
    with pytest.raises(DataError) as caught:
        grade_labs(bad, "5.0")
    assert {finding.variable for finding in caught.value.findings} == {"AVAL", "BNRIND"}
    ungraded = labs({"PARAMCD": "COLOR", "BNRIND": "ABNORMAL"})
    assert grade_labs(ungraded, "5.0")["ATOXGRHN"].to_list() == [None]


def test_the_table_speaks_the_engines_language() -> None:
    terms = {term for candidates in TERMS.values() for term in candidates}
    for row in thresholds():
        assert row.term in terms, row
        assert row.applies in CONDITIONS, row
        assert row.comparator in COMPARATORS, row
        assert row.reference in {*REFERENCES, "absolute"}, row
        assert row.grade in {1, 2, 3, 4}, row
        assert set(row.versions) <= set(CRITERIA_BY_VERSION), row
        assert row.comparator[0] == {"L": "<", "H": ">"}[row.direction], row
        assert row.also in {"", ">ULN"}, row
        assert row.unit == "" or row.unit in UNITS, row
    assert terms <= {row.term for row in thresholds()}


def test_bounds_rise_with_the_grade() -> None:
    """Within one branch and unit a higher grade is never easier to reach."""
    seen: dict[tuple[object, ...], list[tuple[int, float]]] = {}
    for version in CRITERIA_BY_VERSION:
        for row in thresholds():
            if version in row.versions:
                key = (version, row.term, row.direction, row.unit, row.applies, row.reference)
                seen.setdefault(key, []).append((row.grade, row.factor + row.plus))
    for (_, _, direction, *_), bounds in seen.items():
        values = [value for _, value in sorted(bounds)]
        assert values == sorted(values, reverse=direction == "L")


@pytest.mark.parametrize("version", CRITERIA_BY_VERSION)
def test_a_parameter_has_at_most_one_term_in_a_direction(version: str) -> None:
    for candidates in TERMS.values():
        for direction in ("L", "H"):
            assert sum(bool(thresholds_of(version, t, direction)) for t in candidates) <= 1


gradable = st.sampled_from([
    ("NEUT", "10^9/L", 2.0, 8.0), ("PLAT", "10^9/L", 150.0, 400.0), ("ALT", "U/L", 5.0, 40.0),
    ("BILI", "umol/L", 3.0, 20.0), ("CREAT", "umol/L", 50.0, 100.0), ("GGT", "U/L", 5.0, 50.0),
    ("FIBRINO", "g/L", 2.0, 4.0), ("SODIUM", "mmol/L", 135.0, 145.0), ("HGB", "g/L", 120.0, 170.0),
])  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    gradable,
    st.sampled_from(["5.0", "6.0"]),
    st.sampled_from(["LOW", "NORMAL", "HIGH"]),
    st.lists(st.floats(0.01, 30), min_size=2, max_size=12),
)
def test_grades_are_monotone_in_the_value(
    test: tuple[str, str, float, float], version: str, indicator: str, multiples: list[float]
) -> None:
    code, unit, low, high = test
    base = {"LOW": low * 0.8, "NORMAL": (low + high) / 2, "HIGH": high * 1.7}[indicator]
    rows = [
        {"PARAMCD": code, "AVALU": unit, "ANRLO": low, "ANRHI": high, "BASE": base,
         "BNRIND": indicator, "AVAL": low * multiple}
        for multiple in sorted(multiples)
    ]  # fmt: skip
    graded = grade_labs(labs(*rows), version)
    up = [g for g in graded["ATOXGRHN"] if g is not None]
    down = [g for g in graded["ATOXGRLN"] if g is not None]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)


def test_shift_and_worst_grade() -> None:
    common = {"PARAMCD": "NEUT", "AVALU": "10^9/L", "ANRLO": 2.0}
    rows = [
        {**common, "AVAL": 1.8}, {**common, "AVAL": 0.4}, {**common, "AVAL": 0.9},
        {**common, "USUBJID": "B", "AVAL": 3.0},
        {**common, "USUBJID": "C", "AVAL": 0.9},
    ]  # fmt: skip
    frame = labs(*rows).with_columns(
        ABLFL=pl.Series(["Y", None, None, "Y", None]), ADY=pl.Series([-1, 5, 40, -1, 3])
    )
    graded = grade_labs(frame, "5.0")
    expected = [("A", "L", 1, 4, "1 to 4", "Y"), ("B", "L", 0, None, "0 to Missing", "N"),
                ("C", "L", None, 3, "Missing to 3", "Y")]  # fmt: skip
    columns = ["USUBJID", "DIRECTN", "BTOXGRN", "WTOXGRN", "SHIFT", "NEWFL"]
    assert shift_grades(graded, pl.col("ADY") > 0).select(columns).rows() == expected
    late = shift_grades(graded, pl.col("ADY") > 28).select("USUBJID", "WTOXGRN").rows()
    assert late == [("A", 3), ("B", None), ("C", None)]
    twice = graded.filter(pl.col("USUBJID") == "A").head(2).with_columns(ABLFL=pl.lit("Y"))
    with pytest.raises(DataError, match="more than one baseline"):
        shift_grades(twice, pl.col("ADY") > 0)


@pytest.mark.parametrize(
    ("base", "after", "new"),
    [(1.8, 1.8, "N"), (1.8, 1.2, "Y"), (1.2, 1.8, "N"), (None, 3.0, "N"), (None, 1.8, "Y")],
)
def test_new_or_worsening(base: float | None, after: float, new: str) -> None:
    common = {"PARAMCD": "NEUT", "AVALU": "10^9/L", "ANRLO": 2.0}
    frame = labs({**common, "AVAL": base}, {**common, "AVAL": after}).with_columns(
        ABLFL=pl.Series(["Y", None]), ADY=pl.Series([-1, 5])
    )
    assert shift_grades(grade_labs(frame, "5.0"), pl.col("ADY") > 0)["NEWFL"].item() == new


EXPLAINED = {
    "LYMPH": "the publisher grades lymphocytes by the CD4 term",
    "HGB": "the publisher leaves values in mmol/L ungraded",
    "URATE": "the publisher has no term for uric acid",
}


@pytest.mark.parametrize("direction", ["L", "H"])
def test_grades_of_the_public_trial(pharmaverse_adam: Path, direction: str) -> None:
    """Published by CTCAE 4.03 with symptoms assumed: equal, but for what is explained."""
    adlb = pl.read_parquet(pharmaverse_adam / "adlb.parquet").with_columns(AVALU=pl.col("LBSTRESU"))
    graded = grade_labs(adlb, "4.03", GradingOptions(symptoms="present"))
    theirs = pl.col(f"ATOXGR{direction}").cast(pl.Int8)
    compared = graded.filter(theirs.is_not_null())
    assert compared.height > 20_000
    differing = graded.filter(theirs.ne_missing(pl.col(f"ATOXGR{direction}N")))
    assert set(differing["PARAMCD"].unique()) <= set(EXPLAINED)
    graded_there = differing.filter(theirs.is_not_null())["PARAMCD"].unique().to_list()
    assert graded_there == (["LYMPH"] if direction == "L" else [])
