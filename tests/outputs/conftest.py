"""The studies that the displays are re-derived on, each analysed once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from il5report.display.model import Display
from il5report.report import Results, analyse, check
from tests.conftest import ROOT
from tests.outputs.records import Trial

pytest.register_assert_rewrite("tests.outputs.assertions")

DEFAULT = ROOT / "analysis_plan"
PUBLIC = DEFAULT / "examples" / "pharmaverse"


@dataclass(frozen=True)
class Case:
    """A study, what the package made of it, and what it is re-derived from."""

    results: Results
    trial: Trial

    def ard(self, key: str) -> pl.DataFrame:
        """The rows of one display."""
        return self.results.ard.filter(pl.col("output") == key)

    def display(self, key: str) -> Display:
        """One display."""
        return next(d for d in self.results.document.displays() if d.id == key)


def case(results: Results, *folders: Path) -> Case:
    """`folders`: the plan's, the extended before the extending."""
    return Case(results, Trial(results.checked.study, folders))


@pytest.fixture(scope="session")
def pharmaverse_results(pharmaverse_adam: Path) -> Results:
    """The public study by its plan."""
    return analyse(check(pharmaverse_adam, PUBLIC))


@pytest.fixture(scope="session")
def demo(demo_results: Results) -> Case:
    """The demo study by the default plan."""
    return case(demo_results, DEFAULT)


@pytest.fixture(scope="session")
def public(pharmaverse_results: Results) -> Case:
    """The public study by its plan."""
    return case(pharmaverse_results, DEFAULT, PUBLIC)
