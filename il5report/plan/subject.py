"""Rules for one subject: its dates, values, flags and categories, as the plan states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from il5report.plan.base import Model, Text, Where

Days = Annotated[int, Field(ge=0)]


class Records(Model):
    """Records of one SDTM domain; no condition selects them all."""

    domain: Text
    where: Where | None = None


class DateSource(Records):
    """Dates of records: a ``--DTC`` of SDTM, or a date variable of ADSL or ADRS.

    `after`, `since` and `until` name dates already on ADSL: later than the first (strictly), not
    earlier than the second, not later than the third. A subject without that date passes `until`
    and fails the others. `plus_days` shifts the date found.
    """

    date: Text
    after: str = ""
    since: str = ""
    until: str = ""
    plus_days: int = 0


class SubjectDate(Model):
    """A date of ADSL; its name there is the key. Declared in the order of use.

    A partial date is imputed as its earliest or latest possible day, or left missing (`none`);
    an imputed one is moved forward to `not_before`, and flagged in the variable `flag`. `all`
    (endpoints only) keeps every date: a rule that names it takes the last that is early enough.
    """

    label: str = ""
    pick: Literal["first", "last", "all"] = "first"
    sources: Annotated[tuple[DateSource, ...], Field(alias="from", min_length=1)]
    impute: Literal["earliest", "latest", "none"] = "none"
    not_before: str = ""
    flag: str = ""


class SubjectValue(Records):
    """A value of ADSL taken from the subject's first or last matching record, or from all.

    With `until` only records up to that date of ADSL count (time of day included where both
    have one); a subject without that date keeps every record. `order` is the variable that puts
    the records in order, usually a ``--DTC``. `number` turns text, such as a supplemental
    qualifier, into a number.
    """

    label: str = ""
    value: Text
    order: str = ""
    pick: Literal["first", "last", "all"] = "last"
    until: tuple[str, ...] = ()
    number: bool = False


class SubjectRecords(Records):
    """Whether the subject has a matching record (Y/N), or how many (`after`, `since`, `until` as
    in dates, on the variable `date`)."""

    label: str = ""
    date: str = ""
    after: str = ""
    since: str = ""
    until: str = ""


class Duration(Records):
    """A number of ADSL: the days from infusion on which any matching record holds, each counted
    once; a record without end holds to the end of follow-up. Missing for a subject not infused."""

    label: str = ""
    start: Text
    end: Text


class Interval(Model):
    """A variable of ADSL: days from one date of ADSL to another (end - start)."""

    label: str = ""
    start: Text
    end: Text


class Category(Model):
    """A text variable of ADSL: the first level whose condition on ADSL holds, else `otherwise`.

    `number` names its numeric twin, 1 for the first level.
    """

    label: str = ""
    levels: Mapping[str, Where]
    otherwise: str = ""
    number: str = ""


class ResultGroup(Records):
    """A text variable of ADSL, made last: subjects at or below, and above, the median of a derived
    result (the median of those whom `among`, a condition on ADSL, selects), or those whose result
    meets the conditions of `levels`.

    The records, at most one per subject, are of an analysis data set. Without a result: missing.
    """

    label: Text
    value: Text = "AVAL"
    among: Where
    below: str = ""
    above: str = ""
    levels: Mapping[str, Where] = {}

    @model_validator(mode="after")
    def _one_way(self) -> ResultGroup:
        if bool(self.levels) == bool(self.below and self.above):
            raise ValueError("a group by result needs either levels, or below and above")
        return self
