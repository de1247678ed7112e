"""Disposition: how many subjects reached each step, and why the others did not."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Condition, all_of, both, equals
from il5report.display.model import Row
from il5report.display.view import View, table, value_text
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.plan.base import Model, Text, Where


class Step(Model):
    """One line: the subjects who meet `where` (ADSL).

    `of`: who is in the denominator of the percentage; all subjects of the column where left out.
    `percent`: print it. `by`: variable of ADSL whose values follow as lines of their own.
    """

    label: Text
    where: Where
    of: Where | None = None
    percent: bool = True
    by: str = ""
    indent: int = 0


class Options(Model):
    """The steps, in order."""

    steps: tuple[Step, ...]


NOT_GIVEN = "Reason not given"


def needs(ctx: Context) -> Needs:
    steps = ctx.options(Options).steps
    conditions = [("ADSL", where) for step in steps for where in (step.where, step.of)]
    return Needs({"ADSL": ["USUBJID", *(step.by for step in steps if step.by)]}, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    add_column_sizes(ctx, rows)
    for step in ctx.options(Options).steps:
        _count(ctx, rows, step, step.where)
        if step.by:
            found = ctx.records("ADSL", step.where)[step.by]
            for value in found.unique().sort(nulls_last=True):
                level = NOT_GIVEN if value is None else value_text(value)
                reason = equals(step.by, value)
                _count(ctx, rows, step, both(step.where, reason), step.by, level)


def _count(
    ctx: Context, rows: Rows, step: Step, where: Condition, variable: str = "", level: str = ""
) -> None:
    for column in ctx.columns:
        n = ctx.in_column(column, both(where, step.of) if step.of else where).height
        total = ctx.in_column(column, step.of).height
        scope = Scope(
            "step", "ADSL", all_of(where, step.of), column.where, of=step.of, column=column.label,
            group=step.label, variable=variable, level=level,
        )  # fmt: skip
        rows.add(scope, METHOD, counted(n, total))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows = []
    for step in ctx.options(Options).steps:
        of_step = view.only("step", group=step.label).select("variable", "level")
        for variable, level in of_step.unique(maintain_order=True).rows():
            places = (
                view.at("step", c, group=step.label, variable=variable, level=level)
                for c in columns
            )
            cells = tuple(p.n_percent() if step.percent else p.count_alone() for p in places)
            label = ctx.said(variable, level) if level else step.label
            rows.append(Row(label, cells, indent=step.indent + bool(level)))
    return Shown(table(view.column_heads(columns, "Subjects, n (%)"), rows))


OUTPUT = Output(
    kind="table",
    title="Disposition of subjects",
    analysis_set="SCR",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
)
