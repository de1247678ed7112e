"""Checks that every rule makes before it computes: all faults at once, then DataError."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import compress

import polars as pl

from il5report.errors import DataError, Finding, some_subjects


def need_variables(frame: pl.DataFrame, names: Iterable[str], dataset: str) -> None:
    """Raise `DataError` naming every variable of `names` that `frame` lacks."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DataError(
            Finding("variable.missing", "variable needed by the rule is absent", dataset=dataset,
                    variable=name)
            for name in missing
        )  # fmt: skip


def refuse_rows(frame: pl.DataFrame, faults: Mapping[tuple[str, str, str], pl.Expr],
                dataset: str) -> None:  # fmt: skip
    """Raise `DataError` with one finding per fault that any row shows.

    Parameters
    ----------
    frame : DataFrame
        With USUBJID.
    faults : Mapping of (rule, variable, message) to expression
        True marks a faulty row; null does not.
    dataset : str
        Name to print.
    """
    checks = [is_faulty.any().alias(str(i)) for i, is_faulty in enumerate(faults.values())]
    seen = frame.select(checks).row(0)
    found = []
    for (rule, variable, message), is_faulty in compress(faults.items(), seen):
        rows = frame.filter(is_faulty)
        found.append(
            Finding(rule, message, dataset=dataset, variable=variable, count=rows.height,
                    subjects=some_subjects(rows["USUBJID"].drop_nulls().to_list()))
        )  # fmt: skip
    if found:
        raise DataError(found)


def not_in(variable: str, terms: Iterable[str]) -> pl.Expr:
    """True where the variable is present and none of `terms`."""
    return ~pl.col(variable).is_in(list(terms))


def yes_no(condition: pl.Expr) -> pl.Expr:
    """``"Y"`` where true, ``"N"`` where false or null: an ADaM flag is never missing."""
    return pl.when(condition).then(pl.lit("Y")).otherwise(pl.lit("N"))
