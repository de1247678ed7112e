"""Written and read again, in every format: the same frame, labels and types, the same bytes."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.data.dataset import Dataset
from il5report.data.read import read_dataset, read_study
from il5report.data.variables import dataset_label, label_of
from il5report.data.write import FORMATS, write_dataset, write_study

SUFFIXES = tuple(suffix for suffix, _ in FORMATS.values())


def normal(text: str) -> str | None:
    return text.rstrip(" \0") or None


ascii_text = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=60).map(normal)
any_text = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30
).map(normal)
numbers = st.floats(min_value=1e-70, max_value=1e75) | st.integers(-(10**6), 10**6).map(float)
first, last = dt.datetime(1583, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)


def datasets(
    text: st.SearchStrategy[str | None], earliest: dt.datetime = first, latest: dt.datetime = last
) -> st.SearchStrategy[Dataset]:
    """Any ADAE with a subject, and a column of each type that may be missing altogether."""
    row = st.fixed_dictionaries(
        {
            "USUBJID": st.from_regex(r"S-[0-9]{1,3}", fullmatch=True),
            "AETERM": st.none() | text,
            "AVAL": st.none() | numbers | numbers.map(lambda x: -x),
            "ADT": st.none() | st.dates(first.date(), last.date()),
            "ADTM": st.none() | st.datetimes(earliest, latest),
            "ATM": st.none() | st.times(),
            "AEDECOD": st.none(),
            "CHG": st.none(),
        }
    )
    schema = {
        "USUBJID": pl.String,
        "AETERM": pl.String,
        "AVAL": pl.Float64,
        "ADT": pl.Date,
        "ADTM": pl.Datetime("us"),
        "ATM": pl.Time,
        "AEDECOD": pl.String,
        "CHG": pl.Float64,
    }
    labels = {name: label_of(name) for name in schema if label_of(name)}
    return st.lists(row, min_size=1, max_size=8).map(
        lambda rows: Dataset("ADAE", pl.DataFrame(rows, schema), dataset_label("ADAE"), labels)
    )


def same(one: Dataset, other: Dataset) -> None:
    assert one.frame.schema == other.frame.schema
    assert one.frame.rows() == other.frame.rows()
    assert dict(one.labels) == dict(other.labels)
    assert (one.name, one.label) == (other.name, other.label)


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".xpt"])
@settings(deadline=None, max_examples=60)
@given(dataset=datasets(any_text))
def test_any_data_set_comes_back(suffix: str, dataset: Dataset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"adae{suffix}"
        write_dataset(dataset, path)
        same(read_dataset(path), dataset)
        written = path.read_bytes()
        write_dataset(dataset, path)
        assert path.read_bytes() == written


@settings(deadline=None, max_examples=60)
# A SAS datetime is a double of seconds: microseconds survive only near 1960.
@given(dataset=datasets(ascii_text, dt.datetime(1900, 1, 1), dt.datetime(2090, 1, 1)))
def test_any_ascii_data_set_comes_back_from_xpt(dataset: Dataset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adae.xpt"
        write_dataset(dataset, path)
        same(read_dataset(path), dataset)


@pytest.mark.parametrize("form", FORMATS)
def test_a_study_is_the_same_from_every_format(
    form: str, tmp_path: Path, adsl: Dataset, adae: Dataset, adtte: Dataset
) -> None:
    study = {"ADTTE": adtte, "ADSL": adsl, "ADAE": adae}
    assert write_study(study, tmp_path, form) == ()
    back, findings = read_study(tmp_path)
    assert findings == ()
    assert list(back) == ["ADAE", "ADSL", "ADTTE"]
    for name, dataset in back.items():
        same(dataset, study[name])


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".xpt"])
def test_a_data_set_without_records_keeps_its_types(
    suffix: str, tmp_path: Path, adsl: Dataset
) -> None:
    path = tmp_path / f"adsl{suffix}"
    empty = Dataset("ADSL", adsl.frame.clear(), adsl.label, adsl.labels)
    write_dataset(empty, path)
    same(read_dataset(path), empty)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json"])
def test_one_column_with_a_missing_value_keeps_its_records(suffix: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"AETERM": ["a", None, "b", None]})
    path = tmp_path / f"ae{suffix}"
    write_dataset(Dataset("AE", frame), path)
    assert read_dataset(path).frame.rows() == frame.rows()


def test_parquet_bytes_do_not_follow_the_chunks_of_the_frame(tmp_path: Path, adae: Dataset) -> None:
    whole = Dataset("ADAE", pl.concat([adae.frame] * 3, rechunk=True))
    chunked = Dataset("ADAE", pl.concat([adae.frame] * 3, rechunk=False))
    assert (whole.frame.n_chunks(), chunked.frame.n_chunks()) == (1, 3)
    for name, dataset in (("whole", whole), ("chunked", chunked)):
        write_dataset(dataset, tmp_path / f"{name}.parquet")
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "chunked.parquet").read_bytes()
