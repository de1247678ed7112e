"""A listing of findings as reviewers read them: one row per subject and time, one column per
parameter, each value with its marks."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import Comparison, Condition, all_of, expression
from il5report.display.model import Head, Listing
from il5report.display.view import aligned, value_text
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.study.l_records import STUDY_DAYS
from il5report.plan.base import Model, Text, Where


class RowVariable(Model):
    """A column that makes the row: who and when."""

    variable: Text
    label: Text


class ListedParameter(Model):
    """A column of values."""

    paramcd: Text
    label: Text


class Mark(Model):
    """What follows a value that meets `where`: a text, then the value of a variable."""

    where: Where
    text: str = ""
    variable: str = ""


class Options(Model):
    """`where`: the records of `dataset`; `variables`: make a row of the listing, and order them;
    `value`: the result as text. Several results of a parameter in one row stand beside each other.
    `empty`: what is printed when there is no record."""

    dataset: Text
    where: Where | None = None
    variables: tuple[RowVariable, ...]
    sort: tuple[str, ...] = ()
    parameters: tuple[ListedParameter, ...]
    value: Text = "AVALC"
    marks: tuple[Mark, ...] = ()
    empty: str = "No record."


def _listed(options: Options) -> Condition | None:
    codes = tuple(p.paramcd for p in options.parameters)
    return all_of(options.where, Comparison("PARAMCD", "IN", codes))


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", options.value, *(v.variable for v in options.variables)]
    names += [*options.sort, *(m.variable for m in options.marks if m.variable)]
    conditions = [options.where, *(mark.where for mark in options.marks)]
    return Needs({options.dataset: names}, [(options.dataset, where) for where in conditions])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    where = _listed(options)
    found = ctx.records(options.dataset, where, keep=("USUBJID",))
    numbers = [
        Stat("n_records", "Number of records", found.height, "records"),
        Stat("n", "Number of subjects", found["USUBJID"].n_unique(), "subjects"),
    ]
    rows.add(Scope("listed", options.dataset, where), "count of records", numbers)


def records(ctx: Context) -> pl.DataFrame:
    """One row per combination of the row variables; each parameter a column of texts."""
    options = ctx.options(Options)
    rows = [v.variable for v in options.variables]
    found = ctx.records(options.dataset, _listed(options))
    order = [*dict.fromkeys((*(options.sort or rows), *rows))]
    found = found.sort(order, nulls_last=True, maintain_order=True)
    marks = [_mark(mark, found) for mark in options.marks]
    value = _said(ctx, options, found)
    marked = pl.concat_str(marks) if marks else pl.lit("")
    texts = found.with_columns(
        _TEXT=pl.when(marked == "").then(value).otherwise(pl.concat_str(value, pl.lit(" "), marked))
    )
    cells = [
        pl.col("_TEXT").filter(pl.col("PARAMCD") == p.paramcd).str.join("; ").alias(f"_{i}")
        for i, p in enumerate(options.parameters)
    ]
    return texts.group_by(rows, maintain_order=True).agg(cells)


def _said(ctx: Context, options: Options, found: pl.DataFrame) -> pl.Expr:
    """The results as they are printed."""
    name = options.value
    known = found[name].unique().drop_nulls().to_list()
    said = [ctx.said(name, value_text(value)) for value in known]
    return pl.col(name).replace_strict(known, said, default="", return_dtype=pl.String)


def _mark(mark: Mark, found: pl.DataFrame) -> pl.Expr:
    text: pl.Expr = pl.lit(mark.text)
    if mark.variable:
        text = pl.concat_str(text, _plain(pl.col(mark.variable), found.schema[mark.variable]))
    return pl.when(expression(mark.where, found.schema)).then(text).otherwise(pl.lit(""))


def _plain(value: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """A grade or flag as text, without decimals."""
    whole = value.cast(pl.Int64) if kind.is_numeric() else value
    return whole.cast(pl.String).fill_null("")


def display(ctx: Context, found: pl.DataFrame) -> Shown:
    options = ctx.options(Options)
    heads, columns = list[Head](), list[list[str]]()
    for item in options.variables:
        values = found[item.variable]
        heads.append(Head(item.label, align="right" if values.dtype.is_numeric() else "left"))
        columns.append([ctx.said(item.variable, value_text(value)) for value in values])
    heads += [Head(p.label, align="left") for p in options.parameters]
    columns += [aligned(found[name].to_list()) for name in found.columns[len(columns) :]]
    days = any(item.variable in STUDY_DAYS for item in options.variables)
    listing = Listing(tuple(heads), list(zip(*columns, strict=True)), options.empty)
    return Shown(listing, (ctx.words["study_day"],) if days else ())


OUTPUT = Output(
    kind="listing",
    title="Findings",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    records=records,
    display=display,
)
