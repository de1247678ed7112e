"""Sample size, two stages, interim looks, stopping boundaries: what their displays must hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from tests.outputs.arithmetic import binomial_tail, fixed, p_value
from tests.outputs.expected import Expected, Place, percent
from tests.outputs.records import Column, Record, Trial, distinct


def entered(trial: Trial, options: Record, c: Column, size: int) -> tuple[int, int]:
    """Responders and number of the first subjects by date of infusion."""
    subjects = trial.where("ADSL", "", c.subjects)
    subjects.sort(key=lambda r: (r["TRTSDT"], r["USUBJID"]))
    early = frozenset(r["USUBJID"] for r in subjects[:size])
    return len(distinct(trial.where("ADRS", options["response"], early))), len(early)


def _sample_size(made: Expected, _trial: Trial, options: Record) -> None:
    from scipy.stats import binom

    (c,) = made.columns
    size, alpha = options["N"], options["alpha"]
    made.bands = [f"Null rate {percent(p0)}%" for p0 in options["p0"]]
    texts: dict[tuple[str, float], list[str]] = {}
    for p0 in options["p0"]:
        null = Fraction(str(p0))
        at = next(k for k in range(size + 2) if binomial_tail(k, size, null) <= alpha)
        error = binomial_tail(at, size, null)
        texts.setdefault(("at", 0), []).append(f"{at} or more")
        texts.setdefault(("error", 0), []).append(percent(error))
        for p1 in options["p1"]:
            power, n, reached = binomial_tail(at, size, Fraction(str(p1))), 0, 0.0
            while reached < options["power"]:
                n += 1
                least = next(k for k in range(n + 2) if binom.sf(k - 1, n, p0) <= alpha)
                reached = float(binom.sf(least - 1, n, p1))
            found = {"reject_at": at, "alpha": error, "power": power, "least": n}
            for name, value in found.items():
                made.numbers[Place("design", c.label, name, f"{p0:g}", "", f"{p1:g}")] = value
            texts.setdefault(("power", p1), []).append(percent(power))
            texts.setdefault(("least", p1), []).append(str(n))
    made.line(0, f"Responses of {size} that reject", texts["at", 0])
    made.line(0, "Exact one-sided type I error, %", texts["error", 0])
    for name, label in (
        ("power", f"Exact power with {size} subjects, %"),
        ("least", f"Fewest subjects for a power of {percent(options['power'])}%"),
    ):
        made.line(0, label)
        for p1 in options["p1"]:
            made.line(1, f"True rate {percent(p1)}%", texts[name, p1])


class Stages:
    """Simon's two stages: r1 of n1, then n."""

    def __init__(self, design: Record) -> None:
        self.r1, self.n1, self.n = (design[name] for name in ("r1", "n1", "n"))

    def paths(self, x: int) -> dict[int, int]:
        """Ways to `x` responses in both stages, by the responses of the first."""
        return {
            first: math.comb(self.n1, first) * math.comb(self.n - self.n1, x - first)
            for first in range(self.r1 + 1, self.n1 + 1)
            if 0 <= x - first <= self.n - self.n1
        }

    def chance(self, x: int, p: float | Fraction) -> float | Fraction:
        """Probability to end with x responses."""
        if x <= self.r1:
            return math.comb(self.n1, x) * p**x * (1 - p) ** (self.n1 - x)
        return sum(self.paths(x).values()) * p**x * (1 - p) ** (self.n - x)

    def beyond(self, x: int, p: float | Fraction) -> float | Fraction:
        """Probability to end with x or more responses."""
        return sum(self.chance(k, p) for k in range(x, self.n + 1))

    def unbiased(self, x: int) -> Fraction:
        """Mean share of responses in the first stage, of all ways to this end."""
        if x <= self.r1:
            return Fraction(x, self.n1)
        ways = self.paths(x)
        mean = Fraction(sum(k * w for k, w in ways.items()), sum(ways.values()))
        return mean / self.n1

    def limits(self, x: int, upper_from: int) -> tuple[float, float | None]:
        """The rates at which x or more, and `upper_from` or more, have 2.5% and 97.5%."""
        lower = 0.0 if x == 0 else _root(lambda p: float(self.beyond(x, p)) - 0.025)
        if upper_from == 0:
            return lower, None
        upper = (
            1.0
            if upper_from > self.n
            else _root(lambda p: float(self.beyond(upper_from, p)) - 0.975)
        )
        return lower, upper


