"""Hy's law on days made for it: the window, cholestasis, and who is in which quadrant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from il5report.data.dataset import Dataset
from il5report.data.write import write_study
from il5report.report import Checked, analyse, check

PLAN = """t_liver:
  number: "1"
  columns: total
  options: {subset: 'BASETYPE == "PRE-INFUSION"', days: 30}
"""
INFUSED = dt.date(2026, 1, 1)


def counts(
    folder: Path, demo: Checked, values: dict[str, list[tuple[int, float]]]
) -> dict[str, float]:
    """The joint counts of one subject with these multiples of the limit, by parameter and day."""
    subject = demo.study["ADSL"].frame.filter(pl.col("SAFFL") == "Y").head(1)
    like = demo.study["ADLB"].frame.join(subject, on="USUBJID", how="semi").head(1)
    rows = [
        like.with_columns(
            PARAMCD=pl.lit(code), PARAM=pl.lit(code), ADT=pl.lit(INFUSED + dt.timedelta(day)),
            R2ANRHI=pl.lit(ratio), BASETYPE=pl.lit("PRE-INFUSION"),
            ASEQ=pl.lit(float(len(code) * 1000 + day)),
        )
        for code, days in values.items()
        for day, ratio in days
    ]  # fmt: skip
    frames = {"ADSL": subject, "ADLB": pl.concat(rows)}
    data = {
        name: Dataset(name, frame, demo.study[name].label, demo.study[name].labels)
        for name, frame in frames.items()
    }
    write_study(data, folder / "data")
    (folder / "plan").mkdir()
    (folder / "plan" / "study.yaml").write_text(
        "extends: default\nprofiles: null\n", encoding="utf-8"
    )
    (folder / "plan" / "outputs.yaml").write_text(f"--- !replace\n{PLAN}", encoding="utf-8")
    ard = analyse(check(folder / "data", folder / "plan")).ard
    joint = ard.filter(pl.col("analysis").is_in(["quadrant", "joint"]), pl.col("stat_name") == "n")
    return dict(joint.select("level", "stat").iter_rows())


@pytest.mark.parametrize(
    ("values", "quadrant", "paired", "unblocked"),
    [
        ({"ALT": [(5, 3.0)], "BILI": [(35, 2.1)]}, "Both raised", 1, 1),
        ({"ALT": [(5, 3.0)], "BILI": [(36, 2.1)]}, "Both raised", 0, 0),
        ({"ALT": [(5, 3.0)], "BILI": [(5, 2.1)]}, "Both raised", 1, 1),
        ({"ALT": [(5, 3.0)], "BILI": [(4, 2.1)]}, "Both raised", 0, 0),
        ({"ALT": [(5, 2.99)], "BILI": [(5, 9.0)]}, "Bilirubin alone raised", 0, 0),
        ({"ALT": [(5, 9.0)], "BILI": [(5, 2.0)]}, "Transaminase alone raised", 0, 0),
        ({"ALT": [(5, 1.0)], "BILI": [(5, 1.0)]}, "Neither raised", 0, 0),
        ({"ALT": [(5, 9.0)]}, "No value of one of the two", 0, 0),
        ({"AST": [(2, 3.0)], "BILI": [(9, 3.0)], "ALP": [(9, 2.0)]}, "Both raised", 1, 0),
        ({"AST": [(2, 3.0)], "BILI": [(9, 3.0)], "ALP": [(10, 2.0)]}, "Both raised", 1, 1),
        ({"AST": [(2, 3.0)], "BILI": [(9, 3.0)], "ALP": [(1, 1.99)]}, "Both raised", 1, 1),
    ],
)
def test_the_laboratory_criteria_of_hys_law(
    values: dict[str, list[tuple[int, float]]], quadrant: str, paired: int, unblocked: int,
    tmp_path: Path, demo_checked: Checked,
) -> None:  # fmt: skip
    found = counts(tmp_path, demo_checked, values)
    assert (found.pop("paired"), found.pop("without cholestasis")) == (paired, unblocked)
    assert {level for level, n in found.items() if n} == {quadrant}
