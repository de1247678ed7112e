"""Every number and every text of every display, derived again from the records."""

from __future__ import annotations

import pytest

from il5report.display.model import Listing, Table
from tests.outputs.assertions import assert_numbers, assert_texts, derived, differ
from tests.outputs.conftest import DEFAULT, PUBLIC, Case
from tests.outputs.expected import DERIVED, kinetics
from tests.outputs.records import plan_file

DISPLAYS = [
    *(("demo", key) for key in plan_file([DEFAULT], "outputs")),
    *(("public", key) for key in plan_file([PUBLIC], "outputs")),
]


@pytest.mark.parametrize(("study", "key"), DISPLAYS)
def test_every_number_is_the_one_derived_from_the_records(
    study: str, key: str, request: pytest.FixtureRequest
) -> None:
    assert_numbers(request.getfixturevalue(study), key)


@pytest.mark.parametrize(("study", "key"), DISPLAYS)
def test_every_text_is_the_one_written_from_the_records(
    study: str, key: str, request: pytest.FixtureRequest
) -> None:
    assert_texts(request.getfixturevalue(study), key)


@pytest.mark.parametrize(("study", "key"), DISPLAYS)
def test_a_cell_names_the_rows_of_its_own_column(
    study: str, key: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    body = case.display(key).body
    if not isinstance(body, Table):
        assert isinstance(body, Listing) or body.refs
        return
    wanted = derived(case, key)
    column = dict(case.ard(key).select("row", "column").iter_rows())
    bands = max(len(wanted.bands), 1)
    for row in body.rows:
        for at, cell in enumerate(row.cells):
            assert {column[ref] for ref in cell.refs} <= {wanted.columns[at // bands].label}
            assert bool(cell.refs) == bool(cell.text)


def test_every_display_of_the_plans_is_derived_again() -> None:
    plans = [plan_file([folder], "outputs") for folder in (DEFAULT, PUBLIC)]
    used = {entry.get("output", key) for plan in plans for key, entry in plan.items()}
    assert used - DERIVED == set(), "to be derived in tests/outputs/expected.py"


def test_kinetics_parameters_follow_from_the_concentrations(demo: Case) -> None:
    trial, checked = demo.trial, 0
    within = frozenset(r["USUBJID"] for r in trial.subjects("CK"))
    for r in trial.where("ADPP", 'PARAMCD in ["CMAX", "TMAX", "AUC0_28D"]', within):
        if r["ASSAYCD"] not in ("QPCRBL", "FLOWBL"):
            continue
        taken = trial.where("ADPC", f'PARAMCD == "{r["ASSAYCD"]}"', frozenset([r["USUBJID"]]))
        wanted = kinetics(taken)[r["PARAMCD"]]
        assert not differ(r["AVAL"], wanted), (r["USUBJID"], r["ASSAYCD"], r["PARAMCD"])
        assert (r["AVAL"] is None) == (r["AREASN"] is not None)
        checked += 1
    assert checked == 2 * 3 * len(within)
