"""Every method against R: the rows of ``tests/oracle/*.csv``, written by the R script beside each.

Format of a CSV: line 1 is a comment with the versions of R and its packages, line 2 the header
``case,function,args,stat,value``. ``function`` is ``module.function`` below `il5report.analyse`.
``args`` is a JSON object of keyword arguments, the same text in every row of a case; an object
``{"function": ..., "args": {...}}`` inside it is called first, so that a result can be an argument.
``stat`` is the path from the result to the number: ``median``, ``survival[3]``, ``stage.p``; empty
when the function returns the number itself. ``value`` has 17 significant digits; ``NA`` stands for
NaN, ``Inf`` for infinity, and a text result is compared as text.

Tolerance: relative, 1e-12 for closed forms, 1e-8 for the functions in `ITERATIVE`.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import json
import math
import pkgutil
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import il5report.analyse

HERE = Path(__file__).parent
HEADER = ["case", "function", "args", "stat", "value"]
ZERO = 1e-14  # where the expected value is 0 a relative tolerance has no meaning

# Functions that end by iteration, in R, here or in both.
ITERATIVE: frozenset[str] = frozenset(
    {
        "logistic.curve",
        "logistic.logistic",
        "proportional_hazards.proportional_hazards",
        "regression.cox",
    }
)

# Public functions without rows, each with the reason.
WITHOUT_ROWS: dict[str, str] = {
    "bootstrap.bootstrap": "random draws; tested against refitting each resample",
    "bootstrap.quantile_of": "used by bootstrap.bootstrap; tested against refitting each resample",
    "bootstrap.restricted_mean": "used by bootstrap.bootstrap; as quantile_of",
    "bootstrap.survival_at": "used by bootstrap.bootstrap; as quantile_of",
    "crosscheck.kaplan_meier": "is itself a comparison of two computations",
    "crosscheck.logrank": "is itself a comparison of two computations",
    "simulation.boin": "random draws; tested against enumeration of a small trial",
    "simulation.monitoring": "random draws; tested against the exact stopping probability",
    "simulation.two_stage": "random draws; tested against the exact characteristics",
    "result.stat": "declares a field, computes nothing",
    "result.check_array": "checks its input, computes nothing",
    "result.check_event": "checks its input, computes nothing",
}


class Case(NamedTuple):
    file: str
    name: str
    function: str
    args: str
    expected: tuple[tuple[str, str], ...]


def read_cases() -> list[Case]:
    cases = []
    for path in sorted(HERE.glob("*.csv")):
        with path.open(newline="") as stream:
            versions = stream.readline()
            assert versions.startswith("# R "), f"{path.name}: line 1 must name the versions"
            rows = csv.reader(stream)
            assert next(rows) == HEADER, f"{path.name}: header"
            grouped: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
            for case, function, args, stat, value in rows:
                grouped[case, function, args].append((stat, value))
        cases += [Case(path.stem, *key, tuple(rows)) for key, rows in grouped.items()]
    return cases


CASES = read_cases()


def public_functions() -> dict[str, Any]:
    package = il5report.analyse
    found = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for name, value in vars(module).items():
            own = inspect.isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_") and not info.name.startswith("_"):
                found[f"{info.name}.{name}"] = value
    return found


FUNCTIONS = public_functions()


def call(function: str, args: dict[str, Any]) -> Any:
    values = {
        name: call(**value) if isinstance(value, dict) and "function" in value else value
        for name, value in args.items()
    }
    module, name = function.split(".")
    return getattr(importlib.import_module(f"{il5report.analyse.__name__}.{module}"), name)(
        **values
    )


def follow(result: Any, path: str) -> Any:
    for name, index in re.findall(r"([A-Za-z_]\w*)|\[(-?\d+)\]", path):
        result = getattr(result, name) if name else result[int(index)]
    return result


def agrees(actual: Any, expected: str, tolerance: float) -> bool:
    if isinstance(actual, str):
        return actual == expected
    if expected == "NA":
        return math.isnan(actual)
    number = float(expected)
    return math.isclose(actual, number, rel_tol=tolerance, abs_tol=ZERO if number == 0 else 0.0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}-{case.name}-{case.function}")
def test_equals_r(case: Case) -> None:
    result = call(case.function, json.loads(case.args))
    tolerance = 1e-8 if case.function in ITERATIVE else 1e-12
    differences = [
        f"{stat}: {follow(result, stat)!r}, R {expected}"
        for stat, expected in case.expected
        if not agrees(follow(result, stat), expected, tolerance)
    ]
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_public_function_has_rows(function: str) -> None:
    assert (function in {case.function for case in CASES}) != (function in WITHOUT_ROWS)


def test_exceptions_are_public_functions() -> None:
    assert FUNCTIONS.keys() >= (WITHOUT_ROWS.keys() | ITERATIVE)


def test_every_csv_has_its_script_and_unique_cases() -> None:
    assert all(path.with_suffix(".R").exists() for path in HERE.glob("*.csv"))
    names = [(case.file, case.name, case.function) for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        (1.0, "1.0000000000005", True),
        (1.0, "1.000000000002", False),
        (math.nan, "NA", True),
        (0.0, "NA", False),
        (math.nan, "0", False),
        (math.inf, "Inf", True),
        (1e-13, "0", False),
        ("63 (50.0%)", "63 (50.0%)", True),
    ],
)
def test_comparison(actual: Any, expected: str, same: bool) -> None:
    assert agrees(actual, expected, 1e-12) is same
