"""Parquet: types from the schema, labels from the key-value metadata."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.normalise import Source
from il5report.data.sas import from_sas
from il5report.data.variables import Kind, kind_of
from il5report.errors import DataError, Finding

_VARIABLE_LABELS, _DATASET_LABEL = "column_labels", "dataset_label"
_ROW_GROUP = 1 << 18


def read_parquet(path: Path, types: Mapping[str, str], columns: Collection[str] | None) -> Source:
    """A Parquet file; only the wanted columns are read."""
    try:
        wanted = None
        if columns is not None:
            wanted = [name for name in pl.read_parquet_schema(path) if name.upper() in columns]
        frame = pl.read_parquet(path, columns=wanted)
        metadata = pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            [Finding("file.corrupt", f"Not a readable Parquet file: {reason}")]
        ) from error
    kinds: dict[str, Kind] = {}
    faults: list[Finding] = []
    values: list[pl.Series] = []
    for series in frame.iter_columns():
        variable = series.name.upper()
        kind = Kind(types[variable]) if variable in types else _kind(series.dtype, variable)
        if kind is None:
            message = f"Type {series.dtype} has no counterpart in SDTM or ADaM"
            faults.append(Finding("type.unsupported", message, variable=variable))
            continue
        kinds[series.name] = kind
        if kind is Kind.TIME and series.dtype.is_numeric():
            times, wrong = from_sas(series, kind)
            values.append(times)
            faults += wrong
        else:
            values.append(series)
    if faults:
        raise DataError(faults)
    labels = _labels(metadata)
    return Source(tuple(values), kinds, labels, metadata.get(_DATASET_LABEL, ""))


def _kind(dtype: pl.DataType, variable: str) -> Kind | None:
    simple = {pl.Date: Kind.DATE, pl.Datetime: Kind.DATETIME, pl.Time: Kind.TIME}
    if dtype.base_type() in simple:
        return simple[dtype.base_type()]
    if dtype.is_numeric():
        # R writes times as plain seconds of the day.
        return Kind.TIME if kind_of(variable) is Kind.TIME else Kind.NUMBER
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum | pl.Binary):
        return Kind.TEXT
    return (kind_of(variable) or Kind.TEXT) if dtype == pl.Null else None


def _labels(metadata: Mapping[str, str]) -> dict[str, str]:
    try:
        labels: Any = json.loads(metadata.get(_VARIABLE_LABELS, "{}"))
    except json.JSONDecodeError:
        labels = None
    if not isinstance(labels, dict):
        message = f"The metadata entry {_VARIABLE_LABELS!r} is not a JSON object"
        raise DataError([Finding("file.corrupt", message)])
    return {str(name): str(label or "") for name, label in labels.items()}


def write_parquet(dataset: Dataset, path: Path) -> None:
    """A Parquet file with the labels in its metadata."""
    labels = json.dumps(dict(dataset.labels), ensure_ascii=False)
    metadata = {_VARIABLE_LABELS: labels, _DATASET_LABEL: dataset.label}
    frame = dataset.frame.rechunk()  # the bytes would follow the chunks, and these the machine
    frame.write_parquet(path, compression="zstd", row_group_size=_ROW_GROUP, metadata=metadata)
