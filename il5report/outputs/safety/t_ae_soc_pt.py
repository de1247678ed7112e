"""Adverse events by system organ class and preferred term, for one or more severity bands."""

from __future__ import annotations

from typing import Literal

import polars as pl

from il5report.ard import Rows
from il5report.conditions import all_of, comparisons
from il5report.display.model import Head, Row
from il5report.display.view import View, table
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import (
    Tally,
    add_column_sizes,
    add_incidence,
)
from il5report.plan.base import Model, Text, Where


class Band(Model):
    """One band of severity, side by side under each column: ``Any grade``, ``Grade >= 3``."""

    label: Text
    where: Where | None = None


class Options(Model):
    """`subset`: the records of ADAE; `bands` within them; `group` and `term`: the two levels;
    `sort` by frequency in the last column (ties and groups alphabetical) or alphabetical."""

    subset: Where
    bands: tuple[Band, ...] = (Band(label="Any"),)
    group: str = "AEBODSYS"
    term: str = "AEDECOD"
    sort: Literal["frequency", "alphabetical"] = "frequency"
    at_least: float = 0.0


ANY, GROUP, TERM = "any", "group", "term"
UNCODED = "(not coded)"
TOLERANCE = 1e-12
NOBODY = "No subject had an adverse event of this kind."


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    conditions = [options.subset, *(band.where for band in options.bands)]
    names = ["USUBJID", options.group, options.term]
    return Needs({"ADAE": names}, [("ADAE", where) for where in conditions])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    used = {c.variable for band in options.bands for c in comparisons(band.where)}
    keep = (options.group, options.term, *sorted(used))
    records = ctx.records("ADAE", options.subset, keep=keep)
    tally = Tally(ctx, records, {band.label: band.where for band in options.bands})
    levels = ((ANY, "", ""), (GROUP, "", options.group), (TERM, options.group, options.term))
    for analysis, group, variable in levels:
        found = tally.by(*filter(None, (group, variable)))
        for band in options.bands:
            add_incidence(
                ctx, rows, found, band.label,
                analysis=f"{analysis}|{band.label}", dataset="ADAE",
                subset=all_of(options.subset, band.where), variable=variable, group=group,
            )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options = ctx.options(Options)
    view, columns = View(ard), [c.label for c in ctx.columns]
    bands = [band.label for band in options.bands]
    places = [(f"|{band}", column) for column in columns for band in bands]

    def row(label: str, analysis: str, group: str = "", variable: str = "", level: str = "") -> Row:
        numbers = (
            view.at(analysis + band, column, group=group, variable=variable, level=level)
            for band, column in places
        )
        cells = tuple(n.n_percent() for n in numbers)
        return Row(label, cells, indent=int(analysis == TERM))

    rows = [row("Subjects with at least one event", ANY)]
    groups = view.only(f"{GROUP}|{bands[0]}", column=columns[-1], stat_name="n")
    shown = _frequent(view.only(f"{TERM}|{bands[0]}"), columns[-1], options.at_least)
    for group in _ordered(groups, options):
        terms = _ordered(shown.filter(pl.col("group") == group), options)
        if terms:
            rows.append(row(group or UNCODED, GROUP, variable=options.group, level=group))
        rows += [row(t or UNCODED, TERM, group, options.term, t) for t in terms]
    heads = _heads(view, columns, bands)
    return Shown(table(heads, rows if len(rows) > 1 else (), NOBODY))


def _frequent(terms: pl.DataFrame, column: str, at_least: float) -> pl.DataFrame:
    """The counts, in a column, of the terms that reach a proportion in any column."""
    reached = terms.filter(pl.col("stat_name") == "p", pl.col("stat") >= at_least - TOLERANCE)
    counts = terms.filter(pl.col("stat_name") == "n", pl.col("column") == column)
    return counts.join(reached, on=["group", "level"], how="semi") if at_least else counts


def _ordered(counts: pl.DataFrame, options: Options) -> list[str]:
    """Levels as the plan sorts them; equal frequencies alphabetically, whatever their case."""
    by = [pl.col("level").str.to_lowercase(), pl.col("level")]
    if options.sort == "alphabetical":
        return counts.sort(by)["level"].to_list()
    return counts.sort([-pl.col("stat"), *by])["level"].to_list()


def _heads(view: View, columns: list[str], bands: list[str]) -> list[Head]:
    first = "System organ class / preferred term"
    if len(bands) == 1:
        return list(view.column_heads(columns, first))
    heads = [Head(first)]
    for column in columns:
        size = view.at("columns", column).count("N")
        heads += [Head(band, span=f"{column} (N={size})", align="center") for band in bands]
    return heads


OUTPUT = Output(
    kind="table",
    title="Adverse events by system organ class and preferred term",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once per line. Percentages are of the subjects in the column.",
        "Adverse events graded by {ae_grading}. Terms as coded in the data.",
    ),
)
