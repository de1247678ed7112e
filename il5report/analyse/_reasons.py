"""Reasons why a survival statistic is not estimable, worded in one place."""

from __future__ import annotations

from il5report.analyse._life_table import Floats

NO_SUBJECTS = "no subjects"
NO_EVENT_YET = "no event up to this time"
ALL_FAILED = "survival is 0"


def beyond_follow_up(time: Floats, survival: Floats, t: float) -> str | None:
    """Why nothing is known at `t` unless the curve is carried forward; None where it is known."""
    if len(time) == 0:
        return NO_SUBJECTS
    if t > time[-1] and survival[-1] > 0:
        return f"after the last observation, which is censored ({time[-1]:g})"
    return None
