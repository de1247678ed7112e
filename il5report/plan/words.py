"""Words of the plan that footnotes and texts name as ``{word}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from il5report.plan.models import Plan

# Days of the data (ADY, ASTDY, AENDY) count as the standard says, whatever the protocol does.
STUDY_DAY = "Study day: the day of infusion is day 1, the day before it day -1."
DLT_SOURCES = {"definition": "the plan's definition", "investigator": "the investigator"}
KINETICS_TIMES = {"clock": "actual times", "day": "whole days"}
BLQ_INSIDE = {
    "single_missing": "left out if alone and 0 if two or more in a row",
    "missing": "left out",
    "zero": "0",
}
AFTER_LAST = {
    "zero": "0 beyond the last quantifiable value",
    "triangle": "a triangle down to that sample",
}
CI_NAMES: Mapping[str, str] = {
    "clopper_pearson": "Clopper-Pearson (exact)",
    "wilson": "Wilson score",
    "jeffreys": "Jeffreys",
    "agresti_coull": "Agresti-Coull",
    "wald": "Wald",
    "mid_p": "mid-P",
    "blaker": "Blaker",
    "plain": "plain",
    "log": "log",
    "loglog": "log-log",
    "logit": "logit",
    "arcsin": "arcsine",
}


_WORD = re.compile(r"\{(\w+)\}")


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with each ``{word}`` replaced; KeyError for a word that does not exist."""
    return _WORD.sub(lambda found: words[found[1]], text)


def words(plan: Plan) -> Mapping[str, str]:
    """What footnotes can name, whatever the display."""
    conventions = plan.conventions
    return {
        "conf": f"{100 * conventions.conf_level:g}%",
        "ae_grading": plan.grading.ae,
        "syndrome_grading": plan.grading.syndromes,
        "proportion_ci": CI_NAMES[conventions.proportion_ci],
        "km_ci": CI_NAMES[conventions.km_ci],
        "convention": conventions.convention.upper(),
        "dlt_source": _dlt_source(plan),
        "kinetics_time": _kinetics_time(plan),
        "kinetics_rules": _kinetics_rules(plan),
        "auc_method": conventions.auc_method.replace("_", "-"),
        "infusion_day": f"Day {0 if conventions.day_zero else 1}: day of infusion.",
        "study_day": STUDY_DAY,
        "few": str(conventions.few_at_risk),
    }


def _dlt_source(plan: Plan) -> str:
    """Whose dose-limiting toxicities the report counts."""
    events = plan.derivation.adverse_events if plan.derivation else None
    if events is None or events.dose_limiting is None:
        return "the flag of the data"
    return DLT_SOURCES[events.dose_limiting.counts]


def _kinetics_time(plan: Plan) -> str:
    if plan.derivation is None or plan.derivation.kinetics is None:
        return "the times of the data"
    return KINETICS_TIMES[plan.derivation.kinetics.time]


def _kinetics_rules(plan: Plan) -> str:
    """How the parameters were made, in sentences."""
    if plan.derivation is None or plan.derivation.kinetics is None:
        return "Parameters as supplied in the data."
    rules, method = plan.derivation.kinetics, plan.conventions.auc_method.replace("_", "-")
    otherwise = "not estimable"
    if rules.extrapolate:
        otherwise = f"extrapolated from the {rules.extrapolate} last concentration"
    return (
        f"Non-compartmental analysis on {_kinetics_time(plan)} from infusion; area under the "
        f"curve by the {method} rule. Values below the limit of quantification: 0 before the "
        f"first quantifiable value, {BLQ_INSIDE[rules.blq_inside]} between two of them, "
        "never part of the terminal phase. Area to a day after the last quantifiable value: "
        f"{AFTER_LAST[rules.after_last]} where a sample below the limit follows, otherwise "
        f"{otherwise}."
    )
