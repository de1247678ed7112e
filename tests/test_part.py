"""A part of the report: the displays asked for, with the numbers of the whole report."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from il5report.errors import PlanError
from il5report.plan.choices import Choices, chosen
from il5report.report import Results, load_plan, report


def test_a_part_holds_what_was_asked_for(
    demo_data: Path, demo_results: Results, tmp_path: Path
) -> None:
    choices = Choices(("14.2.1", "t_crs", "l_serious"))
    part = report(demo_data, None, tmp_path / "out", choices=choices)
    whole = {d.id: d for d in demo_results.document.displays()}
    wanted = {k for k, d in whole.items() if f"{d.number}.".startswith("14.2.1.")}
    assert len(wanted) > 1
    assert {d.id for d in part.document.displays()} == wanted | {"t_crs", "l_serious"}
    keys = [c for c in part.ard.columns if c != "row"]
    same = demo_results.ard.filter(pl.col("output").is_in(wanted | {"t_crs", "l_serious"}))
    assert part.ard.select(keys).equals(same.select(keys))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["options"]["only"] == ["14.2.1", "t_crs", "l_serious"]
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "14.2.1, t_crs, l_serious" in page


def test_a_number_means_itself_and_all_below_but_no_longer_digit() -> None:
    loaded = load_plan(None)
    numbers = {o.number for o in chosen(loaded, Choices(("14.3.1",))).plan.outputs.values()}
    assert numbers
    assert all(n == "14.3.1" or n.startswith("14.3.1.") for n in numbers)
    assert any(o.number.startswith("14.3.1") for o in loaded.plan.outputs.values())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("t_oss", "did you mean 't_os'?"),
        ("14.2.", "did you mean '14.2."),
        ("99", "its numbers begin with 14.1, "),
        ("", "its numbers begin with 14.1, "),
    ],
)
def test_an_unknown_display_is_refused_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(PlanError) as error:
        chosen(load_plan(None), Choices((name, "t_crs", "nothing like it")))
    first, second = error.value.findings
    assert said in first.message
    assert first.place == "--only"
    assert "nothing like it" in second.message


def test_without_a_choice_the_plan_is_as_it_was() -> None:
    loaded = load_plan(None)
    assert chosen(loaded, Choices()) is loaded
    assert Choices().recorded() == {}
