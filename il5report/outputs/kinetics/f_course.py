"""Median and quartiles of a measurement by day and column, with the numbers behind them."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, all_of, equals, expression
from il5report.display.plot import GREY, LINES, MARKERS, colour, drawing, finished, house_style
from il5report.display.view import View
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
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
    records = ctx.records(options.dataset, options.where).with_columns(DAY=day)
    records = records.drop_nulls(["AVAL", "DAY"]).filter(pl.col("DAY").is_between(*options.days))
    _one_a_day(ctx, records)
    unit = next(iter(records["AVALU"]), "") or ""
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi")
        for at in records["DAY"].unique().sort().to_list():
            here = mine.filter(pl.col("DAY") == at)
            found = describe(here["AVAL"].to_numpy(), conf_level=ctx.plan.conventions.conf_level)
            of_day = equals("ADY", at + 1 if at >= 0 else at)
            scope = Scope(
                "course", options.dataset, all_of(options.where, PRESENT, of_day), column.where,
                column=column.label, time=at,
            )  # fmt: skip
            rows.add(scope, "PCTLDEF 5", stats_of(found, ("n", "q1", "median", "q3"), unit))
            under = here.filter(expression(options.flag, here.schema)).height
            subset = all_of(options.where, PRESENT, of_day, options.flag)
            stat = Stat("n", options.flagged, under, "subjects")
            flagged = Scope(
                "flagged", options.dataset, subset, column.where, column=column.label, time=at
            )
            rows.add(flagged, METHOD, [stat])


PRESENT = Comparison("AVAL", "NE", ())


def _one_a_day(ctx: Context, records: pl.DataFrame) -> None:
    """Refuse two records of one subject and day."""
    twice = records.filter(pl.struct("USUBJID", "DAY").is_duplicated())["USUBJID"].unique()
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
    columns = [c.label for c in ctx.columns]
    has_total = len(columns) > 1 and ctx.columns[-1].where is None
    unit = next(iter(view.only("course", stat_name="median")["unit"]), "")
    below = 5 * len(columns)
    with house_style(ctx.id):
        made, axes, table = drawing(165, 105 + below, (90, below))
        said = []
        for place, column in enumerate(columns):
            points = _points(view, column, options)
            _draw(axes, points, column, options.floor, (place, len(columns), has_total))
            said.append(f"{column}: {points.height} days.")
        axes.set_yscale("log")
        axes.axvline(0, color=GREY, linewidth=0.7)
        if options.line is not None:
            axes.axhline(options.line, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.set_ylabel(f"{options.label}{f', {unit}' if unit else ''}")
        _numbers(view, columns, table, options)
        made.legend(loc="outside upper left", ncols=len(columns))
        words = f"Medians with quartiles: {options.label}. {' '.join(said)}"
        floor = f"{options.floor:g}"
        return Shown(
            finished(made, words, ard["row"].to_list()),
            (f"Values below {floor} are drawn at {floor}.",),
        )


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


def _draw(
    axes: Any, points: pl.DataFrame, column: str, floor: float, at: tuple[int, int, bool]
) -> None:
    place, count, has_total = at
    shade = colour(place, count, has_total)
    shown = points.with_columns(pl.col("median", "q1", "q3").clip(lower_bound=floor))
    axes.plot(
        shown["time"], shown["median"], label=column, color=shade, linewidth=1.1,
        linestyle=LINES[place % len(LINES)], marker=MARKERS[place % len(MARKERS)], markersize=2.5,
    )  # fmt: skip
    if not (has_total and place == count - 1):
        axes.fill_between(
            shown["time"], shown["q1"], shown["q3"], color=shade, alpha=0.12, linewidth=0
        )


def _numbers(view: View, columns: list[str], axes: Any, options: Options) -> None:
    """Values, and those flagged, under days that are far enough apart."""
    first, last = options.days
    shown = list[float]()
    for day in view.only("course", stat_name="n")["time"].unique().sort().to_list():
        if not shown or day - shown[-1] >= 0.07 * (last - first):
            shown.append(day)
    for place, column in enumerate(columns):
        for day in shown:
            n, under = (view.at(a, column, time=day).count("n") for a in ("course", "flagged"))
            axes.text(day, -place, f"{n} ({under})", ha="center", va="center", fontsize=6)
    axes.set_ylim(-len(columns) + 0.4, 0.6)
    axes.set_yticks([-i for i in range(len(columns))], columns)
    axes.set_xticks(shown, [f"{d:g}" for d in shown])
    margin = 0.04 * (last - first)
    axes.set_xlim(first - margin, last + margin)
    axes.set_xlabel("Days from infusion")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title(f"Values ({options.flagged})", loc="left", fontsize=7.5, color=GREY)


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
