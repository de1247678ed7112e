"""What the document is made of, gathered by the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from il5report.display.model import Block, Display, Section
from il5report.errors import Accepted, Finding
from il5report.output import Context
from il5report.plan import Plan


class CheckResults(NamedTuple):
    """What was checked, what was found, and what of it the plan accepts."""

    checks: int
    findings: Sequence[Finding]
    accepted: Sequence[Accepted]


@dataclass(frozen=True)
class Material:
    """Plan, results and facts of the run.

    Attributes
    ----------
    contexts, displays : the displays and what they were made from, in the same order.
    ard : the numbers of all displays.
    quality : what a second computation says of them.
    subjects : narratives and profiles, a section each.
    derived : whether the analysis data were derived here, from SDTM.
    facts : of the run, for the appendix: label and value.
    fonts : files of fonts that the plan brings.
    """

    plan: Plan
    contexts: Sequence[Context]
    displays: Sequence[Display]
    ard: pl.DataFrame
    said: CheckResults
    quality: Sequence[Block] = ()
    subjects: Sequence[Section] = ()
    banner: str = ""
    derived: bool = True
    facts: Sequence[tuple[str, str]] = field(default=())
    fonts: tuple[Path, ...] = ()
