"""SAS transport files, version 5 (SAS technical note TS-140): fixed-width records, IBM numbers.

Read and written here, not through a library: a library reads a cut file without a word, writes the
clock into the file, and turns what the format cannot hold into something else.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.normalise import SMALLEST, Source
from il5report.data.sas import from_sas, kind_of_number, to_sas
from il5report.data.variables import Kind
from il5report.errors import DataError, Finding

_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_DSCRPTR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
_NAMESTR = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_OBS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
_ZEROS = b"0" * 30 + b"  "
_STAMP = b"01JAN70:00:00:00"
_LINE = 80
_FIRST_MEMBER = 3 * _LINE
_VARIABLE = struct.Struct(">4h8s40s8s3h2x8s2hl52x")
_MISSING = np.frombuffer(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)
_LONGEST = 200
LONGEST_LABEL = 40

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Column:
    """One NAMESTR record: where a variable stands in a record and what it is."""

    name: str
    label: str
    sas_format: str
    is_text: bool
    start: int
    length: int


def read_xpt(path: Path, types: Mapping[str, str], columns: Collection[str] | None) -> Source:
    """An XPT version 5 file of one data set; text stays bytes, as the file names no encoding."""
    data = path.read_bytes()
    count, size = _header(data)
    begin = _FIRST_MEMBER + 5 * _LINE
    table = [_column(data[begin + i * size : begin + (i + 1) * size]) for i in range(count)]
    records = _records(data, begin + -(-count * size // _LINE) * _LINE, table)
    kinds: dict[str, Kind] = {}
    values: list[pl.Series] = []
    findings: tuple[Finding, ...] = ()
    for column in table:
        if columns is not None and column.name.upper() not in columns:
            continue
        cells = np.ascontiguousarray(records[:, column.start : column.start + column.length])
        if column.is_text:
            kinds[column.name] = Kind.TEXT
            texts = cells.view(f"S{column.length}").ravel().tolist()
            values.append(pl.Series(column.name, texts, pl.Binary))
        else:
            kinds[column.name] = kind_of_number(column.name, column.sas_format, types)
            numbers = pl.Series(column.name, _from_ibm(cells), nan_to_null=True)
            converted, wrong = from_sas(numbers, kinds[column.name])
            values.append(converted)
            findings += wrong
    label = _latin(_line(data, _FIRST_MEMBER + 3 * _LINE)[32:72])
    labels = {column.name: column.label for column in table if column.label}
    return Source(tuple(values), kinds, labels, label, findings)


def _header(data: bytes) -> tuple[int, int]:
    """Number of variables, and bytes that describe each."""
    if data.startswith(_LIBRARY[:20] + b"LIBV8"):
        raise _fault("file.version", "XPT version 8; only version 5 is read")
    member, names = _line(data, _FIRST_MEMBER), _line(data, _FIRST_MEMBER + 4 * _LINE)
    if not (
        data.startswith(_LIBRARY) and member.startswith(_MEMBER) and names.startswith(_NAMESTR)
    ):
        raise _fault("file.corrupt", "Not an XPT version 5 file")
    if len(data) % _LINE:
        raise _fault(
            "file.truncated", f"The length, {len(data)} bytes, is not a multiple of {_LINE}"
        )
    size, count = member[74:78], names[54:58]
    if not (size in (b"0140", b"0136") and count.isdigit()):
        raise _fault("file.corrupt", "The XPT header is damaged")
    return int(count), int(size)


def _column(record: bytes) -> _Column:
    if len(record) < _VARIABLE.size - 52:
        raise _fault("file.truncated", "The file ends within its header")
    fields = _VARIABLE.unpack(record.ljust(_VARIABLE.size, b"\0"))
    kind, _, length, _, name, label, sas_format = fields[:7]
    if kind not in (1, 2) or length < 1 or (kind == 1 and length > 8):
        raise _fault("file.corrupt", "The XPT header is damaged")
    return _Column(_latin(name), _latin(label), _latin(sas_format), kind == 2, fields[-1], length)


def _records(data: bytes, at: int, table: list[_Column]) -> Bytes:
    """The records as a matrix of bytes, the blank padding of the last line left off."""
    if not data.startswith(_OBS, at):
        raise _fault("file.truncated", "The file ends before its records")
    body = data[at + _LINE :]
    if _MEMBER in body:
        raise _fault("file.members", "More than one data set in one XPT file")
    width = sum(column.length for column in table)
    if any(column.start + column.length > width or column.start < 0 for column in table):
        raise _fault("file.corrupt", "The XPT header is damaged")
    rows = len(body) // width if width else 0
    if body[rows * width :].strip(b" ") or len(body) - rows * width >= _LINE:
        raise _fault("file.truncated", "The last record is cut")
    while rows and rows * width > len(body) - _LINE and not body[(rows - 1) * width :].strip(b" "):
        rows -= 1
    return np.frombuffer(body, np.uint8, rows * width).reshape(rows, width)


def _from_ibm(cells: Bytes) -> npt.NDArray[np.float64]:
    padded = np.zeros((len(cells), 8), np.uint8)
    padded[:, : cells.shape[1]] = cells
    words = padded.view(">u8").ravel().astype(np.uint64)
    first = padded[:, 0]
    fraction = (words & np.uint64(0x00FF_FFFF_FFFF_FFFF)).astype(np.float64)
    numbers = np.ldexp(fraction, 4 * ((first & 0x7F).astype(np.int32) - 64) - 56)
    numbers[first >= 0x80] *= -1
    numbers[(fraction == 0) & np.isin(first, _MISSING)] = np.nan
    return numbers


def _to_ibm(numbers: npt.NDArray[np.float64]) -> Bytes:
    numbers = np.where(np.abs(numbers) < SMALLEST, 0.0, numbers)  # IBM floats end at 5.4e-79
    mantissa, exponent = np.frexp(np.abs(numbers))
    sixteens = -(-exponent // 4)
    fraction = np.ldexp(np.nan_to_num(mantissa), 56 + exponent - 4 * sixteens).astype(np.uint64)
    head = (sixteens + 64).astype(np.uint64) | (
        np.signbit(numbers).astype(np.uint64) << np.uint64(7)
    )
    words = np.where(fraction == 0, np.uint64(0), (head << np.uint64(56)) | fraction)
    words[np.isnan(numbers)] = 0x2E << 56
    return words.astype(">u8").view(np.uint8).reshape(-1, 8)


def xpt_faults(dataset: Dataset, sound: Collection[str] = ()) -> list[Finding]:
    """What an XPT version 5 file cannot hold, all at once; the values of variables that are known
    to be `sound` are not looked at."""
    frame = dataset.frame
    rules = (
        (not frame.height, "A data set without records is not written"),
        (_ends_blank(frame), "An all-blank last record would be taken for the file's padding"),
        (_misnamed(dataset.name), "A data set name has at most 8 ASCII characters"),
        (not dataset.label.isascii(), "A data set label is ASCII"),
    )
    found = [_limit(dataset, message) for broken, message in rules if broken]
    for variable in frame.columns:
        if _misnamed(variable):
            found.append(_limit(dataset, "A name has at most 8 ASCII characters", variable))
        if not dataset.labels.get(variable, "").isascii():
            found.append(_limit(dataset, "A label is ASCII", variable))
    for message, counts in _beyond(frame.drop(sound, strict=False)).items():
        named = zip(counts.columns, counts.row(0), strict=True) if counts.width else ()
        found += [_limit(dataset, message, variable, n) for variable, n in named if n]
    return found


def _limit(dataset: Dataset, message: str, variable: str = "", count: int = 0) -> Finding:
    return Finding("xpt.limit", message, dataset=dataset.name, variable=variable, count=count)


def _misnamed(name: str) -> bool:
    return len(name) > 8 or not name.isascii()


def _ends_blank(frame: pl.DataFrame) -> bool:
    text_only = all(dtype == pl.String for dtype in frame.dtypes)
    return frame.height > 0 and text_only and not any(frame.row(-1))


def _beyond(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Values out of range: by fault, the number of values of each variable."""
    text, number = pl.col(pl.String), pl.col(pl.Float64)
    foreign = text.str.len_bytes() != text.str.len_chars()
    tests = {
        "Text is not ASCII": foreign | text.str.contains("\0", literal=True),
        f"Text is longer than {_LONGEST} bytes": text.str.len_bytes() > _LONGEST,
        "A number is too large for an IBM float": number.abs() >= 16.0**63,
    }
    return {message: frame.select(test.sum()) for message, test in tests.items()}


