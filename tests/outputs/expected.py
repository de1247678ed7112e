"""What each display must hold, derived from the records: every number, and every line of text.

One function per output. A number is found by where it stands (`Place`); a line of a table is its
indent, its label and its texts in the order of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from tests.outputs.arithmetic import (
    area,
    binomial_tail,
    clopper_pearson,
    count,
    described,
    fixed,
    kaplan_meier,
    limits,
    p_value,
    quantile,
    significant,
    standard_error,
    tenths,
)
from tests.outputs.records import Column, Record, Trial, distinct


class Place(NamedTuple):
    """Where a number stands in an output."""

    analysis: str
    column: str
    stat_name: str
    group: str = ""
    variable: str = ""
    level: str = ""
    paramcd: str = ""
    time: float | None = None
    visit: str = ""


@dataclass
class Expected:
    """All of one display: numbers (None: not estimable), lines, sentences and axis ticks."""

    columns: Sequence[Column]
    numbers: dict[Place, float | None] = field(default_factory=dict)
    lines: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    bands: Sequence[str] = ()
    records: list[tuple[str, ...]] = field(default_factory=list)

    def heads(self) -> list[tuple[str, str, str]]:
        """Label, detail and span of each column after the first."""
        if len(self.bands) < 2:
            return [(c.label, f"(N={len(c.subjects)})", "") for c in self.columns]
        return [
            (band, "", f"{c.label} (N={len(c.subjects)})")
            for c in self.columns
            for band in self.bands
        ]

    def counted(self, n: int, total: int, analysis: str, column: str, **place: str) -> str:
        """Add n, N and n/N; returns ``n (x.x%)``."""
        for name, value in (("n", n), ("N", total), ("p", n / total if total else None)):
            self.numbers[Place(analysis, column, name, **place)] = value
        return count(n, total)

    def interval(self, n: int, total: int, analysis: str, column: str, **place: str) -> str:
        """Add the exact limits; returns them in percent, separated by a comma."""
        lower, upper = clopper_pearson(n, total)
        self.numbers[Place(analysis, column, "lower", **place)] = lower
        self.numbers[Place(analysis, column, "upper", **place)] = upper
        return f"{percent(lower)}, {percent(upper)}"

    def line(self, indent: int, label: str, texts: Sequence[str] = ()) -> None:
        """Add a line; without texts, a heading."""
        self.lines.append((indent, label, tuple(texts)))


def percent(value: float | None) -> str:
    """A proportion in percent, with one decimal."""
    return fixed(None if value is None else 100 * value, 1)


def expected(trial: Trial, key: str, ticks: Sequence[float] = ()) -> Expected:
    """A display of the plan; `ticks` are the times at which a figure prints numbers at risk."""
    output, _, options = trial.entry(key)
    made = Expected(trial.columns_of(key))
    if output != "f_consort":
        for c in made.columns:
            made.numbers[Place("columns", c.label, "N")] = len(c.subjects)
    if output == "f_time_to_event":
        _curves(made, trial, options, ticks)
    elif output in LISTINGS:
        within = frozenset(distinct(trial.subjects(trial.set_of(key))))
        LISTINGS[output](made, trial, options, within)
    else:
        OUTPUTS[output](made, trial, options)
    return made


NOT_GIVEN = "Reason not given"


def _disposition(made: Expected, trial: Trial, options: Record) -> None:
    for step in options["steps"]:
        label, indent, by = step["label"], step.get("indent", 0), step.get("by")
        texts, levels = [], dict[str, list[str]]()
        for c in made.columns:
            base = distinct(trial.where("ADSL", step.get("of", ""), c.subjects))
            met = trial.where("ADSL", step["where"], frozenset(base))
            text = made.counted(len(met), len(base), "step", c.label, group=label)
            texts.append(text if step.get("percent", True) else str(len(met)))
            given = [r[by] or NOT_GIVEN for r in met] if by else []
            for level in sorted(set(given), key=lambda v: (v == NOT_GIVEN, v)):
                n = given.count(level)
                place = {"group": label, "variable": by, "level": level}
                levels.setdefault(level, []).append(
                    made.counted(n, len(base), "step", c.label, **place)
                )
        made.line(indent, label, texts)
        for level, of_level in levels.items():
            made.line(indent + 1, trial.said(by, level), of_level)


def _consort(made: Expected, trial: Trial, options: Record) -> None:
    left = frozenset(distinct(trial.subjects("SCR")))
    for stage in options["stages"]:
        label, before = stage["label"], left
        left = frozenset(distinct(trial.where("ADSL", stage["where"], before)))
        made.numbers[Place("stage", "", "n", label)] = len(left)
        made.sentences.append(f"{label} n = {len(left)}.")
        if stage.get("split"):
            for c in made.columns:
                made.numbers[Place("stage", c.label, "n", label)] = len(left & c.subjects)
        if "lost" not in stage:
            continue
        lost = before - left
        made.numbers[Place("lost", "", "n", label)] = len(lost)
        made.sentences.append(f"{stage['lost']}: n = {len(lost)}")
        if "reason" in stage:
            reasons = [r[stage["reason"]] or NOT_GIVEN for r in trial.where("ADSL", "", lost)]
            for reason in set(reasons):
                n = reasons.count(reason)
                made.numbers[Place("lost", "", "n", label, level=reason)] = n
                made.sentences.append(f"{trial.said(stage['reason'], reason)}: {n}")


def _analysis_sets(made: Expected, trial: Trial, options: Record) -> None:
    for set_id in options["sets"]:
        members = distinct(trial.subjects(set_id))
        made.line(
            0,
            trial.sets[set_id]["label"],
            [
                made.counted(
                    len(members & c.subjects), len(c.subjects), "set", c.label, level=set_id
                )
                for c in made.columns
            ],
        )


MISSING = "Missing"


def _code(value: object) -> str:
    if value is None:
        return MISSING
    return str(int(value)) if isinstance(value, float) else str(value)


def _baseline(made: Expected, trial: Trial, options: Record) -> None:
    within = frozenset().union(*(c.subjects for c in made.columns))
    for item in options["characteristics"]:
        name, label = item["variable"], item["label"]
        values = [r[name] for r in trial.where("ADSL", "", within)]
        if "levels" not in item and any(isinstance(r[name], float) for r in trial.adsl):
            made.line(0, label)
            _describe(made, trial, name, item.get("digits", 0))
            continue
        made.line(0, f"{label}, n (%)")
        levels = item.get("levels") or {
            v: trial.said(name, v) for v in sorted(set(values) - {None})
        }
        if None in values:
            levels = levels | {MISSING: MISSING}
        for code, text in levels.items():
            cells = []
            for c in made.columns:
                records = trial.where("ADSL", "", c.subjects)
                n = [_code(r[name]) for r in records].count(code)
                total = len(c.subjects)
                cells.append(made.counted(n, total, "levels", c.label, variable=name, level=code))
            made.line(1, text, cells)


def _describe(made: Expected, trial: Trial, name: str, digits: int) -> None:
    columns = []
    for c in made.columns:
        values = [r[name] for r in trial.where("ADSL", f"{name} != missing", c.subjects)]
        stats = described(values)
        for stat, value in stats.items():
            made.numbers[Place("describe", c.label, stat, variable=name)] = value
        columns.append(stats)

    def pair(first: str, second: str, places: int) -> list[str]:
        return [f"{fixed(s[first], places)}, {fixed(s[second], places)}" for s in columns]

    made.line(1, "n", [fixed(s["n"], 0) for s in columns])
    mean = [f"{fixed(s['mean'], digits + 1)} ({fixed(s['sd'], digits + 2)})" for s in columns]
    made.line(1, "Mean (SD)", mean)
    made.line(1, "Median", [fixed(s["median"], digits + 1) for s in columns])
    made.line(1, "Q1, Q3", pair("q1", "q3", digits + 1))
    made.line(1, "Min, max", pair("minimum", "maximum", digits))


def _response_rate(made: Expected, trial: Trial, options: Record) -> None:
    for rate in options["rates"]:
        label, among = rate["label"], rate.get("among", "")
        null = rate.get("p0")
        made.line(0, label)
        shares, intervals, tests = [], [], []
        for c in made.columns:
            base = frozenset(distinct(trial.where("ADSL", among, c.subjects)))
            n, total = len(distinct(trial.where("ADRS", rate["where"], base))), len(base)
            made.counted(n, total, "rate", c.label, level=label)
            share = tenths(n, total) if total else "NE"
            shares.append(f"{n}/{total} ({share}%)" if total else f"{n}/{total} (NE)")
            intervals.append(f"({made.interval(n, total, 'rate', c.label, level=label)})")
            if null is not None and c is made.columns[-1]:
                p = binomial_tail(n, total, Fraction(str(null))) if total else None
                made.numbers[Place("rate", c.label, "p0", level=label)] = null
                made.numbers[Place("rate", c.label, "p_value", level=label)] = p
                tests.append("NE" if p is None else p_value(p))
            else:
                tests.append("")
        name = rate.get("among_label")
        made.line(1, f"n/N of {name} (%)" if name else "n/N (%)", shares)
        made.line(1, "95% confidence interval, %", intervals)
        if null is not None:
            made.line(1, f"One-sided p-value (H0: rate {percent(null)}% or less)", tests)
    for other in options.get("counts", ()):
        cells = []
        for c in made.columns:
            n = len(distinct(trial.where("ADRS", other["where"], c.subjects)))
            cells.append(made.counted(n, len(c.subjects), "count", c.label, level=other["label"]))
        made.line(0, f"{other['label']}, n (%)", cells)


def _best_response(made: Expected, trial: Trial, options: Record) -> None:
    levels = dict(options["levels"]) | {"No record": "No record"}
    for code, label in levels.items():
        cells, seen = [], 0
        for c in made.columns:
            records = trial.where("ADRS", options["where"], c.subjects)
            if code == "No record":
                n = len(c.subjects - distinct([r for r in records if r["AVALC"] is not None]))
            else:
                n = len(distinct([r for r in records if r["AVALC"] == code]))
            seen += n
            place = {"variable": "AVALC", "level": code}
            text = made.counted(n, len(c.subjects), "category", c.label, **place)
            ends = made.interval(n, len(c.subjects), "category", c.label, **place)
            cells.append(f"{text} [{ends}]")
        if code != "No record" or seen:
            made.line(0, label, cells)
        if code == "NE" and options.get("reason"):
            _why_not_evaluable(made, trial, options)


def _why_not_evaluable(made: Expected, trial: Trial, options: Record) -> None:
    name, everyone = options["reason"], frozenset().union(*(c.subjects for c in made.columns))
    where = f'({options["where"]}) and AVALC == "NE"'
    reasons = {r[name] for r in trial.where("ADRS", where, everyone)}
    for reason in sorted(reasons, key=lambda v: (v is None, v)):
        cells = []
        for c in made.columns:
            n = sum(r[name] == reason for r in trial.where("ADRS", where, c.subjects))
            place = {"variable": name, "level": reason or NOT_GIVEN}
            cells.append(made.counted(n, len(c.subjects), "reason", c.label, **place))
        made.line(1, reason or NOT_GIVEN, cells)


QUARTILES = {
    "q1": ("First quartile", Fraction(1, 4)),
    "median": ("Median", Fraction(1, 2)),
    "q3": ("Third quartile", Fraction(3, 4)),
}


@dataclass(frozen=True)
class Times:
    """The records of one time-to-event parameter by column, and how its times are printed."""

    paramcd: str
    of_column: dict[str, list[Record]]
    per_unit: float
    digits: int
    scale: str

    def printed(self, days: float | None) -> str:
        """A time in the unit of the table."""
        return fixed(None if days is None else days / self.per_unit, self.digits)


def _middles(made: Expected, times: Times, p: Fraction, analysis: str) -> list[str]:
    """A quantile by column; of follow-up the event is to be censored."""
    texts = []
    for column, records in times.of_column.items():
        events = [(r["CNSR"] == 0) != (analysis == "follow-up") for r in records]
        found = quantile(kaplan_meier([r["AVAL"] for r in records], events), p, times.scale)
        for stat, value in found._asdict().items():
            made.numbers[Place(analysis, column, stat, paramcd=times.paramcd)] = value
        estimate, lower, upper = map(times.printed, found)
        texts.append(f"{estimate} ({lower}, {upper})")
    return texts


def _ranges(made: Expected, times: Times) -> list[str]:
    texts = []
    for column, records in times.of_column.items():
        ends = []
        for stat, pick in (("minimum", min), ("maximum", max)):
            time = pick((r["AVAL"] for r in records), default=None)
            plus = time is not None and all(r["CNSR"] != 0 for r in records if r["AVAL"] == time)
            place = Place("range", column, stat, paramcd=times.paramcd)
            made.numbers[place] = time
            if time is not None:
                made.numbers[place._replace(stat_name=f"{stat}_censored")] = float(plus)
            ends.append(times.printed(time) + "+" * plus)
        texts.append(" to ".join(ends))
    return texts


def _landmarks(made: Expected, times: Times, mark: float) -> list[str]:
    texts = []
    for column, records in times.of_column.items():
        day = mark * times.per_unit
        found = _landmark(records, day, times.scale)
        for stat, value in found.items():
            place = Place("landmark", column, stat, paramcd=times.paramcd, time=day)
            made.numbers[place] = value
        s, low, high = (percent(found[stat]) for stat in ("survival", "lower", "upper"))
        texts.append(f"{s} ({low}, {high}) [{found['n_risk']:.0f}]")
    return texts


def second_computation(
    made: Expected, column: str, records: Sequence[Record], paramcd: str = ""
) -> None:
    """Two computations of a curve that differ by no more than rounding."""
    curve = kaplan_meier([r["AVAL"] for r in records], [r["CNSR"] == 0 for r in records])
    inside = sum(0 < s.survival < 1 for s in curve)
    place = Place("second computation", column, "n_times", paramcd=paramcd)
    made.numbers[place] = inside
    made.numbers[place._replace(stat_name="largest")] = 0.0 if inside else None


def _landmark(records: list[Record], day: float, scale: str) -> dict[str, float | None]:
    """Survival at a day; not estimable after a last observation that is censored."""
    steps = kaplan_meier([r["AVAL"] for r in records], [r["CNSR"] == 0 for r in records])
    found: dict[str, float | None] = {"n_risk": float(sum(r["AVAL"] >= day for r in records))}
    past = [s for s in steps if s.time <= day]
    if not steps or (day > steps[-1].time and steps[-1].survival > 0):
        return found | dict.fromkeys(("survival", "std_error", "lower", "upper"))
    if not past:
        return found | {"survival": 1.0, "std_error": 0.0, "lower": None, "upper": None}
    lower, upper = limits(past[-1], scale)
    survival, error = float(past[-1].survival), standard_error(past[-1])
    return found | {"survival": survival, "std_error": error, "lower": lower, "upper": upper}


def _curves(made: Expected, trial: Trial, options: Record, ticks: Sequence[float]) -> None:
    paramcd, scale = options["paramcd"], trial.conventions["km_ci"]
    unit, still = options.get("unit", "months"), options.get("still", "Event-free").lower()
    per_unit = trial.conventions["days_per_month"] if unit == "months" else 1
    for c in made.columns:
        records = trial.where(
            options.get("dataset", "ADTTE"), f'PARAMCD == "{paramcd}"', c.subjects
        )
        second_computation(made, c.label, records, paramcd)
        steps = kaplan_meier([r["AVAL"] for r in records], [r["CNSR"] == 0 for r in records])
        for s in steps:
            lower, upper = limits(s, scale)
            found = {
                "survival": float(s.survival), "lower": lower, "upper": upper,
                "n_risk": s.at_risk, "n_event": s.events, "n_censor": s.censored,
            }  # fmt: skip
            for stat, value in found.items():
                place = Place("curve", c.label, stat, paramcd=paramcd, time=s.time)
                made.numbers[place] = value
        for tick in ticks:
            n = sum(r["AVAL"] >= tick for r in records)
            made.numbers[Place("at risk", c.label, "n_risk", paramcd=paramcd, time=tick)] = n
        if not steps:
            made.sentences.append(f"{c.label}: no subject.")
        else:
            share = fixed(100 * float(steps[-1].survival), 1)
            end = fixed(steps[-1].time / per_unit, options.get("digits", 1))
            made.sentences.append(f"{c.label}: {share}% {still} at {end} {unit}.")


def _ae_overview(made: Expected, trial: Trial, options: Record) -> None:
    for item in options["lines"]:
        label, indent = item["label"], item.get("indent", 0)
        where = " and ".join(filter(None, [f"({options['subset']})", item.get("where")]))
        events, subjects = [], []
        for c in made.columns:
            records = trial.where("ADAE", where, c.subjects)
            n, total = len(distinct(records)), len(c.subjects)
            subjects.append(made.counted(n, total, "subjects", c.label, level=label))
            if item.get("events"):
                made.numbers[Place("events", c.label, "n_events", level=label)] = len(records)
                events.append(str(len(records)))
        if events:
            made.line(indent, f"{label}: events", events)
        made.line(indent, f"{label}: subjects, n (%)" if events else label, subjects)


UNKNOWN = "Grade unknown"


def _max_grade(made: Expected, trial: Trial, options: Record) -> None:
    variable, order = options["variable"], list(options["levels"])
    worst = _worst(made, trial, options)

    def at_least(label: str, least: int, analysis: str, **place: str) -> None:
        texts, intervals = [], []
        for c in made.columns:
            n, total = sum(w >= least for w in worst[c.label]), len(c.subjects)
            texts.append(made.counted(n, total, analysis, c.label, **place))
            if options.get("interval", True):
                intervals.append(f"({made.interval(n, total, analysis, c.label, **place)})")
        made.line(0, label, texts)
        if intervals:
            made.line(1, "95% confidence interval, %", intervals)

    at_least(options["event"], -1, "any")
    made.line(0, "Worst grade")
    for rank, code in [*enumerate(order), (-1, UNKNOWN)]:
        place = {"variable": variable, "level": code}
        texts = [
            made.counted(worst[c.label].count(rank), len(c.subjects), "worst", c.label, **place)
            for c in made.columns
        ]
        if code != UNKNOWN or any(rank in ranks for ranks in worst.values()):
            made.line(1, options["levels"].get(code, code), texts)
    for code, label in options.get("at_least", {}).items():
        at_least(label, order.index(code), "at least", variable=variable, level=code)


def _worst(made: Expected, trial: Trial, options: Record) -> dict[str, list[int]]:
    """By column, the rank of the worst grade of each subject with an event; -1: none known."""
    variable, order = options["variable"], list(options["levels"])
    found = dict[str, list[int]]()
    for c in made.columns:
        of_subject = dict[str, int]()
        for r in trial.where("ADAE", options["subset"], c.subjects):
            code = _code(r[variable])
            rank = order.index(code) if code in order else -1
            of_subject[r["USUBJID"]] = max(rank, of_subject.get(r["USUBJID"], -1))
        found[c.label] = list(of_subject.values())
    return found


def _profiles(made: Expected, trial: Trial, options: Record) -> None:
    for c in made.columns[:-1]:
        records = trial.where("ADPC", options["where"], c.subjects)
        taken = [r for r in records if r["AREASN"] is None]
        for r in taken:
            place = Place("profile", c.label, "lloq", r["USUBJID"], time=r["ARRLT"])
            made.numbers[place] = r["ALLOQ"]
            value = None if r["BLQFL"] == "Y" else r["AVAL"]
            made.numbers[place._replace(stat_name="concentration")] = value
        if taken:
            n = len(distinct(taken))
            made.sentences.append(f"{c.label}: {n} subject{'' if n == 1 else 's'}.")


def _records(made: Expected, trial: Trial, options: Record, within: frozenset[str]) -> None:
    found = trial.where(options["dataset"], options.get("where", ""), within)
    order = options.get("sort", ["USUBJID"])
    found.sort(key=lambda r: [(r[name] is None, r[name]) for name in order])
    made.numbers = {
        Place("listed", "", "n_records"): len(found),
        Place("listed", "", "n"): len(distinct(found)),
    }
    made.records = [
        tuple(trial.said(v["variable"], _listed(r[v["variable"]], v)) for v in options["variables"])
        for r in found
    ]


def _listed(value: object, how: Record) -> str:
    """A value as it is in the data: whole numbers without decimals, others to the digits asked."""
    if isinstance(value, float) and "digits" in how:
        return fixed(value, how["digits"])
    if isinstance(value, float) and not value.is_integer():
        return significant(value, how["significant"]) if "significant" in how else repr(value)
    return "" if value is None else _code(value)


def profile(records: Sequence[Record]) -> list[tuple[float, float]]:
    """(whole days from infusion, concentration): 0 below quantification and at the infusion."""
    after = [r for r in records if r["AREASN"] is None and r["ADT"] > r["TRTSDT"]]
    points = [
        (float((r["ADT"] - r["TRTSDT"]).days), 0.0 if r["BLQFL"] == "Y" else r["AVAL"])
        for r in after
    ]
    return [(0.0, 0.0), *sorted(points)]


def kinetics(records: Sequence[Record]) -> dict[str, float | None]:
    """CMAX, TMAX and the area to day 28 of one subject in one assay."""
    points = profile(records)
    highest = max(c for _, c in points)
    first = next(t for t, c in points if c == highest)
    return {
        "CMAX": highest,
        "TMAX": first if highest > 0 else None,
        "AUC0_28D": area(points, 28),
    }


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_disposition": _disposition,
    "f_consort": _consort,
    "t_analysis_sets": _analysis_sets,
    "t_baseline": _baseline,
    "t_response_rate": _response_rate,
    "t_best_response": _best_response,
    "t_ae_overview": _ae_overview,
    "t_max_grade": _max_grade,
    "f_kinetics_profiles": _profiles,
}
LISTINGS: dict[str, Callable[[Expected, Trial, Record, frozenset[str]], None]] = {
    "l_records": _records
}
for part in sorted(Path(__file__).parent.glob("expected_*.py")):
    module = import_module(f"{__package__}.{part.stem}")
    OUTPUTS |= module.OUTPUTS
    LISTINGS |= getattr(module, "LISTINGS", {})
DERIVED = {*OUTPUTS, *LISTINGS, "f_time_to_event"}
