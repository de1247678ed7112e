"""Which sets of clinical rules a plan's derivation applies: what the methods section prints."""

from __future__ import annotations

from il5report.derive import astct, cytopenia, flags, icaht, icans, iechs
from il5report.derive.criteria import Criteria
from il5report.derive.ctcae_criteria import CRITERIA_BY_VERSION
from il5report.derive.derived_response import criteria_sets
from il5report.plan.models import Plan


def rule_sets(plan: Plan) -> tuple[Criteria, ...]:
    """The rule sets that the plan's derivation applies, in the order of the report's sections.

    Parameters
    ----------
    plan : Plan
        A plan without derivation applies none.

    Returns
    -------
    tuple of Criteria
    """
    rules = plan.derivation
    if rules is None:
        return ()
    found: list[Criteria] = []
    if rules.response is not None and rules.response.derived is not None:
        found += [each.criteria for each in criteria_sets(rules.response.derived).values()]
    if rules.crs is not None:
        found += astct.CRITERIA
    if rules.icans is not None:
        found += icans.CRITERIA
    if rules.screening is not None:
        found += (*iechs.CRITERIA, *flags.CRITERIA)
    if rules.cytopenia is not None:
        found += (*icaht.CRITERIA, *cytopenia.CRITERIA)
    if plan.grading.laboratory:
        found.append(CRITERIA_BY_VERSION[plan.grading.laboratory])
    return tuple(found)
