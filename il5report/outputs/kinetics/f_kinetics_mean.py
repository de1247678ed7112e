"""Geometric mean concentrations by planned time and column, with the geometric SD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from il5report.analyse.continuous import geometric
from il5report.ard import DENOMINATOR, Rows, Scope, Stat, stats_of
from il5report.conditions import Comparison, both, equals
from il5report.display.axes import (
    NUMBERS_MM,
    axis_name,
    keys,
    legend,
    lines_of_numbers,
    logarithmic,
)
from il5report.display.marks import Said, name_points
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
from il5report.display.rounding import significant
from il5report.display.view import View, unit_text
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks
from il5report.outputs.counting import METHOD, add_column_sizes
from il5report.outputs.kinetics.f_kinetics_profiles import mark_limit
from il5report.outputs.kinetics.t_concentrations import SAMPLED
from il5report.outputs.selection import Selection
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
    records = Selection(ctx, needs(ctx))[options.dataset]
    quantified = records.meet(where)
    sampled = records.those(both(taken, SAMPLED))
    unit = next(iter(records.frame["AVALU"].filter(pl.Series(quantified))), "") or ""
    _limit(rows, options, sampled, unit)
    days, values = sampled["NRRLT"].unique().sort().to_list(), records.frame["AVAL"].to_numpy()
    for column, mine in zip(ctx.columns, records.columns, strict=True):
        for day in days:
            of_day = mine & records.meet(equals("NRRLT", day))
            found = geometric(values[of_day & quantified], conf_level=level)
            scope = Scope(
                "mean", options.dataset, both(where, equals("NRRLT", day)), column.where,
                column=column.label, time=day,
            )  # fmt: skip
            rows.add(scope, "log scale", stats_of(found, ("n", "mean", "sd"), unit))
            n = records.number_of(of_day & records.meet(both(taken, SAMPLED)))
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
    shown = column_looks(ctx)
    unit = next(iter(view.only("mean", stat_name="mean")["unit"]), "")
    below = NUMBERS_MM * len(shown)
    points = {column: _points(view, column, options) for column in shown}
    said = " ".join(f"{column}: {mine.height} times." for column, mine in points.items())
    words = f"Geometric means with geometric SD: {options.label}. {said}"
    if not any(mine.height for mine in points.values()):
        sentence = f"At no time enough values were quantifiable. {words}"
        return Shown(nothing(ctx.id, sentence, ard["row"].to_list()))
    with house_style(ctx.id):
        made, axes, table = drawing(WIDTH, 125 + below, (100, below))
        for place, (column, look) in enumerate(shown.items()):
            shift = APART * options.last_day * (place - (len(shown) - 1) / 2)
            _draw(axes, points[column], look, (column, unit_text(unit)), shift)
        mark_limit(axes, view.at("limit").value("lloq"))
        logarithmic(axes)
        axes.set_ylabel(axis_name(options.label, unit))
        _quantifiable(view, shown, table, options)
        axes.tick_params(axis="x", labelbottom=True)
        axes.set_xlabel("Planned days from infusion")
        legend(made, keys(shown), WIDTH)
        return Shown(finished(made, words, ard["row"].to_list()))


APART, CROWDED = 0.006, 0.045  # of the axis: columns side by side, days that are named


def _quantifiable(view: View, shown: Mapping[str, Look], axes: Any, options: Options) -> None:
    """Quantifiable of sampled subjects under the planned times, one line per column."""
    days = view.only("mean", stat_name="n")["time"].unique().sort().to_list()
    last = options.last_day
    named = list[float]()
    for day in (d for d in days if d <= last):
        if not named or day - named[-1] >= CROWDED * last:
            named.append(day)
    for place, column in enumerate(shown):
        for day in named:
            axes.text(
                day, -place, view.at("mean", column, time=day).n_of_total().text, ha="center",
                va="center", fontsize=SMALL,
            )  # fmt: skip
    axes.set_xticks(named, [f"{d:g}" for d in named])
    axes.set_xlim(-0.03 * last, 1.03 * last)
    lines_of_numbers(axes, shown)
    axes.set_title("Quantifiable of sampled", loc="left", fontsize=TEXT, color=GREY, y=1.0, pad=2)


def _points(view: View, column: str, options: Options) -> pl.DataFrame:
    """time, n, mean, sd where enough values are quantifiable, up to the last day."""
    rows = [
        (time, numbers.value("mean"), numbers.value("sd"))
        for time in view.only("mean", column=column, stat_name="n")["time"]
        if time <= options.last_day
        and (numbers := view.at("mean", column, time=time)).count("n") >= options.least
    ]
    return pl.DataFrame(rows, ["time", "mean", "sd"], orient="row")


def _draw(
    axes: Any, points: pl.DataFrame, look: Look, words: tuple[str, str], shift: float
) -> None:
    """Means, and bars from the mean divided by the geometric SD to the mean times it; `words`: the
    column and the unit."""
    if not points.height:
        return
    mean, sd = points["mean"], points["sd"].fill_null(1.0)
    x = points["time"] + shift
    axes.vlines(x, mean / sd, mean * sd, color=look.colour, linewidth=0.7)
    (line,) = axes.plot(
        x, mean, color=look.colour, linestyle=look.line, marker=look.marker, markersize=3.5,
    )  # fmt: skip
    column, unit = words
    texts = (
        f"{column}; day {time:g}: {significant(value, 4)} {unit}"
        for time, value in points.select("time", "mean").iter_rows()
    )
    name_points(line, [Said(text) for text in texts])


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
