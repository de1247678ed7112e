"""Which sets of clinical rules a plan's derivation applies: what the methods section prints."""

from __future__ import annotations

from il5report.derive import astct, cardiac, cytopenia, flags, icaht, icans, iechs, response_depth
from il5report.derive.criteria import Criteria
from il5report.derive.ctcae_criteria import CRITERIA_BY_VERSION
from il5report.derive.derived_response import criteria_sets
from il5report.derive.plan_rules import plan_rules
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
    response, version = rules.response, plan.grading.laboratory
    heart = any(f.ejection_fraction or f.fridericia for f in rules.findings.values())
    derived = response.derived if response is not None else None
    sets = {} if derived is None else criteria_sets(derived)
    families = (
        (True, tuple(each.criteria for each in sets.values())),
        (response is not None and response.depth is not None, response_depth.CRITERIA),
        (rules.crs is not None, astct.CRITERIA),
        (rules.icans is not None, icans.CRITERIA),
        (rules.screening is not None, (*iechs.CRITERIA, *flags.CRITERIA)),
        (rules.cytopenia is not None, (*icaht.CRITERIA, *cytopenia.CRITERIA)),
        (bool(version), (CRITERIA_BY_VERSION[version],) if version else ()),
        (heart, cardiac.CRITERIA),
        (True, tuple(plan_rules(rules))),
    )
    return tuple(each for applied, family in families if applied for each in family)
