"""How each number of a report came about, as plain data for the page: lists, numbers, texts.

`index/displays` says with which row each display begins. `trace/<display>` has the display's rows
of the ARD, column by column, with their conditions in words and the places of their records;
`records/<DATASET>` has the records. Every text, condition and set of records stands once where it
is used often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.ard import SCHEMA
from il5report.conditions import Comparator, Comparison, Condition, comparisons, parse
from il5report.data.dataset import Study
from il5report.data.variables import label_of
from il5report.plan import Plan
from il5report.trace import WHERE, Tracer

Data = Mapping[str, Any]

# What identifies a record and says what it holds, in this order, of any data set.
KEYS = (
    "TRT01A", "AGE", "SEX", "SRCSEQ", "ASEQ", "AESEQ", "PARAMCD", "PARAM", "AVISIT", "ATPT", "ADT",
    "ADTM", "ADY", "STARTDT", "ASTDT", "AENDT", "ASTDY", "AENDY", "AESOC", "AEDECOD", "AETERM",
    "CMDECOD", "CMTRT", "MHDECOD", "MHTERM", "ATOXGR", "ASTCTGR", "AESER", "AREL", "AVAL", "AVALC",
    "AVALU", "CNSR", "EVNTDESC", "CNSDTDSC", "AREASN",
)  # fmt: skip
OF_ADSL = {"TRT01A", "AGE", "SEX"}  # shown of a subject, not of each of its records
TEXTS = [n for n, k in SCHEMA.items() if k == pl.String and n not in ("output", "analysis_set")
         and n not in WHERE]  # fmt: skip
SCOPE = (*WHERE, "variable")
SIGNS: Mapping[Comparator, str] = {
    "EQ": "is", "NE": "is not", "GT": ">", "GE": "≥", "LT": "<", "LE": "≤", "IN": "is one of",
    "NOTIN": "is none of",
}  # fmt: skip


def provenance(ard: pl.DataFrame, study: Study, plan: Plan, *, records: bool) -> Iterator[
    tuple[str, Data]
]:  # fmt: skip
    """Name and content of each part, displays first.

    Parameters
    ----------
    ard : polars.DataFrame
        Rows of the whole report.
    study : Study
        The data that they were made from.
    plan : Plan
        Says what the analysis sets are called.
    records : bool
        Whether the records, and who they belong to, are part of it.
    """
    found = _Provenance(study, plan, records)
    firsts = ard.group_by("output", maintain_order=True).agg(pl.col("row").first())
    displays = [{"id": key, "first": first} for key, first in firsts.rows()]
    yield "index/displays", {"displays": displays}
    for rows in ard.partition_by("output", maintain_order=True):
        yield f"trace/{rows['output'][0]}", found.display(rows)
    if records:
        for dataset in found.datasets():
            yield f"records/{dataset}", found.records(dataset)


class _Provenance:
    def __init__(self, study: Study, plan: Plan, records: bool) -> None:
        self._study, self._plan, self._with_records = study, plan, records
        self._tracer = Tracer(study)
        self._used: dict[str, set[str]] = {"ADSL": set()}
        self._seen: set[tuple[str, str]] = set()
        self._said: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def display(self, rows: pl.DataFrame) -> Data:
        """The rows of one display."""
        scopes: dict[tuple[str, ...], int] = {}
        named = zip(*(rows[name].to_list() for name in SCOPE), strict=True)
        of_row = [scopes.setdefault(scope, len(scopes)) for scope in named]
        lines: dict[tuple[str, str], int] = {}
        sets: dict[str, int] = {}
        return {
            "first": rows["row"][0],
            "set": self._set(rows, lines),
            **{name: _coded(rows[name].to_list()) for name in TEXTS},
            "time": _constant(rows["time"].to_list()),
            "stat": rows["stat"].to_list(),
            "scope": _constant(of_row),
            "scopes": [
                self._scope(dict(zip(SCOPE, scope, strict=True)), lines, sets) for scope in scopes
            ],
            "lines": list(lines),
            "sets": list(sets),
        }

    def _set(self, rows: pl.DataFrame, lines: dict[tuple[str, str], int]) -> Data:
        name, where = rows["analysis_set"][0], rows["set_where"][0]
        about = self._plan.analysis_sets[name]
        whole = dict.fromkeys(WHERE, "") | {"dataset": "ADSL", "set_where": where}
        size = int(self._tracer.positions(whole).size) if self._with_records else None
        return {
            "name": name,
            "label": about.label,
            "definition": about.definition,
            "size": size,
            "lines": [_place(line, lines) for line in self._lines("ADSL", where)],
        }

    def _scope(
        self, row: Data, lines: dict[tuple[str, str], int], sets: dict[str, int]
    ) -> tuple[object, ...]:
        """Data set, lines of its conditions and of the one that excludes, records, subjects,
        variable looked at."""
        dataset = row["dataset"]
        joint = [*self._lines(dataset, row["subset_where"]),
                 *self._lines(dataset, row["group_where"])]  # fmt: skip
        scope = (
            dataset,
            [_place(line, lines) for line in dict.fromkeys(joint)],
            [_place(line, lines) for line in self._lines(dataset, row["without_where"])],
        )
        if not self._with_records:
            return scope
        self._use(dataset, row["variable"])
        found = self._tracer.positions(row)
        subjects = np.unique(self._tracer.subject_of(dataset)[found]).size
        return *scope, _place(ranges(found), sets), int(subjects), row["variable"]

    def _lines(self, dataset: str, text: str) -> list[tuple[str, str]]:
        """What a condition says: one line for each part that has to hold, in words and as code."""
        at = dataset, text
        if at not in self._said:
            condition = parse(text) if text else None
            for c in comparisons(condition):
                self._use(c.dataset or dataset, c.variable)
            self._said[at] = [(self._words(dataset, part), str(part)) for part in _parts(condition)]
        return self._said[at]

    def _words(self, dataset: str, condition: Condition) -> str:
        if isinstance(condition, Comparison):
            return self._comparison(dataset, condition)
        texts = [
            f"({words})" if not isinstance(part, Comparison) else words
            for part in condition.parts
            for words in [self._words(dataset, part)]
        ]
        if condition.operator == "NOT":
            return f"not {texts[0]}" if texts[0].startswith("(") else f"not ({texts[0]})"
        return f" {condition.operator.lower()} ".join(texts)

    def _comparison(self, dataset: str, c: Comparison) -> str:
        label = self._label(c.dataset or dataset, c.variable)
        name = f"{label} ({c.variable})" if label else c.variable
        if c.dataset and c.dataset != dataset:
            name = f"{c.dataset}: {name}"
        if not c.values and c.comparator in ("EQ", "NE"):
            return f"{name} {SIGNS[c.comparator]} missing"
        return f"{name} {SIGNS[c.comparator]} {', '.join(map(_value, c.values)) or 'nothing'}"

    def _label(self, dataset: str, variable: str) -> str:
        own = self._study[dataset]
        about = own if variable in own.schema else self._study["ADSL"]
        return about.labels.get(variable) or label_of(variable)

    def _use(self, dataset: str, variable: str) -> None:
        """Remember a variable that the records are shown with."""
        if (dataset, variable) in self._seen:
            return
        self._seen.add((dataset, variable))
        self._used.setdefault(dataset, set())
        for name in (dataset, "ADSL"):
            if variable in self._study[name].schema:
                self._used[name].add(variable)
                return

    def datasets(self) -> list[str]:
        """Those that a number of the report comes from."""
        return sorted(self._used)

    def records(self, dataset: str) -> Data:
        """The records of a data set, column by column."""
        frame = self._study[dataset].frame
        keys = [k for k in KEYS if k in frame.columns and (dataset == "ADSL") >= (k in OF_ADSL)]
        others = [v for v in frame.columns if v in self._used[dataset] and v not in keys]
        shown = self._tracer.frame(dataset, [*keys, *others])
        known = frame["USUBJID"].is_in(shown["USUBJID"].unique().implode())
        numbers = np.flatnonzero(known.to_numpy()) + 1
        return {
            "label": self._study[dataset].label,
            "height": frame.height,
            "number": ranges(numbers),
            "subject": self._tracer.subject_of(dataset).tolist(),
            "subjects": shown["USUBJID"].to_list() if dataset == "ADSL" else [],
            "keys": len(keys),
            "columns": [
                {"name": name, "label": self._label(dataset, name), **_values(shown[name])}
                for name in [*keys, *(v for v in others if v != "USUBJID")]
            ],
        }


def _parts(condition: Condition | None) -> Iterable[Condition]:
    """The conditions that all have to hold."""
    if condition is None:
        return ()
    if isinstance(condition, Comparison) or condition.operator != "AND":
        return (condition,)
    return condition.parts


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return value or '""'
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _place(item: Any, known: dict[Any, int]) -> int:
    """The place of `item` among those known, to which it is added."""
    return known.setdefault(item, len(known))


def _coded(texts: list[str]) -> Data:
    """A column of texts: each text once, and which each row has."""
    values = sorted(set(texts))
    code = {text: place for place, text in enumerate(values)}
    return {"values": values, "codes": _constant([code[text] for text in texts])}


def _constant(values: list[Any]) -> Any:
    """The values; the first alone where they are all the same."""
    return values[0] if values and all(v == values[0] for v in values) else values


def _values(column: pl.Series) -> Data:
    """Values of a variable: numbers as they are, texts coded; -1 or null for missing."""
    if column.dtype.is_numeric():
        numbers = column.cast(pl.Float64).fill_nan(None)
        whole = bool((numbers == numbers.round()).fill_null(True).all())
        return {"numbers": (numbers.cast(pl.Int64) if whole else numbers).to_list()}
    texts = column.cast(pl.String)
    found = texts.drop_nulls()
    codes = (texts.rank("dense").cast(pl.Int64) - 1).fill_null(-1)
    return {"values": found.unique().sort().to_list(), "codes": codes.to_list()}


def ranges(places: NDArray[np.int64]) -> str:
    """Ascending whole numbers as text: ``0-3,7``."""
    if not places.size:
        return ""
    ends = np.flatnonzero(np.diff(places) != 1)
    firsts = places[np.concatenate(([0], ends + 1))].tolist()
    lasts = places[np.concatenate((ends, [places.size - 1]))].tolist()
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in zip(firsts, lasts, strict=True))
