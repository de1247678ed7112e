"""Rules for findings kept as analysis data: laboratory, vital signs, ECG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from il5report.plan.base import Where
from il5report.plan.subject import Records


class FindingsRules(Records):
    """A BDS data set (its name is the key) from one findings domain.

    `baselines`: BASETYPE to dates of ADSL; the baseline is the last value not later than the
    first of them that the subject has. `visits`: analysis visits by the plan's windows, or as
    collected. `graded`: the records that get CTCAE grades, in the version of the plan's grading.
    `codes`: test code to another PARAMCD. `anticoagulants`: records of the drugs under which INR
    is graded against its baseline. `qualitative`: results are words; the domain may lack numbers
    and units.
    """

    baselines: Mapping[str, tuple[str, ...]]
    visits: Literal["windows", "collected"] = "windows"
    graded: Where | None = None
    codes: Mapping[str, str] = {}
    anticoagulants: Records | None = None
    qualitative: bool = False
