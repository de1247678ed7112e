"""Two classifications of the same subjects against each other, such as the worst grades of two
syndromes, or a derived grade and the investigator's."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import both, equals
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the one record per subject of `dataset`. `down` and `across`: its two variables;
    `levels`: their values, in order, with labels; `missing`: label of no value. `head`: what stands
    down and across in words."""

    dataset: Text
    where: Where
    down: Text
    across: Text
    levels: Mapping[str, str]
    missing: Text = "Missing"
    head: Text


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", options.down, options.across]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def _values(ctx: Context, options: Options, variable: str) -> list[str | float | None]:
    """The levels as the data hold them, missing last."""
    numeric = ctx.dataset(options.dataset).schema[variable].is_numeric()
    return [*(float(v) if numeric else v for v in options.levels), None]


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    keep = (options.down, options.across)
    records = ctx.records(options.dataset, options.where, keep=keep)
    one_per_subject(ctx, records, options.dataset)
    down, across = (_values(ctx, options, v) for v in keep)
    for variable, values in zip(keep, (down, across), strict=True):
        _known(ctx, options, records, variable, values)
    labels = [*options.levels.values(), options.missing]
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi")
        size = ctx.in_column(column).height
        pairs = mine.select(keep).rows()
        for one, row in zip(down, labels, strict=True):
            for two, head in zip(across, labels, strict=True):
                pair = both(equals(options.down, one), equals(options.across, two))
                scope = Scope(
                    f"pair|{head}", options.dataset, both(options.where, pair), column.where,
                    column=column.label, variable=options.down, level=row,
                )  # fmt: skip
                rows.add(scope, METHOD, counted(pairs.count((one, two)), size))


def _known(
    ctx: Context,
    options: Options,
    records: pl.DataFrame,
    variable: str,
    values: list[str | float | None],
) -> None:
    """Refuse a value that the plan has no level for."""
    known = [v for v in values if v is not None]
    other = records.drop_nulls(variable).filter(~pl.col(variable).is_in(known))["USUBJID"]
    if other.len():
        message = f"{ctx.id}: values that are none of the levels"
        raise DataError(
            [
                Finding(
                    "output.level", message, dataset=options.dataset, variable=variable,
                    count=other.len(), subjects=some_subjects(other),
                )
            ]
        )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    labels = [*options.levels.values(), options.missing]
    columns = [c.label for c in ctx.columns]
    heads = view.column_heads(columns, options.head, labels)
    rows = []
    for label in labels:
        found = (
            view.at(f"pair|{head}", column, variable=options.down, level=label)
            for column in columns
            for head in labels
        )
        rows.append(Row(label, tuple(p.n_percent() for p in found)))
    return Shown(table(heads, rows))


OUTPUT = Output(
    kind="table",
    title="Cross table",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Percentages are of all subjects of the table (N).",),
)
