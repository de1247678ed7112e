"""Adverse events of special interest found in data: tumour lysis, low IgG, infections by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.inputs import need_variables, refuse_rows, yes_no

CRITERIA = (
    Criteria(
        name="Laboratory tumour lysis syndrome",
        version="2004, with the 24-hour rule of 2011",
        citation="Cairo MS, Bishop M, Br J Haematol 2004;127:3-11; Howard SC et al., N Engl J Med "
        "2011;364:1844-1854",
        provenance=Provenance.RECALLED,
        text="Two or more on one day, from 3 days before to 7 days after infusion: uric acid of "
        "476 umol/L (8 mg/dL) or more, potassium of 6.0 mmol/L or more, phosphate of 1.45 mmol/L "
        "(4.5 mg/dL) or more, calcium of 1.75 mmol/L (7 mg/dL) or less.",
        choices=(
            "Changes of 25% from baseline do not count (2011).",
            "Clinical tumour lysis syndrome is the investigator's adverse event.",
        ),
    ),
    Criteria(
        name="Hypogammaglobulinaemia",
        version="IgG below 400 mg/dL or immunoglobulin replacement",
        citation="threshold set by the analysis plan",
        provenance=Provenance.PROTOCOL,
        text="IgG below the plan's bound after infusion, or immunoglobulin replacement given.",
    ),
    Criteria(
        name="Infections by kind of pathogen",
        version="MedDRA high level group terms",
        citation="MedDRA, system organ class Infections and infestations",
        provenance=Provenance.RECALLED,
        text="Infections are adverse events of the system organ class Infections and "
        "infestations; the kind of pathogen follows from the high level group term.",
    ),
)


@dataclass(frozen=True)
class LysisBound:
    """A laboratory sign of tumour lysis: `value` in `unit`, reached from below or from above."""

    parameter: str
    unit: str
    value: float
    high: bool = True


LYSIS_BOUNDS = (
    LysisBound("URATE", "umol/L", 476.0),
    LysisBound("URATE", "mg/dL", 8.0),
    LysisBound("K", "mmol/L", 6.0),
    LysisBound("PHOS", "mmol/L", 1.45),
    LysisBound("PHOS", "mg/dL", 4.5),
    LysisBound("CA", "mmol/L", 1.75, high=False),
    LysisBound("CA", "mg/dL", 7.0, high=False),
)


def screen_tumour_lysis(
    labs: pl.DataFrame,
    window: tuple[int, int] = (-3, 7),
    bounds: tuple[LysisBound, ...] = LYSIS_BOUNDS,
) -> pl.DataFrame:
    """First day on which two laboratory signs of tumour lysis were present.

    Parameters
    ----------
    labs : DataFrame
        USUBJID, PARAMCD, DAY (days from infusion), AVAL, AVALU.
    window : (int, int)
        First and last day looked at.
    bounds : tuple of LysisBound

    Returns
    -------
    DataFrame
        USUBJID, TLSDY, SIGNS (parameters, text); only subjects with two or more on one day.

    Raises
    ------
    DataError
        For a unit without a bound.
    """
    need_variables(labs, ["USUBJID", "PARAMCD", "DAY", "AVAL", "AVALU"], "laboratory")
    table = pl.DataFrame(
        [(b.parameter, b.unit, b.value, b.high) for b in bounds],
        {"PARAMCD": pl.String, "AVALU": pl.String, "_VALUE": pl.Float64, "_HIGH": pl.Boolean},
        orient="row",
    )
    inside = labs.filter(
        pl.col("PARAMCD").is_in(table["PARAMCD"].unique().implode())
        & pl.col("DAY").is_between(*window)
        & pl.col("AVAL").is_not_null()
    ).join(table, on=["PARAMCD", "AVALU"], how="left")
    fault = ("tls.unit", "AVALU", "no tumour lysis bound in this unit")
    refuse_rows(inside, {fault: pl.col("_VALUE").is_null()}, "laboratory")
    sign = pl.when("_HIGH").then(pl.col("AVAL") >= pl.col("_VALUE")).otherwise(
        pl.col("AVAL") <= pl.col("_VALUE")
    )  # fmt: skip
    return (
        inside.filter(sign)
        .group_by("USUBJID", "DAY")
        .agg(SIGNS=pl.col("PARAMCD").unique().sort())
        .filter(pl.col("SIGNS").list.len() >= 2)
        .sort("DAY")
        .unique("USUBJID", keep="first", maintain_order=True)
        .select("USUBJID", pl.col("SIGNS").list.join(", "), TLSDY="DAY")
        .sort("USUBJID")
    )


IGG_TO_MG_DL: Mapping[str, float] = {"mg/dL": 1.0, "g/L": 100.0}


def low_immunoglobulin(
    igg: pl.DataFrame, replacement: pl.DataFrame, subjects: list[str], bound: float = 400.0
) -> pl.DataFrame:
    """Hypogammaglobulinaemia after infusion.

    Parameters
    ----------
    igg : DataFrame
        USUBJID, DAY (days from infusion), AVAL, AVALU (mg/dL or g/L).
    replacement : DataFrame
        USUBJID, DAY of immunoglobulin given.
    subjects : list of str
        Everybody infused.
    bound : float
        mg/dL; below it is low (400 and 500 are usual).

    Returns
    -------
    DataFrame
        USUBJID, IGGNADIR (mg/dL), LOWIGGFL (Y/N, null not measured), LOWIGGDY (first day),
        IVIGFL (Y/N), HYPOGGFL (Y where either, N where measured and neither, null otherwise).

    Raises
    ------
    DataError
        For another unit.
    """
    need_variables(igg, ["USUBJID", "DAY", "AVAL", "AVALU"], "immunoglobulin")
    factor = pl.col("AVALU").replace_strict(dict(IGG_TO_MG_DL), default=None)
    fault = ("igg.unit", "AVALU", "neither mg/dL nor g/L")
    refuse_rows(igg, {fault: pl.col("AVAL").is_not_null() & factor.is_null()}, "immunoglobulin")
    value = pl.col("AVAL")
    measured = (
        igg.filter((pl.col("DAY") > 0) & value.is_not_null())
        .with_columns(AVAL=value * factor)
        .group_by("USUBJID")
        .agg(IGGNADIR=value.min(), LOWIGGDY=pl.col("DAY").filter(value < bound).min())
    )
    given = replacement.filter(pl.col("DAY") > 0).select("USUBJID").unique()
    low = pl.when(pl.col("IGGNADIR").is_not_null()).then(yes_no(pl.col("LOWIGGDY").is_not_null()))
    either = (pl.col("LOWIGGFL") == "Y") | (pl.col("IVIGFL") == "Y")
    return (
        pl.DataFrame({"USUBJID": subjects}, schema={"USUBJID": pl.String})
        .join(measured, on="USUBJID", how="left")
        .join(given.with_columns(_GIVEN=True), on="USUBJID", how="left")
        .with_columns(LOWIGGFL=low, IVIGFL=yes_no(pl.col("_GIVEN")))
        .with_columns(
            HYPOGGFL=pl.when(either).then(pl.lit("Y")).when(
                pl.col("LOWIGGFL") == "N").then(pl.lit("N"))
        )
        .select("USUBJID", "IGGNADIR", "LOWIGGFL", "LOWIGGDY", "IVIGFL", "HYPOGGFL")
        .sort("USUBJID")
    )  # fmt: skip


INFECTION_CLASS = "INFECTIONS AND INFESTATIONS"
PATHOGENS: Mapping[str, str] = {
    "BACTERIAL INFECTIOUS DISORDERS": "BACTERIAL",
    "CHLAMYDIAL INFECTIOUS DISORDERS": "BACTERIAL",
    "MYCOBACTERIAL INFECTIOUS DISORDERS": "BACTERIAL",
    "MYCOPLASMAL INFECTIOUS DISORDERS": "BACTERIAL",
    "RICKETTSIAL INFECTIOUS DISORDERS": "BACTERIAL",
    "VIRAL INFECTIOUS DISORDERS": "VIRAL",
    "FUNGAL INFECTIOUS DISORDERS": "FUNGAL",
    "PROTOZOAL INFECTIOUS DISORDERS": "PARASITIC",
    "HELMINTHIC DISORDERS": "PARASITIC",
    "ECTOPARASITIC DISORDERS": "PARASITIC",
}
"""High level group term to kind; every other term of the class is UNSPECIFIED."""


def infections(
    events: pl.DataFrame, early_until: int = 28, pathogens: Mapping[str, str] = PATHOGENS
) -> pl.DataFrame:
    """Infections among adverse events, with kind and period.

    Parameters
    ----------
    events : DataFrame
        USUBJID, AEBODSYS, AEHLGT, DAY (start, days from infusion); other variables are kept.
    early_until : int
        Last day of the early period.
    pathogens : Mapping of AEHLGT (upper case) to kind

    Returns
    -------
    DataFrame
        The infections that start at infusion or later, with INFKIND (BACTERIAL, VIRAL, FUNGAL,
        PARASITIC, UNSPECIFIED) and INFPER (EARLY, LATE).
    """
    need_variables(events, ["USUBJID", "AEBODSYS", "AEHLGT", "DAY"], "adverse events")
    kind = pl.col("AEHLGT").str.to_uppercase().replace_strict(
        dict(pathogens), default="UNSPECIFIED")  # fmt: skip
    early = pl.col("DAY") <= early_until
    return events.filter(
        (pl.col("AEBODSYS").str.to_uppercase() == INFECTION_CLASS) & (pl.col("DAY") >= 0)
    ).with_columns(
        INFKIND=kind.fill_null("UNSPECIFIED"),
        INFPER=pl.when(early).then(pl.lit("EARLY")).otherwise(pl.lit("LATE")),
    )