def write_xpt(dataset: Dataset, path: Path) -> None:
    """An XPT version 5 file with fixed time stamps: the same data give the same bytes."""
    faults = xpt_faults(dataset)
    if faults:
        raise DataError(faults)
    texts = _texts(dataset.frame)
    names, cells, position = [], [], 0
    for number, series in enumerate(dataset.frame.iter_columns(), start=1):
        is_text = series.dtype == pl.String
        block = texts[series.name] if is_text else _to_ibm(to_sas(series).to_numpy(writable=True))
        label = dataset.labels.get(series.name, "")
        sas_format = _FORMATS.get(series.dtype.base_type(), (b"", 0))
        names.append(
            _namestr(number, (series.name, label), is_text, sas_format, (block.shape[1], position))
        )
        cells.append(block)
        position += block.shape[1]
    body = np.hstack(cells).tobytes()
    member = b"SAS     " + _pad(dataset.name, 8) + b"SASDATA 9.4     " + b" " * 32 + _STAMP
    path.write_bytes(
        b"".join(
            (
                _LIBRARY + _ZEROS,
                b"SAS     SAS     SASLIB  9.4     " + b" " * 32 + _STAMP,
                _STAMP.ljust(_LINE),
                _MEMBER + b"000000000000000001600000000140  ",
                _DSCRPTR + _ZEROS,
                member,
                _STAMP + b" " * 16 + _pad(dataset.label, LONGEST_LABEL) + b" " * 8,
                _NAMESTR + f"000000{len(names):04d}".encode().ljust(30, b"0") + b"  ",
                _lines(b"".join(names)),
                _OBS + _ZEROS,
                _lines(body),
            )
        )
    )


