"""Dot plot of incidence by term with exact intervals; beside it the difference of two columns."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any, NamedTuple

import polars as pl

from il5report.analyse.difference import difference
from il5report.analyse.proportion import binomial_ci
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Compound, Condition, both, equals
from il5report.display.axes import axis_name, keys, legend, line_at
from il5report.display.marks import name_points
from il5report.display.plot import (
    GREY,
    SMALL,
    TEXT,
    TOTAL,
    WIDTH,
    Look,
    finished,
    house_style,
    nothing,
    panels,
)
from il5report.display.view import NE, Numbers, View, percent_value
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks
from il5report.outputs.tally import Counted
from il5report.outputs.terms import (
    Band,
    TermOptions,
    add_terms,
    drawn,
    left_out,
    lines,
    needs_of,
    place_terms,
)
from il5report.plan.words import CI_NAMES

ANY = Band(label="Any")
LINE_MM, HEAD_MM = 5.2, 26.0
APART = 0.28


def needs(ctx: Context) -> Needs:
    return needs_of(ctx.options(TermOptions), [ANY])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(TermOptions)
    found = add_terms(ctx, rows, options, [ANY])
    labels = drawn(ctx, options)
    columns = [c for c in ctx.columns if c.label in labels]
    conventions = ctx.plan.conventions
    method = f"{CI_NAMES[conventions.proportion_ci]} interval"
    for column in columns:
        size = ctx.in_column(column).height
        for term, n in _counts(ctx, options, found, column):
            ci = binomial_ci(
                n, size, method=conventions.proportion_ci, conf_level=conventions.conf_level
            )
            scope = _scope(options, term, column.where, column.label)
            rows.add(scope, method, stats_of(ci, ("lower", "upper")))
    if options.compare is not None:
        first, second = (next(c for c in columns if c.label == label) for label in labels)
        _differences(ctx, rows, found, first, second)


def _counts(
    ctx: Context, options: TermOptions, found: Counted, column: Column
) -> list[tuple[str | None, int]]:
    place = [c.label for c in ctx.columns].index(column.label)
    terms = found.levels[options.term].to_list()
    return list(zip(terms, found.counts[ANY.label][:, place].tolist(), strict=True))


def _scope(
    options: TermOptions, term: str | None, groups: Condition | None, column: str, group: str = ""
) -> Scope:
    subset = both(options.subset, equals(options.term, term))
    return Scope(
        "difference" if group else "interval", options.dataset, subset, groups, column=column,
        group=group, variable=options.term, level=term or "",
    )  # fmt: skip


def _differences(ctx: Context, rows: Rows, found: Counted, first: Column, second: Column) -> None:
    """First minus second, by Newcombe."""
    options, level = ctx.options(TermOptions), ctx.plan.conventions.conf_level
    sizes = [ctx.in_column(c).height for c in (first, second)]
    wheres = tuple(c.where for c in (first, second) if c.where is not None)
    either = Compound("OR", wheres) if len(wheres) == 2 else None
    counts = (_counts(ctx, options, found, c) for c in (first, second))
    for (term, one), (_, two) in zip(*counts, strict=True):
        result = difference((one, sizes[0]), (two, sizes[1]), conf_level=level)
        scope = _scope(options, term, either, first.label, second.label)
        rows.add(scope, "Newcombe interval", stats_of(result, ("estimate", "lower", "upper")))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(TermOptions), View(ard)
    columns = drawn(ctx, options)
    shown = lines(view, options, ANY, columns)
    if not shown.terms:
        words = _words(view, options, columns, shown.terms)
        return Shown(nothing(ctx.id, words, ard["row"].to_list()), left_out(options, shown))
    with house_style(ctx.id):
        made, left, right = _panels(len(shown.terms), options.compare is not None)
        place_terms(left, shown.terms)
        looked = column_looks(ctx, columns)
        for at, (column, look) in enumerate(looked.items()):
            _dots(left, view, options, Dots(column, look, at, len(columns)), shown.terms)
        end = _end(view, columns, shown.terms)
        left.set_xlim(-2, end)
        left.set_xticks(range(0, int(end) + 1, 20 if end > 50 else 10))
        left.set_xlabel(axis_name("Subjects with at least one", "%"))
        left.grid(axis="x")
        if right is not None and options.compare is not None:
            _difference_panel(right, view, options, shown.terms)
        if len(columns) > 1:
            sizes = {c: view.at("columns", c).count("N") for c in columns}
            dots = {f"{c} (N={sizes[c]})": replace(look, line="") for c, look in looked.items()}
            legend(made, keys(dots), WIDTH)
        words = _words(view, options, columns, shown.terms)
        refs = ard["row"].to_list()
        return Shown(finished(made, words, refs), left_out(options, shown))


def _end(view: View, columns: list[str], terms: tuple[str, ...]) -> float:
    """End of the axis: the next ten above the highest limit drawn."""
    found = view.only("interval", stat_name="upper")
    highest = found.filter(pl.col("column").is_in(columns), pl.col("level").is_in(terms))["stat"]
    top = highest.max()
    return 10.0 * ceil(10 * top) + 2 if isinstance(top, float) else 102.0


def _panels(count: int, two: bool) -> tuple[Any, Any, Any]:
    height = HEAD_MM + LINE_MM * max(count, 3)
    ratios = [3, 2] if two else None
    made, grid = panels(WIDTH, height, (1, 1 + two), sharey=True, width_ratios=ratios)
    return made, grid[0, 0], grid[0, 1] if two else None


class Dots(NamedTuple):
    """A column, how it is drawn, and its place of how many beside each other."""

    column: str
    look: Look
    place: int
    of: int


def _at(view: View, options: TermOptions, column: str, term: str) -> tuple[Numbers, Numbers]:
    """Count and interval of a term in a column."""
    count = view.at(f"term|{ANY.label}", column, variable=options.term, level=term)
    return count, view.at("interval", column, variable=options.term, level=term)


def _dots(axes: Any, view: View, options: TermOptions, of: Dots, terms: tuple[str, ...]) -> None:
    """The dots of a column and their intervals; beside a single column's the count."""
    shift = (of.place - (of.of - 1) / 2) * APART
    drawn, shade = [], of.look.colour
    for line, term in enumerate(terms):
        n, ci = _at(view, options, of.column, term)
        p, low, high = n.value("p"), ci.value("lower"), ci.value("upper")
        if p is not None and low is not None and high is not None:
            limits = f"{percent_value(low)} to {percent_value(high)}"
            said = f"{of.column}, {n.n_of_total().text}, interval {limits}"
            drawn.append((100 * p, line + shift, 100 * low, 100 * high, said))
        if of.of == 1:
            axes.annotate(
                f"{n.count('n')}/{n.count('N')}", (1.02, line), color=GREY, fontsize=SMALL,
                xycoords=("axes fraction", "data"), va="center",
            )  # fmt: skip
    if of.of == 1:
        axes.annotate(
            "n/N", (1.02, 1), xytext=(0, 2), xycoords="axes fraction", color=GREY, fontsize=SMALL,
            textcoords="offset points", va="bottom",
        )  # fmt: skip
    if drawn:
        x, y, low_ends, high_ends, said_of = zip(*drawn, strict=True)
        axes.hlines(y, low_ends, high_ends, color=shade, linewidth=1.0)
        dots = axes.plot(
            x, y, marker=of.look.marker, markersize=4.5, color=shade, linestyle=""
        )[0]  # fmt: skip
        name_points(dots, said_of)


