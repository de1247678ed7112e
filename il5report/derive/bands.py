"""Bands of values that no toxicity scale grades usefully: eosinophils, ferritin, QTcF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from il5report.derive.inputs import need_variables, refuse_rows
from il5report.plan.findings import Bands

VARIABLES = {"AVAL": ("AVALCAT1", "AVALCA1N"), "CHG": ("CHGCAT1", "CHGCAT1N")}
"""What is banded: the variables of the label and of its number."""


def add_bands(results: pl.DataFrame, bands: Mapping[str, Sequence[Bands]]) -> pl.DataFrame:
    """Add the band of every value and change whose parameter has bands.

    Parameters
    ----------
    results : DataFrame
        USUBJID, PARAMCD, AVAL, CHG, AVALU.
    bands : Mapping of PARAMCD to Bands

    Returns
    -------
    DataFrame
        As given with AVALCAT1, AVALCA1N, CHGCAT1, CHGCAT1N as far as there are bands of them
        (number 1 lowest); null for other parameters and missing values.

    Raises
    ------
    DataError
        For a value in a unit that the bands do not have.
    """
    need_variables(results, ["USUBJID", "PARAMCD", "AVAL", "CHG", "AVALU"], "findings")
    every = [(code, band) for code, several in bands.items() for band in several]
    refuse_rows(
        results,
        {
            ("bands.unit", "AVALU", f"{code} is not in {' or '.join(band.units)}"): (
                (pl.col("PARAMCD") == code)
                & pl.col("AVAL").is_not_null()
                & ~pl.col("AVALU").is_in(list(band.units)).fill_null(value=False)
            )
            for code, band in every
        },
        "findings",
    )
    for of, (label, number) in VARIABLES.items():
        own = [(code, band) for code, band in every if band.of == of]
        if own:
            results = results.with_columns(
                pl.coalesce(_label(code, band) for code, band in own).alias(label),
                pl.coalesce(_number(code, band) for code, band in own).alias(number),
            )
    return results


def _number(code: str, band: Bands) -> pl.Expr:
    value = pl.col(band.of)
    passed = [(value >= x) if band.bound_is_above else (value > x) for x in band.bounds]
    number = 1.0 + pl.sum_horizontal(p.cast(pl.Float64) for p in passed)
    return pl.when((pl.col("PARAMCD") == code) & value.is_not_null()).then(number)


def _label(code: str, band: Bands) -> pl.Expr:
    names = {float(i): text for i, text in enumerate(band.labels, 1)}
    return _number(code, band).replace_strict(names, default=None, return_dtype=pl.String)
