"""What the displays of adverse events, CRS and ICANS in depth must hold, from the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from tests.outputs.arithmetic import Z, described, fixed, tenths
from tests.outputs.expected import Expected, Place
from tests.outputs.records import Column, Record, Test, Trial, distinct, test_of


def _cross(made: Expected, trial: Trial, options: Record) -> None:
    labels = {float(k): v for k, v in options["levels"].items()} | {None: options["missing"]}
    made.bands = list(labels.values())
    down, across = options["down"], options["across"]
    for row in made.bands:
        texts = []
        for c in made.columns:
            records = trial.where(options["dataset"], options["where"], c.subjects)
            assert len(records) <= len(c.subjects)
            for head in made.bands:
                n = sum(labels[r[down]] == row and labels[r[across]] == head for r in records)
                place = {"variable": down, "level": row}
                texts.append(made.counted(n, len(c.subjects), f"pair|{head}", c.label, **place))
        made.line(0, row, texts)


def _by_term(
    made: Expected, trial: Trial, options: Record, label: str, where: str = ""
) -> dict[str, dict[str, int]]:
    """Term to column to number of subjects, of all terms that anybody has."""
    term, test = options.get("term", "AEDECOD"), test_of(where) if where else None
    every = trial.where(options.get("dataset", "ADAE"), options["subset"], frozenset(_all(made)))
    found = dict[str, dict[str, int]]()
    for name in {r[term] for r in every}:
        mine = [r for r in every if r[term] == name and (test is None or test(r))]
        for c in made.columns:
            n = len(distinct(mine) & c.subjects)
            place = {"variable": term, "level": name}
            made.counted(n, len(c.subjects), f"term|{label}", c.label, **place)
            found.setdefault(name, {})[c.label] = n
    return found


def _all(made: Expected) -> set[str]:
    return set().union(*(c.subjects for c in made.columns))


def _drawn(made: Expected, trial: Trial, options: Record) -> list[Column]:
    """The columns compared, else all that a condition makes, else the one."""
    if "compare" in options:
        return [next(c for c in made.columns if c.label == name) for name in options["compare"]]
    return list(made.columns[:-1]) or list(made.columns)


def _shown(options: Record, counts: dict[str, dict[str, int]], columns: list[Column]) -> list[str]:
    least = Fraction(str(options.get("at_least", 0)))

    def size(name: str) -> int:
        return sum(counts[name][c.label] for c in columns)

    kept = [
        name
        for name in counts
        if size(name)
        and any(
            Fraction(counts[name][c.label], len(c.subjects)) >= least for c in columns if c.subjects
        )
    ]
    return sorted(kept, key=lambda n: (-size(n), n.lower(), n))[: options.get("most", 30)]


def _incidence(made: Expected, trial: Trial, options: Record) -> None:
    counts, columns = _by_term(made, trial, options, "Any"), _drawn(made, trial, options)
    term = options.get("term", "AEDECOD")
    for name, of_column in counts.items():
        for c in columns:
            n, total = of_column[c.label], len(c.subjects)
            made.interval(n, total, "interval", c.label, variable=term, level=name)
        if "compare" in options:
            one, two = columns
            pairs = [(of_column[c.label], len(c.subjects)) for c in (one, two)]
            place = Place("difference", one.label, "", two.label, term, name)
            for stat, value in zip(("estimate", "lower", "upper"), newcombe(*pairs), strict=True):
                made.numbers[place._replace(stat_name=stat)] = value
    shown = _shown(options, counts, columns)
    made.sentences.append(f"Dot plot of incidence, {len(shown)} terms.")
    for name in shown[:5]:
        parts = []
        for c in columns:
            n, total = counts[name][c.label], len(c.subjects)
            low, high = (
                (
                    fixed(100 * made.numbers[Place("interval", c.label, s, "", term, name)], 1)
                    for s in ("lower", "upper")
                )
                if total
                else ("NE", "NE")
            )
            share = f"{tenths(n, total)}%, {low} to {high}" if total else "NE"
            parts.append(f"{c.label} {share}")
        made.sentences.append(f"{name}: {'; '.join(parts)}.")


def newcombe(one: tuple[int, int], two: tuple[int, int]) -> Sequence[float | None]:
    """Difference of two proportions with its hybrid score limits."""
    if not (one[1] and two[1]):
        return None, None, None
    (p1, l1, u1), (p2, l2, u2) = _wilson(*one), _wilson(*two)
    d = p1 - p2
    return d, d - math.hypot(p1 - l1, u2 - p2), d + math.hypot(u1 - p1, p2 - l2)


def _wilson(n: int, total: int) -> tuple[float, float, float]:
    p, z2 = n / total, Z * Z
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return p, middle - half, middle + half


def _butterfly(made: Expected, trial: Trial, options: Record) -> None:
    columns = _drawn(made, trial, options)
    first = dict[str, dict[str, int]]()
    for band in options["bands"]:
        counts = _by_term(made, trial, options, band["label"], band.get("where", ""))
        first = first or counts
    shown = _shown(options, first, columns)
    for name in shown[:5]:
        shares = [
            f"{tenths(first[name][c.label], len(c.subjects))}%" if c.subjects else "NE%"
            for c in columns
        ]
        made.sentences.append(f"{name}: {' and '.join(shares)}.")
    made.sentences.append(f"{len(shown)} terms")


def _onset(made: Expected, trial: Trial, options: Record) -> None:
    everybody = frozenset(_all(made))
    every = trial.where(options.get("dataset", "ADAE"), options["subset"], everybody)
    blocks = [
        (line["label"], [r for r in every if "where" not in line or test_of(line["where"])(r)])
        for line in options.get("lines", [])
    ]
    if term := options.get("term"):
        blocks += [
            (name, [r for r in every if r[term] == name])
            for name in _frequent(made, options, every, term)
        ]
    seen = 0
    for label, records in blocks:
        seen += len(distinct(records) & everybody)
        _onset_block(made, options, label, records)
    if not seen:
        made.lines = []


def _frequent(made: Expected, options: Record, every: list[Record], term: str) -> list[str]:
    """The terms in the wanted part of any column, by their subjects."""
    who = {
        name: distinct([r for r in every if r[term] == name]) for name in {r[term] for r in every}
    }
    least = Fraction(str(options.get("at_least", 0)))
    kept = [
        name
        for name, subjects in who.items()
        if any(len(subjects & c.subjects) >= least * len(c.subjects) for c in made.columns)
    ]
    return sorted(kept, key=lambda name: (-len(who[name]), name))


def _kinds(options: Record) -> dict[str, Test]:
    """How events ended; the first: all of them."""
    duration = options.get("duration", "ADURN")
    ongoing, fatal = test_of(options["ongoing"]), test_of(options["fatal"])
    kinds: dict[str, Test] = {
        "": lambda r: True,
        ENDED: lambda r: not (ongoing(r) or fatal(r)) and r[duration] is not None,
        "Ended, duration unknown": lambda r: not (ongoing(r) or fatal(r)) and r[duration] is None,
        "Ongoing": lambda r: ongoing(r) and not fatal(r),
        "Fatal": fatal,
    }
    return kinds | (
        {"With an imputed date": test_of(options["imputed"])} if "imputed" in options else {}
    )


def _groups(made: Expected, trial: Trial, options: Record) -> None:
    term, bands = options.get("term", "AEDECOD"), options.get("bands", [{"label": "Any"}])
    made.bands = [band["label"] for band in bands]
    every = trial.where(options.get("dataset", "ADAE"), options["subset"], frozenset(_all(made)))
    within: list[Test] = [
        test_of(band["where"]) if "where" in band else lambda r: True for band in bands
    ]

    def texts(records: list[Record], analysis: str, **place: str) -> list[str]:
        made_of = []
        for c in made.columns:
            for band, met in zip(bands, within, strict=True):
                n = len(distinct([r for r in records if met(r)]) & c.subjects)
                name = f"{analysis}|{band['label']}"
                made_of.append(made.counted(n, len(c.subjects), name, c.label, **place))
        return made_of

    for group in options["groups"]:
        label, mine = group["label"], [r for r in every if test_of(group["where"])(r)]
        made.line(0, label, texts(mine, "group", group=label))
        last = made.columns[-1].subjects
        size = {
            name: len(distinct([r for r in mine if r[term] == name and within[0](r)]) & last)
            for name in {r[term] for r in mine}
        }
        for name in sorted(size, key=lambda n: (-size[n], n.lower(), n)):
            of_term = [r for r in mine if r[term] == name]
            place = {"group": label, "variable": term, "level": name}
            made.line(1, name, texts(of_term, "term", **place))


ENDED = "Ended, duration known"


def _onset_block(made: Expected, options: Record, label: str, records: list[Record]) -> None:
    start, duration = options.get("start", "ASTDY"), options.get("duration", "ADURN")
    kinds, texts = _kinds(options), dict[str, list[str]]()
    for c in made.columns:
        mine = [r for r in records if r["USUBJID"] in c.subjects]
        n, total = len(distinct(mine)), len(c.subjects)
        texts.setdefault("n", []).append(made.counted(n, total, "subjects", c.label, group=label))
        for kind, met in kinds.items():
            events = sum(map(met, mine))
            made.numbers[Place(f"events|{kind}", c.label, "n_events", label)] = events
            texts.setdefault(kind, []).append(str(events))
        ended = [r[duration] for r in mine if kinds[ENDED](r)]
        for name, variable, values in (
            ("onset", start, _first_days(mine, start)), ("duration", duration, ended),
        ):  # fmt: skip
            stats = described(values)
            counted = ("n",) if name == "onset" else ()  # of events the number stands apart
            for stat in (*counted, "median", "minimum", "maximum"):
                made.numbers[Place(name, c.label, stat, label, variable)] = stats[stat]
            low, high = (fixed(stats[s], 0) for s in ("minimum", "maximum"))
            texts.setdefault(name, []).append(f"{fixed(stats['median'], 1)} ({low}, {high})")
    made.line(0, label)
    made.line(1, "Subjects, n (%)", texts["n"])
    origin = options.get("origin", "infusion")
    made.line(1, f"First onset, days from {origin}: median (min, max)", texts["onset"])
    made.line(1, "Events, n", texts[""])
    for kind in list(kinds)[1:]:
        made.line(2, f"{kind}, n", texts[kind])
        if kind == ENDED:
            made.line(3, "Duration, days: median (min, max)", texts["duration"])


def _first_days(records: list[Record], start: str) -> list[float]:
    """The first day of each subject, from infusion (day 1 of the study is day 0)."""
    first = dict[str, float]()
    for r in records:
        if (day := r[start]) is not None:
            day -= day > 0
            first[r["USUBJID"]] = min(day, first.get(r["USUBJID"], day))
    return list(first.values())


def _episodes(made: Expected, trial: Trial, options: Record) -> None:
    who: dict[str, set[str]] = {
        part["label"]: set() for part in options["lanes"] + options["marks"]
    }
    lanes = [lane["label"] for lane in options["lanes"]]
    for c in list(made.columns[:-1]) or made.columns:
        for part in options["lanes"] + options["marks"]:
            graded = part["label"] in lanes
            for r in trial.where(part["dataset"], part["where"], c.subjects):
                if r["ADY"] is None or (graded and not r["AVAL"]):
                    continue
                day = r["ADY"] - 1 if r["ADY"] > 0 else r["ADY"]
                if 0 <= day <= options.get("last_day", 28):
                    analysis, stat = ("grade", "grade") if graded else ("mark", "given")
                    place = Place(analysis, c.label, stat, r["USUBJID"], "", part["label"], "", day)
                    made.numbers[place] = r["AVAL"] if graded else 1.0
                    who[part["label"]].add(r["USUBJID"])
    drawn = set().union(*(who[label] for label in lanes))
    for label, subjects in who.items():
        made.sentences.append(f"{label}: {len(subjects & drawn)} subjects")


def _courses(made: Expected, trial: Trial, options: Record) -> None:
    columns = list(made.columns[:-1]) or list(made.columns)
    if "groups" in options:
        columns = _grouped(made, trial, options["groups"])
    made.columns = columns
    made.numbers = {Place("columns", c.label, "N"): len(c.subjects) for c in columns}
    for panel in options["panels"]:
        seen, late = set[str](), 0
        for c in columns:
            for (who, day), values in _of_panel(trial, options, panel, c).items():
                seen.add(who)
                for i, (value, after) in enumerate(sorted(values), 1):
                    level = "" if i == 1 else str(i)
                    place = Place("value", c.label, "value", who, panel["label"], level, "", day)
                    made.numbers[place] = value
                    late += after == 1
                    if panel.get("marked"):
                        made.numbers[place._replace(stat_name="after")] = after
        marked = f", {late} values marked" if panel.get("marked") else ""
        made.sentences.append(f"{panel['label']}: {len(seen)} subjects{marked}.")


def _grouped(made: Expected, trial: Trial, grouping: Record) -> list[Column]:
    records = trial.where(grouping["dataset"], grouping["where"], frozenset(_all(made)))
    return [
        Column(item["label"], frozenset(r["USUBJID"] for r in records if test_of(item["where"])(r)))
        for item in grouping["levels"]
    ]


def _of_panel(
    trial: Trial, options: Record, panel: Record, c: Column
) -> dict[tuple[str, float], list[tuple[float, float]]]:
    """Subject and day to values, each with 1 where it is not before the marked date."""
    found = dict[tuple[str, float], list[tuple[float, float]]]()
    first, last = options["days"]
    for r in trial.where(panel["dataset"], panel["where"], c.subjects):
        value, day = r[panel.get("variable", "AVAL")], r["ADY"]
        if value is None or day is None:
            continue
        day -= day > 0
        date = r[options["after"]["variable"]] if "after" in options else None
        if first <= day <= last:
            after = float(date is not None and r["ADT"] >= date)
            found.setdefault((r["USUBJID"], day), []).append((value, after))
    return found


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_cross": _cross,
    "f_incidence": _incidence,
    "f_butterfly": _butterfly,
    "t_onset_duration": _onset,
    "t_ae_groups": _groups,
    "f_episodes": _episodes,
    "f_parameter_courses": _courses,
}
