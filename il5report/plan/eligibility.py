"""Eligibility criteria that data can tell, as the plan states them."""

from __future__ import annotations

from collections.abc import Mapping

from il5report.plan.base import Model, Text, Where
from il5report.plan.subject import Records


class DatedRecords(Records):
    """Records and the date in them that counts; the last one is taken."""

    date: Text


class Interval(Records):
    """Records that hold from one date to another; without an end they hold until today."""

    start: Text
    end: Text


class EligibilityValue(Records):
    """The subject's last value up to the end of screening.

    `date` orders the records (none: one record per subject). `over` divides by another variable
    of the same record, such as the upper limit of normal. `below` is the number for a result
    that is reported below a limit (``<20``). With `days_from` the value is the number of days
    from those records' date to these ones'; a partial date counts as its earliest day. A value of
    a day within `without`, such as a saturation under oxygen, is not used.
    """

    value: Text
    date: str = ""
    number: bool = False
    over: str = ""
    below: float | None = None
    days_from: DatedRecords | None = None
    without: Interval | None = None


class EligibilityRules(Model):
    """Criteria (keys of the plan's eligibility) as conditions on `values`: true where the subject
    is eligible. A criterion without condition is the investigator's alone.

    `until`: the first of these dates of ADSL that the subject has ends screening. `failed`:
    records of IE, criteria not met, with the criterion in `criterion`.
    """

    until: tuple[Text, ...]
    values: Mapping[str, EligibilityValue]
    criteria: Mapping[str, Where]
    failed: Records = Records(domain="IE")
    criterion: Text = "IETESTCD"
