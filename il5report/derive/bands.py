"""Bands for laboratory values that no toxicity scale grades usefully: eosinophils, ferritin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.inputs import need_variables, refuse_rows

CRITERIA = (
    Criteria(
        name="Eosinophil bands",
        version="0.05, 0.5, 1.5, 5 x 10^9/L",
        citation="0.05 to 0.5 normal; 1.5 and above hypereosinophilia (WHO 2022)",
        provenance=Provenance.READ,
        text="Eosinophil counts are shown in bands instead of CTCAE grades: below 0.05 depleted, "
        "0.05 to below 0.5 normal, 0.5 to below 1.5, 1.5 to below 5, and 5 x 10^9/L or more.",
        choices=("A low band is an effect of the cells on their target, not a response.",),
    ),
    Criteria(
        name="Ferritin bands",
        version="500, 2000, 10000 ng/mL",
        citation="CTCAE version 5.0 has no term for ferritin; bands by the analysis plan",
        provenance=Provenance.PROTOCOL,
        text="Ferritin is shown as above 500, above 2000 and above 10 000 ng/mL.",
    ),
)


@dataclass(frozen=True)
class Bands:
    """Bands of one parameter.

    Attributes
    ----------
    parameter : str
        PARAMCD.
    units : tuple of str
        Units that mean the same number.
    bounds : tuple of float
        Increasing.
    labels : tuple of str
        One more than `bounds`, lowest first.
    bound_is_above : bool
        Whether a value equal to a bound belongs to the band above it.
    """

    parameter: str
    units: tuple[str, ...]
    bounds: tuple[float, ...]
    labels: tuple[str, ...]
    bound_is_above: bool = True

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.bounds) + 1 or sorted(self.bounds) != list(self.bounds):
            raise ValueError(f"bands of {self.parameter}: increasing bounds, one label more")


EOSINOPHILS = Bands(
    "EOS",
    ("10^9/L", "GI/L", "10^3/uL"),
    (0.05, 0.5, 1.5, 5.0),
    ("<0.05", "0.05 to <0.5", "0.5 to <1.5", "1.5 to <5", ">=5"),
)
FERRITIN = Bands(
    "FERRITIN",
    ("ng/mL", "ug/L"),
    (500.0, 2000.0, 10000.0),
    ("<=500", ">500 to 2000", ">2000 to 10000", ">10000"),
    bound_is_above=False,
)


def add_bands(labs: pl.DataFrame, bands: Sequence[Bands] = (EOSINOPHILS, FERRITIN)) -> pl.DataFrame:
    """Add the band of every value whose parameter has bands.

    Parameters
    ----------
    labs : DataFrame
        USUBJID, PARAMCD, AVAL, AVALU.
    bands : sequence of Bands

    Returns
    -------
    DataFrame
        As given with BAND (label) and BANDN (0 lowest); null for other parameters and missing
        values.

    Raises
    ------
    DataError
        For a value in a unit that the bands do not have.
    """
    need_variables(labs, ["USUBJID", "PARAMCD", "AVAL", "AVALU"], "laboratory")
    refuse_rows(
        labs,
        {
            ("bands.unit", "AVALU", f"{b.parameter} is not in {' or '.join(b.units)}"): (
                (pl.col("PARAMCD") == b.parameter)
                & pl.col("AVAL").is_not_null()
                & ~pl.col("AVALU").is_in(list(b.units)).fill_null(value=False)
            )
            for b in bands
        },
        "laboratory",
    )
    number, label = pl.lit(None, dtype=pl.Int64), pl.lit(None, dtype=pl.String)
    for b in bands:
        value = pl.col("AVAL")
        passed = [(value >= x) if b.bound_is_above else (value > x) for x in b.bounds]
        band = pl.sum_horizontal(p.cast(pl.Int64) for p in passed)
        mine = (pl.col("PARAMCD") == b.parameter) & value.is_not_null()
        names = band.replace_strict(dict(enumerate(b.labels)), return_dtype=pl.String)
        number = pl.when(mine).then(band).otherwise(number)
        label = pl.when(mine).then(names).otherwise(label)
    return labs.with_columns(BAND=label, BANDN=number)
