"""Geometric mean concentrations by planned time and column, with the geometric SD."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from il5report.analyse.continuous import geometric
from il5report.ard import DENOMINATOR, Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, both, equals
from il5report.display.plot import GREY, LINES, MARKERS, colour, drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.kinetics.f_kinetics_profiles import mark_limit
from il5report.outputs.kinetics.t_concentrations import SAMPLED
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
    names = ["USUBJID", "NRRLT", "AVAL", "AVALU", "ALLOQ", "BLQFL", "AREASN"]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


QUANTIFIABLE = both(Comparison("BLQFL", "NE", ("Y",)), Comparison("AVAL", "GT", (0.0,)))
PLANNED = Comparison("NRRLT", "GE", (0.0,))


def analyse(ctx: Context, rows: Rows) -> None:
    options, level = ctx.options(Options), ctx.plan.conventions.conf_level
    add_column_sizes(ctx, rows)
    taken = both(options.where, PLANNED)
    where = both(both(options.where, QUANTIFIABLE), PLANNED)
    records = ctx.records(options.dataset, where)
    sampled = ctx.records(options.dataset, both(taken, SAMPLED))
    unit = next(iter(records["AVALU"]), "") or ""
    _limit(rows, options, sampled, unit)
    for column in ctx.columns:
        mine = records.join(ctx.in_column(column), on="USUBJID", how="semi")
        all_of = sampled.join(ctx.in_column(column), on="USUBJID", how="semi")
        for day in sampled["NRRLT"].unique().sort().to_list():
            values = mine.filter(pl.col("NRRLT") == day)["AVAL"].to_numpy()
            found = geometric(values, conf_level=level)
            scope = Scope(
                "mean", options.dataset, both(where, equals("NRRLT", day)), column.where,
                column=column.label, time=day,
            )  # fmt: skip
            rows.add(scope, "log scale", stats_of(found, ("n", "mean", "sd"), unit))
            n = all_of.filter(pl.col("NRRLT") == day)["USUBJID"].n_unique()
            of = replace(scope, of=both(taken, both(SAMPLED, equals("NRRLT", day))),
                         of_dataset=options.dataset)  # fmt: skip
            rows.add(of, METHOD, [Stat(*DENOMINATOR[:2], n, DENOMINATOR[2])])


def _limit(rows: Rows, options: Options, sampled: pl.DataFrame, unit: str) -> None:
    """The highest limit of quantification of the samples."""
    limit = sampled["ALLOQ"].max()
    if isinstance(limit, float):
        stat = Stat("lloq", "Lower limit of quantification", limit, unit)
        rows.add(Scope("limit", options.dataset, options.where), "highest of the samples", [stat])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    columns = [c.label for c in ctx.columns]
    has_total = len(columns) > 1 and ctx.columns[-1].where is None
    unit = next(iter(view.only("mean", stat_name="mean")["unit"]), "")
    below = 5 * len(columns)
    with house_style(ctx.id):
        made, axes, table = drawing(165, 105 + below, (90, below))
        said, drawn = [], 0
        for place, column in enumerate(columns):
            points = _points(view, column, options)
            drawn += points.height
            _draw(axes, points, column, (place, len(columns), has_total))
            said.append(f"{column}: {points.height} times.")
        if drawn:
            axes.set_yscale("log")
            mark_limit(axes, view.at("limit").value("lloq"))
        axes.set_ylabel(f"{options.label}{f', {unit}' if unit else ''}")
        axes.tick_params(colors=GREY)
        _quantifiable(view, columns, table, options)
        table.set_xlabel("Planned days from infusion")
        made.legend(loc="outside upper left", ncols=len(columns))
        words = f"Geometric means with geometric SD: {options.label}. {' '.join(said)}"
        return Shown(finished(made, words, ard["row"].to_list()))


def _quantifiable(view: View, columns: list[str], axes: Any, options: Options) -> None:
    """Quantifiable of sampled subjects under the planned times, one line per column."""
    days = view.only("mean", stat_name="n")["time"].unique().sort().to_list()
    last = options.last_day
    crowded, shown = 0.045 * last, list[float]()
    for day in (d for d in days if d <= last):
        if not shown or day - shown[-1] >= crowded:
            shown.append(day)
    for place, column in enumerate(columns):
        for day in shown:
            axes.text(
                day, -place, view.at("mean", column, time=day).n_of_total().text, ha="center",
                va="center", fontsize=6,
            )  # fmt: skip
    axes.set_ylim(-len(columns) + 0.4, 0.6)
    axes.set_yticks([-i for i in range(len(columns))], columns)
    axes.set_xticks(shown, [f"{d:g}" for d in shown])
    axes.set_xlim(-0.04 * last, 1.04 * last)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title("Quantifiable of sampled", loc="left", fontsize=7.5, color=GREY)


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
        "is too high where many are below the limit of quantification (LLOQ): see the numbers "
        "under the axis, of which those too close to be printed are left out. "
        "{infusion_day}",
    ),
)
