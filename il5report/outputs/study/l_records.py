"""A listing: records of a data set, chosen, ordered and headed as the plan says."""

from __future__ import annotations

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.display.model import Head, Listing
from il5report.display.rounding import fixed, significant
from il5report.display.view import aligned, value_text
from il5report.output import Context, Needs, Output, Shown
from il5report.plan.base import Model, Text, Where

STUDY_DAYS = ("ADY", "ASTDY", "AENDY")


class ListedVariable(Model):
    """A column of the listing: a variable of the data set or of ADSL. `digits`: decimals of a
    number; `significant`: significant digits of one that is not whole; as it is in the data where
    both are left out."""

    variable: Text
    label: str = ""
    digits: int | None = None
    significant: int | None = None


class Options(Model):
    """`where`: the records of `dataset`; `sort`: variables that order them (the columns from the
    left where left out); `empty`: what is printed when there is none."""

    dataset: Text
    where: Where | None = None
    variables: tuple[ListedVariable, ...]
    sort: tuple[str, ...] = ()
    empty: str = "No record."


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", *(v.variable for v in options.variables), *options.sort]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def records(ctx: Context) -> pl.DataFrame:
    options = ctx.options(Options)
    names = [v.variable for v in options.variables]
    order = options.sort or tuple(dict.fromkeys(names))
    found = ctx.records(options.dataset, options.where, keep=("USUBJID", *names, *order))
    return found.sort(order, nulls_last=True, maintain_order=True)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    found = records(ctx)
    numbers = [
        Stat("n_records", "Number of records", found.height, "records"),
        Stat("n", "Number of subjects", found["USUBJID"].n_unique(), "subjects"),
    ]
    rows.add(Scope("listed", options.dataset, options.where), "count of records", numbers)


def display(ctx: Context, found: pl.DataFrame) -> Shown:
    options, heads, columns = ctx.options(Options), [], []
    for item in options.variables:
        values = found[item.variable]
        plain = [_text(value, item) for value in values]
        texts = [ctx.said(item.variable, text) for text in plain]
        numeric = values.dtype.is_numeric() and texts == plain
        if numeric and len({len(text.partition(".")[2]) for text in texts if text}) > 1:
            texts, numeric = aligned(texts), False  # on the point, from the left
        heads.append(Head(item.label or _label(ctx, item), align="right" if numeric else "left"))
        columns.append(texts)
    listing = Listing(tuple(heads), list(zip(*columns, strict=True)), options.empty)
    return Shown(listing, _notes(ctx, options))


def _notes(ctx: Context, options: Options) -> tuple[str, ...]:
    """What the study days of the listing count from."""
    days = [item for item in options.variables if item.variable in STUDY_DAYS]
    return (ctx.words["study_day"],) if days else ()


def _label(ctx: Context, item: ListedVariable) -> str:
    dataset = ctx.dataset(ctx.options(Options).dataset)
    own = item.variable in dataset.frame.columns
    return (dataset if own else ctx.dataset("ADSL")).label_of(item.variable)


def _text(value: object, item: ListedVariable) -> str:
    if isinstance(value, float) and item.digits is not None:
        return fixed(value, item.digits)
    if isinstance(value, float) and item.significant is not None and not value.is_integer():
        return significant(value, item.significant)
    return value_text(value)


OUTPUT = Output(
    kind="listing",
    title="Listing",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    records=records,
    display=display,
)
