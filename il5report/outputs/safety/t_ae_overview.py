"""Overview of adverse events: subjects with at least one, and events, by line of the plan."""

from __future__ import annotations

import numpy as np
import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import all_of
from il5report.display.model import Cell, Row
from il5report.display.view import View, table, whole
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, add_subjects_with
from il5report.plan.base import Model, Text, Where


class Line(Model):
    """One line of the overview: the records of ADAE it counts. `events`: print their number too."""

    label: Text
    where: Where | None = None
    events: bool = False
    indent: int = 0


class Options(Model):
    """`subset`: the records of ADAE that the table is about; `lines` within them."""

    subset: Where
    lines: tuple[Line, ...]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [options.subset, *(line.where for line in options.lines)]
    return Needs({"ADAE": ["USUBJID"]}, [("ADAE", where) for where in conditions])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for line in options.lines:
        where = all_of(options.subset, line.where)
        add_subjects_with(ctx, rows, "subjects", "ADAE", where, level=line.label)
        if line.events:
            chosen = ctx.chosen("ADAE", where)
            for column in ctx.columns:
                mine = ctx.study.of("ADAE", ctx.study.meeting("ADSL", column.where))
                scope = Scope(
                    "events", "ADAE", where, column.where, column=column.label, level=line.label
                )
                n = int(np.count_nonzero(chosen & mine))
                events = Stat("n_events", "Number of events", n, "events")
                rows.add(scope, "count of records", [events])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows = []
    for line in ctx.options(Options).lines:
        cells: list[Cell] = []
        if line.events:
            events = (view.at("events", c, level=line.label) for c in columns)
            cells = [e.cell("{n_events}", {"n_events": whole}) for e in events]
            rows.append(Row(f"{line.label}: events", tuple(cells), indent=line.indent))
        subjects = (view.at("subjects", c, level=line.label) for c in columns)
        label = f"{line.label}: subjects, n (%)" if line.events else line.label
        rows.append(Row(label, tuple(s.n_percent() for s in subjects), indent=line.indent))
    return Shown(table(view.column_heads(columns, "Subjects with at least one, n (%)"), rows))


OUTPUT = Output(
    kind="table",
    title="Overview of adverse events",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once in each line. Percentages are of the N in the head.",
        "Adverse events graded by {ae_grading}.",
    ),
)
