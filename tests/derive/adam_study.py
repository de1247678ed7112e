"""A handful of subjects written by hand, and the trial's own plan, for the tests of derivation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from il5report.data.dataset import Dataset, Study
from il5report.data.demo import generate
from il5report.derive.adam import derive
from il5report.errors import Finding
from il5report.plan.models import Plan

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "analysis_plan"
CELLS = {"EXCAT": "CAR-T INFUSION", "EXTRT": "IL-5 CAR-T CELLS", "EXDOSE": 1.0}
NUMERIC = ("SEQ", "STRESN", "DOSE", "VISITNUM", "VISITDY", "LLOQ", "AGE", "STNRLO", "STNRHI")


@cache
def whole_plan() -> Plan:
    """The trial's plan without outputs."""
    raw = read_plan_file("study")
    return Plan.model_validate(
        {**raw, "analysis_sets": read_plan_file("analysis_sets"),
         "derivation": read_plan_file("derivation"),
         "outputs": {}}
    )  # fmt: skip


def plan(
    *parts: str,
    assays: bool = False,
    sets: tuple[str, ...] = ("SCR", "LD", "SAF"),
    **changes: Any,
) -> Plan:
    """The trial's plan with the few rules that a small study needs, its `sets`, `parts` of its
    derivation, and `changes` to that."""
    raw, derivation, every = (
        read_plan_file("study"),
        read_plan_file("derivation"),
        read_plan_file("analysis_sets"),
    )
    few = {
        **{k: derivation[k] for k in ("subjects", "planned", "actual", "treatment", *parts)},
        "dates": {
            **{k: derivation["dates"][k] for k in ("RFICDT", "LDSDT", "HSCTDT", "NACTDT")},
            "DTHDT": {"flag": "DTHDTF", "impute": "earliest",
                      "from": [{"domain": "DM", "date": "DTHDTC"}]},
        },
        **changes,
    }  # fmt: skip
    return Plan.model_validate(
        {**raw, "assays": raw["assays"] if assays else {}, "outputs": {},
         "analysis_sets": {k: every[k] for k in sets}, "derivation": few}
    )  # fmt: skip


@cache
def read_plan_file(name: str) -> dict[str, Any]:
    """A file of the trial's plan as plain data."""
    constants = yaml.load((PLAN / "study.yaml").read_text("utf-8"), yaml.CSafeLoader)["constants"]
    text = (PLAN / f"{name}.yaml").read_text("utf-8")
    for constant, number in constants.items():
        text = re.sub(rf"\${constant}\b", str(number), text)
    return dict(yaml.load(text, yaml.CSafeLoader))


def domain(name: str, *rows: Mapping[str, object], variables: str = "") -> Dataset:
    """A domain from rows that name only what they have; --SEQ counts within the subject.

    `variables` are further names that the domain has, missing in every row.
    """
    names = dict.fromkeys([k for row in rows for k in row] + variables.split())
    schema = {
        n: pl.Float64 if n.endswith(NUMERIC) else pl.String
        for n in ["STUDYID", "USUBJID", f"{name}SEQ", *names]
    }
    count: dict[object, int] = {}
    filled = []
    for row in rows:
        count[row["USUBJID"]] = count.get(row["USUBJID"], 0) + 1
        filled.append({"STUDYID": "S", f"{name}SEQ": float(count[row["USUBJID"]]), **row})
    return Dataset(name, pl.DataFrame(filled, schema=schema))


def study(*datasets: Dataset) -> Study:
    return {d.name: d for d in datasets}


def subject(usubjid: str, level: int | None = 1, **more: object) -> dict[str, object]:
    """A row of DM."""
    arm = f"Dose level {level}" if level else None
    return {
        "USUBJID": usubjid, "SUBJID": usubjid, "SITEID": "01", "AGE": 50.0, "SEX": "F",
        "RACE": "ASIAN", "ARM": arm, "ACTARM": arm, "RFICDTC": "2026-01-01", "DTHDTC": None,
        "DTHFL": None, **more,
    }  # fmt: skip


def infusion(usubjid: str, day: str = "2026-02-01T10:00", **more: object) -> dict[str, object]:
    """A row of EX: the cells."""
    return {"USUBJID": usubjid, **CELLS, "EXSTDTC": day, "EXENDTC": day, **more}


@cache
def demo() -> tuple[Study, Mapping[str, Dataset], tuple[Finding, ...]]:
    """The demo study's SDTM, what is derived from it, and the findings."""
    sdtm = generate()
    return sdtm, *derive(sdtm, whole_plan())


def rows(dataset: Dataset) -> list[dict[str, Any]]:
    """The records of a data set as plain dictionaries."""
    return dataset.frame.to_dicts()


def by_subject(dataset: Dataset) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(dataset):
        found.setdefault(row["USUBJID"], []).append(row)
    return found
