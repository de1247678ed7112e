"""What the displays of liver values and of courses must hold, derived from the records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.outputs.arithmetic import described
from tests.outputs.expected import Expected, Place
from tests.outputs.records import Column, Record, Trial

QUADRANTS = {
    (True, True): "Both raised",
    (True, False): "Transaminase alone raised",
    (False, True): "Bilirubin alone raised",
    (False, False): "Neither raised",
}
ABSENT = "No value of one of the two"


@dataclass
class Liver:
    """The multiples of one subject, each with its day."""

    values: dict[str, list[tuple[float, Record]]] = field(default_factory=dict)

    def highest(self, *codes: str) -> float | None:
        """The highest multiple of these parameters."""
        return max((v for code in codes for v, _ in self.values.get(code, [])), default=None)

    def days(self, *codes: str, least: float, strict: bool = False) -> set[int]:
        """On which days one of them is raised."""
        return {
            r["ADT"].toordinal()
            for code in codes
            for v, r in self.values.get(code, [])
            if (v > least if strict else v >= least)
        }

    def quadrant(self) -> str:
        """Where the two highest values fall."""
        high, yellow = self.highest("ALT", "AST"), self.highest("BILI")
        return ABSENT if high is None or yellow is None else QUADRANTS[high >= 3, yellow > 2]

    def hys_law(self, window: int) -> tuple[bool, bool]:
        """Bilirubin raised soon after a transaminase; and no cholestasis before."""
        raised, yellow = self.days("ALT", "AST", least=3), self.days("BILI", least=2, strict=True)
        both = [day for day in yellow if any(0 <= day - first <= window for first in raised)]
        if not both:
            return False, False
        return True, all(day > min(both) for day in self.days("ALP", "ALKPH", least=2))


def _livers(trial: Trial, options: Record, within: frozenset[str]) -> dict[str, Liver]:
    found = {who: Liver() for who in within}
    for r in trial.where(options.get("dataset", "ADLB"), options["subset"], within):
        if r["AVAL"] is not None and r["ANRHI"]:
            ratio = round(r["AVAL"] / r["ANRHI"], 9)
            found[r["USUBJID"]].values.setdefault(r["PARAMCD"], []).append((ratio, r))
    return found


def _joint(made: Expected, livers: dict[str, Liver], window: int) -> dict[str, list[str]]:
    """The counts of both values together, as texts by label."""
    texts = dict[str, list[str]]()
    for c in made.columns:
        mine = [livers[who] for who in c.subjects]
        where = [liver.quadrant() for liver in mine]
        for level in (*QUADRANTS.values(), ABSENT):
            n = where.count(level)
            text = made.counted(n, len(mine), "quadrant", c.label, level=level)
            texts.setdefault(level, []).append(text)
        found = [liver.hys_law(window) for liver in mine]
        for i, level in enumerate(("paired", "without cholestasis")):
            n = sum(pair[i] for pair in found)
            text = made.counted(n, len(mine), "joint", c.label, level=level)
            texts.setdefault(level, []).append(text)
    return texts


def _liver(made: Expected, trial: Trial, options: Record) -> None:
    within = frozenset().union(*(c.subjects for c in made.columns))
    livers = _livers(trial, options, within)
    for item in options["multiples"]:
        made.line(0, f"{item['label']}, highest value, n/N (%)")
        bounds = [("≥", b) for b in item.get("at_least", [])]
        bounds += [(">", b) for b in item.get("above", [])]
        for sign, bound in bounds:
            label, texts = f"{sign}{bound} × ULN", []
            for c in made.columns:
                peaks = [livers[who].highest(*item["codes"]) for who in c.subjects]
                known = [p for p in peaks if p is not None]
                n = sum(p >= bound if sign == "≥" else p > bound for p in known)
                place = {"group": item["label"], "level": label}
                text = made.counted(n, len(known), "multiple", c.label, **place)
                texts.append(text.replace(str(n), f"{n}/{len(known)}", 1))
            made.line(1, label, texts)
    texts_of = _joint(made, livers, options["days"])
    made.line(0, "Highest values of both, n (%)")
    for level in (*QUADRANTS.values(), ABSENT):
        made.line(1, level, texts_of[level])
    made.line(0, "Hy's law, laboratory criteria, n (%)")
    after = f"Bilirubin raised within {options['days']} days of a raised transaminase"
    made.line(1, after, texts_of["paired"])
    made.line(2, "Without cholestasis until then", texts_of["without cholestasis"])


def _edish(made: Expected, trial: Trial, options: Record) -> None:
    within = frozenset().union(*(c.subjects for c in made.columns))
    livers = _livers(trial, options, within)
    _joint(made, livers, options["days"])
    for c in made.columns[:-1] or made.columns:
        for who in c.subjects:
            liver = livers[who]
            if liver.quadrant() == ABSENT:
                continue
            for stat, codes in (("transaminase", ("ALT", "AST")), ("bilirubin", ("BILI",))):
                made.numbers[Place("peak", c.label, stat, who)] = liver.highest(*codes)
    where = [liver.quadrant() for liver in livers.values()]
    made.sentences = [f"{level}: {where.count(level)}" for level in QUADRANTS.values()]
    left = where.count(ABSENT)
    made.sentences.append(f"Without a value of one of the two, not drawn: {left}.")


def _day(record: Record) -> float:
    """Days from infusion; study days have no 0."""
    return record["ADY"] - 1 if record["ADY"] > 0 else record["ADY"]


def _values(trial: Trial, options: Record, item: Record, column: Column) -> list[Record]:
    """The records of a parameter that have a value."""
    found = trial.where(options.get("dataset", "ADLB"), options.get("subset", ""), column.subjects)
    return [r for r in found if r["PARAMCD"] == item["paramcd"] and r["AVAL"] is not None]


def _parts(made: Expected) -> list[Column]:
    """The columns without the total."""
    return list(made.columns[:-1] or made.columns)


def _medians(made: Expected, trial: Trial, options: Record) -> None:
    first, last = options["days"]
    pick = {"lowest": min, "highest": max}[options["pick"]]
    for item in options["parameters"]:
        for c in _parts(made):
            by_day = dict[float, dict[str, float]]()
            for r in _values(trial, options, item, c):
                if first <= _day(r) <= last:
                    of_day = by_day.setdefault(_day(r), {})
                    who = r["USUBJID"]
                    of_day[who] = pick(r["AVAL"], of_day.get(who, r["AVAL"]))
            drawn = 0
            for day, values in by_day.items():
                stats = described(list(values.values()))
                for stat in ("n", "median", "q1", "q3"):
                    place = Place("day", c.label, stat, paramcd=item["paramcd"], time=day)
                    made.numbers[place] = stats[stat]
                drawn += len(values) >= options.get("least", 3)
            made.sentences.append(f"{item['label']}, {c.label}: {drawn} days.")


def _boxes(made: Expected, trial: Trial, options: Record) -> None:
    for item in options["parameters"]:
        sizes = dict.fromkeys(options["visits"], 0)
        for c in _parts(made):
            records = _values(trial, options, item, c)
            for visit in options["visits"]:
                values = [r["AVAL"] for r in records if r["AVISIT"] == visit]
                sizes[visit] += len(values)
                stats = described(values)
                for stat in ("n", "q1", "median", "q3", "minimum", "maximum"):
                    place = Place("box", c.label, stat, level=visit, paramcd=item["paramcd"])
                    made.numbers[place] = stats[stat]
        shown = ", ".join(f"{visit} {n}" for visit, n in sizes.items() if n)
        made.sentences.append(f"{item['label']}, subjects: {shown or 'none'}.")


def _courses(made: Expected, trial: Trial, options: Record) -> None:
    first, last = options["days"]
    item = options["parameter"]
    for c in _parts(made):
        records = [r for r in _values(trial, options, item, c) if first <= _day(r) <= last]
        found = dict[tuple[str, float], list[float]]()
        for r in records:
            found.setdefault((r["USUBJID"], _day(r)), []).append(r["AVAL"])
        for (who, day), values in found.items():
            for i, value in enumerate(sorted(values), 1):
                level = "" if i == 1 else str(i)
                made.numbers[
                    Place("value", c.label, "value", who, "", level, item["paramcd"], day)
                ] = value
        made.sentences.append(f"{c.label}: {len({who for who, _ in found})}.")


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_liver": _liver,
    "f_edish": _edish,
    "f_medians": _medians,
    "f_visit_boxes": _boxes,
    "f_courses": _courses,
}
