"""What the displays of liver values must hold, derived from the records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.outputs.expected import Expected, Place
from tests.outputs.records import Record, Trial

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


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_liver": _liver,
    "f_edish": _edish,
}
