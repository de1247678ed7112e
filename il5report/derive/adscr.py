"""ADSCR: what the laboratory values of each subject would say of IEC-HS, lysis and low IgG.

A screen, not a diagnosis: the grade and the cause are the investigator's (ADAE).
"""

from __future__ import annotations

import polars as pl

from il5report.derive import dates
from il5report.derive.adcrs import by_day
from il5report.derive.domains import Domains
from il5report.derive.flags import low_immunoglobulin, screen_tumour_lysis
from il5report.derive.iechs import ScreeningRule, screen_iechs
from il5report.derive.inputs import yes_no
from il5report.plan.screening import ScreeningRules

KEYS = ("USUBJID", "PARAMN")
LABELS = {
    "AVALTXT": "Signs That Meet the Screen", "EXTVAL": "Most Extreme Value Behind the Screen",
    "AREASN": "Reason Not Screened", "CRSREL": "In Relation to CRS",
}  # fmt: skip
_LYSIS = ("URATE", "K", "PHOS", "CA")
_UNTIL = 3650


def derive_adscr(
    domains: Domains, adsl: pl.DataFrame, rules: ScreeningRules, with_crs: bool
) -> pl.DataFrame | None:
    """One record per infused subject and screen.

    Returns
    -------
    DataFrame
        AVALC Y/N with AVAL 1/0. IECHS: EXTVAL highest ferritin as a multiple of its upper limit,
        AVALTXT the features, CRSREL when in relation to CRS. TLS: AVALTXT the signs. HYPOGAM:
        EXTVAL lowest IgG in mg/dL. ADY: first day on which the screen is met. AVALC is missing,
        with AREASN, for a subject without the measurements.
    """
    needs = ("BASETYPE", "ATOXGRLN", "BTOXGRLN")
    labs = domains.select(rules.results, None, needs=needs)
    if labs is None:
        return None
    day = dates.days_between(pl.col("TRTSDT"), pl.col("ADT")).cast(pl.Int64)
    labs = labs.filter(
        (pl.col("BASETYPE") == rules.basetype) & pl.col("TRTSDT").is_not_null()
    ).with_columns(DAY=day)
    infused = adsl.filter(pl.col("TRTSDT").is_not_null()).select("USUBJID")
    crs = pl.DataFrame(schema={"USUBJID": pl.String, "ONSETDY": pl.Float64, "ENDDY": pl.Float64})
    if with_crs:
        episodes = domains.frame("ADCRS").filter(pl.col("PARAMCD") == "CRSEPI")
        crs = episodes.select(crs.columns).drop_nulls()
    parts = [
        _iechs(labs, crs, rules),
        _lysis(labs, infused, rules),
        _immunoglobulin(domains, adsl, labs, infused["USUBJID"].to_list(), rules),
    ]
    texts = {"IECHS": "Laboratory Screen for IEC-HS", "TLS": "Laboratory Screen for Tumour Lysis",
             "HYPOGAM": "Low Immunoglobulin or Replacement"}  # fmt: skip
    whole = [
        infused.join(part, on="USUBJID", how="left", maintain_order="left").with_columns(
            PARAMCD=pl.lit(code), PARAM=pl.lit(text), PARAMN=pl.lit(float(i)),
            AREASN=pl.when(pl.col("AVALC").is_null()).then(pl.lit("not measured")),
        )
        for i, (part, (code, text)) in enumerate(zip(parts, texts.items(), strict=True), 1)
    ]  # fmt: skip
    frame = pl.concat(whole, how="diagonal_relaxed").with_columns(
        AVAL=pl.col("AVALC").replace_strict({"Y": 1.0, "N": 0.0}, default=None)
    )
    days = pl.col("DAY")
    return frame.with_columns(ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Float64)).drop("DAY")


def _iechs(labs: pl.DataFrame, crs: pl.DataFrame, rules: ScreeningRules) -> pl.DataFrame:
    found = screen_iechs(labs, crs, ScreeningRule(rules.features, rules.within))
    return found.select(
        "USUBJID", AVALC="BIOCHFL", EXTVAL="FERRMAX", DAY="BIOCHDY", AVALTXT="FEATURES",
        CRSREL="CRSREL",
    )  # fmt: skip


def _lysis(labs: pl.DataFrame, infused: pl.DataFrame, rules: ScreeningRules) -> pl.DataFrame:
    inside = labs.filter(pl.col("PARAMCD").is_in(_LYSIS) & pl.col("DAY").is_between(*rules.lysis))
    found = screen_tumour_lysis(inside, rules.lysis)
    measured = inside.drop_nulls("AVAL").select("USUBJID").unique()
    return (
        infused.join(measured, on="USUBJID", how="semi", maintain_order="left")
        .join(found, on="USUBJID", how="left", maintain_order="left")
        .select("USUBJID", AVALC=yes_no(pl.col("TLSDY").is_not_null()), DAY="TLSDY",
                AVALTXT="SIGNS")
    )  # fmt: skip


def _immunoglobulin(
    domains: Domains,
    adsl: pl.DataFrame,
    labs: pl.DataFrame,
    subjects: list[str],
    rules: ScreeningRules,
) -> pl.DataFrame:
    given = by_day(domains, adsl, rules.replacement, (0, _UNTIL)).select("USUBJID", "DAY")
    igg = labs.filter(pl.col("PARAMCD") == rules.immunoglobulin)
    found = low_immunoglobulin(igg, given, subjects, rules.low_igg)
    return found.select("USUBJID", AVALC="HYPOGGFL", EXTVAL="IGGNADIR", DAY="LOWIGGDY")
