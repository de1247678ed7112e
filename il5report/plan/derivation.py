"""How SDTM becomes ADaM: the study's codes and definitions, as the plan states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from il5report.plan.base import Model, Text, Where


class Endpoint(Model):
    """A time-to-event endpoint (PARAMCD is its key): rules in the order in which they apply."""

    label: Text
    analysis_set: Text
    start: Text
    events: Mapping[str, str]
    censoring: tuple[Censoring, ...]


class Censoring(Model):
    """A censoring rule: CNSR code, its description, and the ADSL date at which it censors."""

    cnsr: Annotated[int, Field(ge=1)]
    description: Text
    date: Text


class ResponseParameter(Model):
    """A response parameter of ADRS derived from visit responses; PARAMCD is its key.

    `evaluator` as in RSEVAL; `codes` from best to worst; `window` in protocol days, both ends
    included (the second may be null: no end); `responders` count as response (AVALC Y/N).
    """

    label: Text
    evaluator: Text
    codes: tuple[str, ...]
    window: tuple[int, int | None]
    responders: tuple[str, ...] = ()
    before_new_therapy: bool = True


class Derivation(Model):
    """Study codes that turn SDTM into ADaM; conditions are on the SDTM domain named."""

    treatment: Where = Field(description="EX: the infusion that is the study treatment")
    lymphodepletion: Where = Field(description="EX")
    leukapheresis: Where = Field(description="PR")
    manufactured: Where = Field(description="DS")
    manufacturing_failure: Where = Field(description="DS")
    bridging: Where = Field(description="CM")
    new_therapy: Where = Field(description="CM")
    transplant: Where = Field(description="PR")
    enrolled: Where = Field(description="DS: the enrolment milestone")
    out_of_specification: Where = Field(description="SUPPEX")
    crs: Where = Field(description="AE")
    icans: Where = Field(description="AE")
    phase_variable: str = "DISPHASE"
    baseline: Mapping[str, Baseline] = {}
    endpoints: Mapping[str, Endpoint] = {}
    responses: Mapping[str, ResponseParameter] = {}


class Baseline(Model):
    """A baseline characteristic put on ADSL (its name there is the key): last value before
    infusion (or, if none was given, up to the end of screening) of the records that match."""

    label: Text
    domain: Text
    where: Where
    numeric: bool = True


for _model in (Endpoint, Derivation):
    _model.model_rebuild()
