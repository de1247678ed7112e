"""The wheel holds all it needs: it works from an empty folder, without the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
        "--quiet", "--wheel-dir", str(folder), str(ROOT),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("il5report-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def il5report(installed: Path, here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "il5report", *arguments]
    return subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, check=False
    )


def test_templates_and_plan_travel_with_it(installed: Path) -> None:
    inside = {p.relative_to(installed).as_posix() for p in installed.rglob("*") if p.is_file()}
    wanted = {
        "il5report/analysis_plan/study.yaml",
        "il5report/templates/html/report.html",
        "il5report/templates/latex/report.tex",
        "il5report/templates/typst/report.typ",
    }
    assert wanted <= inside
    entries = next(installed.glob("*.dist-info/entry_points.txt")).read_text()
    assert "il5report = il5report.cli:main" in entries
    assert not [name for name in inside if name.startswith("tests/")]


def test_demo_check_and_report_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    made = il5report(installed, tmp_path, "demo", "study")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("Wrote 30 synthetic data sets")
    data = ("--data", "study/data", "--plan", "study/plan")
    checked = il5report(installed, tmp_path, "check", *data)
    assert checked.returncode == 0, checked.stderr
    assert "none that stops a report" in checked.stdout
    reported = il5report(installed, tmp_path, "report", *data, "--out", "out")
    assert reported.returncode == 0, reported.stderr
    assert "out/index.html" in reported.stdout.splitlines()[-1]
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_refusals_end_with_what_happened(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    refused = il5report(installed, tmp_path, "report", "--data", "data", "--out", "out")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("The data cannot be used: 1 fault")
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "study.yaml").write_text("extends: default\nprotocl: {}\n")
    refused = il5report(installed, tmp_path, "check", "--data", "data", "--plan", "plan")
    assert refused.returncode == 1
    assert "did you mean 'protocol'?" in refused.stdout
    assert refused.stderr.splitlines()[-1].endswith("The plan cannot be used.")


def test_help_loads_nothing_heavy(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys, il5report.cli; "
        "heavy = {'polars', 'numpy', 'matplotlib', 'lifelines', 'pydantic', 'jinja2', 'typst'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
