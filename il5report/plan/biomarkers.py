"""Peaks of cytokines, and depletion and recovery of the target cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from il5report.plan.base import Model, Text
from il5report.plan.subject import Days
from il5report.plan.syndromes import DayRecords


class Depletion(Model):
    """Cells counted as depleted `below` a count in so many consecutive samples; back at or above
    it; and, where given, at `high` or more."""

    below: float
    in_a_row: Annotated[int, Field(ge=1)]
    high: float | None = None


class BiomarkerRules(Model):
    """Biomarkers in the laboratory data set `results` under one `basetype`.

    `window`: days after the infusion. `peaks`: PARAMCD whose peak is taken; `depletion`: PARAMCD
    of cells. `masked`: PARAMCD to the drug records after which a value is not what it seems
    (IL-6 after tocilizumab, eosinophils under steroids): it is flagged, never left out.
    """

    results: Text
    basetype: Text
    window: tuple[Days, Days]
    peaks: tuple[Text, ...] = ()
    depletion: Mapping[str, Depletion] = {}
    masked: Mapping[str, DayRecords] = {}
