"""The documents around the displays: the clinical study report by ICH E3, and its parts."""

from il5report.document.appendix import (
    FINDING,
    accepted_listing,
    finding_texts,
    findings_listing,
)
from il5report.document.assemble import (
    analysis_plan,
    banner_of,
    check_texts,
    display_of,
    document,
)
from il5report.document.material import CheckResults, Material
from il5report.document.subjects import Narrative, narratives

__all__ = [
    "FINDING",
    "CheckResults",
    "Material",
    "Narrative",
    "accepted_listing",
    "analysis_plan",
    "banner_of",
    "check_texts",
    "display_of",
    "document",
    "finding_texts",
    "findings_listing",
    "narratives",
]
