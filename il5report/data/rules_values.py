"""Rules on values: codes, flags, dates and days."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.rules import Broken, Found, Scope, holds, is_adam
from il5report.errors import Severity

_FLAG = ("Y", "N")
_YES_NO = ("Y", "N", "U", "NA")
_SERIOUSNESS = (
    "AESER",
    "AESDTH",
    "AESLIFE",
    "AESHOSP",
    "AESDISAB",
    "AESCONG",
    "AESMIE",
    "AESCAN",
    "AESOD",
)
# Values of CDISC controlled terminology for the variables on which a count of this report hangs.
CODELISTS: Mapping[str, Collection[str]] = {
    **dict.fromkeys(_SERIOUSNESS, _YES_NO),
    "AECONTRT": _YES_NO,
    "AESEV": ("MILD", "MODERATE", "SEVERE"),
    "AETOXGR": ("1", "2", "3", "4", "5"),
    "ASTCTGR": ("0", "1", "2", "3", "4", "5"),
    "AEOUT": (
        "FATAL",
        "NOT RECOVERED/NOT RESOLVED",
        "RECOVERED/RESOLVED",
        "RECOVERED/RESOLVED WITH SEQUELAE",
        "RECOVERING/RESOLVING",
        "UNKNOWN",
    ),
    "AGEU": ("YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS"),
    "SEX": ("F", "M", "U", "INTERSEX", "UNDIFFERENTIATED"),
    "ETHNIC": ("HISPANIC OR LATINO", "NOT HISPANIC OR LATINO", "NOT REPORTED", "UNKNOWN"),
    "EOSSTT": ("COMPLETED", "DISCONTINUED", "ONGOING"),
    "EOTSTT": ("COMPLETED", "DISCONTINUED", "ONGOING"),
    "IECAT": ("INCLUSION", "EXCLUSION"),
}
_GRADES = ("AETOXGRN", "ASTCTGRN", "ATOXGRN")
_CUTOFF_ITSELF = ("CUTDT", "DCUTDT")
_ISO = (
    r"^(\d{4}|-)(-(\d\d|-)(-(\d\d|-)(T(\d\d|-)(:(\d\d|-)(:\d\d(\.\d+)?)?)?)?)?)?"
    r"(Z|[+-]\d\d:?\d\d)?(/.*)?$"
)


def unknown_flag(scope: Scope) -> Found:
    """Flags that say neither yes nor no."""
    for dataset in scope:
        flags = [v for v in _texts(scope, dataset) if v.endswith("FL")]
        tests = {v: ~pl.col(v).is_in(_FLAG) for v in flags if v not in scope.codelists}
        yield Broken(dataset, tests, "Neither Y nor N nor missing")


def unknown_code(scope: Scope) -> Found:
    """Values outside the codelist; an error where the study's own plan gives it."""
    codelists = {**CODELISTS, **scope.codelists}
    for dataset in scope:
        coded = [v for v in _texts(scope, dataset) if v in codelists]
        for variable in coded:
            test = {variable: ~pl.col(variable).is_in(list(codelists[variable]))}
            strict = variable in scope.codelists or variable in _SERIOUSNESS
            severity = Severity.ERROR if strict else None
            message = "Values that the codelist does not have"
            yield Broken(dataset, test, message, severity=severity)


def _texts(scope: Scope, dataset: Dataset) -> list[str]:
    return [v for v in scope.own(dataset) if dataset.schema[v] == pl.String]


def grade_range(scope: Scope) -> Found:
    """Toxicity grades that no scale has (laboratory grades may carry the direction as sign)."""
    for dataset in scope:
        grades = [v for v in _GRADES if dataset.schema.get(v) == pl.Float64]
        tests = {v: (pl.col(v).abs() > 5) | (pl.col(v) % 1 != 0) for v in grades}
        yield Broken(dataset, tests, "Not a grade from 0 to 5")


def date_format(scope: Scope) -> Found:
    """ISO 8601 dates, whole or partial, that are none."""
    for dataset in scope:
        for variable in _iso_dates(scope, dataset):
            values = pl.DataFrame(dataset.frame[variable].drop_nulls().unique())
            wrong = values.filter(_is_no_date(pl.col(variable)))[variable]
            if wrong.len():
                tests = {variable: pl.col(variable).is_in(wrong.to_list())}
                yield Broken(dataset, tests, "Not an ISO 8601 date")