_FORMATS = {pl.Date: (b"DATE", 9), pl.Datetime: (b"DATETIME", 20), pl.Time: (b"TIME", 8)}


def _namestr(
    number: int,
    said: tuple[str, str],
    is_text: bool,
    sas_format: tuple[bytes, int],
    place: tuple[int, int],
) -> bytes:
    name, label = said
    return _VARIABLE.pack(
        2 if is_text else 1, 0, place[0], number, _pad(name, 8), _pad(label, LONGEST_LABEL),
        sas_format[0].ljust(8), sas_format[1], 0, 0, b" " * 8, 0, 0, place[1],
    )  # fmt: skip


def _texts(frame: pl.DataFrame) -> dict[str, Bytes]:
    """Each text variable as a matrix of bytes, as wide as its longest value."""
    text = frame.select(pl.col(pl.String).fill_null(""))
    longest = text.select(pl.all().str.len_bytes().max().clip(1)).row(0, named=True)
    joined = text.select(pl.col(v).str.pad_end(width).str.join("") for v, width in longest.items())
    return {
        variable: np.frombuffer(cells[0].encode("ascii"), np.uint8).reshape(-1, longest[variable])
        for variable, cells in joined.to_dict(as_series=False).items()
    }


def _line(data: bytes, start: int) -> bytes:
    return data[start : start + _LINE]


def _lines(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // _LINE) * _LINE)


def _pad(text: str, width: int) -> bytes:
    return text.encode("ascii")[:width].ljust(width)


def _latin(text: bytes) -> str:
    return text.decode("cp1252", errors="replace").rstrip(" \0")


def _fault(rule: str, message: str) -> DataError:
    return DataError([Finding(rule, message)])
