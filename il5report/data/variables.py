"""What SDTM and ADaM say of a variable: its kind and its label, by its name alone.

`variables.csv` holds the facts (SDTMIG 3.4, ADaMIG 1.3, OCCDS, and this trial's own variables). A
name there may start with ``--`` (any two-letter domain) and hold ``xx``, ``zz``, ``y``, ``w`` where
ADaM puts numbers. What it does not hold is decided by ADaM's naming rules, or is not known.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources


class Kind(StrEnum):
    """What a variable holds; each has one polars type (see `Dataset`)."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"


@dataclass(frozen=True)
class Variable:
    """One line of the dictionary."""

    name: str
    kind: Kind
    label: str


_DIGITS = re.compile(r"\d+")
_SLOTS = re.compile(r"\d+|xx|zz|y|w")
_SUFFIXES = (
    ("DTM", Kind.DATETIME),
    ("DTC", Kind.TEXT),
    ("DTF", Kind.TEXT),
    ("TMF", Kind.TEXT),
    ("DT", Kind.DATE),
    ("TM", Kind.TIME),
    ("FL", Kind.TEXT),
    ("FN", Kind.NUMBER),
    ("SEQ", Kind.NUMBER),
    ("DY", Kind.NUMBER),
    ("STRESN", Kind.NUMBER),
    ("TESTCD", Kind.TEXT),
)


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    text = resources.files(__package__).joinpath("variables.csv").read_text("utf-8")
    return tuple(
        (name, kind, label) for name, kind, label in list(csv.reader(text.splitlines()))[1:]
    )


@cache
def _dictionary() -> Mapping[str, Variable]:
    return {n: Variable(n, Kind(k), label) for n, k, label in _rows() if k != "dataset"}


@cache
def _numbered() -> Mapping[str, Variable]:
    """Names with number slots, each slot and digit run written ``#``."""
    return {_SLOTS.sub("#", n): v for n, v in _dictionary().items() if _SLOTS.search(n)}


@cache
def _dataset_labels() -> Mapping[str, str]:
    return {name: label for name, kind, label in _rows() if kind == "dataset"}


@cache
def find(name: str) -> Variable | None:
    """The dictionary's line for this variable, its label filled in, or None."""
    if name in _dictionary():
        return _dictionary()[name]
    generic = _dictionary().get("--" + name[2:])
    if generic is not None and name[:2] in _dataset_labels():
        return Variable(name, generic.kind, generic.label)
    pattern = _numbered().get(_DIGITS.sub("#", name))
    if pattern is None:
        return None
    numbers = dict(zip(_SLOTS.findall(pattern.name), _DIGITS.findall(name), strict=True))
    label = re.sub(r"\b(xx|zz|y|w)\b", lambda m: numbers.get(m[0], m[0]), pattern.label)
    return Variable(name, pattern.kind, label)


@cache
def kind_of(name: str) -> Kind | None:
    """The kind that the dictionary or the naming rules give this variable, or None."""
    known = find(name)
    if known is not None:
        return known.kind
    for suffix, kind in _SUFFIXES:
        if name.endswith(suffix):
            return kind
    if name.endswith("N") and len(name) > 2 and kind_of(name[:-1]) is Kind.TEXT:
        return Kind.NUMBER
    return None


def label_of(name: str) -> str:
    """The standard label, or empty."""
    known = find(name)
    return known.label if known else ""


def dataset_label(name: str) -> str:
    """The standard label of a data set, or empty."""
    if name.startswith("SUPP"):
        return f"Supplemental Qualifiers for {name.removeprefix('SUPP')}"
    return _dataset_labels().get(name, "")
