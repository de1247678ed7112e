"""Baseline grade, worst grade after it, and the shift between them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.derive.ctcae_criteria import DIRECTIONS
from il5report.derive.inputs import need_variables, refuse_rows, yes_no


def shift_grades(
    graded: pl.DataFrame, after: pl.Expr, by: Sequence[str] = ("USUBJID", "PARAMCD")
) -> pl.DataFrame:
    """One row per subject, parameter and direction that has a CTCAE term.

    Parameters
    ----------
    graded : DataFrame
        From `il5report.derive.ctcae.grade_labs`, with ABLFL (Y marks the baseline record).
    after : Expr
        True on the records after baseline that count, such as those of one window.
    by : sequence of str
        What identifies a subject's parameter; add BASETYPE where there are two baselines.

    Returns
    -------
    DataFrame
        `by`, DIRECTN (L, H), ATOXDSC (term), BTOXGRN and WTOXGRN (0-4, null = missing), SHIFT
        (``"0 to 3"``, ``"Missing to 1"``), NEWFL (Y where WTOXGRN is above BTOXGRN; a missing
        baseline counts as grade 0). Sorted.

    Raises
    ------
    DataError
        Where a subject has two baseline records for a parameter.
    """
    need_variables(graded, [*by, "ABLFL"], "laboratory")
    is_baseline = pl.col("ABLFL").eq_missing("Y")
    twice = is_baseline & (is_baseline.sum().over(by) > 1)
    fault = ("baseline.duplicate", "ABLFL", "more than one baseline record")
    refuse_rows(graded, {fault: twice}, "laboratory")
    parts = []
    for direction in DIRECTIONS:
        grade = pl.col(f"ATOXGR{direction}N")
        parts.append(
            graded.filter(pl.col(f"ATOXDSC{direction}").is_not_null())
            .group_by(by)
            .agg(
                pl.lit(direction).alias("DIRECTN"),
                pl.col(f"ATOXDSC{direction}").first().alias("ATOXDSC"),
                grade.filter(is_baseline).first().alias("BTOXGRN"),
                grade.filter(after).max().alias("WTOXGRN"),
            )
        )
    worse = pl.col("WTOXGRN") > pl.col("BTOXGRN").fill_null(0)
    words = [pl.col(name).cast(pl.String).fill_null("Missing") for name in ("BTOXGRN", "WTOXGRN")]
    return (
        pl.concat(parts)
        .with_columns(SHIFT=pl.concat_str(words, separator=" to "), NEWFL=yes_no(worse))
        .sort(*by, "DIRECTN")
    )
