"""What the tables of laboratory values and vital signs must hold, derived from the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from tests.outputs.arithmetic import described
from tests.outputs.arithmetic import fixed as exactly
from tests.outputs.expected import Expected, Place
from tests.outputs.records import Record, Trial, test_of

STATISTICS = ("n", "mean", "sd", "median", "minimum", "maximum")
DIRECTION = {"L": "low", "H": "high"}
NOBODY = "\N{EN DASH} [0]"
GRADES = ["0", "1", "2", "3", "4", "Missing"]


def fixed(value: float | None, digits: int) -> str:
    """As `exactly`, of a mean or a difference without the noise of its last digits."""
    return exactly(None if value is None else round(value, 10), digits)


def _by_visit(made: Expected, trial: Trial, options: Record) -> None:
    visits = options["visits"]
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    for item in options["parameters"]:
        made.line(0, item["label"])
        of_parameter = [
            r
            for r in trial.where(options["dataset"], options.get("subset", ""), everyone)
            if r["PARAMCD"] == item["paramcd"]
        ]
        for visit in visits:
            made.line(1, visit)
            for measure in options["measures"]:
                if "after" in measure and visit in visits[: visits.index(measure["after"]) + 1]:
                    continue
                met = test_of(measure["where"]) if "where" in measure else lambda r: True
                records = [r for r in of_parameter if r["AVISIT"] == visit and met(r)]
                _measure(made, item, visit, measure, records)


def _measure(
    made: Expected, item: Record, visit: str, measure: Record, records: list[Record]
) -> None:
    name, label = measure["variable"], measure["label"]
    digits = measure.get("digits", item.get("digits", 1))
    means, medians = [], []
    for c in made.columns:
        values = [r[name] for r in records if r["USUBJID"] in c.subjects and r[name] is not None]
        stats = described(values)
        for stat in STATISTICS:
            place = Place(label, c.label, stat, variable=name, level=visit, paramcd=item["paramcd"])
            made.numbers[place] = stats[stat]
        mean, sd = fixed(stats["mean"], digits + 1), fixed(stats["sd"], digits + 2)
        means.append(f"{mean} ({sd}) [{len(values)}]" if values else NOBODY)
        ends = ", ".join(fixed(stats[stat], digits) for stat in ("minimum", "maximum"))
        middle = f"{fixed(stats['median'], digits + 1)} ({ends})"
        medians.append(middle if values else NOBODY[0])
    made.line(2, f"{label}: mean (SD) [n]", means)
    if set(means) != {NOBODY}:
        made.line(3, "median (min, max)", medians)


def _by_subject(trial: Trial, dataset: str, where: str) -> dict[str, list[Record]]:
    """The records that meet a condition, by subject."""
    key = (id(trial), dataset, where)
    if key not in KNOWN:
        found = defaultdict[str, list[Record]](list)
        for r in trial.records(dataset):
            if test_of(where)(r):
                found[r["USUBJID"]].append(r)
        KNOWN[key] = (trial, found)
    return KNOWN[key][1]


KNOWN: dict[tuple[int, str, str], tuple[Trial, dict[str, list[Record]]]] = {}


def _grades(
    trial: Trial, options: Record, item: Record, window: Record, who: str
) -> tuple[str, str]:
    """Grade at baseline and worst grade in the window of a subject."""
    where = f'({options["subset"]}) and PARAMCD == "{item["paramcd"]}"'
    records = _by_subject(trial, options.get("dataset", "ADLB"), where).get(who, [])
    variable = _grade_of(options, item)[1:]
    before = {r[f"B{variable}"] for r in records} - {None}
    assert len(before) < 2
    after = [r[f"A{variable}"] for r in records if test_of(window["where"])(r)]
    known = [g for g in after if g is not None]
    base = str(int(before.pop())) if before else "Missing"
    return base, str(max(int(g) for g in known)) if known else "Missing"


def _grade_of(options: Record, item: Record) -> str:
    last = "N" if options.get("grades", "number") == "number" else ""
    return f"ATOXGR{item['direction']}{last}"


def _shift(made: Expected, trial: Trial, options: Record) -> None:
    made.bands = [g if g == "Missing" else f"Grade {g}" for g in GRADES]
    for item in options["parameters"]:
        for window in options["windows"]:
            made.line(0, f"{item['label']}, {DIRECTION[item['direction']]}: {window['label']}")
            pairs = {
                c.label: [_grades(trial, options, item, window, who) for who in c.subjects]
                for c in made.columns
            }
            had = {before for of_column in pairs.values() for before, _ in of_column}
            for before in GRADES:
                texts = list[str]()
                for c in made.columns:
                    for then in GRADES:
                        texts.append(
                            made.counted(
                                pairs[c.label].count((before, then)), len(c.subjects),
                                f"shift|{then}", c.label, group=window["label"],
                                variable=_grade_of(options, item), level=before,
                                paramcd=item["paramcd"],
                            )
                        )  # fmt: skip
                if before in had or not options.get("compact"):
                    made.line(1, before if before == "Missing" else f"Grade {before}", texts)
    if options.get("compact") and not any(c.subjects for c in made.columns):
        made.lines.clear()


NEW = "Grade 3 or higher, new or worse than at baseline"


def _worst(made: Expected, trial: Trial, options: Record) -> None:
    for item in options["parameters"]:
        for window in options["windows"]:
            made.line(0, f"{item['label']}, {DIRECTION[item['direction']]}: {window['label']}")
            texts = defaultdict[str, list[str]](list)
            for c in made.columns:
                pairs = [_grades(trial, options, item, window, who) for who in c.subjects]
                known = [
                    (0 if b == "Missing" else int(b), int(w)) for b, w in pairs if w in GRADES[:5]
                ]
                worst = [w for _, w in known]
                counts = {"Grade 1 or higher": sum(w >= 1 for w in worst)}
                counts |= {f"Grade {g}": worst.count(g) for g in range(1, 5)}
                counts["Grade 3 or higher"] = sum(w >= 3 for w in worst)
                counts[NEW] = sum(w >= 3 and w > b for b, w in known)
                for label, n in counts.items():
                    text = made.counted(
                        n, len(known), "lab|worst", c.label, group=window["label"],
                        variable=_grade_of(options, item), level=label,
                        paramcd=item["paramcd"],
                    )  # fmt: skip
                    texts[label].append(text.replace(str(n), f"{n}/{len(known)}", 1))
            nobody = all(text.startswith("0") for text in texts["Grade 1 or higher"])
            for label, of_label in texts.items():
                made.line(1, label, of_label)
                if nobody and options.get("compact"):
                    break


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_by_visit": _by_visit,
    "t_shift": _shift,
    "t_lab_worst": _worst,
}
