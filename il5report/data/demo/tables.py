"""From rows to data sets: identifiers, order of variables, sequence numbers, types and labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.demo.layout import VARIABLES
from il5report.data.demo.schedule import BASELINE, STUDYID, VISITS, Subject, study_day
from il5report.data.variables import Kind, dataset_label, kind_of, label_of

Row = Mapping[str, Any]
Cells = dict[str, str | float | None]


def from_rows(name: str, rows: Sequence[Row], order: Sequence[str] = ()) -> Dataset:
    """A data set from one mapping per record; `order` sorts within the subject."""
    present = {variable for row in rows for variable in row}
    columns = {
        v: pl.Series(v, [row.get(v) for row in rows], _type(v))
        for v in VARIABLES[name]
        if v in present
    }
    return from_frame(name, pl.DataFrame(columns), order, present)


def from_frame(
    name: str, frame: pl.DataFrame, order: Sequence[str] = (), present: Collection[str] = ()
) -> Dataset:
    """A data set from a frame of its variables; the identifiers and --SEQ are added here."""
    unknown = {*frame.columns, *present} - set(VARIABLES[name])
    if unknown:
        raise KeyError(f"{name} has no variable {', '.join(sorted(unknown))}")
    frame = frame.with_columns(STUDYID=pl.lit(STUDYID))
    domain = "RDOMAIN" if name.startswith("SUPP") else "DOMAIN"
    frame = frame.with_columns(pl.lit(name.removeprefix("SUPP")).alias(domain))
    if order:
        frame = frame.sort("USUBJID", *order, nulls_last=True, maintain_order=True)
    if f"{name}SEQ" in VARIABLES[name]:
        frame = frame.with_columns(_counter(frame).alias(f"{name}SEQ"))
    kept = [v for v in VARIABLES[name] if v in frame.columns and frame[v].null_count() < len(frame)]
    return Dataset(name, frame.select(kept), dataset_label(name), {v: label_of(v) for v in kept})


def _counter(frame: pl.DataFrame) -> pl.Expr:
    numbers = pl.int_range(1, pl.len() + 1).cast(pl.Float64)
    return numbers.over("USUBJID") if "USUBJID" in frame.columns else numbers


def supplemented(
    name: str, rows: Sequence[Row], order: Sequence[str], labels: Mapping[str, str]
) -> tuple[Dataset, Dataset]:
    """A data set and its supplemental qualifiers, which each row holds under ``SUPP``."""
    keys = ("USUBJID", *order)
    ordered = sorted(rows, key=lambda row: tuple(str(row[k]) for k in keys))
    parent = from_rows(name, [{k: v for k, v in row.items() if k != "SUPP"} for row in ordered])
    numbers = parent.frame[f"{name}SEQ"]
    extra = [
        {
            "USUBJID": row["USUBJID"],
            "IDVAR": f"{name}SEQ",
            "IDVARVAL": f"{number:.0f}",
            "QNAM": qualifier,
            "QLABEL": labels[qualifier],
            "QVAL": value,
            "QORIG": "CRF",
        }
        for row, number in zip(ordered, numbers, strict=True)
        for qualifier, value in row.get("SUPP", {}).items()
    ]
    return parent, from_rows(f"SUPP{name}", extra)


def calendar(subjects: Iterable[Subject], domain: str) -> pl.DataFrame:
    """One row per visit held: what `finding` says of it; joined to bulk findings."""
    rows = [finding(s, domain, visit) for s in subjects for visit in s.visits]
    return pl.DataFrame(rows, infer_schema_length=None)


def flag_baseline(frame: pl.DataFrame, domain: str, subjects: Iterable[Subject]) -> pl.DataFrame:
    """--LOBXFL: the last result before lymphodepletion (RFXSTDTC), by subject and test."""
    depleted = [s.usubjid for s in subjects if s.depleted]
    test = f"{domain}TESTCD"
    before = (
        (pl.col("VISITNUM") <= BASELINE)
        & pl.col(f"{domain}ORRES").is_not_null()
        & pl.col("USUBJID").is_in(depleted)
    )
    last = pl.col("VISITNUM").filter(before).max().over("USUBJID", test)
    return frame.with_columns(
        pl.when(before & (pl.col("VISITNUM") == last)).then(pl.lit("Y")).alias(f"{domain}LOBXFL")
    )


def _type(variable: str) -> Any:
    return pl.Float64 if kind_of(variable) is Kind.NUMBER else pl.String


def interval(subject: Subject, domain: str, start: int, end: int | None = None) -> Cells:
    """Start and end of an event or intervention: dates, study days, epoch of the start."""
    ends = {}
    if end is not None:
        ends = {f"{domain}ENDTC": subject.dtc(end), f"{domain}ENDY": subject.study_day(end)}
    return {
        "USUBJID": subject.usubjid,
        "EPOCH": subject.epoch(start),
        f"{domain}STDTC": subject.dtc(start),
        f"{domain}STDY": subject.study_day(start),
        **ends,
    }


def finding(subject: Subject, domain: str, visit: int, day: int | None = None) -> Cells:
    """Visit, date, study day and epoch of one finding; the day is the visit's unless given."""
    day = subject.visits[visit] if day is None else day
    planned = VISITS[visit]
    return {
        "USUBJID": subject.usubjid,
        "VISITNUM": float(planned.number),
        "VISIT": planned.name,
        "VISITDY": float(study_day(planned.day)),
        "EPOCH": subject.epoch(day),
        f"{domain}DTC": subject.dtc(day),
        f"{domain}DY": subject.study_day(day),
    }


def result(
    domain: str, test: tuple[str, str], value: float | str, unit: str = "", decimals: int = 0
) -> Cells:
    """Test and result, original and standard alike; a number is printed with `decimals`."""
    text = value if isinstance(value, str) else f"{value:.{decimals}f}"
    return {
        f"{domain}TESTCD": test[0],
        f"{domain}TEST": test[1],
        f"{domain}ORRES": text,
        f"{domain}STRESC": text,
        f"{domain}STRESN": None if isinstance(value, str) else float(text),
        f"{domain}ORRESU": unit or None,
        f"{domain}STRESU": unit or None,
    }


def not_done(domain: str, test: tuple[str, str], reason: str) -> Cells:
    """Test without a result, and why."""
    return {
        f"{domain}TESTCD": test[0],
        f"{domain}TEST": test[1],
        f"{domain}STAT": "NOT DONE",
        f"{domain}REASND": reason,
    }
