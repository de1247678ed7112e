"""What is dose limiting, as the plan defines it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from il5report.plan.base import Model, Text, Where
from il5report.plan.subject import Days

Source: TypeAlias = Literal["definition", "investigator"]


class DltRule(Model):
    """Events that are dose limiting: `where` holds and, if given, they last more than
    `longer_than` days."""

    label: Text
    where: Where
    longer_than: Days | None = None


class DltDefinition(Model):
    """The plan's definition: rules, the window in days from infusion, and what never counts.

    `investigator`: a condition on AE, the events that the investigator calls dose limiting.
    `counts`: whose events the report counts, in every display that does not name both.
    """

    window: Days = 28
    rules: Annotated[tuple[DltRule, ...], Field(min_length=1)]
    exclude: Where | None = None
    investigator: Where | None = None
    counts: Source = "definition"

    @model_validator(mode="after")
    def _source(self) -> DltDefinition:
        if self.counts == "investigator" and self.investigator is None:
            raise ValueError("to count the investigator's events, `investigator` must select them")
        return self
