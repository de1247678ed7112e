"""Rules on ADaM structures: parameters, censoring, derived records, deaths."""

from __future__ import annotations

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.rules import Broken, Found, Hit, Scope, holds, is_adam, one_to_one, subjects_of


def derived_records(scope: Scope) -> Found:
    """Records with DTYPE: derived, not observed."""
    for dataset in scope.holding("DTYPE"):
        tests = {"DTYPE": pl.col("DTYPE").is_not_null()}
        yield Broken(dataset, tests, "Derived records, counted only where an output says so")


def fatal_not_serious(scope: Scope) -> Found:
    """Events that ended in death and are not coded as serious."""
    for dataset in scope.holding("AESER"):
        fatal = [
            pl.col(v) == value
            for v, value in (("AEOUT", "FATAL"), ("AESDTH", "Y"))
            if holds(dataset, v)
        ]
        if fatal:
            is_fatal = pl.any_horizontal(fatal).fill_null(value=False)
            tests = {"AESER": is_fatal & pl.col("AESER").ne_missing("Y")}
            yield Broken(dataset, tests, "Fatal events that are not serious", show=False)


def parameter_names(scope: Scope) -> Found:
    """PARAM and PARAMCD that do not name each other one to one."""
    for dataset in scope.holding("PARAM", "PARAMCD"):
        yield from one_to_one(dataset, [], "PARAMCD", "PARAM")


def value_texts(scope: Scope) -> Found:
    """AVAL and AVALC that do not map one to one within a parameter."""
    for dataset in scope.holding("PARAMCD", "AVAL", "AVALC"):
        yield from one_to_one(dataset, ["PARAMCD"], "AVAL", "AVALC")


def one_unit(scope: Scope) -> Found:
    """Parameters with values in more than one unit, within a parameter category
    or analyte."""
    for dataset in scope.holding("PARAMCD", "AVALU"):
        key = [name for name in ("PARCAT1", "ASSAYCD", "PARAMCD") if name in dataset.frame.columns]
        units = dataset.frame[[*key, "AVALU"]].drop_nulls("AVALU").unique()
        repeated = units[key].is_duplicated()
        if repeated.any():
            several = units.filter(repeated)
            parameters = ", ".join(several["PARAMCD"].drop_nulls().unique().sort().head(5))
            message = f"More than one unit in one parameter: {parameters}"
            yield Hit(message, dataset.name, "AVALU", several.height)


def censoring(scope: Scope) -> Found:
    """CNSR that is not 0 (event) or a whole positive number (a reason for censoring)."""
    for dataset in scope.holding("CNSR"):
        value = pl.col("CNSR")
        wrong = _timed(dataset) & (value.is_null() | (value < 0) | (value % 1 != 0))
        yield Broken(dataset, {"CNSR": wrong}, "Neither 0 nor a whole positive number")


def _timed(dataset: Dataset) -> pl.Expr:
    """Records of the parameters that are times to an event: those with any CNSR."""
    if dataset.name == "ADTTE" or "PARAMCD" not in dataset.frame.columns:
        return pl.lit(True)
    return pl.col("CNSR").is_not_null().any().over("PARAMCD")


def time_to_event(scope: Scope) -> Found:
    """Times to event that are missing or negative."""
    for dataset in scope.holding("CNSR", "AVAL"):
        wrong = _timed(dataset) & (pl.col("AVAL").is_null() | (pl.col("AVAL") < 0))
        yield Broken(dataset, {"AVAL": wrong}, "Missing or negative time to event")


def death_without_date(scope: Scope) -> Found:
    """Subjects who died and have no date of death, or have one and did not die."""
    for dataset in scope.holding("DTHFL"):
        date = "DTHDT" if is_adam(dataset.name) else "DTHDTC"
        if dataset.name in ("ADSL", "DM") and holds(dataset, date):
            died = pl.col("DTHFL").eq_missing("Y")
            odd = dataset.frame.filter(died != pl.col(date).is_not_null())
            if odd.height:
                message = f"DTHFL and {date} do not agree"
                yield Hit(message, dataset.name, "DTHFL", odd.height, subjects_of(odd))


def described(scope: Scope) -> Found:
    """Times to event without a description of the event, or of the reason for censoring."""
    for dataset in scope.holding("CNSR"):
        timed = _timed(dataset)
        competing = pl.col("COMPFL").eq_missing("Y") if holds(dataset, "COMPFL") else pl.lit(False)
        censored = timed & (pl.col("CNSR") > 0) & ~competing
        for variable, needed in (("EVNTDESC", timed), ("CNSDTDSC", censored)):
            if holds(dataset, variable):
                missing = needed & pl.col(variable).is_null()
                message = "Neither event nor censoring is described"
                yield Broken(dataset, {variable: missing}, message, show=False)


def baseline_value(scope: Scope) -> Found:
    """BASE that is not the value of the baseline record."""
    for dataset in scope.holding("USUBJID", "PARAMCD", "ABLFL", "AVAL", "BASE"):
        key = ["USUBJID", "PARAMCD", *(["BASETYPE"] if holds(dataset, "BASETYPE") else [])]
        results = dataset.frame[["USUBJID", *key[1:], "AVAL", "BASE"]]
        baseline = results.filter(dataset.frame["ABLFL"] == "Y").unique(key, keep="any")
        frame = results.join(
            baseline.select(*key, _BASE="AVAL"), on=key, nulls_equal=True, maintain_order="left"
        )
        off = (pl.col("BASE") - pl.col("_BASE")).abs() > 1e-9 * pl.max_horizontal(
            pl.col("_BASE").abs(), pl.lit(1.0)
        )
        message = "Not the value of the baseline record"
        yield Broken(Dataset(dataset.name, frame), {"BASE": off}, message, show=False)
