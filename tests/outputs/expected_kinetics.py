"""Kinetics, depletion and cytokines: what their displays must hold, from the records."""

from __future__ import annotations

from fractions import Fraction

from tests.outputs.arithmetic import described, fixed, geometric, significant, tenths
from tests.outputs.expected import (
    Expected,
    Place,
    Times,
    _landmark,
    _middles,
    _parameter,
    percent,
)
from tests.outputs.records import Column, Record, Trial, distinct


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


def _kinetics(made: Expected, trial: Trial, options: Record) -> None:
    regroup(made, trial, options)
    dataset = options.get("dataset", "ADPP")
    for block in options["blocks"]:
        made.line(0, block["label"])
        for item in options["parameters"]:
            where = f'({block["where"]}) and PARAMCD == "{item["paramcd"]}"'
            of_column = [trial.where(dataset, where, c.subjects) for c in made.columns]
            units = {r["AVALU"] for records in of_column for r in records} - {None}
            assert len(units) < 2, "one unit in one parameter of one assay"
            made.line(1, ", ".join([item["label"], *units]))
            _parameter(made, of_column, block["label"], item)


def _concentrations(made: Expected, trial: Trial, options: Record) -> None:
    units = set()
    for time in options["times"]:
        made.line(0, time.capitalize())
        rates, means, medians = [], [], []
        for c in made.columns:
            records = trial.where("ADPC", options["where"], c.subjects)
            taken = [r for r in records if r["ATPT"] == time and r["AREASN"] is None]
            seen = [r for r in taken if r["BLQFL"] != "Y" and r["AVAL"] is not None]
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


def _persistence(made: Expected, trial: Trial, options: Record) -> None:
    month = trial.conventions["days_per_month"]
    of_column = {}
    for c in made.columns:
        records = trial.where("ADPP", options["where"], c.subjects)
        known = [r for r in records if r["AVAL"] is not None]
        lost = {r["USUBJID"]: r["AVAL"] for r in known if r["PARAMCD"] == "TLOSS"}
        last = {r["USUBJID"]: r["AVAL"] for r in known if r["PARAMCD"] == "TLST"}
        of_column[c.label] = [
            {"AVAL": lost.get(subject, day), "CNSR": float(subject not in lost)}
            for subject, day in last.items()
        ]
        made.counted(len(lost), len(last), "loss", c.label)
    losses = [
        f"{sum(r['CNSR'] == 0 for r in records)}/{len(records)}" for records in of_column.values()
    ]
    made.line(0, "Loss of the transgene, n/N", losses)
    days = Times("", of_column, 1, 0, trial.conventions["km_ci"])
    middle = _middles(made, days, Fraction(1, 2), "time to loss")
    made.line(0, "Median time to loss, days (95% CI)", middle)
    for mark in options["landmarks"]:
        texts = []
        for column, records in of_column.items():
            found = _landmark(records, mark * month, days.scale)
            del found["std_error"]
            for name, value in found.items():
                made.numbers[Place("persisting", column, name, time=float(mark))] = value
            s, low, high = (percent(found[n]) for n in ("survival", "lower", "upper"))
            texts.append(f"{s} ({low}, {high}) [{found['n_risk']:.0f}]")
        made.line(0, f"Persisting at {mark} months, %", texts)


OUTPUTS = {
    "t_kinetics": _kinetics,
    "t_biomarkers": _kinetics,
    "t_concentrations": _concentrations,
    "t_persistence": _persistence,
}
