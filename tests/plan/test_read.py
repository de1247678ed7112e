"""Reading plans: merging, file and line of every fault, all faults at once, nothing accepted
that is not known."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from il5report.errors import PlanError
from il5report.outputs import Catalogue
from il5report.plan.base import Model
from il5report.plan.read import LoadedPlan, read_plan
from il5report.resources import default_plan
from tests.conftest import ROOT

STUDY = """
protocol: {number: P1, title: A trial, sponsor: Somebody, design: Single arm}
columns: {default: {total: All}}
grading: {ae: CTCAE v5.0}
conventions:
  {convention: sas, conf_level: 0.95, proportion_ci: clopper_pearson, km_ci: loglog,
   auc_method: linear, day_zero: true}
"""
SETS = 'SAF: {label: Safety, definition: Treated, where: SAFFL == "Y"}\n'
OUTPUTS = 't_one: {number: "14.1"}\n'


class Options(Model):
    """Options of the only output here."""

    rows: int = 1


ONE = {"t_one": SimpleNamespace(kind="table", options=Options)}


def plan(folder: Path, study: str = STUDY, sets: str = SETS, outputs: str = OUTPUTS) -> LoadedPlan:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    (folder / "analysis_sets.yaml").write_text(sets, encoding="utf-8")
    (folder / "outputs.yaml").write_text(outputs, encoding="utf-8")
    return read_plan(folder, default_plan(), ONE)


def faults(folder: Path, **files: str) -> list[str]:
    with pytest.raises(PlanError) as error:
        plan(folder, **files)
    return [str(f) for f in error.value.findings]


def test_a_small_plan(tmp_path: Path) -> None:
    loaded = plan(tmp_path)
    assert loaded.plan.protocol.number == "P1"
    assert str(loaded.plan.analysis_sets["SAF"].where) == 'SAFFL == "Y"'
    assert loaded.place("outputs", "t_one", "number") == "outputs.yaml:1"
    assert set(loaded.files) == {"study.yaml", "analysis_sets.yaml", "outputs.yaml"}


def test_unknown_key_with_nearest_name_file_and_line(tmp_path: Path) -> None:
    found = faults(tmp_path, study=STUDY + "\nobjectivs: []\n")
    assert len(found) == 1
    assert "study.yaml:9" in found[0]
    assert "did you mean 'objectives'?" in found[0]


def test_unknown_key_deep_down_is_compared_with_its_own_model(tmp_path: Path) -> None:
    found = faults(
        tmp_path, sets=SETS + "X:\n  label: x\n  definition: y\n  where: A == 1\n  flagg: Z\n"
    )
    assert len(found) == 1
    assert "analysis_sets.yaml:6" in found[0]
    assert "did you mean 'flag'?" in found[0]


def test_all_faults_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        study=STUDY.replace("convention: sas", "convention: spss") + "\nextra: 1\n",
        sets=SETS.replace('SAFFL == "Y"', "SAFFL ="),
        outputs='t_one: {number: "14.1", analysis_set: SAFE, options: {row: 2}}\n'
        't_two: {number: "14.2"}\nt_again: {output: t_one, number: "14.1", columns: none}\n',
    )
    text = "\n".join(found)
    for part in (
        "conventions.convention",
        "unknown key 'extra'",
        "not a condition",
        "unknown analysis_set 'SAFE'; did you mean 'SAF'?",
        "did you mean 'rows'?",
        "unknown output 't_two'; did you mean 't_one'?",
        "'t_again' has the number of 't_one'",
        "unknown columns 'none'",
    ):
        assert part in text
    assert len(found) == 8


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("a: [1", "plan.yaml"),
        ("- 1\n", "plan.yaml"),
        ("protocol: 1\nprotocol: 2\n", "given twice"),
        ("a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n", "unknown key"),
    ],
)
def test_yaml_faults(tmp_path: Path, content: str, rule: str) -> None:
    assert any(rule in f for f in faults(tmp_path, study=content))


def test_aliases_that_explode_are_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
    )
    assert any("too many values" in f for f in faults(tmp_path, study=bomb))


def test_not_utf8(tmp_path: Path) -> None:
    plan(tmp_path)
    (tmp_path / "study.yaml").write_bytes(STUDY.encode() + b"\n# \xff\n")
    with pytest.raises(PlanError, match="not UTF-8 at byte"):
        read_plan(tmp_path, default_plan(), ONE)


def test_unknown_file_and_missing_plan(tmp_path: Path) -> None:
    plan(tmp_path)
    (tmp_path / "output.yaml").write_text("{}")
    with pytest.raises(PlanError, match=r"did you mean 'outputs.yaml'"):
        read_plan(tmp_path, default_plan(), ONE)
    with pytest.raises(PlanError, match=r"study.yaml is missing"):
        read_plan(tmp_path / "nowhere", default_plan(), ONE)


def test_extending_changes_only_what_differs(tmp_path: Path) -> None:
    base, own = tmp_path / "base", tmp_path / "own"
    plan(base, outputs='t_one: {number: "14.1", options: {rows: 2}}\n')
    own.mkdir()
    (own / "study.yaml").write_text("extends: ../base\nprotocol: {number: P2}\n")
    (own / "outputs.yaml").write_text("t_one: {title: Mine}\n")
    made = read_plan(own, default_plan(), ONE).plan
    assert made.protocol.number == "P2"
    assert made.protocol.title == "A trial"
    assert made.outputs["t_one"].title == "Mine"
    assert made.outputs["t_one"].options == {"rows": 2}


def test_null_removes_and_replace_replaces(tmp_path: Path) -> None:
    base, own = tmp_path / "base", tmp_path / "own"
    plan(base, sets=SETS + "ALL: {label: All, definition: All, where: USUBJID != missing}\n")
    own.mkdir()
    (own / "study.yaml").write_text(
        "extends: ../base\nprotocol: !replace {number: P2, title: T, sponsor: S, design: D}\n"
        "grading: {ae: CTCAE v6.0}\n"
    )
    (own / "analysis_sets.yaml").write_text("SAF: null\n")
    made = read_plan(own, default_plan(), ONE).plan
    assert list(made.analysis_sets) == ["ALL"]
    assert made.protocol.title == "T"
    assert made.grading.ae == "CTCAE v6.0"


def test_a_fault_in_the_extended_plan_has_its_place(tmp_path: Path) -> None:
    base, own = tmp_path / "base", tmp_path / "own"
    plan(base)
    (base / "study.yaml").write_text(STUDY + "\nwrong: 1\n")
    own.mkdir()
    (own / "study.yaml").write_text("extends: ../base\n")
    with pytest.raises(PlanError, match=r"study\.yaml:9"):
        read_plan(own, default_plan(), ONE)


@pytest.mark.parametrize("target", ["../../elsewhere", "/etc", "../../../../../../etc"])
def test_a_path_that_leaves_the_study_folder_is_refused(tmp_path: Path, target: str) -> None:
    own = tmp_path / "study" / "plan"
    own.mkdir(parents=True)
    (own / "study.yaml").write_text(f"extends: {target}\n")
    with pytest.raises(PlanError, match="leaves the study folder"):
        read_plan(own, default_plan(), ONE)


def test_a_link_that_leaves_the_study_folder_is_refused(tmp_path: Path) -> None:
    plan(tmp_path / "elsewhere")
    own = tmp_path / "study" / "plan"
    own.mkdir(parents=True)
    (tmp_path / "study" / "base").symlink_to(tmp_path / "elsewhere")
    (own / "study.yaml").write_text("extends: ../base\n")
    with pytest.raises(PlanError, match="leaves the study folder"):
        read_plan(own, default_plan(), ONE)


def test_plans_that_extend_each_other_and_nothing(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for folder, other in ((a, "b"), (b, "a")):
        folder.mkdir()
        (folder / "study.yaml").write_text(f"extends: ../{other}\n")
    with pytest.raises(PlanError, match="extends itself"):
        read_plan(a, default_plan(), ONE)
    (a / "study.yaml").write_text("extends: ../none\n")
    with pytest.raises(PlanError, match="no plan at"):
        read_plan(a, default_plan(), ONE)


def test_merge_keys_keep_what_the_mapping_says_itself(tmp_path: Path) -> None:
    sets = (
        "SAF: &saf {label: Safety, definition: Treated, where: SAFFL == 1}\n"
        "EFF: {<<: *saf, label: Efficacy}\n"
    )
    made = plan(tmp_path, sets=sets).plan
    assert made.analysis_sets["EFF"].label == "Efficacy"
    assert made.analysis_sets["EFF"].definition == "Treated"


@pytest.mark.parametrize("name", [".", "examples/pharmaverse"])
def test_the_plans_of_the_repository_can_be_read(name: str) -> None:
    loaded = read_plan(default_plan() / name, default_plan(), Catalogue())
    assert loaded.plan.outputs


def test_the_default_plan_is_this_trial() -> None:
    study = yaml.safe_load((ROOT / "analysis_plan" / "study.yaml").read_text(encoding="utf-8"))
    assert study["protocol"]["registry"] == "NCT07257640"
    kinds = [c["category"] for c in study["eligibility"].values()]
    assert kinds.count("INCLUSION") == 11
    assert kinds.count("EXCLUSION") == 5


def test_displays_in_more_than_one_file(tmp_path: Path) -> None:
    plan(tmp_path)
    (tmp_path / "outputs_more.yaml").write_text('t_more: {output: t_one, number: "14.2"}\n')
    assert list(read_plan(tmp_path, default_plan(), ONE).plan.outputs) == ["t_one", "t_more"]
    (tmp_path / "outputs_more.yaml").write_text('t_one: {number: "14.2"}\n')
    with pytest.raises(PlanError, match="'t_one' is in another file too"):
        read_plan(tmp_path, default_plan(), ONE)


def test_an_alias_may_be_used_again_inside_another(tmp_path: Path) -> None:
    content = "a: &a {x: 1, y: 2}\nb: &b {c: {<<: *a, y: 3}}\nd: *b\ne: *b\n"
    assert not [f for f in faults(tmp_path, study=content) if "twice" in f]


NUMBERS = STUDY + "constants: {END: 98, LIMIT: 0.5}\n"


def test_a_constant_stands_for_its_number_alone_and_in_text(tmp_path: Path) -> None:
    outputs = "t_one: {number: '14.1', options: {rows: $END}, footnotes: ['To $END; $LIMIT']}\n"
    made = plan(tmp_path / "base", study=NUMBERS, outputs=outputs).plan
    assert made.outputs["t_one"].options == {"rows": 98}
    assert made.outputs["t_one"].footnotes == ("To 98; 0.5",)
    own = tmp_path / "own"
    own.mkdir()
    (own / "study.yaml").write_text("extends: ../base\nconstants: {END: 120}\n")
    other = read_plan(own, default_plan(), ONE).plan
    assert other.outputs["t_one"].options == {"rows": 120}
    assert other.outputs["t_one"].footnotes == ("To 120; 0.5",)


def test_an_unknown_constant_and_one_that_is_no_number_are_refused(tmp_path: Path) -> None:
    sets = "SAF:\n  label: Safety\n  definition: Treated\n  where: AGE > $EDN\n"
    assert "did you mean 'END'" in "".join(faults(tmp_path, study=NUMBERS, sets=sets))
    said = faults(tmp_path, study=STUDY + "constants: {END: soon}\n")
    assert any("constant 'END' is not a number" in fault for fault in said)


def test_the_default_plan_says_each_window_once() -> None:
    """The window of the response is a number in one place only."""
    text = "".join(p.read_text("utf-8") for p in sorted(default_plan().glob("*.yaml")))
    assert len([line for line in text.splitlines() if "98" in line.split("#")[0].split()]) == 1
    made = read_plan(default_plan(), default_plan(), Catalogue()).plan
    assert made.derivation is not None and made.derivation.response is not None
    windows = {made.derivation.response.parameters[c].window for c in ("CR3M", "BOR3M", "CRC3M")}
    assert windows == {(1, made.constants["RESPONSE_DAYS"])}


def test_a_plan_arrives_as_it_was_sent_and_so_does_its_copy() -> None:
    plan = read_plan(default_plan(), default_plan(), Catalogue()).plan
    assert pickle.loads(pickle.dumps(plan)) == plan
    other = plan.model_copy(update={"data_cutoff": dt.date(2001, 2, 3)})
    assert pickle.loads(pickle.dumps(other)) == other != plan
    assert pickle.loads(pickle.dumps(plan)) == plan
