"""Who gets a narrative and a profile, and what the profile shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from il5report.plan.base import Model, Text, Where


class Reason(Model):
    """A narrative is written of the subjects with a record of `dataset` that meets `where`."""

    label: Text
    dataset: Text
    where: Where


class Lane(Model):
    """A panel of the profile, of the records of `dataset` that meet `where`, by study day.

    ``values``: the numbers of `variable` on the days `start`, one line for each value of `series`
    (`names`: how these are called). ``intervals``: bars from `start` to `end`, each with the text
    of `variable`; without an end, to the last day. ``marks``: the texts of `variable` on `start`.
    """

    label: Text
    kind: Literal["values", "intervals", "marks"] = "values"
    dataset: Text
    where: Where
    variable: Text = "AVAL"
    series: str = ""
    names: Mapping[str, str] = {}
    log: bool = False
    start: Text = "ADY"
    end: str = ""


class Profiles(Model):
    """Narratives and profiles in `section`, of the subjects of an analysis set (an enrolled
    subject is asked for by name in `subjects`); `days`: the first and last day drawn, from
    infusion; `end`: the last day of follow-up (ADSL)."""

    section: Text
    analysis_set: Text
    reasons: tuple[Reason, ...]
    subjects: tuple[Text, ...] = ()
    days: tuple[int, int] = (-7, 100)
    end: str = ""
    lanes: tuple[Lane, ...] = ()
