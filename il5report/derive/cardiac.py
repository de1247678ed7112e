"""QTcF by Fridericia, and grades of the left ventricular ejection fraction."""

from __future__ import annotations

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.inputs import need_variables, refuse_rows, yes_no

CRITERIA = (
    Criteria(
        name="QT interval, Fridericia correction",
        version="ICH E14",
        citation="ICH E14, section 3.2; Fridericia LS, Acta Med Scand 1920;53:469",
        provenance=Provenance.RECALLED,
        text="QTcF = QT / (RR / 1 s)^(1/3); it is taken as collected where the study has it. "
        "Values and increases from baseline are reported in the bands of the plan.",
    ),
    Criteria(
        name="Ejection fraction decreased",
        version="CTCAE version 5.0",
        citation="National Cancer Institute, CTCAE v5.0, 27 November 2017",
        provenance=Provenance.RECALLED,
        text="Grade 2: 40 to 50% or 10 to below 20 percentage points below baseline; grade 3: 20 "
        "to below 40% or 20 percentage points or more below baseline; grade 4: below 20%.",
        choices=(
            "A value of 50% is grade 2 only where it is also below baseline.",
            "Grades are evaluated from 4 down; there is no grade 1.",
        ),
    ),
)


def fridericia(qt: pl.Expr, rr: pl.Expr) -> pl.Expr:
    """QTcF in ms from QT and RR in ms."""
    return qt / (rr / 1000).cbrt()


def lvef_grades(echo: pl.DataFrame) -> pl.DataFrame:
    """Add the grade of ejection fraction decreased.

    Parameters
    ----------
    echo : DataFrame
        USUBJID, AVAL and BASE (LVEF, %).

    Returns
    -------
    DataFrame
        As given with LVEFGRN (0, 2, 3, 4), LVEFFL (Y: a fall of 10 points or more to below 50%; N;
        null where AVAL or BASE is missing).

    Not estimable
    -------------
    Without baseline only the absolute bounds below 50% count; a value of 50% or more is null.

    Raises
    ------
    DataError
        For values outside 0-100.
    """
    need_variables(echo, ["USUBJID", "AVAL", "BASE"], "echocardiography")
    faults = {
        ("lvef.range", name, "not a percentage"): ~pl.col(name).is_between(0, 100)
        for name in ("AVAL", "BASE")
    }
    refuse_rows(echo, faults, "echocardiography")
    value, fall = pl.col("AVAL"), pl.col("BASE") - pl.col("AVAL")
    grade = (
        pl.when(value < 20).then(4)
        .when((value < 40) | (fall >= 20)).then(3)
        .when((value < 50) | ((value <= 50) & (fall > 0)) | (fall >= 10)).then(2)
        .when(fall.is_not_null()).then(0)
    )  # fmt: skip
    return echo.with_columns(
        LVEFGRN=grade.cast(pl.Int64),
        LVEFFL=pl.when(fall.is_not_null()).then(yes_no((fall >= 10) & (value < 50))),
    )
