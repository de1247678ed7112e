"""From SDTM to ADaM: the whole derivation, in order."""

from __future__ import annotations

from il5report.data.dataset import Dataset, Study
from il5report.derive import adae, adpc, adpp, adrs, adtte
from il5report.derive.adsl import derive_adsl
from il5report.derive.assemble import assemble, make_core
from il5report.derive.domains import Domains
from il5report.errors import DataError, Finding, PlanError, Severity
from il5report.plan.models import Plan


def derive(study: Study, plan: Plan) -> tuple[dict[str, Dataset], tuple[Finding, ...]]:
    """ADaM data sets of a study, by the derivation that its plan declares.

    Parameters
    ----------
    study : Study
        SDTM domains.
    plan : Plan
        With a derivation.

    Returns
    -------
    dict of Dataset
        ADSL first; every other data set that the plan and the domains allow. None is empty.
    tuple of Finding
        What was left out, imputed in no stated way or odd, with counts and subjects; no errors.

    Raises
    ------
    PlanError
        The plan declares no derivation.
    DataError
        Every fault that makes a derived number wrong: unknown variable, treatment or unit,
        subject without an end of follow-up.
    """
    derivation = plan.derivation
    if derivation is None:
        raise PlanError([Finding("plan.derivation", "the plan says nothing of how to derive ADaM")])
    domains = Domains(study, plan.data_cutoff)
    adsl = derive_adsl(domains, plan, derivation)
    domains.add("ADSL", adsl)
    core = make_core(adsl, plan)
    made = [assemble("ADSL", adsl, core, ("USUBJID",))]

    events = adae.derive_adae(domains, core, derivation)
    if events is not None:
        made.append(assemble("ADAE", events, core, adae.KEYS))
    if derivation.response is not None:
        frame = core.join(adrs.derive_adrs(domains, adsl, plan, derivation.response))
        made.append(assemble("ADRS", frame, core, adrs.KEYS, adrs.LABELS))
        domains.add("ADRS", made[-1].frame)
    if derivation.endpoints:
        frame = core.join(adtte.derive_adtte(domains, adsl, plan, derivation))
        made.append(assemble("ADTTE", frame, core, adtte.KEYS, adtte.LABELS))
    if plan.assays:
        samples = adpc.derive_adpc(domains, adsl, plan)
        made.append(assemble("ADPC", core.join(samples), core, adpc.KEYS, adpc.LABELS))
        if derivation.kinetics is not None:
            frame = core.join(adpp.derive_adpp(domains, samples, plan, derivation.kinetics))
            made.append(assemble("ADPP", frame, core, adpp.KEYS, adpp.LABELS))
    errors = [f for f in domains.findings if f.severity is Severity.ERROR]
    if errors:
        raise DataError(errors)
    return {d.name: d for d in made if d.frame.height}, tuple(domains.findings)
