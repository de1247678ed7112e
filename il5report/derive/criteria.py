"""Where a rule comes from: every criterion set carries its name, version, citation and mark."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Provenance(StrEnum):
    """How far the wording was checked against its source."""

    READ = "read"
    """The thresholds were read in the source cited, or in a published table of it."""
    RECALLED = "recalled"
    """Known from the paper cited, still to be checked against its text."""
    COMPUTED = "computed"
    """Follows from other rules by calculation."""
    PROTOCOL = "protocol"
    """Written by the study team in its analysis plan."""


@dataclass(frozen=True)
class Criteria:
    """One set of clinical rules, as the methods section and the footnotes print it.

    Attributes
    ----------
    name, version : str
        e.g. ``"ASTCT CRS grading"``, ``"2019"``.
    citation : str
        The primary document.
    provenance : Provenance
        How far the implementation was checked against it.
    text : str
        What is done, in sentences for the methods section.
    choices : tuple of str
        What the document leaves open and how it is decided here, one sentence each.
    """

    name: str
    version: str
    citation: str
    provenance: Provenance
    text: str
    choices: tuple[str, ...] = ()

    @property
    def footnote(self) -> str:
        """Name, version and source in one line; a recalled rule says that it is one."""
        mark = " [to be checked against the source]" * (self.provenance is Provenance.RECALLED)
        return f"{self.name}, {self.version} ({self.citation}){mark}."
