"""Dose-limiting toxicity by a plan's definition."""

from __future__ import annotations

import polars as pl
import pytest
from pydantic import ValidationError

from il5report.derive.dlt import dose_limiting
from il5report.errors import DataError
from il5report.plan.dose_limiting import DltDefinition

DEFINITION = DltDefinition.model_validate({
    "window": 28,
    "exclude": 'CAUSE == "DISEASE"',
    "rules": [
        {"label": "death", "where": "GRADE == 5"},
        {"label": "CRS 4", "where": 'TERM == "CRS" and GRADE >= 4'},
        {"label": "CRS 3 beyond 7 days", "where": 'TERM == "CRS" and GRADE >= 3',
         "longer_than": 7},
    ],
})  # fmt: skip
SCHEMA = {"USUBJID": pl.String, "TERM": pl.String, "GRADE": pl.Float64, "DAY": pl.Int64,
          "ENDDY": pl.Int64, "LSTDY": pl.Int64, "CAUSE": pl.String}  # fmt: skip


def event(**values: object) -> pl.DataFrame:
    row = {"USUBJID": "A", "TERM": "CRS", "GRADE": 3.0, "DAY": 2, "LSTDY": 60, **values}
    return pl.DataFrame([row], SCHEMA)


CASES = [
    ({"GRADE": 4.0}, ("Y", "CRS 4")),
    ({"GRADE": 5.0, "TERM": "SEPSIS"}, ("Y", "death")),
    ({"GRADE": 5.0, "CAUSE": "DISEASE"}, ("N", None)),
    ({"GRADE": 4.0, "DAY": 28}, ("Y", "CRS 4")),
    ({"GRADE": 4.0, "DAY": 29}, ("N", None)),
    ({"GRADE": 4.0, "DAY": -1}, ("N", None)),
    ({"ENDDY": 8}, ("N", None)),
    ({"ENDDY": 9}, ("Y", "CRS 3 beyond 7 days")),
    ({"LSTDY": 9}, ("Y", "CRS 3 beyond 7 days")),
    ({"LSTDY": 8}, (None, "CRS 3 beyond 7 days")),
    ({"LSTDY": None}, (None, "CRS 3 beyond 7 days")),
    ({"LSTDY": 8, "GRADE": 4.0}, ("Y", "CRS 4")),
    ({"LSTDY": 8, "GRADE": 2.0}, ("N", None)),
    ({"LSTDY": 8, "TERM": "SEPSIS"}, ("N", None)),
]


@pytest.mark.parametrize(("values", "expected"), CASES)
def test_events(values: dict[str, object], expected: tuple[object, object]) -> None:
    assert dose_limiting(event(**values), DEFINITION).select("DLTFL", "DLTRULE").row(0) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({"DAY": 29}, "N"),
        ({"CAUSE": "DISEASE"}, "N"),
        ({"ASTCT": 4.0}, "N"),
        ({"GRADE": 5.0}, "Y"),
    ],
)
def test_an_event_without_any_grade_is_undecided(
    values: dict[str, object], expected: str | None
) -> None:
    """As of a death after the data cut-off, whose grade at it is not in the data."""
    astct = values.pop("ASTCT", None)
    one = event(**{"GRADE": None, "ENDDY": 3, **values}).with_columns(
        ASTCT=pl.lit(astct, pl.Float64)
    )
    found = dose_limiting(one, DEFINITION, ("GRADE", "ASTCT"))
    assert found["DLTFL"].item() == expected


def test_the_window_is_28_days_unless_the_plan_says_otherwise() -> None:
    rules = [{"label": "death", "where": "GRADE == 5"}]
    usual = DltDefinition.model_validate({"rules": rules})
    longer = DltDefinition.model_validate({"rules": rules, "window": 42})
    late = event(GRADE=5.0, DAY=29)
    assert dose_limiting(late, usual)["DLTFL"].item() == "N"
    assert dose_limiting(late, longer)["DLTFL"].item() == "Y"


def test_faults_in_the_definition() -> None:
    odd = DltDefinition.model_validate({
        "rules": [{"label": "x", "where": 'GRADE == "4" and TOXGR > 3'}]
    })  # fmt: skip
    with pytest.raises(DataError) as caught:
        dose_limiting(event(), odd)
    assert [finding.variable for finding in caught.value.findings] == ["GRADE", "TOXGR"]
    with pytest.raises(ValidationError, match="longer_then"):
        DltDefinition.model_validate(
            {"rules": [{"label": "x", "where": "GRADE > 3", "longer_then": 3}]}
        )
    with pytest.raises(ValidationError, match="rules"):
        DltDefinition.model_validate({"rules": []})
