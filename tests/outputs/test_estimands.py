"""An estimand that the data handling does not follow is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from il5report.ard import Rows
from il5report.display.model import Table
from il5report.errors import DataError, PlanError
from il5report.report import load_plan
from tests.outputs.conftest import DEFAULT, Case

Plan = Callable[[str], Path]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan whose estimands differ from the default's, and which prints none of its displays."""

    def made(estimands: str) -> Path:
        (tmp_path / "study.yaml").write_text("extends: default\n", encoding="utf-8")
        (tmp_path / "outputs.yaml").write_text("--- !replace\n{}\n", encoding="utf-8")
        (tmp_path / "estimands.yaml").write_text(estimands, encoding="utf-8")
        return tmp_path

    return made


def estimand(key: str, events: str) -> str:
    """Other intercurrent events of one estimand."""
    return f'{key}:\n  intercurrent_events:\n    - {{event: It, where: SAFFL == "Y", {events}}}\n'


def test_the_default_plan_is_followed(plan: Plan) -> None:
    found = set(load_plan(plan("")).plan.estimands)
    assert found == {
        "CR3M", "CR3MENR", "DOR", "RFS", "EFS", "PFS", "DORTP", "OS", "OSENR", "CIR", "NRM",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "strategy", "date"),
    [
        ("OS", "hypothetical", "HSCTDT"),
        ("OS", "composite variable", "HSCTDT"),
        ("OS", "treatment policy", "DTHDT"),
        ("DOR", "treatment policy", "HSCTDT"),
        ("DOR", "treatment policy", "DTHDT"),
        ("DOR", "composite variable", "NACTDT"),
        ("DOR", "composite variable", "TRTSDT"),
        ("EFS", "principal stratum", "HSCTDT"),
        ("CR3M", "treatment policy", "NACTDT"),
        ("CR3M", "hypothetical", "NACTDT"),
        ("CR3M", "composite variable", "LTFUDT"),
        # who is not infused is a non-responder, whatever else is declared
        ("CR3MENR", "treatment policy", "NINFDT"),
        ("CR3MENR", "hypothetical", "NINFDT"),
        ("CR3MENR", "while on treatment", "NINFDT"),
        # is followed for survival, and does not die of it
        ("OSENR", "composite variable", "NINFDT"),
        ("OSENR", "hypothetical", "NINFDT"),
        # has no time from the infusion on
        ("OS", "treatment policy", "NINFDT"),
        ("OS", "composite variable", "NINFDT"),
        ("CIR", "composite variable", "DTHDT"),
        ("CIR", "treatment policy", "DTHDT"),
        ("CIR", "hypothetical", "DTHDT"),
    ],
)
def test_a_strategy_that_the_derivation_does_not_follow_is_refused(
    plan: Plan, key: str, strategy: str, date: str
) -> None:
    with pytest.raises(PlanError) as refused:
        load_plan(plan(estimand(key, f"strategy: {strategy}, date: {date}")))
    (fault,) = refused.value.findings
    assert fault.rule == "plan.strategy"
    assert all(said in fault.message for said in (key, "'It'", strategy, date))
    assert fault.place.startswith("estimands.yaml:")


@pytest.mark.parametrize(
    ("key", "strategy", "date"),
    [
        ("OS", "treatment policy", "HSCTDT"),
        ("DOR", "hypothetical", "NACTDT"),
        ("DOR", "while on treatment", "NACTDT"),
        ("DOR", "composite variable", "DTHDT"),
        ("DORTP", "treatment policy", "HSCTDT"),
        ("DORNTE", "composite variable", "NACTDT"),
        ("CR3M", "composite variable", "NACTDT"),
        ("CR3M", "while on treatment", "HSCTDT"),
        ("CR3M", "composite variable", "DTHDT"),
        ("CR3MENR", "composite variable", "NINFDT"),
        ("OSENR", "treatment policy", "NINFDT"),
        ("CIR", "while on treatment", "DTHDT"),
    ],
)
def test_a_strategy_that_it_follows_is_accepted(
    plan: Plan, key: str, strategy: str, date: str
) -> None:
    of = "DOR" if key.startswith("DOR") else key
    text = estimand(of, f"strategy: {strategy}, date: {date}") + f"  parameter: {key}\n"
    assert load_plan(plan(text)).plan.estimands[of].parameter == key


