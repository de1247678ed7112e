"""CDISC Dataset-JSON 1.1: one JSON object, or a line of metadata and a line per record.

The compressed form (.dsjc) is zlib around the lines by the standard, and gzip around the object in
files that exist: the bytes decide. Reading takes whichever form it finds, whatever the suffix.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.normalise import Source
from il5report.data.variables import Kind, kind_of
from il5report.errors import DataError, Finding

_EITHER_HEADER = 32 + zlib.MAX_WBITS  # gzip or zlib, found by zlib itself
_COMPRESSED = (b"\x1f\x8b", b"\x78")
_NUMBERS = ("integer", "float", "double", "decimal")
_TEMPORAL = {"date": Kind.DATE, "datetime": Kind.DATETIME, "time": Kind.TIME}
_CLOCK = "1970-01-01T00:00:00"


def read_dataset_json(
    path: Path, types: Mapping[str, str], columns: Collection[str] | None
) -> Source:
    """A Dataset-JSON file in any of its three forms."""
    head, rows = _parse(_text(path.read_bytes()))
    described = _described(head)
    _check_rows(head, rows, len(described))
    cells = list(zip(*rows, strict=True)) or list(repeat((), len(described)))
    kinds: dict[str, Kind] = {}
    values: list[pl.Series] = []
    faults: list[Finding] = []
    for column, column_cells in zip(described, cells, strict=True):
        name = column["name"]
        if columns is not None and name.upper() not in columns:
            continue
        try:
            physical, logical = _kinds(column)
            values.append(_series(name, physical, column_cells))
        except DataError as error:
            faults += error.findings
            continue
        kinds[name] = Kind(types.get(name.upper(), logical))
    if faults:
        raise DataError(faults)
    labels = {column["name"]: str(column.get("label") or "") for column in described}
    return Source(tuple(values), kinds, labels, str(head.get("label") or ""))


def _text(data: bytes) -> str:
    try:
        if data.startswith(_COMPRESSED):
            stream = zlib.decompressobj(_EITHER_HEADER)
            data = stream.decompress(data)
            if not stream.eof:
                raise _fault("file.truncated", "The compressed file is cut")
        return data.decode("utf-8-sig")
    except zlib.error as error:
        raise _fault("file.corrupt", f"Not readable as a compressed file: {error}") from error
    except UnicodeDecodeError as error:
        raise _fault("encoding.unknown", "Dataset-JSON is UTF-8, this file is not") from error


def _parse(text: str) -> tuple[dict[str, Any], list[Any]]:
    if not text.strip():
        raise _fault("file.empty", "The file is empty")
    try:
        head, end = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode(text.lstrip())
        lines = text.lstrip()[end:].split("\n")
        rows = [json.loads(line, parse_constant=_refuse_constant) for line in lines if line.strip()]
    except (json.JSONDecodeError, RecursionError) as error:
        raise _fault("file.corrupt", f"Not readable as JSON, or cut: {error}") from error
    if not isinstance(head, dict) or not str(head.get("datasetJSONVersion", "")).startswith("1.1"):
        raise _fault("file.version", "Not Dataset-JSON 1.1")
    within = head.get("rows", [])
    if not isinstance(within, list):
        raise _fault("file.corrupt", "'rows' is not a list")
    return head, rows or within


def _refuse_constant(constant: str) -> None:
    raise _fault("file.corrupt", f"{constant} is not JSON")


def _described(head: Mapping[str, Any]) -> list[dict[str, Any]]:
    described = head.get("columns")
    if not isinstance(described, list) or not described:
        raise _fault("file.corrupt", "'columns' is not a list of columns")
    if not all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in described):
        raise _fault("file.corrupt", "A column has no name")
    return described


def _check_rows(head: Mapping[str, Any], rows: list[Any], width: int) -> None:
    ragged = sum(not isinstance(row, list) or len(row) != width for row in rows)
    if ragged:
        raise _fault(
            "file.ragged", f"Records without the {width} fields that 'columns' names", ragged
        )
    announced = head.get("records")
    if announced != len(rows):
        message = f"The header announces {announced} records, the file holds {len(rows)}"
        raise _fault("file.truncated", message)


def _kinds(column: Mapping[str, Any]) -> tuple[type, Kind]:
    """How a cell is written (text or number), and what the variable is."""
    name, data_type, target = (
        str(column.get(k, "")) for k in ("name", "dataType", "targetDataType")
    )
    if data_type in _NUMBERS:
        kind = kind_of(name.upper())
        temporal = kind in _TEMPORAL.values() and target == "integer"
        number = kind if kind and temporal else Kind.NUMBER
        return (str if data_type == "decimal" else float), number
    if data_type in _TEMPORAL:
        # Without a target type the ISO text is the value, as in SDTM's --DTC.
        numeric = target == "integer" or kind_of(name.upper()) is _TEMPORAL[data_type]
        return str, _TEMPORAL[data_type] if numeric else Kind.TEXT
    if data_type in ("string", "URI"):
        return str, Kind.TEXT
    message = f"Type {data_type!r} has no counterpart in SDTM or ADaM"
    raise _fault("type.unsupported", message, variable=name.upper())


def _series(name: str, physical: type, cells: tuple[Any, ...]) -> pl.Series:
    allowed = (str,) if physical is str else (int, float)
    wrong = [
        c
        for c in cells
        if not (c is None or (isinstance(c, allowed) and c is not True and c is not False))
    ]
    if wrong:
        message = f"{wrong[0]!r} is not of the type that 'columns' gives"
        raise _fault("value.type", message, len(wrong), name.upper())
    return pl.Series(name, cells, pl.String if physical is str else pl.Float64, strict=False)


def _fault(rule: str, message: str, count: int = 0, variable: str = "") -> DataError:
    return DataError([Finding(rule, message, count=count, variable=variable)])


def write_dataset_json(dataset: Dataset, path: Path) -> None:
    """Dataset-JSON 1.1, as one object; the required clock is fixed, so that bytes are too."""
    head = {
        "datasetJSONCreationDateTime": _CLOCK,
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": f"IG.{dataset.name}",
        "records": dataset.frame.height,
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(dataset, series) for series in dataset.frame.iter_columns()],
        "rows": list(map(list, _iso(dataset.frame).iter_rows())),
    }
    text = json.dumps(head, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _column(dataset: Dataset, series: pl.Series) -> dict[str, str]:
    column = {
        "itemOID": f"IT.{dataset.name}.{series.name}",
        "name": series.name,
        "label": dataset.labels.get(series.name, ""),
    }
    if series.dtype == pl.String:
        return column | {"dataType": "string"}
    if series.dtype == pl.Float64:
        return column | {"dataType": "double"}
    by_type = {pl.Date: "date", pl.Datetime: "datetime", pl.Time: "time"}
    return column | {"dataType": by_type[series.dtype.base_type()], "targetDataType": "integer"}


def _iso(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(pl.Date).dt.to_string("%Y-%m-%d"),
        pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%S%.f"),
        pl.col(pl.Time).dt.to_string("%H:%M:%S%.f"),
    )
