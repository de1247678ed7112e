"""What the displays of the safety part must hold, derived from the records."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tests.outputs.arithmetic import described, fixed
from tests.outputs.expected import Expected, Place
from tests.outputs.records import Column, Record, Trial, distinct, test_of

SHOWN = {
    "n": ("n", lambda s, d: fixed(s["n"], 0)),
    "mean": ("Mean (SD)", lambda s, d: f"{fixed(s['mean'], d + 1)} ({fixed(s['sd'], d + 2)})"),
    "median": ("Median", lambda s, d: fixed(s["median"], d + 1)),
    "quartiles": (
        "Median (Q1, Q3)",
        lambda s, d: (
            f"{fixed(s['median'], d + 1)} ({fixed(s['q1'], d + 1)}, {fixed(s['q3'], d + 1)})"
        ),
    ),
    "range": ("Min, max", lambda s, d: f"{fixed(s['minimum'], d)}, {fixed(s['maximum'], d)}"),
}


def _lines(made: Expected, trial: Trial, options: Record) -> None:
    counts = list[int]()
    for block in options.get("blocks", [{}]):
        under, deeper = "", int("label" in block)
        if deeper:
            made.line(0, block["label"])
        for item in options["lines"]:
            indent = item.get("indent", 0) + deeper
            if item.get("heading"):
                under = item["label"]
                made.line(indent, under)
                continue
            group = "|".join(filter(None, [block.get("label"), under]))
            if "variable" in item:
                _line_values(made, trial, options, (block, item, group, indent))
            else:
                counts.append(_line_counts(made, trial, options, (block, item, group, indent)))
    if options.get("nobody") and not counts[0]:
        made.lines = []


Where = tuple[Record, Record, str, int]


def _found(trial: Trial, options: Record, at: Where, column: Column) -> list[Record]:
    """The records of a line in a column."""
    block, item, _, _ = at
    dataset = item.get("dataset", options.get("dataset", "ADAE"))
    found = trial.where(dataset, item.get("where", ""), _base(trial, block, column))
    also = block.get("where")
    kept = {id(r) for r in trial.where(dataset, also, column.subjects)} if also else set()
    return [r for r in found if not also or id(r) in kept]


def _base(trial: Trial, block: Record, column: Column) -> frozenset[str]:
    return frozenset(distinct(trial.where("ADSL", block.get("of", ""), column.subjects)))


def _line_counts(made: Expected, trial: Trial, options: Record, at: Where) -> int:
    """A line of subjects or events; returns how many subjects of all columns it counts."""
    block, item, group, indent = at
    texts, intervals, seen = list[str](), list[str](), 0
    place = {"group": group, "level": item["label"]}
    for c in made.columns:
        records = _found(trial, options, at, c)
        if item.get("events"):
            made.numbers[Place("events", c.label, "n_events", **place)] = len(records)
            texts.append(str(len(records)))
            continue
        base = _base(trial, block, c)
        if "of" in item:
            base &= distinct(trial.where(item.get("of_dataset", "ADSL"), item["of"], c.subjects))
        who = distinct(records)
        if item.get("of_dataset", "ADSL") == "ADSL":
            who &= base
        assert who <= base
        seen += len(who)
        text = made.counted(len(who), len(base), "subjects", c.label, **place)
        text = text if item.get("percent", True) else str(len(who))
        if "of" in item or "of" in block:
            text = text.replace(str(len(who)), f"{len(who)}/{len(base)}", 1)
        texts.append(text)
        if item.get("interval"):
            ends = made.interval(len(who), len(base), "subjects", c.label, **place)
            intervals.append(f"({ends})")
    made.line(indent, item["label"], texts)
    if intervals:
        made.line(indent + 1, "95% confidence interval, %", intervals)
    return seen


def _line_values(made: Expected, trial: Trial, options: Record, at: Where) -> None:
    _, item, group, indent = at
    name, label, found = item["variable"], item["label"], []
    for c in made.columns:
        records = [r for r in _found(trial, options, at, c) if r[name] is not None]
        if "pick" in item:
            records.sort(key=lambda r: r[name], reverse=item["pick"] == "lowest")
            records = list({r["USUBJID"]: r for r in records}.values())  # the last one stays
        assert len(records) == len(distinct(records))
        stats = described([r[name] for r in records])
        for stat, value in stats.items():
            place = Place("values", c.label, stat, group, name, label)
            made.numbers[place] = value
        found.append(stats)
    made.line(indent, label)
    for shown in item.get("show", ["n", "quartiles", "range"]):
        text, show = SHOWN[shown]
        made.line(indent + 1, text, [show(s, item.get("digits", 0)) for s in found])


def _terms(made: Expected, trial: Trial, options: Record) -> None:
    by, term = options.get("group", "AEBODSYS"), options.get("term", "AEDECOD")
    bands = options.get("bands", [{"label": "Any"}])
    made.bands = [*(band["label"] for band in bands), *options.get("worst", {}).values()]
    within = frozenset().union(*(c.subjects for c in made.columns))
    every = trial.where(options.get("dataset", "ADAE"), options["subset"], within)
    first = _band(bands[0])

    def by_size(variable: str, records: list[Record]) -> list[str]:
        inside = [r for r in records if first(r) and r["USUBJID"] in made.columns[-1].subjects]
        found = {r[variable] for r in records}
        size = {v: len(distinct([r for r in inside if r[variable] == v])) for v in found}
        alphabetical = options.get("sort") == "alphabetical"
        return sorted(found, key=lambda v: (0 if alphabetical else -size[v], v.lower(), v))

    label = options.get("any", "Subjects with at least one event")
    lines = [(0, label, _cells(made, options, every, "any"))]
    for group in by_size(by, every) if by else [""]:
        of_group = [r for r in every if r[by] == group] if by else every
        shown = []
        for name in by_size(term, of_group):
            of_term = [r for r in of_group if r[term] == name]
            place = {"group": group, "variable": term, "level": name}
            texts = _cells(made, options, of_term, "term", **place)
            if _reaches(made, options, [r for r in of_term if first(r)]):
                shown.append((int(bool(by)), trial.said(term, name), texts))
        if by:
            head = _cells(made, options, of_group, "group", variable=by, level=group)
            lines += [(0, trial.said(by, group), head)] if shown else []
        lines += shown
    for indent, text, texts in lines if len(lines) > 1 else []:
        made.line(indent, text, texts)


def _band(band: Record) -> Callable[[Record], bool]:
    return test_of(band["where"]) if "where" in band else lambda r: True


def _cells(
    made: Expected, options: Record, records: list[Record], analysis: str, **place: str
) -> list[str]:
    """The counts of a line: each band, then each worst grade, column by column."""
    texts, worst = [], options.get("worst", {})
    for c in made.columns:
        mine = [r for r in records if r["USUBJID"] in c.subjects]
        for band in options.get("bands", [{"label": "Any"}]):
            who = distinct([r for r in mine if _band(band)(r)])
            name = f"{analysis}|{band['label']}"
            texts.append(made.counted(len(who), len(c.subjects), name, c.label, **place))
        highest = list(_highest(mine, options.get("grade", ""), list(worst)).values())
        for i, label in enumerate(worst.values()):
            name = f"{analysis}|{label}"
            texts.append(made.counted(highest.count(i), len(c.subjects), name, c.label, **place))
    return texts


def _reaches(made: Expected, options: Record, records: list[Record]) -> bool:
    """Whether the subjects of these records are at least the wanted part of any column."""
    least = Fraction(str(options.get("at_least", 0)))
    parts = [
        Fraction(len(distinct(records) & c.subjects), len(c.subjects))
        for c in made.columns
        if c.subjects
    ]
    return not least or any(part >= least for part in parts)


def _highest(records: list[Record], grade: str, order: list[str]) -> dict[str, int]:
    """The rank of the worst known grade of each subject."""
    found = dict[str, int]()
    for r in records:
        code = r[grade] if grade else None
        text = str(int(code)) if isinstance(code, float) else code
        if text in order:
            who = r["USUBJID"]
            found[who] = max(order.index(text), found.get(who, -1))
    return found


def _incidence_rate(made: Expected, trial: Trial, options: Record) -> None:
    unit = options.get("unit", "months")
    days_per_unit = trial.conventions["days_per_month"] * (12 if unit == "years" else 1)
    for item in options["lines"]:
        where = f"({options['subset']})" + (f" and ({item['where']})" if "where" in item else "")
        subjects, exposures, rates = [], [], []
        for c in made.columns:
            days = dict[str, float]()
            for r in trial.where("ADAE", where, c.subjects):
                days[r["USUBJID"]] = min(r["ASTDY"], days.get(r["USUBJID"], r["ASTDY"]))
            n, followed = len(days), trial.where("ADSL", "", c.subjects)
            at_risk = sum(days.get(r["USUBJID"], r["FUPDAY"] + 1) for r in followed) / days_per_unit
            found = _poisson(n, at_risk)
            place = Place("rate", c.label, "exposure", level=item["label"])
            made.numbers[place] = at_risk
            for stat, value in zip(("rate", "lower", "upper"), found, strict=True):
                made.numbers[place._replace(stat_name=stat)] = value
            subjects.append(
                made.counted(n, len(c.subjects), "first event", c.label, level=item["label"])
            )
            exposures.append(fixed(at_risk, 1))
            rate, lower, upper = (fixed(value, 1) for value in found)
            rates.append(f"{rate} ({lower}, {upper})")
        made.line(item.get("indent", 0), item["label"])
        made.line(item.get("indent", 0) + 1, "Subjects, n (%)", subjects)
        made.line(item.get("indent", 0) + 1, f"At risk, subject-{unit}", exposures)
        made.line(item.get("indent", 0) + 1, f"Per 100 subject-{unit} (95% CI)", rates)


def _poisson(n: int, at_risk: float) -> tuple[float | None, float | None, float | None]:
    """Rate per 100 and its exact limits, by the chi-square form."""
    from scipy.stats import chi2

    if not at_risk:
        return None, None, None
    lower = float(chi2.ppf(0.025, 2 * n)) / 2 if n else 0.0
    upper = float(chi2.ppf(0.975, 2 * n + 2)) / 2
    return 100 * n / at_risk, 100 * lower / at_risk, 100 * upper / at_risk


def _grade_days(made: Expected, trial: Trial, options: Record) -> None:
    worst = dict[str, float]()
    parts = made.columns[:-1] or made.columns
    for c in parts:
        for r in trial.where(options["dataset"], options["where"], c.subjects):
            day = r["ADY"] - 1
            if r["AVAL"] is None or day > options["last_day"]:
                continue
            place = Place("day", c.label, "grade", r["USUBJID"], time=day)
            made.numbers[place] = r["AVAL"]
            worst[r["USUBJID"]] = max(r["AVAL"], worst.get(r["USUBJID"], 0))
    for grade in range(6) if worst else []:
        n = list(worst.values()).count(grade)
        made.sentences.append(f"grade {grade}: {n}")


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_lines": _lines,
    "f_grade_days": _grade_days,
    "t_incidence_rate": _incidence_rate,
    "t_ae_soc_pt": _terms,
}
