"""Response criteria as data: the sets that come with the package, and those a plan brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from il5report.conditions import Comparison, Compound, Condition, comparisons
from il5report.derive.criteria import Criteria, Provenance
from il5report.errors import Finding, PlanError, nearest
from il5report.plan.base import Model, Text, Where

Days = Annotated[int, Field(ge=0)]
MARROW_BLASTS = "MARBLAST"

COMPONENTS: Mapping[str, str] = {
    "MARBLAST": "marrow blasts and equivalents, %",
    "MBPCTBL": "marrow blasts, % of their baseline value (derived)",
    "MARMATUR": "normal maturation in the marrow, Y/N",
    "MARCELN": "normal marrow cellularity, Y/N",
    "MARCELLS": "marrow cells counted",
    "MARCELPC": "marrow cellularity, %",
    "FIBROSIS": "marrow fibrosis, grade 0-3",
    "WBC": "leukocytes, 10^9/L",
    "HGB": "haemoglobin, g/L",
    "PLAT": "platelets, 10^9/L",
    "NEUT": "neutrophils, 10^9/L",
    "EOS": "eosinophils, 10^9/L",
    "MONO": "monocytes, 10^9/L",
    "BLBLAST": "blasts in blood, %",
    "PRECURS": "neutrophil precursors in blood, %",
    "EMDFL": "extramedullary disease incl. palpable organomegaly: N, Y, NEW (new or worse)",
    "PLTTRDY": "days since the last platelet transfusion, missing = none",
    "RBCTRDY": "days since the last red cell transfusion, missing = none",
    "GCSFDY": "days since the last growth factor, missing = none",
}
"""What an assessment can hold, with its unit or coding."""


class Level(Model):
    """One response of a set. Without `when` it is what is left."""

    code: Text
    label: Text
    when: Where | None = None
    complete: bool = False
    remission: bool = False
    responder: bool = False
    confirm_days: Days = 0


class Support(Model):
    """`component` counts as not reached where `days_since` is below `within`."""

    component: Text
    days_since: Text
    within: Days


class ResponseCriteria(Model):
    """A set of response criteria; see the head of ``response_criteria.yaml``."""

    name: Text
    version: Text
    citation: Text
    provenance: Provenance = Provenance.PROTOCOL
    text: Text
    choices: tuple[str, ...] = ()
    components: Mapping[str, str] = {}
    support: tuple[Support, ...] = ()
    levels: Annotated[tuple[Level, ...], Field(min_length=2)]
    progression: Where | None = None
    relapse: Where | None = None
    relapse_twice: Where | None = None
    relapse_apart: Days = 7

    @property
    def criteria(self) -> Criteria:
        """As the methods section prints it."""
        return Criteria(
            self.name, self.version, self.citation, self.provenance, self.text, self.choices
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """Every response, best first; PD where progression is defined; NE last."""
        return (
            *(level.code for level in self.levels),
            *([PROGRESSION] if self.progression is not None else []),
            NOT_EVALUABLE,
        )

    @property
    def remissions(self) -> frozenset[str]:
        """Responses after which there can be a relapse; the complete ones where none is marked."""
        marked = frozenset(level.code for level in self.levels if level.remission)
        return marked or frozenset(level.code for level in self.levels if level.complete)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of the set."""
        own = (level.when for level in self.levels)
        every = (*own, self.progression, self.relapse, self.relapse_twice)
        return tuple(condition for condition in every if condition is not None)

    @property
    def variables(self) -> tuple[str, ...]:
        """Components that the set needs in the data, without the derived one; sorted."""
        used = {c.variable for condition in self.conditions for c in comparisons(condition)}
        for rule in self.support:
            used |= {rule.component, rule.days_since}
        derived = {MARROW_BLASTS} if RELATIVE_BLASTS in used else set()
        return tuple(sorted((used | derived) - {RELATIVE_BLASTS}))

    @model_validator(mode="after")
    def _is_sound(self) -> ResponseCriteria:
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        known = [*COMPONENTS, *self.components]
        for name in self.variables:
            if name not in known:
                yield f"unknown component {name}{nearest(name, known)}"
        codes = [level.code for level in self.levels]
        for code in {code for code in codes if codes.count(code) > 1}:
            yield f"response {code} is defined twice"
        for level in self.levels:
            if level.code in (NOT_EVALUABLE, PROGRESSION):
                yield f"{level.code} is given by the engine and cannot be a level"
            if level.complete and not _asks_for_marrow(level.when):
                yield (
                    f"complete response {level.code} must ask for {MARROW_BLASTS} <= n: blood "
                    "counts alone, eosinophils included, do not make a complete remission"
                )
        if any((level.when is None) != (level is self.levels[-1]) for level in self.levels):
            yield "every level needs a condition, except the last, which has none"


PROGRESSION = "PD"
NOT_EVALUABLE = "NE"
RELATIVE_BLASTS = "MBPCTBL"


def _asks_for_marrow(condition: Condition | None) -> bool:
    """Whether an upper bound of the marrow blasts is among the parts that must all hold."""
    is_and = isinstance(condition, Compound) and condition.operator == "AND"
    parts = condition.parts if isinstance(condition, Compound) and is_and else (condition,)
    return any(
        isinstance(part, Comparison)
        and part.variable == MARROW_BLASTS
        and part.comparator in ("LT", "LE")
        for part in parts
    )


_SETS = TypeAdapter(dict[str, ResponseCriteria])


def read_criteria(sets: object, place: str = "") -> dict[str, ResponseCriteria]:
    """Check criteria sets as a plan's YAML gives them.

    Parameters
    ----------
    sets : object
        Mapping of a name (a value of RSTYPE) to a set in the form of ``response_criteria.yaml``.
    place : str
        File, for the findings.

    Raises
    ------
    PlanError
        With every fault: unknown keys, conditions that cannot be read, unknown components, a
        complete response without marrow.
    """
    try:
        return _SETS.validate_python(sets)
    except ValidationError as error:
        raise PlanError(
            Finding(
                "plan.response",
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}",
                place=place,
            )
            for fault in error.errors()
        ) from None


@cache
def default_criteria() -> Mapping[str, ResponseCriteria]:
    """The sets that come with the package: CHRONIC and ACUTE."""
    text = files("il5report.derive").joinpath("response_criteria.yaml").read_text("utf-8")
    return read_criteria(yaml.safe_load(text), "response_criteria.yaml")
