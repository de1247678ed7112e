"""Files that are not what they should be: refused with file, rule and count, all at once."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import random
import zlib
from pathlib import Path

import polars as pl
import pytest

from il5report.data.dataset import Dataset
from il5report.data.read import read_dataset, read_study
from il5report.data.write import write_dataset
from il5report.errors import DataError, Finding, Severity


def fault(path: Path, data: bytes) -> Finding:
    """The one fault for which this content is refused."""
    path.write_bytes(data)
    with pytest.raises(DataError) as error:
        read_dataset(path)
    (finding,) = error.value.findings
    assert finding.place == path.name
    assert finding.dataset == path.stem.upper()
    assert finding.severity is Severity.ERROR
    assert str(path.parent) not in str(error.value)
    return finding


def as_json(**changes: object) -> bytes:
    """A small valid Dataset-JSON file, changed."""
    column = {"itemOID": "IT.AE.AESEQ", "name": "AESEQ", "label": "", "dataType": "integer"}
    content = {
        "datasetJSONVersion": "1.1.0",
        "name": "AE",
        "label": "",
        "records": 2,
        "columns": [column],
        "rows": [[1], [2]],
    }
    return json.dumps(content | changes).encode()


HEAD = as_json(rows=[]).replace(b', "rows": []', b"")


def column(name: str, data_type: str, target: str = "") -> dict[str, str]:
    extra = {"targetDataType": target} if target else {}
    return {"name": name, "label": "", "dataType": data_type, **extra}


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("ae.csv", b"", "file.empty"),
        ("ae.parquet", b"", "file.empty"),
        ("ae.xpt", b"", "file.empty"),
        ("ae.sas7bdat", b"", "file.empty"),
        ("ae.json", b"", "file.empty"),
        ("ae.csv", b" \n", "file.empty"),
        ("ae.json", b"  ", "file.empty"),
        ("ae.parquet", b"PAR1 and nothing else", "file.corrupt"),
        ("ae.sas7bdat", b"\0" * 2000, "file.corrupt"),
        ("ae.json", b'{"datasetJSONVersion": "1.1.0", "rows": [[1', "file.corrupt"),
        ("ae.json", b'{"datasetJSONVersion": "1.0.0"}', "file.version"),
        ("ae.json", b"[1, 2]", "file.version"),
        ("ae.json", as_json(records=3), "file.truncated"),
        ("ae.json", as_json(rows=[[1], [2, 3]]), "file.ragged"),
        ("ae.json", as_json(rows={}), "file.corrupt"),
        ("ae.json", as_json(columns=[]), "file.corrupt"),
        ("ae.json", as_json(columns=[{"label": "x"}]), "file.corrupt"),
        ("ae.json", as_json(rows=[[1], ["x"]]), "value.type"),
        ("ae.json", as_json(rows=[[1], [True]]), "value.type"),
        ("ae.json", as_json(columns=[column("AESEQ", "boolean")]), "type.unsupported"),
        ("ae.json", as_json().replace(b"[2]", b"[NaN]"), "file.corrupt"),
        ("ae.json", as_json(label="é").replace(b"\\u00e9", b"\xe9"), "encoding.unknown"),
        ("ae.ndjson", HEAD + b"\n[1]\n[2", "file.corrupt"),
        ("ae.ndjson", HEAD + b"\n[1]\n", "file.truncated"),
        ("ae.dsjc", gzip.compress(as_json())[:-5], "file.truncated"),
        ("ae.dsjc", zlib.compress(as_json())[:-9], "file.truncated"),
        ("ae.dsjc", b"\x1f\x8b" + b"rubbish" * 9, "file.corrupt"),
        ("ae.csv", b"USUBJID,AESEQ\nS-1,1\nS-2\n", "file.ragged"),
        ("ae.csv", b"USUBJID,AESEQ\nS-1,1,9\n", "file.ragged"),
        ("ae.csv", b'USUBJID,AETERM\nS-1,"cut', "file.truncated"),
        ("ae.csv", b'USUBJID,AETERM\nS-1,a"b"c\n', "file.corrupt"),
        ("ae.csv", b"USUBJID,AETERM\nS-1,caf\xe9\n", "encoding.unknown"),
        ("ae.csv", "USUBJID,AETERM\nS-1,発熱\n".encode("gbk"), "encoding.unknown"),
        ("ae.csv", b"USUBJID,AESEQ\nS-1,one\n", "value.type"),
        ("adae.csv", b"USUBJID,ASTDT\nS-1,2026-02-30\n", "value.type"),
        ("adae.csv", b"USUBJID,ASTDT\nS-1,2026-02\n", "value.type"),
        ("adae.csv", b"USUBJID,ASTDTM\nS-1,2026-02-01\n", "value.type"),
        ("ae.csv", b"USUBJID,usubjid\nS-1,S-1\n", "variable.duplicate"),
        ("ae.csv", b"USUBJID,USUBJID\nS-1,S-1\n", "variable.duplicate"),
        ("ae.csv", b'"",USUBJID\n1,S-1\n', "variable.unnamed"),
        ("ae.rda", b"x", "file.format"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused(tmp_path: Path, name: str, data: bytes, rule: str) -> None:
    assert fault(tmp_path / name, data).rule == rule


def test_counts_and_examples_are_given(tmp_path: Path) -> None:
    wrong = fault(tmp_path / "adlb.csv", b"USUBJID,AVAL\nS-1,1\nS-2,x\nS-3,y\n")
    assert (wrong.variable, wrong.count, wrong.message) == ("AVAL", 2, "'x' is not a number")
    ragged = fault(tmp_path / "adlb.csv", b"A,B\n1,2\n3\n4\n")
    assert (ragged.count, ragged.message) == (
        2,
        "Record 2 has not the 2 fields that the header names",
    )


def test_parquet_types_without_a_counterpart_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "ae.parquet"
    pl.DataFrame({"AESER": [True], "AESEQ": [1], "AETERM": [["a"]]}).write_parquet(path)
    with pytest.raises(DataError) as error:
        read_dataset(path)
    assert [(f.rule, f.variable) for f in error.value.findings] == [
        ("type.unsupported", "AESER"),
        ("type.unsupported", "AETERM"),
    ]


def test_infinite_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "adlb.parquet"
    pl.DataFrame({"AVAL": [1.0, float("inf"), float("nan")]}).write_parquet(path)
    with pytest.raises(DataError, match=r"ADLB\.AVAL: .*infinite.* \(1 records\)"):
        read_dataset(path)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path, adsl: Dataset) -> None:
    (tmp_path / "adae.csv").write_bytes(b"USUBJID,AESEQ,ASTDT\nS-1,x,y\n")
    (tmp_path / "adtte.parquet").write_bytes(b"no")
    write_dataset(adsl, tmp_path / "adsl.csv")
    write_dataset(adsl, tmp_path / "adsl.xpt")
    with pytest.raises(DataError) as error:
        read_study(tmp_path)
    assert [(f.rule, f.dataset, f.variable) for f in error.value.findings] == [
        ("dataset.repeated", "ADSL", ""),
        ("value.type", "ADAE", "AESEQ"),
        ("value.type", "ADAE", "ASTDT"),
        ("file.corrupt", "ADTTE", ""),
    ]
    assert "adsl.csv, adsl.xpt" in str(error.value)
    study, _ = read_study(tmp_path, only=["ADXX"])
    assert study == {}


def test_a_folder_that_is_not_there_or_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"folder\.missing"):
        read_study(tmp_path / "none")
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(DataError, match=r"folder\.empty"):
        read_study(tmp_path)


def test_other_files_are_noted(tmp_path: Path, adsl: Dataset) -> None:
    write_dataset(adsl, tmp_path / "adsl.parquet")
    (tmp_path / "define.xml").write_text("<ODM/>")
    (tmp_path / "folder.csv").mkdir()
    study, findings = read_study(tmp_path)
    assert list(study) == ["ADSL"]
    (note,) = findings
    assert (note.rule, note.severity, note.place) == ("file.ignored", Severity.NOTE, "define.xml")


def test_a_csv_without_its_last_line_end_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ae.csv").write_bytes(b"USUBJID,AESEQ\nS-1,1\nS-2,2")
    study, findings = read_study(tmp_path)
    assert study["AE"].frame.height == 2
    assert [(f.rule, f.severity) for f in findings] == [("file.unterminated", Severity.WARNING)]


def test_csv_text_stays_text(tmp_path: Path) -> None:
    lines = (
        "\ufeffusubjid,REGION1,AEDECOD,AVAL,SPONSOR,ADTM,ATM\r\n"
        'S-1,NA,"a ""b"", c",  ,007,2026-01-05T10:30,10:30\r\n'
        "S-2  ,NULL,   ,-1e-80,,,\r\n"
    )
    (tmp_path / "adae.csv").write_bytes(lines.encode())
    study, findings = read_study(tmp_path, types={"ADAE": {"AEDECOD": "text"}})
    assert study["ADAE"].frame.to_dict(as_series=False) == {
        "USUBJID": ["S-1", "S-2"],
        "REGION1": ["NA", "NULL"],
        "AEDECOD": ['a "b", c', None],
        "AVAL": [None, 0.0],
        "SPONSOR": ["007", None],
        "ADTM": [dt.datetime(2026, 1, 5, 10, 30), None],
        "ATM": [dt.time(10, 30), None],
    }
    (note,) = findings
    assert (note.rule, note.severity, note.count) == ("variable.unknown", Severity.NOTE, 1)
    assert "SPONSOR" in note.message
    assert "AEDECOD" in study["ADAE"].labels


def test_the_caller_says_what_the_dictionary_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "adsl.csv").write_bytes(b"USUBJID,VIAB,MADE\nS-1,70.5,2026-01-02\n")
    types = {"ADSL": {"VIAB": "number", "MADE": "date"}}
    study, findings = read_study(tmp_path, types=types)
    assert study["ADSL"].frame.row(0) == ("S-1", 70.5, dt.date(2026, 1, 2))
    assert findings == ()


def test_dataset_json_types_come_from_its_metadata(tmp_path: Path) -> None:
    columns = [
        column("AVAL", "decimal", "decimal"),
        column("ADT", "date", "integer"),
        column("AESTDTC", "date"),
        column("ADTM", "datetime", "integer"),
        column("ATM", "time", "integer"),
        column("LBLNK", "URI"),
        column("CHG", "double"),
    ]
    rows = [
        ["1.10", "2026-01-05", "2026-01-05", "2026-01-05T10:30:00", "10:30:00", "x", 1],
        [None, None, "2026-01", None, None, "", None],
    ]
    day, path = dt.date(2026, 1, 5), tmp_path / "adlb.dsjc"
    head = as_json(columns=columns, records=2, rows=[]).replace(b', "rows": []', b"")
    lines = b"".join(b"\n" + json.dumps(row).encode() for row in rows)
    path.write_bytes(zlib.compress(head + lines))
    assert read_dataset(path).frame.rows() == [
        (1.1, day, "2026-01-05", dt.datetime(2026, 1, 5, 10, 30), dt.time(10, 30), "x", 1.0),
        (None, None, "2026-01", None, None, None, None),
    ]


def test_parquet_types_are_brought_to_one_form(tmp_path: Path) -> None:
    path = tmp_path / "adae.parquet"
    frame = pl.DataFrame(
        {
            "aeseq": pl.Series([1, 2], dtype=pl.Int32),
            "AETERM": pl.Series([b"caf\xe9  ", b""], dtype=pl.Binary),
            "AEDECOD": pl.Series(["x", None], dtype=pl.Categorical),
            "CHG": pl.Series([None, None], dtype=pl.Null),
            "AVALC": pl.Series([None, None], dtype=pl.Null),
            "ASTDTM": pl.Series([dt.datetime(2026, 1, 5, 9)] * 2, dtype=pl.Datetime("ms", "UTC")),
            "ASTTM": [3600.0, None],
        }
    )
    frame.write_parquet(path, metadata={"column_labels": '{"aeseq": "Mine", "CHG": null}'})
    study, findings = read_study(tmp_path)
    assert study["ADAE"].frame.to_dict(as_series=False) == {
        "AESEQ": [1.0, 2.0],
        "AETERM": ["café", None],
        "AEDECOD": ["x", None],
        "CHG": [None, None],
        "AVALC": [None, None],
        "ASTDTM": [dt.datetime(2026, 1, 5, 9)] * 2,
        "ASTTM": [dt.time(1), None],
    }
    assert study["ADAE"].frame.schema["CHG"] == pl.Float64
    assert study["ADAE"].frame.schema["AVALC"] == pl.String
    assert study["ADAE"].labels["AESEQ"] == "Mine"
    assert [(f.rule, f.variable) for f in findings] == [("encoding.windows1252", "AETERM")]


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ae.parquet"
    frame = pl.DataFrame({"AETERM": pl.Series([b"\x81\xe9", b"ok"], dtype=pl.Binary)})
    frame.write_parquet(path)
    finding = fault(path, path.read_bytes())
    assert (finding.rule, finding.count) == ("encoding.unknown", 1)


def test_labels_that_are_not_an_object_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ae.parquet"
    for labels in ("[1]", "{"):
        pl.DataFrame({"AESEQ": [1]}).write_parquet(path, metadata={"column_labels": labels})
        assert fault(path, path.read_bytes()).rule == "file.corrupt"


@pytest.mark.parametrize("suffix", [".xpt", ".parquet", ".csv", ".json"])
def test_a_damaged_file_is_refused_or_read_and_never_a_crash(
    tmp_path: Path, adae: Dataset, suffix: str
) -> None:
    path = tmp_path / f"adae{suffix}"
    write_dataset(adae, path)
    whole, chance, refused = path.read_bytes(), random.Random(20260630), 0
    for _ in range(60):
        damaged = bytearray(whole)
        at = chance.randrange(len(whole))
        if chance.random() < 0.5:
            damaged[at : at + 4] = chance.randbytes(4)
        else:
            del damaged[at:]
        path.write_bytes(damaged)
        try:
            read_dataset(path)
        except DataError as error:
            refused += 1
            assert {f.place for f in error.findings} == {path.name}
    assert refused > 25