def _difference_panel(axes: Any, view: View, options: TermOptions, terms: tuple[str, ...]) -> None:
    assert options.compare is not None
    first, second = options.compare
    drawn = []
    for line, term in enumerate(terms):
        found = view.at("difference", first, group=second, variable=options.term, level=term)
        value, low, high = (found.value(name) for name in ("estimate", "lower", "upper"))
        if value is not None and low is not None and high is not None:
            drawn.append((100 * value, line, 100 * low, 100 * high))
    if drawn:
        x, y, low_ends, high_ends = zip(*drawn, strict=True)
        axes.hlines(y, low_ends, high_ends, color=TOTAL, linewidth=1.0)
        axes.plot(x, y, marker="s", markersize=3.5, color=TOTAL, linestyle="")
    line_at(axes, 0, "x", linewidth=0.8, zorder=0.8)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.grid(axis="x")
    axes.set_title(f"{first}\nminus {second}", fontsize=TEXT, y=1.0, pad=3)
    axes.set_xlabel("Percentage points")


def _words(view: View, options: TermOptions, columns: list[str], terms: tuple[str, ...]) -> str:
    """The most frequent terms in words."""
    said = []
    for term in terms[:5]:
        parts = []
        for column in columns:
            n, ci = _at(view, options, column, term)
            limits = f"{ci.text('lower', percent_value)} to {ci.text('upper', percent_value)}"
            share = n.text("p", percent_value)
            parts.append(f"{column} {share}%, {limits}" if share != NE else f"{column} {NE}")
        said.append(f"{term}: {'; '.join(parts)}.")
    first = f"Dot plot of incidence, {len(terms)} terms."
    return " ".join([first, *said]) if terms else f"{first} No subject has an event of this kind."


OUTPUT = Output(
    kind="figure",
    title="Incidence of adverse events by preferred term",
    analysis_set="SAF",
    needs=needs,
    options=TermOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once per term. Line: {conf} confidence interval of the proportion, "
        "{proportion_ci}; in the right panel, where there is one, {conf} interval of the "
        "difference by Newcombe, not adjusted for the number of terms.",
        "Adverse events graded by {ae_grading}. Terms as coded in the data.",
    ),
)
