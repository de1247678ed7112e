"""Forest, waterfall, spider and swimmer: what they must show, from the records."""

from __future__ import annotations

from tests.outputs.arithmetic import tenths
from tests.outputs.expected import Expected, Place
from tests.outputs.records import Column, Record, Trial, distinct, test_of


def parts(made: Expected) -> list[Column]:
    """The columns before the total; the one column where there is no other."""
    return list(made.columns[:-1]) or list(made.columns)


def _forest(made: Expected, trial: Trial, options: Record) -> None:
    levels = [("", "All subjects", "")]
    levels += [
        (factor["label"], level["label"], level["where"])
        for factor in options["factors"]
        for level in factor["levels"]
    ]
    for c in made.columns:
        for group, label, where in levels:
            within = frozenset(distinct(trial.where("ADSL", where, c.subjects)))
            n = len(distinct(trial.where("ADRS", options["response"], within)))
            made.counted(n, len(within), "subgroup", c.label, group=group, level=label)
            ends = made.interval(n, len(within), "subgroup", c.label, group=group, level=label)
            share = f"{tenths(n, len(within))}%" if within else "NE"
            made.sentences.append(f"{label}: {n}/{len(within)} ({share}) [{ends}].")


def _waterfall(made: Expected, trial: Trial, options: Record) -> None:
    changes = []
    for c in parts(made):
        for subject in c.subjects:
            who = frozenset([subject])
            records = trial.where(options["dataset"], options["where"], who)
            values = [r["PCHG"] for r in records if r["PCHG"] is not None]
            best = min(values, default=None)
            changes.append(best)
            made.numbers[Place("best change", c.label, "best", subject, "PCHG")] = best
            marked = bool(trial.where("ADRS", options["mark"], who))
            made.numbers[Place("marked", c.label, "marked", subject)] = float(marked)
    known = [change for change in changes if change is not None]
    made.sentences.append(
        f"{len(known)} of {len(changes)} subjects have a value after baseline; "
        f"in {sum(change < 0 for change in known)} it fell."
    )


def _spider(made: Expected, trial: Trial, options: Record) -> None:
    low, high = options["days"]
    seen = set()
    for c in parts(made):
        found: dict[tuple[str, float], list[float]] = {}
        for r in trial.where(options["dataset"], options["where"], c.subjects):
            if r["AVAL"] is None or r["ADT"] is None:
                continue
            day = (r["ADT"] - r["TRTSDT"]).days
            if low <= day <= high:
                found.setdefault((r["USUBJID"], float(day)), []).append(r["AVAL"])
        for (subject, day), values in found.items():
            seen.add(subject)
            for i, value in enumerate(values):
                level = "" if i == 0 else str(i + 1)
                place = Place("course", c.label, "value", subject, level=level, time=day)
                made.numbers[place] = value
    made.sentences.append(f"{len(seen)} subjects have a value.")


def _swimmer(made: Expected, trial: Trial, options: Record) -> None:
    met = test_of(options["ongoing"])
    who: dict[str, set[str]] = {m["label"]: set() for m in options["markers"]}
    for c in parts(made):
        for r in trial.where("ADSL", "", c.subjects):
            lane = Place("lane", c.label, "end", r["USUBJID"])
            made.numbers[lane] = r[options["end"]]
            made.numbers[lane._replace(stat_name="ongoing")] = float(met(r))
        for r in trial.where("ADRS", options["response"], c.subjects):
            _day(made, r, "ADT", Place("response", c.label, "day", level=r["AVALC"]))
        for marker in options["markers"]:
            place = Place(f"marker|{marker['label']}", c.label, "day")
            for r in trial.where(marker["dataset"], marker["where"], c.subjects):
                if _day(made, r, marker["date"], place):
                    who[marker["label"]].add(r["USUBJID"])
        _grades(made, trial, options, c)
    made.sentences.append(f"Swimmer plot of {sum(len(c.subjects) for c in parts(made))} subjects.")
    made.sentences += [f"{label}: {len(subjects)} subjects." for label, subjects in who.items()]


def _grades(made: Expected, trial: Trial, options: Record, c: Column) -> None:
    for grade in options["grades"]:
        for r in trial.where(grade["dataset"], grade["where"], c.subjects):
            place = Place(f"grade|{grade['label']}", c.label, "grade", r["USUBJID"])
            made.numbers[place] = r["AVAL"]


def _day(made: Expected, r: Record, date: str, place: Place) -> bool:
    """Add the days from infusion, where the date is not before it."""
    day = float((r[date] - r["TRTSDT"]).days)
    if day >= 0:
        made.numbers[place._replace(group=r["USUBJID"], time=day)] = day
    return day >= 0


def _flow(made: Expected, trial: Trial, options: Record) -> None:
    (c,) = made.columns
    windows = {v["label"]: v["window"] for v in trial.visits}
    of_code = {code: s["label"] for s in options["states"] for code in s["codes"]}
    ended = options["ended"]
    labels = [s["label"] for s in options["states"]] + [options.get("other", "Not assessed")]
    labels += [e["label"] for e in ended]
    before: dict[str, str] = {}
    for visit in options["visits"]:
        here = f'({options["assessed"]}) and AVISIT == "{visit}"'
        seen = {r["USUBJID"]: of_code[r["AVALC"]] for r in trial.where("ADRS", here, c.subjects)}
        now = {}
        for r in trial.where("ADSL", "", c.subjects):
            over = [
                e["label"] for e in ended
                if r[e["date"]] and (r[e["date"]] - r["TRTSDT"]).days <= windows[visit][1]
            ]  # fmt: skip
            now[r["USUBJID"]] = (
                seen.get(r["USUBJID"]) or (over or [options.get("other", "Not assessed")])[0]
            )
        held = list(now.values())
        for label in labels:
            made.counted(held.count(label), len(held), "state", c.label, visit=visit, level=label)
        moves = [(before[s], now[s]) for s in now] if before else []
        for start, end in set(moves):
            place = {"visit": visit, "group": start, "level": end}
            made.counted(moves.count((start, end)), len(held), "flow", c.label, **place)
        before = now
        said = ", ".join(f"{label} {held.count(label)}" for label in labels if label in held)
        made.sentences.append(f"{visit}: {said or 'no subject'}.")


OUTPUTS = {
    "f_response_flow": _flow,
    "f_forest": _forest,
    "f_waterfall": _waterfall,
    "f_spider": _spider,
    "f_swimmer": _swimmer,
}
