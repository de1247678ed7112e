"""Rules for events and interventions kept as analysis data: medication, history, deviations, stays.

Each record of a domain is kept whole; the plan says what it is (categories and flags).
"""

from __future__ import annotations

from collections.abc import Mapping

from il5report.plan.base import Model, Text, Where
from il5report.plan.subject import Category, Records


class Qualifier(Model):
    """A number made of a text variable, such as a supplemental qualifier."""

    label: str = ""
    value: Text


class RecordFlag(Model):
    """Y where the condition holds, else N."""

    label: str = ""
    where: Where


class Since(Model):
    """Days from a date of ADSL to the start of the record (0 on that day)."""

    label: str = ""
    start: Text


class FirstRecord(Model):
    """Y on the first record of each subject (and of each value of `by`) that `where` selects."""

    label: str = ""
    where: Where | None = None
    by: tuple[Text, ...] = ()


class Occurrences(Records):
    """An OCCDS data set (its name is the key) from one domain.

    `start` and `end`: its ``--DTC`` variables (by default those of the domain's name), imputed by
    the one rule; `history`: of the time before the study, so that a partial start is its earliest
    day and never the day of infusion. Then in this order, each usable by the next: `since`,
    `numbers`, `categories`, `flags`, `first`. Conditions see the domain's variables, the core
    variables of ADSL, ASTDT, AENDT, ASTDY, AENDY, ADURN, ONGOFL and APERIODC.
    """

    title: str = ""
    start: str = ""
    end: str = ""
    history: bool = False
    since: Mapping[str, Since] = {}
    numbers: Mapping[str, Qualifier] = {}
    categories: Mapping[str, Category] = {}
    flags: Mapping[str, RecordFlag] = {}
    first: Mapping[str, FirstRecord] = {}

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the variables that the plan adds."""
        found: dict[str, str] = {}
        for rules in (self.since, self.numbers, self.categories, self.flags, self.first):
            found |= {name: rule.label for name, rule in rules.items() if rule.label}
        twins = {c.number: f"{c.label or n} (N)" for n, c in self.categories.items() if c.number}
        return found | twins
