"""LB: blood counts, chemistry, coagulation, inflammation, cytokines, virology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.demo import chemistry, counts
from il5report.data.demo.schedule import DAY_0, DAY_28, SCREENING, Subject
from il5report.data.demo.tables import calendar, flag_baseline, from_frame


@dataclass(frozen=True)
class Test:
    """A laboratory test: unit and reference range in standard units; LLOQ where it has one."""

    name: str
    category: str
    unit: str
    low: float
    high: float
    decimals: int
    lloq: float | None = None


_H, _C, _G, _K = "HEMATOLOGY", "CHEMISTRY", "COAGULATION", "CYTOKINES"
_CELLS, _ENZYME, _AMOUNT, _MASS = "10^9/L", "U/L", "umol/L", "ng/L"

TESTS: Mapping[str, Test] = {
    "WBC": Test("Leukocytes", _H, _CELLS, 3.5, 9.5, counts.DECIMALS["WBC"]),
    "NEUT": Test("Neutrophils", _H, _CELLS, 1.8, 6.3, counts.DECIMALS["NEUT"]),
    "LYM": Test("Lymphocytes", _H, _CELLS, 1.1, 3.2, counts.DECIMALS["LYM"]),
    "EOS": Test("Eosinophils", _H, _CELLS, 0.02, 0.52, counts.DECIMALS["EOS"]),
    "BASO": Test("Basophils", _H, _CELLS, 0, 0.06, counts.DECIMALS["BASO"]),
    "MONO": Test("Monocytes", _H, _CELLS, 0.1, 0.6, counts.DECIMALS["MONO"]),
    "BLAST": Test("Blasts", _H, _CELLS, 0, 0, counts.DECIMALS["BLAST"]),
    "PLAT": Test("Platelets", _H, _CELLS, 125, 350, counts.DECIMALS["PLAT"]),
    "HGB": Test("Hemoglobin", _H, "g/L", 115, 150, counts.DECIMALS["HGB"]),
    "ALT": Test("Alanine Aminotransferase", _C, _ENZYME, 7, 50, 0),
    "AST": Test("Aspartate Aminotransferase", _C, _ENZYME, 13, 40, 0),
    "ALP": Test("Alkaline Phosphatase", _C, _ENZYME, 45, 125, 0),
    "GGT": Test("Gamma Glutamyl Transferase", _C, _ENZYME, 10, 60, 0),
    "LDH": Test("Lactate Dehydrogenase", _C, _ENZYME, 120, 250, 0),
    "BILI": Test("Bilirubin", _C, _AMOUNT, 3.4, 20.5, 1),
    "BILDIR": Test("Direct Bilirubin", _C, _AMOUNT, 0, 6.8, 1),
    "CREAT": Test("Creatinine", _C, _AMOUNT, 53, 106, 1),
    "URATE": Test("Urate", _C, _AMOUNT, 155, 428, 0),
    "K": Test("Potassium", _C, "mmol/L", 3.5, 5.3, 1),
    "PHOS": Test("Phosphate", _C, "mmol/L", 0.85, 1.51, 2),
    "CA": Test("Calcium", _C, "mmol/L", 2.11, 2.52, 2),
    "ALB": Test("Albumin", _C, "g/L", 35, 55, 0),
    "TRIG": Test("Triglycerides", _C, "mmol/L", 0.4, 1.7, 2),
    "TROPONI": Test("Troponin I", _C, _MASS, 0, 26, 1),
    "IGG": Test("Immunoglobulin G", _C, "g/L", 7, 16, 2),
    "CRP": Test("C Reactive Protein", _C, "mg/L", 0, 8, 1),
    "FERRITIN": Test("Ferritin", _C, "ug/L", 15, 400, 0),
    "FIBRINO": Test("Fibrinogen", _G, "g/L", 2, 4, 2),
    "INR": Test("Prothrombin Intl. Normalized Ratio", _G, "RATIO", 0.8, 1.2, 2),
    "APTT": Test("Activated Partial Thromboplastin Time", _G, "s", 25, 37, 1),
    "INTLK6": Test("Interleukin 6", _K, _MASS, 0, 7, 1, 2),
    "IFNG": Test("Interferon Gamma", _K, _MASS, 0, 7.4, 1, 2),
    "IL2SR": Test("Soluble Interleukin 2 Receptor", _K, _MASS, 450, 1900, 0, 20),
    "INTLK5": Test("Interleukin 5", _K, _MASS, 0, 3.1, 1, 2),
    "INTLK10": Test("Interleukin 10", _K, _MASS, 0, 9.1, 1, 2),
    "INTLK15": Test("Interleukin 15", _K, _MASS, 0, 5, 1, 2),
    "TNF": Test("Tumor Necrosis Factor", _K, _MASS, 0, 8.1, 1, 2),
}
# site 02 reports these in other units: unit, factor to the standard unit, decimals there
_SITE_02: Mapping[str, tuple[str, float, int]] = {
    "HGB": ("g/dL", 10.0, 1),
    "CREAT": ("mg/dL", 88.4, 2),
}
_SPECIMEN = {"HEMATOLOGY": "BLOOD", "COAGULATION": "PLASMA"}

_VIROLOGY = {
    "HBSAG": "Hepatitis B Surface Antigen",
    "HBEAG": "Hepatitis B Envelope Antigen",
    "HBEAB": "Hepatitis B Envelope Antibody",
    "HBCAB": "Hepatitis B Core Antibody",
    "HCAB": "Hepatitis C Antibody",
    "HIVAB": "HIV Antibody",
    "SYPHIL": "Syphilis Antibody",
}


_LIMITS_BY_SEX = {
    "HGB": {"M": (130.0, 175.0), "F": (115.0, 150.0)},
    "CREAT": {"M": (57.0, 97.0), "F": (41.0, 73.0)},
}


def lb(subjects: Sequence[Subject]) -> Dataset:
    """Results of every subject, joined to what is known of the test and of the visit."""
    parts = [part for s in subjects for part in (_blood(s), _missing(s), _virology(s))]
    rows = {key: [x for part in parts for x in part[key]] for key in parts[0]}
    frame = (
        pl.DataFrame(rows, schema=_SCHEMA)
        .join(_tests(), on=["LBTESTCD", "site", "sex"], how="left")
        .join(calendar(subjects, "LB"), on=["USUBJID", "VISITNUM"])
        .with_columns(LBTPT=pl.when(pl.col("VISITNUM") == DAY_0).then(pl.lit("PRE-INFUSION")))
        .drop("site", "sex")
    )
    frame = flag_baseline(frame, "LB", subjects)
    return from_frame("LB", frame, ("LBCAT", "LBTESTCD", "LBDTC"))


_SCHEMA = {
    "USUBJID": pl.String,
    "site": pl.String,
    "sex": pl.String,
    "VISITNUM": pl.Float64,
    "LBTESTCD": pl.String,
    "LBORRES": pl.String,
    "LBSTRESC": pl.String,
    "LBSTRESN": pl.Float64,
    "LBSTAT": pl.String,
    "LBREASND": pl.String,
}
Columns = dict[str, list[Any]]


def _columns(subject: Subject, tests: list[str], visits: list[int], **more: list[Any]) -> Columns:
    n = len(tests)
    plan = subject.plan
    empty = {key: [None] * n for key in _SCHEMA}
    same = {"USUBJID": [subject.usubjid] * n, "site": [plan.site] * n, "sex": [plan.sex] * n}
    return {**empty, **same, "LBTESTCD": tests, "VISITNUM": visits, **more}


def _blood(subject: Subject) -> Columns:
    """Counts, chemistry, coagulation and cytokines on the visits where each is taken."""
    visits, blood = counts.reported(subject)
    days = np.array([subject.visits[v] for v in visits], dtype=np.float64)
    values = {**blood, **chemistry.series(subject, days)}
    lost = set(zip(*(_missing(subject)[k] for k in ("LBTESTCD", "VISITNUM")), strict=True))
    tests: list[str] = []
    taken: list[int] = []
    texts: list[tuple[str, str, float | None]] = []
    for test, series in values.items():
        for visit, value in zip(visits, series, strict=True):
            if _scheduled(test, visit) and (test, visit) not in lost:
                tests.append(test)
                taken.append(visit)
                texts.append(_report(test, float(value), subject.plan.site))
    original, standard, number = zip(*texts, strict=True)
    return _columns(
        subject, tests, taken,
        LBORRES=list(original), LBSTRESC=list(standard), LBSTRESN=list(number),
    )  # fmt: skip


def _scheduled(test: str, visit: int) -> bool:
    return TESTS[test].category == _H or chemistry.scheduled(test, visit)


def _report(test: str, value: float, site: str) -> tuple[str, str, float | None]:
    """Original text, standard text and number; below the LLOQ there is no number."""
    known = TESTS[test]
    if known.lloq is not None and value < known.lloq:
        return f"<{known.lloq:g}", f"<{known.lloq:g}", None
    unit = _SITE_02.get(test) if site == "02" else None
    if unit is None:
        text = f"{value:.{known.decimals}f}"
        return text, text, float(text)
    original = f"{value / unit[1]:.{unit[2]}f}"
    standard = f"{float(original) * unit[1]:.{known.decimals}f}"
    return original, standard, float(standard)


def _missing(subject: Subject) -> Columns:
    """A few samples without a result, never one that an assessment needs."""
    rng = subject.stream("missing")
    possible = [
        (test, visit)
        for test in ("K", "LDH", "APTT", "INTLK6")
        for visit in subject.visits
        if DAY_0 < visit < DAY_28 and _scheduled(test, visit)
    ]
    lost = [possible[i] for i in sorted(rng.choice(len(possible), 2, False))] if possible else []
    return _columns(
        subject, [t for t, _ in lost], [v for _, v in lost],
        LBSTAT=["NOT DONE"] * len(lost), LBREASND=["SAMPLE HEMOLYZED"] * len(lost),
    )  # fmt: skip


def _virology(subject: Subject) -> Columns:
    fixed = subject.plan.screening
    words = ["POSITIVE" if fixed.get(test) else "NEGATIVE" for test in _VIROLOGY]
    dna = fixed.get("HBVDNA")
    text = "<20" if dna is None else f"{dna:.0f}"
    results = [*words, text]
    return _columns(
        subject, [*_VIROLOGY, "HBVDNA"], [SCREENING] * len(results),
        LBORRES=results, LBSTRESC=results, LBSTRESN=[None] * len(words) + [dna],
    )  # fmt: skip


def _tests() -> pl.DataFrame:
    """What is known of each test at each site for each sex."""
    rows = [
        {"LBTESTCD": test, "site": site, "sex": sex, **_facts(test, site, sex)}
        for test in TESTS for site in ("01", "02") for sex in ("F", "M")
    ]  # fmt: skip
    rows += [
        {"LBTESTCD": test, "site": site, "sex": sex, "LBTEST": name, "LBCAT": "VIROLOGY",
         "LBSPEC": "SERUM", "LBORRESU": unit, "LBSTRESU": unit}
        for test, name, unit in (*((t, n, None) for t, n in _VIROLOGY.items()),
                                 ("HBVDNA", "Hepatitis B Virus DNA", "IU/mL"))
        for site in ("01", "02") for sex in ("F", "M")
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _facts(test: str, site: str, sex: str) -> dict[str, str | float | None]:
    known = TESTS[test]
    low, high = _LIMITS_BY_SEX[test][sex] if test in _LIMITS_BY_SEX else (known.low, known.high)
    unit, factor, decimals = known.unit, 1.0, known.decimals
    if site == "02" and test in _SITE_02:
        unit, factor, decimals = _SITE_02[test]
    return {
        "LBTEST": known.name,
        "LBCAT": known.category,
        "LBSPEC": _SPECIMEN.get(known.category, "SERUM"),
        "LBORRESU": unit,
        "LBORNRLO": f"{low / factor:.{decimals}f}",
        "LBORNRHI": f"{high / factor:.{decimals}f}",
        "LBSTRESU": known.unit,
        "LBSTNRLO": float(low),
        "LBSTNRHI": float(high),
    }
