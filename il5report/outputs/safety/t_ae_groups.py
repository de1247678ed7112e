"""Adverse events by groups of terms that the plan lists, such as custom queries and SMQs: the
subjects of each group and, below it, of its terms. A term can belong to several groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from il5report.ard import Rows
from il5report.conditions import Condition, all_of
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import Line, add_column_sizes, add_incidence
from il5report.outputs.tally import Tally
from il5report.outputs.terms import TOLERANCE, UNCODED, Band
from il5report.plan.base import Model, Text, Where


class Group(Model):
    """A group: the records of the subset that meet `where`."""

    label: Text
    where: Where


class Options(Model):
    """`subset`: the records of `dataset`; `groups` among them, in order, those with nobody too;
    `bands` of severity side by side. Below each group the values of `term` (none where empty) that
    reach `at_least` of the subjects of any column in the first band, the most frequent first.
    """

    dataset: Text = "ADAE"
    subset: Where
    groups: tuple[Group, ...]
    bands: tuple[Band, ...] = (Band(label="Any"),)
    term: str = "AEDECOD"
    at_least: float = 0.0
    head: Text = "Group / preferred term"


class Level(NamedTuple):
    """The group's own line, or those of its terms."""

    analysis: str
    variable: str


GROUP, TERM = "group", "term"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    wheres = [options.subset, *(b.where for b in options.bands), *(g.where for g in options.groups)]
    names = {options.dataset: ["USUBJID", *filter(None, [options.term])]}
    return Needs(names, [(options.dataset, where) for where in wheres])


def _levels(options: Options) -> Iterator[Level]:
    yield Level(GROUP, "")
    if options.term:
        yield Level(TERM, options.term)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    by = [*filter(None, [options.term])]
    marks: dict[str, Condition | None] = {b.label: b.where for b in options.bands}
    for group in options.groups:
        subset = all_of(options.subset, group.where)
        tally = Tally(ctx, options.dataset, subset, by, marks)
        among = [all_of(subset, b.where) for b in options.bands]
        for level in _levels(options):
            found = tally.by(*filter(None, [level.variable]))
            lines = [
                Line(band.label, f"{level.analysis}|{band.label}", where)
                for band, where in zip(options.bands, among, strict=True)
            ]
            made = Rows()
            add_incidence(ctx, made, found, lines, dataset=options.dataset, variable=level.variable)
            rows.add_frame(made.frame().with_columns(pl.lit(group.label).alias("group")))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    own, below = (
        [(f"{analysis}|{band.label}", column) for column in columns for band in options.bands]
        for analysis in (GROUP, TERM)
    )
    rows: list[Row] = []
    for group in options.groups:
        rows.append(Row(group.label, view.n_percents(own, group.label)))
        for term in _terms(view, options, columns, group.label):
            cells = view.n_percents(below, group.label, options.term, term)
            rows.append(Row(term or UNCODED, cells, indent=1))
    bands = [band.label for band in options.bands]
    heads = view.column_heads(columns, options.head, bands if len(bands) > 1 else ())
    return Shown(table(heads, rows))


def _terms(view: View, options: Options, columns: list[str], group: str) -> list[str]:
    """The terms of a group that are frequent enough, as their number in the last column orders."""
    first = view.only(f"{TERM}|{options.bands[0].label}", group=group)
    enough = (pl.col("stat_name") == "p") & (pl.col("stat") >= options.at_least - TOLERANCE)
    reached = first.filter(enough) if options.at_least else first
    counts = first.filter(pl.col("stat_name") == "n", pl.col("column") == columns[-1])
    kept = counts.join(reached, on="level", how="semi")
    return kept.sort(-pl.col("stat"), pl.col("level").str.to_lowercase(), "level")[
        "level"
    ].to_list()


OUTPUT = Output(
    kind="table",
    title="Adverse events by group of terms",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once per line. A term can belong to several groups. Percentages are of "
        "the subjects in the column.",
        "Adverse events graded by {ae_grading}. Terms as coded in the data.",
    ),
)
