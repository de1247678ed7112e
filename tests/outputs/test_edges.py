"""Studies at the edge: nobody, one subject, nothing happened, all or none respond, gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from il5report.data.dataset import Dataset, Study
from il5report.data.write import write_study
from il5report.display.model import Figure, Table
from il5report.report import Checked, check
from tests.outputs.assertions import assert_numbers, assert_texts, derived
from tests.outputs.conftest import DEFAULT, Case, case
from tests.outputs.records import plan_file

PLANNED = plan_file([DEFAULT], "outputs")
FIGURES, TABLES, LISTINGS = ([key for key in PLANNED if key.startswith(kind)] for kind in "ftl")
NO_FIGURES = "".join(f"{key}: null\n" for key in FIGURES)
ONE_COLUMN = """columns: !replace
  default: {variable: TRT01A, levels: {Dose level 3: Dose level 3}, total: Total}
  planned: {variable: TRT01P, levels: {Dose level 3: Dose level 3}, total: ""}
  levels: {variable: TRT01A, levels: {Dose level 3: Dose level 3}, total: ""}
  total: {total: Everyone}
  sets: {total: Everyone}
  lower_highest: {total: Total}
  blasts: {total: Total}
  eosinophils: {total: Total}
  expansion: {total: Total}
  response: {total: Total}
