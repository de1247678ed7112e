"""CRS by day: every corner of the ASTCT table, the fever exemption, episodes."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.derive.astct import NO_FLOW, NO_TEMPERATURE, RECORD_SCHEMA, crs_episodes, grade_crs
from il5report.derive.episodes import EpisodeRule, subjects_with_several
from il5report.derive.support import DEFAULT, Drug
from il5report.errors import DataError


def records(*rows: dict[str, object]) -> pl.DataFrame:
    """Records of one subject; each row names what it has, temperatures in C unless said."""
    filled = [{"USUBJID": "A", "DAY": 1, "TEMPU": "C" if "TEMP" in row else None, **row}
              for row in rows]  # fmt: skip
    return pl.DataFrame(filled, schema=RECORD_SCHEMA)


def grades(*rows: dict[str, object], **options: object) -> list[int | None]:
    return grade_crs(records(*rows), **options)["CRSGR"].to_list()


FEVER = {"TEMP": 39.0}

ONE_DAY = [
    ("no fever, nothing else", [{"TEMP": 37.0}], 0),
    ("37.9 is no fever", [{"TEMP": 37.9}], 0),
    ("38.0 is fever", [{"TEMP": 38.0}], 1),
    ("100.4 F is 38.0 C", [{"TEMP": 100.4, "TEMPU": "F"}], 1),
    ("100.3 F is no fever", [{"TEMP": 100.3, "TEMPU": "F"}], 0),
    ("fever with another cause", [{"TEMP": 39.5, "FEVOTHFL": "Y"}], 0),
    ("one of two fevers has another cause", [{"TEMP": 39.5, "FEVOTHFL": "Y"}, {"TEMP": 38.2}], 1),
    ("hypotension, fluids only", [FEVER, {"HYPOFL": "Y"}], 2),
    ("one vasopressor", [FEVER, {"PRESSOR": "NOREPINEPHRINE"}], 3),
    ("vasopressin alone", [FEVER, {"PRESSOR": "VASOPRESSIN"}], 3),
    ("one with vasopressin",
     [FEVER, {"PRESSOR": "NOREPINEPHRINE"}, {"PRESSOR": "VASOPRESSIN"}], 3),
    ("two vasopressors",
     [FEVER, {"PRESSOR": "NOREPINEPHRINE"}, {"PRESSOR": "PHENYLEPHRINE"}], 4),
    ("two names of one agent",
     [FEVER, {"PRESSOR": "Noradrenaline"}, {"PRESSOR": "NOREPINEPHRINE"}], 3),
    ("two with vasopressin", [FEVER, {"PRESSOR": "NOREPINEPHRINE"}, {"PRESSOR": "EPINEPHRINE"},
                              {"PRESSOR": "VASOPRESSIN"}], 4),
    ("room air", [FEVER, {"O2DEV": "ROOM AIR"}], 1),
    ("cannula, 6 L/min", [FEVER, {"O2DEV": "NASAL CANNULA", "O2FLOW": 6.0}], 2),
    ("cannula, 6.1 L/min", [FEVER, {"O2DEV": "NASAL CANNULA", "O2FLOW": 6.1}], 3),
    ("blow-by", [FEVER, {"O2DEV": "BLOW-BY"}], 2),
    ("high-flow cannula", [FEVER, {"O2DEV": "HIGH FLOW NASAL CANNULA", "O2FLOW": 30.0}], 3),
    ("face mask", [FEVER, {"O2DEV": "FACE MASK", "O2FLOW": 5.0}], 3),
    ("non-rebreather", [FEVER, {"O2DEV": "NON-REBREATHER MASK"}], 3),
    ("Venturi", [FEVER, {"O2DEV": "VENTURI MASK"}], 3),
    ("CPAP", [FEVER, {"O2DEV": "CPAP"}], 4),
    ("BiPAP", [FEVER, {"O2DEV": "BiPAP"}], 4),
    ("ventilated", [FEVER, {"O2DEV": "MECHANICAL VENTILATION"}], 4),
    ("intubated to protect the airway", [FEVER, {"O2DEV": "INTUBATION", "SUPOTHFL": "Y"}], 1),
    ("oxygen for comfort",
     [FEVER, {"O2DEV": "NASAL CANNULA", "O2FLOW": 2.0, "SUPOTHFL": "Y"}], 1),
    ("the more severe of the two (39.5, one pressor, low flow)",
     [{"TEMP": 39.5}, {"PRESSOR": "DOPAMINE"}, {"O2DEV": "NASAL CANNULA", "O2FLOW": 2.0}], 3),
    ("the highest oxygen of the day",
     [FEVER, {"O2DEV": "NASAL CANNULA", "O2FLOW": 9.0}, {"O2DEV": "ROOM AIR"}], 3),
    ("hypotension without fever and without drug", [{"TEMP": 36.8}, {"HYPOFL": "Y"}], 0),
    ("hypoxia without fever, tocilizumab but no CRS before",
     [{"TEMP": 36.8}, {"O2DEV": "CPAP"}, {"DRUG": "TOCILIZUMAB"}], 0),
    ("death due to CRS", [{"TEMP": 36.0}, {"CRSDTHFL": "Y"}], 5),
    ("the highest temperature counts", [{"TEMP": 36.6}, {"TEMP": 38.4}, {"TEMP": 37.0}], 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "expected"), ONE_DAY, ids=[case[0] for case in ONE_DAY])
def test_one_day(name: str, rows: list[dict[str, object]], expected: int) -> None:
    assert grades(*rows) == [expected]


LOW_FLOW = {"O2DEV": "NASAL CANNULA", "O2FLOW": 2.0}
AFEBRILE = {"TEMP": 36.9}

EXEMPTION = [
    ("no drug: no fever, no CRS", [], [LOW_FLOW], 0),
    ("tocilizumab: low-flow oxygen alone is 2", [{"DRUG": "TOCILIZUMAB"}], [LOW_FLOW], 2),
    ("steroid", [{"DRUG": "DEXAMETHASONE"}], [LOW_FLOW], 2),
    ("antipyretic", [{"DRUG": "PARACETAMOL"}], [{"PRESSOR": "NOREPINEPHRINE"}], 3),
    ("drug on the day itself", [], [LOW_FLOW, {"DRUG": "TOCILIZUMAB"}], 2),
    ("exempt and nothing: resolved", [{"DRUG": "TOCILIZUMAB"}], [], 0),
]


@pytest.mark.parametrize(("name", "first", "second", "expected"), EXEMPTION)
def test_fever_exemption_on_the_second_day(
    name: str, first: list[dict[str, object]], second: list[dict[str, object]], expected: int
) -> None:
    rows = [{"DAY": 1, **row} for row in [FEVER, *first]]
    rows += [{"DAY": 2, **row} for row in [AFEBRILE, *second]]
    assert grades(*rows) == [1, expected]


def test_the_classes_that_mask_fever_are_an_argument() -> None:
    only_toci = replace(DEFAULT, fever_masking=frozenset({Drug.TOCILIZUMAB}))
    rows = [FEVER, {"DRUG": "PARACETAMOL"}, {"DAY": 2, **AFEBRILE}, {"DAY": 2, **LOW_FLOW}]
    assert grades(*rows) == [1, 2]
    assert grades(*rows, vocabulary=only_toci) == [1, 0]


def test_a_new_episode_needs_fever_again() -> None:
    rows = [{"DAY": 1, **FEVER}, {"DAY": 1, "DRUG": "TOCILIZUMAB"}, {"DAY": 2, **AFEBRILE},
            {"DAY": 3, **AFEBRILE}, {"DAY": 4, **AFEBRILE}, {"DAY": 4, **LOW_FLOW}]  # fmt: skip
    assert grades(*rows) == [1, 0, 0, 0]
    assert grades(*rows, rule=EpisodeRule(gap=3)) == [1, 0, 0, 2]


def test_missing_temperature() -> None:
    support_only = grade_crs(records({"HYPOFL": "Y"}))
    assert support_only["CRSGR"].to_list() == [None]
    assert support_only["CRSREAS"].to_list() == [NO_TEMPERATURE]
    exempt = [FEVER, {"DRUG": "TOCILIZUMAB"}, {"DAY": 2, "HYPOFL": "Y"}]
    assert grades(*exempt) == [1, 2]
    drug_only = grade_crs(records({"DRUG": "TOCILIZUMAB"}))
    assert drug_only.select("CRSGR", "CRSREAS", "EPISODE").row(0) == (None, None, None)


def test_cannula_without_flow_is_low_flow_with_a_query() -> None:
    day = grade_crs(records(FEVER, {"O2DEV": "NASAL CANNULA"})).row(0, named=True)
    assert (day["CRSGR"], day["CRSQUERY"], day["O2DEV"]) == (2, NO_FLOW, "NASAL CANNULA")


REFUSED = [
    ({"TEMP": 39.0, "TEMPU": "K"}, "TEMPU"),
    ({"TEMP": 39.0, "TEMPU": None}, "TEMPU"),
    ({"TEMP": 101.2}, "TEMP"),
    ({"PRESSOR": "DOBUTAMINE"}, "PRESSOR"),
    ({"O2DEV": "SNORKEL"}, "O2DEV"),
    ({"O2DEV": "NASAL CANNULA", "O2FLOW": -1.0}, "O2FLOW"),
    ({"DRUG": "ASPIRIN"}, "DRUG"),
    ({"DAY": None, "TEMP": 37.0}, "USUBJID"),
    ({"USUBJID": None, "TEMP": 37.0}, "USUBJID"),
]


@pytest.mark.parametrize(("row", "variable"), REFUSED)
def test_refused(row: dict[str, object], variable: str) -> None:
    with pytest.raises(DataError) as caught:
        grade_crs(records(row))
    assert [(f.variable, f.count) for f in caught.value.findings] == [(variable, 1)]


def test_all_faults_are_named_at_once_with_their_subjects() -> None:
    with pytest.raises(DataError) as caught:
        grade_crs(records({"TEMP": 101.0}, {"DRUG": "ASPIRIN", "USUBJID": "B"}))
    assert [f.subjects for f in caught.value.findings] == [("A",), ("B",)]


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(DataError, match="O2FLOW"):
        grade_crs(records(FEVER).drop("O2FLOW"))


def course(*temperatures: float | None, start: int = 1) -> pl.DataFrame:
    """Days in a row with one temperature each; None leaves the day without a record."""
    rows = [{"DAY": start + i, "TEMP": t} for i, t in enumerate(temperatures) if t is not None]
    return grade_crs(records(*rows))


EPISODES = [
    ([39, 37, 39], [(1, 1, 3, 3, "Y")]),
    ([39, 37, 37, 39], [(1, 1, 1, 1, "N"), (2, 4, 4, 1, "Y")]),
    ([39, None, None, 39], [(1, 1, 1, 1, "N"), (2, 4, 4, 1, "Y")]),
    ([39, None, 39], [(1, 1, 3, 3, "Y")]),
    ([37, 39, 39, 37], [(1, 2, 3, 2, "N")]),
    ([39], [(1, 1, 1, 1, "Y")]),
    ([37, 37], []),
]


@pytest.mark.parametrize(("temperatures", "expected"), EPISODES)
def test_episodes(temperatures: list[float | None], expected: list[tuple[object, ...]]) -> None:
    table = crs_episodes(course(*temperatures))
    assert table.select("EPISODE", "ONSETDY", "ENDDY", "DURN", "ONGOFL").rows() == expected


def test_unrecorded_days_can_be_held_unknown() -> None:
    rows = [{"DAY": 1, **FEVER}, {"DAY": 9, **FEVER}]
    strict = grade_crs(records(*rows), rule=EpisodeRule(unrecorded_is_free=False))
    assert strict["EPISODE"].to_list() == [1, 1]
    assert grade_crs(records(*rows))["EPISODE"].to_list() == [1, 2]


def test_a_day_with_drugs_only_does_not_hold_an_episode_open() -> None:
    taper = [{"DAY": day, "DRUG": "PREDNISONE"} for day in range(2, 9)]
    days = grade_crs(records(FEVER, *taper, {"DAY": 9, **FEVER}))
    assert days.filter(pl.col("CRSGR") > 0)["EPISODE"].to_list() == [1, 2]


def test_episode_summary() -> None:
    days = grade_crs(records(
        {"DAY": 2, **FEVER},
        {"DAY": 3, **FEVER}, {"DAY": 3, "PRESSOR": "NOREPINEPHRINE"},
        {"DAY": 3, "DRUG": "TOCILIZUMAB"}, {"DAY": 3, "DRUG": "TOCILIZUMAB"},
        {"DAY": 4, **AFEBRILE}, {"DAY": 4, "PRESSOR": "EPINEPHRINE"},
        {"DAY": 4, "DRUG": "METHYLPREDNISOLONE"}, {"DAY": 4, "DRUG": "TOCILIZUMAB"},
        {"DAY": 5, **AFEBRILE}, {"DAY": 5, **LOW_FLOW},
        {"DAY": 6, **AFEBRILE},
        {"DAY": 30, **FEVER},
    ))  # fmt: skip
    first, second = crs_episodes(days).rows(named=True)
    assert (first["ONSETDY"], first["MAXGR"], first["MAXDY"], first["TTMAX"]) == (2, 3, 3, 1)
    assert (first["ENDDY"], first["DURN"], first["GE3DY"], first["GE3DURN"]) == (5, 4, 3, 2)
    assert (first["FEVONDY"], first["FEVDURN"]) == (2, 2)
    assert (first["NTOCI"], first["TOCIDY"], first["STEROIFL"], first["STERDY"]) == (3, 3, "Y", 4)
    assert (first["HYPOFL"], first["PRESSFL"], first["MAXPRESS"]) == ("Y", "Y", 1)
    assert (first["OXYGR"], first["OTHERFL"]) == (2, "N")
    assert (first["LATEFL"], second["LATEFL"], second["ONSETDY"]) == ("N", "Y", 30)
    assert (first["ONGOFL"], second["ONGOFL"], second["NTOCI"]) == ("N", "Y", 0)
    flags = ("HYPOFL", "PRESSFL", "STEROIFL", "STERDY", "TOCIDY", "OXYGR")
    assert [second[flag] for flag in flags] == ["N", "N", "N", None, None, 0]
    assert subjects_with_several(crs_episodes(days)) == ["A"]
    assert subjects_with_several(crs_episodes(days).head(1)) == []


@pytest.mark.parametrize(("day", "late"), [(14, "N"), (15, "Y")])
def test_onset_after_day_14_is_late(day: int, late: str) -> None:
    assert crs_episodes(course(39.0, start=day))["LATEFL"].item() == late


def test_fatal_episode_is_not_ongoing() -> None:
    days = grade_crs(records(FEVER, {"DAY": 2, "CRSDTHFL": "Y"}))
    assert crs_episodes(days).select("MAXGR", "ONGOFL").row(0) == (5, "N")


def test_gap_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="gap"):
        EpisodeRule(gap=0)


def test_no_records_give_no_days_and_no_episodes() -> None:
    days = grade_crs(records())
    assert (days.height, crs_episodes(days).height) == (0, 0)


# Independent re-derivation of the algorithm, one plain loop, against which random courses go.

SUPPORT = [None, "FLUIDS", "NOREPINEPHRINE", "TWO", "CANNULA", "MASK", "CPAP"]
SCORE = dict(zip(SUPPORT, [0, 2, 3, 4, 2, 3, 4], strict=True))
day_strategy = st.fixed_dictionaries(
    {
        "temp": st.sampled_from([36.5, 37.9, 38.0, 39.4]),
        "support": st.sampled_from(SUPPORT),
        "drug": st.booleans(),
        "skip": st.integers(0, 3),
    }
)


def rows_of(days: list[dict[str, object]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    now = 0
    for day in days:
        now += 1 + int(day["skip"])  # type: ignore[call-overload]
        found: list[dict[str, object]] = [{"TEMP": day["temp"]}]
        found += [{"DRUG": "TOCILIZUMAB"}] if day["drug"] else []
        found += {
            None: [],
            "FLUIDS": [{"HYPOFL": "Y"}],
            "NOREPINEPHRINE": [{"PRESSOR": "NOREPINEPHRINE"}],
            "TWO": [{"PRESSOR": "NOREPINEPHRINE"}, {"PRESSOR": "EPINEPHRINE"}],
            "CANNULA": [{"O2DEV": "NASAL CANNULA", "O2FLOW": 3.0}],
            "MASK": [{"O2DEV": "FACE MASK"}],
            "CPAP": [{"O2DEV": "CPAP"}],
        }[day["support"]]
        rows += [{"DAY": now, **row} for row in found]
    return rows


def plain(days: list[dict[str, object]], gap: int) -> list[int]:
    zeros, qualified, masked, grades_ = 0, False, False, []
    for day in days:
        zeros += int(day["skip"])  # type: ignore[call-overload]
        qualified = qualified and zeros < gap
        masked = masked or bool(day["drug"])
        score = SCORE[day["support"]]  # type: ignore[index]
        if float(day["temp"]) >= 38:  # type: ignore[arg-type]
            grade, qualified_now = max(1, score), True
        else:
            grade, qualified_now = (score if qualified and masked else 0), qualified
        qualified = qualified_now
        zeros = zeros + 1 if grade == 0 else 0
        grades_.append(grade)
    return grades_


courses = st.lists(day_strategy, min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(courses, st.integers(1, 3))
def test_equals_the_plain_algorithm(days: list[dict[str, object]], gap: int) -> None:
    assert grades(*rows_of(days), rule=EpisodeRule(gap=gap)) == plain(days, gap)


@settings(max_examples=40, deadline=None)
@given(courses, st.integers(0, 7), st.sampled_from(["temp", "support", "drug"]))
def test_more_fever_support_or_treatment_never_lowers_a_grade(
    days: list[dict[str, object]], where: int, what: str
) -> None:
    more = [dict(day) for day in days]
    more[where % len(days)][what] = {"temp": 39.4, "support": "CPAP", "drug": True}[what]
    before, after = grades(*rows_of(days)), grades(*rows_of(more))
    assert all(b <= a for b, a in zip(before, after, strict=True))  # type: ignore[operator]


@settings(max_examples=30, deadline=None)
@given(courses)
def test_row_order_and_other_subjects_do_not_matter(days: list[dict[str, object]]) -> None:
    rows = rows_of(days)
    frame = records(*rows)
    both = pl.concat([frame, frame.with_columns(USUBJID=pl.lit("0"))])
    shuffled = both.sample(fraction=1, shuffle=True, seed=3)
    graded = grade_crs(shuffled)
    expected = grade_crs(frame)
    for subject in ("0", "A"):
        one = graded.filter(pl.col("USUBJID") == subject).drop("USUBJID")
        assert one.equals(expected.drop("USUBJID"))
