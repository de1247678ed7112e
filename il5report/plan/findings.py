"""Rules for findings kept as analysis data: laboratory, vital signs, ECG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from il5report.plan.base import Model, Text, Where
from il5report.plan.subject import Records
from il5report.plan.syndromes import DayRecords


class Bands(Model):
    """Bands of one parameter, on its value (AVALCAT1) or its change from baseline (CHGCAT1).

    `units` mean the same number; `bounds` increase; `labels`, lowest first, are one more. A value
    equal to a bound belongs to the band above it, unless `bound_is_above` is false.
    """

    of: Literal["AVAL", "CHG"] = "AVAL"
    units: tuple[Text, ...]
    bounds: tuple[float, ...]
    labels: tuple[Text, ...]
    bound_is_above: bool = True

    @model_validator(mode="after")
    def _is_sound(self) -> Bands:
        if len(self.labels) != len(self.bounds) + 1 or sorted(self.bounds) != list(self.bounds):
            raise ValueError("bands need increasing bounds, and one label more")
        return self


class Fridericia(Model):
    """QTcF where a study brings QT and RR only: parameters (codes) of the two, and the new one."""

    qt: Text
    rr: Text
    code: Text


class RecordFlag(Model):
    """A flag (its name is the key) on results of days under a drug; `after`: from its first day
    after infusion on."""

    label: Text
    records: DayRecords
    after: bool = False


class FindingsRules(Records):
    """A BDS data set (its name is the key) from one findings domain.

    `baselines`: BASETYPE to dates of ADSL; the baseline is the last value not later than the
    first of them that the subject has. `visits`: analysis visits by the plan's windows, or as
    collected. `graded`: the records that get CTCAE grades, in the version of the plan's grading.
    `codes`: test code to another PARAMCD. `anticoagulants`: records of the drugs under which INR
    is graded against its baseline. `qualitative`: results are words; the domain may lack numbers
    and units. `bands` by parameter; `ejection_fraction`: the parameter that is graded as CTCAE's
    ejection fraction decreased. `flags`: Y on the results of days under a drug.
    """

    baselines: Mapping[str, tuple[str, ...]]
    visits: Literal["windows", "collected"] = "windows"
    graded: Where | None = None
    codes: Mapping[str, str] = {}
    anticoagulants: Records | None = None
    qualitative: bool = False
    bands: Mapping[str, tuple[Bands, ...]] = {}
    ejection_fraction: str = ""
    fridericia: Fridericia | None = None
    title: str = ""
    flags: Mapping[str, RecordFlag] = {}
