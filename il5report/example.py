"""Example data for mock shells, before any data of the study: the synthetic study with placeholders
for its terms, or data sets without records, typed as the plan uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from il5report.check import plan_faults
from il5report.conditions import comparisons
from il5report.data.dataset import Dataset, Study
from il5report.data.variables import Kind, kind_of
from il5report.errors import FaultsError, Severity
from il5report.output import Context, columns
from il5report.plan import Plan
from il5report.plan.read import LoadedPlan

TERMS = {
    "AEDECOD": "Preferred term", "AEBODSYS": "System organ class", "AETERM": "Reported term",
    "AEHLGT": "High level group term", "CMDECOD": "Medication", "MHDECOD": "Condition",
    "DCSREAS": "Reason", "SCRFCRIT": "Criterion", "DTHCAUS": "Cause", "DVTERM": "Deviation",
}  # fmt: skip
LEVELS = 2  # placeholders per variable
_FIXED = re.compile(
    r"STUDYID|USUBJID|SUBJID|SITEID|DOMAIN|SRC\w+|PARAM\w*|A?VISIT\w*|ATPT\w*|BASETYPE|ASSAY\w*"
    r"|TRT\w+|EVNTDESC|CNSDTDSC|PHASE|APERIODC|\w+(U|FL|CD|CAT|GR\d|DTC|DTF)"
)
_QUOTED = re.compile(r'"([^"]*)"')
_TYPES: Mapping[Kind | None, pl.DataType] = {
    Kind.NUMBER: pl.Float64(), Kind.DATE: pl.Date(), Kind.DATETIME: pl.Datetime("us"),
    Kind.TIME: pl.Time(),
}  # fmt: skip


def synthetic(plan: Plan) -> Study:
    """Analysis data of the synthetic study by this plan, its terms replaced by placeholders.

    Empty where the plan does not derive them, or derives what that study does not hold.
    """
    from il5report.data.demo import generate
    from il5report.derive.adam import derive

    if plan.derivation is None:
        return {}
    try:
        study, _ = derive(generate(), plan)
    except FaultsError:
        return {}
    known = vocabulary(plan)
    return {name: _placeholders(dataset, known, terms=False) for name, dataset in study.items()}


def example_for(ctx: Context, study: Study, loaded: LoadedPlan) -> Study:
    """`study` where it holds all that the display needs, else data sets without records.

    Terms are placeholders, unless the display itself names them.
    """
    faults = plan_faults([ctx.about(study)], study, loaded) if study else ()
    if not study or any(f.severity is Severity.ERROR for f in faults):
        return _without_records(ctx)
    named = _named([ctx.entry.model_dump(mode="json")])
    needs = ctx.output.needs(ctx)
    used = {"ADSL", *needs.variables, *(name for name, _ in needs.conditions)}
    return {n: _placeholders(d, named, terms=True) for n, d in study.items() if n in used}


def emptied(study: Study) -> Study:
    """The same data sets without their records."""
    return {name: replace(dataset, frame=dataset.frame.clear()) for name, dataset in study.items()}


def vocabulary(plan: Plan) -> frozenset[str]:
    """The values that the plan names: its displays print them in words of their own."""
    parts = {"outputs", "analysis_sets", "columns", "visits", "treatments", "estimands"}
    named: list[Any] = [plan.model_dump(mode="json", include=parts)]
    if plan.derivation is not None:
        named.append(plan.derivation.model_dump(mode="json", include={"endpoints", "response"}))
    return _named(named)


def _named(parts: Sequence[object]) -> frozenset[str]:
    """Texts of the plan, and the values that its conditions quote."""
    found: set[str] = {"Y", "N"}
    for text in _strings(parts):
        found |= {text, *_QUOTED.findall(text)}
    return frozenset(found)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _placeholders(dataset: Dataset, known: frozenset[str], *, terms: bool) -> Dataset:
    """The data set with texts that the plan does not name as ``Preferred term 1``: coded terms, or
    everything else."""
    changed = []
    for name, kind in dataset.schema.items():
        if kind == pl.String and (name in TERMS) == terms and not _FIXED.fullmatch(name):
            others = [v for v in dataset.frame[name].drop_nulls().unique().sort() if v not in known]
            word = TERMS.get(name) or dataset.label_of(name)
            to = {v: f"{word} {i % LEVELS + 1}" for i, v in enumerate(others)}
            changed.append(pl.col(name).replace(to))
    if not changed:
        return dataset
    return replace(dataset, frame=dataset.frame.with_columns(changed))


def _without_records(ctx: Context) -> Study:
    """The data sets that a display needs, with its variables and no record."""
    needs = ctx.output.needs(ctx)
    wanted: dict[str, dict[str, pl.DataType]] = {"ADSL": {"USUBJID": pl.String()}}
    for name, variables in needs.variables.items():
        own = wanted.setdefault(name, {"USUBJID": pl.String()})
        own |= {v: _TYPES.get(kind_of(v), pl.String()) for v in variables}
    of_columns = [c.where for spec in ctx.plan.columns.values() for c in columns(spec)]
    on_adsl = [("ADSL", where) for where in (ctx.set_where, *of_columns)]
    for name, where in (*needs.conditions, *on_adsl):
        own = wanted.setdefault(name, {"USUBJID": pl.String()})
        for c in comparisons(where):
            numeric = any(isinstance(v, int | float) for v in c.values)
            typed = pl.Float64() if numeric else _TYPES.get(kind_of(c.variable), pl.String())
            own.setdefault(c.variable, typed)
    return {name: Dataset(name, pl.DataFrame(schema=own)) for name, own in wanted.items()}
