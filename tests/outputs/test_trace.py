"""From a number back to its records: the conditions of a row find what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from il5report.ard import trace
from tests.outputs.arithmetic import described, geometric, kaplan_meier, quantile
from tests.outputs.conftest import Case

STUDIES = pytest.mark.parametrize("study", ["demo", "public"])
WHERE = ("dataset", "set_where", "subset_where", "group_where", "without_where")


class Tracer:
    """The records of a row; rows with the same conditions have the same."""

    def __init__(self, case: Case) -> None:
        self._study = case.checked.study
        self._known: dict[tuple[str, ...], pl.DataFrame] = {}

    def records(self, row: Mapping[str, Any]) -> pl.DataFrame:
        """The records behind a row."""
        at = tuple(row[name] for name in WHERE)
        if at not in self._known:
            self._known[at] = trace(row, self._study)
        return self._known[at]

    def subjects(self, row: Mapping[str, Any]) -> int:
        """How many subjects they belong to."""
        return int(self.records(row)["USUBJID"].n_unique())


@pytest.fixture(scope="module")
def tracers(demo: Case, public: Case) -> dict[str, Tracer]:
    """One per study."""
    return {"demo": Tracer(demo), "public": Tracer(public)}


def rows_of(case: Case, *stats: str) -> list[dict[str, Any]]:
    """The rows with these statistics; of the many terms every third, of the many from findings
    every thirteenth, so that each column comes."""
    ard = case.results.ard.filter(pl.col("stat_name").is_in(stats))
    term = pl.col("analysis").str.starts_with("term|")
    finding = pl.col("dataset").is_in(["ADLB", "ADVS"])
    return [
        *ard.filter(~term & ~finding).to_dicts(),
        *ard.filter(term).to_dicts()[::3],
        *ard.filter(finding).to_dicts()[::13],
    ]


@STUDIES
def test_the_records_of_a_count_are_its_subjects(
    study: str, tracers: dict[str, Tracer], request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    tracer = tracers[study]
    rows = rows_of(case, "n", "n_ne")
    rows += case.results.ard.filter(pl.col("analysis") == "columns").to_dicts()
    assert len(rows) > 300
    wrong = [r for r in rows if tracer.subjects(r) != r["stat"]]
    assert wrong == []


@STUDIES
def test_the_records_of_a_denominator_are_its_subjects(
    study: str, tracers: dict[str, Tracer], request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    tracer = tracers[study]
    rows = rows_of(case, "N")
    wrong = [r for r in rows if tracer.subjects(r) != r["stat"]]
    assert wrong == []


@STUDIES
def test_the_records_of_a_number_of_events_are_the_events(
    study: str, tracers: dict[str, Tracer], request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    tracer = tracers[study]
    rows = case.results.ard.filter(pl.col("stat_name") == "n_events").to_dicts()
    assert rows
    assert [r["stat"] for r in rows] == [tracer.records(r).height for r in rows]


@STUDIES
def test_descriptive_statistics_follow_from_the_records_traced(
    study: str, tracers: dict[str, Tracer], request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    tracer = tracers[study]
    kinds = ["describe", "ordinary", "number", "geometric"]
    rows = case.results.ard.filter(pl.col("analysis").is_in(kinds)).to_dicts()
    assert rows
    for row in rows:
        values = tracer.records(row)[row["variable"] or "AVAL"].to_list()
        mean, cv = geometric(values)
        wanted = {"geometric": {"mean": mean, "cv": cv, "n_zero": sum(v == 0 for v in values)}}.get(
            row["analysis"], described(values)
        )[row["stat_name"]]
        assert (row["stat"] is None) == (wanted is None), row
        assert wanted is None or row["stat"] == pytest.approx(wanted, rel=1e-9, abs=1e-9), row


@STUDIES
def test_survival_follows_from_the_records_traced(
    study: str, tracers: dict[str, Tracer], request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(study)
    tracer = tracers[study]
    rows = case.results.ard.filter(
        (pl.col("analysis") == "median") | (pl.col("analysis") == "curve")
    ).to_dicts()
    assert rows
    tables: dict[str, Any] = {}
    for row in rows:
        if row["stat_name"] not in ("estimate", "survival"):
            continue
        at = "|".join(row[name] for name in WHERE)
        if at not in tables:
            records = tracer.records(row)
            assert records["USUBJID"].is_unique().all()
            events = (records["CNSR"] == 0).to_list()
            tables[at] = kaplan_meier(records["AVAL"].to_list(), events)
        if row["stat_name"] == "estimate":
            wanted = quantile(tables[at], Fraction(1, 2), "loglog").estimate
        else:
            wanted = float(next(s.survival for s in tables[at] if s.time == row["time"]))
        assert (row["stat"] is None) == (wanted is None), row
        assert wanted is None or row["stat"] == pytest.approx(wanted, rel=1e-9), row
