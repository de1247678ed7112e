"""ADTTEK: times to an event that samples show, such as loss of the cells or recovery of counts."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.derive.domains import Domains
from il5report.plan.samples import SampleTime

KEYS = ("USUBJID", "PARAMCD")
LABELS = {"AVALU": "Analysis Value Unit"}
TITLE = "Time to Event of Samples Analysis Dataset"


def derive_adttek(
    domains: Domains, adsl: pl.DataFrame, rules: Mapping[str, SampleTime]
) -> pl.DataFrame:
    """Times of the subjects whose samples can show the event.

    Parameters
    ----------
    domains : Domains
        With the data sets of the rules added.
    adsl : DataFrame
    rules : Mapping of PARAMCD to SampleTime

    Returns
    -------
    DataFrame
        AVAL: days from the start (infusion where the plan names none) to the event, or to the last
        sample that shows there was none. CNSR 0 = event, 1 = censored.
    """
    tables = [_times(domains, adsl, code, rule) for code, rule in rules.items()]
    return pl.concat(tables or [_empty()])


_SCHEMA: Mapping[str, pl.DataType] = {
    "USUBJID": pl.String(), "PARAMCD": pl.String(), "PARAM": pl.String(), "STARTDT": pl.Date(),
    "ADT": pl.Date(), "AVAL": pl.Float64(), "AVALU": pl.String(), "CNSR": pl.Float64(),
    "EVNTDESC": pl.String(), "CNSDTDSC": pl.String(), "SRCDOM": pl.String(),
    "SRCVAR": pl.String(),
}  # fmt: skip


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=dict(_SCHEMA))


def _times(domains: Domains, adsl: pl.DataFrame, code: str, rule: SampleTime) -> pl.DataFrame:
    records = domains.select(rule.dataset, rule.where, needs=("PARAMCD", "AVAL"), keep=())
    if records is None:
        return _empty()
    frame = adsl.select("USUBJID", "TRTSDT")
    for name in filter(None, ("event", "censor", rule.start and "start")):
        mine = records.filter(pl.col("PARAMCD") == getattr(rule, name)).drop_nulls("AVAL")
        days = mine.select("USUBJID", pl.col("AVAL").alias(name))
        frame = frame.join(days, on="USUBJID", how="left", validate="1:1", maintain_order="left")
    start = pl.col("start") if rule.start else pl.lit(0.0)
    end, lost = pl.coalesce("event", "censor"), pl.col("event").is_not_null()
    return frame.filter(pl.col("censor").is_not_null() & start.is_not_null()).select(
        "USUBJID",
        PARAMCD=pl.lit(code),
        PARAM=pl.lit(rule.label),
        STARTDT=pl.col("TRTSDT") + pl.duration(days=start.floor()),
        ADT=pl.col("TRTSDT") + pl.duration(days=end.floor()),
        AVAL=end - start,
        AVALU=pl.lit("DAYS"),
        CNSR=pl.when(lost).then(0.0).otherwise(1.0),
        EVNTDESC=pl.when(lost).then(pl.lit(rule.event_label)).otherwise(pl.lit(rule.censor_label)),
        CNSDTDSC=pl.when(~lost).then(pl.lit(rule.censor_label)),
        SRCDOM=pl.lit(rule.dataset),
        SRCVAR=pl.lit("AVAL"),
    )
