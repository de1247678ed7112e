"""Public files that others wrote: one data set, whatever the format."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from il5report.data.dataset import Dataset
from il5report.data.read import read_dataset, read_study
from il5report.data.write import FORMATS, write_study
from il5report.errors import DataError, Severity


def same(one: Dataset, other: Dataset) -> None:
    assert one.frame.schema == other.frame.schema
    assert one.frame.equals(other.frame)
    assert dict(one.labels) == dict(other.labels)
    assert one.label == other.label


@pytest.mark.parametrize("name", ["ae", "rs"])
def test_dataset_json_in_three_forms_and_xpt_hold_the_same(shared: Path, name: str) -> None:
    files = [shared / "formats" / f"{name}{s}" for s in (".json", ".ndjson", ".dsjc", ".xpt")]
    first, *others = map(read_dataset, files)
    assert first.frame.height == json.loads(files[0].read_text("utf-8"))["records"]
    for other in others:
        same(first, other)


@pytest.mark.parametrize("name", ["adsl", "adae", "adtte"])
def test_adam_is_the_same_from_parquet_and_xpt(shared: Path, name: str) -> None:
    folder = shared / "pharmaverse"
    parquet = read_dataset(folder / "adam" / f"{name}.parquet")
    same(parquet, read_dataset(folder / "adam_xpt" / f"{name}.xpt"))
    assert set(parquet.frame.dtypes) <= {pl.String, pl.Float64, pl.Date, pl.Datetime("us")}


def test_a_windows_1252_byte_is_decoded_and_reported(shared: Path) -> None:
    folder = shared / "pharmaverse" / "sdtm"
    same(read_dataset(folder / "ts.parquet"), read_dataset(folder / "ts.xpt"))
    with pytest.raises(DataError) as error:  # both formats of TS are in the folder
        read_study(folder, only=["TS"])
    repeated, decoded = error.value.findings
    assert (repeated.rule, repeated.dataset) == ("dataset.repeated", "TS")
    assert (decoded.rule, decoded.severity) == ("encoding.windows1252", Severity.WARNING)
    assert (decoded.variable, decoded.place) == ("TSVAL", "ts.xpt")
    assert decoded.count > 0


def test_values_of_the_public_adam(shared: Path) -> None:
    folder = shared / "pharmaverse" / "adam"
    adsl = read_dataset(folder / "adsl.parquet").frame
    assert adsl.height == 306
    assert adsl["SAFFL"].eq_missing("Y").sum() == 254
    assert "NA" in adsl["REGION1"]
    adlb = read_dataset(folder / "adlb.parquet").frame
    texts = adlb.select(pl.col(pl.String))
    assert texts.select((pl.all() == "").sum()).row(0) == (0,) * texts.width
    numbers = adlb.select(pl.col(pl.Float64))
    tiny = numbers.select(((pl.all() != 0) & (pl.all().abs() < 1e-70)).sum())
    assert tiny.row(0) == (0,) * numbers.width


def test_sas7bdat(shared: Path) -> None:
    dm = read_dataset(shared / "formats" / "dm_phuse.sas7bdat", columns=["USUBJID", "AGE", "SEX"])
    assert dm.frame.schema == {"USUBJID": pl.String, "AGE": pl.Float64, "SEX": pl.String}
    assert dm.labels["AGE"] == "Age"  # the file has no labels
    ex = read_dataset(shared / "formats" / "ex_phuse.sas7bdat").frame
    assert ex.schema["EXSTDTC"] == pl.String
    assert ex["EXDOSE"].null_count() < ex.height == 159


def test_japanese_text(shared: Path) -> None:
    ae = read_dataset(shared / "formats" / "ae_japanese.json")
    assert ae.name == "AE_JAPANESE"
    assert ae.frame["AETERM"].str.contains(r"\p{Katakana}").any()


@pytest.mark.parametrize("form", FORMATS)
def test_the_public_study_survives_every_format(shared: Path, tmp_path: Path, form: str) -> None:
    study, _ = read_study(shared / "pharmaverse" / "adam", only=["ADSL", "ADAE", "ADTTE", "ADRS"])
    write_study(study, tmp_path, form)
    types = {"ADAE": {"DOSEON": "number"}}  # the one sponsor variable, for CSV
    back, findings = read_study(tmp_path, types=types)
    assert findings == ()
    for name, dataset in study.items():
        assert dataset.frame.equals(back[name].frame)
        assert dataset.frame.schema == back[name].frame.schema
        if form != "csv":
            same(dataset, back[name])


def test_csv_takes_types_from_the_dictionary(shared: Path) -> None:
    grades = read_dataset(shared / "pharmaverse" / "adae_aetoxgr.csv").frame
    assert grades.schema == {"USUBJID": pl.String, "AESEQ": pl.Float64, "AETOXGR": pl.String}


def test_parquet_reads_only_the_columns_wanted(shared: Path) -> None:
    adam = shared / "pharmaverse" / "adam"
    study, _ = read_study(adam, only=["ADSL"], columns={"ADSL": ["USUBJID", "TRTSDT"]})
    assert study["ADSL"].frame.columns == ["USUBJID", "TRTSDT"]
    first = study["ADSL"].frame["TRTSDT"].drop_nulls().min()
    assert isinstance(first, dt.date)
    assert first > dt.date(2012, 1, 1)


def test_dataset_json_keeps_to_its_schema(shared: Path, tmp_path: Path, adsl: Dataset) -> None:
    schema = json.loads((shared.parent / "standards" / "dataset.schema.json").read_text("utf-8"))
    write_study({"ADSL": adsl}, tmp_path, "dataset-json")
    written = json.loads((tmp_path / "adsl.json").read_text("utf-8"))
    jsonschema.validate(written, schema)
    types = {c["name"]: (c["dataType"], c.get("targetDataType")) for c in written["columns"]}
    assert types["TRTSDT"] == ("date", "integer")
    assert types["TRTSDTM"] == ("datetime", "integer")
    assert types["AGE"] == ("double", None)
