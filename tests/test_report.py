"""The whole job: what is written, from every format, byte for byte; bad input in every way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from il5report.data.dataset import SYNTHETIC_STUDY, Dataset
from il5report.data.write import write_study
from il5report.errors import DataError, PlanError
from il5report.files import hashes
from il5report.report import Results, analyse, check, report, write
from tests.conftest import ROOT

FILES = {"index.html", "report.pdf", "report.tex", "ard.parquet", "ard.json", "manifest.json"}


def run(
    data: Path, out: Path, *, tz: str = "UTC", locale: str = "C.UTF-8", seed: str = "0"
) -> None:
    """The command in a process of its own, in a time zone and locale."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "TZ": tz, "LC_ALL": locale, "PYTHONHASHSEED": seed,
    }  # fmt: skip
    command = [sys.executable, "-m", "il5report", "report", "--data", str(data), "--out", str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(out) in done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def written(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("written") / "report"
    run(demo_data, out)
    return out


def test_every_file_is_there(written: Path) -> None:
    assert {p.name for p in written.iterdir()} >= FILES
    manifest = json.loads((written / "manifest.json").read_text())
    without = {k: v for k, v in hashes(written).items() if k != "manifest.json"}
    assert manifest["outputs"] == without
    assert manifest["inputs"].keys() >= {"dm.parquet", "ae.parquet"}
    assert manifest["plan"].keys() >= {"study.yaml", "outputs.yaml"}
    assert str(written) not in (written / "manifest.json").read_text()


def test_one_process_or_several_write_the_same(
    written: Path, demo_results: Results, tmp_path: Path
) -> None:
    write(demo_results, tmp_path)
    for name in ("index.html", "report.pdf", "report.tex", "ard.parquet"):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes(), name


def test_bytes_do_not_depend_on_time_zone_locale_or_hash_seed(
    demo_data: Path, written: Path, tmp_path: Path
) -> None:
    run(demo_data, tmp_path / "again", tz="Asia/Shanghai", locale="C", seed="4711")
    assert hashes(tmp_path / "again") == hashes(written)


@pytest.mark.parametrize("form", ["xpt", "csv", "dataset-json"])
def test_the_format_of_the_data_does_not_matter(
    form: str, demo_sdtm: Mapping[str, Dataset], demo_results: Results, tmp_path: Path
) -> None:
    """What is written follows from the results, the document and the analysis data alone."""
    (tmp_path / "data").mkdir()
    write_study(demo_sdtm, tmp_path / "data", form)
    found = analyse(check(tmp_path / "data", None))
    assert found.ard.equals(demo_results.ard)
    assert found.document == demo_results.document
    for name, dataset in demo_results.checked.study.items():
        assert found.checked.study[name].frame.equals(dataset.frame), name


def test_every_page_says_that_the_data_are_synthetic(written: Path, demo_results: Results) -> None:
    pypdf = pytest.importorskip("pypdf")
    assert "ynthetic" in demo_results.document.banner
    for page in pypdf.PdfReader(written / "report.pdf").pages:
        assert "Synthetic data" in page.extract_text()
    assert "Synthetic data" in (written / "index.html").read_text(encoding="utf-8")


def test_the_banner_follows_the_data_not_the_plan(
    demo_sdtm: Mapping[str, Dataset], tmp_path: Path
) -> None:
    other = {
        name: replace(
            d,
            frame=d.frame.with_columns(
                pl.col("STUDYID", "USUBJID").str.replace(SYNTHETIC_STUDY, "X1")
                if "USUBJID" in d.frame.columns
                else pl.col("STUDYID").str.replace(SYNTHETIC_STUDY, "X1")
            ),
        )
        for name, d in demo_sdtm.items()
    }
    write_study(other, tmp_path, "parquet")
    assert analyse(check(tmp_path, None)).document.banner == ""


def test_analysis_data_are_kept_and_give_the_same_report(written: Path, tmp_path: Path) -> None:
    for form in ("parquet", "xpt"):
        assert list((written / "adam" / form).iterdir())
    report(written / "adam" / "parquet", None, tmp_path / "out")
    ours = pl.read_parquet(tmp_path / "out" / "ard.parquet")
    assert ours.equals(pl.read_parquet(written / "ard.parquet"))


def test_the_ard_is_the_same_in_json(written: Path) -> None:
    whole = json.loads((written / "ard.json").read_text(encoding="utf-8"))
    rows, frame = whole["results"], pl.read_parquet(written / "ard.parquet")
    assert rows == frame.to_dicts()
    assert all(r["stat"] is not None or r["reason"] for r in rows)
    clauses = {(c["dataset"], c["text"]): c["whereClause"] for c in whole["conditions"]}
    for r in rows:
        for name, dataset in (("set_where", "ADSL"), ("subset_where", r["dataset"])):
            assert not r[name] or clauses[dataset, r[name]]["level"] == 1


def broken(
    study: Mapping[str, Dataset], folder: Path, changes: Mapping[str, Dataset | None]
) -> Path:
    made = {**study, **{k: v for k, v in changes.items() if v is not None}}
    write_study({k: v for k, v in made.items() if changes.get(k, v) is not None}, folder, "parquet")
    return folder


def refusal(data: Path, plan: Path | None = None) -> str:
    with pytest.raises((DataError, PlanError)) as error:
        check(data, plan)
    return "\n".join(map(str, error.value.findings))


@pytest.fixture(scope="module")
def adam(written: Path) -> dict[str, Dataset]:
    from il5report.data.read import read_study

    return read_study(written / "adam" / "parquet")[0]


def test_a_missing_data_set_is_refused(adam: dict[str, Dataset], tmp_path: Path) -> None:
    said = refusal(broken(adam, tmp_path, {"ADTTE": None}))
    assert "ADTTE" in said
    assert "t_os" in said


def test_missing_variables_are_all_named(adam: dict[str, Dataset], tmp_path: Path) -> None:
    ae, adsl = adam["ADAE"], adam["ADSL"]
    said = refusal(
        broken(
            adam,
            tmp_path,
            {
                "ADAE": replace(ae, frame=ae.frame.drop("AEDECOD")),
                "ADSL": replace(adsl, frame=adsl.frame.rename({"CD125BL": "CD125"})),
            },
        )
    )
    assert "AEDECOD" in said
    assert "did you mean 'CD125'?" in said


def test_wrong_type_duplicate_key_and_unknown_subject(
    adam: dict[str, Dataset], tmp_path: Path
) -> None:
    ae, adsl = adam["ADAE"], adam["ADSL"]
    frame = ae.frame.with_columns(pl.col("ATOXGRN").cast(pl.String))
    stranger = frame.head(1).with_columns(pl.lit("NOBODY").alias("USUBJID"))
    said = refusal(
        broken(
            adam,
            tmp_path,
            {
                "ADAE": replace(ae, frame=pl.concat([frame, stranger])),
                "ADSL": replace(adsl, frame=pl.concat([adsl.frame, adsl.frame.head(1)])),
            },
        )
    )
    for part in ("it holds text", "key.duplicate", "NOBODY", "subject.unknown"):
        assert part in said


def test_a_column_value_that_the_plan_does_not_list(
    adam: dict[str, Dataset], tmp_path: Path
) -> None:
    adsl = adam["ADSL"]
    frame = adsl.frame.with_columns(pl.col("TRT01A").replace("Dose level 3", "Dose level 9"))
    said = refusal(broken(adam, tmp_path, {"ADSL": replace(adsl, frame=frame)}))
    assert "columns.unlisted" in said
    assert "'Dose level 9'" in said


def test_a_truncated_file(adam: dict[str, Dataset], tmp_path: Path) -> None:
    folder = broken(adam, tmp_path, {})
    whole = (folder / "adae.parquet").read_bytes()
    (folder / "adae.parquet").write_bytes(whole[: len(whole) // 2])
    assert "adae.parquet" in refusal(folder)


def test_a_waiver_accepts_a_finding_and_is_printed(
    adam: dict[str, Dataset], tmp_path: Path
) -> None:
    ae = adam["ADAE"]
    frame = ae.frame.with_columns(pl.lit("MAYBE").alias("TRTEMFL"))
    data = tmp_path / "data"
    data.mkdir()
    broken(adam, data, {"ADAE": replace(ae, frame=frame)})
    assert "flag.value" in refusal(data)
    plan = tmp_path / "plan"
    plan.mkdir()
    (plan / "study.yaml").write_text(
        "extends: default\nwaivers:\n  - {rule: flag.value, dataset: ADAE, reason: known coding}\n"
    )
    made = analyse(check(data, plan))
    assert any(a.reason == "known coding" for a in made.checked.accepted)
    (findings,) = [s for s in made.document.sections if s.title == "Data findings"]
    assert "known coding" in str(findings)


HOSTILE = '<script>alert(1)</script> \\input{/etc/passwd} #read("x") =HYPERLINK(1) %&$_{}~^'


def test_markup_in_free_text_is_harmless(adam: dict[str, Dataset], tmp_path: Path) -> None:
    ae = adam["ADAE"]
    frame = ae.frame.with_columns(pl.lit(HOSTILE).alias("AEDECOD"))
    data = tmp_path / "data"
    data.mkdir()
    broken(adam, data, {"ADAE": replace(ae, frame=frame)})
    report(data, None, tmp_path / "out")
    html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    tex = (tmp_path / "out" / "report.tex").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "\\input{/etc" not in tex
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(tmp_path / "out" / "report.pdf").pages
    assert any("#read" in page.extract_text() for page in pages)


def test_wrong_data_leave_the_old_report(
    adam: dict[str, Dataset], written: Path, tmp_path: Path
) -> None:
    import shutil

    out = tmp_path / "out"
    shutil.copytree(written, out)
    (tmp_path / "data").mkdir()
    data = broken(adam, tmp_path / "data", {"ADTTE": None})
    with pytest.raises(DataError):
        report(data, None, out)
    assert hashes(out) == hashes(written)
