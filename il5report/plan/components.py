"""Components of the response, from which it is derived beside the assessors' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from il5report.plan.base import Model, Text
from il5report.plan.subject import Days, Records
from il5report.plan.syndromes import DayRecords


class Measure(Records):
    """Records with a value and the ``--DTC`` at which it holds."""

    value: Text
    date: Text


class Component(Measure):
    """One component: the value nearest to the assessment.

    `codes` recodes text (a value not named is missing). `percent_of`: the value as a percentage
    of another one of the same day. `appeared`: the code of a finding (coded Y) that the subject's
    last value before the infusion did not show.
    """

    codes: Mapping[str, Text] = {}
    percent_of: Measure | None = None
    appeared: str = ""


class CourseParameter(Model):
    """What follows from the derived responses of a subject; PARAMCD is its key.

    `best`: the best response that stands once it is confirmed as the criteria set asks, dated not
    later than `until` days from the infusion. `relapse`: the first relapse after a
    remission, by the set's conditions.
    """

    label: Text
    kind: Literal["best", "relapse"]
    until: Days | None = None


class DerivedResponse(Model):
    """How the response is derived (PARAMCD DRVRESP, evaluator DERIVED).

    `type_variable` of ADSL, recoded by `types`, names the criteria set of the subject, one of the
    package's or of `criteria`. `baseline`: ADSL variable with the marrow blasts (%). Components
    count within `within` days of the assessment. `days_since`: days from the last such record.
    """

    type_variable: Text
    types: Mapping[str, Text]
    baseline: Text
    within: Days
    components: Mapping[str, Component]
    days_since: Mapping[str, DayRecords] = {}
    criteria: Mapping[str, Any] = {}
    course: Mapping[str, CourseParameter] = {}
