"""Butterfly plot: incidence by term in two columns, one to each side, by band of severity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from pydantic import model_validator

from il5report.ard import Rows
from il5report.display.axes import axis_name, legend
from il5report.display.marks import rectangles
from il5report.display.plot import (
    SMALL,
    WIDTH,
    Look,
    finished,
    house_style,
    nothing,
    pale,
    panels,
)
from il5report.display.view import Numbers, View, percent_value
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks
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


class Options(TermOptions):
    """As for terms; `bands`: drawn one over the other, the widest first, at most three."""

    bands: tuple[Band, ...]

    @model_validator(mode="after")
    def _complete(self) -> Options:
        if self.compare is None:
            raise ValueError("compare: the two columns are needed")
        if not 1 <= len(self.bands) <= len(SHARES):
            raise ValueError(f"bands: from 1 to {len(SHARES)}")
        return self


SHARES = (0.25, 0.75, 1.0)  # how strong the colour of a column is in each band
LINE_MM, HEAD_MM = 5.2, 28.0


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    return needs_of(options, options.bands)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    drawn(ctx, options)
    add_terms(ctx, rows, options, options.bands)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = drawn(ctx, options)
    shown = lines(view, options, options.bands[0], columns)
    words = _words(view, options, columns, shown.terms)
    refs, notes = ard["row"].to_list(), left_out(options, shown)
    if not shown.terms:
        return Shown(nothing(ctx.id, words, refs), notes)
    looked = column_looks(ctx, columns)
    with house_style(ctx.id):
        height = HEAD_MM + LINE_MM * max(len(shown.terms), 3)
        made, grid = panels(WIDTH, height, (1, 2), sharey=True)
        sides = grid[0]
        place_terms(sides[0], shown.terms)
        handles = []
        for side, (column, look) in enumerate(looked.items()):
            handles += _bars(sides[side], view, options, (column, side, look), shown.terms)
        top = _top(view, options, columns)
        sides[0].set_xlim(top, 0)
        sides[1].set_xlim(0, top)
        for side, column in zip(sides, columns, strict=True):
            size = view.at("columns", column).count("N")
            side.set_title(f"{column} (N={size})", y=1.0, pad=3)
            side.set_xlabel(axis_name("Subjects with at least one", "%"))
            side.grid(axis="x")
        sides[1].tick_params(axis="y", left=False, labelleft=False)
        legend(made, handles, WIDTH)
        return Shown(finished(made, words, refs), notes)


def _bars(
    axes: Any, view: View, options: Options, of: tuple[str, int, Look], terms: tuple[str, ...]
) -> list[Any]:
    """The bars of a column, each band over the one before; the first band's count beside it."""
    column, side, look = of
    handles = []
    for depth, band in enumerate(options.bands):
        found = [
            view.at(f"term|{band.label}", column, variable=options.term, level=term)
            for term in terms
        ]
        shares = [100 * (f.value("p") or 0.0) for f in found]
        label = f"{column}: {band.label}"
        some = [line for line, share in enumerate(shares) if share]
        high = 0.75 - 0.12 * depth
        drawn = rectangles(
            axes, 0, np.subtract(some, high / 2), [shares[line] for line in some], high,
            [f"{label}, {found[line].n_of_total().text}" for line in some], label=label,
            linewidth=0.5, facecolor=pale(look.colour, SHARES[depth]), edgecolor=look.colour,
            hatch="" if depth else look.hatch,
        )  # fmt: skip
        handles.append(drawn)
        if not depth:
            _counts(axes, side, shares, found)
    return handles


def _counts(axes: Any, side: int, shares: Sequence[float], found: Sequence[Numbers]) -> None:
    """The number of subjects outside of each bar."""
    for line, (share, numbers) in enumerate(zip(shares, found, strict=True)):
        if share:
            axes.annotate(
                str(numbers.count("n")), (share, line), xytext=(3 if side else -3, 0),
                textcoords="offset points", va="center", ha="left" if side else "right",
                fontsize=SMALL,
            )  # fmt: skip


def _top(view: View, options: Options, columns: list[str]) -> float:
    """End of the axis: the next ten above the highest bar."""
    found = view.only(f"term|{options.bands[0].label}", stat_name="p")
    top = found.filter(pl.col("column").is_in(columns))["stat"].max()
    return 10.0 * (int(10 * top) + 1) if isinstance(top, float) else 100.0


def _words(view: View, options: Options, columns: list[str], terms: tuple[str, ...]) -> str:
    """The most frequent terms in words."""
    if not terms:
        return "Butterfly plot, 0 terms. No subject has an event of this kind."
    band, said = options.bands[0], []
    for term in terms[:5]:
        shares = (
            view.at(f"term|{band.label}", c, variable=options.term, level=term).text(
                "p", percent_value
            )
            for c in columns
        )
        said.append(f"{term}: {' and '.join(f'{share}%' for share in shares)}.")
    head = f"Butterfly plot of {columns[0]} and {columns[1]}, {len(terms)} terms; {band.label}:"
    return " ".join([head, *said])


OUTPUT = Output(
    kind="figure",
    title="Adverse events by preferred term in two columns",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "A subject counts once per term and band; the number is that of the subjects in the first "
        "band.",
        "Adverse events graded by {ae_grading}. Terms as coded in the data.",
    ),
)
