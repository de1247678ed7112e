"""XPT version 5, against pyreadstat as an independent reader and writer."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.data.dataset import Dataset
from il5report.data.read import read_dataset
from il5report.data.write import write_dataset, write_study
from il5report.data.xpt import _from_ibm, _to_ibm, xpt_faults
from il5report.errors import DataError, Severity

LARGEST = 16.0**63 * (1 - 2.0**-53)
ibm_numbers = st.floats(min_value=1e-70, max_value=LARGEST) | st.just(0.0)


@given(st.lists(ibm_numbers | ibm_numbers.map(lambda x: -x), min_size=1))
def test_ibm_numbers_come_back_exactly(numbers: list[float]) -> None:
    array = np.array(numbers)
    assert _from_ibm(_to_ibm(array)).tolist() == array.tolist()


def test_ibm_numbers_have_the_bytes_of_the_technical_note() -> None:
    # TS-140: 1 is 41 10 00.., -1 is C1 10 00.., 0 is all zero, missing is 2E 00..
    words = _to_ibm(np.array([1.0, -1.0, 0.0, np.nan, 118.625, 1e-80]))
    assert [row.tobytes().hex() for row in words] == [
        "4110000000000000",
        "c110000000000000",
        "0000000000000000",
        "2e00000000000000",
        "4276a00000000000",
        "0000000000000000",
    ]


def test_special_missing_values_and_short_numbers_are_read() -> None:
    cells = np.array([[0x41, 0, 0], [0x5F, 0, 0], [0x5A, 0, 0], [0x41, 0x20, 0]], np.uint8)
    values = _from_ibm(cells)
    assert np.isnan(values[:3]).all()
    assert values[3] == 2.0


def test_another_reader_finds_the_same(tmp_path: Path, adsl: Dataset) -> None:
    write_dataset(adsl, tmp_path / "adsl.xpt")
    frame, meta = pyreadstat.read_xport(str(tmp_path / "adsl.xpt"), output_format="polars")
    assert meta.table_name == "ADSL"
    assert meta.file_label == adsl.label
    assert meta.column_names_to_labels == dict(adsl.labels)
    assert meta.original_variable_types["TRTSDT"] == "DATE9"
    for name in ("AGE", "SEX", "TRTSDT", "TRTSDTM"):
        theirs = (
            [None if v == "" else v for v in frame[name].fill_nan(None).to_list()]
            if (frame[name].dtype == pl.Float64)
            else [None if v == "" else v for v in frame[name].to_list()]
        )
        assert theirs == adsl.frame[name].to_list(), name


def test_what_another_writer_wrote_is_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["A", "B  "], "AVAL": [1.5, None], "ADT": [22000.0, None]})
    pyreadstat.write_xport(
        frame,
        str(tmp_path / "adlb.xpt"),
        table_name="ADLB",
        file_format_version=5,
        column_labels=["Subject", "Value", "Date"],
        variable_format={"ADT": "DATE9."},
    )
    dataset = read_dataset(tmp_path / "adlb.xpt")
    assert dataset.frame.to_dict(as_series=False) == {
        "USUBJID": ["A", "B"],
        "AVAL": [1.5, None],
        "ADT": [dt.date(1960, 1, 1) + dt.timedelta(22000), None],
    }
    assert dataset.labels == {"USUBJID": "Subject", "AVAL": "Value", "ADT": "Date"}


def test_an_unformatted_date_is_known_by_its_name(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["A"], "TRTSDT": [0.0], "TRTSTM": [60.0], "AGE": [0.0]})
    pyreadstat.write_xport(frame, str(tmp_path / "adsl.xpt"), file_format_version=5)
    row = read_dataset(tmp_path / "adsl.xpt").frame.row(0)
    assert row == ("A", dt.date(1960, 1, 1), dt.time(0, 1), 0.0)


def test_bytes_do_not_depend_on_the_clock(tmp_path: Path, adsl: Dataset) -> None:
    for name in ("one", "two"):
        write_study({"ADSL": adsl}, tmp_path / name, "xpt")
    one, two = ((tmp_path / n / "adsl.xpt").read_bytes() for n in ("one", "two"))
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()
    assert one.count(b"01JAN70:00:00:00") == 4
    assert len(one) % 80 == 0


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    frame = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-2"],
            "TOOLONGNAME": ["a", "b"],
            "AETERM": ["x" * 201, "é"],
            "AVAL": [1e80, 1.0],
        }
    )
    labels = {"USUBJID": "Größe"}
    faults = xpt_faults(Dataset("ADLABORATORY", frame, "é", labels))
    assert {(f.variable, f.count) for f in faults} == {
        ("", 0), ("USUBJID", 0), ("TOOLONGNAME", 0), ("AETERM", 1), ("AVAL", 1),
    }  # fmt: skip
    assert len(faults) == 7
    assert {f.rule for f in faults} == {"xpt.limit"}
    assert {f.severity for f in faults} == {Severity.ERROR}


def test_nothing_is_written_where_one_data_set_does_not_fit(
    tmp_path: Path, adsl: Dataset, adae: Dataset
) -> None:
    japanese = Dataset("ADAE", adae.frame.with_columns(AETERM=pl.lit("発熱")))
    with pytest.raises(DataError, match=r"ADAE\.AETERM: Text is not ASCII .* \(3 records\)"):
        write_study({"ADSL": adsl, "ADAE": japanese}, tmp_path / "out", "xpt")
    assert not (tmp_path / "out").exists()
    with pytest.raises(DataError):
        write_dataset(japanese, tmp_path / "adae.xpt")
    assert not (tmp_path / "adae.xpt").exists()


def test_empty_data_sets_are_left_out_and_long_labels_cut(tmp_path: Path, adsl: Dataset) -> None:
    long = Dataset("ADSL", adsl.frame, "L" * 41, {"AGE": "A" * 50})
    empty = Dataset("ADAE", adsl.frame.clear())
    findings = write_study({"ADSL": long, "ADAE": empty}, tmp_path, "xpt")
    assert [(f.rule, f.dataset, f.variable) for f in findings] == [
        ("xpt.no_records", "ADAE", ""),
        ("xpt.label_cut", "ADSL", "AGE"),
        ("xpt.label_cut", "ADSL", ""),
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["adsl.xpt"]
    back = read_dataset(tmp_path / "adsl.xpt")
    assert (back.label, back.labels["AGE"]) == ("L" * 40, "A" * 40)


def test_a_last_record_that_looks_like_padding_is_refused() -> None:
    frame = pl.DataFrame({"AETERM": ["x", None]})
    assert [f.message for f in xpt_faults(Dataset("AE", frame))] == [
        "An all-blank last record would be taken for the file's padding"
    ]


def rule_of(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_dataset(path)
    (finding,) = error.value.findings
    assert finding.place == path.name
    return finding.rule


def test_files_that_are_not_whole_version_5_files_are_refused(
    tmp_path: Path, adsl: Dataset
) -> None:
    path = tmp_path / "adsl.xpt"
    write_dataset(adsl, path)
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) - 80, 80 * 20, 700):
        path.write_bytes(whole[:length])
        assert rule_of(path) == "file.truncated", length
    path.write_bytes(whole[:300])
    assert rule_of(path) == "file.corrupt"
    path.write_bytes(whole + whole[240:])
    assert rule_of(path) == "file.members"
    path.write_bytes(b"not a transport file".ljust(800))
    assert rule_of(path) == "file.corrupt"
    pyreadstat.write_xport(adsl.frame.select("USUBJID"), str(path), file_format_version=8)
    assert rule_of(path) == "file.version"
