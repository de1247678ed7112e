"""What holds on every frequency table, whatever the data."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import polars as pl
import pytest

from tests.outputs.conftest import Case

STUDIES = pytest.mark.parametrize("study", ["demo", "public"])
Row = dict[str, Any]


def rows_of(case: Case, *stats: str, output: str | None = None) -> list[Row]:
    """Rows of the ARD with these statistics, of the displays made by one output or of all."""
    keys = [k for k in case.trial.outputs if output in (None, case.trial.entry(k)[0])]
    wanted = pl.col("stat_name").is_in(stats) & pl.col("output").is_in(keys)
    return case.results.ard.filter(wanted).to_dicts()


def place(row: Row, *without: str) -> tuple[Any, ...]:
    """Where a row stands, apart from these columns."""
    names = ("output", "analysis", "column", "group", "variable", "level", "paramcd", "time")
    return tuple(row[name] for name in names if name not in without)


@STUDIES
def test_a_count_lies_between_none_and_its_denominator(
    study: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    found = defaultdict[tuple[Any, ...], dict[str, float]](dict)
    for row in rows_of(case, "n", "N", "p"):
        if row["method"] == "count of subjects":
            found[place(row)][row["stat_name"]] = row["stat"]
    triples = [f for f in found.values() if len(f) == 3]
    assert len(triples) > 100
    for f in triples:
        assert float(f["n"]).is_integer() and 0 <= f["n"] <= f["N"]
        if f["N"]:
            assert f["p"] == pytest.approx(f["n"] / f["N"], rel=1e-15)
        else:
            assert f["p"] is None


@STUDIES
def test_columns_that_partition_add_to_the_total(
    study: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    total = case.trial.columns["default"]["total"]
    sums, totals = defaultdict[tuple[Any, ...], float](float), dict[tuple[Any, ...], float]()
    for row in rows_of(case, "n", "N", "n_events", "n_ne", "n_zero"):
        at = (*place(row, "column"), row["stat_name"])
        if row["column"] == total:
            totals[at] = row["stat"]
        elif row["column"]:
            sums[at] += row["stat"]
    partitioned = {at: n for at, n in totals.items() if at in sums}
    assert len(partitioned) > 100
    assert {at: (sums[at], n) for at, n in partitioned.items() if sums[at] != n} == {}


@STUDIES
def test_a_term_has_no_more_subjects_than_its_class_and_a_class_than_all(
    study: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    rows = rows_of(case, "n", output="t_ae_soc_pt")
    names = ("output", "analysis", "column", "group", "level")
    size = {tuple(r[name] for name in names): r["stat"] for r in rows}
    terms = [at for at in size if at[1].removeprefix("term|") in bands_of(case, at[0])]
    assert terms
    for key, analysis, column, soc, term in terms:
        band = analysis.removeprefix("term|")
        every = size[key, f"any|{band}", column, "", ""]
        of_class = size.get((key, f"group|{band}", column, "", soc), every)  # one level: no class
        assert size[key, analysis, column, soc, term] <= of_class <= every


def bands_of(case: Case, key: str) -> list[str]:
    """The bands of severity of a display; a worst grade is none: each subject has one per line."""
    bands = case.trial.entry(key)[2].get("bands", [{"label": "Any"}])  # as the output has it
    return [band["label"] for band in bands]


@STUDIES
def test_worst_grades_of_a_line_are_no_more_than_its_subjects(
    study: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    for key in [k for k in case.trial.outputs if "worst" in case.trial.entry(k)[2]]:
        worst, every = defaultdict[tuple[Any, ...], float](float), dict[tuple[Any, ...], float]()
        for row in [r for r in rows_of(case, "n", output="t_ae_soc_pt") if r["output"] == key]:
            kind, _, band = row["analysis"].partition("|")
            at = (kind, *place(row, "analysis"))
            if band == bands_of(case, key)[0]:
                every[at] = row["stat"]
            elif band not in bands_of(case, key):
                worst[at] += row["stat"]
        assert worst and {at: n for at, n in worst.items() if n > every[at]} == {}


@STUDIES
def test_a_narrower_band_has_no_more_subjects(study: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(study)
    for key in [k for k in case.trial.outputs if case.trial.entry(k)[0] == "t_ae_soc_pt"]:
        first, *others = bands_of(case, key)
        rows = [r for r in rows_of(case, "n") if r["output"] == key]
        size = {(r["analysis"], *place(r, "output", "analysis")): r["stat"] for r in rows}
        for (analysis, *rest), n in size.items():
            kind, _, band = analysis.partition("|")
            if band in others:
                assert n <= size[f"{kind}|{first}", *rest]


@STUDIES
def test_worst_grades_add_to_any_grade(study: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(study)
    worst, any_grade = defaultdict[tuple[str, str], float](float), dict[tuple[str, str], float]()
    for row in rows_of(case, "n", output="t_max_grade"):
        at = (row["output"], row["column"])
        if row["analysis"] == "worst":
            worst[at] += row["stat"]
        elif row["analysis"] == "any":
            any_grade[at] = row["stat"]
    assert dict(worst) == any_grade


@STUDIES
def test_best_responses_and_event_status_add_to_all_subjects(
    study: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    sums, sizes = defaultdict[tuple[str, str], float](float), dict[tuple[str, str], float]()
    rows = rows_of(case, "n", "N", output="t_best_response")
    rows += rows_of(case, "n", "N", output="t_time_to_event")
    for row in rows:
        at = (row["output"], row["column"])
        if row["analysis"] == "columns":
            sizes[at] = row["stat"]
        elif row["stat_name"] == "n" and (row["analysis"] == "category" or not row["variable"]):
            sums[at] += row["stat"]
    assert dict(sums) == sizes


@STUDIES
def test_an_interval_holds_its_estimate(study: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(study)
    found = defaultdict[tuple[Any, ...], dict[str, float]](dict)
    for row in rows_of(case, "p", "survival", "estimate", "lower", "upper"):
        if row["stat"] is not None:
            name = row["stat_name"]
            found[place(row)]["at" if name in ("p", "survival", "estimate") else name] = row["stat"]
    held = [f for f in found.values() if len(f) > 1 and "at" in f]
    assert len(held) > 20
    for f in held:
        assert f.get("lower", f["at"]) <= f["at"] <= f.get("upper", f["at"])


def test_every_kinetics_value_is_counted_or_not_estimable(demo: Case) -> None:
    sums, sizes = defaultdict[tuple[Any, ...], float](float), dict[str, float]()
    for row in rows_of(demo, "n", "n_ne", "N", output="t_kinetics"):
        if row["analysis"] == "columns":
            sizes[row["column"]] = row["stat"]
        else:
            sums[row["column"], row["group"], row["paramcd"]] += row["stat"]
    assert sums
    assert {n - sizes[at[0]] for at, n in sums.items()} == {0}


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("IL-5 CAR-T cells", 'AEREL == "RELATED"'),
        ("lymphodepletion", 'AERELLD not in ["N", "NOT RELATED"]'),
    ],
)
def test_related_events_are_those_the_investigator_called_related(
    to: str, where: str, demo: Case
) -> None:
    infused = frozenset(r["USUBJID"] for r in demo.trial.subjects("SAF"))
    (row,) = [
        r
        for r in rows_of(demo, "n", output="t_ae_overview")
        if r["level"] == f"Related to {to}" and r["column"] == "Total"
    ]
    related = demo.trial.where("ADAE", f'TRTEMFL == "Y" and {where}', infused)
    assert row["stat"] == len({r["USUBJID"] for r in related}) > 0
