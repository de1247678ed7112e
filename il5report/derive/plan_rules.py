"""The rules that a plan itself writes, as metadata for the methods section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from il5report.data.variables import label_of
from il5report.derive import dates
from il5report.derive.criteria import Criteria, Provenance
from il5report.plan.biomarkers import BiomarkerRules
from il5report.plan.derivation import Derivation, Kinetics
from il5report.plan.dose_limiting import DltDefinition
from il5report.plan.endpoints import Endpoint

_SOURCE = "analysis plan"

IMPUTATION = Criteria(
    name="Partial and missing dates",
    version="one rule for events and interventions",
    citation=_SOURCE,
    provenance=Provenance.PROTOCOL,
    text=dates.IMPUTATION_RULE,
)


def plan_rules(rules: Derivation) -> Iterator[Criteria]:
    """Rules on dates, dose-limiting toxicity, times to event, kinetics, biomarkers and bands."""
    yield IMPUTATION
    events = rules.adverse_events
    if events is not None and events.dose_limiting is not None:
        yield _dose_limiting(events.dose_limiting)
    if rules.endpoints:
        yield _written(
            "Times to event",
            "The first event ends the time at risk, unless an interruption came before it; without "
            "an event the first censoring rule with a known date applies. Days count from the "
            "start (day 1).",
            *(_endpoint(e, rules) for e in rules.endpoints.values()),
        )
    if rules.kinetics is not None:
        yield _kinetics(rules.kinetics)
    if rules.biomarkers is not None:
        yield _biomarkers(rules.biomarkers)
    banded = list(_bands(rules))
    if banded:
        yield _written("Bands of values", "Values are shown in the bands of the plan.", *banded)


def _written(name: str, text: str, *choices: str) -> Criteria:
    return Criteria(name, "as in the plan", _SOURCE, Provenance.PROTOCOL, text, choices)


def _dose_limiting(definition: DltDefinition) -> Criteria:
    choices = [
        f"{rule.label}: {rule.where}"
        + (f", lasting more than {rule.longer_than} days" if rule.longer_than is not None else "")
        + "."
        for rule in definition.rules
    ]
    if definition.exclude is not None:
        choices.append(f"Never dose limiting: {definition.exclude}.")
    text = (
        f"An adverse event that starts within {definition.window} days of the infusion is dose "
        "limiting where one of the rules of the plan holds. "
        + (
            "The report counts these events."
            if definition.counts == "definition"
            else "The report counts the events that the investigator calls dose limiting instead."
        )
    )
    return _written("Dose-limiting toxicity", text, *choices)


def _endpoint(endpoint: Endpoint, rules: Derivation) -> str:
    """One sentence; of a variant only how it differs."""
    parts = _parts(endpoint, rules)
    original = endpoint.original(rules.endpoints.values())
    if original is None:
        return f"{endpoint.label}: {'; '.join(parts)}."
    like = _parts(original, rules)
    other = [part for part in parts if part not in like]
    gone = [part for part in like if part not in parts and not part.startswith("from ")]
    other += [f"not {part}" for part in gone]
    return f"{endpoint.label}: as {original.label}, but {'; '.join(other)}."


def _parts(endpoint: Endpoint, rules: Derivation) -> list[str]:
    """Start, events, what ends the time at risk before them, censoring."""

    def name(date: str) -> str:
        declared: Mapping[str, str] = {
            **{k: v.label for k, v in rules.dates.items()},
            **{k: v.label for k, v in rules.event_dates.items()},
        }
        return declared.get(date) or label_of(date) or date

    every = rules.endpoints.values()
    events = endpoint.event_texts(every, name)
    competing = endpoint.event_texts(every, name, competing=True)
    parts = [f"from {name(endpoint.start)} to {' or '.join(events)}"]
    if competing:
        parts.append(f"competing: {' or '.join(competing)}")
    parts += [
        f"interrupted by {stop.description}, censored at {name(stop.censor_at or stop.date)}"
        for stop in endpoint.interruptions
    ]
    if endpoint.missed is not None:
        missed = endpoint.missed
        parts.append(
            f"after {missed.count} or more missed assessments censored at "
            f"{name(missed.assessments)}"
        )
    parts += [
        f"censored ({c.description}) at {name(c.date)}" + (f" where {c.where}" if c.where else "")
        for c in endpoint.censoring
    ]
    return parts


def _kinetics(rules: Kinetics) -> Criteria:
    inside = {
        "single_missing": "a single one is missing, two or more in a row are 0",
        "missing": "it is missing",
        "zero": "it is 0",
    }[rules.blq_inside]
    choices = [
        f"Times are {'by the clock' if rules.time == 'clock' else 'whole days'} from the infusion.",
        f"Below the limit between two quantifiable values: {inside}.",
        "After the last quantifiable value: "
        + ("0." if rules.after_last == "zero" else "a triangle to the next sample."),
        f"The terminal slope needs {rules.lambda_min_points} points and an adjusted R2 of "
        f"{rules.lambda_min_r2adj:g}.",
    ]
    if rules.predose_zero:
        choices.append("Below the limit before the infusion: 0.")
    windows = ", ".join(w.label for w in rules.windows.values())
    text = f"Non-compartmental analysis of each subject, analyte and matrix; windows: {windows}."
    return _written("Cellular kinetics", text, *choices)


def _biomarkers(rules: BiomarkerRules) -> Criteria:
    choices = [
        f"{code}: depleted below {d.below:g} in {d.in_a_row} samples in a row, recovered at or "
        "above it" + (f", high at {d.high:g} or more." if d.high is not None else ".")
        for code, d in rules.depletion.items()
    ]
    choices += [
        f"{code}: values after {source.where} are flagged, and kept."
        for code, source in rules.masked.items()
    ]
    first, last = rules.window
    text = (
        f"Peak and fold of the baseline of {', '.join(rules.peaks)} from day {first} to day {last} "
        "after the infusion; a baseline below the limit counts as the limit."
    )
    return _written("Biomarkers", text, *choices)


def _bands(rules: Derivation) -> Iterator[str]:
    for dataset, findings in rules.findings.items():
        for code, several in findings.bands.items():
            for band in several:
                what = "change of " if band.of == "CHG" else ""
                yield f"{dataset}, {what}{code} ({band.units[0]}): {', '.join(band.labels)}."
