"""What came with a syndrome: symptoms and support on the days of its episodes."""

from __future__ import annotations

import polars as pl


def within_episodes(days: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """What was recorded on days of any episode: one row per subject and term.

    Parameters
    ----------
    days : DataFrame
        USUBJID, DAY (days from infusion), VALUE (the term).
    episodes : DataFrame
        USUBJID, ONSETDY, ENDDY.

    Returns
    -------
    DataFrame
        USUBJID, ATERM (the term), AVAL (number of days with it), DAY (the first).
    """
    inside = days.drop_nulls("VALUE").join(
        episodes.select("USUBJID", "ONSETDY", "ENDDY"), on="USUBJID"
    )
    inside = inside.filter(pl.col("DAY").is_between("ONSETDY", "ENDDY"))
    return (
        inside.group_by("USUBJID", ATERM=pl.col("VALUE"))
        .agg(AVAL=pl.col("DAY").n_unique().cast(pl.Float64), DAY=pl.col("DAY").min())
        .sort("USUBJID", "ATERM")
    )
