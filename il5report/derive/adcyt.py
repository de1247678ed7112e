"""ADCYT: ICAHT and platelet grades, cytopenia at landmarks, time to recovery."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.derive import dates
from il5report.derive.adcrs import by_day
from il5report.derive.cytopenia import LandmarkRule, landmark_cytopenia, recovery_to_grade
from il5report.derive.daily_counts import DailyRule
from il5report.derive.domains import Domains
from il5report.derive.icaht import grade_icaht, grade_platelets
from il5report.derive.rules import event_dates
from il5report.plan.cytopenia import CytopeniaRules
from il5report.plan.subject import SubjectDate

KEYS = ("USUBJID", "PARAMN")
LABELS = {
    "AREASN": "Reason Value is Missing", "PROLFL": "Prolonged Cytopenia Flag",
    "GCSFFL": "Growth Factor Before the Count Flag", "AVALU": "Analysis Value Unit",
    "BASELOFL": "Baseline Neutrophils 500/uL or Less Flag", "NINTERP": "Days Interpolated",
    "LANDMARK": "Landmark (Day From Infusion)",
}  # fmt: skip
_GRADES = {
    "ICAHTE": "Early ICAHT Grade (Neutrophils)", "ICAHTL": "Late ICAHT Grade (Neutrophils)",
    "TICAHTE": "Early Platelet Grade", "TICAHTL": "Late Platelet Grade",
}  # fmt: skip
_SUPPORT_DAYS = (-60, 400)


def derive_adcyt(
    domains: Domains,
    adsl: pl.DataFrame,
    rules: CytopeniaRules,
    further: Mapping[str, SubjectDate],
) -> pl.DataFrame:
    """Cytopenia of every infused subject; `further`: the plan's dates beside those of ADSL, which
    may end the grading.

    Returns
    -------
    DataFrame
        ICAHTE, ICAHTL, TICAHTE, TICAHTL: AVAL = grade 0-4, AREASN why it is missing.
        ``<lineage>D<day>``: AVALCAT1 = state at the landmark (see `landmark_cytopenia`), AVAL its
        grade, PROLFL, ADY of the assessment. ``<lineage>REC``: AVAL = days from the first grade
        3 or worse to recovery, CNSR 1 where it was not seen.
    """
    if not set(rules.stop) <= set(adsl.columns):
        _, adsl = event_dates(domains, adsl, further)
    infused = adsl.filter(pl.col("TRTSDT").is_not_null())
    counts = _counts(domains, infused, rules)
    support = _support(domains, adsl, rules)
    parts = [
        *_icaht(infused, counts, rules),
        _landmarks(infused, counts, support, rules),
        _recovery(counts, support, rules),
    ]
    frame = pl.concat(parts, how="diagonal_relaxed")
    codes = {code: float(i) for i, code in enumerate(frame["PARAMCD"].unique(maintain_order=True))}
    return frame.with_columns(PARAMN=pl.col("PARAMCD").replace_strict(codes, default=None) + 1)


def _counts(domains: Domains, infused: pl.DataFrame, rules: CytopeniaRules) -> pl.DataFrame:
    """Counts with DAY, baseline and grade, under the baseline that the plan names."""
    needs = ("BASETYPE", "ATOXGRLN", "BASE")
    labs = domains.select(rules.counts, None, needs=needs)
    if labs is None:
        kinds = {"USUBJID": pl.String, "PARAMCD": pl.String, "DAY": pl.Int64, "AVAL": pl.Float64,
                 "AVALU": pl.String, "BASE": pl.Float64, "ATOXGRLN": pl.Float64}  # fmt: skip
        return pl.DataFrame(schema=kinds)
    wanted = {rules.neutrophils, rules.platelets, *rules.lineages}
    return (
        labs.filter((pl.col("BASETYPE") == rules.basetype) & pl.col("PARAMCD").is_in(wanted))
        .join(infused.select("USUBJID"), on="USUBJID", how="semi")
        .select(
            "USUBJID", "PARAMCD", "AVAL", "AVALU", "BASE", "ATOXGRLN",
            DAY=dates.days_between(pl.col("TRTSDT"), pl.col("ADT")).cast(pl.Int64),
        )
    )  # fmt: skip


def _support(domains: Domains, adsl: pl.DataFrame, rules: CytopeniaRules) -> pl.DataFrame:
    found = [
        by_day(domains, adsl, source, _SUPPORT_DAYS).select(
            "USUBJID", "DAY", KIND=pl.lit(source.kind)
        )
        for source in rules.support
    ]
    schema = {"USUBJID": pl.String, "DAY": pl.Int64, "KIND": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *found]).unique(maintain_order=True)


def _icaht(
    infused: pl.DataFrame, counts: pl.DataFrame, rules: CytopeniaRules
) -> list[pl.DataFrame]:
    """One record per subject and ICAHT grade."""
    start = pl.col("TRTSDT")
    stops = [dates.days_between(start, pl.col(name)) for name in rules.stop]
    neutrophils = counts.filter(pl.col("PARAMCD") == rules.neutrophils)
    base = neutrophils.group_by("USUBJID").agg(BASE=pl.col("BASE").drop_nulls().first())
    followup = infused.select(
        "USUBJID",
        LSTDY=dates.days_between(start, pl.col(rules.until)).cast(pl.Int64),
        STOPDY=pl.min_horizontal(pl.lit(None, pl.Float64), *stops).cast(pl.Int64),
    ).join(base, on="USUBJID", how="left", maintain_order="left")
    daily = DailyRule(rules.interpolate_up_to, rules.join_gap)
    by_neutrophils = grade_icaht(neutrophils, followup, daily)
    platelets = counts.filter(pl.col("PARAMCD") == rules.platelets)
    by_platelets = grade_platelets(platelets, followup, daily)
    parts = []
    for code, label in _GRADES.items():
        table = by_platelets if code.startswith("T") else by_neutrophils
        low = "BASELOFL" if "BASELOFL" in table.columns else pl.lit(None, pl.String)
        parts.append(
            table.select(
                "USUBJID", PARAMCD=pl.lit(code), PARAM=pl.lit(label),
                AVAL=pl.col(code).cast(pl.Float64), NINTERP="NINTERP", BASELOFL=low,
                AREASN=pl.col("REASE" if code.endswith("E") else "REASL"),
            )
        )  # fmt: skip
    return parts


def _landmarks(
    infused: pl.DataFrame, counts: pl.DataFrame, support: pl.DataFrame, rules: CytopeniaRules
) -> pl.DataFrame:
    rule = LandmarkRule(rules.landmarks, rules.window, rules.from_grade, rules.support_free)
    graded = counts.filter(pl.col("PARAMCD").is_in(list(rules.lineages)))
    table = landmark_cytopenia(graded, support, infused["USUBJID"].to_list(), rule)
    name = pl.col("PARAMCD").replace_strict(dict(rules.lineages), return_dtype=pl.String)
    landmark = pl.col("LANDMARK").cast(pl.String)
    day = pl.col("ASSDY")
    return table.select(
        "USUBJID", PARAMCD=pl.col("PARAMCD") + "D" + landmark,
        PARAM=name + " at Day " + landmark, LANDMARK="LANDMARK",
        ADY=(day + (day >= 0).cast(pl.Int64)).cast(pl.Float64),
        AVAL=pl.col("GRADE").cast(pl.Float64), AVALCAT1="STATUS", PROLFL="PROLFL", GCSFFL="GCSFFL",
    )  # fmt: skip


def _recovery(counts: pl.DataFrame, support: pl.DataFrame, rules: CytopeniaRules) -> pl.DataFrame:
    graded = counts.filter(pl.col("PARAMCD").is_in(list(rules.lineages)))
    table = recovery_to_grade(
        graded, support, rules.from_grade - 1, rules.support_free, rules.from_grade
    )
    name = pl.col("PARAMCD").replace_strict(dict(rules.lineages), return_dtype=pl.String)
    return table.select(
        "USUBJID", PARAMCD=pl.col("PARAMCD") + "REC",
        PARAM=pl.lit("Time to Recovery of ") + name + " (days)",
        AVAL=pl.col("TIME").cast(pl.Float64), AVALU=pl.lit("DAYS"),
        CNSR=pl.when(pl.col("EVENT")).then(0.0).otherwise(1.0),
        EVNTDESC=pl.when(pl.col("EVENT"))
        .then(pl.lit(f"Grade {rules.from_grade - 1} or less"))
        .otherwise(pl.lit("Not recovered at last count")),
        CNSDTDSC=pl.when(~pl.col("EVENT")).then(pl.lit("Last count")),
        GCSFFL="GCSFFL",
    )  # fmt: skip
