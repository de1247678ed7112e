"""Baselines of results: the last value up to a date, and the change from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl


def groups_of(
    frame: pl.DataFrame,
    known: Mapping[str, pl.Series] = {},
    by: Sequence[str] = ("USUBJID", "PARAMCD"),
) -> pl.Series:
    """A number for each combination of texts, such as a subject and parameter, which have one
    baseline; a missing text is a value like others. `known`: all texts there are of a variable."""
    number = pl.repeat(0, frame.height, dtype=pl.Int64, eager=True)
    for name in by:
        texts = (known[name] if name in known else frame[name].unique()).drop_nulls()
        places = frame[name].cast(pl.Enum(texts)).to_physical().cast(pl.Int64)
        if places.null_count():
            places = places.fill_null(texts.len())
        number = number * (texts.len() + 1) + places
    return number


def with_baseline(
    frame: pl.DataFrame, groups: pl.Series, basetype: str, until: list[str], first: int
) -> pl.DataFrame:
    """The records under one baseline: the last value up to the date, by the clock if known.

    _BASEROW is the row of the baseline where the records are the rows from `first` on.
    """
    limit = pl.coalesce(until)
    by_clock = pl.coalesce(
        pl.when(pl.col(name).is_not_null()).then(name == "TRTSDT") for name in until
    )
    same_day = (pl.col("ADT") == limit) & by_clock
    later = same_day & (pl.col("ADTM") > pl.col("TRTSDTM"))
    before = (pl.col("ADT") <= limit) & ~later.fill_null(False)
    usable = frame.select((before & pl.col("AVAL").is_not_null()).fill_null(False)).to_series()
    row = _last_rows(frame, groups, usable)
    value, text, indicator = (frame[v].gather(row) for v in ("AVAL", "AVALC", "ANRIND"))
    frame = frame.with_columns(
        BASETYPE=pl.lit(basetype), BASE=value, BASEC=text, BNRIND=indicator, _BASEROW=row + first,
        ABLFL=pl.when(pl.lit(row) == pl.int_range(pl.len())).then(pl.lit("Y")),
    )  # fmt: skip
    base = pl.col("BASE")
    change = pl.when(pl.lit(~usable) & (pl.col("ADT") >= limit)).then(pl.col("AVAL") - base)
    return frame.with_columns(CHG=change, PCHG=pl.when(base != 0).then(100 * change / base))


def _last_rows(frame: pl.DataFrame, groups: pl.Series, usable: pl.Series) -> pl.Series:
    """For each record the row of the last usable one of its group, null where there is none."""
    order = ["ADT", "ADTM", "VISITNUM", "SRCSEQ"]
    rows = (
        frame[order]
        .with_columns(groups.alias("_GROUP"), _ROW=pl.int_range(pl.len()))
        .filter(usable & frame["USUBJID"].is_not_null() & frame["PARAMCD"].is_not_null())
        .sort(order, maintain_order=True, nulls_last=False)
    )
    last = np.full(groups.to_numpy().max(initial=-1) + 1, -1, np.int32)
    last[rows["_GROUP"].to_numpy()] = rows["_ROW"].to_numpy()  # later ones replace earlier ones
    found = pl.Series("_ROW", last)
    return found.set(found < 0, None).gather(groups)
