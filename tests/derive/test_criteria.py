"""Every rule set says what it is, where it comes from and how far that was checked."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from il5report import derive
from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.response_criteria import default_criteria
from il5report.derive.rule_sets import rule_sets
from tests.derive.adam_study import plan, whole_plan


def every_criteria() -> list[Criteria]:
    found = [one.criteria for one in default_criteria().values()]
    for module in pkgutil.iter_modules(derive.__path__):
        loaded = importlib.import_module(f"{derive.__name__}.{module.name}")
        found += getattr(loaded, "CRITERIA", ())
    return sorted(set(found), key=lambda one: (one.name, one.version))


@pytest.mark.parametrize(
    "criteria",
    [*every_criteria(), *rule_sets(whole_plan())],
    ids=lambda one: f"{one.name} {one.version}",
)
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


def test_the_trials_plan_applies_every_family_and_the_version_that_it_names() -> None:
    applied = {(one.name, one.version) for one in rule_sets(whole_plan())}
    missing = {(one.name, one.version) for one in every_criteria()} - applied
    # other versions of CTCAE; and the plan has a chronic-phase set of its own
    assert {version for name, version in missing if not name.startswith("Response in")} == {
        "version 4.03", "version 6.0",
    }  # fmt: skip
    assert {name for name, _ in applied} >= {
        "Dose-limiting toxicity", "Times to event", "Partial and missing dates",
        "Cellular kinetics", "Biomarkers", "Bands of values",
    }  # fmt: skip


def test_a_plan_with_few_rules_applies_few() -> None:
    few = rule_sets(plan())
    assert [one.name for one in few if one.provenance is Provenance.PROTOCOL] == [
        "Partial and missing dates"
    ]


def test_every_endpoint_is_said_in_a_sentence() -> None:
    derivation = whole_plan().derivation
    assert derivation is not None
    (said,) = (one for one in rule_sets(whole_plan()) if one.name == "Times to event")
    assert len(said.choices) == len(derivation.endpoints)
    efs = next(c for c in said.choices if c.startswith("Event-Free Survival:"))
    for words in ("Relapse or progression", "Treatment failure", "Transplantation",
                  "after 2 or more missed assessments", "Last Adequate Response Assessment",
                  'where DCSREAS == "LOST TO FOLLOW-UP"'):  # fmt: skip
        assert words in efs
