"""From what a file held to a `Dataset`: one form, whatever the format was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

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


class _Say(Protocol):
    def __call__(self, fault: _Fault, variable: str, severity: Severity = ...) -> None: ...


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
    found = list(source.findings)

    def say(fault: _Fault, variable: str, severity: Severity = Severity.ERROR) -> None:
        found.append(Finding(fault.rule, fault.message, severity, name, variable, fault.count))

    _refuse_names(name, source.columns)
    frame = _decoded(pl.DataFrame([s.alias(s.name.upper()) for s in source.columns]), say)
    kinds = {column.upper(): kind for column, kind in source.kinds.items()}
    columns: list[pl.Series] = []
    for series in _stripped(frame).iter_columns():
        try:
            columns.append(_CONVERT[kinds[series.name]](series))
        except _Fault as fault:
            say(fault, series.name)
    frame = _finite(pl.DataFrame(columns), say)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise DataError(found)
    given = {column.upper(): label.strip() for column, label in source.labels.items() if label}
    labels = {variable: given.get(variable) or label_of(variable) for variable in frame.columns}
    dataset = Dataset(
        name=name,
        frame=frame,
        label=source.label.strip() or dataset_label(name),
        labels={variable: label for variable, label in labels.items() if label},
    )
    return dataset, tuple(found)


def _refuse_names(name: str, columns: tuple[pl.Series, ...]) -> None:
    upper = [series.name.upper().strip() for series in columns]
    if not all(upper):
        message = "A variable has no name"
        raise DataError([Finding("variable.unnamed", message, dataset=name)])
    twice = sorted({column for column in upper if upper.count(column) > 1})
    if twice:
        rule, message = "variable.duplicate", "Two variables have this name; case does not count"
        raise DataError(Finding(rule, message, dataset=name, variable=v) for v in twice)


def _decoded(frame: pl.DataFrame, say: _Say) -> pl.DataFrame:
    """Bytes as text: UTF-8, and Windows-1252 for the values that are not; categories too."""
    categories = pl.col(pl.Categorical, pl.Enum).cast(pl.String)
    try:
        return frame.with_columns(pl.col(pl.Binary).cast(pl.String), categories)
    except pl.exceptions.ComputeError:
        binary = [s for s in frame.iter_columns() if s.dtype == pl.Binary]
        return frame.with_columns(categories, *(_decoded_one(series, say) for series in binary))


def _decoded_one(series: pl.Series, say: _Say) -> pl.Series:
    texts, encodings = zip(*map(_decode, series), strict=True)
    lost, foreign = encodings.count(""), encodings.count("cp1252")
    if lost:
        message = "Text is neither UTF-8 nor Windows-1252"
        say(_Fault("encoding.unknown", message, lost), series.name)
    elif foreign:
        message = "Text is not UTF-8; it was read as Windows-1252"
        say(_Fault("encoding.windows1252", message, foreign), series.name, Severity.WARNING)
    return pl.Series(series.name, texts, pl.String)


def _decode(value: bytes | None) -> tuple[str | None, str]:
    for encoding in ("utf-8", "cp1252"):
        try:
            return (None if value is None else value.decode(encoding)), encoding
        except UnicodeDecodeError:
            continue
    return None, ""


def _stripped(frame: pl.DataFrame) -> pl.DataFrame:
    """Text without padding, null where nothing is left."""
    text = pl.col(pl.String)
    blank = text.str.ends_with(" ") | text.str.ends_with("\0") | (text == "")
    padded = [column.name for column in frame.select(blank.any()).iter_columns() if column[0]]
    stripped = pl.col(padded).str.strip_chars_end(" \0").replace("", None)
    return frame.with_columns(stripped)


def _finite(frame: pl.DataFrame, say: _Say) -> pl.DataFrame:
    """Numbers without NaN (null) and without the 5.4e-79 that means 0; none may be infinite."""
    number = pl.col(pl.Float64)
    infinite = frame.select(number.is_infinite().sum())
    for variable in infinite.columns:
        if count := int(infinite[variable][0]):
            say(_Fault("value.infinite", "Infinite numbers", count), variable)
    zero = pl.when(number.abs() < SMALLEST).then(0.0)
    return frame.with_columns(zero.otherwise(number.fill_nan(None)).name.keep())


def _text(series: pl.Series) -> pl.Series:
    return _same(series, Kind.TEXT)


def _number(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return _parsed(series, _parse_number, "a number")
    return series.cast(pl.Float64) if series.dtype.is_numeric() else _same(series, Kind.NUMBER)


def _parse_number(text: pl.Series) -> pl.Series:
    return text.str.strip_chars().cast(pl.Float64, strict=False)


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
    if series.dtype == pl.Null:
        return series.cast(DTYPES[kind])
    if series.dtype != DTYPES[kind]:
        message = f"A column of type {series.dtype} cannot be read as {kind}"
        raise _Fault("type.conversion", message)
    return series


def _parsed(text: pl.Series, parse: Callable[[pl.Series], pl.Series], what: str) -> pl.Series:
    values = parse(text)
    wrong = text.filter(values.is_null() & text.is_not_null())
    if wrong.len():
        raise _Fault("value.type", f"{wrong[0]!r} is not {what}", wrong.len())
    return values


_CONVERT: Mapping[Kind, Callable[[pl.Series], pl.Series]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.TIME: _time,
}
