"""Records of ADRS: their variables, their dates and their visits."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.derive import dates
from il5report.derive.baselines import groups_of
from il5report.derive.domains import Domains
from il5report.derive.rules import sequence_variable
from il5report.derive.visits import with_visits
from il5report.plan.models import Visit

COLUMNS = (
    "USUBJID", "PARAMCD", "PARAM", "PARAMTYP", "AEVAL", "ADT", "ADY", "AVISIT", "AVISITN", "AVAL",
    "AVALC", "ANL01FL", "AREASN", "SRCDOM", "SRCVAR", "SRCSEQ",
)  # fmt: skip
NONE = pl.lit(None, pl.String)


def by_visit(frame: pl.DataFrame, schedule: Sequence[Visit]) -> pl.DataFrame:
    """The records with their analysis visits, one flagged per visit, parameter and evaluator."""
    unscheduled = pl.lit("Unscheduled")
    groups = groups_of(frame, by=("USUBJID", "PARAMCD", "AEVAL"))
    return with_visits(frame, schedule, groups, unscheduled).select(COLUMNS)


def dated(
    domains: Domains, adsl: pl.DataFrame, records: pl.DataFrame, domain: str, date: str, value: str
) -> pl.DataFrame:
    """Records with ADT, ADY and their source; without a complete date they cannot be used."""
    sequence = sequence_variable(domain)
    frame = (
        records.with_columns(
            ADT=dates.complete(pl.col(date)), SRCDOM=pl.lit(domain), SRCVAR=pl.lit(value),
            SRCSEQ=pl.col(sequence).cast(pl.Float64) if sequence in records.columns
            else pl.lit(None, pl.Float64),
        )
        .join(adsl.select("USUBJID", "TRTSDT"), on="USUBJID", how="inner", maintain_order="left")
        .with_columns(ADY=dates.study_day(pl.col("ADT"), pl.col("TRTSDT")))
    )  # fmt: skip
    undated = frame.filter(pl.col("ADT").is_null())
    domains.note("derive.date", "without a complete date: not used", undated, domain, date)
    return frame.drop_nulls("ADT")


def empty() -> pl.DataFrame:
    """No record."""
    kinds: dict[str, type[pl.DataType]] = {
        "ADT": pl.Date, "ADY": pl.Float64, "AVISITN": pl.Float64, "AVAL": pl.Float64,
        "SRCSEQ": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(schema={name: kinds.get(name, pl.String) for name in COLUMNS})
