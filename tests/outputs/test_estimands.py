"""An estimand that the data handling does not follow is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from il5report.display.model import Table
from il5report.errors import PlanError
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
    assert found == {"CR3M", "DOR", "RFS", "EFS", "PFS", "DORTP", "OS", "OSENR"}


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
    ],
)
def test_a_strategy_that_it_follows_is_accepted(
    plan: Plan, key: str, strategy: str, date: str
) -> None:
    of = key if key in ("OS", "CR3M") else "DOR"
    text = estimand(of, f"strategy: {strategy}, date: {date}") + f"  parameter: {key}\n"
    assert load_plan(plan(text)).plan.estimands[of].parameter == key


def test_only_treatment_policy_needs_no_date(plan: Plan) -> None:
    load_plan(plan(estimand("DOR", "strategy: treatment policy")))
    with pytest.raises(PlanError, match="its date is not given"):
        load_plan(plan(estimand("DOR", "strategy: hypothetical")))


def test_a_parameter_that_nothing_derives_is_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match="no endpoint or response DORX"):
        load_plan(plan("DOR: {parameter: DORX}\n"))


def test_an_event_that_nobody_can_count_is_refused(plan: Plan) -> None:
    text = "OS:\n  intercurrent_events:\n    - {event: It, strategy: treatment policy}\n"
    with pytest.raises(PlanError, match="where"):
        load_plan(plan(text))


def test_a_display_of_another_analysis_set_is_refused(plan: Plan) -> None:
    folder = plan("")
    text = 't_os: {output: t_time_to_event, number: "1", estimand: OS, analysis_set: ENR}\n'
    text = text.replace("}", ", options: {paramcd: OS}}")
    (folder / "outputs.yaml").write_text(f"--- !replace\n{text}", encoding="utf-8")
    with pytest.raises(PlanError, match="names estimand OS, whose analysis set is SAF"):
        load_plan(folder)


def test_each_display_names_its_estimand_and_the_strategies(demo: Case) -> None:
    estimands = yaml.safe_load((DEFAULT / "estimands.yaml").read_text(encoding="utf-8"))
    named = {key: e["estimand"] for key, e in demo.trial.outputs.items() if e.get("estimand")}
    assert set(named.values()) == set(estimands)
    for key, name in named.items():
        (note,) = [n for n in demo.display(key).footnotes if n.startswith("Estimand")]
        wanted = estimands[name]
        assert note.startswith(f"Estimand {name}: {wanted['variable']}.")
        for event in wanted["intercurrent_events"]:
            assert f"{event['event']}: {event['strategy']}" in note


def test_every_main_analysis_of_an_endpoint_names_an_estimand(demo: Case) -> None:
    parameters = {e["parameter"] for e in demo.trial.estimands.values()}
    for key, entry in demo.trial.outputs.items():
        if entry.get("output") in ("t_time_to_event", "f_time_to_event"):
            main = entry["options"]["paramcd"] in parameters
            assert bool(entry.get("estimand")) == main, key


def test_the_table_counts_every_event_of_the_plan(demo: Case) -> None:
    body = demo.display("t_estimands").body
    assert isinstance(body, Table)
    events = sum(len(e["intercurrent_events"]) for e in demo.trial.estimands.values())
    assert sum(row.kind == "data" for row in body.rows) == events
