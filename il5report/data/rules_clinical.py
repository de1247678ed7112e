"""Rules of clinical plausibility: what cannot be, or hardly can be, in a patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.rules import Broken, Found, Scope, holds, is_adam

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


def implausible_value(scope: Scope) -> Found:
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
        impossible = list(_impossible(dataset, code, value, unit))
        if not impossible:
            continue
        frame = _results(dataset, code, value, unit).filter(pl.any_horizontal(impossible))
        if frame.height:
            frame = _once(frame).with_columns(pl.format("{} {} {}", code, value, unit).alias(value))
            every = {value: pl.col("USUBJID").is_not_null()}
            yield Broken(Dataset(d, frame), every, "No living adult has this value")


def _impossible(dataset: Dataset, code: str, value: str, unit: str) -> Iterator[pl.Expr]:
    """What no living adult has, of the tests that the data set holds."""
    held = set(dataset.frame[code].unique())
    for (test, of), (low, high) in _POSSIBLE.items():
        if test in held:
            mine = (pl.col(code) == test) & (pl.col(unit).str.to_uppercase() == of)
            yield mine & ~pl.col(value).is_between(low, high)
    if dataset.name in ("LB", "ADLB"):
        yield (pl.col(value) < 0) & ~pl.col(code).is_in(_CAN_BE_NEGATIVE)


def _results(dataset: Dataset, *variables: str) -> pl.DataFrame:
    """The variables of results, and what tells whether two records are one result."""
    known = ("USUBJID", *variables, "ADT", "ADTM", "VISITNUM", "SRCSEQ", "BASETYPE")
    return dataset.frame[[v for v in known if v in dataset.schema]]


def _once(frame: pl.DataFrame) -> pl.DataFrame:
    """A result counts once, not again under every baseline."""
    if "BASETYPE" not in frame.columns:
        return frame
    return frame.drop("BASETYPE").unique(maintain_order=True)


def fever_before_treatment(scope: Scope) -> Found:
    """Fever shortly before the cells: then a fever after them need not be CRS."""
    for dataset in scope.holding("USUBJID", "PARAMCD", "AVAL", "AVALU", "ADT"):
        adsl = scope.subjects(dataset)
        if adsl is None or not holds(adsl, "TRTSDT"):
            continue
        mine = dataset.frame["PARAMCD"] == "TEMP"
        if not mine.any():
            continue
        start = scope.of_subject(dataset, adsl.frame["TRTSDT"]).alias("_START")
        own = _results(dataset, "AVAL", "AVALU").with_columns(start).filter(mine)
        days = (pl.col("_START") - pl.col("ADT")).dt.total_days()
        limit = pl.col("AVALU").str.to_uppercase().replace_strict(_FEVER, default=None)
        fever = days.is_between(1, _DAYS_BEFORE) & (pl.col("AVAL") >= limit)
        message = f"Fever within {_DAYS_BEFORE} days before the first treatment"
        yield Broken(Dataset(dataset.name, _once(own)), {"AVAL": fever}, message)


def subject_dates(scope: Scope) -> Found:
    """Dates of ADSL that are not in the order of the trial, or after death."""
    adsl = scope.study.get("ADSL")
    if adsl is None:
        return
    held = [v for v in _IN_ORDER if holds(adsl, v)]
    for earlier, later in pairwise(held):
        message = f"{earlier} is after {later}"
        yield Broken(adsl, {earlier: pl.col(earlier) > pl.col(later)}, message, show=False)
    if holds(adsl, "LSTALVDT", "DTHDT"):
        test = {"LSTALVDT": pl.col("LSTALVDT") > pl.col("DTHDT")}
        yield Broken(adsl, test, "Known alive after the date of death", show=False)


def fatal_grade(scope: Scope) -> Found:
    """Events of grade 5 that are not fatal, and fatal ones of another grade."""
    for dataset in scope.holding("AEOUT"):
        schema = dataset.schema
        grade = next((v for v in ("AETOXGRN", "ATOXGRN", "AETOXGR") if v in schema), None)
        if grade is None:
            continue
        five = pl.col(grade).cast(pl.String).is_in(["5", "5.0"])
        fatal = (pl.col("AEOUT") == "FATAL").fill_null(value=False)
        odd = (five != fatal) & pl.col(grade).is_not_null()
        yield Broken(dataset, {grade: odd}, "Grade 5 and a fatal outcome do not go together")


def fatal_and_alive(scope: Scope) -> Found:
    """Fatal events of subjects who did not die."""
    for dataset in scope.holding("USUBJID", "AEOUT"):
        home = scope.subjects(dataset)
        if home is None or not holds(home, "DTHFL"):
            continue
        alive = home.frame.filter(pl.col("DTHFL").ne_missing("Y"))["USUBJID"].to_list()
        odd = (pl.col("AEOUT") == "FATAL") & pl.col("USUBJID").is_in(alive)
        yield Broken(dataset, {"AEOUT": odd}, "Fatal event, subject alive", show=False)


def emergent_before_treatment(scope: Scope) -> Found:
    """Treatment-emergent events that start before the treatment."""
    for dataset in scope.holding("USUBJID", "TRTEMFL", "ASTDT"):
        adsl = scope.subjects(dataset)
        if adsl is None or not holds(adsl, "TRTSDT"):
            continue
        start = scope.of_subject(dataset, adsl.frame["TRTSDT"])
        odd = (pl.col("TRTEMFL") == "Y") & (pl.col("ASTDT") < start)
        message = "Treatment-emergent, but started before the treatment"
        yield Broken(dataset, {"TRTEMFL": odd}, message, show=False)


def survival_and_death(scope: Scope) -> Found:
    """Overall survival that does not agree with the deaths of ADSL."""
    adsl = scope.study.get("ADSL")
    if adsl is None or not holds(adsl, "USUBJID", "DTHDT"):
        return
    for dataset in scope.holding("USUBJID", "PARAMCD", "CNSR", "ADT"):
        mine = (pl.col("PARAMCD") == "OS") & scope.is_listed(dataset)
        death = scope.of_subject(dataset, adsl.frame["DTHDT"])
        died = pl.col("CNSR") == 0
        odd = died & pl.col("ADT").ne_missing(death)
        odd |= ~died & (death <= pl.col("ADT"))
        message = "Overall survival does not agree with the date of death"
        yield Broken(dataset, {"CNSR": mine & odd}, message, show=False)
