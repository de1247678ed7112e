"""Rules on what is there: data sets, variables, types, keys, subjects."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.normalise import DTYPES
from il5report.data.rules import Broken, Found, Hit, Scope, holds, is_adam, subjects_of
from il5report.data.variables import Kind, kind_of
from il5report.errors import Severity, nearest

_OCCURRENCES = ("AE", "CE", "CM", "DV", "HO", "MH", "PR")
_SUPPLEMENTAL_KEY = ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM")
# Records here may belong to no subject.
_WITHOUT_SUBJECT = ("CO", "RELREC")
_CARRIED = ("TRT01P", "TRT01A", "TRTSDT", "SAFFL", "FASFL", "SEX", "AGE")


def missing_dataset(scope: Scope) -> Found:
    """Data sets needed and not there."""
    for name in scope.needs:
        if name not in scope.study:
            yield Hit(f"The data set is missing{nearest(name, sorted(scope.study))}", name)


def missing_variable(scope: Scope) -> Found:
    """Variables needed and not there."""
    for name, variables in scope.needs.items():
        if name in scope.study:
            known = scope.study[name].frame.columns
            for variable in sorted(set(variables) - set(known)):
                yield Hit(f"The variable is missing{nearest(variable, known)}", name, variable)


def wrong_type(scope: Scope) -> Found:
    """Variables whose type is not the standard one; an error where the report needs them."""
    for dataset in scope:
        needed = {"USUBJID", *scope.needs.get(dataset.name, ())}
        for variable in scope.own(dataset):
            is_, should_be = _kind(dataset.schema[variable]), kind_of(variable)
            if should_be is not None and is_ is not should_be:
                message = f"The variable holds {is_}, the standard has {should_be}"
                severity = Severity.ERROR if variable in needed else None
                yield Hit(message, dataset.name, variable, severity=severity)


def _kind(dtype: pl.DataType) -> Kind:
    return next(kind for kind, standard in DTYPES.items() if dtype == standard)


def no_records(scope: Scope) -> Found:
    """Data sets without records; an error where they hold the subjects."""
    for dataset in scope:
        if not dataset.frame.height:
            severity = Severity.ERROR if dataset.name in ("ADSL", "DM") else None
            yield Hit("The data set has no records", dataset.name, severity=severity)


def null_subject(scope: Scope) -> Found:
    """Records of nobody."""
    for dataset in scope.holding("USUBJID"):
        if dataset.name not in _WITHOUT_SUBJECT:
            tests = {"USUBJID": pl.col("USUBJID").is_null()}
            yield Broken(dataset, tests, "USUBJID is missing", show=False)


def duplicate_key(scope: Scope) -> Found:
    """Records that the key does not tell apart."""
    for dataset in scope:
        key = list(scope.keys.get(dataset.name) or standard_key(dataset))
        frame = dataset.frame
        if key and set(key) <= set(frame.columns):
            repeated = frame[key].is_duplicated()
            if repeated.any():
                message = f"Records with the same {', '.join(key)}"
                subjects = subjects_of(frame.filter(repeated))
                yield Hit(message, dataset.name, key[-1], int(repeated.sum()), subjects)


def standard_key(dataset: Dataset) -> Sequence[str]:
    """What identifies a record by the standards; empty where they leave it to the sponsor."""
    name, variables = dataset.name, dataset.frame.columns
    if name in ("ADSL", "DM"):
        return ("USUBJID",)
    if name.startswith("SUPP"):
        return _SUPPLEMENTAL_KEY
    if "CNSR" in variables:
        return ("USUBJID", "PARAMCD")
    if is_adam(name):
        domain = name.removeprefix("AD")
        sequence = f"{domain}SEQ" if domain in _OCCURRENCES else "ASEQ"
    else:
        sequence = f"{name}SEQ"
    return ("USUBJID", sequence) if "USUBJID" in variables else ()


def unknown_subject(scope: Scope) -> Found:
    """Subjects with data who are not among the subjects of the study."""
    for dataset in scope.holding("USUBJID"):
        home = scope.subjects(dataset)
        if home is None:
            continue
        stranger = pl.col("USUBJID").is_not_null() & ~scope.is_listed(dataset)
        message = f"Subjects who are not in {home.name}"
        yield Broken(dataset, {"USUBJID": stranger}, message, show=False)


def differs_from_adsl(scope: Scope) -> Found:
    """Subject-level variables that were carried over and are no longer what ADSL says."""
    for dataset in scope.holding("USUBJID"):
        adsl = scope.subjects(dataset)
        if is_adam(dataset.name) and adsl and not adsl.frame["USUBJID"].is_duplicated().any():
            held = [v for v in _CARRIED if holds(dataset, v) and holds(adsl, v)]
            said = {v: scope.of_subject(dataset, adsl.frame[v]) for v in held}
            listed = scope.is_listed(dataset)
            tests = {v: listed & pl.col(v).ne_missing(said[v]) for v in held}
            yield Broken(dataset, tests, "The value is not that of ADSL", show=False)


def repeated_event(scope: Scope) -> Found:
    """Adverse events that repeat subject, term and start of an earlier record."""
    for dataset in scope:
        start = {"AE": "AESTDTC", "ADAE": "ASTDT"}.get(dataset.name, "")
        if start and holds(dataset, "USUBJID", "AEDECOD", start):
            key = ["USUBJID", "AEDECOD", start]
            first = pl.struct(key).is_first_distinct()
            test = pl.col("AEDECOD").is_not_null() & pl.col(start).is_not_null() & ~first
            message = f"Records that repeat {', '.join(key)} of another"
            yield Broken(dataset, {"AEDECOD": test}, message, show=False)
