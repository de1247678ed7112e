"""A study folder to data sets: every file in a format that is known, each data set once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from il5report.data.dataset import Dataset
from il5report.data.normalise import Source, normalise
from il5report.errors import DataError, Finding, Severity, nearest

# By suffix: module and function, imported when a file asks for it.
_READERS = {
    ".xpt": ("xpt", "read_xpt"),
    ".sas7bdat": ("sas", "read_sas7bdat"),
    ".parquet": ("parquet", "read_parquet"),
    ".csv": ("delimited", "read_csv"),
    ".json": ("dataset_json", "read_dataset_json"),
    ".ndjson": ("dataset_json", "read_dataset_json"),
    ".dsjc": ("dataset_json", "read_dataset_json"),
}
SUFFIXES = tuple(_READERS)

Types = Mapping[str, Mapping[str, str]]
_Found = tuple[Dataset | None, tuple[Finding, ...]]


class _Reader(Protocol):
    def __call__(
        self, path: Path, types: Mapping[str, str], columns: Collection[str] | None
    ) -> Source: ...


def read_study(
    folder: Path,
    *,
    types: Types | None = None,
    only: Collection[str] | None = None,
    columns: Mapping[str, Collection[str]] | None = None,
) -> tuple[dict[str, Dataset], tuple[Finding, ...]]:
    """Read the data sets of a study from one folder.

    Parameters
    ----------
    folder : Path
        Holds one file per data set, named after it, in XPT version 5, SAS7BDAT, Parquet, CSV or
        Dataset-JSON 1.1 (.json, .ndjson, .dsjc); formats may be mixed.
    types : Mapping[str, Mapping[str, str]], optional
        Data set to variable to ``text``, ``number``, ``date``, ``datetime`` or ``time``: what the
        file's own metadata and the dictionary are overruled by.
    only : Collection[str], optional
        The data sets wanted; the others are not opened. All of them by default.
    columns : Mapping[str, Collection[str]], optional
        Data set to the variables wanted; data sets not named here are read whole.

    Returns
    -------
    tuple of dict[str, Dataset] and tuple of Finding
        The data sets by name, in the order of their names; warnings and notes.

    Raises
    ------
    DataError
        With every fault of every file.
    """
    if not folder.is_dir():
        raise DataError(
            [Finding("folder.missing", "The data folder does not exist", place=folder.name)]
        )
    files = sorted(path for path in folder.iterdir() if path.is_file())
    data_files = [path for path in files if path.suffix.lower() in _READERS]
    if not data_files:
        message = f"No data file in the folder; known: {', '.join(SUFFIXES)}"
        raise DataError([Finding("folder.empty", message, place=folder.name)])
    wanted = [path for path in data_files if only is None or _name(path) in only]
    results = [_attempt(path, types or {}, columns or {}) for path in wanted]
    findings = [*_notes(files), *_repeated(wanted), *(f for _, found in results for f in found)]
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise DataError(findings)
    datasets = sorted((d for d, _ in results if d is not None), key=lambda d: d.name)
    return {dataset.name: dataset for dataset in datasets}, tuple(findings)


def read_dataset(
    path: Path, *, types: Mapping[str, str] | None = None, columns: Collection[str] | None = None
) -> Dataset:
    """Read one data file; its stem, in upper case, is the data set's name.

    Parameters
    ----------
    path : Path
        The file.
    types : Mapping[str, str], optional
        Variable to kind, as in `read_study`.
    columns : Collection[str], optional
        The variables wanted; all of them by default.

    Raises
    ------
    DataError
        Where the file cannot be read as its format says.
    """
    name = _name(path)
    dataset, findings = _attempt(path, {name: types or {}}, {name: columns} if columns else {})
    if dataset is None:
        raise DataError(findings)
    return dataset


def _name(path: Path) -> str:
    return path.stem.upper()


def _attempt(path: Path, types: Types, columns: Mapping[str, Collection[str]]) -> _Found:
    """The data set, or the faults that forbid it; each finding says the file."""
    name = _name(path)
    dataset: Dataset | None = None
    try:
        source = _reader(path)(path, types.get(name, {}), columns.get(name))
        dataset, findings = normalise(name, source)
    except DataError as error:
        findings = error.findings
    except OSError as error:
        findings = (Finding("file.unreadable", f"Cannot be read: {error.strerror}"),)
    return dataset, tuple(replace(f, dataset=name, place=path.name) for f in findings)


def _reader(path: Path) -> _Reader:
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        message = f"Format {suffix!r} is not known{nearest(suffix, SUFFIXES)}"
        raise DataError([Finding("file.format", message)])
    if path.stat().st_size == 0:
        raise DataError([Finding("file.empty", "The file is empty")])
    module, function = _READERS[suffix]
    return cast(_Reader, getattr(import_module(f"il5report.data.{module}"), function))


def _notes(files: list[Path]) -> list[Finding]:
    ignored = [path.name for path in files if path.suffix.lower() not in _READERS]
    return [
        Finding("file.ignored", "Not a data file", Severity.NOTE, place=name) for name in ignored
    ]


def _repeated(files: list[Path]) -> list[Finding]:
    names = [_name(path) for path in files]
    findings = []
    for name in sorted({n for n in names if names.count(n) > 1}):
        places = ", ".join(path.name for path in files if _name(path) == name)
        message = f"The same data set in more than one file: {places}"
        findings.append(Finding("dataset.repeated", message, dataset=name))
    return findings
