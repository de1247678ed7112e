"""Rules of the standards and of plausibility that a data manager wants to see kept."""

from __future__ import annotations

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.rules import Broken, Found, Hit, Scope, holds, is_adam, one_to_one, subjects_of

_TOPICS = {
    **dict.fromkeys(("CM", "EC", "EX", "PR", "SU"), ("TRT",)),
    **dict.fromkeys(("AE", "DS"), ("TERM", "DECOD")),
    **dict.fromkeys(("BE", "CE", "DV", "HO", "MH"), ("TERM",)),
    **dict.fromkeys(("FT", "QS"), ("TESTCD", "TEST", "CAT")),
    **dict.fromkeys(("CP", "CV", "DD", "EG", "FA", "GF", "IS", "LB", "MB"), ("TESTCD", "TEST")),
    **dict.fromkeys(("PC", "PP", "RS", "SC", "SS", "TR", "TU", "VS"), ("TESTCD", "TEST")),
    "IE": ("TESTCD", "TEST", "CAT", "ORRES", "STRESC"),
    "MI": ("TESTCD", "TEST", "SPEC"),
}
_SUBJECT_LEVEL = {
    "ADSL": ("SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE", "ARM", "TRT01P"),
    "DM": ("DOMAIN", "SUBJID", "SITEID", "SEX", "COUNTRY"),
    "SV": ("DOMAIN", "VISITNUM"),
}
_LONGEST_LABEL = 40
_CELL_THERAPY_SYNDROMES = (
    "cytokine release syndrome",
    "immune effector cell-associated neurotoxicity syndrome",
)


def required_variables(scope: Scope) -> Found:
    """Variables that the standards require and the data set lacks."""
    for dataset in scope.holding("USUBJID"):
        required = ("STUDYID", *_required(dataset))
        lacking = [v for v in required if v not in dataset.frame.columns]
        if lacking:
            yield Hit(f"Required by the standard and missing: {', '.join(lacking)}", dataset.name)


def _required(dataset: Dataset) -> tuple[str, ...]:
    name, variables = dataset.name, dataset.frame.columns
    if name in _SUBJECT_LEVEL:
        return _SUBJECT_LEVEL[name]
    if name in _TOPICS:
        return ("DOMAIN", f"{name}SEQ", *(f"{name}{topic}" for topic in _TOPICS[name]))
    if is_adam(name) and "PARAMCD" in variables:
        return ("PARAM", "AVALC" if "AVALC" in variables else "AVAL")
    return ()


def variable_names(scope: Scope) -> Found:
    """Names that a transport file cannot carry."""
    for dataset in scope:
        for variable in dataset.frame.columns:
            if len(variable) > 8 or not variable.isascii() or not variable.isidentifier():
                message = "A name has up to 8 letters, digits or underscores"
                yield Hit(message, dataset.name, variable)


def variable_labels(scope: Scope) -> Found:
    """Variables whose label is missing or too long for a transport file."""
    for dataset in scope:
        labels = {v: dataset.labels.get(v, "") for v in dataset.frame.columns}
        odd = [v for v, label in labels.items() if not 0 < len(label) <= _LONGEST_LABEL]
        if odd:
            message = f"Variables without a label of up to {_LONGEST_LABEL} characters: "
            yield Hit(message + ", ".join(odd), dataset.name, count=len(odd))


def code_names(scope: Scope) -> Found:
    """Tests and visits whose code and name do not go one to one."""
    for dataset in scope:
        test = f"{dataset.name}TEST"
        for code, name in ((f"{test}CD", test), ("VISITNUM", "VISIT"), ("AVISITN", "AVISIT")):
            if holds(dataset, code, name):
                yield from one_to_one(dataset, [], code, name)


def orphaned_qualifiers(scope: Scope) -> Found:
    """Supplemental qualifiers of records that are not there."""
    for dataset in scope.holding("USUBJID", "IDVAR", "IDVARVAL"):
        parent = scope.study.get(dataset.name.removeprefix("SUPP"))
        if parent is None or parent is dataset:
            continue
        for identifier in dataset.frame["IDVAR"].drop_nulls().unique().sort():
            if holds(parent, "USUBJID", identifier):
                yield from _orphans(dataset, parent, identifier)


def _orphans(dataset: Dataset, parent: Dataset, identifier: str) -> Found:
    value = pl.col("IDVARVAL")
    number = parent.schema[identifier] == pl.Float64
    here = dataset.frame.filter(pl.col("IDVAR") == identifier).with_columns(
        value.cast(pl.Float64, strict=False).alias("_") if number else value.alias("_")
    )
    there = parent.frame.select("USUBJID", pl.col(identifier).alias("_"))
    orphans = here.join(there, on=["USUBJID", "_"], how="anti")
    if orphans.height:
        message = f"Qualifiers whose {identifier} is not in {parent.name}"
        yield Hit(message, dataset.name, "IDVARVAL", orphans.height, subjects_of(orphans))


