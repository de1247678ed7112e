"""Data sets to files: the same data give the same bytes, in every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from il5report.data.dataset import Dataset, Study
from il5report.data.dataset_json import write_dataset_json
from il5report.data.delimited import write_csv
from il5report.data.parquet import write_parquet
from il5report.data.xpt import LONGEST_LABEL, write_xpt, xpt_faults
from il5report.errors import DataError, Finding, Severity

FORMATS: Mapping[str, tuple[str, Callable[[Dataset, Path], None]]] = {
    "parquet": (".parquet", write_parquet),
    "xpt": (".xpt", write_xpt),
    "csv": (".csv", write_csv),
    "dataset-json": (".json", write_dataset_json),
}


def write_study(study: Study, folder: Path, format: str = "parquet") -> tuple[Finding, ...]:
    """Write each data set to `folder`, one file named after it in lower case.

    Parameters
    ----------
    study : Mapping[str, Dataset]
        The data sets.
    folder : Path
        Made where it does not exist; files of the same names are replaced.
    format : {"parquet", "xpt", "csv", "dataset-json"}
        XPT is version 5. A data set without records is not written as XPT.

    Returns
    -------
    tuple of Finding
        Data sets left out and labels cut (XPT only).

    Raises
    ------
    DataError
        With everything that XPT cannot hold, before a file is written.
    """
    suffix, write = FORMATS[format]
    datasets = [study[name] for name in sorted(study)]
    findings: list[Finding] = []
    if format == "xpt":
        findings = [_left_out(dataset) for dataset in datasets if not dataset.frame.height]
        datasets = [dataset for dataset in datasets if dataset.frame.height]
        faults = [fault for dataset in datasets for fault in xpt_faults(dataset)]
        if faults:
            raise DataError(faults)
        findings += [finding for dataset in datasets for finding in _cut_labels(dataset)]
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in datasets:
        write(dataset, folder / f"{dataset.name.lower()}{suffix}")
    return tuple(findings)


def write_dataset(dataset: Dataset, path: Path) -> None:
    """Write one data set, in the format that the suffix of `path` names.

    Raises
    ------
    DataError
        With everything that XPT cannot hold, before the file is written.
    """
    writers = dict(FORMATS.values())
    writers[path.suffix.lower()](dataset, path)


def _left_out(dataset: Dataset) -> Finding:
    message = "Without records, and so not written as XPT"
    return Finding("xpt.no_records", message, Severity.WARNING, dataset.name)


def _cut_labels(dataset: Dataset) -> list[Finding]:
    message = f"Label cut to {LONGEST_LABEL} characters"
    names = [n for n in dataset.frame.columns if len(dataset.labels.get(n, "")) > LONGEST_LABEL]
    names += [""] if len(dataset.label) > LONGEST_LABEL else []
    return [Finding("xpt.label_cut", message, Severity.WARNING, dataset.name, n) for n in names]


def write_adam(study: Study, folder: Path) -> None:
    """Analysis data sets as Parquet, and as XPT those that it can hold."""
    write_study(study, folder / "parquet", "parquet")
    beyond = {finding.dataset for finding in not_in_xpt(study)}
    kept = {name: dataset for name, dataset in study.items() if name not in beyond}
    write_study(kept, folder / "xpt", "xpt")


def not_in_xpt(study: Study) -> list[Finding]:
    """Why a derived data set is kept as Parquet only: what XPT version 5 cannot hold.

    Variables of ADSL that every data set carries are not looked at again where ADSL can be written.
    """
    carried: set[str] = set()
    if "ADSL" in study and not xpt_faults(study["ADSL"]):
        carried = set.intersection(*(set(dataset.frame.columns) for dataset in study.values()))
    return [
        replace(fault, severity=Severity.WARNING, message=f"not kept as XPT: {fault.message}")
        for dataset in study.values()
        for fault in xpt_faults(dataset, carried)
    ]
