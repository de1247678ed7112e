"""Shared by all tests: where things are, the demo study and its report, made once per session."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from il5report.data.dataset import Dataset
from il5report.data.demo import generate
from il5report.data.write import write_study
from il5report.report import Checked, Results, analyse, check

# The same examples in every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
PHARMAVERSE = SHARED / "data" / "pharmaverse"


@pytest.fixture(scope="session")
def demo_sdtm() -> dict[str, Dataset]:
    """The demo study as generated."""
    return generate()


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory, demo_sdtm: dict[str, Dataset]) -> Path:
    """A folder with the demo study as Parquet."""
    folder = tmp_path_factory.mktemp("demo")
    write_study(demo_sdtm, folder, "parquet")
    return folder


@pytest.fixture(scope="session")
def demo_checked(demo_data: Path) -> Checked:
    """The demo study, derived and checked against the default plan."""
    return check(demo_data, None)


@pytest.fixture(scope="session")
def demo_results(demo_checked: Checked) -> Results:
    """The results of the demo study."""
    return analyse(demo_checked)


@pytest.fixture(scope="session")
def pharmaverse_adam() -> Path:
    """The public ADaM; skips where it is not on this machine."""
    folder = PHARMAVERSE / "adam"
    if not folder.is_dir():
        pytest.skip("the public pharmaverse ADaM is not on this machine")
    return folder
