"""ICANS by day: every row of the ASTCT table, ICE 0, missing parts, relation to CRS."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.derive.icans import (
    ASSESSMENT_SCHEMA,
    CONSCIOUSNESS,
    ICE_ITEMS,
    LOWER_BOUND,
    NO_CONSCIOUSNESS,
    NO_ICE,
    SEIZURE,
    TOTAL_DIFFERS,
    grade_icans,
    icans_episodes,
    ice_total,
)
from il5report.errors import DataError


def assessments(*rows: dict[str, object]) -> pl.DataFrame:
    filled = [{"USUBJID": "A", "DAY": 1, **row} for row in rows]
    return pl.DataFrame(filled, schema=ASSESSMENT_SCHEMA)


def day(**values: object) -> dict[str, object]:
    return grade_icans(assessments(values)).row(0, named=True)


ICE_GRADE = {10: 0, 9: 1, 8: 1, 7: 1, 6: 2, 5: 2, 4: 2, 3: 2, 2: 3, 1: 3}


@pytest.mark.parametrize(("ice", "grade"), ICE_GRADE.items())
def test_ice_score_alone(ice: int, grade: int) -> None:
    assert day(ICE=ice)["ICNGR"] == grade


TABLE = [
    ({"ICE": 10, "CONSC": "ALERT"}, 0),
    ({"ICE": 10, "CONSC": "AWAKENS SPONTANEOUSLY"}, 1),
    ({"ICE": 10, "CONSC": "Awakens to voice"}, 2),
    ({"ICE": 10, "CONSC": "AWAKENS TO TACTILE STIMULUS"}, 3),
    *[({"ICE": 10, "CONSC": word}, 4) for word in ("STUPOR", "COMA", "UNAROUSABLE")],
    ({"ICE": 10, "CONSC": "NEEDS VIGOROUS OR REPETITIVE TACTILE STIMULI"}, 4),
    ({"ICE": 9, "CONSC": "COMA", "CONOTHFL": "Y"}, 1),
    ({"ICE": 10, "SEIZURE": "RESOLVES RAPIDLY"}, 3),
    ({"ICE": 10, "SEIZURE": "NON-CONVULSIVE, RESOLVES WITH INTERVENTION"}, 3),
    ({"ICE": 10, "SEIZURE": "PROLONGED"}, 4),
    ({"ICE": 10, "SEIZURE": "REPETITIVE WITHOUT RETURN TO BASELINE"}, 4),
    *[({"ICE": 10, "MOTOR": sign}, 4) for sign in
      ("HEMIPARESIS", "PARAPARESIS", "DEEP FOCAL WEAKNESS")],
    ({"ICE": 10, "MOTOR": "NONE", "SEIZURE": "NONE", "ICP": "NONE"}, 0),
    ({"ICE": 10, "ICP": "FOCAL OEDEMA"}, 3),
    *[({"ICE": 10, "ICP": sign}, 4) for sign in
      ("DIFFUSE OEDEMA", "DECEREBRATE OR DECORTICATE POSTURING", "CRANIAL NERVE VI PALSY",
       "PAPILLOEDEMA", "CUSHING TRIAD")],
    ({"ICE": 0, "CONSC": "ALERT"}, 3),
    ({"ICE": 0, "CONSC": "AWAKENS TO TACTILE STIMULUS"}, 3),
    ({"ICE": 0, "CONSC": "UNAROUSABLE"}, 4),
    ({"ICEUNAFL": "Y"}, 4),
    ({"ICE": 5, "ICNDTHFL": "Y"}, 5),
    ({"ICNDTHFL": "Y"}, 5),
]  # fmt: skip


@pytest.mark.parametrize(("values", "grade"), TABLE)
def test_table(values: dict[str, object], grade: int) -> None:
    result = day(**values)
    assert (result["ICNGR"], result["ICNREAS"], result["ICNQUERY"]) == (grade, None, None)


def test_ice_0_without_consciousness_is_3_with_a_query() -> None:
    for values in ({"ICE": 0}, {"ICE": 0, "CONSC": "COMA", "CONOTHFL": "Y"}):
        result = day(**values)
        assert (result["ICNGR"], result["ICNQUERY"]) == (3, NO_CONSCIOUSNESS)


@pytest.mark.parametrize("values", [{}, {"CONSC": "ALERT"}, {"SEIZURE": "NONE", "MOTOR": "NONE"}])
def test_without_ice_nothing_abnormal_is_not_gradable(values: dict[str, object]) -> None:
    result = day(**values)
    assert (result["ICNGR"], result["ICNREAS"]) == (None, NO_ICE)


def test_without_ice_the_others_give_a_lower_bound() -> None:
    result = day(CONSC="AWAKENS TO VOICE")
    assert (result["ICNGR"], result["ICNQUERY"]) == (2, LOWER_BOUND)


def test_items() -> None:
    full: dict[str, object] = {**ICE_ITEMS, "ICENAME": 2, "ICEWRITE": 0}
    assert ice_total(assessments(full)).to_list() == [8.0]
    assert day(**full)["ICNGR"] == 1
    part = {**full, "ICECITY": None}
    assert ice_total(assessments(part)).to_list() == [None]
    assert day(**part)["ICNREAS"] == NO_ICE
    assert day(**part, ICE=6)["ICNGR"] == 2
    differs = day(**full, ICE=10)
    assert (differs["ICE"], differs["ICNGR"], differs["ICNQUERY"]) == (8, 1, TOTAL_DIFFERS)


def test_the_worst_assessment_of_the_day_counts() -> None:
    both = grade_icans(assessments({"ICE": 9}, {"ICE": 4}, {"CONSC": "ALERT"})).row(0, named=True)
    assert (both["ICE"], both["ICNGR"], both["ICNREAS"]) == (4, 2, None)


REFUSED = [
    ({"ICE": 11}, "ICE"),
    ({"ICE": 7.5}, "ICE"),
    ({"ICEYEAR": 2}, "ICEYEAR"),
    ({"ICENAME": -1}, "ICENAME"),
    ({"CONSC": "SLEEPY"}, "CONSC"),
    ({"SEIZURE": "YES"}, "SEIZURE"),
    ({"MOTOR": "TREMOR"}, "MOTOR"),
    ({"ICP": "HEADACHE"}, "ICP"),
    ({"DAY": None, "ICE": 10}, "USUBJID"),
]


@pytest.mark.parametrize(("values", "variable"), REFUSED)
def test_refused(values: dict[str, object], variable: str) -> None:
    with pytest.raises(DataError) as caught:
        day(**values)
    assert [finding.variable for finding in caught.value.findings] == [variable]


SPANS = {"BEFORE": (8, 9), "DURING": (5, 6), "AFTER": (1, 2)}


@pytest.mark.parametrize(("relation", "crs"), SPANS.items())
def test_relation_to_crs(relation: str, crs: tuple[int, int]) -> None:
    days = grade_icans(assessments(
        {"DAY": 4, "ICE": 8}, {"DAY": 5, "ICE": 3, "SEIZURE": "PROLONGED"}, {"DAY": 6, "ICE": 10},
        {"DAY": 7, "ICE": 10},
    ))  # fmt: skip
    table = icans_episodes(
        days, pl.DataFrame({"USUBJID": ["A"], "ONSETDY": [crs[0]], "ENDDY": [crs[1]]})
    )
    (row,) = table.rows(named=True)
    assert (row["ONSETDY"], row["ENDDY"], row["MAXGR"], row["ICENADIR"]) == (4, 5, 4, 3)
    assert (row["SEIZFL"], row["ICPFL"], row["LATEFL"], row["ONGOFL"]) == ("Y", "N", "N", "N")
    assert (row["CRSREL"], row["FROMCRS"]) == (relation, 4 - crs[0])


def test_without_crs() -> None:
    none = pl.DataFrame(schema={"USUBJID": pl.String, "ONSETDY": pl.Int64, "ENDDY": pl.Int64})
    (row,) = icans_episodes(grade_icans(assessments({"ICE": 8})), none).rows(named=True)
    assert (row["CRSREL"], row["FROMCRS"], row["ONGOFL"]) == ("WITHOUT CRS", None, "Y")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10),
    st.sampled_from(list(CONSCIOUSNESS)),
    st.sampled_from(list(SEIZURE)),
    st.integers(0, 10),
)
def test_grade_is_the_highest_domain_and_falls_with_a_better_ice(
    ice: int, conscious: str, seizure: str, better: int
) -> None:
    result = day(ICE=ice, CONSC=conscious, SEIZURE=seizure)
    assert result["ICNGR"] == max(result[name] or 0 for name in ("ICEGR", "CONSCGR", "SEIZGR"))
    improved = day(ICE=max(ice, better), CONSC=conscious, SEIZURE=seizure)
    assert improved["ICNGR"] <= result["ICNGR"]
