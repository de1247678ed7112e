"""Every rule set says what it is, where it comes from and how far that was checked."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from il5report import derive
from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.response_criteria import default_criteria


def every_criteria() -> list[Criteria]:
    found = [one.criteria for one in default_criteria().values()]
    for module in pkgutil.iter_modules(derive.__path__):
        loaded = importlib.import_module(f"{derive.__name__}.{module.name}")
        found += getattr(loaded, "CRITERIA", ())
    return sorted(set(found), key=lambda one: (one.name, one.version))


@pytest.mark.parametrize("criteria", every_criteria(), ids=lambda one: f"{one.name} {one.version}")
def test_metadata(criteria: Criteria) -> None:
    assert criteria.text.endswith(".")
    assert all(choice.endswith((".", ")")) for choice in criteria.choices)
    assert criteria.name and criteria.version and criteria.citation
    recalled = criteria.provenance is Provenance.RECALLED
    assert ("to be checked" in criteria.footnote) == recalled
    assert criteria.citation in criteria.footnote


def test_names_are_unique_and_all_families_are_there() -> None:
    keys = [(one.name, one.version) for one in every_criteria()]
    assert len(keys) == len(set(keys)) >= 15
