"""Where blood counts and their support stand, for ICAHT and prolonged cytopenia."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from il5report.plan.base import Model, Text
from il5report.plan.subject import Days
from il5report.plan.syndromes import DayRecords


class Support(DayRecords):
    """Transfusions or growth factor, by day given."""

    kind: Literal["PLATELETS", "RED CELLS", "G-CSF"]


class CytopeniaRules(Model):
    """ICAHT, platelets by the same windows, and cytopenia at landmarks.

    `counts`: the laboratory data set and its `basetype`. `neutrophils` and `platelets` are
    PARAMCD there; `lineages` those followed at the `landmarks` (days from infusion, an assessment
    within `window` days counts), with their names. `stop`: dates that end the grading
    (new therapy, progression); `until`: end of follow-up.
    """

    counts: Text
    basetype: Text
    neutrophils: Text
    platelets: Text
    lineages: Mapping[str, Text]
    landmarks: tuple[Days, ...]
    window: Days
    from_grade: int
    support_free: Days
    support: tuple[Support, ...] = ()
    stop: tuple[Text, ...] = ()
    until: Text
    interpolate_up_to: Days
    join_gap: Days
