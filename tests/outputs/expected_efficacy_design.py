"""Estimands, decision rule and posteriors: what their displays must hold, from the records."""

from __future__ import annotations

from fractions import Fraction

from tests.outputs.arithmetic import binomial_tail
from tests.outputs.expected import Expected, Place, percent
from tests.outputs.records import Record, Trial, distinct


def _estimands(made: Expected, trial: Trial, _options: Record) -> None:
    for key, estimand in trial.estimands.items():
        label = trial.sets[estimand["analysis_set"]]["label"]
        if "population" in estimand:
            label += f": {estimand['population']}"
        inside = {r["USUBJID"] for r in trial.subjects(estimand["analysis_set"])}
        own = {
            r["USUBJID"]
            for r in trial.records(estimand.get("dataset", "ADTTE"))
            if r["PARAMCD"] == estimand["parameter"] and r["USUBJID"] in inside
        }
        groups = {c.label: c.subjects & own for c in made.columns}
        made.line(0, f"{key}: {estimand['variable']}")
        sizes = []
        for column, group in groups.items():
            made.numbers[Place("analysed", column, "N", group=key)] = len(group)
            sizes.append(str(len(group)))
        made.line(1, f"{label}, N", sizes)
        for event in estimand["intercurrent_events"]:
            name = event["event"]
            texts = []
            for column, group in groups.items():
                records = trial.where(event.get("dataset", "ADSL"), event["where"], group)
                place = {"group": key, "level": name}
                n = len(distinct(records))
                texts.append(made.counted(n, len(group), "touched", column, **place))
            made.line(1, f"{name} ({event['strategy']})", texts)


def _decision(made: Expected, trial: Trial, options: Record) -> None:
    (c,) = made.columns
    size, p0 = options["N"], Fraction(str(options["p0"]))
    at = next(k for k in range(size + 2) if binomial_tail(k, size, p0) <= options["alpha"])
    error = binomial_tail(at, size, p0)
    made.line(0, f"Responses of {size} that reject a rate of {percent(float(p0))}% or less",
              [f"{at} or more"])  # fmt: skip
    made.line(0, "Exact one-sided type I error, %", [percent(error)])
    for p1 in options["p1"]:
        power = binomial_tail(at, size, Fraction(str(p1)))
        place = Place("design", c.label, "reject_at", level=f"{p1:g}")
        made.numbers[place] = at
        made.numbers[place._replace(stat_name="alpha")] = error
        made.numbers[place._replace(stat_name="power")] = power
        made.line(0, f"Exact power at a true rate of {percent(p1)}%, %", [percent(power)])
    n = len(distinct(trial.where("ADRS", options["response"], c.subjects)))
    made.counted(n, len(c.subjects), "observed", c.label)
    made.line(0, "Responses observed, n/N", [f"{n}/{len(c.subjects)}"])
    missing, left = max(at - n, 0), size - len(c.subjects)
    made.numbers[Place("standing", c.label, "missing")] = missing
    made.numbers[Place("standing", c.label, "left")] = left
    said = "Not rejected" if missing > left else f"Open: {missing} of the next {left} must respond"
    made.line(0, "Null hypothesis", [said if missing else "Rejected"])


def _posterior(made: Expected, trial: Trial, options: Record) -> None:
    from scipy.stats import beta

    seen = {}
    for c in made.columns:
        events = trial.where(options.get("dataset", "ADSL"), options["event"], c.subjects)
        seen[c.label] = len(distinct(events)), len(c.subjects)
        made.counted(*seen[c.label], "event", c.label)
    made.line(0, f"{options['event_label']}, n/N", [f"{n}/{total}" for n, total in seen.values()])
    for prior in options["priors"]:
        made.line(0, f"{prior['label']}: beta({prior['a']:g}, {prior['b']:g})")
        means, above = [], []
        for column, (n, total) in seen.items():
            after = beta(prior["a"] + n, prior["b"] + total - n)
            found = {
                "mean": after.mean(), "lower": after.ppf(0.025), "upper": after.ppf(0.975),
                "exceeds": after.sf(options["limit"]),
            }  # fmt: skip
            for name, value in found.items():
                made.numbers[Place("posterior", column, name, level=prior["label"])] = float(value)
            shown = {name: percent(float(value)) for name, value in found.items()}
            means.append("{mean} ({lower}, {upper})".format(**shown))
            above.append(shown["exceeds"])
        made.line(1, "Posterior mean, % (95% credible interval)", means)
        label = f"Probability that the rate exceeds {percent(options['limit'])}%, %"
        made.line(1, label, above)


def _probabilities(made: Expected, _trial: Trial, options: Record) -> None:
    for rate in options["rates"]:
        texts = []
        for c in made.columns:
            value = float(1 - (1 - Fraction(str(rate))) ** len(c.subjects))
            made.numbers[Place("probability", c.label, "probability", level=f"{rate:g}")] = value
            texts.append(percent(value))
        made.line(0, f"True rate {percent(rate)}%", texts)


OUTPUTS = {
    "t_estimands": _estimands,
    "t_decision": _decision,
    "t_posterior": _posterior,
    "t_probabilities": _probabilities,
}
