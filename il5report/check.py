"""Plan against data, before anything is computed: every variable, condition and column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl

from il5report.conditions import Condition, comparisons, expression, faults
from il5report.data.dataset import Study
from il5report.data.read import SUFFIXES
from il5report.errors import Finding, Severity, nearest, some_subjects
from il5report.output import Context, columns
from il5report.plan import Plan
from il5report.plan.read import LoadedPlan
from il5report.plan.words import filled


def plan_faults(
    contexts: Iterable[Context], study: Study, loaded: LoadedPlan
) -> tuple[Finding, ...]:
    """What the plan asks for and the data do not hold.

    Errors: a data set or variable that is missing, a condition on a variable that is missing or of
    another type, a value of a column variable that the plan does not list. Warnings: subjects of a
    display who are in none of its columns.
    """
    found: list[Finding] = []
    if "ADSL" not in study:
        message = "subject-level data are missing: neither ADSL nor DM is in the data folder"
        return (Finding("dataset.missing", message, dataset="ADSL"),)
    data = _Data(study, loaded.plan)
    for name, analysis_set in loaded.plan.analysis_sets.items():
        place = loaded.place("analysis_sets", name, "where")
        found += data.condition_faults("ADSL", analysis_set.where, place)
    for ctx in contexts:
        found += _output_faults(ctx, data, loaded)
    found += _profile_faults(data, loaded)
    if not any(f.severity is Severity.ERROR for f in found):
        for ctx in contexts:
            found += _column_faults(ctx, data, loaded)
    return tuple(dict.fromkeys(found))


class _Data:
    """The study as the displays of a plan ask for it: many ask the same, which is found once."""

    def __init__(self, study: Study, plan: Plan) -> None:
        self.study, self.plan = study, plan
        self.schema = cache(self._schema)
        self.held = cache(self._held)
        self.faults = cache(self._faults)
        self.outside = cache(self._outside)

    def _schema(self, dataset: str) -> Mapping[str, pl.DataType]:
        """Variables of the data set and, beside them, those of ADSL."""
        return {**self.study["ADSL"].schema, **self.study[dataset].schema}

    def _held(self, dataset: str, variable: str) -> list[str]:
        """The distinct texts of a variable of the data set or, beside it, of ADSL."""
        own = self.study[dataset].frame
        column = (own if variable in own.columns else self.study["ADSL"].frame)[variable]
        return column.drop_nulls().unique().sort().to_list()

    def condition_faults(
        self, dataset: str, condition: Condition | None, place: str
    ) -> Iterator[Finding]:
        """What stands against a condition on a data set that the study has."""
        if condition is not None:
            yield from (replace(f, place=place) for f in self.faults(dataset, condition))

    def _faults(self, dataset: str, condition: Condition) -> tuple[Finding, ...]:
        known = self.schema(dataset)
        found = []
        for variable, message in faults(condition, known):
            hint = "" if variable in known else nearest(variable, sorted(known))
            said = f"{message}: {condition}{hint}"
            found.append(Finding("condition.variable", said, dataset=dataset, variable=variable))
        if all(c.variable in known for c in comparisons(condition)):
            found += self._value_notes(dataset, condition)
        return tuple(found)

    def _value_notes(self, dataset: str, condition: Condition) -> Iterator[Finding]:
        """Codes that the condition names and the data never hold: nothing of the kind happened,
        or the code is misspelt. Flags are left out: a flag that is never Y is no surprise."""
        for c in comparisons(condition):
            text = self.schema(dataset)[c.variable] == pl.String
            if c.comparator not in ("EQ", "IN") or not text or _is_flag(c.variable):
                continue
            held = self.held(dataset, c.variable)
            for value in c.values:
                if value not in held:
                    some = ", ".join(map(repr, held[:8])) or "no value"
                    message = f"never is {value!r} (in {condition}); the data hold {some}"
                    yield Finding("condition.value", message, Severity.NOTE, dataset, c.variable)

    def _outside(self, where: Condition | None, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Of the subjects of a set those whose value the plan's columns do not list, and those
        who are in none of the columns."""
        spec, adsl = self.plan.columns[name], self.study["ADSL"]
        subjects = adsl.frame.filter(expression(where, adsl.schema))
        other = outside = subjects.clear()
        if spec.variable:
            value = pl.col(spec.variable)
            other = subjects.filter(value.is_not_null() & ~value.is_in(list(spec.levels)))
        parts = [expression(c.where, adsl.schema) for c in columns(spec) if c.where]
        if parts:
            outside = subjects.filter(~pl.any_horizontal(parts))
        return other, outside


def cutoff_faults(
    asked: dt.date | None, planned: dt.date | None, study: Study
) -> tuple[Finding, ...]:
    """What stands against a data cut-off other than the plan's, and that it was asked for."""
    if asked is None or asked == planned:
        return ()
    if "ADSL" in study:
        message = (
            f"the data hold ADSL, derived at its own cut-off: they cannot be cut at {asked}; "
            "give the SDTM data instead"
        )
        return (Finding("option.cutoff", message, dataset="ADSL", place="--cutoff"),)
    message = f"data cut at {asked}; the plan's cut-off is {planned}"
    late = planned is not None and asked > planned
    message += ", which is earlier: the data may end there" if late else ""
    severity = Severity.WARNING if late else Severity.NOTE
    return (Finding("option.cutoff", message, severity, place="--cutoff"),)


