"""Parameters with a result in words: subjects by parameter and result, results side by side."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import all_of, both, equals
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes, one_per_subject
from il5report.plan.base import Model, Text, Where

MISSING = "Missing"


class Options(Model):
    """`where`: the records of `dataset`, one per subject and parameter; `levels`: values of
    `variable` to labels, in order; `group` and `groups`: a variable that sorts the parameters
    under headings, and their labels. Parameters stand in the order of PARAMN."""

    dataset: Text
    where: Where | None = None
    variable: Text = "AVALC"
    levels: Mapping[str, str]
    group: str = ""
    groups: Mapping[str, str] = {}
    empty: str = "No record."


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "PARAM", "PARAMN", options.variable]
    names += [options.group] if options.group else []
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    keep = ["PARAMCD", "PARAM", "PARAMN", options.variable, *filter(None, [options.group])]
    records = ctx.records(options.dataset, options.where, keep=keep).sort("PARAMN", "USUBJID")
    for own in records.partition_by("PARAMCD", maintain_order=True):
        one_per_subject(ctx, own, options.dataset)
        code, label = own["PARAMCD"][0], own["PARAM"][0]
        heading = own[options.group][0] if options.group else ""
        of_parameter = both(equals("PARAMCD", code), equals("PARAM", label))
        where = all_of(options.where, of_parameter)
        for column, inside in zip(ctx.columns, ctx.split(own), strict=True):
            mine = own.filter(inside)
            for level in (*options.levels, None):
                met = mine.filter(pl.col(options.variable).eq_missing(level))
                found = all_of(where, equals(options.variable, level))
                scope = Scope(
                    f"level|{label}", options.dataset, found, column.where, of=where,
                    of_dataset=options.dataset, column=column.label, group=heading or "",
                    variable=options.variable, level=level or MISSING, paramcd=code,
                )  # fmt: skip
                rows.add(scope, METHOD, counted(met.height, mine.height))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    found = ard.filter(pl.col("analysis").str.starts_with("level|"), pl.col("stat_name") == "n")
    missing = found.filter((pl.col("level") == MISSING) & (pl.col("stat") > 0)).height
    levels = dict(options.levels) | ({MISSING: MISSING} if missing else {})
    heads, rows, last = view.column_heads(columns, "", [*levels.values()]), list[Row](), ""
    parameters = found.select("paramcd", "analysis", "group").unique(maintain_order=True)
    for code, analysis, heading in parameters.rows():
        if heading and heading != last:
            rows.append(Row(options.groups.get(heading, heading), kind="heading"))
        last = heading
        cells = tuple(
            view.at(
                analysis, c, group=heading, variable=options.variable, level=level, paramcd=code,
            ).n_percent()
            for c in columns
            for level in levels
        )  # fmt: skip
        rows.append(Row(analysis.partition("|")[2], cells, indent=int(bool(heading))))
    return Shown(table(heads, rows, options.empty))


OUTPUT = Output(
    kind="table",
    title="Results by parameter",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("n (%) of the subjects with a record of the parameter.",),
)
