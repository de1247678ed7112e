"""CSV: text alone, so that kinds come from the dictionary or the caller, never from the values."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.normalise import Source
from il5report.data.variables import Kind, kind_of
from il5report.errors import DataError, Finding, Severity

_BOM = b"\xef\xbb\xbf"
_COMMA, _QUOTE, _NEWLINE = b',"\n'


def read_csv(path: Path, types: Mapping[str, str], columns: Collection[str] | None) -> Source:
    """A CSV file in UTF-8 with a header line; only an empty field is missing, ``NA`` is text."""
    data = path.read_bytes().removeprefix(_BOM)
    header = _header(data)
    findings = _check_shape(data, len(header))
    schema = {f"column_{i}": pl.String() for i in range(len(header))}
    try:
        frame = pl.read_csv(
            data, has_header=False, skip_lines=1, schema=schema, raise_if_empty=False
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise _fault("file.corrupt", f"Not a readable CSV file: {reason}") from error
    values = [
        series.alias(name)
        for name, series in zip(header, frame.iter_columns(), strict=True)
        if columns is None or name.upper() in columns
    ]
    kinds, unknown = _kinds([series.name for series in values], types)
    if unknown:
        message = f"Read as text; the plan can say otherwise: {', '.join(unknown)}"
        findings += (Finding("variable.unknown", message, Severity.NOTE, count=len(unknown)),)
    return Source(tuple(values), kinds, findings=findings)


def _header(data: bytes) -> list[str]:
    if not data.strip():
        raise _fault("file.empty", "The file is empty")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"Not UTF-8 (first in line {line}); a CSV file does not say its encoding"
        raise _fault("encoding.unknown", message) from error
    return next(csv.reader([text.partition("\n")[0]]))


def _check_shape(data: bytes, width: int) -> tuple[Finding, ...]:
    """Refuse a file whose records do not all have as many fields as the header, or stray quotes."""
    characters = np.frombuffer(data, np.uint8)
    quoted = np.logical_xor.accumulate(characters == _QUOTE)
    opening = np.flatnonzero(characters == _QUOTE)[::2]
    before_field = np.frombuffer(b',\n"', np.uint8)
    stray = ~np.isin(characters[opening[opening > 0] - 1], before_field)
    if stray.any():
        raise _fault("file.corrupt", "Quotes within fields that are not quoted", int(stray.sum()))
    if quoted[-1]:
        raise _fault("file.truncated", "The file ends within a quoted field")
    ends = np.flatnonzero((characters == _NEWLINE) & ~quoted)
    whole = bool(characters[-1] == _NEWLINE)
    commas = np.flatnonzero((characters == _COMMA) & ~quoted)
    before = np.searchsorted(commas, ends if whole else np.append(ends, len(data)))
    wrong = np.flatnonzero(np.diff(before, prepend=0) != width - 1)
    if len(wrong):
        message = f"Record {wrong[0]} has not the {width} fields that the header names"
        raise _fault("file.ragged", message, len(wrong))
    message = "The last line has no end: the file may have been cut"
    return () if whole else (Finding("file.unterminated", message, Severity.WARNING),)


def _kinds(names: list[str], types: Mapping[str, str]) -> tuple[dict[str, Kind], list[str]]:
    kinds, unknown = {}, []
    for name in names:
        said = types.get(name.upper()) or kind_of(name.upper())
        kinds[name] = Kind(said) if said else Kind.TEXT
        if not said:
            unknown.append(name.upper())
    return kinds, unknown


def _fault(rule: str, message: str, count: int = 0) -> DataError:
    return DataError([Finding(rule, message, count=count)])


def write_csv(dataset: Dataset, path: Path) -> None:
    """A CSV file in UTF-8; a missing value is an empty field, dates are ISO 8601."""
    dataset.frame.write_csv(
        path,
        quote_style="non_numeric",
        datetime_format="%Y-%m-%dT%H:%M:%S%.f",
        time_format="%H:%M:%S%.f",
    )