def _root(rises: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return (low + high) / 2


def _two_stage(made: Expected, trial: Trial, options: Record) -> None:
    (c,) = made.columns
    design = options["design"]
    stages = Stages(design)
    rates = {"null": Fraction(str(options["p0"])), "alternative": Fraction(str(options["p1"]))}
    for name, value in design.items():
        made.numbers[Place("rule", c.label, name)] = value
    facts: dict[tuple[str, str], float] = {}
    for level, p in rates.items():
        early = 1 - binomial_tail(design["r1"] + 1, design["n1"], p)
        facts[level, "reject"] = float(stages.beyond(design["r"] + 1, p))
        facts[level, "stop_early"] = early
        facts[level, "expected_n"] = design["n1"] + (1 - early) * (design["n"] - design["n1"])
    for (level, name), value in facts.items():
        made.numbers[Place("rule", c.label, name, level=level)] = value
    null, other = (f"{percent(float(p))}%" for p in rates.values())
    made.line(0, "Design")
    made.line(1, "Stop after stage 1", ["{r1} or fewer of {n1}".format(**design)])
    made.line(1, f"Reject a rate of {null} or less", ["more than {r} of {n}".format(**design)])
    for label, at in (
        ("Exact one-sided type I error, %", ("null", "reject")),
        (f"Exact power at a true rate of {other}, %", ("alternative", "reject")),
        (f"Probability to stop early at {null}, %", ("null", "stop_early")),
        (f"Probability to stop early at {other}, %", ("alternative", "stop_early")),
    ):
        made.line(1, label, [percent(facts[at])])
    made.line(1, f"Expected number of subjects at {null}", [fixed(facts["null", "expected_n"], 1)])
    first, size = entered(trial, options, c, design["n1"])
    n, total = entered(trial, options, c, len(c.subjects))
    made.counted(first, size, "stage 1", c.label)
    made.counted(n, total, "all", c.label)
    missing, left = design["r1"] + 1 - first, design["n1"] - size
    said = "Stop" if missing > left else f"Open: {missing} of the next {left} must respond"
    made.line(0, "Trial")
    made.line(1, "Responses in stage 1, n/N", [f"{first}/{size}"])
    made.line(1, "After stage 1", [said if missing > 0 else "Go on"])
    made.line(1, "Responses so far, n/N", [f"{n}/{total}"])
    ended = total == (design["n1"] if first <= design["r1"] else design["n"])
    found: dict[tuple[str, str], float | None] = {}
    for convention, step in (("koyama_chen", 1), ("clinfun", 0)):
        ends = stages.limits(n, n + step) if ended else (None, None)
        found |= {(convention, "lower"): ends[0], (convention, "upper"): ends[1]}
    first_column = "koyama_chen"
    found[first_column, "mle"] = n / total if ended else None
    found[first_column, "umvue"] = float(stages.unbiased(n)) if ended else None
    found[first_column, "p_value"] = float(stages.beyond(n, rates["null"])) if ended else None
    for (convention, name), value in found.items():
        made.numbers[Place("inference", c.label, name, level=convention)] = value
    made.line(0, "Inference that respects the early stop")
    made.line(1, "Naive proportion, %", [percent(found[first_column, "mle"])])
    made.line(1, "Unbiased estimate, %", [percent(found[first_column, "umvue"])])
    p = found[first_column, "p_value"]
    made.line(1, "One-sided p-value", ["NE" if p is None else p_value(p)])
    for convention, said in (
        ("koyama_chen", "Koyama and Chen"), ("clinfun", "upper limit as R clinfun"),
    ):  # fmt: skip
        low, high = (percent(found[convention, name]) for name in ("lower", "upper"))
        made.line(1, f"95% confidence interval, {said}, %", [f"({low}, {high})"])


def _said(prior: Record) -> str:
    return f"{prior['label']}: beta({prior['a']:g}, {prior['b']:g})"


def _interim(made: Expected, trial: Trial, options: Record) -> None:
    from scipy.stats import beta, betabinom

    (c,) = made.columns
    size, p0 = options["N"], options["p0"]
    needed = {}
    for prior in options["priors"]:
        success = [
            k for k in range(size + 1)
            if beta.sf(p0, prior["a"] + k, prior["b"] + size - k) > options["theta"]
        ]  # fmt: skip
        needed[prior["label"]] = success[0]
    made.line(0, f"Responses of {size} that are a success")
    for prior in options["priors"]:
        made.line(1, _said(prior), [f"{needed[prior['label']]} or more"])
    for look in options["looks"]:
        n, total = entered(trial, options, c, look)
        made.counted(n, total, "look", c.label, level=str(look))
        made.line(0, f"First {look} subjects: responses, n/N", [f"{n}/{total}"])
        found = {}
        for prior in options["priors"]:
            a, b = prior["a"] + n, prior["b"] + total - n
            missing, left = needed[prior["label"]] - n, size - total
            rest = betabinom.sf(missing - 1, left, a, b) if left else float(missing <= 0)
            reached = total == look
            found[prior["label"]] = {
                "posterior": float(beta.sf(p0, a, b)) if reached else None,
                "probability": float(rest) if reached else None,
                "responses_needed": needed[prior["label"]],
            }
            for name, value in found[prior["label"]].items():
                place = Place("interim", c.label, name, prior["label"], level=str(look))
                made.numbers[place] = value
        for name, label in (
            ("posterior", f"Posterior probability of a rate above {percent(p0)}%, %"),
            ("probability", f"Predictive probability of success with {size}, %"),
        ):
            made.line(1, label)
            for prior in options["priors"]:
                made.line(2, _said(prior), [percent(found[prior["label"]][name])])


def _boundaries(made: Expected, _trial: Trial, options: Record) -> None:
    from scipy.stats import beta

    (c,) = made.columns
    made.bands = [_said(prior) for prior in options["priors"]]
    texts: dict[tuple[str, float], list[str]] = {}
    for prior in options["priors"]:
        stops = {}
        for size in range(options["first"], options["N"] + 1):
            above = [
                k for k in range(size + 1)
                if beta.sf(options["limit"], prior["a"] + k, prior["b"] + size - k)
                > options["certainty"]
            ]  # fmt: skip
            stops[size] = above[0] if above else None
        for look in options["looks"]:
            place = Place("boundary", c.label, "count", prior["label"], level=str(look))
            made.numbers[place] = stops[look]
            texts.setdefault(("boundary", look), []).append(fixed(stops[look], 0))
        for rate in options["rates"]:
            stopped, mean = _walk(stops, options["N"], rate)
            place = Place("characteristics", c.label, "stop", prior["label"], level=f"{rate:g}")
            made.numbers[place] = stopped
            made.numbers[place._replace(stat_name="expected_N")] = mean
            texts.setdefault(("stop", rate), []).append(percent(stopped))
            texts.setdefault(("mean", rate), []).append(fixed(mean, 1))
    made.line(0, f"{options['event_label']}: number that stops")
    for look in options["looks"]:
        made.line(1, f"Of {look} subjects", texts["boundary", look])
    for name, label in (
        ("stop", "Probability to stop, %"), ("mean", "Expected number of subjects"),
    ):  # fmt: skip
        made.line(0, label)
        for rate in options["rates"]:
            made.line(1, f"True rate {percent(rate)}%", texts[name, rate])


def _walk(stops: dict[int, int | None], size: int, rate: float) -> tuple[float, float]:
    """Probability to stop and mean number of subjects, path by path of the number of events."""
    going, stopped, mean = {0: 1.0}, 0.0, 0.0
    for n in range(1, size + 1):
        after: dict[int, float] = {}
        for k, p in going.items():
            after[k] = after.get(k, 0.0) + p * (1 - rate)
            after[k + 1] = after.get(k + 1, 0.0) + p * rate
        limit = stops.get(n)
        out = [k for k in after if limit is not None and k >= limit]
        left = math.fsum(after[k] for k in out)
        stopped += left
        going = {k: p for k, p in after.items() if k not in out}
        mean += n * (math.fsum(after.values()) if n == size else left)
    return stopped, mean


OUTPUTS = {
    "t_sample_size": _sample_size,
    "t_two_stage": _two_stage,
    "t_interim": _interim,
    "t_boundaries": _boundaries,
}
