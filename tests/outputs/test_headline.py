"""The known numbers of the public trial, from every format its data come in."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from il5report.data.write import write_dataset
from il5report.report import Results, analyse, check
from tests.conftest import PHARMAVERSE
from tests.outputs.conftest import PUBLIC, Case, case

ARMS = ("Placebo", "Xanomeline low dose", "Xanomeline high dose", "Total")


@pytest.fixture(scope="session")
def from_xpt(tmp_path_factory: pytest.TempPathFactory, public: Case) -> Results:
    """The public study read from XPT; what comes as Parquet only is written as XPT."""
    folder = tmp_path_factory.mktemp("xpt")
    for path in (PHARMAVERSE / "adam_xpt").glob("*.xpt"):
        shutil.copy(path, folder)
    given = {path.stem.upper() for path in folder.iterdir()}
    assert given == {"ADAE", "ADSL", "ADTTE"}
    for name in set(public.checked.study) - given:
        write_dataset(public.checked.study[name], folder / f"{name.lower()}.xpt")
    return analyse(check(folder, PUBLIC))


@pytest.fixture(params=["parquet", "xpt"])
def results(request: pytest.FixtureRequest, public: Case, from_xpt: Results) -> Results:
    """The public study, from each format."""
    return public.results if request.param == "parquet" else from_xpt


def numbers(results: Results, output: str, stat: str, **place: str | float) -> list[float | None]:
    """A statistic in the columns of the table, in their order."""
    rows = results.ard.filter(
        pl.col("output") == output,
        pl.col("stat_name") == stat,
        *[pl.col(name) == value for name, value in place.items()],
    )
    by_column = dict(rows.select("column", "stat").iter_rows())
    assert rows.height == len(by_column)
    return [by_column[arm] for arm in ARMS if arm in by_column]


def texts(results: Results, key: str, label: str) -> list[str]:
    """The texts of a line."""
    body = next(d for d in results.document.displays() if d.id == key).body
    return [cell.text for row in body.rows if row.label == label for cell in row.cells]


def test_subjects_by_arm(results: Results) -> None:
    sizes = dict(zip(ARMS, (86, 96, 72, 254), strict=True))
    for output, entry in results.checked.loaded.plan.outputs.items():
        rows = results.ard.filter(pl.col("output") == output, pl.col("analysis") == "columns")
        found = dict(rows.select("column", "stat").iter_rows())
        assert found.items() <= sizes.items(), output
        assert found == sizes or entry.columns != "default" or not output.startswith("t_"), output


def test_adverse_events(results: Results) -> None:
    label = "Any treatment-emergent adverse event"
    assert numbers(results, "t_ae_overview", "n_events", level=label) == [281, 427, 414, 1122]
    assert numbers(results, "t_ae_overview", "n", level=label) == [65, 84, 68, 217]
    worst = {
        level: numbers(results, "t_ae_max_severity", "n", level=level, analysis="worst")[-1]
        for level in ("MILD", "MODERATE", "SEVERE")
    }
    assert worst == {"MILD": 77, "MODERATE": 111, "SEVERE": 29}


def test_response(results: Results) -> None:
    label = "Response (CR or PR), confirmation not required"
    n, total, lower, upper = (
        numbers(results, "t_response_rate", stat, level=label)[-1]
        for stat in ("n", "N", "lower", "upper")
    )
    assert (n, total) == (4, 254)
    assert lower is not None and upper is not None
    assert [f"{100 * x:.2f}" for x in (4 / 254, lower, upper)] == ["1.57", "0.43", "3.98"]
    assert "4/254 (1.6%)" in texts(results, "t_response_rate", "n/N (%)")


def test_overall_survival(results: Results) -> None:
    assert numbers(results, "t_os", "estimate", analysis="median") == [None] * 4
    at = {
        month: numbers(results, "t_os", "survival", analysis="landmark", time=30.4375 * month)[-1]
        for month in (3.0, 6.0, 12.0)
    }
    assert f"{100 * (at[3.0] or 0):.2f}" == "99.06"
    assert f"{100 * (at[6.0] or 0):.2f}" == "98.17"
    assert at[12.0] is None
    assert texts(results, "t_os", "At 12 months")[-1] == "NE (NE, NE) [0]"


def test_progression_free_survival(results: Results) -> None:
    assert texts(results, "t_pfs", "Median")[-1] == "64 (43, NE)"


def test_progression_free_survival_with_limits_on_the_log_scale(
    tmp_path: Path, pharmaverse_adam: Path
) -> None:
    base, plan = tmp_path / "base", tmp_path / "plan"
    shutil.copytree(PUBLIC, base)
    plan.mkdir()
    (plan / "study.yaml").write_text("extends: ../base\nconventions: {km_ci: log}\n")
    results = analyse(check(pharmaverse_adam, plan))
    assert texts(results, "t_pfs", "Median")[-1] == "64 (61, NE)"
    assert "on the log scale" in next(
        " ".join(d.footnotes) for d in results.document.displays() if d.id == "t_pfs"
    )


def test_parquet_and_xpt_give_the_same_report(
    tmp_path: Path, public: Case, from_xpt: Results
) -> None:
    assert from_xpt.document == public.results.document
    written = []
    for name, results in (("parquet", public.results), ("xpt", from_xpt)):
        results.ard.write_parquet(tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert case(from_xpt.checked, PUBLIC.parents[1], PUBLIC).trial.adsl == public.trial.adsl
