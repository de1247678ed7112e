"""Geometric mean concentrations by planned time and column, with the geometric SD."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.analyse.continuous import geometric
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import Comparison, both, equals
from il5report.display.plot import GREY, LINES, MARKERS, colour, drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records of ADPC of one assay, in one matrix. `least`: quantifiable values that
    a mean is drawn of. `last_day`: end of the axis."""

    dataset: Text = "ADPC"
    where: Where
    label: Text
    least: int = 3
    last_day: float


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "NRRLT", "AVAL", "AVALU", "ALLOQ", "BLQFL"]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options, level = ctx.options(Options), ctx.plan.conventions.conf_level
    add_column_sizes(ctx, rows)
    quantifiable = both(Comparison("BLQFL", "NE", ("Y",)), Comparison("AVAL", "GT", (0.0,)))
    where = both(options.where, both(quantifiable, Comparison("NRRLT", "GE", (0.0,))))
    records = ctx.records(options.dataset, where)
    unit = next(iter(records["AVALU"]), "") or ""
    days = records["NRRLT"].unique().sort().to_list()
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi")
        for day in days:
            values = mine.filter(pl.col("NRRLT") == day)["AVAL"].to_numpy()
            found = geometric(values, conf_level=level)
            scope = Scope(
                "mean", options.dataset, both(where, equals("NRRLT", day)), column.where,
                column=column.label, time=day,
            )  # fmt: skip
            rows.add(scope, "log scale", stats_of(found, ("n", "mean", "sd"), unit))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    has_total = len(columns) > 1 and ctx.columns[-1].where is None
    unit = next(iter(view.only("mean", stat_name="mean")["unit"]), "")
    with house_style(ctx.id):
        made, axes = drawing(165, 100)
        said = []
        for place, column in enumerate(columns):
            points = _points(view, column, options)
            _draw(axes, points, column, (place, len(columns), has_total))
            said.append(f"{column}: {points.height} times.")
        axes.set_yscale("log")
        axes.set_xlim(-0.02 * options.last_day, 1.03 * options.last_day)
        axes.set_xlabel("Planned days from infusion")
        axes.set_ylabel(f"{options.label}{f', {unit}' if unit else ''}")
        axes.tick_params(colors=GREY)
        made.legend(loc="outside upper left", ncols=len(columns))
        words = f"Geometric means with geometric SD: {options.label}. {' '.join(said)}"
        return Shown(finished(made, words, ard["row"].to_list()))


def _points(view: View, column: str, options: Options) -> pl.DataFrame:
    """time, n, mean, sd where enough values are quantifiable, up to the last day."""
    rows = [
        (time, numbers.value("mean"), numbers.value("sd"))
        for time in view.only("mean", column=column, stat_name="n")["time"]
        if time <= options.last_day
        and (numbers := view.at("mean", column, time=time)).count("n") >= options.least
    ]
    return pl.DataFrame(rows, ["time", "mean", "sd"], orient="row")


def _draw(axes: Any, points: pl.DataFrame, column: str, at: tuple[int, int, bool]) -> None:
    place, count, has_total = at
    if not points.height:
        axes.plot([], [], label=column)
        return
    shift = 0.12 * (place - count / 2)
    mean, sd = points["mean"], points["sd"].fill_null(1.0)
    axes.errorbar(
        points["time"] + shift, mean, yerr=[mean - mean / sd, mean * sd - mean], label=column,
        color=colour(place, count, has_total), linestyle=LINES[place % len(LINES)],
        marker=MARKERS[place % len(MARKERS)], markersize=3.5, elinewidth=0.7, capsize=1.5,
    )  # fmt: skip


OUTPUT = Output(
    kind="figure",
    title="Geometric mean concentrations",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Geometric mean of the quantifiable values, divided and multiplied by the geometric SD; "
        "points are shifted so that they can be told apart. A mean of quantifiable values alone "
        "is too high where many are below the limit of quantification.",
    ),
)
