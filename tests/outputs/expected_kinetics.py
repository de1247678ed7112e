"""Kinetics, depletion and cytokines: what their displays must hold, from the records."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from fractions import Fraction

from tests.outputs.arithmetic import described, fixed, geometric, significant, tenths
from tests.outputs.expected import (
    Expected,
    Place,
)
from tests.outputs.records import Column, Record, Trial, distinct, test_of


def regroup(made: Expected, trial: Trial, options: Record) -> None:
    """Columns by another record of each subject, where the plan asks for them."""
    by = options.get("by")
    if not by:
        return
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    for c in made.columns:
        made.numbers.pop(Place("columns", c.label, "N"), None)
    made.columns = [
        Column(
            level["label"],
            frozenset(
                distinct(
                    trial.where(by["dataset"], f"({by['where']}) and {level['where']}", everyone)
                )
            ),
        )
        for level in by["levels"]
    ]
    for c in made.columns:
        made.numbers[Place("columns", c.label, "N")] = len(c.subjects)


def exact(records: Sequence[Record]) -> list[Record]:
    """The values as the decimal fractions they are written as: a half is a half when rounded."""
    return [r | {"AVAL": None if r["AVAL"] is None else Fraction(repr(r["AVAL"]))} for r in records]


def _kinetics(made: Expected, trial: Trial, options: Record) -> None:
    regroup(made, trial, options)
    dataset = options.get("dataset", "ADPP")
    for block in options["blocks"]:
        made.line(0, block["label"])
        for item in options["parameters"]:
            where = f'({block["where"]}) and PARAMCD == "{item["paramcd"]}"'
            of_column = [exact(trial.where(dataset, where, c.subjects)) for c in made.columns]
            units = {r["AVALU"] for records in of_column for r in records} - {None}
            if item.get("unit"):
                assay = trial.assays[block["assay"]]["unit"] if "assay" in block else block["unit"]
                declared = item["unit"].replace("{unit}", assay)
                assert units <= {declared}, "the unit of the plan"
                units = {declared}
            assert len(units) < 2, "one unit in one parameter of one assay"
            made.line(1, ", ".join([item["label"], *map(printed, units)]))
            _parameter(made, of_column, block["label"], item)
            for flag in options.get("flags", ()):
                if item["paramcd"] in flag.get("of", [item["paramcd"]]):
                    _flagged(made, of_column, (block["label"], item["paramcd"]), flag)


def printed(unit: str) -> str:
    """A unit of the data with the characters that it is printed with."""
    for written, shown in (("*", "·"), ("ug", "µg"), ("uL", "µL"), ("10^9", "10⁹")):
        unit = unit.replace(written, shown)
    return unit


def _parameter(made: Expected, of_column: list[list[Record]], block: str, item: Record) -> None:
    log = item.get("scale", "geometric") != "ordinary"
    texts = dict[str, list[str]]()
    for c, records in zip(made.columns, of_column, strict=True):
        values = [r["AVAL"] for r in records if r["AVAL"] is not None]
        stats = described(values)
        mean, cv = geometric(values)
        zero, missing = sum(v == 0 for v in values), len(records) - len(values)
        found = {("not estimable", "n_ne"): missing, ("number", "n"): len(values)}
        if log:
            found |= {("geometric", "n_zero"): zero}
            found |= {("geometric", "mean"): mean, ("geometric", "cv"): cv}
        for stat in ("mean", "sd", "median", "minimum", "maximum"):
            found["ordinary", stat] = stats[stat]
        for (analysis, stat), value in found.items():
            made.numbers[Place(analysis, c.label, stat, block, paramcd=item["paramcd"])] = value
        cells = {"n": str(len(values))}
        cells |= _skewed(stats, (mean, cv), zero) if log else _of_times(stats, item["digits"])
        cells["Not estimable"] = str(missing)
        for label, text in cells.items():
            texts.setdefault(label, []).append(text)
    for label, of_label in texts.items():
        made.line(2, label, of_label)


def _skewed(
    stats: dict[str, float | None], of_logs: tuple[float | None, float | None], zero: int
) -> dict[str, str]:
    """Concentrations and areas: three significant digits."""
    mean, cv = of_logs
    ends = ", ".join(significant(stats[s]) for s in ("minimum", "maximum"))
    return {
        "Geometric mean (CV%)": f"{significant(mean)} ({fixed(cv, 1)})",
        "Zero, not in the geometric mean": str(zero),
        "Median (min, max)": f"{significant(stats['median'])} ({ends})",
        "Mean (SD)": f"{significant(stats['mean'])} ({significant(stats['sd'])})",
    }


def _of_times(stats: dict[str, float | None], digits: int) -> dict[str, str]:
    """Times: median with one decimal more than the data, and range."""
    ends = ", ".join(fixed(stats[s], digits) for s in ("minimum", "maximum"))
    return {"Median (min, max)": f"{fixed(stats['median'], digits + 1)} ({ends})"}


def _flagged(
    made: Expected, of_column: list[list[Record]], place: tuple[str, str], flag: Record
) -> None:
    """Values that the flag marks; no line where it marks none."""
    marked = test_of(flag["where"])
    texts = []
    for c, records in zip(made.columns, of_column, strict=True):
        n = sum(r["AVAL"] is not None and marked(r) for r in records)
        at = Place("flagged", c.label, "n", place[0], level=flag["label"], paramcd=place[1])
        made.numbers[at] = n
        texts.append(str(n))
    if set(texts) != {"0"}:
        made.line(2, flag["label"], texts)


def _concentrations(made: Expected, trial: Trial, options: Record) -> None:
    units = set()
    for time in options["times"]:
        made.line(0, time.capitalize())
        rates, means, medians = [], [], []
        for c in made.columns:
            records = exact(trial.where("ADPC", options["where"], c.subjects))
            valid = test_of(options.get("sampled", "AREASN == missing"))
            below = test_of(options.get("below", 'BLQFL == "Y"'))
            taken = [r for r in records if r["ATPT"] == time and valid(r)]
            seen = [r for r in taken if not below(r) and r["AVAL"] is not None]
            units |= {r["AVALU"] for r in seen}
            n, total = len(distinct(seen)), len(distinct(taken))
            made.counted(n, total, "quantifiable", c.label, level=time)
            made.interval(n, total, "quantifiable", c.label, level=time)
            share = f"{tenths(n, total)}%" if total else "NE"
            rates.append(f"{n}/{total} ({share})")
            values = [r["AVAL"] for r in seen]
            mean, cv = geometric(values)
            stats = described(values)
            found = {"mean": mean, "cv": cv} | {
                name: stats[name] for name in ("median", "minimum", "maximum")
            }
            for name, value in found.items():
                made.numbers[Place("of quantifiable", c.label, name, level=time)] = value
            means.append(f"{significant(mean)} ({fixed(cv, 1)})")
            low, high = significant(stats["minimum"]), significant(stats["maximum"])
            medians.append(f"{significant(stats['median'])} ({low}, {high})")
        made.line(1, "Quantifiable, n/N (%)", rates)
        made.line(1, "Geometric mean (CV%)", means)
        made.line(1, "Median (min, max)", medians)
    assert len(units) < 2, "one unit in one assay"


def _boxplot(made: Expected, trial: Trial, options: Record) -> None:
    regroup(made, trial, options)
    where = f'({options["where"]}) and PARAMCD == "{options["paramcd"]}" and AVAL > 0'
    said = []
    for c in made.columns:
        records = trial.where("ADPP", where, c.subjects)
        stats = described([r["AVAL"] for r in records])
        for name in ("n", "q1", "median", "q3", "minimum", "maximum"):
            made.numbers[Place("box", c.label, name)] = stats[name]
        for r in records:
            made.numbers[Place("point", c.label, "value", r["USUBJID"])] = r["AVAL"]
        zero = len(trial.where("ADPP", where.replace("AVAL > 0", "AVAL == 0"), c.subjects))
        made.numbers[Place("box", c.label, "n_zero")] = zero
        said.append(f"{c.label}: {len(records)}{f', {zero} zero' if zero else ''}.")
    made.sentences.append(f"Subjects with a value above 0: {' '.join(said)}")


def _means(made: Expected, trial: Trial, options: Record) -> None:
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    where = f"({options['where']}) and NRRLT >= 0 and AREASN == missing"
    taken = trial.where("ADPC", where, everyone)
    for day in {r["NRRLT"] for r in taken}:
        made.numbers[Place("limit", "", "lloq")] = max(r["ALLOQ"] for r in taken)
        for c in made.columns:
            here = [r for r in taken if r["NRRLT"] == day and r["USUBJID"] in c.subjects]
            values = [r["AVAL"] for r in here if r["BLQFL"] != "Y" and (r["AVAL"] or 0) > 0]
            mean, _ = geometric(values)
            logs = [math.log(v) for v in values]
            sd = math.exp(statistics.stdev(logs)) if len(logs) > 1 else None
            found = {"n": len(values), "mean": mean, "sd": sd, "N": len(distinct(here))}
            for name, value in found.items():
                made.numbers[Place("mean", c.label, name, time=day)] = value
    least, last = options.get("least", 3), options["last_day"]
    for c in made.columns:
        drawn = [
            place
            for place, n in made.numbers.items()
            if (place.analysis, place.column, place.stat_name) == ("mean", c.label, "n")
            and (n or 0) >= least
            and (place.time or 0) <= last
        ]
        made.sentences.append(f"{c.label}: {len(drawn)} times.")


def _overlay(made: Expected, trial: Trial, options: Record) -> None:
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    low, high = options["days"]
    found = dict[Place, float]()
    for series in options["series"]:
        for r in trial.where(series["dataset"], series["where"], everyone):
            day = (r["ADT"] - r["TRTSDT"]).days if r["ADT"] else None
            if r["AVAL"] is not None and day is not None and low <= day <= high:
                place = Place(
                    "course", "", "value", r["USUBJID"], level=series["label"], time=float(day)
                )
                found[place] = max(r["AVAL"], found.get(place, r["AVAL"]))
    for mark in options.get("marks", ()):
        for r in trial.where(mark["dataset"], mark["where"], everyone):
            day = (r[mark["date"]] - r["TRTSDT"]).days if r[mark["date"]] else None
            if day is not None and low <= day <= high:
                place = Place("mark", "", "day", r["USUBJID"], level=mark["label"], time=float(day))
                made.numbers[place] = float(day)
    made.numbers |= found
    made.sentences.append(f"{len({place.group for place in found})} panels, one per subject")


def _course(made: Expected, trial: Trial, options: Record) -> None:
    first, last = options["days"]
    under = test_of(options["flag"])
    everyone = frozenset().union(*(c.subjects for c in made.columns))
    records = []
    for r in trial.where(options["dataset"], options["where"], everyone):
        day = (r["ADT"] - r["TRTSDT"]).days if r["ADT"] and r["TRTSDT"] else None
        if r["AVAL"] is not None and day is not None and first <= day <= last:
            records.append(r | {"DAY": float(day)})
    for c in made.columns:
        drawn = 0
        for day in {r["DAY"] for r in records}:
            here = [r for r in records if r["DAY"] == day and r["USUBJID"] in c.subjects]
            stats = described([r["AVAL"] for r in here])
            for name in ("n", "q1", "median", "q3"):
                made.numbers[Place("course", c.label, name, time=day)] = stats[name]
            made.numbers[Place("flagged", c.label, "n", time=day)] = sum(map(under, here))
            drawn += len(here) >= 3
        made.sentences.append(f"{c.label}: {drawn} days.")


OUTPUTS = {
    "f_course": _course,
    "f_kinetics_mean": _means,
    "f_overlay": _overlay,
    "t_kinetics": _kinetics,
    "t_biomarkers": _kinetics,
    "t_concentrations": _concentrations,
    "f_boxplot": _boxplot,
}
