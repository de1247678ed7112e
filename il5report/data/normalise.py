"""From what a file held to a `Dataset`: one form, whatever the format was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.variables import Kind, dataset_label, label_of
from il5report.errors import DataError, Finding, Severity

SMALLEST = 1e-70
"""Some public files hold 5.4e-79, the smallest IBM float, where 0 is meant."""

DTYPES: Mapping[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.NUMBER: pl.Float64(),
    Kind.DATE: pl.Date(),
    Kind.DATETIME: pl.Datetime("us"),
    Kind.TIME: pl.Time(),
}


@dataclass(frozen=True)
class Source:
    """A data set as its file held it.

    Attributes
    ----------
    columns : tuple of polars.Series
        Named as in the file; bytes where the file does not say their encoding.
    kinds : Mapping[str, Kind]
        What each column is, from the file's metadata, the caller or the dictionary.
    labels : Mapping[str, str]
        Column to label, as far as the file has them.
    label : str
        Data set label, or empty.
    findings : tuple of Finding
        What the reader noticed.
    """

    columns: tuple[pl.Series, ...]
    kinds: Mapping[str, Kind]
    labels: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    findings: tuple[Finding, ...] = ()


class _Fault(Exception):
    """A column that cannot be what it should be."""

    def __init__(self, rule: str, message: str, count: int = 0) -> None:
        super().__init__(message)
        self.rule, self.message, self.count = rule, message, count


def normalise(name: str, source: Source) -> tuple[Dataset, tuple[Finding, ...]]:
    """The data set in the package's one form, and what had to be said about it.

    Parameters
    ----------
    name : str
        Data set name, upper case.
    source : Source
        What a reader returned.

    Returns
    -------
    tuple of Dataset and tuple of Finding

    Raises
    ------
    DataError
        With every column that cannot be read as its kind.
    """
    findings, faults = list(source.findings), _duplicates(name, source.columns)
    columns: list[pl.Series] = []
    for series in source.columns:
        variable = series.name.upper()
        try:
            values, notes = _convert(series.alias(variable), source.kinds[series.name])
        except _Fault as fault:
            faults.append(
                Finding(fault.rule, fault.message, Severity.ERROR, name, variable, fault.count)
            )
            continue
        columns.append(values)
        findings += [Finding(r, m, Severity.WARNING, name, variable, n) for r, m, n in notes]
    if faults:
        raise DataError([*faults, *(f for f in findings if f.severity is Severity.ERROR)])
    given = {column.upper(): label.strip() for column, label in source.labels.items() if label}
    labels = {s.name: given.get(s.name) or label_of(s.name) for s in columns}
    dataset = Dataset(
        name=name,
        frame=pl.DataFrame(columns),
        label=source.label.strip() or dataset_label(name),
        labels={variable: label for variable, label in labels.items() if label},
    )
    return dataset, tuple(findings)


def _duplicates(name: str, columns: tuple[pl.Series, ...]) -> list[Finding]:
    upper = [series.name.upper() for series in columns]
    twice = sorted({column for column in upper if upper.count(column) > 1})
    message = "Two variables have this name; SAS names know no case"
    return [Finding("variable.duplicate", message, dataset=name, variable=v) for v in twice]


_Notes = list[tuple[str, str, int]]


def _convert(series: pl.Series, kind: Kind) -> tuple[pl.Series, _Notes]:
    notes: _Notes = []
    if series.dtype == pl.Binary:
        series, notes = _decoded(series)
    if series.dtype == pl.Null:
        return series.cast(DTYPES[kind]), notes
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        series = _stripped(series)
    return _CONVERT[kind](series), notes


def _decoded(series: pl.Series) -> tuple[pl.Series, _Notes]:
    """UTF-8, and Windows-1252 for the values that are not; the file does not say which."""
    try:
        return series.cast(pl.String), []
    except pl.exceptions.ComputeError:
        texts, foreign, lost = [], 0, 0
        for value in series:
            text, encoding = _decode(value)
            texts.append(text)
            foreign += encoding == "cp1252"
            lost += encoding == ""
    if lost:
        raise _Fault("encoding.unknown", "Text is neither UTF-8 nor Windows-1252", lost)
    message = "Text is not UTF-8; it was read as Windows-1252"
    return pl.Series(series.name, texts, pl.String), [("encoding.windows1252", message, foreign)]


def _decode(value: bytes | None) -> tuple[str | None, str]:
    for encoding in ("utf-8", "cp1252"):
        try:
            return (None if value is None else value.decode(encoding)), encoding
        except UnicodeDecodeError:
            continue
    return None, ""


def _stripped(series: pl.Series) -> pl.Series:
    return series.str.strip_chars_end(" \0").replace("", None)


def _text(series: pl.Series) -> pl.Series:
    if series.dtype != pl.String:
        raise _Fault("type.conversion", f"{_said(series)} cannot be read as text")
    return series


def _number(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        series = _parsed(
            series, lambda text: text.str.strip_chars().cast(pl.Float64, strict=False), "a number"
        )
    if not series.dtype.is_numeric():
        raise _Fault("type.conversion", f"{_said(series)} cannot be read as a number")
    number = series.cast(pl.Float64).fill_nan(None)
    infinite = int(number.is_infinite().sum())
    if infinite:
        raise _Fault("value.infinite", "Infinite numbers", infinite)
    return (
        pl.select(pl.when(number.abs() < SMALLEST).then(0.0).otherwise(number))
        .to_series()
        .alias(series.name)
    )


def _date(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return _parsed(
            series, lambda t: t.str.to_date("%Y-%m-%d", strict=False), "a full ISO 8601 date"
        )
    return _same(series, Kind.DATE)


def _datetime(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return _parsed(series, _parse_datetime, "a full ISO 8601 datetime")
    if isinstance(series.dtype, pl.Datetime):
        # The wall clock of the site is what the analysis has; a zone says nothing more.
        return series.dt.replace_time_zone(None).dt.cast_time_unit("us")
    return _same(series, Kind.DATETIME)


def _parse_datetime(text: pl.Series) -> pl.Series:
    full = text.str.replace("^(.{10})T(.{5})$", "${1}T${2}:00")
    return full.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)


def _time(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        full = series.str.replace("^(.{5})$", "${1}:00")
        return _parsed(
            full, lambda t: t.str.to_time("%H:%M:%S%.f", strict=False), "an ISO 8601 time"
        )
    return _same(series, Kind.TIME)


def _same(series: pl.Series, kind: Kind) -> pl.Series:
    if series.dtype != DTYPES[kind]:
        raise _Fault("type.conversion", f"{_said(series)} cannot be read as a {kind}")
    return series


def _parsed(text: pl.Series, parse: Callable[[pl.Series], pl.Series], what: str) -> pl.Series:
    values = parse(text)
    wrong = text.filter(values.is_null() & text.is_not_null())
    if wrong.len():
        raise _Fault("value.type", f"{wrong[0]!r} is not {what}", wrong.len())
    return values


def _said(series: pl.Series) -> str:
    return f"A column of type {series.dtype}"


_CONVERT: Mapping[Kind, Callable[[pl.Series], pl.Series]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.TIME: _time,
}
