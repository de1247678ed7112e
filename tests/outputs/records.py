"""A study as lists of records, and the plan as it is written: what the displays are made from."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from il5report.data.dataset import Study

Record = dict[str, Any]
Test = Callable[[Record], bool]

# What the plan leaves to the output.
SET_OF_OUTPUT = {
    "t_disposition": "SCR", "f_consort": "SCR", "t_analysis_sets": "ENR", "t_kinetics": "CK",
    "f_kinetics_profiles": "CK",
}  # fmt: skip


class _Replacing(dict[str, Any]):
    """A mapping that stands for all of the one it extends."""


class _Loader(yaml.SafeLoader):
    """Reads the mark of such a mapping."""


def _replacing(loader: yaml.SafeLoader, node: yaml.MappingNode) -> _Replacing:
    return _Replacing(loader.construct_mapping(node, deep=True))


_Loader.add_constructor("!replace", _replacing)


def plan_file(folders: Sequence[Path], name: str) -> Any:
    """A file of a plan as it stands after those it extends; `folders` in that order."""
    return _with_numbers(folders, name, _with_numbers(folders, "study", {}).get("constants", {}))


def _with_numbers(folders: Sequence[Path], name: str, numbers: Mapping[str, float]) -> Any:
    """The same with the constants of the plan in place of their names."""
    found: Any = {}
    for folder in folders:
        for path in [folder / f"{name}.yaml", *sorted(folder.glob(f"{name}_*.yaml"))]:
            if path.exists():
                text = path.read_text(encoding="utf-8")
                for constant, number in numbers.items():
                    text = re.sub(rf"\${constant}\b", str(number), text)
                found = _merged(found, yaml.load(text, _Loader))
    return found


def _merged(base: Any, new: Any) -> Any:
    if isinstance(new, _Replacing) or not isinstance(new, dict) or not isinstance(base, dict):
        return new
    joint = base | {key: _merged(base.get(key), value) for key, value in new.items()}
    return {key: value for key, value in joint.items() if value is not None}


@cache
def test_of(text: str) -> Test:
    """A condition of the plan, evaluated on one record."""
    return _evaluated(ast.parse(" ".join(text.split()), mode="eval").body)


test_of.__test__ = False  # type: ignore[attr-defined]


def _evaluated(node: ast.expr) -> Test:
    if isinstance(node, ast.BoolOp):
        parts = [_evaluated(value) for value in node.values]
        every = isinstance(node.op, ast.And)
        return lambda r: (all if every else any)(part(r) for part in parts)
    if isinstance(node, ast.UnaryOp):
        inner = _evaluated(node.operand)
        return lambda r: not inner(r)
    assert isinstance(node, ast.Compare) and isinstance(node.left, ast.Name)
    name, sign, right = node.left.id, type(node.ops[0]), node.comparators[0]
    if isinstance(right, ast.Name):
        return (lambda r: r[name] is None) if sign is ast.Eq else (lambda r: r[name] is not None)
    wanted = ast.literal_eval(right)
    compare: Mapping[type[ast.cmpop], Test] = {
        ast.Eq: lambda r: _same(r[name]) == wanted,
        ast.NotEq: lambda r: _same(r[name]) != wanted,
        ast.In: lambda r: _same(r[name]) in wanted,
        ast.NotIn: lambda r: _same(r[name]) not in wanted,
        ast.Lt: lambda r: r[name] is not None and _same(r[name]) < wanted,
        ast.LtE: lambda r: r[name] is not None and _same(r[name]) <= wanted,
        ast.Gt: lambda r: r[name] is not None and _same(r[name]) > wanted,
        ast.GtE: lambda r: r[name] is not None and _same(r[name]) >= wanted,
    }
    return compare[sign]


def _same(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


@dataclass(frozen=True)
class Column:
    """One column of a table: its head, and who is in it."""

    label: str
    subjects: frozenset[str]


class Trial:
    """The records of a study beside its plan."""

    def __init__(self, study: Study, folders: Sequence[Path]) -> None:
        self._study = study
        self.adsl: list[Record] = study["ADSL"].frame.to_dicts()
        self.outputs = plan_file(folders, "outputs")
        self.sets = plan_file(folders, "analysis_sets")
        self.estimands = plan_file(folders, "estimands")
        study_file = plan_file(folders, "study")
        self.assays = study_file.get("assays") or {}
        self.columns, self.conventions = study_file["columns"], study_file["conventions"]
        self.visits = study_file.get("visits", [])
        self.labels = plan_file(folders, "labels")
        self._read: dict[str, list[Record]] = {}

    def entry(self, key: str) -> tuple[str, Record, Record]:
        """Output, entry and options of a display."""
        entry = self.outputs[key]
        return entry.get("output", key), entry, entry.get("options", {})

    def said(self, variable: str, value: str) -> str:
        """A value as it is printed."""
        labels = self.labels.get("values", {}).get(variable, {})
        if value in labels:
            return str(labels[value])
        capitals = value == value.upper() and value != value.lower()
        if variable in self.labels.get("sentence_case", ()) and capitals:
            return value[0] + value[1:].lower()
        return value

    def set_of(self, key: str) -> str:
        """The analysis set of a display."""
        output, entry, _ = self.entry(key)
        by_estimand = self.estimands.get(entry.get("estimand", ""), {}).get("analysis_set")
        return str(entry.get("analysis_set") or by_estimand or SET_OF_OUTPUT.get(output) or "SAF")

    def subjects(self, set_id: str) -> list[Record]:
        """The records of ADSL in an analysis set."""
        within = test_of(self.sets[set_id]["where"])
        return [r for r in self.adsl if within(r)]

    def columns_of(self, key: str) -> list[Column]:
        """The columns of a display, the total last."""
        spec = self.columns[self.outputs[key].get("columns", "default")]
        subjects = self.subjects(self.set_of(key))
        variable = spec.get("variable", "")
        made = [
            Column(label, frozenset(r["USUBJID"] for r in subjects if r[variable] == value))
            for value, label in spec.get("levels", {}).items()
        ]
        made += [
            Column(c["label"], frozenset(r["USUBJID"] for r in subjects if test_of(c["where"])(r)))
            for c in spec.get("custom", [])
        ]
        total = spec.get("total", "Total")
        if total and len(made) != 1:  # a single arm is not printed again as the total
            made.append(Column(total, frozenset(r["USUBJID"] for r in subjects)))
        return made

    def records(self, dataset: str) -> list[Record]:
        """The records of a data set with the variables of ADSL beside their own."""
        if dataset not in self._read:
            by_subject = {r["USUBJID"]: r for r in self.adsl}
            self._read[dataset] = [
                {**by_subject[r["USUBJID"]], **r} for r in self._study[dataset].frame.to_dicts()
            ]
        return self._read[dataset]

    def where(self, dataset: str, text: str, within: frozenset[str]) -> list[Record]:
        """The records of these subjects that meet a condition; all where it is empty."""
        met = test_of(text) if text else lambda r: True
        return [r for r in self.records(dataset) if r["USUBJID"] in within and met(r)]


def distinct(records: Sequence[Record]) -> set[str]:
    """The subjects of these records."""
    return {r["USUBJID"] for r in records}
