"""Narratives and profiles: of whom, told from the subject's own records, drawn from them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from il5report.display.model import Display, Figure, Section
from il5report.document import narratives
from il5report.errors import DataError
from il5report.report import Checked, Results, check
from il5report.workers import HERE
from tests.conftest import PHARMAVERSE, ROOT


@pytest.fixture(scope="module")
def told(demo_checked: Checked) -> dict[str, Section]:
    """The sections by subject."""
    made = narratives(demo_checked.loaded.plan, demo_checked.study, HERE)
    return {one.subject.id: one.section() for one in made}


def text(section: Section) -> str:
    return "\n".join(block.text for block in section.blocks if hasattr(block, "text"))


def rows(checked: Checked, name: str, **equal: Any) -> list[dict[str, Any]]:
    found = checked.study[name].frame.to_dicts()
    return [r for r in found if all(r[k] == v for k, v in equal.items())]


def test_who_has_one_and_why(demo_checked: Checked, told: dict[str, Section]) -> None:
    enrolled = {r["USUBJID"] for r in rows(demo_checked, "ADSL", ENRLFL="Y")}
    why: dict[str, set[str]] = {}

    def add(label: str, found: list[dict[str, Any]]) -> None:
        for r in found:
            if r["USUBJID"] in enrolled:
                why.setdefault(r["USUBJID"], set()).add(label)

    add("death", [r for r in rows(demo_checked, "ADSL") if r["DTHDT"]])
    add("serious adverse event", rows(demo_checked, "ADAE", AESER="Y"))
    for name, code, label in (("ADCRS", "CRSMAX", "CRS"), ("ADICANS", "ICNMAX", "ICANS")):
        severe = [r for r in rows(demo_checked, name, PARAMCD=code) if (r["AVAL"] or 0) >= 3]
        add(f"{label} of grade 3 or higher", severe)
    add("dose-limiting toxicity", rows(demo_checked, "ADSL", DLTFL="Y"))
    assert set(told) == set(why)
    for subject, section in told.items():
        first = text(section).splitlines()[0]
        _, said = first.rstrip(".").split(" for the narrative: ")
        assert set(re.split(r", | and ", said)) == why[subject]


def test_the_text_is_that_of_the_records(demo_checked: Checked, told: dict[str, Section]) -> None:
    for subject, section in told.items():
        said = text(section)
        (adsl,) = rows(demo_checked, "ADSL", USUBJID=subject)
        assert (f"on {adsl['TRTSDT']} (" in said) == (adsl["TRTSDT"] is not None)
        assert ("was not infused" in said) == (adsl["TRTSDT"] is None)
        episodes = rows(demo_checked, "ADCRS", USUBJID=subject, PARAMCD="CRSEPI")
        graded = [r for r in episodes if r["AVAL"] is not None]
        assert said.count("cytokine release syndrome began") == len(graded)
        for r in graded:
            lasted = (r["AENDT"] - r["ADT"]).days + 1
            assert f"began on day {r['ADY'] - 1:.0f} and reached grade {r['AVAL']:.0f}" in said
            assert f"it lasted {lasted} day{'s' * (lasted > 1)}." in said
        serious = rows(demo_checked, "ADAE", USUBJID=subject, AESER="Y")
        others = [r for r in serious if not (r["CQ01NAM"] or r["CQ02NAM"])]
        assert said.partition("\n")[2].count(", serious") == len(others)  # below the reasons
        for r in others:
            assert f"of grade {r['ATOXGRN']:.0f}, serious" in said
        if adsl["DTHDT"] and adsl["TRTSDT"]:
            days = (adsl["DTHDT"] - adsl["TRTSDT"]).days
            assert f"died on {adsl['DTHDT']}, {days} days after infusion" in said
        assert ("last known to be alive" in said) == (adsl["DTHDT"] is None)
        assert not re.search(r"\s[.,;)]|None|nan|\bnull\b", said)


def test_the_profile_is_of_the_records(demo_checked: Checked, told: dict[str, Section]) -> None:
    drawn = 0
    for subject, section in told.items():
        for display in (b for b in section.blocks if isinstance(b, Display)):
            assert isinstance(display.body, Figure)
            drawn += 1
            taken = [
                r["AVAL"]
                for r in rows(demo_checked, "ADVS", USUBJID=subject, PARAMCD="TEMP")
                if r["BASETYPE"] == "PRE-INFUSION" and r["AVAL"] is not None and r["ADY"] <= 101
                and r["ADY"] >= -7
            ]  # fmt: skip
            said = f"Temperature, °C: values {min(taken):g} to {max(taken):g}"
            assert said in display.body.description
            for r in rows(demo_checked, "ADRS", USUBJID=subject, PARAMCD="OVRLRESP"):
                if r["AEVAL"] == "INVESTIGATOR" and r["ADY"] <= 101:
                    assert f"{r['AVALC']} from day {r['ADY'] - 1:g}" in display.body.description
            assert display.body.height_mm < 240, "one page"
    infused = {r["USUBJID"] for r in rows(demo_checked, "ADSL", SAFFL="Y")}
    assert drawn == len(infused & set(told)) < len(told)


def test_they_stand_in_the_document_by_number(demo_results: Results) -> None:
    anchors = [s.anchor for s in demo_results.document.sections]
    subjects = [a for a in anchors if a.startswith("subject-")]
    at = anchors.index("section-14-3-3")
    assert subjects and anchors[at + 1 : at + 1 + len(subjects)] == subjects
    assert anchors.index("section-14-3-2") < at < anchors.index("section-14-3-4")


def plan_of(folder: Path, profiles: str) -> Path:
    folder.mkdir()
    (folder / "study.yaml").write_text("extends: default\n", encoding="utf-8")
    keys = re.findall(r"^([tfl]_\w+):", _outputs(), re.MULTILINE)
    (folder / "outputs.yaml").write_text("".join(f"{k}: null\n" for k in keys), encoding="utf-8")
    (folder / "profiles.yaml").write_text(profiles, encoding="utf-8")
    return folder


def _outputs() -> str:
    return "\n".join(
        p.read_text(encoding="utf-8") for p in ROOT.glob("analysis_plan/outputs*.yaml")
    )


def test_on_request(demo_data: Path, tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "plan", "reasons: []\nsubjects: [IL5-DEMO-01-001]\n")
    checked = check(demo_data, plan)
    (one,) = narratives(checked.loaded.plan, checked.study, HERE)
    section = one.section()
    assert section.anchor == "subject-IL5-DEMO-01-001"
    assert "eason for the narrative" not in text(section)


def test_nobody(demo_data: Path, tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "plan", "reasons: []\n")
    checked = check(demo_data, plan)
    assert narratives(checked.loaded.plan, checked.study, HERE) == []


def test_what_the_plan_asks_for_and_the_data_lack(demo_data: Path, tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path / "plan",
        'reasons: [{label: A, dataset: ADAE, where: AESR == "Y"}]\n'
        "lanes: [{label: B, dataset: ADXX, where: AVAL >= 0}]\n",
    )
    with pytest.raises(DataError) as refused:
        check(demo_data, plan)
    found = {(f.rule, f.dataset, f.variable) for f in refused.value.findings}
    assert ("dataset.missing", "ADXX", "") in found
    assert any(dataset == "ADAE" and variable == "AESR" for _, dataset, variable in found)


def test_another_trial(pharmaverse_adam: Path) -> None:
    plan = ROOT / "analysis_plan" / "examples" / "pharmaverse"
    checked = check(pharmaverse_adam, plan)
    told = narratives(checked.loaded.plan, checked.study, HERE)
    found = [one.section() for one in told]
    adsl, adae = (
        pl.read_parquet(PHARMAVERSE / "adam" / f"{name}.parquet") for name in ("adsl", "adae")
    )
    treated = adsl.filter(pl.col("SAFFL") == "Y")
    wanted = {
        *treated.filter(pl.col("DTHDT").is_not_null())["USUBJID"],
        *adae.filter(pl.col("AESER") == "Y")["USUBJID"],
    } & set(treated["USUBJID"])
    assert {s.title.removeprefix("Subject ") for s in found} == wanted
    for section in found:
        assert not re.search(r"\s[.,;)]|None|nan\b", text(section))
