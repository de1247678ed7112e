"""Rules for exposure: doses given and planned, and the attributes of the product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from il5report.plan.base import Model, Text, Where
from il5report.plan.subject import Records


class Percent(Model):
    """One parameter as a percentage of another, for subjects who have both."""

    given: Text
    planned: Text


class ExposureParameter(Records):
    """A parameter; PARAMCD is its key.

    `statistic` of the subject's records: `each` keeps one analysis record per record, `days`
    counts the days with one, `records` the records. `value` is the variable (text is turned into
    a number, unless `text`). Instead of data: `constant` (one number, or one per treatment of
    TRT01P) for the subjects with such records, or `percent`. `unit` is a text, `unit_from` a
    variable with it. `levels`: AVALCAT1, conditions on AVAL.
    """

    label: Text
    category: str = ""
    value: str = ""
    statistic: Literal["each", "first", "last", "sum", "records", "days"] = "last"
    text: bool = False
    constant: float | Mapping[str, float] | None = None
    percent: Percent | None = None
    unit: str = ""
    unit_from: str = ""
    levels: Mapping[str, Where] = {}

    @model_validator(mode="after")
    def _one_source(self) -> ExposureParameter:
        counted = self.statistic in ("records", "days")
        given = [bool(self.value) or counted, self.constant is not None, self.percent is not None]
        if sum(given) != 1:
            raise ValueError("exactly one of value, constant, percent (or a count of records)")
        return self


class ExposureRules(Model):
    """A BDS data set of exposure. `start`, `end`, `keep`: variables of a domain by its name;
    those of `keep` stay on the analysis records of single records."""

    parameters: Mapping[str, ExposureParameter]
    keep: tuple[Text, ...] = ()
    title: str = Field(default="", description="label of the data set")

    @model_validator(mode="after")
    def _percentages(self) -> ExposureRules:
        seen: list[str] = []
        for name, rule in self.parameters.items():
            used = [] if rule.percent is None else [rule.percent.given, rule.percent.planned]
            unknown = [u for u in used if u not in seen]
            if unknown:
                raise ValueError(f"{name}: {', '.join(unknown)} is not declared before it is used")
            seen.append(name)
        return self
