"""Where the daily components of CRS and ICANS stand in SDTM, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from il5report.plan.base import Model, Text
from il5report.plan.subject import Days, Records


class DayRecords(Records):
    """Records that hold on days: on `start`, or from `start` to `end` (``--DTC`` variables).

    `value` is the variable of the term, number or grade; none where the record alone says it.
    """

    start: Text
    end: str = ""
    value: str = ""


class ComponentRecords(DayRecords):
    """What can come with a syndrome; PARAMCD is its key. The term is `value`, or `term` for all
    of the records."""

    label: Text
    term: str = ""


class SyndromeRules(Model):
    """What CRS and ICANS share.

    `window`: days from infusion that are graded. `gap`: so many consecutive days without end an
    episode. `events`: the investigator's adverse events, with `value` the grade. `deaths`: the
    events among them that were fatal. `components`: symptoms and support, counted on the days of an
    episode.
    """

    window: tuple[int, int]
    gap: Annotated[int, Field(ge=1)]
    late_after: Days | None = None
    events: DayRecords
    deaths: DayRecords | None = None
    components: Mapping[
        Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")], ComponentRecords
    ] = {}


class CrsRules(SyndromeRules):
    """Components of CRS. The mappings add the study's terms to the standard ones."""

    temperature: DayRecords
    temperature_unit: Text
    other_cause: DayRecords | None = None
    hypotension: DayRecords
    vasopressors: DayRecords
    oxygen: DayRecords
    flow: Text
    drugs: tuple[DayRecords, ...]
    vasopressor_terms: Mapping[str, str] = {}
    oxygen_terms: Mapping[str, Text] = {}
    drug_terms: Mapping[str, Text] = {}


class IcansRules(SyndromeRules):
    """Domains of ICANS. `terms`: word to grade, by domain; a domain without holds grades."""

    ice: DayRecords
    unarousable: DayRecords | None = None
    consciousness: DayRecords
    seizure: DayRecords
    motor: DayRecords
    pressure: DayRecords
    terms: Mapping[str, Mapping[str, int]] = {}
