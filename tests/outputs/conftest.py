"""The studies that the displays are re-derived on, each analysed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pytest

from il5report.display.model import Display
from il5report.document import display_of
from il5report.one_display import analysed, numbered, place_of, shown_by
from il5report.output import Context
from il5report.report import Checked, Results, analyse, check
from tests.conftest import ROOT
from tests.outputs.records import Trial

pytest.register_assert_rewrite("tests.outputs.assertions")

DEFAULT = ROOT / "analysis_plan"
PUBLIC = DEFAULT / "examples" / "pharmaverse"


@dataclass
class Case:
    """A study, what the package makes of it, and what it is re-derived from. A display is made
    when a test asks for it; `whole` makes all of them."""

    checked: Checked
    trial: Trial
    whole: Callable[[], Results]

    @cached_property
    def results(self) -> Results:
        """Everything."""
        return self.whole()

    @cached_property
    def contexts(self) -> Mapping[str, Context]:
        """The displays by their key."""
        return {ctx.id: ctx for ctx in self.checked.contexts}

    @cached_property
    def _made(self) -> dict[str, tuple[pl.DataFrame, Display]]:
        return {}

    def _one(self, key: str) -> tuple[pl.DataFrame, Display]:
        if key not in self._made:
            ctx = self.contexts[key]
            ard = numbered(analysed(ctx), place_of(ctx))
            self._made[key] = ard, display_of(ctx, shown_by(ctx, ard))
        return self._made[key]

    def ard(self, key: str) -> pl.DataFrame:
        """The rows of one display."""
        return self._one(key)[0]

    def display(self, key: str) -> Display:
        """One display."""
        return self._one(key)[1]


def case(checked: Checked, *folders: Path, whole: Callable[[], Results] | None = None) -> Case:
    """`folders`: the plan's, the extended before the extending."""
    return Case(checked, Trial(checked.study, folders), whole or (lambda: analyse(checked)))


@pytest.fixture(scope="session")
def demo(demo_checked: Checked, request: pytest.FixtureRequest) -> Case:
    """The demo study by the default plan."""
    return case(demo_checked, DEFAULT, whole=lambda: request.getfixturevalue("demo_results"))


@pytest.fixture(scope="session")
def public(pharmaverse_adam: Path) -> Case:
    """The public study by its plan."""
    return case(check(pharmaverse_adam, PUBLIC), DEFAULT, PUBLIC)
