"""IEC-HS: a screening flag from laboratory values. It is never a diagnosis and gives no grade."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.inputs import need_variables, not_in, refuse_rows, yes_no

CRITERIA = (
    Criteria(
        name="IEC-HS screening",
        version="2023",
        citation="Hines MR et al., Transplant Cell Ther 2023;29:438.e1-438.e16",
        provenance=Provenance.RECALLED,
        text="Biochemical criteria are met where ferritin is above twice the upper limit of "
        "normal or twice its baseline and, within 72 hours, a common manifestation is present: "
        "ALT or AST above five times the upper limit (or baseline, where that is abnormal), "
        "fibrinogen below 1.5 g/L or the lower limit, a cytopenia of grade 4 that was not there at "
        "baseline. The diagnosis, its attribution and its grade are the investigator's.",
        choices=(
            "One common manifestation is asked for; the plan can ask for more.",
            "72 hours are 3 calendar days.",
            "A rapidly rising ferritin, haemophagocytosis and the less common features are not "
            "evaluated.",
        ),
    ),
)

FIBRINOGEN_TO_G_L = {"g/L": 1.0, "mg/dL": 0.01}
LINEAGES = ("NEUT", "ANC", "PLAT")
FEATURES = {
    "TRANSAMINASES": ("ALT", "AST"),
    "FIBRINOGEN": ("FIBRINO",),
    "CYTOPENIA": LINEAGES,
}
"""Common manifestation to the parameters that show it."""


@dataclass(frozen=True)
class ScreeningRule:
    """How many common manifestations, and within how many days of the raised ferritin."""

    min_common: int = 1
    within_days: int = 3


def screen_iechs(
    labs: pl.DataFrame, crs_episodes: pl.DataFrame, rule: ScreeningRule | None = None
) -> pl.DataFrame:
    """Flag the subjects whose laboratory values meet the biochemical criteria.

    Parameters
    ----------
    labs : DataFrame
        From `il5report.derive.ctcae.grade_labs`, with DAY (days from infusion): PARAMCD FERRITIN,
        ALT, AST, FIBRINO (g/L or mg/dL), NEUT or ANC, PLAT. BTOXGRLN: grade at baseline of the
        parameter. Records from infusion on are used.
    crs_episodes : DataFrame
        USUBJID, ONSETDY, ENDDY.
    rule : ScreeningRule

    Returns
    -------
    DataFrame
        One row per subject with a ferritin result after infusion: USUBJID, BIOCHFL (Y/N:
        biochemical criteria met), BIOCHDY (first day of raised ferritin that meets them), FEATURES
        (manifestations near it), FERRMAX (highest ferritin as multiple of the upper limit),
        CRSREL of BIOCHDY: BEFORE, DURING, AFTER the CRS episodes, WITHOUT CRS.

    Not estimable
    -------------
    Subjects without ferritin have no row; a manifestation that was not measured is absent.

    Raises
    ------
    DataError
        For missing variables or fibrinogen in another unit.
    """
    rule = rule or ScreeningRule()
    names = ["USUBJID", "PARAMCD", "DAY", "AVAL", "AVALU", "ANRLO", "ANRHI", "BASE", "BNRIND",
             "ATOXGRLN", "BTOXGRLN"]  # fmt: skip
    need_variables(labs, names, "laboratory")
    is_fibrinogen = pl.col("PARAMCD") == "FIBRINO"
    fault = ("iechs.unit", "AVALU", "fibrinogen is neither in g/L nor in mg/dL")
    refuse_rows(labs, {fault: is_fibrinogen & not_in("AVALU", FIBRINOGEN_TO_G_L)}, "laboratory")
    after = labs.filter((pl.col("DAY") >= 0) & pl.col("AVAL").is_not_null())
    ferritin = after.filter(pl.col("PARAMCD") == "FERRITIN")
    raised = ferritin.filter(_raised()).select("USUBJID", _FERRDY="DAY")
    near = raised.join(_manifestations(after), on="USUBJID").filter(
        (pl.col("DAY") - pl.col("_FERRDY")).abs() <= rule.within_days
    )
    met = (
        near.group_by("USUBJID", "_FERRDY")
        .agg(FEATURES=pl.col("FEATURE").unique().sort())
        .filter(pl.col("FEATURES").list.len() >= rule.min_common)
        .sort("_FERRDY")
        .unique("USUBJID", keep="first", maintain_order=True)
        .select("USUBJID", pl.col("FEATURES").list.join(", "), BIOCHDY="_FERRDY")
    )
    return (
        ferritin.group_by("USUBJID")
        .agg(FERRMAX=(pl.col("AVAL") / pl.col("ANRHI")).max())
        .join(met, on="USUBJID", how="left")
        .with_columns(BIOCHFL=yes_no(pl.col("BIOCHDY").is_not_null()))
        .join(_relation(met, crs_episodes), on="USUBJID", how="left")
        .select("USUBJID", "BIOCHFL", "BIOCHDY", "FEATURES", "FERRMAX", "CRSREL")
        .sort("USUBJID")
    )


def _raised() -> pl.Expr:
    """Ferritin above twice the limit or twice the baseline; what is missing shows nothing."""
    limits = ((pl.col("AVAL") > 2 * pl.col(of)).fill_null(value=False) for of in ("ANRHI", "BASE"))
    return pl.any_horizontal(*limits)


def _manifestations(after: pl.DataFrame) -> pl.DataFrame:
    """USUBJID, DAY, FEATURE of every record that shows a common manifestation."""
    abnormal = pl.col("BNRIND").is_in(["HIGH", "HIGH HIGH"])
    reference = pl.when(abnormal).then(pl.col("BASE")).otherwise(pl.col("ANRHI"))
    factor = pl.col("AVALU").replace_strict(FIBRINOGEN_TO_G_L, default=None)
    low = (pl.col("AVAL") * factor < 1.5).fill_null(value=False)
    below_limit = (pl.col("AVAL") < pl.col("ANRLO")).fill_null(value=False)
    shown = {
        "TRANSAMINASES": pl.col("AVAL") > 5 * reference,
        "FIBRINOGEN": low | below_limit,
        "CYTOPENIA": (pl.col("ATOXGRLN") == 4) & (pl.col("BTOXGRLN").fill_null(0) < 4),
    }
    return pl.concat(
        after.filter(pl.col("PARAMCD").is_in(list(codes)) & shown[name]).select(
            "USUBJID", "DAY", FEATURE=pl.lit(name)
        )
        for name, codes in FEATURES.items()
    )


def _relation(met: pl.DataFrame, crs_episodes: pl.DataFrame) -> pl.DataFrame:
    """USUBJID and CRSREL of BIOCHDY, for the subjects who met the criteria."""
    day = pl.col("BIOCHDY")
    joined = met.join(crs_episodes.select("USUBJID", "ONSETDY", "ENDDY"), on="USUBJID", how="left")
    relation = (
        pl.when(pl.col("_ONSET").is_null()).then(pl.lit("WITHOUT CRS"))
        .when(pl.col("_DURING")).then(pl.lit("DURING"))
        .when(day < pl.col("_ONSET")).then(pl.lit("BEFORE"))
        .otherwise(pl.lit("AFTER"))
    )  # fmt: skip
    return (
        joined.group_by("USUBJID")
        .agg(
            day.first(),
            _ONSET=pl.col("ONSETDY").min(),
            _DURING=day.is_between("ONSETDY", "ENDDY").any(),
        )
        .select("USUBJID", CRSREL=relation)
    )
