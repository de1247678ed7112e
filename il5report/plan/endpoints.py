"""Rules for times to event, as the plan states them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import Field

from il5report.plan.base import Model, Text, Where
from il5report.plan.subject import Days


class EventRule(Model):
    """An event of a time-to-event endpoint; `competing` where it ends the time at risk only."""

    description: Text
    date: Text
    competing: bool = False
    cnsr: Days = 0


class CensoringRule(Model):
    """Censoring at a named date, of the subjects that `where` (a condition on ADSL) selects."""

    cnsr: Annotated[int, Field(ge=1)]
    description: Text
    date: Text
    where: Where | None = None


class Interruption(Model):
    """What ends the time at risk before an event: transplant, new therapy.

    The subject is censored at the last date `censor_at` not later than it, else at the start.
    """

    cnsr: Annotated[int, Field(ge=1)]
    description: Text
    date: Text
    censor_at: str = ""


class MissedAssessments(Model):
    """An event after `count` or more planned assessments missed in a row is not counted.

    `visits` are labels of the plan's visits; one is missed where its whole window lies between
    the last of the dates `assessments` before the event (the start, if none) and the event. The
    subject is censored at that last date.
    """

    cnsr: Annotated[int, Field(ge=1)]
    description: Text
    count: Annotated[int, Field(ge=1)] = 2
    visits: tuple[str, ...]
    assessments: Text


class Endpoint(Model):
    """A time-to-event endpoint of ADTTE; PARAMCD is its key.

    The first event counts, unless an interruption came before it; without event the first
    censoring rule whose date is known applies.
    """

    label: Text
    where: Where = Field(description="subjects, by a condition on ADSL")
    start: Text
    events: tuple[EventRule, ...]
    interruptions: tuple[Interruption, ...] = ()
    missed: MissedAssessments | None = None
    censoring: tuple[CensoringRule, ...]

    def original(self, endpoints: Iterable[Endpoint]) -> Endpoint | None:
        """The endpoint of which this is a variant: ``A (b)`` is one of ``A``."""
        name = self.label.split(" (", 1)[0]
        return next((e for e in endpoints if e.label == name != self.label), None)

    def event_texts(
        self, endpoints: Iterable[Endpoint], name: Callable[[str], str], competing: bool = False
    ) -> list[str]:
        """The events in words; with the name of the date where the description has several."""
        every = [e for each in endpoints for e in each.events]
        return [
            e.description
            if len({x.date for x in every if x.description == e.description}) == 1
            else f"{e.description}: {name(e.date)}"
            for e in self.events
            if e.competing == competing
        ]
