"""Coded records in two levels, such as adverse events by system organ class and preferred term,
in one or more bands of severity, or by worst grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import polars as pl

from il5report.ard import Rows
from il5report.conditions import Comparison, Condition, all_of, both
from il5report.display.model import Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import Line, add_column_sizes, add_incidence
from il5report.outputs.tally import Tally
from il5report.outputs.terms import TOLERANCE, UNCODED, Band
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`subset`: the records of `dataset`; `bands` within them, side by side; `group` and `term`:
    the two levels (`group` empty: one level); `sort` by frequency in the last column (ties and
    groups alphabetical) or alphabetical; `at_least`: terms that reach this proportion in a column.

    `worst`: a further band per grade, mildest first, value of `grade` to label: subjects whose
    worst grade in the line it is. `any`: label of the first line; `nobody`: printed instead of no
    lines.
    """

    dataset: Text = "ADAE"
    subset: Where
    bands: tuple[Band, ...] = (Band(label="Any"),)
    grade: str = ""
    worst: Mapping[str, str] = {}
    group: str = "AEBODSYS"
    term: str = "AEDECOD"
    sort: Literal["frequency", "alphabetical"] = "frequency"
    at_least: float = 0.0
    head: str = "System organ class / preferred term"
    any: str = "Subjects with at least one event"
    nobody: str = "No subject had an adverse event of this kind."


class Level(NamedTuple):
    """Which lines of the table: any, by group, by term of a group."""

    analysis: str
    group: str
    variable: str


ANY, GROUP, TERM = "any", "group", "term"


def _levels(options: Options) -> list[Level]:
    by_group = [Level(GROUP, "", options.group)] if options.group else []
    return [Level(ANY, "", ""), *by_group, Level(TERM, options.group, options.term)]


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [options.subset, *(band.where for band in options.bands)]
    names = ["USUBJID", options.term, *filter(None, (options.group, options.grade))]
    return Needs({options.dataset: names}, [(options.dataset, where) for where in conditions])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    marks: dict[str, Condition | None] = {band.label: band.where for band in options.bands}
    grades = {label: _of(ctx, options, [level]) for level, label in options.worst.items()}
    by = [*filter(None, (options.group, options.term))]
    tally = Tally(ctx, options.dataset, options.subset, by, marks, grades)
    for level in _levels(options):
        found = tally.by(*filter(None, (level.group, level.variable)))
        add_incidence(
            ctx, rows, found, _lines(ctx, options, level.analysis, grades),
            dataset=options.dataset, variable=level.variable, group=level.group,
        )  # fmt: skip


def _lines(
    ctx: Context, options: Options, analysis: str, grades: Mapping[str, Condition]
) -> list[Line]:
    """Subjects with a record in a line and, by worst grade, without one of a worse grade in it."""
    lines = [
        Line(band.label, f"{analysis}|{band.label}", all_of(options.subset, band.where))
        for band in options.bands
    ]
    levels = list(options.worst)
    for place, (label, where) in enumerate(grades.items(), 1):
        worse = _of(ctx, options, levels[place:]) if levels[place:] else None
        without = worse and both(options.subset, worse)
        lines.append(Line(label, f"{analysis}|{label}", all_of(options.subset, where), without))
    return lines


def _of(ctx: Context, options: Options, levels: list[str]) -> Comparison:
    """Records of one of these grades, as the data hold them."""
    numeric = ctx.dataset(options.dataset).schema[options.grade].is_numeric()
    values = tuple(float(level) if numeric else level for level in levels)
    return Comparison(options.grade, "EQ" if len(values) == 1 else "IN", values)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options = ctx.options(Options)
    view, columns = View(ard), [c.label for c in ctx.columns]
    bands = [*(band.label for band in options.bands), *options.worst.values()]
    places = [(f"|{band}", column) for column in columns for band in bands]

    def row(label: str, analysis: str, group: str = "", variable: str = "", level: str = "") -> Row:
        across = [(analysis + band, column) for band, column in places]
        cells = view.n_percents(across, group, variable, level)
        return Row(label, cells, indent=int(analysis == TERM and bool(options.group)))

    rows = [row(options.any, ANY)]
    groups = view.only(f"{GROUP}|{bands[0]}", column=columns[-1], stat_name="n")
    shown = _frequent(view.only(f"{TERM}|{bands[0]}"), columns[-1], options.at_least)
    terms: dict[str, list[str]] = {}
    for group, term in _ordered(shown, options):
        terms.setdefault(group, []).append(term)
    for _, group in _ordered(groups, options) if options.group else [("", "")]:
        mine = terms.get(group, [])
        if mine and options.group:
            label = ctx.said(options.group, group) or UNCODED
            rows.append(row(label, GROUP, variable=options.group, level=group))
        rows += [
            row(ctx.said(options.term, t) or UNCODED, TERM, group, options.term, t) for t in mine
        ]
    heads = view.column_heads(columns, options.head, bands if len(bands) > 1 else ())
    graded = f"Adverse events graded by {ctx.words['ae_grading']}."
    body = table(heads, rows if len(rows) > 1 else (), options.nobody)
    return Shown(body, (graded,) if options.dataset == "ADAE" else ())


def _frequent(terms: pl.DataFrame, column: str, at_least: float) -> pl.DataFrame:
    """The counts, in a column, of the terms that reach a proportion in any column."""
    reached = terms.filter(pl.col("stat_name") == "p", pl.col("stat") >= at_least - TOLERANCE)
    counts = terms.filter(pl.col("stat_name") == "n", pl.col("column") == column)
    return counts.join(reached, on=["group", "level"], how="semi") if at_least else counts


def _ordered(counts: pl.DataFrame, options: Options) -> list[tuple[str, str]]:
    """Group and level as the plan sorts the levels; equal frequencies alphabetically, whatever
    their case."""
    by = [pl.col("level").str.to_lowercase(), pl.col("level")]
    frequency = [-pl.col("stat")] if options.sort == "frequency" else []
    return counts.select("group", "level", "stat").sort([*frequency, *by]).drop("stat").rows()


OUTPUT = Output(
    kind="table",
    title="Adverse events by system organ class and preferred term",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once per line. Percentages are of the N in the head.",
        "Terms as coded in the data.",
    ),
)
