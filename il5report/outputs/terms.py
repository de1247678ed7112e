"""Terms drawn one per line, such as preferred terms: which are shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import Field

from il5report.ard import Rows
from il5report.conditions import all_of
from il5report.display.plot import SMALL
from il5report.display.rounding import fixed
from il5report.display.view import View
from il5report.errors import Finding, PlanError, nearest
from il5report.output import Context, Needs
from il5report.outputs.counting import Line, add_column_sizes, add_incidence
from il5report.outputs.tally import Counted, Tally
from il5report.plan.base import Model, Text, Where

UNCODED = "(not coded)"
TOLERANCE = 1e-12
WIDEST = 48  # characters of a line of a label
NOTHING = "No subject had an event of this kind."


class Band(Model):
    """A part of the records, counted apart: any grade, grade 3 or higher."""

    label: Text
    where: Where | None = None


class TermOptions(Model):
    """`subset`: the records of `dataset`; `term`: the variable whose values are the lines.

    `at_least`: terms that reach this proportion of the subjects of any column drawn; `most`: no
    more lines than this. `compare`: the two columns to draw; all but the total where left out.
    """

    dataset: Text = "ADAE"
    subset: Where
    term: Text = "AEDECOD"
    at_least: float = 0.0
    most: Annotated[int, Field(ge=1)] = 30
    compare: tuple[Text, Text] | None = None


class Lines(NamedTuple):
    """The terms shown, the most frequent first, and how many are left out by each rule."""

    terms: tuple[str, ...]
    rarer: int
    more: int


def needs_of(options: TermOptions, bands: Sequence[Band]) -> Needs:
    """The variables and conditions of the options."""
    wheres = [options.subset, *(band.where for band in bands)]
    names = {options.dataset: ["USUBJID", options.term]}
    return Needs(names, [(options.dataset, where) for where in wheres])


def drawn(ctx: Context, options: TermOptions) -> list[str]:
    """The columns that are drawn.

    Raises
    ------
    PlanError
        A column to compare that the display does not have.
    """
    known = [c.label for c in ctx.columns]
    if options.compare is None:
        parts = [c.label for c in ctx.columns if c.where is not None]
        return parts or known
    absent = [label for label in options.compare if label not in known]
    if absent:
        message = f"{ctx.id} compares {absent[0]!r}, which is no column{nearest(absent[0], known)}"
        raise PlanError([Finding("output.compare", message)])
    return list(options.compare)


def add_terms(ctx: Context, rows: Rows, options: TermOptions, bands: Sequence[Band]) -> Counted:
    """n, N and n/N of each term, column and band; analysis is ``term|`` and the band's label."""
    add_column_sizes(ctx, rows)
    marks = {band.label: band.where for band in bands}
    found = Tally(ctx, options.dataset, options.subset, [options.term], marks).by(options.term)
    counted = [
        Line(band.label, f"term|{band.label}", all_of(options.subset, band.where)) for band in bands
    ]
    add_incidence(ctx, rows, found, counted, dataset=options.dataset, variable=options.term)
    return found


def lines(view: View, options: TermOptions, band: Band, columns: Sequence[str]) -> Lines:
    """The terms to draw: by their subjects in the columns drawn, equal ones alphabetically."""
    counts = view.only(f"term|{band.label}").filter(pl.col("column").is_in(columns))
    reached = counts.filter(
        pl.col("stat_name") == "p", pl.col("stat") >= options.at_least - TOLERANCE
    )["level"].unique()
    by_term = (
        counts.filter(pl.col("stat_name") == "n")
        .group_by("level")
        .agg(pl.col("stat").sum())
        .filter(pl.col("stat") > 0)
    )
    frequent = by_term.filter(pl.col("level").is_in(reached.implode())).sort(
        -pl.col("stat"), pl.col("level").str.to_lowercase(), "level"
    )
    terms = frequent["level"].to_list()
    shown = tuple(terms[: options.most])
    return Lines(shown, by_term.height - len(terms), len(terms) - len(shown))


def left_out(options: TermOptions, found: Lines) -> tuple[str, ...]:
    """What is not drawn, as a footnote."""
    notes = []
    if found.rarer:
        share = fixed(100 * options.at_least, 0)
        notes.append(f"Not drawn: {found.rarer} terms in fewer than {share}% of every column.")
    if found.more:
        notes.append(f"Not drawn: {found.more} further terms, less frequent than those shown.")
    return tuple(notes)


def place_terms(axes: Any, terms: Sequence[str]) -> None:
    """One line per term, the first at the top; without terms a sentence instead."""
    names = [fill(term or UNCODED, WIDEST) for term in terms]
    axes.set_ylim(max(len(terms), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(terms)), names, fontsize=SMALL, linespacing=0.95)
    axes.tick_params(axis="y", length=0)
    if not terms:
        axes.text(0.5, 0.5, NOTHING, transform=axes.transAxes, ha="center", va="center")
