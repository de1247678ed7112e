"""Liver values as multiples of the upper limit, and those that meet Hy's law."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, Condition, both
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import liver
from il5report.outputs.cells import of_part
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text


class Multiples(Model):
    """The highest value of these parameters, in multiples of the upper limit: `at_least` each of
    these, or `above` them."""

    label: Text
    codes: tuple[Text, ...]
    at_least: tuple[float, ...] = ()
    above: tuple[float, ...] = ()


class Options(liver.LiverOptions):
    """`multiples`: lines above those of both values together."""

    multiples: tuple[Multiples, ...] = ()


class Line(NamedTuple):
    """One multiple: its label, and the condition on the ratio."""

    label: str
    where: Condition


def _lines(options: Options, item: Multiples) -> Iterator[Line]:
    for bound in item.at_least:
        yield Line(f"≥{bound:g} × ULN", Comparison(options.ratio, "GE", (bound,)))
    for bound in item.above:
        yield Line(f">{bound:g} × ULN", Comparison(options.ratio, "GT", (bound,)))


def needs(ctx: Context) -> Needs:
    return liver.needs(ctx.options(Options))


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    for item in options.multiples:
        _multiples(ctx, rows, options, item)
    liver.add_joint(ctx, rows, options, liver.peaks(ctx, options))


def _multiples(ctx: Context, rows: Rows, options: Options, item: Multiples) -> None:
    """Subjects that reach each multiple, of those with a value."""
    known, lines = options.of(item.codes), list(_lines(options, item))
    found = ctx.records(options.dataset, known, keep=(options.ratio,))
    records = Records(ctx, options.dataset, found)
    having = records.subjects(None)
    reached = [records.subjects(line.where) for line in lines]
    for column, inside in zip(ctx.columns, ctx.members, strict=True):
        total = int((having & inside).sum())
        for line, met in zip(lines, reached, strict=True):
            scope = Scope(
                "multiple", options.dataset, both(known, line.where), column.where,
                of=known, of_dataset=options.dataset, column=column.label, group=item.label,
                level=line.label,
            )  # fmt: skip
            rows.add(scope, METHOD, counted(int((met & inside).sum()), total))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns, rows = [c.label for c in ctx.columns], list[Row]()
    for item in options.multiples:
        rows.append(Row(f"{item.label}, highest value, n/N (%)", kind="heading"))
        for line in _lines(options, item):
            found = (view.at("multiple", c, group=item.label, level=line.label) for c in columns)
            rows.append(Row(line.label, tuple(of_part(p) for p in found), indent=1))
    rows.append(Row("Highest values of both, n (%)", kind="heading"))
    for level in (*liver.QUADRANTS, liver.NO_VALUE):
        cells = tuple(view.at("quadrant", c, level=level).n_percent() for c in columns)
        rows.append(Row(level, cells, indent=1))
    rows.append(Row("Hy's law, laboratory criteria, n (%)", kind="heading"))
    for level, label, indent in (
        (liver.PAIRED, f"Bilirubin raised within {options.days} days of a raised transaminase", 1),
        (liver.WITHOUT_CHOLESTASIS, "Without cholestasis until then", 2),
    ):
        cells = tuple(view.at("joint", c, level=level).n_percent() for c in columns)
        rows.append(Row(label, cells, indent))
    return Shown(table(view.column_heads(columns), rows), (liver_note(options),))


def liver_note(options: liver.LiverOptions) -> str:
    """The footnote that says what counts as raised."""
    names = " or ".join(options.transaminases)
    return (
        f"ULN: upper limit of normal. Raised: {names} of {options.transaminase:g} × ULN or more; "
        f"bilirubin above {options.bilirubin:g} × ULN. Cholestasis: alkaline phosphatase of "
        f"{options.alkaline_phosphatase:g} × ULN or more. The laboratory criteria alone do not "
        "make a case: other causes are the investigator's to judge."
    )


OUTPUT = Output(
    kind="table",
    title="Liver values in multiples of the upper limit, and Hy's law",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "n/N: of the subjects with a value in the period. Other percentages are of the N in the "
        "head.",
    ),
)
