"""IEC-HS screening: ferritin and a manifestation within three days; never a diagnosis."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.derive.iechs import CRITERIA, ScreeningRule, screen_iechs
from il5report.errors import DataError

SCHEMA = {
    "USUBJID": pl.String, "PARAMCD": pl.String, "DAY": pl.Int64, "AVAL": pl.Float64,
    "AVALU": pl.String, "ANRLO": pl.Float64, "ANRHI": pl.Float64, "BASE": pl.Float64,
    "BNRIND": pl.String, "ATOXGRLN": pl.Int8, "BTOXGRLN": pl.Int8,
}  # fmt: skip
FERRITIN = {"PARAMCD": "FERRITIN", "DAY": 10, "ANRHI": 300.0, "BASE": 300.0}
FIBRINOGEN = {"PARAMCD": "FIBRINO", "DAY": 10, "AVALU": "g/L", "AVAL": 1.4}
NO_CRS = pl.DataFrame(schema={"USUBJID": pl.String, "ONSETDY": pl.Int64, "ENDDY": pl.Int64})


def screen(
    *rows: dict[str, object], crs: pl.DataFrame = NO_CRS, rule: ScreeningRule | None = None
) -> dict[str, object]:
    frame = pl.DataFrame([{"USUBJID": "A", **row} for row in rows], SCHEMA)
    return screen_iechs(frame, crs, rule).row(0, named=True)


FERRITIN_CASES = [
    ({"AVAL": 600.0}, "N"),
    ({"AVAL": 601.0}, "Y"),
    ({"AVAL": 601.0, "BASE": 1000.0}, "Y"),
    ({"AVAL": 500.0, "BASE": 249.0}, "Y"),
    ({"AVAL": 500.0, "BASE": None}, "N"),
    ({"AVAL": 5000.0, "ANRHI": None, "BASE": None}, "N"),
]


@pytest.mark.parametrize(("values", "flag"), FERRITIN_CASES)
def test_ferritin_with_low_fibrinogen(values: dict[str, object], flag: str) -> None:
    assert screen({**FERRITIN, **values}, FIBRINOGEN)["BIOCHFL"] == flag


def test_ferritin_before_infusion_does_not_count() -> None:
    rows = [{"USUBJID": "A", **FERRITIN, "AVAL": 5000.0, "DAY": -1}, {"USUBJID": "A", **FIBRINOGEN}]
    assert screen_iechs(pl.DataFrame(rows, SCHEMA), NO_CRS).height == 0


RAISED = {**FERRITIN, "AVAL": 9000.0}
MANIFESTATIONS = [
    (FIBRINOGEN, "FIBRINOGEN"),
    ({**FIBRINOGEN, "AVAL": 1.5}, None),
    ({**FIBRINOGEN, "AVAL": 1.9, "ANRLO": 2.0}, "FIBRINOGEN"),
    ({**FIBRINOGEN, "AVAL": 149.0, "AVALU": "mg/dL"}, "FIBRINOGEN"),
    ({**FIBRINOGEN, "DAY": 13}, "FIBRINOGEN"),
    ({**FIBRINOGEN, "DAY": 7}, "FIBRINOGEN"),
    ({**FIBRINOGEN, "DAY": 14}, None),
    ({**FIBRINOGEN, "DAY": 6}, None),
    ({"PARAMCD": "ALT", "DAY": 10, "AVAL": 201.0, "ANRHI": 40.0, "BNRIND": "NORMAL"},
     "TRANSAMINASES"),
    ({"PARAMCD": "AST", "DAY": 10, "AVAL": 200.0, "ANRHI": 40.0, "BNRIND": "NORMAL"}, None),
    ({"PARAMCD": "ALT", "DAY": 10, "AVAL": 499.0, "ANRHI": 40.0, "BNRIND": "HIGH", "BASE": 100.0},
     None),
    ({"PARAMCD": "ALT", "DAY": 10, "AVAL": 501.0, "ANRHI": 40.0, "BNRIND": "HIGH", "BASE": 100.0},
     "TRANSAMINASES"),
    ({"PARAMCD": "PLAT", "DAY": 10, "AVAL": 9.0, "ATOXGRLN": 4, "BTOXGRLN": 1}, "CYTOPENIA"),
    ({"PARAMCD": "PLAT", "DAY": 10, "AVAL": 9.0, "ATOXGRLN": 4, "BTOXGRLN": 3}, "CYTOPENIA"),
    ({**FIBRINOGEN, "AVAL": None}, None),
    ({"PARAMCD": "PLAT", "DAY": 10, "AVAL": 9.0, "ATOXGRLN": 4, "BTOXGRLN": None}, "CYTOPENIA"),
    ({"PARAMCD": "PLAT", "DAY": 10, "AVAL": 9.0, "ATOXGRLN": 4, "BTOXGRLN": 4}, None),
    ({"PARAMCD": "NEUT", "DAY": 10, "AVAL": 0.7, "ATOXGRLN": 3, "BTOXGRLN": 0}, None),
]  # fmt: skip


@pytest.mark.parametrize(("row", "feature"), MANIFESTATIONS)
def test_common_manifestations(row: dict[str, object], feature: str | None) -> None:
    result = screen(RAISED, row)
    assert result["FEATURES"] == feature
    assert result["BIOCHFL"] == ("N" if feature is None else "Y")
    assert result["BIOCHDY"] == (None if feature is None else 10)
    assert result["FERRMAX"] == 30.0


def test_how_many_manifestations_is_the_plans_choice() -> None:
    alt = {"PARAMCD": "ALT", "DAY": 12, "AVAL": 900.0, "ANRHI": 40.0}
    two = ScreeningRule(min_common=2)
    assert screen(RAISED, FIBRINOGEN, rule=two)["BIOCHFL"] == "N"
    result = screen(RAISED, FIBRINOGEN, alt, rule=two)
    assert (result["BIOCHFL"], result["FEATURES"]) == ("Y", "FIBRINOGEN, TRANSAMINASES")


@pytest.mark.parametrize(
    ("episodes", "relation"),
    [([], "WITHOUT CRS"), ([(2, 9)], "AFTER"), ([(2, 10)], "DURING"), ([(11, 12)], "BEFORE"),
     ([(2, 4), (8, 12)], "DURING"), ([(2, 4), (14, 15)], "AFTER")],
)  # fmt: skip
def test_relation_to_crs(episodes: list[tuple[int, int]], relation: str) -> None:
    crs = pl.DataFrame([("A", a, b) for a, b in episodes], NO_CRS.schema, orient="row")
    assert screen(RAISED, FIBRINOGEN, crs=crs)["CRSREL"] == relation


def test_refused_and_never_called_a_diagnosis() -> None:
    with pytest.raises(DataError, match="fibrinogen"):
        screen(RAISED, {**FIBRINOGEN, "AVALU": "umol/L"})
    assert "investigator" in CRITERIA[0].text