def test_only_treatment_policy_needs_no_date(plan: Plan) -> None:
    load_plan(plan(estimand("DOR", "strategy: treatment policy")))
    with pytest.raises(PlanError, match="its date is not given"):
        load_plan(plan(estimand("DOR", "strategy: hypothetical")))


def test_a_parameter_that_nothing_derives_is_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match="no endpoint or response DORX"):
        load_plan(plan("DOR: {parameter: DORX}\n"))


def test_an_estimand_of_other_subjects_than_its_parameter_is_refused(plan: Plan) -> None:
    said = 'its analysis set is ENR, and the derivation makes CR3M for other subjects: SAFFL == "Y"'
    with pytest.raises(PlanError, match=said):
        load_plan(plan("CR3M: {analysis_set: ENR}\n"))


def test_an_estimand_that_looks_into_the_wrong_data_set_is_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match="OS is derived in ADTTE, not ADRS"):
        load_plan(plan("OS: {dataset: ADRS}\n"))


NOT_INFUSED = """endpoints:
  EFSENR:
    label: Event-Free Survival from Enrolment
    where: ENRLFL == "Y"
    start: ENRLDT
    events: [{description: Not infused, date: NINFDT}, {description: Death, date: DTHDT}]
    censoring: [{cnsr: 1, description: Alive at last contact, date: LSTALVDT}]
"""


@pytest.mark.parametrize(
    ("strategy", "follows"),
    [("composite variable", True), ("treatment policy", False), ("hypothetical", False)],
)
def test_never_being_infused_can_be_an_event(plan: Plan, strategy: str, follows: bool) -> None:
    text = estimand("OSENR", f"strategy: {strategy}, date: NINFDT") + "  parameter: EFSENR\n"
    folder = plan(text)
    (folder / "derivation.yaml").write_text(NOT_INFUSED, encoding="utf-8")
    if follows:
        assert load_plan(folder).plan.estimands["OSENR"].parameter == "EFSENR"
    else:
        with pytest.raises(PlanError, match="does otherwise with NINFDT"):
            load_plan(folder)


