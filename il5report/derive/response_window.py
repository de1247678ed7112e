"""Whether a response could still come: the window was open when the data were cut."""

from __future__ import annotations

import polars as pl

from il5report.derive import dates
from il5report.derive.inputs import yes_no
from il5report.plan.derivation import Response, ResponseParameter

OPEN = "WINOPFL"
LABEL = "Window Open at Data Cut-off Flag"
NOT_YET = "Window open at the data cut-off"


def window_open(
    frame: pl.DataFrame, who: pl.DataFrame, used: pl.DataFrame, rule: ResponseParameter,
    rules: Response,
) -> pl.DataFrame:  # fmt: skip
    """Flag the subjects whose result of a parameter was not final at the data cut-off.

    Parameters
    ----------
    frame : DataFrame
        USUBJID and AVALC: the result of each subject.
    who : DataFrame
        ADSL of the subjects.
    used : DataFrame
        The assessments that the result comes from.
    rule, rules : ResponseParameter, Response

    Returns
    -------
    DataFrame
        With WINOPFL: Y where the window ended after the data cut-off, or the subject could still be
        infused, and neither the best possible result, death, a date of `until`, a code of `stop`
        nor the end of study had settled it; N else; missing for a window without end.
    """
    end = rule.window[1]
    if end is None:
        return frame.with_columns(pl.lit(None, pl.String).alias(OPEN))
    settled = [n for n in ("DTHDT", "EOSDT", *(rule.until or ())) if n in who.columns]
    over = pl.any_horizontal(pl.lit(False), *(pl.col(n).is_not_null() for n in settled))
    later = (dates.days_between(pl.col("TRTSDT"), pl.col("CUTDT")) < end).fill_null(
        pl.col("TRTSDT").is_null() & pl.col("CUTDT").is_not_null()
    )
    pending = who.filter(later & ~over)["USUBJID"]
    stopped = used.filter(pl.col("AVALC").is_in(rule.stop or ()))["USUBJID"]
    best = "Y" if rule.responders else rules.codes[0]
    waiting = (
        pl.col("USUBJID").is_in(pending.implode())
        & ~pl.col("USUBJID").is_in(stopped.implode())
        & (pl.col("AVALC") != best)
    )
    return frame.with_columns(yes_no(waiting).alias(OPEN))
