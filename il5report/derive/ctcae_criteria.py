"""CTCAE laboratory thresholds as data: ``ctcae.csv``, one row per threshold, and its reading."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from il5report.derive.criteria import Criteria, Provenance
from il5report.errors import DataError, Finding, nearest

Direction = Literal["L", "H"]
DIRECTIONS: tuple[Direction, ...] = ("L", "H")
Reference = Literal["absolute", "LLN", "ULN", "BASE"]

_SHARED_CHOICES = (
    "Grades are nested and evaluated from 4 down to 1: a value below an absolute bound has that "
    "grade also where it is inside the local normal range.",
    "Baseline is abnormal for a high term where it is above the ULN, for a low term where it is "
    "below the LLN.",
    "Grades that need a clinical finding (life-threatening consequences, hospitalisation, "
    "transfusion) are never given by a laboratory value; where a grade depends on symptoms alone, "
    "the plan says whether they are assumed.",
    "A grade that depends on a missing limit or baseline is missing.",
    "Values within a relative 1e-12 of a bound are taken as equal to it.",
)

CRITERIA_BY_VERSION: Mapping[str, Criteria] = {
    "4.03": Criteria(
        name="Common Terminology Criteria for Adverse Events, laboratory grades",
        version="version 4.03",
        citation="National Cancer Institute, CTCAE v4.03, 14 June 2010",
        provenance=Provenance.READ,
        text="Laboratory values are graded by the thresholds of CTCAE version 4.03, low and high "
        "direction separately.",
        choices=_SHARED_CHOICES,
    ),
    "5.0": Criteria(
        name="Common Terminology Criteria for Adverse Events, laboratory grades",
        version="version 5.0",
        citation="National Cancer Institute, CTCAE v5.0, 27 November 2017",
        provenance=Provenance.READ,
        text="Laboratory values are graded by the thresholds of CTCAE version 5.0, low and high "
        "direction separately.",
        choices=_SHARED_CHOICES,
    ),
    "6.0": Criteria(
        name="Common Terminology Criteria for Adverse Events, laboratory grades",
        version="version 6.0",
        citation="National Cancer Institute, CTCAE v6.0, MedDRA 28.0",
        provenance=Provenance.READ,
        text="Laboratory values are graded by the thresholds of CTCAE version 6.0, low and high "
        "direction separately. Version 6.0 has no grade for a low lymphocyte count; a neutrophil "
        "count below 0.5 x 10^9/L is grade 3 (grade 4 in version 5.0).",
        choices=_SHARED_CHOICES,
    ),
}
CRITERIA = tuple(CRITERIA_BY_VERSION.values())


@dataclass(frozen=True)
class Threshold:
    """``value comparator factor x reference + plus`` gives `grade` where `applies` holds.

    Attributes
    ----------
    term : str
        CTCAE term.
    direction : {"L", "H"}
    versions : tuple of str
    unit : str
        Unit of an absolute bound, empty for a relative one.
    applies : str
        A key of `il5report.derive.ctcae.CONDITIONS`: when the row is used.
    grade : int
        1-4.
    comparator : {"<", "<=", ">", ">="}
    factor : float
        Multiple of the reference, or the bound itself where `reference` is ``"absolute"``.
    reference : {"absolute", "LLN", "ULN", "BASE"}
    plus : float
        Added to the reference, in `unit`.
    also : str
        A second condition that must hold: ``">ULN"`` or empty.
    provenance : Provenance
    """

    term: str
    direction: Direction
    versions: tuple[str, ...]
    unit: str
    applies: str
    grade: int
    comparator: str
    factor: float
    reference: Reference
    plus: float
    also: str
    provenance: Provenance


@cache
def thresholds() -> tuple[Threshold, ...]:
    """Every row of ``ctcae.csv``, in its order."""
    text = files("il5report.derive").joinpath("ctcae.csv").read_text(encoding="utf-8")
    return tuple(_threshold(row) for row in csv.DictReader(text.splitlines()))


def _threshold(row: dict[str, str]) -> Threshold:
    return Threshold(
        term=row["term"],
        direction=cast(Direction, row["direction"]),
        versions=tuple(row["versions"].split()),
        unit=row["unit"],
        applies=row["applies"],
        grade=int(row["grade"]),
        comparator=row["comparator"],
        factor=float(row["factor"]),
        reference=cast(Reference, row["reference"]),
        plus=float(row["plus"] or 0),
        also=row["also"],
        provenance=Provenance(row["provenance"]),
    )


@cache
def thresholds_of(version: str, term: str, direction: Direction) -> tuple[Threshold, ...]:
    """Rows of one term in one version and direction; empty where the version has no such term."""
    return tuple(
        row
        for row in thresholds()
        if row.term == term and row.direction == direction and version in row.versions
    )


def check_version(version: str) -> None:
    """Raise `DataError` for a CTCAE version that the table does not hold."""
    if version not in CRITERIA_BY_VERSION:
        known = nearest(version, list(CRITERIA_BY_VERSION))
        raise DataError([Finding("ctcae.version", f"no CTCAE version {version!r}{known}")])


TERMS: Mapping[str, tuple[str, ...]] = {
    "HGB": ("Anemia", "Hemoglobin increased"),
    "NEUT": ("Neutrophil count decreased",),
    "ANC": ("Neutrophil count decreased",),
    "PLAT": ("Platelet count decreased", "Thrombocytopenia"),
    "WBC": ("White blood cell decreased", "Leukocytosis"),
    "LYM": ("Lymphocyte count decreased", "Lymphocyte count increased"),
    "LYMPH": ("Lymphocyte count decreased", "Lymphocyte count increased"),
    "CD4": ("CD4 lymphocytes decreased",),
    "FIBRINO": ("Fibrinogen decreased",),
    "INR": ("INR increased",),
    "APTT": ("Activated partial thromboplastin time prolonged",),
    "HAPTOG": ("Haptoglobin decreased",),
    "ALT": ("Alanine aminotransferase increased",),
    "AST": ("Aspartate aminotransferase increased",),
    "BILI": ("Blood bilirubin increased",),
    "ALP": ("Alkaline phosphatase increased",),
    "ALKPH": ("Alkaline phosphatase increased",),
    "GGT": ("GGT increased",),
    "ALB": ("Hypoalbuminemia",),
    "LDH": ("Blood lactate dehydrogenase increased",),
    "CREAT": ("Creatinine increased",),
    "CK": ("CPK increased",),
    "LIPASE": ("Lipase increased",),
    "LIPASET": ("Lipase increased",),
    "AMYLASE": ("Serum amylase increased",),
    "URATE": ("Hyperuricemia",),
    "CHOL": ("Cholesterol high",),
    "CHOLES": ("Cholesterol high",),
    "TRIG": ("Hypertriglyceridemia",),
    "HDL": ("HDL decreased",),
    "LDL": ("LDL increased",),
    "CA": ("Hypocalcemia", "Hypercalcemia"),
    "CACR": ("Hypocalcemia", "Hypercalcemia"),
    "CAION": ("Hypocalcemia (ionized)", "Hypercalcemia (ionized)"),
    "K": ("Hypokalemia", "Hyperkalemia"),
    "POTAS": ("Hypokalemia", "Hyperkalemia"),
    "SODIUM": ("Hyponatremia", "Hypernatremia"),
    "MG": ("Hypomagnesemia", "Hypermagnesemia"),
    "PHOS": ("Hypophosphatemia",),
    "GLUC": ("Hypoglycemia", "Hyperglycemia"),
}
"""PARAMCD to its CTCAE terms of any version and direction. Blood, serum or plasma only."""

UNITS: Mapping[str, Mapping[str, float]] = {
    "10^9/L": {
        **dict.fromkeys(("GI/L", "10E9/L", "10*9/L", "x10^9/L", "X10^9/L", "10^3/uL"), 1.0),
        **dict.fromkeys(("10*3/uL", "10^3/mm3", "K/uL", "THOU/uL"), 1.0),
        **dict.fromkeys(("/uL", "cells/uL", "/mm3", "10^6/L"), 1e-3),
    },
    "g/L": {"g/dL": 10.0, "mg/dL": 0.01},
    "mmol/L": {"umol/L": 1e-3},
    "umol/L": {"mmol/L": 1e3},
    "mg/dL": {},
}
"""Unit of the table to the units that are a power of ten of it, with the factor to multiply by.

Conversions that need a molar mass are not made: the table holds the bounds in both units where
CTCAE prints both. mEq/L is not mmol/L for every ion and is not graded.
"""
