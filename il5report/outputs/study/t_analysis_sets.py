"""Analysis sets: how many subjects are in each, of those in the set of the table."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes, add_subjects_with
from il5report.plan.base import Model


class Options(Model):
    """The analysis sets to count, in order; all of the plan's where left out."""

    sets: tuple[str, ...] = ()


def _sets(ctx: Context) -> tuple[str, ...]:
    return ctx.options(Options).sets or tuple(ctx.plan.analysis_sets)


def needs(ctx: Context) -> Needs:
    sets = (ctx.plan.analysis_sets[name] for name in _sets(ctx))
    return Needs({}, [("ADSL", s.where) for s in sets])


def analyse(ctx: Context, rows: Rows) -> None:
    add_column_sizes(ctx, rows)
    for name in _sets(ctx):
        where = ctx.plan.analysis_sets[name].where
        add_subjects_with(ctx, rows, "set", "ADSL", where, level=name)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    view, columns = View(ard), [c.label for c in ctx.columns]
    rows = [
        Row(
            ctx.plan.analysis_sets[name].label,
            tuple(view.at("set", c, level=name).n_percent() for c in columns),
        )
        for name in _sets(ctx)
    ]
    definitions = tuple(
        f"{s.label}: {s.definition}" for s in (ctx.plan.analysis_sets[n] for n in _sets(ctx))
    )
    return Shown(table(view.column_heads(columns, "Analysis set, n (%)"), rows), definitions)


OUTPUT = Output(
    kind="table",
    title="Analysis sets",
    analysis_set="ENR",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Percentages are of the N in the head.",),
)
