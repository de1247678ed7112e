"""Base of the plan's models, and the field types they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, SkipValidation

from il5report.conditions import Condition, parse


class Model(BaseModel):
    """Base of every part of the plan: immutable, no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _parsed(value: object) -> object:
    return parse(value) if isinstance(value, str) else value


Where = Annotated[
    SkipValidation[Condition], BeforeValidator(_parsed), PlainSerializer(str, return_type=str)
]
Text = Annotated[str, Field(min_length=1)]