"""
Change = Callable[[Mapping[str, pl.DataFrame]], Mapping[str, pl.DataFrame]]
Frames = Mapping[str, pl.DataFrame]


def of_subjects(frames: Frames, keep: pl.Expr) -> Frames:
    """All records of the subjects that `keep` selects in ADSL."""
    adsl = frames["ADSL"].filter(keep)
    return {
        name: frame.join(adsl.select("USUBJID"), on="USUBJID", how="semi", maintain_order="left")
        for name, frame in frames.items()
    }


def nobody_infused(frames: Frames) -> Frames:
    flags = [pl.lit("N").alias(flag) for flag in ("SAFFL", "EFFFL", "DLTEVLFL", "PKFL")]
    dates = [pl.lit(None, dtype=pl.Date).alias(date) for date in ("TRTSDT", "TRTEDT")]
    empty = {name: frame.clear() for name, frame in frames.items()}
    return empty | {"ADSL": frames["ADSL"].with_columns(*flags, *dates)}


def one_subject(frames: Frames) -> Frames:
    first = frames["ADSL"].filter(pl.col("SAFFL") == "Y")["USUBJID"].min()
    return of_subjects(frames, pl.col("USUBJID") == first)


def responses(frames: Frames, yes_or_no: str, best: str) -> Frames:
    answer = pl.when(pl.col("AVALC").is_in(["Y", "N"])).then(pl.lit(yes_or_no))
    answer = answer.when(pl.col("PARAMCD") == "BOR").then(pl.lit(best))
    answer = answer.otherwise(pl.col("AVALC")).alias("AVALC")
    return {**frames, "ADRS": frames["ADRS"].with_columns(answer, AVAL=None)}


def all_respond_and_nothing_happens(frames: Frames) -> Frames:
    changed = responses(frames, "Y", "CR")
    return {**changed, "ADAE": frames["ADAE"].clear()}


def none_respond_in_one_column(frames: Frames) -> Frames:
    changed = responses(frames, "N", "SD")
    return of_subjects(changed, pl.col("TRT01P") == "Dose level 3")


def gaps(frames: Frames) -> Frames:
    """No race, no region and no best response of one subject, a syndrome without a grade."""
    infused = frames["ADSL"].filter(pl.col("SAFFL") == "Y")["USUBJID"].sort()
    first, syndrome = pl.col("USUBJID") == infused[0], pl.col("CQ01NAM").is_not_null()
    adae = frames["ADAE"].with_columns(
        pl.when(~(syndrome & first)).then(pl.col(grade)).alias(grade)
        for grade in ("ASTCTGRN", "ATOXGRN")
    )
    adsl = frames["ADSL"].with_columns(
        pl.when(~first).then(pl.col(name)).alias(name) for name in ("RACE", "LVEFBL", "FUSION")
    )
    adrs = frames["ADRS"].filter(~(first & (pl.col("PARAMCD") == "BOR")))
    return {**frames, "ADSL": adsl, "ADAE": adae, "ADRS": adrs}


# The change of the data, the change of the plan.
EDGES: Mapping[str, tuple[Change, Mapping[str, str]]] = {
    "nobody infused": (nobody_infused, {}),
    "one subject": (one_subject, {}),
    "all respond, nothing happens": (all_respond_and_nothing_happens, {"outputs": NO_FIGURES}),
    "none respond, one column": (
        none_respond_in_one_column, {"outputs": NO_FIGURES, "study": ONE_COLUMN},
    ),
    "gaps": (gaps, {"outputs": NO_FIGURES}),
}  # fmt: skip


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory, demo_checked: Checked) -> Callable[[str], Case]:
    """A study by its name, analysed once."""
    made: dict[str, Case] = {}

    def case_of(name: str) -> Case:
        if name not in made:
            made[name] = _case(tmp_path_factory.mktemp("edge"), demo_checked.study, *EDGES[name])
        return made[name]

    return case_of


def _case(folder: Path, study: Study, change: Change, plan: Mapping[str, str]) -> Case:
    frames = change({name: dataset.frame for name, dataset in study.items()})
    data = {
        name: Dataset(name, frame.select(study[name].frame.columns).cast(study[name].frame.schema),
                      study[name].label, study[name].labels)
        for name, frame in frames.items()
    }  # fmt: skip
    write_study(data, folder / "data")
    (folder / "plan").mkdir()
    parts = {"study": "", **plan}
    for name, text in parts.items():
        head = "extends: default\n" if name == "study" else ""
        (folder / "plan" / f"{name}.yaml").write_text(head + text, encoding="utf-8")
    return case(check(folder / "data", folder / "plan"), DEFAULT, folder / "plan")


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("key", [*TABLES, *LISTINGS])
def test_the_numbers_and_texts_are_those_of_the_records(
    name: str, key: str, edge: Callable[[str], Case]
) -> None:
    assert_numbers(edge(name), key)
    assert_texts(edge(name), key)


@pytest.mark.parametrize("name", ["nobody infused", "one subject"])
@pytest.mark.parametrize("key", FIGURES)
def test_the_figures_show_what_there_is(name: str, key: str, edge: Callable[[str], Case]) -> None:
    assert_numbers(edge(name), key)
    assert_texts(edge(name), key)


@pytest.mark.parametrize("name", EDGES)
def test_what_is_not_estimable_says_why(name: str, edge: Callable[[str], Case]) -> None:
    ard = edge(name).results.ard
    assert ard.filter(pl.col("stat").is_null() & (pl.col("reason") == "")).is_empty()
    assert ard.filter(pl.col("stat").is_not_null() & (pl.col("reason") != "")).is_empty()
    assert ard.filter(pl.col("stat").is_nan() | pl.col("stat").is_infinite()).is_empty()


def test_no_percentage_of_nobody(edge: Callable[[str], Case]) -> None:
    found = edge("nobody infused")
    for key in TABLES:
        body = found.display(key).body
        assert isinstance(body, Table)
        if found.trial.set_of(key) in ("SAF", "CK"):
            texts = [cell.text for row in body.rows for cell in row.cells]
            assert [text for text in texts if "%" in text or "nan" in text.lower()] == []


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("nobody infused", ["t_ae_soc_pt"]),
        ("all respond, nothing happens", ["t_ae_soc_pt"]),
    ],
)
def test_a_table_without_a_line_says_so(
    name: str, keys: list[str], edge: Callable[[str], Case]
) -> None:
    for key in keys:
        body = edge(name).display(key).body
        assert isinstance(body, Table)
        assert (body.rows, body.empty) == ((), "No subject had an adverse event of this kind.")


def test_all_or_none_responding_gives_an_interval_at_the_level_asked(
    edge: Callable[[str], Case],
) -> None:
    def primary(found: Case, column: str) -> dict[str, Any]:
        rows = found.ard("t_complete_remission").filter(
            (pl.col("column") == column) & pl.col("level").str.ends_with("(primary)")
        )
        return dict(rows.select("stat_name", "stat").iter_rows())

    every = primary(edge("all respond, nothing happens"), "Total")
    assert (every["n"], every["N"], every["upper"]) == (20, 20, 1)
    assert every["lower"] == pytest.approx(0.025 ** (1 / 20))
    assert every["p_value"] == pytest.approx(0.1**20)
    none = primary(edge("none respond, one column"), "Dose level 3")
    assert (none["n"], none["N"], none["lower"]) == (0, 11, 0)
    assert none["upper"] == pytest.approx(1 - 0.025 ** (1 / 11))
    assert none["p_value"] == 1


def test_a_single_column_is_printed_once(edge: Callable[[str], Case]) -> None:
    found = edge("none respond, one column")
    for key in TABLES:
        body = found.display(key).body
        assert isinstance(body, Table)
        heads = [(head.label, head.span) for head in body.heads[1:]]
        assert len(set(heads)) == len(heads)
        expected = derived(found, key)
        assert len(heads) == len(expected.columns) * max(1, len(expected.bands))
        if expected.columns == found.trial.columns_of(key):
            assert len(expected.columns) == 1
        assert {len(row.cells) for row in body.rows if row.cells} <= {len(heads)}


def test_an_empty_figure_says_why(edge: Callable[[str], Case]) -> None:
    nobody = edge("nobody infused")
    empty = [key for key in FIGURES if not nobody.contexts[key].subjects.height]
    assert empty
    for key in empty:
        shown = nobody.display(key)
        assert isinstance(shown.body, Figure)
        if shown.body.empty:  # the drawing itself says so
            assert shown.body.description.startswith("No "), key
        assert shown.body.empty != any("nothing to draw" in n for n in shown.footnotes), key
