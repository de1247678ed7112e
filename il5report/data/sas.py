"""SAS's own numbers for dates, and the files that pyreadstat reads (SAS7BDAT)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from il5report.data.normalise import Source
from il5report.data.variables import Kind, kind_of
from il5report.errors import DataError, Finding

EPOCH = date(1960, 1, 1)
_FIRST = (date(1582, 1, 1) - EPOCH).days
_LAST = (date(9999, 12, 31) - EPOCH).days
_SHIFT = (date(1970, 1, 1) - EPOCH).days
_DAY = 86_400

# By the beginning of the format's name, the first that fits.
_FORMATS = (
    (
        "DATETIME DATEAMPM MDYAMPM DTDATE DTMONYY DTYEAR E8601DT E8601DZ B8601DT IS8601DT",
        Kind.DATETIME,
    ),
    ("E8601TM E8601TZ B8601TM IS8601TM TIME TOD HHMM HOUR MMSS", Kind.TIME),
    (
        "DATE DDMMYY MMDDYY YYMMDD YYMM MMYY YYMON MONYY YYQ YEAR E8601DA B8601DA IS8601DA JULIAN",
        Kind.DATE,
    ),
    ("WEEKDAT WORDDAT NENGO", Kind.DATE),
)
_PREFIXES = tuple((prefix, kind) for names, kind in _FORMATS for prefix in names.split())


def kind_of_format(sas_format: str) -> Kind | None:
    """DATE, DATETIME or TIME by the name of a SAS format, None where it is another format."""
    name = re.sub(r"[\d.]*$", "", sas_format.upper())
    return next((kind for prefix, kind in _PREFIXES if name.startswith(prefix)), None)


def kind_of_number(name: str, sas_format: str, types: Mapping[str, str]) -> Kind:
    """What a SAS numeric variable is: the caller says, else its format, else its ADaM name."""
    if name.upper() in types:
        return Kind(types[name.upper()])
    by_name = kind_of(name.upper())
    temporal = by_name in (Kind.DATE, Kind.DATETIME, Kind.TIME)
    return kind_of_format(sas_format) or (by_name if by_name and temporal else Kind.NUMBER)


def from_sas(numbers: pl.Series, kind: Kind) -> tuple[pl.Series, tuple[Finding, ...]]:
    """SAS days or seconds (from 1960-01-01, or midnight) as dates, datetimes or times."""
    if kind in (Kind.NUMBER, Kind.TEXT):
        return numbers, ()
    numbers = numbers.cast(pl.Float64).fill_nan(None)
    low, high = {
        Kind.DATE: (_FIRST, _LAST),
        Kind.DATETIME: (_FIRST * _DAY, (_LAST + 1) * _DAY - 1),
        Kind.TIME: (0, _DAY - 1e-6),
    }[kind]
    outside = numbers.filter(~numbers.is_between(low, high))
    if outside.len():
        message = f"{outside[0]!r} is not the SAS number of a {kind}"
        variable = numbers.name.upper()
        return numbers, (Finding("value.type", message, variable=variable, count=outside.len()),)
    if kind is Kind.DATE:
        return (numbers.floor().cast(pl.Int32) - _SHIFT).cast(pl.Date), ()
    whole = numbers.floor()
    micro = whole.cast(pl.Int64) * 10**6 + ((numbers - whole) * 1e6).round().cast(pl.Int64)
    if kind is Kind.TIME:
        return (micro * 1000).cast(pl.Time), ()
    return (micro - _SHIFT * _DAY * 10**6).cast(pl.Datetime("us")), ()


def to_sas(values: pl.Series) -> pl.Series:
    """Dates, datetimes or times as SAS numbers; numbers unchanged."""
    if values.dtype == pl.Date:
        return (values.to_physical() + _SHIFT).cast(pl.Float64)
    if values.dtype == pl.Time:
        return values.to_physical() / 1e9
    if isinstance(values.dtype, pl.Datetime):
        return (values.to_physical() + _SHIFT * _DAY * 10**6) / 1e6
    return values


def read_sas7bdat(path: Path, types: Mapping[str, str], columns: Collection[str] | None) -> Source:
    """A SAS7BDAT file; text is decoded as the file's header says."""
    import pyreadstat

    try:
        frame, meta = pyreadstat.read_sas7bdat(
            str(path), output_format="polars", disable_datetime_conversion=True
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        raise DataError(
            [Finding("file.corrupt", f"Not a readable SAS7BDAT file: {error}")]
        ) from error
    if meta.number_rows is not None and meta.number_rows != frame.height:
        message = f"The header announces {meta.number_rows} records, the file holds {frame.height}"
        raise DataError([Finding("file.truncated", message)])
    kept = [c for c in frame.columns if columns is None or c.upper() in columns]
    kinds: dict[str, Kind] = {}
    values: list[pl.Series] = []
    findings: tuple[Finding, ...] = ()
    for name in kept:
        series = frame[name]
        text = meta.readstat_variable_types[name] == "string"
        sas_format = meta.original_variable_types[name] or ""
        kinds[name] = Kind.TEXT if text else kind_of_number(name, sas_format, types)
        series, wrong = from_sas(series, kinds[name])
        values.append(series)
        findings += wrong
    labels = {name: label for name, label in meta.column_names_to_labels.items() if label}
    return Source(tuple(values), kinds, labels, meta.file_label or "", findings)
