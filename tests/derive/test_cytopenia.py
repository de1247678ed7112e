"""Prolonged cytopenia at landmarks, recovery, transfusions and G-CSF."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.derive.cytopenia import (
    LandmarkRule,
    count_recovery,
    landmark_cytopenia,
    recovery_to_grade,
)
from il5report.errors import DataError

GRADED = {"USUBJID": pl.String, "PARAMCD": pl.String, "DAY": pl.Int64, "ATOXGRLN": pl.Int8}
SUPPORT = {"USUBJID": pl.String, "DAY": pl.Int64, "KIND": pl.String}
ONE = LandmarkRule(landmarks=(28,))


def graded(code: str, *points: tuple[int, int | None], subject: str = "A") -> pl.DataFrame:
    return pl.DataFrame([(subject, code, d, g) for d, g in points], GRADED, orient="row")


def support(*rows: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame([("A", day, kind) for day, kind in rows], SUPPORT, orient="row")


STATUS = [
    ("unresolved", [(5, 4), (28, 3)], [], ("UNRESOLVED", 28, "Y")),
    ("resolved", [(5, 4), (28, 2)], [], ("RESOLVED", 28, "N")),
    ("never", [(5, 2), (28, 1)], [], ("NEVER", 28, "N")),
    ("on the day of infusion", [(0, 3), (28, 1)], [], ("RESOLVED", 28, "N")),
    ("only before infusion", [(-5, 4), (28, 1)], [], ("NEVER", 28, "N")),
    ("nearest within 7 days", [(5, 4), (21, 3), (30, 2)], [], ("RESOLVED", 30, "N")),
    ("the earlier of two equally near", [(26, 3), (30, 1)], [], ("UNRESOLVED", 26, "Y")),
    ("the worse of one day", [(28, 1), (28, 3)], [], ("UNRESOLVED", 28, "Y")),
    ("day 35 is in the window", [(5, 4), (35, 1)], [], ("RESOLVED", 35, "N")),
    ("day 36 is not", [(5, 4), (36, 1)], [], ("NOT ASSESSED", None, None)),
    ("ungraded counts do not assess", [(5, 4), (28, None)], [], ("NOT ASSESSED", None, None)),
    ("transfused 7 days before", [(5, 4), (28, 2)], [(21, "PLATELETS")], ("SUPPORTED", 28, "Y")),
    ("transfused 8 days before", [(5, 4), (28, 2)], [(20, "PLATELETS")], ("RESOLVED", 28, "N")),
    ("transfused the day after", [(5, 4), (28, 2)], [(29, "PLATELETS")], ("RESOLVED", 28, "N")),
    ("another product", [(5, 4), (28, 2)], [(27, "RED CELLS")], ("RESOLVED", 28, "N")),
    ("transfused without cytopenia", [(28, 2)], [(27, "PLATELETS")], ("NEVER", 28, "N")),
]


@pytest.mark.parametrize(("name", "points", "given", "expected"), STATUS)
def test_status_of_platelets_at_day_28(
    name: str,
    points: list[tuple[int, int | None]],
    given: list[tuple[int, str]],
    expected: tuple[object, ...],
) -> None:
    table = landmark_cytopenia(graded("PLAT", *points), support(*given), ["A"], ONE)
    assert table.select("STATUS", "ASSDY", "PROLFL").row(0) == expected


def test_g_csf_flags_but_does_not_unmake_a_resolution() -> None:
    table = landmark_cytopenia(graded("NEUT", (5, 4), (28, 1)), support((25, "G-CSF")), ["A"], ONE)
    assert table.select("STATUS", "PROLFL", "GCSFFL").row(0) == ("RESOLVED", "N", "Y")


def test_everybody_infused_has_a_row_per_lineage_and_landmark() -> None:
    frame = pl.concat([graded("NEUT", (56, 3)), graded("PLAT", (28, 3))])
    table = landmark_cytopenia(frame, support(), ["B", "A"])
    assert table.height == 2 * 2 * 3
    assessed = table.filter(pl.col("PROLFL") == "Y").select("USUBJID", "PARAMCD", "LANDMARK")
    assert assessed.rows() == [("A", "NEUT", 56), ("A", "PLAT", 28)]
    assert table.filter(pl.col("USUBJID") == "B")["STATUS"].unique().to_list() == ["NOT ASSESSED"]


def test_recovery() -> None:
    frame = pl.concat([
        graded("PLAT", (0, 1), (5, 3), (10, 4), (20, 2), (24, 2), (40, 1)),
        graded("NEUT", (3, 4), (9, 3), (9, 1)),
        graded("HGB", (3, 2), (9, 1)),
    ])  # fmt: skip
    table = recovery_to_grade(frame, support((14, "PLATELETS")))
    assert table.select("PARAMCD", "ONSETDY", "RECDY", "LASTDY", "EVENT", "TIME").rows() == [
        ("NEUT", 3, None, 9, False, 6),
        ("PLAT", 5, 24, 40, True, 19),
    ]
    to_1 = recovery_to_grade(frame, support(), to_grade=1)
    assert to_1.filter(pl.col("PARAMCD") == "PLAT")["RECDY"].item() == 40


def test_recovery_counts_from_the_day_after_infusion() -> None:
    frame = graded("NEUT", (-2, 4), (0, 3), (1, 3), (4, 2))
    assert recovery_to_grade(frame, support())["ONSETDY"].item() == 1
    before = graded("NEUT", (-2, 4), (0, 4), (1, 2))
    assert recovery_to_grade(before, support()).height == 0


def test_the_plan_says_which_grade_is_low() -> None:
    frame = graded("NEUT", (2, 2), (5, 1))
    assert recovery_to_grade(frame, support()).height == 0
    found = recovery_to_grade(frame, support(), to_grade=1, from_grade=2)
    assert found.select("ONSETDY", "RECDY", "TIME").row(0) == (2, 5, 3)


def test_recovery_under_g_csf_is_flagged() -> None:
    frame = graded("NEUT", (3, 4), (9, 1))
    assert recovery_to_grade(frame, support((2, "G-CSF")))["GCSFFL"].item() == "Y"
    assert recovery_to_grade(frame, support((1, "G-CSF")))["GCSFFL"].item() == "N"


COUNT_RECOVERY = [
    ({0: 100, 5: 10, 8: 20, 10: 25, 12: 30}, [], (5, 8)),
    ({5: 10, 8: 20, 10: 19, 12: 30, 13: 31, 14: 32}, [], (5, 12)),
    ({5: 10, 8: 20, 10: 25}, [], (5, None)),
    ({5: 10, 8: 20, 10: 25, 12: 30, 20: 30, 21: 30, 22: 30}, [(4, "PLATELETS")], (5, 12)),
    ({5: 10, 8: 20, 10: 25, 12: 30}, [(4, "RED CELLS")], (5, 8)),
    ({0: 10, 8: 20, 10: 25, 12: 30}, [], (0, 8)),
    ({-1: 10, 0: 25, 3: 10, 8: 20, 10: 25, 12: 30}, [], (3, 8)),
]


@pytest.mark.parametrize(("values", "given", "expected"), COUNT_RECOVERY)
def test_platelet_recovery(
    values: dict[int, float], given: list[tuple[int, str]], expected: tuple[int, int | None]
) -> None:
    frame = pl.DataFrame(
        [("A", "PLAT", d, float(v)) for d, v in values.items()],
        {"USUBJID": pl.String, "PARAMCD": pl.String, "DAY": pl.Int64, "AVAL": pl.Float64},
        orient="row",
    )
    table = count_recovery(frame, support(*given), bound=20)
    assert table.select("BELOWDY", "RECDY").row(0) == expected
    assert count_recovery(frame, support(*given), bound=5).height == 0


def test_unknown_support_is_refused() -> None:
    with pytest.raises(DataError, match="not one of"):
        landmark_cytopenia(graded("PLAT", (28, 3)), support((3, "PLASMA")), ["A"])
