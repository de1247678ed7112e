"""Every Kaplan-Meier estimate is computed twice, and the report says how far the two are apart."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.display.model import Section, Table
from tests.outputs.arithmetic import kaplan_meier
from tests.outputs.conftest import Case

PLACE = ["output", "column", "paramcd"]
STUDIES = pytest.mark.parametrize("study", ["demo", "public"])


def section(case: Case) -> Section:
    """The report's section."""
    (found,) = [s for s in case.results.document.sections if s.title == "Quality control"]
    return found


@STUDIES
def test_every_kaplan_meier_estimate_is_computed_twice(
    study: str, request: pytest.FixtureRequest
) -> None:
    ard = request.getfixturevalue(study).results.ard
    estimated = ard.filter(pl.col("method").str.starts_with("Kaplan-Meier"))
    checked = ard.filter(pl.col("analysis") == "second computation")
    assert set(estimated.select(PLACE).rows()) <= set(checked.select(PLACE).rows())
    assert checked.filter(pl.col("stat_name") == "largest")["stat"].max() < 1e-12


@STUDIES
def test_every_display_with_one_stands_in_the_section(
    study: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    estimated = case.results.ard.filter(pl.col("method").str.starts_with("Kaplan-Meier"))
    wanted = {
        f"{d.kind.capitalize()} {d.number}: {d.title}"
        for d in case.results.document.displays()
        if d.id in set(estimated["output"])
    }
    body = section(case).blocks[-1]
    assert isinstance(body, Table)
    assert {row.label for row in body.rows} == wanted and wanted


def test_the_times_compared_are_those_at_which_a_curve_is_between_1_and_0(demo: Case) -> None:
    body = section(demo).blocks[-1]
    assert isinstance(body, Table)
    (row,) = [r for r in body.rows if r.label == "Table 14.2.6: Overall survival"]
    counts = []
    for column in demo.trial.columns_of("t_os"):
        records = demo.trial.where("ADTTE", 'PARAMCD == "OS"', column.subjects)
        curve = kaplan_meier([r["AVAL"] for r in records], [r["CNSR"] == 0 for r in records])
        counts.append(sum(0 < step.survival < 1 for step in curve))
    texts = [cell.text for cell in row.cells]
    assert texts == [str(sum(n > 0 for n in counts)), str(sum(counts)), "<1e-12"]
