"""Faults in data or plan: collected, then raised all at once, or reported as findings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """ERROR stops the run before anything is computed; the others are printed in the report."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One fault, said so that a data manager can find and mend it.

    Attributes
    ----------
    rule : str
        Stable dotted name, e.g. ``"key.duplicate"``; a waiver in the plan names it.
    message : str
        What is wrong, as a sentence.
    dataset, variable : str
        Where in the data (upper case), or empty.
    count : int
        Number of records (or values) concerned.
    subjects : tuple of str
        At most `SUBJECTS_SHOWN` USUBJID, sorted.
    place : str
        File and line in the plan or file name in the data (never an absolute path).
    subject_count : int
        Number of subjects concerned; 0 where it is not known.
    """

    rule: str
    message: str
    severity: Severity = Severity.ERROR
    dataset: str = ""
    variable: str = ""
    count: int = 0
    subjects: tuple[str, ...] = ()
    place: str = ""
    subject_count: int = 0

    @property
    def where(self) -> str:
        """Data set and variable, or the place in plan or data."""
        return ".".join(filter(None, (self.dataset, self.variable))) or self.place

    @property
    def named(self) -> str:
        """The subjects named, and how many more there are."""
        more = self.subject_count - len(self.subjects)
        return ", ".join(self.subjects) + (f" and {more} more" if more > 0 else "")

    def __str__(self) -> str:
        where = ".".join(filter(None, (self.dataset, self.variable)))
        parts = [f"{self.severity}: "]
        parts.append(f"{self.place}: " if self.place else "")
        parts.append(f"{where}: " if where else "")
        parts.append(f"{self.message} [{self.rule}]")
        parts.append(f" ({self.count} records)" if self.count else "")
        if self.subjects:
            parts.append(f" subjects: {self.named}")
        return "".join(parts)


SUBJECTS_SHOWN = 5


@dataclass(frozen=True)
class Accepted:
    """A finding that a waiver of the plan accepts, and why."""

    finding: Finding
    reason: str


class FaultsError(Exception):
    """Wrong input, with every fault found; nothing has been computed or written.

    Attributes
    ----------
    findings : tuple of Finding
        The faults.
    others : tuple of Finding
        What else was found until then, and does not stop a report.
    accepted : tuple of Accepted
        What the plan accepts of it.
    """

    def __init__(
        self,
        findings: Iterable[Finding],
        others: Iterable[Finding] = (),
        accepted: Iterable[Accepted] = (),
    ) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        self.others: tuple[Finding, ...] = tuple(others)
        self.accepted: tuple[Accepted, ...] = tuple(accepted)
        super().__init__("\n".join(map(str, self.findings)))


class DataError(FaultsError):
    """The data cannot be read, or break a rule on which the report depends."""


class PlanError(FaultsError):
    """The analysis plan cannot be read, or says something impossible."""


def some_subjects(subjects: Iterable[str]) -> tuple[str, ...]:
    """The first few distinct subjects, sorted: enough to start looking."""
    return tuple(sorted(set(subjects))[:SUBJECTS_SHOWN])


def nearest(name: str, known: Sequence[str]) -> str:
    """``'; did you mean X?'`` for the closest known name, else the list of known names."""
    close = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    if close:
        match = next(k for k in known if k.lower() == close[0])
        return f"; did you mean {match!r}?"
    return f"; known: {', '.join(known)}" if known else ""