def _is_no_date(text: pl.Expr) -> pl.Expr:
    day = text.str.slice(0, 10)
    full = day.str.contains(r"^\d{4}-\d\d-\d\d$")
    impossible = full & day.str.to_date("%Y-%m-%d", strict=False).is_null()
    return impossible | ~text.str.contains(_ISO)


def after_cutoff(scope: Scope) -> Found:
    """Dates after the data cut-off; a partial date only where it must be later."""
    if scope.cutoff is None:
        return
    for dataset in scope:
        dates = [v for v in _dates(scope, dataset) if v not in _CUTOFF_ITSELF]
        tests = {v: pl.col(v).dt.date() > scope.cutoff for v in dates}
        for v in _iso_dates(scope, dataset):
            tests[v] = pl.col(v).str.slice(0, 10) > scope.cutoff.isoformat()
        message = f"Dates after the data cut-off {scope.cutoff.isoformat()}"
        yield Broken(dataset, tests, message)


def _dates(scope: Scope, dataset: Dataset) -> list[str]:
    schema = dataset.schema
    return [v for v in scope.own(dataset) if schema[v] in (pl.Date, pl.Datetime("us"))]


def _iso_dates(scope: Scope, dataset: Dataset) -> list[str]:
    return [v for v in _texts(scope, dataset) if v.endswith("DTC")]


def end_before_start(scope: Scope) -> Found:
    """Ends before their starts; partial dates compared as far as both are known."""
    for dataset in scope:
        own, schema = scope.own(dataset), dataset.schema
        pairs = {
            end: start
            for end, start in ((end, _start_of(end)) for end in own)
            if start in own and schema[start] == schema[end]
        }
        tests = {end: _is_before(end, start, schema[end]) for end, start in pairs.items()}
        yield Broken(dataset, tests, "The end is before the start")


def _start_of(end: str) -> str:
    if end == "ADT":
        return "STARTDT"
    for suffix, other in (("ENDTC", "STDTC"), ("ENDTM", "STDTM"), ("ENDT", "STDT"), ("EDT", "SDT")):
        if end.endswith(suffix):
            return end.removesuffix(suffix) + other
    return ""


def _is_before(end: str, start: str, dtype: pl.DataType) -> pl.Expr:
    if dtype != pl.String:
        return pl.col(end) < pl.col(start)
    known = pl.min_horizontal(pl.col(end).str.len_chars(), pl.col(start).str.len_chars())
    return pl.col(end).str.slice(0, known) < pl.col(start).str.slice(0, known)


def after_death(scope: Scope) -> Found:
    """Records that start after the subject's death."""
    for dataset in scope.holding("USUBJID"):
        adam = is_adam(dataset.name)
        home, death = scope.subjects(dataset), "DTHDT" if adam else "DTHDTC"
        onsets = ("ASTDT", "ADT") if adam else (f"{dataset.name}STDTC", f"{dataset.name}DTC")
        onset = next((v for v in onsets if holds(dataset, v)), "")
        if home is None or not onset or not holds(home, death):
            continue
        days = home.frame[death] if adam else _whole_days(home.frame[death])
        start = pl.col(onset) if adam else pl.col(onset).str.slice(0, 10)
        tests = {onset: start > scope.of_subject(dataset, days)}
        yield Broken(dataset, tests, "After the subject's death")


def _whole_days(dates: pl.Series) -> pl.Series:
    """The days of ISO 8601 dates, missing where they are partial."""
    day = pl.col(dates.name).str.slice(0, 10)
    return pl.DataFrame(dates).select(pl.when(day.str.len_chars() == 10).then(day)).to_series()


def day_zero(scope: Scope) -> Found:
    """Study days 0: SDTM and ADaM go from -1 to 1."""
    for dataset in scope:
        schema = dataset.schema
        days = [v for v in scope.own(dataset) if v.endswith("DY") and schema[v] == pl.Float64]
        yield Broken(dataset, {v: pl.col(v) == 0 for v in days}, "Study day 0", show=False)
