"""Constants of a plan: a number of the protocol that several of its rules and texts use.

``constants`` in study.yaml names them; ``$NAME`` anywhere in the plan stands for the number: alone
it is the number, within a text (a condition, a footnote) its digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from il5report.errors import Finding, nearest

CONSTANTS = "constants"
Path_: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = Callable[[Path_], str]
_NAME = re.compile(r"\$([A-Z][A-Z0-9_]*)")


def with_constants(data: Mapping[str, Any], place: Place) -> tuple[dict[str, Any], list[Finding]]:
    """The plan with the numbers in place of the names.

    Parameters
    ----------
    data : Mapping
        The plan as plain data, merged with what it extends. The writer's text is left alone.
    place : function
        Path of keys to file and line.

    Returns
    -------
    dict
    list of Finding
        Names that are not declared, constants that are no number.
    """
    declared = data.get(CONSTANTS)
    given = declared if isinstance(declared, dict) else {}
    known = {name: value for name, value in given.items() if _is_number(value)}
    faults = []
    for name in given.keys() - known.keys():
        message = f"constant {name!r} is not a number"
        faults.append(Finding("plan.constant", message, place=place((CONSTANTS, name))))
    filled = {
        key: value if key in (CONSTANTS, "text") else _filled(value, known)
        for key, value in data.items()
    }
    for path, name in _unknown(data, known):
        message = f"unknown constant ${name}{nearest(name, sorted(known))}"
        faults.append(Finding("plan.constant", message, place=place(path)))
    return filled, faults


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _filled(value: Any, known: Mapping[str, float]) -> Any:
    if isinstance(value, dict):
        return type(value)((k, _filled(v, known)) for k, v in value.items())
    if isinstance(value, list):
        return [_filled(v, known) for v in value]
    if not isinstance(value, str):
        return value
    alone = _NAME.fullmatch(value)
    if alone:
        return known.get(alone[1], value)
    return _NAME.sub(lambda found: f"{known.get(found[1], found[0])}", value)


def _unknown(
    data: Any, known: Mapping[str, float], path: Path_ = ()
) -> Iterator[tuple[Path_, str]]:
    if path[:1] == ("text",):
        return
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield from _unknown(value, known, (*path, key))
    elif isinstance(data, str):
        yield from ((path, name) for name in _NAME.findall(data) if name not in known)