def needed(contexts: Iterable[Context], study: Study) -> dict[str, set[str]]:
    """The variables that the displays use, of those that the data hold, by data set."""
    found: dict[str, set[str]] = {
        name: {"USUBJID"} & set(study[name].frame.columns) for name in study
    }
    for ctx in contexts:
        needs = ctx.output.needs(ctx)
        used = [(name, v) for name, variables in needs.variables.items() for v in variables]
        used += [(name, c.variable) for name, where in needs.conditions for c in comparisons(where)]
        used += [("ADSL", c.variable) for c in comparisons(ctx.set_where)]
        used += [("ADSL", c.variable) for column in ctx.columns for c in comparisons(column.where)]
        for name, variable in used:
            if name in study and variable in study[name].frame.columns:
                found[name].add(variable)
    return found


def wanted_data(data: Path, plan: Plan, displays: Iterable[Context]) -> set[str] | None:
    """The data sets to read: of ADaM those that displays and profiles need, of SDTM all."""
    names = {path.stem.upper() for path in data.glob("*") if path.suffix.lower() in SUFFIXES}
    if "ADSL" not in names:
        return None
    needs = [ctx.output.needs(ctx) for ctx in displays]
    named = {name for n in needs for name in n.variables}
    told = {name for name, _, _ in profile_needs(plan)}
    return {"ADSL", *named, *told, *(name for n in needs for name, _ in n.conditions)}


def profile_needs(plan: Plan) -> Iterator[tuple[str, Condition, tuple[str, ...]]]:
    """What narratives and profiles use: data set, condition on it, and further variables."""
    rules = plan.profiles
    if rules is None or plan.report.part:
        return
    for reason in rules.reasons:
        yield reason.dataset, reason.where, ()
    for lane in rules.lanes:
        yield lane.dataset, lane.where, (lane.variable, lane.start, lane.series, lane.end)


def _profile_faults(data: _Data, loaded: LoadedPlan) -> Iterator[Finding]:
    place = loaded.place("profiles")
    for dataset, where, variables in profile_needs(loaded.plan):
        used = list(filter(None, variables))
        yield from _data_faults("profiles", dataset, used, data, place)
        if dataset in data.study:
            yield from data.condition_faults(dataset, where, place)


def _output_faults(ctx: Context, data: _Data, loaded: LoadedPlan) -> Iterator[Finding]:
    place = loaded.place("outputs", ctx.id)
    needs = ctx.output.needs(ctx)
    for dataset, variables in needs.variables.items():
        yield from _data_faults(ctx.id, dataset, variables, data, place)
    columns = loaded.place("columns", ctx.entry.columns)
    conditions = [(name, where, place) for name, where in needs.conditions if name in data.study]
    conditions.append(("ADSL", ctx.entry.where, place))
    conditions += [("ADSL", column.where, columns) for column in ctx.columns]
    for dataset, where, at in conditions:
        yield from data.condition_faults(dataset, where, at)
    yield from _word_faults(ctx, loaded)


def _data_faults(
    who: str, dataset: str, variables: Collection[str], data: _Data, place: str
) -> Iterator[Finding]:
    """What `who` needs and the data lack."""
    if dataset not in data.study:
        message = f"{who} needs this data set{nearest(dataset, sorted(data.study))}"
        yield Finding("dataset.missing", message, dataset=dataset, place=place)
        return
    known = data.schema(dataset)
    for variable in variables:
        if variable not in known:
            message = f"{who} needs this variable{nearest(variable, sorted(known))}"
            yield Finding(
                "variable.missing", message, dataset=dataset, variable=variable, place=place
            )


def _word_faults(ctx: Context, loaded: LoadedPlan) -> Iterator[Finding]:
    for note in ctx.entry.footnotes:
        try:
            filled(note, ctx.words)
        except KeyError as error:
            hint = nearest(str(error.args[0]), sorted(ctx.words))
            place = loaded.place("outputs", ctx.id, "footnotes")
            yield Finding("plan.word", f"unknown word {error} in a footnote{hint}", place=place)


def _is_flag(variable: str) -> bool:
    return variable.endswith("FL")


def _column_faults(ctx: Context, data: _Data, loaded: LoadedPlan) -> Iterator[Finding]:
    place = loaded.place("columns", ctx.entry.columns)
    variable = data.plan.columns[ctx.entry.columns].variable
    other, outside = data.outside(ctx.set_where, ctx.entry.columns)
    if other.height:
        values = ", ".join(map(repr, other[variable].unique().sort()))
        message = f"values that the plan's columns do not list: {values}"
        yield Finding(
            "columns.unlisted", message, dataset="ADSL", variable=variable,
            count=other.height, subjects=some_subjects(other["USUBJID"]), place=place,
        )  # fmt: skip
    if outside.height and ctx.output.kind != "listing":
        message = f"subjects of {ctx.id} are in no column but the total"
        yield Finding(
            "columns.outside", message, Severity.NOTE, "ADSL",
            count=outside.height, subjects=some_subjects(outside["USUBJID"]), place=place,
        )  # fmt: skip
