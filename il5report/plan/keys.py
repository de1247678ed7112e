"""Keys of the plan: which model one belongs to, to name those known there, and which come twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel

from il5report.errors import Finding


def model_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> type[BaseModel]:
    """The model that holds the key at `loc`."""
    for step in loc:
        if isinstance(step, str) and step in model.model_fields:
            model = next(_models(model.model_fields[step].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    is_class = isinstance(annotation, type) and get_origin(annotation) is None
    if is_class and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def repeated_keys(node: yaml.MappingNode, file: str) -> Iterator[Finding]:
    """Keys that a mapping gives twice."""
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.value in seen and key_node.value != "<<":
            place = f"{file}:{key_node.start_mark.line + 1}"
            yield Finding("plan.key", f"key {key_node.value!r} is given twice", place=place)
        seen.add(key_node.value)