def test_an_event_that_nobody_can_count_is_refused(plan: Plan) -> None:
    text = "OS:\n  intercurrent_events:\n    - {event: It, strategy: treatment policy}\n"
    with pytest.raises(PlanError, match="where"):
        load_plan(plan(text))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("estimand: OS, analysis_set: ENR", "names estimand OS, whose analysis set is SAF"),
        (
            "estimand: OS, role: sensitivity, analysis_set: ENR",
            "names estimand OS, whose analysis set is SAF",
        ),
        ("estimand: PFS", "whose parameter is PFS, and analyses OS"),
        ("", "has to name an estimand, or to say by its role"),
        ("role: supplementary", "is supplementary and names no estimand"),
        ("role: sensitivity", "is sensitivity and names no estimand"),
        ("estimand: OS, role: exploratory", "is exploratory, which targets no estimand"),
        ("estimand: OS, role: descriptive", "is descriptive, which targets no estimand"),
    ],
)
def test_a_display_that_does_not_fit_its_estimand_is_refused(
    plan: Plan, entry: str, said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        load_plan(_displaying(plan(""), entry))


@pytest.mark.parametrize(
    "entry",
    [
        "estimand: OS",
        "estimand: PFS, role: supplementary",
        "estimand: OS, role: supplementary, analysis_set: ENR",
        "estimand: OS, role: sensitivity",
        "role: exploratory",
        "role: descriptive",
    ],
)
def test_a_display_that_fits_is_accepted(plan: Plan, entry: str) -> None:
    load_plan(_displaying(plan(""), entry))


def test_a_display_of_something_else_needs_no_estimand(plan: Plan) -> None:
    load_plan(_displaying(plan(""), "", number="14.4.1"))


def _displaying(folder: Path, entry: str, number: str = "14.2.6") -> Path:
    """The plan with one display of overall survival."""
    fixed = f'output: t_time_to_event, number: "{number}", options: {{paramcd: OS}}'
    text = f"--- !replace\nt_os: {{{fixed}{entry and ', ' + entry}}}\n"
    (folder / "outputs.yaml").write_text(text, encoding="utf-8")
    return folder


def test_each_display_says_how_it_stands_to_an_estimand(demo: Case) -> None:
    estimands = yaml.safe_load((DEFAULT / "estimands.yaml").read_text(encoding="utf-8"))
    used = set()
    for key, entry in demo.trial.outputs.items():
        name, role = entry.get("estimand"), entry.get("role")
        notes = [n for n in demo.display(key).footnotes if "estimand" in n.lower()]
        if name is None:
            assert role in ("exploratory", "descriptive") or not entry["number"].startswith("14.2.")
            assert (
                role is None or f"{role.capitalize()}: this display targets no estimand." in notes
            )
            continue
        about = f"{name}: {estimands[name]['variable'].strip()}."
        if role is None:
            used.add(name)
            (note,) = [n for n in notes if n.startswith(f"Estimand {about}")]
            for event in estimands[name]["intercurrent_events"]:
                assert f"{event['event']}: {event['strategy']}" in note
        else:
            assert role == "supplementary"
            assert f"Supplementary to the main analysis of estimand {about}" in notes
    assert used == set(estimands)


def test_every_main_analysis_of_an_endpoint_names_an_estimand(demo: Case) -> None:
    parameters = {e["parameter"] for e in demo.trial.estimands.values()}
    for key, entry in demo.trial.outputs.items():
        if entry.get("output") in ("t_time_to_event", "f_time_to_event"):
            main = entry["options"]["paramcd"] in parameters
            assert bool(entry.get("estimand")) == main, key


def test_who_is_not_infused_is_a_non_responder_of_the_enrolled(demo: Case) -> None:
    """By the disposition records: enrolled, without an infusion, and all of them settled."""
    records = [r for r in demo.trial.records("ADRS") if r["PARAMCD"] == "CR3MENR"]
    enrolled = {r["USUBJID"] for r in demo.trial.subjects("ENR")}
    assert {r["USUBJID"] for r in records} == enrolled
    out = [r for r in records if r["TRTSDT"] is None]
    assert {r["USUBJID"] for r in out} == enrolled - {
        r["USUBJID"] for r in demo.trial.subjects("SAF")
    }
    assert len(out) == 3
    for record in out:
        assert (record["AVALC"], record["AREASN"], record["WINOPFL"]) == ("N", "Not infused", "N")
        assert record["NINFDT"] is not None
    infused = {r["USUBJID"]: r["AVALC"] for r in records if r["TRTSDT"] is not None}
    main = {r["USUBJID"]: r["AVALC"] for r in demo.trial.records("ADRS") if r["PARAMCD"] == "CR3M"}
    assert infused == main


def test_the_table_counts_every_event_of_the_plan(demo: Case) -> None:
    body = demo.display("t_estimands").body
    assert isinstance(body, Table)
    estimands = demo.trial.estimands.values()
    events = sum(len(e["intercurrent_events"]) for e in estimands)
    assert sum(row.kind == "data" for row in body.rows) == events + len(estimands)


def test_a_display_that_lacks_subjects_of_an_estimand_is_refused(demo: Case) -> None:
    ctx = next(c for c in demo.checked.contexts if c.id == "t_estimands")
    smaller = replace(ctx, entry=ctx.entry.model_copy(update={"analysis_set": "SAF"}))
    with pytest.raises(DataError, match="subjects of estimand CR3MENR") as refused:
        smaller.output.analyse(smaller, Rows())
    (fault,) = refused.value.findings
    assert fault.count == 3
