"""Rules of clinical plausibility: what cannot be, or hardly can be, in a patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.rules import Hit, Scope, broken, holds, is_adam

_FEVER = {"C": 38.0, "F": 100.4}
_DAYS_BEFORE = 3
_POSSIBLE: Mapping[tuple[str, str], tuple[float, float]] = {
    ("TEMP", "C"): (30, 44),
    ("TEMP", "F"): (86, 111.2),
    ("OXYSAT", "%"): (40, 100),
    ("LVEF", "%"): (5, 90),
    ("BLAST", "%"): (0, 100),
    ("PULSE", "BEATS/MIN"): (20, 260),
    ("HR", "BEATS/MIN"): (20, 260),
    ("RESP", "BREATHS/MIN"): (4, 80),
    ("SYSBP", "MMHG"): (40, 300),
    ("DIABP", "MMHG"): (10, 200),
    ("WEIGHT", "KG"): (20, 300),
    ("HEIGHT", "CM"): (100, 230),
    ("QTCFAG", "MS"): (250, 800),
}
"""By test code and unit (upper case): what a living adult can have."""
_CAN_BE_NEGATIVE = ("BASEEXC", "ANIONG")
_IN_ORDER = ("RFICDT", "ENRLDT", "LEUKDT", "LDSDT", "TRTSDT", "DTHDT")


def implausible_value(scope: Scope) -> Iterator[Hit]:
    """Results that no living adult has, and negative laboratory results."""
    for dataset in scope.holding("USUBJID"):
        d = dataset.name
        code, value, unit = (
            ("PARAMCD", "AVAL", "AVALU")
            if is_adam(d)
            else (f"{d}TESTCD", f"{d}STRESN", f"{d}STRESU")
        )
        if not holds(dataset, code, value, unit):
            continue
        impossible = pl.lit(value=False)
        for (test, of), (low, high) in _POSSIBLE.items():
            mine = (pl.col(code) == test) & (pl.col(unit).str.to_uppercase() == of)
            impossible |= (mine & ~pl.col(value).is_between(low, high)).fill_null(value=False)
        if d in ("LB", "ADLB"):
            impossible |= (pl.col(value) < 0) & ~pl.col(code).is_in(_CAN_BE_NEGATIVE)
        frame = _once(dataset.frame.filter(impossible), (code, value, unit))
        named = frame.with_columns(pl.format("{} {} {}", code, value, unit).alias(value))
        every = {value: pl.col("USUBJID").is_not_null()}
        yield from broken(Dataset(d, named), every, "No living adult has this value")


def _once(frame: pl.DataFrame, variables: tuple[str, ...]) -> pl.DataFrame:
    """A result counts once, not again under every baseline."""
    known = ("USUBJID", *variables, "ADT", "ADTM", "VISITNUM", "SRCSEQ")
    if "BASETYPE" not in frame.columns:
        return frame
    return frame.unique([v for v in known if v in frame.columns], maintain_order=True)


def fever_before_treatment(scope: Scope) -> Iterator[Hit]:
    """Fever shortly before the cells: then a fever after them need not be CRS."""
    for dataset in scope.holding("USUBJID", "PARAMCD", "AVAL", "AVALU", "ADT"):
        adsl = scope.subjects(dataset)
        if adsl is None or not holds(adsl, "TRTSDT"):
            continue
        starts = adsl.frame.select("USUBJID", _START="TRTSDT").unique("USUBJID")
        own = dataset.frame.filter(pl.col("PARAMCD") == "TEMP")
        own = _once(own, ("AVAL", "AVALU")).join(starts, on="USUBJID")
        days = (pl.col("_START") - pl.col("ADT")).dt.total_days()
        limit = pl.col("AVALU").str.to_uppercase().replace_strict(_FEVER, default=None)
        fever = days.is_between(1, _DAYS_BEFORE) & (pl.col("AVAL") >= limit)
        message = f"Fever within {_DAYS_BEFORE} days before the first treatment"
        yield from broken(Dataset(dataset.name, own), {"AVAL": fever}, message)


def subject_dates(scope: Scope) -> Iterator[Hit]:
    """Dates of ADSL that are not in the order of the trial, or after death."""
    adsl = scope.study.get("ADSL")
    if adsl is None:
        return
    held = [v for v in _IN_ORDER if holds(adsl, v)]
    for earlier, later in pairwise(held):
        message = f"{earlier} is after {later}"
        yield from broken(adsl, {earlier: pl.col(earlier) > pl.col(later)}, message, show=False)
    if holds(adsl, "LSTALVDT", "DTHDT"):
        test = {"LSTALVDT": pl.col("LSTALVDT") > pl.col("DTHDT")}
        yield from broken(adsl, test, "Known alive after the date of death", show=False)


def fatal_grade(scope: Scope) -> Iterator[Hit]:
    """Events of grade 5 that are not fatal, and fatal ones of another grade."""
    for dataset in scope.holding("AEOUT"):
        schema = dataset.schema
        grade = next((v for v in ("AETOXGRN", "ATOXGRN", "AETOXGR") if v in schema), None)
        if grade is None:
            continue
        five = pl.col(grade).cast(pl.String).is_in(["5", "5.0"])
        fatal = (pl.col("AEOUT") == "FATAL").fill_null(value=False)
        odd = (five != fatal) & pl.col(grade).is_not_null()
        yield from broken(dataset, {grade: odd}, "Grade 5 and a fatal outcome do not go together")


def fatal_and_alive(scope: Scope) -> Iterator[Hit]:
    """Fatal events of subjects who did not die."""
    for dataset in scope.holding("USUBJID", "AEOUT"):
        home = scope.subjects(dataset)
        if home is None or not holds(home, "DTHFL"):
            continue
        alive = home.frame.filter(pl.col("DTHFL").ne_missing("Y"))["USUBJID"].to_list()
        odd = (pl.col("AEOUT") == "FATAL") & pl.col("USUBJID").is_in(alive)
        yield from broken(dataset, {"AEOUT": odd}, "Fatal event, subject alive", show=False)


def emergent_before_treatment(scope: Scope) -> Iterator[Hit]:
    """Treatment-emergent events that start before the treatment."""
    for dataset in scope.holding("USUBJID", "TRTEMFL", "ASTDT"):
        adsl = scope.subjects(dataset)
        if adsl is None or not holds(adsl, "TRTSDT"):
            continue
        starts = adsl.frame.select("USUBJID", _START="TRTSDT").unique("USUBJID")
        events = dataset.frame.select("USUBJID", "TRTEMFL", "ASTDT").join(starts, on="USUBJID")
        odd = (pl.col("TRTEMFL") == "Y") & (pl.col("ASTDT") < pl.col("_START"))
        message = "Treatment-emergent, but started before the treatment"
        yield from broken(Dataset(dataset.name, events), {"TRTEMFL": odd}, message, show=False)


def survival_and_death(scope: Scope) -> Iterator[Hit]:
    """Overall survival that does not agree with the deaths of ADSL."""
    adsl = scope.study.get("ADSL")
    if adsl is None or not holds(adsl, "USUBJID", "DTHDT"):
        return
    deaths = adsl.frame.select("USUBJID", _DEATH="DTHDT").unique("USUBJID")
    for dataset in scope.holding("USUBJID", "PARAMCD", "CNSR", "ADT"):
        own = dataset.frame.filter(pl.col("PARAMCD") == "OS").join(deaths, on="USUBJID")
        died = pl.col("CNSR") == 0
        odd = died & pl.col("ADT").ne_missing(pl.col("_DEATH"))
        odd |= ~died & (pl.col("_DEATH") <= pl.col("ADT"))
        message = "Overall survival does not agree with the date of death"
        yield from broken(Dataset(dataset.name, own), {"CNSR": odd}, message, show=False)
