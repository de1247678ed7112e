"""`check` on the command line: a table, HTML and CSV, with what the plan accepts."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from il5report.cli import app
from il5report.data.check import CHECKS
from il5report.errors import Accepted, Finding, Severity
from il5report.examined import Examined, findings_csv, findings_document

SUBJECTS = ("S-1", "S-2")
MANY = Finding("flag.value", "Neither Y nor N", Severity.ERROR, "ADSL", "SAFFL", 9, SUBJECTS,
               subject_count=7)  # fmt: skip
NOTE = Finding("record.derived", '=HYPERLINK("x")', Severity.NOTE, "ADLB", "DTYPE", 2)
WARNING = Finding("day.zero", "Study day 0", Severity.WARNING, "AE", "AESTDY", 1, ("S-3",))


def found() -> Examined:
    return Examined((NOTE, MANY), (Accepted(WARNING, "queried"),), stopped="Unusable")


def test_errors_come_first_and_everything_is_counted() -> None:
    assert [f.rule for f in found().ordered] == ["flag.value", "record.derived"]
    expected = f"{len(CHECKS)} checks, 2 findings (1 error, 0 warnings, 1 note), 1 more accepted"
    assert found().summary == f"{expected} by the plan"
    nothing = Examined((), (), 3)
    assert nothing.summary.endswith("0 findings (0 errors, 0 warnings, 0 notes)")


def test_csv_has_rows_subjects_and_what_is_accepted() -> None:
    rows = list(csv.DictReader(findings_csv(found()).splitlines()))
    assert [(r["Rule"], r["Records"], r["Subjects"], r["Subjects in all"]) for r in rows] == [
        ("flag.value", "9", "S-1, S-2 and 5 more", "7"),
        ("record.derived", "2", "", ""),
        ("day.zero", "1", "S-3", ""),
    ]
    assert [(r["Status"], r["Accepted because"]) for r in rows] == [
        ("standing", ""), ("standing", ""), ("accepted", "queried"),
    ]  # fmt: skip
    assert rows[1]["Finding"] == '\'=HYPERLINK("x")'  # no spreadsheet takes it for a formula


def test_every_check_is_listed_with_its_findings() -> None:
    document = findings_document(found())
    assert document.facts == (("Result", "Unusable."),)
    (listing,) = document.sections[2].blocks
    rows = {row[0]: row[3:] for row in getattr(listing, "rows")}  # noqa: B009
    assert set(rows) == {rule.id for rule in CHECKS}
    assert rows["flag.value"] == ("1", "0")
    assert rows["day.zero"] == ("0", "1")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The demo study, with a CRS grade that is none and a flag that is none."""
    made = CliRunner().invoke(app, ["demo", str(tmp_path / "demo")])
    assert made.exit_code == 0
    path = tmp_path / "demo" / "data" / "ae.parquet"
    frame = pl.read_parquet(path).with_columns(
        AESER=pl.when(pl.col("AESEQ") == 1).then(pl.lit("MAYBE")).otherwise("AESER")
    )
    frame.write_parquet(path)
    return tmp_path / "demo"


def test_a_fault_a_waiver_and_the_files(study: Path, tmp_path: Path) -> None:
    command = ["check", "--data", str(study / "data"), "--plan", str(study / "plan")]
    out = tmp_path / "out"
    refused = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert refused.exit_code == 1
    assert "code.unknown" in refused.stdout
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Values that the codelist does not have: MAYBE" in page
    rows = list(csv.DictReader((out / "findings.csv").read_text(encoding="utf-8").splitlines()))
    fault = next(r for r in rows if r["Severity"] == "Error")
    assert (fault["Data set"], fault["Variable"], fault["Status"]) == ("AE", "AESER", "standing")
    assert int(fault["Records"]) == int(fault["Subjects in all"]) > 5

    settings = study / "plan" / "study.yaml"
    plan = yaml.safe_load(settings.read_text(encoding="utf-8"))
    plan["waivers"] = [{"rule": "code.unknown", "variable": "AESER", "reason": "being queried"}]
    settings.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    accepted = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert accepted.exit_code == 0, accepted.output
    assert "(accepted: being queried)" in accepted.stdout.replace("\n", " ")
    rows = list(csv.DictReader((out / "findings.csv").read_text(encoding="utf-8").splitlines()))
    assert {r["Accepted because"] for r in rows if r["Status"] == "accepted"} == {"being queried"}


def test_a_folder_that_is_no_result_is_left_alone(study: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").write_text("dear", encoding="utf-8")
    command = ["check", "--data", str(study / "data"), "--out", str(other)]
    assert CliRunner().invoke(app, command).exit_code == 2
    assert [p.name for p in other.iterdir()] == ["letter.txt"]
