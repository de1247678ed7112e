"""Screening of laboratory values for syndromes: a signal to look at, never a diagnosis."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from il5report.plan.base import Model, Text
from il5report.plan.subject import Days
from il5report.plan.syndromes import DayRecords


class ScreeningRules(Model):
    """IEC-HS, tumour lysis and low immunoglobulin from the laboratory data set `results`.

    `features` within `within` days of a raised ferritin meet the IEC-HS screen; `lysis` is the
    first and last day looked at; `immunoglobulin` is the PARAMCD of IgG, low below `low_igg`
    (mg/dL); `replacement` are the records of immunoglobulin given.
    """

    results: Text
    basetype: Text
    features: Annotated[int, Field(ge=1)]
    within: Days
    lysis: tuple[int, int]
    immunoglobulin: Text
    low_igg: float
    replacement: DayRecords