def study_day(scope: Scope) -> Found:
    """Days that are not those of their dates, counted from the reference start."""
    yield from _analysis_days(scope)
    dm = scope.study.get("DM")
    if dm is None or not holds(dm, "USUBJID", "RFSTDTC"):
        return
    starts = dm.frame.select(_whole("RFSTDTC"))["RFSTDTC"]
    for dataset in scope.holding("USUBJID"):
        d = dataset.name
        pairs = ((f"{d}DY", f"{d}DTC"), (f"{d}STDY", f"{d}STDTC"), (f"{d}ENDY", f"{d}ENDTC"))
        held = [pair for pair in pairs if not is_adam(d) and holds(dataset, *pair)]
        if held:
            start = scope.of_subject(dataset, starts)
            tests = {day: pl.col(day) != _day(_whole(date), start) for day, date in held}
            yield Broken(dataset, tests, "Not the day of its date from RFSTDTC (day 1)")


def _whole(variable: str) -> pl.Expr:
    """The day of a --DTC, missing where it is partial."""
    return pl.col(variable).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def _analysis_days(scope: Scope) -> Found:
    adsl = scope.study.get("ADSL")
    if adsl is None or not holds(adsl, "USUBJID", "TRTSDT"):
        return
    for dataset in scope.holding("USUBJID"):
        pairs = (("ADY", "ADT"), ("ASTDY", "ASTDT"), ("AENDY", "AENDT"))
        held = [pair for pair in pairs if is_adam(dataset.name) and holds(dataset, *pair)]
        if held:
            start = scope.of_subject(dataset, adsl.frame["TRTSDT"])
            tests = {day: pl.col(day) != _day(pl.col(date), start) for day, date in held}
            message = "Not the day of its date from the first treatment (day 1)"
            yield Broken(dataset, tests, message)


def _day(date: pl.Expr, start: pl.Expr) -> pl.Expr:
    days = (date - start).dt.total_days()
    return pl.when(days < 0).then(days).otherwise(days + 1)


def repeated_baseline(scope: Scope) -> Found:
    """Subjects with more than one baseline of a parameter."""
    for dataset in scope.holding("USUBJID", "PARAMCD", "ABLFL"):
        key = ["USUBJID", "PARAMCD", *(["BASETYPE"] if holds(dataset, "BASETYPE") else [])]
        baseline = dataset.frame[key].filter(dataset.frame["ABLFL"] == "Y")
        repeated = baseline.filter(baseline.is_duplicated())
        if repeated.height:
            message = f"More than one baseline record within {', '.join(key)}"
            yield Hit(message, dataset.name, "ABLFL", repeated.height, subjects_of(repeated))


def change_from_baseline(scope: Scope) -> Found:
    """CHG that is not AVAL - BASE."""
    for dataset in scope.holding("AVAL", "BASE", "CHG"):
        aval, base = pl.col("AVAL"), pl.col("BASE")
        off = (pl.col("CHG") - (aval - base)).abs()
        scale = pl.max_horizontal(aval.abs(), base.abs(), pl.lit(1.0))
        yield Broken(dataset, {"CHG": off > 1e-9 * scale}, "Not AVAL - BASE", show=False)


def syndrome_before_treatment(scope: Scope) -> Found:
    """CRS or ICANS that starts before the cells were given."""
    for dataset in scope.holding("USUBJID", "AEDECOD", "ASTDT"):
        adsl = scope.subjects(dataset)
        if adsl is None or not holds(adsl, "TRTSDT"):
            continue
        start = scope.of_subject(dataset, adsl.frame["TRTSDT"])
        syndrome = pl.col("AEDECOD").str.to_lowercase().is_in(_CELL_THERAPY_SYNDROMES)
        tests = {"ASTDT": syndrome & (pl.col("ASTDT") < start)}
        yield Broken(dataset, tests, "CRS or ICANS before treatment")


def treated_without_date(scope: Scope) -> Found:
    """Subjects of the safety set without a first treatment date, or the reverse."""
    adsl = scope.study.get("ADSL")
    if adsl is not None and holds(adsl, "SAFFL", "TRTSDT"):
        safety = pl.col("SAFFL").eq_missing("Y")
        tests = {"SAFFL": safety != pl.col("TRTSDT").is_not_null()}
        yield Broken(adsl, tests, "SAFFL and TRTSDT do not agree", show=False)
