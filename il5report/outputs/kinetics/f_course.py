"""Median and quartiles of a measurement by day and column, with the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, all_of, comparisons, equals
from il5report.display.axes import (
    NUMBERS_MM,
    axis_name,
    day_ticks,
    days,
    infusion,
    keys,
    legend,
    lines_of_numbers,
    logarithmic,
    number,
    reference,
)
from il5report.display.plot import (
    GREY,
    SMALL,
    TEXT,
    WIDTH,
    Look,
    drawing,
    finished,
    house_style,
    nothing,
)
from il5report.display.view import View
from il5report.errors import DataError, Finding, some_subjects
from il5report.masks import Masks
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks, total
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.selection import by_value
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records to draw, one per subject and day. `days`: first and last day from
    infusion. `floor`: lower values are drawn here; `line`: a horizontal line. `least`: values that
    a point is drawn of. `flag`: records that are counted beside all, in the words of `flagged`."""

    dataset: Text
    where: Where
    label: Text
    days: tuple[int, int]
    floor: float
    line: float | None = None
    least: int = 3
    flag: Where
    flagged: Text


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {options.dataset: ["USUBJID", "AVAL", "AVALU", "ADY"]}
    return Needs(names, [(options.dataset, w) for w in (options.where, options.flag)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    # the study day has no 0, the day from infusion has
    day = pl.col("ADY") - (pl.col("ADY") > 0).cast(pl.Float64)
    keep = ("AVAL", "AVALU", "ADY", *(c.variable for c in comparisons(options.flag)))
    records = ctx.records(options.dataset, options.where, keep=keep).with_columns(DAY=day)
    records = records.drop_nulls(["AVAL", "DAY"]).filter(pl.col("DAY").is_between(*options.days))
    _one_a_day(ctx, records)
    unit = next(iter(records["AVALU"]), "") or ""
    values, flags = records["AVAL"].to_numpy(), Masks(records)(options.flag)
    each_day = by_value(records["DAY"].to_numpy())
    for column, mine in zip(ctx.columns, ctx.split(records), strict=True):
        for at, places in each_day:
            here = places[mine[places]]
            found = describe(values[here], conf_level=ctx.plan.conventions.conf_level)
            of_day = equals("ADY", at + 1 if at >= 0 else at)
            scope = Scope(
                "course", options.dataset, all_of(options.where, PRESENT, of_day), column.where,
                column=column.label, time=at,
            )  # fmt: skip
            rows.add(scope, "PCTLDEF 5", stats_of(found, ("n", "q1", "median", "q3"), unit))
            under = int(flags[here].sum())
            subset = all_of(options.where, PRESENT, of_day, options.flag)
            stat = Stat("n", options.flagged, under, "subjects")
            flagged = Scope(
                "flagged", options.dataset, subset, column.where, column=column.label, time=at
            )
            rows.add(flagged, METHOD, [stat])


PRESENT = Comparison("AVAL", "NE", ())


def _one_a_day(ctx: Context, records: pl.DataFrame) -> None:
    """Refuse two records of one subject and day."""
    twice = records["USUBJID"].filter(records[["USUBJID", "DAY"]].is_duplicated()).unique()
    if twice.len():
        message = f"{ctx.id} needs one record per subject and day; {twice.len()} subjects have more"
        raise DataError(
            [
                Finding(
                    "output.one_record", message, dataset=ctx.options(Options).dataset,
                    count=twice.len(), subjects=some_subjects(twice),
                )
            ]
        )  # fmt: skip


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown = column_looks(ctx)
    unit = next(iter(view.only("course", stat_name="median")["unit"]), "")
    below = NUMBERS_MM * len(shown)
    points = {column: _points(view, column, options) for column in shown}
    said = " ".join(f"{column}: {mine.height} days." for column, mine in points.items())
    words, refs = f"Medians with quartiles: {options.label}. {said}", ard["row"].to_list()
    floor = number(options.floor)
    notes = (f"Values below {floor} are drawn at {floor}.",)
    if not any(mine.height for mine in points.values()):
        return Shown(nothing(ctx.id, f"No day had enough values. {words}", refs), notes)
    with house_style(ctx.id):
        made, axes, table = drawing(WIDTH, 125 + below, (100, below))
        infusion(axes)
        for column, look in shown.items():
            banded = column != total(ctx) or len(shown) == 1
            _draw(axes, points[column], (look, options.floor, banded))
        if options.line is not None:
            reference(axes, options.line, number(options.line))
        logarithmic(axes)
        axes.set_ylabel(axis_name(options.label, unit))
        days(axes, options.days, most=14, inside=0.02)
        _numbers(view, shown, table, options)
        axes.tick_params(axis="x", labelbottom=True)
        axes.set_xlabel("Days from infusion")
        legend(made, keys(shown), WIDTH)
        return Shown(finished(made, words, refs), notes)


def _points(view: View, column: str, options: Options) -> pl.DataFrame:
    """time, median and quartiles where there are enough values."""
    days = view.only("course", column=column, stat_name="n")
    rows = [
        (day, *(numbers.value(name) for name in ("median", "q1", "q3")))
        for day in days["time"]
        if (numbers := view.at("course", column, time=day)).count("n") >= options.least
    ]
    schema = dict.fromkeys(("time", "median", "q1", "q3"), pl.Float64)
    return pl.DataFrame(rows, schema, orient="row")


def _draw(axes: Any, points: pl.DataFrame, how: tuple[Look, float, bool]) -> None:
    """Line of the medians; the quartiles as a band where `how` says so."""
    look, floor, banded = how
    drawn = points.with_columns(pl.col("median", "q1", "q3").clip(lower_bound=floor))
    if banded:
        axes.fill_between(
            drawn["time"], drawn["q1"], drawn["q3"], color=look.colour, alpha=0.13, linewidth=0
        )
    axes.plot(
        drawn["time"], drawn["median"], color=look.colour, linewidth=1.1, linestyle=look.line,
        marker=look.marker, markersize=2.5,
    )  # fmt: skip


def _numbers(view: View, shown: Mapping[str, Look], axes: Any, options: Options) -> None:
    """Values, and those flagged, under the days named on the axis."""
    named = set(day_ticks(*options.days, most=14))
    there = view.only("course", stat_name="n")["time"].unique().sort().to_list()
    for place, column in enumerate(shown):
        for day in (d for d in there if d in named):
            n, under = (view.at(a, column, time=day).count("n") for a in ("course", "flagged"))
            axes.text(day, -place, f"{n} ({under})", ha="center", va="center", fontsize=SMALL)
    lines_of_numbers(axes, shown)
    heading = f"Values ({options.flagged})"
    axes.set_title(heading, loc="left", fontsize=TEXT, color=GREY, y=1.0, pad=2)


OUTPUT = Output(
    kind="figure",
    title="Median course",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Median of the values of a day, where there are at least three; band: quartiles (not drawn "
        "for the total). {infusion_day} Numbers under some of the days only.",
    ),
)
