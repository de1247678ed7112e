"""The checks on which a report depends, before anything is computed.

Severity is a promise. An ERROR means that a number of the report would be wrong or could not be
computed: records counted twice, subjects without a denominator, an unreadable flag or censoring. A
WARNING is a record that a data manager must look at (real studies have dates after the cut-off and
ends before starts while queries are open). A NOTE is as it should be, but the reader should know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from il5report.data import rules_adam as adam
from il5report.data import rules_clinical as clinical
from il5report.data import rules_conformance as conformance
from il5report.data import rules_structure as structure
from il5report.data import rules_values as values
from il5report.data.dataset import Study
from il5report.data.rules import Rule, Scope, answered
from il5report.errors import SUBJECTS_SHOWN, Accepted, Finding, Severity, nearest

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

CHECKS: tuple[Rule, ...] = (
    Rule("dataset.missing", ERROR, "Every data set that the report needs is there.",
         structure.missing_dataset, waivable=False),
    Rule("variable.missing", ERROR, "Every variable that the report needs is there.",
         structure.missing_variable, waivable=False),
    Rule("variable.type", WARNING, "Each variable has its standard type (error where needed).",
         structure.wrong_type),
    Rule("dataset.empty", WARNING, "Each data set has records (error for ADSL and DM).",
         structure.no_records),
    Rule("subject.null", ERROR, "Each record has a USUBJID.", structure.null_subject),
    Rule("subject.unknown", ERROR, "Each subject is in ADSL, or in DM for SDTM.",
         structure.unknown_subject),
    Rule("key.duplicate", ERROR, "The key identifies a record.", structure.duplicate_key),
    Rule("adsl.carried", WARNING, "Subject-level variables elsewhere say what ADSL says.",
         structure.differs_from_adsl),
    Rule("event.repeated", WARNING, "No adverse event repeats subject, term and start.",
         structure.repeated_event),
    Rule("flag.value", ERROR, "A flag is Y, N or missing.", values.unknown_flag),
    Rule("code.unknown", WARNING, "Coded values are in their codelist (error for the seriousness "
         "criteria and for the plan's own codelists).", values.unknown_code),
    Rule("grade.range", WARNING, "A toxicity grade is a whole number up to 5.",
         values.grade_range),
    Rule("date.format", WARNING, "A --DTC is an ISO 8601 date, whole or partial.",
         values.date_format),
    Rule("date.after_cutoff", WARNING, "No date is after the data cut-off.",
         values.after_cutoff),
    Rule("date.order", WARNING, "No end is before its start.", values.end_before_start),
    Rule("date.after_death", WARNING, "No record starts after the subject's death.",
         values.after_death),
    Rule("day.zero", WARNING, "There is no study day 0.", values.day_zero),
    Rule("death.date", WARNING, "Who died has a date of death, and nobody else.",
         adam.death_without_date),
    Rule("ae.fatal_not_serious", WARNING, "A fatal event is serious.", adam.fatal_not_serious),
    Rule("param.name", ERROR, "PARAM and PARAMCD name each other one to one.",
         adam.parameter_names),
    Rule("param.value", WARNING, "AVAL and AVALC map one to one within a parameter.",
         adam.value_texts),
    Rule("param.unit", WARNING, "A parameter has one unit within its category.", adam.one_unit),
    Rule("tte.censoring", ERROR, "CNSR is 0 or a whole positive number.", adam.censoring),
    Rule("tte.time", ERROR, "A time to event is neither missing nor negative.",
         adam.time_to_event),
    Rule("variable.required", WARNING, "The variables that SDTM or ADaM require are there.",
         conformance.required_variables),
    Rule("variable.name", WARNING, "A name fits a transport file.", conformance.variable_names),
    Rule("variable.label", NOTE, "Each variable has a label that fits a transport file.",
         conformance.variable_labels),
    Rule("code.name", WARNING, "A test or visit has one code and one name.",
         conformance.code_names),
    Rule("supp.orphan", WARNING, "A supplemental qualifier belongs to a record.",
         conformance.orphaned_qualifiers),
    Rule("day.wrong", WARNING, "A study or analysis day is that of its date.",
         conformance.study_day),
    Rule("baseline.repeated", WARNING, "A subject has one baseline of a parameter.",
         conformance.repeated_baseline),
    Rule("change.wrong", WARNING, "CHG is AVAL - BASE.", conformance.change_from_baseline),
    Rule("ae.before_treatment", WARNING, "CRS and ICANS follow the first treatment.",
         conformance.syndrome_before_treatment),
    Rule("flag.safety", WARNING, "Who is in the safety set has a first treatment date.",
         conformance.treated_without_date),
    Rule("tte.description", WARNING, "Each time to event says what happened, or why it is "
         "censored.", adam.described),
    Rule("tte.death", WARNING, "Overall survival ends with the death of ADSL.",
         clinical.survival_and_death),
    Rule("base.wrong", WARNING, "BASE is the value of the baseline record.",
         adam.baseline_value),
    Rule("adsl.order", WARNING, "Consent, enrolment, leukapheresis, lymphodepletion, infusion and "
         "death follow each other.", clinical.subject_dates),
    Rule("ae.fatal_grade", WARNING, "Grade 5 is a fatal outcome, and only that.",
         clinical.fatal_grade),
    Rule("ae.fatal_alive", WARNING, "Who has a fatal event has died.", clinical.fatal_and_alive),
    Rule("ae.emergent", WARNING, "A treatment-emergent event starts with or after the treatment.",
         clinical.emergent_before_treatment),
    Rule("fever.before_treatment", WARNING, "No fever on the three days before the treatment.",
         clinical.fever_before_treatment),
    Rule("value.implausible", WARNING, "A living adult can have the value.",
         clinical.implausible_value),
    Rule("record.derived", NOTE, "Derived records (DTYPE) are known as such.",
         adam.derived_records),
)  # fmt: skip


def check_study(
    study: Study,
    *,
    needs: Mapping[str, Collection[str]] | None = None,
    keys: Mapping[str, Sequence[str]] | None = None,
    cutoff: date | None = None,
    codelists: Mapping[str, Collection[str]] | None = None,
) -> tuple[Finding, ...]:
    """Every rule of `CHECKS` on SDTM, ADaM or both.

    Parameters
    ----------
    study : Mapping[str, Dataset]
        The data sets by name.
    needs : Mapping[str, Collection[str]], optional
        Data set to the variables without which the report cannot be made.
    keys : Mapping[str, Sequence[str]], optional
        Data set to its key, where it is not the standard one (USUBJID for ADSL and DM; with --SEQ
        for SDTM and occurrence data, ASEQ for other ADaM, PARAMCD for time to event).
    cutoff : date, optional
        Data cut-off; without it no date is after it.
    codelists : Mapping[str, Collection[str]], optional
        Variable to the values that this study allows, instead of the standard ones.

    Returns
    -------
    tuple of Finding
        In the order of the rules, then of the data sets.
    """
    scope = Scope(study, needs or {}, keys or {}, cutoff, codelists or {})
    asked = [(rule, one) for rule in CHECKS for one in rule.test(scope)]
    hits = answered([one for _, one in asked])
    return tuple(
        Finding(
            rule=rule.id,
            message=hit.message,
            severity=hit.severity or rule.severity,
            dataset=hit.dataset,
            variable=hit.variable,
            count=hit.count,
            subjects=hit.subjects[:SUBJECTS_SHOWN],
            subject_count=len(hit.subjects),
        )
        for rule, hit in ((asked[place][0], hit) for place, hit in hits)
    )


class Waiver(Protocol):
    """What the study team accepts, and why; an empty data set or variable means any."""

    @property
    def rule(self) -> str: ...
    @property
    def dataset(self) -> str: ...
    @property
    def variable(self) -> str: ...
    @property
    def reason(self) -> str: ...


def apply_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver]
) -> tuple[tuple[Finding, ...], tuple[Accepted, ...]]:
    """Part the findings in those that stand and those that the plan accepts.

    Parameters
    ----------
    findings : iterable of Finding
        From reading and checking.
    waivers : sequence of Waiver
        The plan's.

    Returns
    -------
    tuple of tuple of Finding and tuple of Accepted
        What stands, with a note for each waiver that accepted nothing, and what is accepted.
    """
    final = {rule.id for rule in CHECKS if not rule.waivable}
    standing: list[Finding] = []
    accepted: list[Accepted] = []
    used: set[int] = set()
    for finding in findings:
        fitting = [i for i, waiver in enumerate(waivers) if _accepts(waiver, finding)]
        if fitting and finding.rule not in final:
            used.update(fitting)
            accepted.append(Accepted(finding, waivers[fitting[0]].reason))
        else:
            standing.append(finding)
    idle = [waiver for i, waiver in enumerate(waivers) if i not in used]
    return (*standing, *map(_idle, idle)), tuple(accepted)


def _accepts(waiver: Waiver, finding: Finding) -> bool:
    return (
        waiver.rule == finding.rule
        and waiver.dataset in ("", finding.dataset)
        and waiver.variable in ("", finding.variable)
    )


def _idle(waiver: Waiver) -> Finding:
    known = [rule.id for rule in CHECKS]
    hint = "" if waiver.rule in known else nearest(waiver.rule, known)
    message = f"The plan's waiver of {waiver.rule!r} accepts no finding{hint}"
    return Finding("waiver.idle", message, NOTE, waiver.dataset, waiver.variable)
