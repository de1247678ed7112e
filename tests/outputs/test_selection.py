"""What lines and columns of a display find in the data, against loops over its records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from il5report.conditions import parse
from il5report.errors import DataError
from il5report.output import Context
from il5report.outputs.selection import Records, Selection, by_column, by_value
from tests.outputs.conftest import Case

PARAMETER = parse('ANL01FL == "Y" and PARAMCD == "ALT" and AVAL != missing')
BASELINE = parse(
    'ANL01FL == "Y" and PARAMCD == "ALT" and AVAL != missing and BASETYPE == "PRE-LYMPHODEPLETION"'
)
VISITS = ("Baseline", "Day 28", "never")


@pytest.fixture
def ctx(demo: Case) -> Context:
    return demo.contexts["t_chemistry_by_visit"]


@pytest.fixture
def records(ctx: Context) -> Records:
    return Selection(ctx, ctx.output.needs(ctx))["ADLB"]


def of_parameter(ctx: Context) -> list[dict[str, Any]]:
    """The records by hand."""
    subjects = {r["USUBJID"]: r for r in ctx.study["ADSL"].frame.to_dicts() if r["SAFFL"] == "Y"}
    return [
        {**subjects[r["USUBJID"]], **r}
        for r in ctx.study["ADLB"].frame.to_dicts()
        if r["USUBJID"] in subjects
        and r["ANL01FL"] == "Y"
        and r["PARAMCD"] == "ALT"
        and r["AVAL"] is not None
    ]


def in_columns(ctx: Context, rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    levels = {c.label: c.where for c in ctx.columns}
    return [
        [r for r in rows if where is None or f'TRT01A == "{r["TRT01A"]}"' == str(where)]
        for where in levels.values()
    ]


def test_records_and_subjects_by_column(ctx: Context, records: Records) -> None:
    wanted = in_columns(ctx, of_parameter(ctx))
    assert records.counts(PARAMETER) == [len(rows) for rows in wanted]
    selection = Selection(ctx, ctx.output.needs(ctx))
    having = selection["ADLB"].subjects(PARAMETER)
    assert selection.counts(having) == [len({r["USUBJID"] for r in rows}) for rows in wanted]
    assert records.number_of(records.meet(PARAMETER)) == int(having.sum())
    assert set(ctx.subjects["USUBJID"].filter(pl.Series(having))) == {
        r["USUBJID"] for r in of_parameter(ctx)
    }


def test_records_within_a_condition_are_those_that_meet_it(records: Records) -> None:
    inside = records.within(PARAMETER)
    assert inside.frame.equals(records.those(PARAMETER))
    assert inside.counts(None) == records.counts(PARAMETER)
    assert inside.counts(BASELINE) == records.counts(BASELINE)


@pytest.mark.parametrize(("pick", "of"), [("lowest", min), ("highest", max)])
def test_extreme_value_of_each_subject(ctx: Context, records: Records, pick: Any, of: Any) -> None:
    found = records.extreme(pick, "AVAL", records.meet(PARAMETER))
    values: dict[str, list[float]] = {}
    for r in of_parameter(ctx):
        values.setdefault(r["USUBJID"], []).append(r["AVAL"])
    for who, value in zip(ctx.subjects["USUBJID"], found, strict=True):
        assert value == of(values[who]) if who in values else np.isinf(value)


def test_values_by_visit_and_column(ctx: Context, records: Records) -> None:
    rows = [r for r in of_parameter(ctx) if r["BASETYPE"] == "PRE-LYMPHODEPLETION"]
    found = dict(records.by_visit("AVAL", BASELINE, VISITS))
    assert list(found) == list(VISITS)
    for visit, columns in found.items():
        wanted = in_columns(ctx, [r for r in rows if r["AVISIT"] == visit])
        assert [c for c, _ in columns] == list(ctx.columns)
        assert [sorted(v) for _, v in columns] == [sorted(r["AVAL"] for r in w) for w in wanted]
    assert any(len(v) for _, v in found["Baseline"])


def test_two_values_of_a_subject_at_a_visit_are_refused(ctx: Context) -> None:
    adlb = ctx.study["ADLB"]
    twice = replace(adlb, frame=pl.concat([adlb.frame, adlb.frame]))
    doubled = ctx.about({**ctx.study, "ADLB": twice})
    records = Selection(doubled, doubled.output.needs(doubled))["ADLB"]
    with pytest.raises(DataError, match="one record per subject"):
        list(records.by_visit("AVAL", BASELINE, VISITS))
    with pytest.raises(DataError, match="one record per subject"):
        records.one_each(BASELINE)
    assert list(records.by_visit("AVAL", BASELINE, ("never",)))


def test_columns_hold_their_records_in_order(ctx: Context) -> None:
    frame = ctx.records("ADLB", PARAMETER, keep=("AVAL", "TRT01A"))
    wanted = in_columns(ctx, of_parameter(ctx))
    for (_, mine), rows in zip(by_column(ctx, frame), wanted, strict=True):
        assert mine["AVAL"].to_list() == [r["AVAL"] for r in rows]
    only = [c for c, _ in by_column(ctx, frame, ctx.columns[:1])]
    assert only == list(ctx.columns[:1])


def test_places_by_value() -> None:
    found = [(v, places.tolist()) for v, places in by_value(np.array([3.0, -1.0, 3.0, 0.0]))]
    assert found == [(-1.0, [1]), (0.0, [3]), (3.0, [0, 2])]
    assert by_value(np.array([])) == []
