"""Toxicity in the order of infusion against its stopping boundary, a panel per rule."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, both
from il5report.display.axes import legend, line_at
from il5report.display.plot import (
    BROKEN,
    COLOURS,
    TOTAL,
    WIDTH,
    drawing,
    finished,
    house_style,
)
from il5report.display.view import Numbers, View
from il5report.masks import Masks
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import stopping
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.selection import Records

STARTED = "TRTSDT"


def needs(ctx: Context) -> Needs:
    base = stopping.needs(ctx)
    return Needs({**base.variables, "ADSL": ["USUBJID", STARTED]}, base.conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    """Of each day of an infusion: the subjects infused until then, and those with the event."""
    options = ctx.options(stopping.StoppingOptions)
    add_column_sizes(ctx, rows)
    started, infused = ctx.subjects[STARTED], Masks(ctx.subjects)
    for rule in options.rules:
        boundary = stopping.boundary_of(options, rule)
        found = ctx.records(rule.dataset, rule.event, keep=("USUBJID",))
        event = Records(ctx, rule.dataset, found).subjects(None)
        for column, inside in zip(ctx.columns, ctx.members, strict=True):
            stopping.add_boundary(rows, rule, boundary, column.label)
            days = started.filter(pl.Series(inside)).drop_nulls().unique().sort().to_list()
            for day in days:
                until = Comparison(STARTED, "LE", (day.isoformat(),))
                mine = inside & infused(until)
                n = int((mine & event).sum())
                scope = Scope(
                    "path", rule.dataset, both(rule.event, until), column.where, of=until,
                    column=column.label, group=rule.label, level=day.isoformat(),
                )  # fmt: skip
                rows.add(scope, METHOD, counted(n, int(mine.sum())))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(stopping.StoppingOptions), View(ard)
    whole, count, said = ctx.columns[-1].label, len(options.rules), []
    with house_style(ctx.id):
        made, *grid = drawing(WIDTH, 24 + 70 * count, [1] * count)
        for axes, rule in zip(grid, options.rules, strict=True):
            path = _path(view, rule, whole)
            _panel(axes, options, rule, view, path)
            n, size = path[-1]
            said.append(f"{rule.label}: {n} of {size}.")
        grid[-1].set_xlabel("Subjects, in the order of infusion")
        legend(made, grid[0].get_legend_handles_labels()[0], WIDTH)
        words = f"Events against the number that stops. {' '.join(said)}"
        notes = tuple(map(stopping.note, options.rules))
        return Shown(finished(made, words, ard["row"].to_list()), notes)


def _path(view: View, rule: stopping.StoppingRule, column: str) -> list[tuple[int, int]]:
    """Events and subjects, from none on."""
    days = view.only("path", column=column, group=rule.label, stat_name="n")["level"].sort()
    at: list[Numbers] = [view.at("path", column, group=rule.label, level=day) for day in days]
    return [(0, 0), *((p.count("n"), p.count("N")) for p in at)]


def _panel(
    axes: Any, options: stopping.StoppingOptions, rule: stopping.StoppingRule, view: View,
    path: list[tuple[int, int]],
) -> None:  # fmt: skip
    rows = view.only("boundary", group=rule.label).filter(pl.col("stat").is_not_null())
    limits = sorted((int(size), n) for size, n in rows.select("level", "stat").rows())
    sizes, counts = [size for size, _ in limits], [n for _, n in limits]
    axes.plot(
        sizes, counts, linestyle="", marker="_", markersize=9, markeredgewidth=1.6,
        color=COLOURS[1], label="Number that stops",
    )  # fmt: skip
    axes.step(
        [size for _, size in path], [n for n, _ in path], where="post", color=TOTAL, marker="o",
        markersize=2.5, label="Subjects with event",
    )  # fmt: skip
    so_far, highest = path[-1][1], int(max([*counts, path[-1][0], 1]))
    line_at(axes, so_far, "x", linestyle=BROKEN, zorder=0.8)
    axes.set_xlim(0, options.max_N + 0.5)
    axes.set_ylim(-0.3, highest + 0.7)
    axes.set_yticks(range(0, highest + 1, 1 if highest <= MOST_TICKS else 2))
    axes.set_xticks(range(0, options.max_N + 1, 1 if options.max_N <= ALL_NAMED else 5))
    axes.set_ylabel("Subjects with event")
    axes.set_title(rule.label, loc="left", y=1.0, pad=4)


MOST_TICKS, ALL_NAMED = 10, 25


OUTPUT = Output(
    kind="figure",
    title="Toxicity against its stopping boundary",
    analysis_set="DLT",
    needs=needs,
    options=stopping.StoppingOptions,
    analyse=analyse,
    display=display,
    footnotes=(
        "Events as known at the data cut-off, at the day of the subject's infusion; not what was "
        "known at each look. Broken line: subjects so far.",
    ),
)
