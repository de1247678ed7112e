"""Box plots of findings by visit, one panel per parameter, the columns side by side."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.analyse.continuous import describe
from il5report.ard import Rows, Scope, stats_of
from il5report.conditions import all_of, equals
from il5report.display.plot import GREY, TOTAL, colour, drawing, finished, house_style
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import courses
from il5report.outputs.counting import add_column_sizes, one_per_subject


class Options(courses.FindingOptions):
    """`visits`: values of AVISIT in order, those of the plan where left out; at most one record
    per subject, parameter and visit."""

    parameters: tuple[courses.Drawn, ...]
    visits: tuple[str, ...] = ()


PANELS_MM = 170  # so that the panels stand on one page
BOX = ("q1", "median", "q3", "minimum", "maximum")


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "AVISIT", options.variable]
    return Needs({options.dataset: names}, [(options.dataset, options.subset)])


def _visits(ctx: Context) -> tuple[str, ...]:
    return ctx.options(Options).visits or tuple(visit.label for visit in ctx.plan.visits)


def analyse(ctx: Context, rows: Rows) -> None:
    options, level = ctx.options(Options), ctx.plan.conventions.conf_level
    add_column_sizes(ctx, rows)
    for item in options.parameters:
        where = courses.given(options, item)
        records = ctx.records(options.dataset, where, keep=("AVISIT", options.variable))
        values, at = records[options.variable].to_numpy(), records["AVISIT"]
        shown = courses.parts(ctx)
        columns = [c for c in zip(ctx.columns, ctx.split(records), strict=True) if c[0] in shown]
        for visit in _visits(ctx):
            there = (at == visit).fill_null(False)
            one_per_subject(ctx, records.filter(there), options.dataset)
            for column, inside in columns:
                made = describe(values[inside & there.to_numpy()], conf_level=level)
                scope = Scope(
                    "box", options.dataset, all_of(where, equals("AVISIT", visit)), column.where,
                    column=column.label, level=visit, paramcd=item.paramcd,
                )  # fmt: skip
                rows.add(scope, "percentiles PCTLDEF 5", stats_of(made, ("n", *BOX)))


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    names, visits = [c.label for c in courses.parts(ctx)], _visits(ctx)
    count = len(options.parameters)
    with house_style(ctx.id):
        made, *panels = drawing(165, 22 + min(55 * count, PANELS_MM), [1] * count)
        for axes, item in zip(panels, options.parameters, strict=True):
            courses.ruled(axes, item)
            for place, name in enumerate(names):
                for at, visit in enumerate(visits):
                    box = view.at("box", name, level=visit, paramcd=item.paramcd)
                    values = {stat: box.value(stat) for stat in BOX}
                    _box(axes, at, (place, len(names)), values)
        panels[-1].set_xticks(range(len(visits)), visits, fontsize=7)
        panels[-1].set_xlim(-0.6, len(visits) - 0.4)
        for place, name in enumerate(names):
            panels[0].plot([], [], color=colour(place, len(names), False), lw=5, label=name)
        made.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=4)
        return Shown(finished(made, _words(view, options, names, visits), ard["row"].to_list()))


def _box(axes: Any, at: int, of: tuple[int, int], box: dict[str, float | None]) -> None:
    """One box at a visit, beside those of the other columns; nothing where there is no value."""
    place, count = of
    if box["median"] is None:
        return
    wide = 0.8 / count
    shade = colour(place, count, False)
    low, q1, middle, q3, high = (box[n] for n in ("minimum", "q1", "median", "q3", "maximum"))
    stats = {"whislo": low, "q1": q1, "med": middle, "q3": q3, "whishi": high}
    axes.bxp(
        [stats], positions=[at + wide * (place - (count - 1) / 2)], widths=0.75 * wide,
        showfliers=False, showcaps=False, manage_ticks=False, patch_artist=True,
        boxprops={"facecolor": shade, "alpha": 0.55, "linewidth": 0.5, "edgecolor": shade},
        medianprops={"color": TOTAL, "linewidth": 1.2},
        whiskerprops={"color": GREY, "linewidth": 0.8},
    )  # fmt: skip


def _words(view: View, options: Options, names: list[str], visits: tuple[str, ...]) -> str:
    """How many subjects stand behind the last visit that has any."""
    said = []
    for item in options.parameters:
        sizes = {
            visit: sum(
                view.at("box", n, level=visit, paramcd=item.paramcd).count("n") for n in names
            )
            for visit in visits
        }
        shown = ", ".join(f"{visit} {n}" for visit, n in sizes.items() if n)
        said.append(f"{item.label}, subjects: {shown or 'none'}.")
    return f"Box plots by visit. {' '.join(said)}"


OUTPUT = Output(
    kind="figure",
    title="Values by visit",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("Box: quartiles and median; whiskers: lowest and highest value. {infusion_day}",),
)
