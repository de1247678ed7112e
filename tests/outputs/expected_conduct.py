"""Dose escalation, stopping boundaries, eligibility: what their displays must hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby

from tests.outputs.arithmetic import fixed
from tests.outputs.expected import Expected, Place, percent
from tests.outputs.records import Record, Trial, distinct

WORDS = {
    "3+3": {1: "Escalate", 0: "Treat three more", -1: "Not tolerated"},
    "boin": {1: "Escalate", 0: "Stay", -1: "De-escalate", -2: "Eliminate"},
}


def _three(size: int, n: int) -> int | None:
    """No toxicity in 3 or at most 1 in 6 escalates, 1 in 3 needs three more."""
    if size not in (3, 6):
        return None
    return -1 if n > 1 else int(n == 0 or size == 6)


def _boin(rule: Record, size: int, n: int) -> int | None:
    """The observed rate against the two boundaries, and the posterior of a uniform prior."""
    from scipy.stats import beta

    if not 1 <= size <= rule.get("max_N", 12):
        return None
    target = rule.get("target", 0.3)
    low, high = 0.6 * target, 1.4 * target

    def odds(p: float) -> float:
        return math.log(p / (1 - p))

    up = math.log((1 - low) / (1 - target)) / (odds(target) - odds(low))
    down = math.log((1 - target) / (1 - high)) / (odds(high) - odds(target))
    if size >= 3 and beta(1 + n, 1 + size - n).sf(target) > 0.95:
        return -2
    if n / size >= down:
        return -1
    return 1 if n / size <= up else 0


def _decision(rule: Record, size: int, n: int) -> int | None:
    return _three(size, n) if rule["kind"] == "3+3" else _boin(rule, size, n)


def _escalation(made: Expected, trial: Trial, options: Record) -> None:
    shares, intervals, seen = [], [], []
    for c in made.columns:
        n, size = len(distinct(trial.where("ADSL", options["event"], c.subjects))), len(c.subjects)
        text = made.counted(n, size, "observed", c.label)
        shares.append(text.replace(str(n), f"{n}/{size}", 1))
        intervals.append(f"({made.interval(n, size, 'observed', c.label)})")
        seen.append((c.label, size, n))
    made.line(0, "Subjects with a toxicity, n/N (%)", shares)
    made.line(1, "95% confidence interval, %", intervals)
    for other in options.get("beside", ()):
        shares = []
        for c in made.columns:
            n, size = (
                len(distinct(trial.where("ADSL", other["event"], c.subjects))),
                len(c.subjects),
            )
            text = made.counted(n, size, "beside", c.label, level=other["label"])
            shares.append(text.replace(str(n), f"{n}/{size}", 1))
        made.line(1, other["label"], shares)
    made.line(0, "Decision")
    for rule in options["rules"]:
        texts = []
        for label, size, n in seen:
            code = _decision(rule, size, n)
            made.numbers[Place("decision", label, "decision", level=rule["label"])] = code
            texts.append("NE" if code is None else WORDS[rule["kind"]][code])
        if texts[-1] == "Escalate":
            texts[-1] = "No higher dose level"
        made.line(1, rule["label"], texts)


def _rule(made: Expected, trial: Trial, options: Record) -> None:
    (c,), rule = made.columns, options["rule"]
    words = WORDS[rule["kind"]]
    made.bands = [*words.values(), "Dose levels here, with toxicity"]
    here = dict[int, list[str]]()
    for value, label in trial.columns["default"]["levels"].items():
        who = trial.where("ADSL", f'TRT01A == "{value}"', c.subjects)
        met = trial.where("ADSL", options["event"], frozenset(distinct(who)))
        made.counted(len(met), len(who), "standing", c.label, level=label)
        here.setdefault(len(who), []).append(f"{label}: {len(met)}")
    sizes = (3, 6) if rule["kind"] == "3+3" else range(1, rule.get("max_N", 12) + 1)
    for size in sizes:
        codes = [_decision(rule, size, n) for n in range(size + 1)]
        ups = [n for n, code in enumerate(codes) if code == 1]
        stays = [n for n, code in enumerate(codes) if code == 0]
        down = min(n for n, code in enumerate(codes) if code is not None and code < 0)
        out = min((n for n, code in enumerate(codes) if code == -2), default=None)
        place = Place("rule", c.label, "escalate", level=str(size))
        made.numbers[place] = max(ups)
        made.numbers[place._replace(stat_name="deescalate")] = down
        texts = [_span(ups), _span(stays), f"{down} or more"]
        if rule["kind"] == "boin":
            made.numbers[place._replace(stat_name="eliminate")] = out
            texts.append("None" if out is None else f"{out} or more")
        made.line(0, str(size), [*texts, "; ".join(here.get(size, []))])


def _span(counts: list[int]) -> str:
    if not counts:
        return "None"
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _boundary(made: Expected, trial: Trial, options: Record) -> None:
    from scipy.stats import beta

    (c,), last = made.columns, options["max_N"]
    for rule in options["rules"]:
        a, b = rule["prior"]

        def above(
            n: int, size: int, a: float = a, b: float = b, at: float = rule["limit"]
        ) -> float:
            return float(beta(a + n, b + size - n).sf(at))

        label = rule["label"]
        met = trial.where(rule.get("dataset", "ADSL"), rule["event"], c.subjects)
        n, size = len(distinct(met)), len(c.subjects)
        made.counted(n, size, "observed", c.label, group=label)
        made.numbers[Place("observed", c.label, "exceeds", label)] = above(n, size)
        stops = {
            k: next((x for x in range(k + 1) if above(x, k) > rule["certainty"]), None)
            for k in range(rule["first"], last + 1)
        }
        for k, count in stops.items():
            made.numbers[Place("boundary", c.label, "count", label, level=str(k))] = count
        made.line(0, label)
        made.line(1, "Subjects with event, n/N", [f"{n}/{size}"])
        made.line(1, f"Probability that the rate exceeds {percent(rule['limit'])}%, %",
                  [percent(above(n, size))])  # fmt: skip
        limit = stops.get(size)
        crossed = "Crossed" if limit is not None and n >= limit else "Not crossed"
        made.line(1, "Boundary", [crossed if size in stops else "No look at this number"])
        made.line(1, "Number of subjects, and of events that stop")
        for count, run in groupby(stops, key=lambda k: stops[k]):
            sizes = list(run)
            text = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
            made.line(2, text, ["None" if count is None else f"{count} or more"])
        made.line(1, "True rate: chance to stop, %; expected N")
        for rate in options["rates"]:
            stop, size_then = _chance(stops, rate, last)
            place = Place("chance", c.label, "stop", label, level=f"{rate:g}")
            made.numbers[place] = stop
            made.numbers[place._replace(stat_name="expected_N")] = size_then
            made.line(2, f"{percent(rate)}%", [f"{percent(stop)}; {fixed(size_then, 0)}"])


def _stopping_path(made: Expected, trial: Trial, options: Record) -> None:
    from scipy.stats import beta

    (c,) = made.columns
    for rule in options["rules"]:
        a, b = rule["prior"]
        for k in range(rule["first"], options["max_N"] + 1):
            stops = (
                x
                for x in range(k + 1)
                if beta(a + x, b + k - x).sf(rule["limit"]) > rule["certainty"]
            )
            place = Place("boundary", c.label, "count", rule["label"], level=str(k))
            made.numbers[place] = next(stops, None)
        met = distinct(trial.where(rule.get("dataset", "ADSL"), rule["event"], c.subjects))
        infused = {r["USUBJID"]: r["TRTSDT"] for r in trial.where("ADSL", "", c.subjects)}
        for day in set(infused.values()) - {None}:
            who = {s for s, started in infused.items() if started is not None and started <= day}
            place = {"group": rule["label"], "level": day.isoformat()}
            made.counted(len(who & met), len(who), "path", c.label, **place)
        made.sentences.append(f"{rule['label']}: {len(met)} of {len(c.subjects)}.")


def _chance(stops: dict[int, int | None], rate: float, last: int) -> tuple[float, float]:
    """Chance to stop and expected number of subjects, from the chances to be still running."""
    running, stopped, expected = {0: 1.0}, 0.0, 0.0
    for size in range(1, last + 1):
        expected += sum(running.values())
        after = dict[int, float]()
        for n, p in running.items():
            after[n] = after.get(n, 0) + p * (1 - rate)
            after[n + 1] = after.get(n + 1, 0) + p * rate
        limit = stops.get(size)
        gone = {n for n in after if limit is not None and n >= limit}
        stopped += sum(after[n] for n in gone)
        running = {n: p for n, p in after.items() if n not in gone}
    return stopped, expected


def _levels(made: Expected, trial: Trial, options: Record) -> None:
    within = frozenset().union(*(c.subjects for c in made.columns))
    every = trial.where(options["dataset"], options.get("where", ""), within)
    name, levels = options.get("variable", "AVALC"), dict(options["levels"])
    if any(r[name] is None for r in every):
        levels["Missing"] = "Missing"
    made.bands, heading = list(levels.values()), ""
    ordered = sorted({(r["PARAMN"], r["PARAMCD"], r["PARAM"]) for r in every})
    for _, code, label in ordered:
        own = [r for r in every if r["PARAMCD"] == code]
        under = own[0][options["group"]] if "group" in options else ""
        if under != heading:
            made.line(0, options.get("groups", {}).get(under, under))
            heading = under
        texts = []
        for c in made.columns:
            found = [r[name] or "Missing" for r in own if r["USUBJID"] in c.subjects]
            for level in [*options["levels"], "Missing"]:
                place = {"group": under, "variable": name, "level": level, "paramcd": code}
                n, total = found.count(level), len(found)
                text = made.counted(n, total, f"level|{label}", c.label, **place)
                if level in levels:
                    texts.append(text)
        made.line(int(bool(under)), label, texts)


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_escalation": _escalation,
    "t_escalation_rule": _rule,
    "t_stopping": _boundary,
    "t_levels": _levels,
    "f_stopping": _stopping_path,
}
