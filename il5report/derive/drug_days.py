"""Flags on results of days under a drug, such as counts under steroids."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.derive import dates
from il5report.derive.adcrs import by_day
from il5report.derive.domains import Domains
from il5report.plan.findings import RecordFlag

LAST = 36_500
"""Days from infusion: no record is later."""


def add_flags(
    domains: Domains, adsl: pl.DataFrame, frame: pl.DataFrame, flags: Mapping[str, RecordFlag]
) -> pl.DataFrame:
    """Records (USUBJID, TRTSDT, ADT) with one variable per flag, Y or N; missing without infusion.

    A day of the drug counts from its record's start to its end, both included.
    """
    day = dates.days_between(pl.col("TRTSDT"), pl.col("ADT")).cast(pl.Int64)
    for name, rule in flags.items():
        days = by_day(domains, adsl, rule.records, (0 if rule.after else -LAST, LAST))
        given = days.select("USUBJID", "DAY").unique()
        frame = frame.with_columns(_DAY=day)
        if rule.after:
            first = given.group_by("USUBJID").agg(_FIRST=pl.col("DAY").min())
            frame = frame.join(first, on="USUBJID", how="left", maintain_order="left")
            under = (pl.col("_DAY") >= pl.col("_FIRST")).fill_null(False)
        else:
            marked = given.rename({"DAY": "_DAY"}).with_columns(_FIRST=True)
            keys = ["USUBJID", "_DAY"]
            frame = frame.join(marked, on=keys, how="left", maintain_order="left")
            under = pl.col("_FIRST").fill_null(False)
        flag = pl.when(under).then(pl.lit("Y")).when(pl.col("_DAY").is_not_null()).then(pl.lit("N"))
        frame = frame.with_columns(flag.alias(name)).drop("_DAY", "_FIRST")
    return frame
