"""Adverse events: relation, grades, queries and lists of terms, as the plan states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from il5report.plan.base import Model, Text, Where
from il5report.plan.dose_limiting import DltDefinition
from il5report.plan.subject import Days


class Query(Model):
    """A query on adverse events: customised (CQzzNAM), by a condition on AE, or standardised
    (SMQzzNAM), by the terms of the plan's list of that name (see `ListedTerm`), compared with
    AEDECOD whatever its case. `scope`: narrow terms alone, or broad ones too; SMQzzSC or CQzzSC
    holds which the event's term is.
    """

    name: Text
    where: Where | None = None
    term_list: str = ""
    scope: Literal["narrow", "broad"] = "narrow"

    @model_validator(mode="after")
    def _one_source(self) -> Query:
        if (self.where is None) == (not self.term_list):
            raise ValueError("a query is by `where` or by `term_list`, one of them")
        return self


class ListedTerm(Model):
    """A line of ``term_lists.csv``: a preferred term of a list such as an SMQ."""

    name: Text
    scope: Literal["NARROW", "BROAD"]
    term: Text


class AdverseEvents(Model):
    """Adverse events.

    Treatment-emergent: start on or after the infusion (the start of treatment), and not later
    than `emergent_days` after the last dose where that is given. `related` conditions hold where
    a relationship is stated or missing, as the study says. `flags`: variables that are Y where a
    condition on AE holds and N elsewhere.
    """

    where: Where | None = None
    related: Where
    related_lymphodepletion: Where | None = None
    grade: str = ""
    syndrome_grade: str = ""
    emergent_days: Days | None = None
    dose_limiting: DltDefinition | None = None
    flags: Mapping[Text, Where] = {}
    queries: Mapping[Annotated[str, Field(pattern=r"^(CQ|SMQ)\d\dNAM$")], Query] = {}
