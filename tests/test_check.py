"""Plan against data: each variable, condition, column and word that a display needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest

from il5report.check import plan_faults
from il5report.conditions import comparisons, parse
from il5report.data.dataset import Dataset, Study
from il5report.errors import Severity
from il5report.output import Context
from il5report.outputs import Catalogue, names
from il5report.plan.read import read_plan
from il5report.report import Checked
from il5report.resources import default_plan


def displays() -> list[str]:
    return list(read_plan(default_plan(), default_plan(), Catalogue()).plan.outputs)


def without(study: Study, dataset: str, variable: str) -> Mapping[str, Dataset]:
    found = study[dataset]
    return {**study, dataset: replace(found, frame=found.frame.drop(variable, strict=False))}


def errors(ctx: Context, checked: Checked, study: Study) -> str:
    found = plan_faults([ctx.about(study)], study, checked.loaded)
    return "\n".join(str(f) for f in found if f.severity is Severity.ERROR)


def context(checked: Checked, name: str) -> Context:
    return next(ctx for ctx in checked.contexts if ctx.id == name)


@pytest.mark.parametrize("name", displays())
def test_any_missing_variable_is_refused_by_name(name: str, demo_checked: Checked) -> None:
    ctx = context(demo_checked, name)
    needs = ctx.output.needs(ctx)
    wanted = {(d, v) for d, variables in needs.variables.items() for v in variables}
    wanted |= {(d, c.variable) for d, where in needs.conditions for c in comparisons(where)}
    wanted |= {("ADSL", c.variable) for c in comparisons(ctx.set_where)}
    assert wanted
    for dataset, variable in sorted(wanted):
        study = without(without(demo_checked.study, dataset, variable), "ADSL", variable)
        assert variable in errors(ctx, demo_checked, study), (dataset, variable)


@pytest.mark.parametrize("name", displays())
def test_any_missing_data_set_is_refused_by_name(name: str, demo_checked: Checked) -> None:
    ctx = context(demo_checked, name)
    for dataset in ctx.output.needs(ctx).variables:
        study = {k: v for k, v in demo_checked.study.items() if k != dataset}
        said = errors(ctx, demo_checked, study)
        assert dataset in said
        assert "missing" in said


def test_nothing_is_wrong_with_the_demo_study(demo_checked: Checked) -> None:
    study = demo_checked.study
    found = plan_faults(demo_checked.contexts, study, demo_checked.loaded)
    assert not [f for f in found if f.severity is Severity.ERROR]


def test_a_condition_of_the_wrong_type(demo_checked: Checked) -> None:
    ctx = context(demo_checked, "t_os")
    entry = ctx.entry.model_copy(update={"where": parse('AGE == "old"')})
    found = plan_faults([replace(ctx, entry=entry)], ctx.study, demo_checked.loaded)
    assert any("it holds a number" in f.message for f in found)


def test_an_unknown_word_in_a_footnote(demo_checked: Checked) -> None:
    ctx = context(demo_checked, "t_os")
    entry = ctx.entry.model_copy(update={"footnotes": ("By {km_si}, {x.__class__}",)})
    found = plan_faults([replace(ctx, entry=entry)], ctx.study, demo_checked.loaded)
    assert [f.message for f in found] == [
        "unknown word 'km_si' in a footnote; did you mean 'km_ci'?"
    ]


def test_a_column_value_that_is_not_listed(demo_checked: Checked) -> None:
    ctx = context(demo_checked, "t_os")
    adsl = ctx.study["ADSL"]
    frame = adsl.frame.with_columns(pl.col("TRT01A").replace("Dose level 1", "Dose level 0"))
    study = {**ctx.study, "ADSL": replace(adsl, frame=frame)}
    said = errors(ctx, demo_checked, study)
    assert "'Dose level 0'" in said
    assert "study.yaml:" in said


def test_every_output_is_used_by_a_plan_of_the_repository() -> None:
    used: set[str] = set()
    for folder in (default_plan(), default_plan() / "examples" / "pharmaverse"):
        plan = read_plan(folder, default_plan(), Catalogue()).plan
        used |= {entry.output or key for key, entry in plan.outputs.items()}
    assert used == set(names())


def test_the_demo_study_has_no_error_and_no_warning(demo_checked: Checked) -> None:
    assert [str(f) for f in demo_checked.findings if f.severity is not Severity.NOTE] == []
