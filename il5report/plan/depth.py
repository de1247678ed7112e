"""Depth of response: measurable residual disease, cytogenetic and molecular response."""

from __future__ import annotations

from collections.abc import Mapping

from il5report.plan.base import Model, Text
from il5report.plan.components import Measure
from il5report.plan.subject import Days


class ResidualDisease(Measure):
    """MRD by its value: text such as ``<0.01`` gives the limit of detection of its sample.

    `scale` makes a fraction of cells of the value (0.01 for percent). `sensitivity`: limit of
    detection (a fraction) where the result states none. Negative is below `threshold` (a
    fraction); a relapse is a change to positive or a rise of `log_rise`, in two samples.
    """

    scale: float = 1.0
    sensitivity: float | None = None
    threshold: float
    log_rise: float


class Cytogenetics(Measure):
    """Abnormal at baseline, then gone: `codes` of the value say Y (abnormal) or N.

    `metaphases` examined in the same sample, at least `min_metaphases` for a complete response;
    `percent` of them abnormal, where the study has it.
    """

    codes: Mapping[str, Text]
    metaphases: Measure
    min_metaphases: Days
    percent: Measure | None = None


class Molecular(Measure):
    """Fusion gene or mutation: `codes` of the value say Y (found) or N."""

    codes: Mapping[str, Text]


class DepthRules(Model):
    """By visit MRDSTAT, CYTRESP and MOLRESP; by subject MRDREL, CCYR and CMR.

    The baseline is the last sample up to the infusion; samples after a date in `until` of the
    response do not count for the parameters by subject.
    """

    mrd: ResidualDisease | None = None
    cytogenetic: Cytogenetics | None = None
    molecular: Molecular | None = None
