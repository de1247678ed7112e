"""Every number and every text of every display, derived again from the records."""

from __future__ import annotations

import math

import polars as pl
import pytest

from il5report.display.model import Figure, Table
from tests.conftest import ROOT
from tests.outputs.conftest import DEFAULT, PUBLIC, Case
from tests.outputs.expected import DERIVED, Expected, Place, expected, kinetics
from tests.outputs.records import plan_part

DISPLAYS = [
    *(("demo", key) for key in plan_part([DEFAULT], "outputs")),
    *(("public", key) for key in plan_part([PUBLIC], "outputs")),
]


def found_and_expected(case: Case, key: str) -> tuple[pl.DataFrame, Expected]:
    """The rows of the ARD, and what they must be."""
    ard = case.ard(key)
    ticks = ard.filter(pl.col("analysis") == "at risk")["time"].unique().sort().to_list()
    return ard, expected(case.trial, key, ticks)


def difference(found: float | None, wanted: float | None) -> bool:
    """Whether two numbers differ; None is not estimable."""
    if found is None or wanted is None:
        return found is not wanted
    return not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize(("study", "key"), DISPLAYS)
def test_every_number_is_the_one_derived_from_the_records(
    study: str, key: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    ard, wanted = found_and_expected(case, key)
    found = {
        Place(*(row[name] for name in Place._fields)): row["stat"]
        for row in ard.iter_rows(named=True)
    }
    assert set(found) - set(wanted.numbers) == set(), "numbers that nobody asked for"
    assert set(wanted.numbers) - set(found) == set(), "numbers that are absent"
    wrong = {
        p: (v, wanted.numbers[p]) for p, v in found.items() if difference(v, wanted.numbers[p])
    }
    assert wrong == {}
    assert set(ard["analysis_set"]) == {case.trial.set_of(key)}


@pytest.mark.parametrize(("study", "key"), DISPLAYS)
def test_every_text_is_the_one_written_from_the_records(
    study: str, key: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    ard, wanted = found_and_expected(case, key)
    display = case.display(key)
    set_id = case.trial.set_of(key)
    size = len(case.trial.subjects(set_id))
    assert display.subtitle == f"{case.trial.sets[set_id]['label']} (N={size})"
    if isinstance(display.body, Figure):
        for sentence in wanted.sentences:
            assert sentence in display.body.description
        assert set(display.body.refs) <= set(ard["row"])
        return
    assert isinstance(display.body, Table)
    assert [(h.label, h.detail, h.span) for h in display.body.heads[1:]] == wanted.heads()
    printed = [
        (row.indent, row.label, tuple(cell.text for cell in row.cells)) for row in display.body.rows
    ]
    assert printed == wanted.lines


@pytest.mark.parametrize(("study", "key"), DISPLAYS)
def test_a_cell_names_the_rows_of_its_own_column(
    study: str, key: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    body = case.display(key).body
    if not isinstance(body, Table):
        assert isinstance(body, Figure) and body.refs
        return
    _, wanted = found_and_expected(case, key)
    column = dict(case.ard(key).select("row", "column").iter_rows())
    bands = max(len(wanted.bands), 1)
    for row in body.rows:
        for at, cell in enumerate(row.cells):
            assert {column[ref] for ref in cell.refs} <= {wanted.columns[at // bands].label}
            assert bool(cell.refs) == bool(cell.text)


def test_every_output_of_the_package_is_derived_again() -> None:
    made = {
        path.stem
        for path in (ROOT / "il5report" / "outputs").glob("*/*.py")
        if path.stem.startswith(("t_", "f_", "l_"))
    }
    assert made - DERIVED == set()


def test_kinetics_parameters_follow_from_the_concentrations(demo: Case) -> None:
    trial, checked = demo.trial, 0
    within = frozenset(r["USUBJID"] for r in trial.subjects("CK"))
    for r in trial.where("ADPP", 'PARAMCD in ["CMAX", "TMAX", "AUC0_28D"]', within):
        if r["ASSAYCD"] not in ("QPCRBL", "FLOWBL"):
            continue
        taken = trial.where("ADPC", f'PARAMCD == "{r["ASSAYCD"]}"', frozenset([r["USUBJID"]]))
        wanted = kinetics(taken)[r["PARAMCD"]]
        assert not difference(r["AVAL"], wanted), (r["USUBJID"], r["ASSAYCD"], r["PARAMCD"])
        assert (r["AVAL"] is None) == (r["AREASN"] is not None)
        checked += 1
    assert checked == 2 * 3 * len(within)
