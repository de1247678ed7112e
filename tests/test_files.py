"""Writing beside the old and swapping: a run that fails or is killed leaves the old report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from il5report import files
from il5report.files import hashes, replacing
from tests.conftest import ROOT


def report(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "index.html").write_text(text)


def test_the_new_takes_the_place_of_the_old(tmp_path: Path) -> None:
    out = tmp_path / "report"
    report(out, "old")
    (out / "old_only.txt").write_text("x")
    with replacing(out) as new:
        report(new, "new")
        assert (out / "index.html").read_text() == "old"
    assert (out / "index.html").read_text() == "new"
    assert not (out / "old_only.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_without_an_exchange_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_exchange", lambda a, b: False)
    out = tmp_path / "report"
    report(out, "old")
    with replacing(out) as new:
        report(new, "new")
    assert (out / "index.html").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_report_left_aside_by_a_killed_run_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "report"
    report(tmp_path / ".report.previous", "old")
    with pytest.raises(RuntimeError), replacing(out):
        raise RuntimeError
    assert (out / "index.html").read_text() == "old"


def test_a_failure_leaves_the_old(tmp_path: Path) -> None:
    out = tmp_path / "report"
    report(out, "old")
    with pytest.raises(RuntimeError), replacing(out) as new:
        report(new, "new")
        raise RuntimeError
    assert (out / "index.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_folder_that_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="is not a report"), replacing(tmp_path):
        pass
    with pytest.raises(FileExistsError), replacing(tmp_path / "thesis.txt"):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "report"
    out.mkdir()
    with replacing(out) as new:
        report(new, "new")
    assert (out / "index.html").read_text() == "new"


WRITER = """
import sys, time
from pathlib import Path
from il5report.files import replacing
with replacing(Path(sys.argv[1])) as new:
    (new / "manifest.json").write_text("{}")
    (new / "index.html").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_run_leaves_the_old(tmp_path: Path) -> None:
    out = tmp_path / "report"
    report(out, "old")
    before = hashes(out)
    command = [sys.executable, "-c", WRITER, str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert hashes(out) == before
