"""What a listing of findings must hold: a row per subject and time, a column per parameter."""

from __future__ import annotations

from collections.abc import Callable

from tests.outputs.expected import Expected, Place
from tests.outputs.records import Record, Trial, distinct, test_of


def listed_findings(made: Expected, trial: Trial, options: Record, within: frozenset[str]) -> None:
    codes = [p["paramcd"] for p in options["parameters"]]
    found = [
        r
        for r in trial.where(options["dataset"], options["where"], within)
        if r["PARAMCD"] in codes
    ]
    names = [v["variable"] for v in options["variables"]]
    found.sort(key=lambda r: [(r[n] is None, r[n]) for n in [*options["sort"], *names]])
    made.numbers = {
        Place("listed", "", "n_records"): len(found),
        Place("listed", "", "n"): len(distinct(found)),
    }
    rows = dict[tuple[object, ...], dict[str, list[str]]]()
    for r in found:
        cells = rows.setdefault(tuple(r[n] for n in names), {code: [] for code in codes})
        said = trial.said("AVALC", r["AVALC"] or "")
        cells[r["PARAMCD"]].append(_marked(said, r, options.get("marks", [])))
    made.records = [
        (
            *(trial.said(n, _text(v)) for n, v in zip(names, key, strict=True)),
            *("; ".join(cells[code]) for code in codes),
        )
        for key, cells in rows.items()
    ]


def _marked(said: str, record: Record, marks: list[Record]) -> str:
    text = ""
    for mark in marks:
        if test_of(mark["where"])(record):
            text += mark.get("text", "")
            text += _text(record[mark["variable"]]) if "variable" in mark else ""
    return f"{said} {text}" if text else said


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {}
LISTINGS: dict[str, Callable[[Expected, Trial, Record, frozenset[str]], None]] = {
    "l_findings": listed_findings
}
