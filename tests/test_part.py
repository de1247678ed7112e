"""What a run asks for: a part of the displays, a preset of the plan, another data cut-off."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from il5report.data.write import write_study
from il5report.errors import DataError, PlanError, Severity
from il5report.plan.choices import Choices, chosen
from il5report.report import Checked, Results, analyse, check, load_plan, report

EARLIER = dt.date(2026, 3, 31)


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


def test_a_preset_has_its_own_title_status_and_displays(demo_data: Path, tmp_path: Path) -> None:
    choices = Choices(preset="safety-board", only=("t_pfs_none",))
    with pytest.raises(PlanError, match="t_pfs_none"):
        chosen(load_plan(None), choices)
    choices = Choices(("f_os",), "safety-board", EARLIER)
    made = report(demo_data, None, tmp_path / "out", choices=choices)
    plan = load_plan(None).plan
    preset = plan.presets["safety-board"]
    doc = made.document
    assert (doc.title, doc.status) == (preset.title, preset.status)
    assert doc.date == "2026-03-31"
    assert ("Data cut-off", "2026-03-31") in doc.facts
    ids = {d.id for d in doc.displays()}
    assert ids == {*preset.displays, "f_os"}
    assert all("data cut-off 2026-03-31" in d.source for d in doc.displays())
    options = json.loads((tmp_path / "out" / "manifest.json").read_text())["options"]
    assert options["preset"] == "safety-board"
    assert options["only"] == ["f_os"]
    assert options["cutoff"] == "2026-03-31"
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    said = "begins after the data cut-off 2026-03-31: not used"
    assert page.count(said) > 10, "the appendix counts what was left out of each domain"


def test_an_unknown_preset_and_a_display_that_a_preset_lacks(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"no preset 'safety'; did you mean 'safety-board'\?"):
        chosen(load_plan(None), Choices(preset="safety"))
    (tmp_path / "study.yaml").write_text("extends: default\n")
    (tmp_path / "presets.yaml").write_text(
        "mine:\n  title: Mine\n  displays: [t_os, 14.2.99, t_oss]\n"
    )
    with pytest.raises(PlanError) as error:
        chosen(load_plan(tmp_path), Choices(preset="mine"))
    assert [f.place for f in error.value.findings] == ["presets.yaml:3"] * 2
    (tmp_path / "presets.yaml").write_text("mine:\n  titel: Mine\n  displays: []\n")
    with pytest.raises(PlanError, match="did you mean 'title'"):
        load_plan(tmp_path)


def test_the_plans_own_cutoff_changes_nothing(demo_data: Path, demo_results: Results) -> None:
    own = load_plan(None).plan.data_cutoff
    again = analyse(check(demo_data, None, choices=Choices(cutoff=own)))
    assert again.ard.equals(demo_results.ard)
    assert again.document == demo_results.document


def test_the_analysis_data_of_a_study_cannot_be_cut(
    demo_checked: Checked, demo_data: Path, tmp_path: Path
) -> None:
    write_study(demo_checked.study, tmp_path, "parquet")
    with pytest.raises(DataError, match="give the SDTM data instead"):
        check(tmp_path, None, choices=Choices(("t_os",), cutoff=EARLIER))
    own = load_plan(None).plan.data_cutoff
    assert check(tmp_path, None, choices=Choices(("t_os",), cutoff=own)).contexts


def test_a_later_cutoff_warns(demo_data: Path) -> None:
    later = check(demo_data, None, choices=Choices(("t_os",), cutoff=dt.date(2027, 1, 31)))
    (finding,) = [f for f in later.findings if f.rule == "option.cutoff"]
    assert finding.severity is Severity.WARNING
    assert "the data may end there" in finding.message
    assert later.loaded.plan.data_cutoff == dt.date(2027, 1, 31)
