"""Courses of several parameters after infusion: a panel per parameter, a line per subject, in the
colour of the subject's group; values after a date, such as the first tocilizumab, hollow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import Comparison, all_of, both, equals
from il5report.display.axes import days, infusion, keys, legend
from il5report.display.layout import name_below
from il5report.display.marks import name_points
from il5report.display.plot import GREY, WIDTH, Look, finished, house_style, nothing, panels
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs import courses
from il5report.outputs.appearance import column_looks
from il5report.outputs.groups import Group, Grouping, add_sizes, conditions, groups, labels
from il5report.plan.base import Model, Text, Where


class Panel(Model):
    """A parameter: the values of `variable` in the records of `dataset` that meet `where`, by study
    day (ADY); on a logarithmic axis where `log`, with a broken line at each of `lines`; `floor` is
    the lowest value of the axis. `marked`: values after the date of the options are hollow."""

    label: Text
    dataset: Text
    where: Where
    variable: Text = "AVAL"
    log: bool = False
    lines: tuple[float, ...] = ()
    floor: float | None = None
    marked: bool = False


class After(Model):
    """A date of ADSL; `label` says what it is."""

    variable: Text
    label: Text


class Options(Model):
    """The panels; the groups of subjects (the columns where left out); the days drawn."""

    panels: tuple[Panel, ...]
    groups: Grouping | None = None
    after: After | None = None
    days: tuple[int, int] = (-3, 28)


ACROSS, PANEL_MM, HEAD_MM = 2, 68.0, 22.0


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    variables: dict[str, list[str]] = {}
    for panel in options.panels:
        dated = ["ADT"] if options.after and panel.marked else []
        variables.setdefault(panel.dataset, ["USUBJID", "ADY"]).extend([panel.variable, *dated])
    if options.after is not None:
        variables["ADSL"] = [options.after.variable]
    wheres = [(panel.dataset, panel.where) for panel in options.panels]
    return Needs(variables, [*wheres, *conditions(options.groups)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    columns = _columns(ctx, options)
    add_sizes(rows, columns)
    for panel in options.panels:
        where = both(panel.where, Comparison(panel.variable, "NE", ()))
        dates = ["ADT", options.after.variable] if options.after and panel.marked else []
        records = ctx.records(panel.dataset, where, keep=(panel.variable, "ADY", *dates))
        records = records.with_columns(DAY=courses.days("ADY"))
        inside = records.filter(pl.col("DAY").is_between(*options.days))
        after = pl.lit(0.0)
        if options.after is not None and panel.marked:
            late = pl.col("ADT") >= pl.col(options.after.variable)
            after = late.fill_null(False).cast(pl.Float64)
        for group in columns:
            mine = inside.filter(pl.Series(group.subjects[ctx.places(inside)]))
            _values(rows, panel, group, mine.with_columns(AFTER=after))


def _columns(ctx: Context, options: Options) -> list[Group]:
    """The groups, without a total beside others."""
    found = groups(ctx, options.groups)
    if options.groups is not None:
        return list(found)
    return [g for g in found if g.groups is not None or len(found) == 1]


def _values(rows: Rows, panel: Panel, group: Group, records: pl.DataFrame) -> None:
    seen: Counter[tuple[str, float]] = Counter()
    where = both(panel.where, Comparison(panel.variable, "NE", ()))
    values = records.select("USUBJID", "DAY", panel.variable, "AFTER").sort(pl.all())
    for who, day, value, after in values.rows():
        seen[who, day] += 1
        own = both(equals("USUBJID", who), equals("ADY", courses.study_day(day)))
        scope = Scope(
            "value", panel.dataset, where, all_of(group.groups, own), column=group.label,
            group=who, variable=panel.label,
            level="" if seen[who, day] == 1 else str(seen[who, day]), time=float(day),
        )  # fmt: skip
        stats = [Stat("value", panel.label, value)]
        if panel.marked:
            stats.append(Stat("after", "After the marked date (1 yes, 0 no)", after))
        rows.add(scope, "observed value", stats)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    names = _names(ctx, options)
    shown = column_looks(ctx, names)
    down = -(-len(options.panels) // ACROSS)
    points = view.only("value")
    words, refs = _words(options, points), ard["row"].to_list()
    if not points.height:
        return Shown(nothing(ctx.id, f"No subject had a value. {words}", refs))
    with house_style(ctx.id):
        made, grid = panels(WIDTH, HEAD_MM + PANEL_MM * down, (down, ACROSS), sharex=True)
        for axes in grid.flat[len(options.panels) :]:
            axes.set_axis_off()
        for axes, panel in zip(grid.flat, options.panels, strict=False):
            _panel(axes, panel, points.filter(pl.col("variable") == panel.label), shown)
        for axes in grid[-1]:
            days(axes, options.days, most=6)
        sizes = {name: view.at("columns", name).count("N") for name in names}
        handles = keys({f"{n} (n={sizes[n]})": look for n, look in shown.items() if sizes[n]})
        legend(made, [*handles, *_hollow(options.after)], WIDTH)
        name_below(made, "Days from infusion")
        return Shown(finished(made, words, refs))


def _names(ctx: Context, options: Options) -> list[str]:
    """The groups that are drawn."""
    if options.groups is not None:
        return labels(ctx, options.groups)
    parts = [c.label for c in ctx.columns if c.where is not None]
    return parts or labels(ctx, None)


def _panel(axes: Any, panel: Panel, points: pl.DataFrame, shown: Mapping[str, Look]) -> None:
    infusion(axes)
    values = points.filter(pl.col("stat_name") == "value")
    late = points.filter(pl.col("stat_name") == "after", pl.col("stat") == 1)
    marked = values.join(late, on=["column", "group", "time", "level"], how="semi")
    courses_of = values.sort("time", "level").partition_by("column", "group", as_dict=True)
    subjects = dict.fromkeys(values[["column", "group"]].iter_rows())
    for name, look in shown.items():
        for who in (who for column, who in subjects if column == name):
            course = courses_of[name, who]
            axes.plot(
                course["time"], course["stat"], color=look.colour, linewidth=0.8, alpha=0.85,
                linestyle=look.line, marker=look.marker, markersize=2.2, gid=who,
            )  # fmt: skip
        hollow = marked.filter(marked["column"] == name) if marked.height else marked
        if hollow.height:
            line = axes.plot(
                hollow["time"], hollow["stat"], markersize=4, markerfacecolor="white",
                markeredgewidth=0.9, color=look.colour, marker=look.marker, linestyle="",
            )[0]  # fmt: skip
            name_points(line, hollow["group"].to_list())
    drawn_as = courses.Drawn(paramcd="-", label=panel.label, log=panel.log, lines=panel.lines)
    courses.scaled(axes, drawn_as)
    if panel.floor is not None:
        axes.set_ylim(bottom=panel.floor)


def _hollow(after: After | None) -> list[Any]:
    """The legend's sign for values after the date."""
    from matplotlib.lines import Line2D

    if after is None:
        return []
    text = f"Hollow: {after.label}"
    return [Line2D([], [], linestyle="", color=GREY, marker="o", markersize=4,
                   markerfacecolor="white", label=text)]  # fmt: skip


def _words(options: Options, points: pl.DataFrame) -> str:
    """Each panel in words: how many subjects have a value, and how many values are marked."""
    said = []
    for panel in options.panels:
        mine = points.filter(pl.col("variable") == panel.label)
        n = mine["group"].n_unique()
        late = mine.filter(pl.col("stat_name") == "after", pl.col("stat") == 1).height
        marked = f", {late} values marked" if panel.marked and options.after else ""
        said.append(f"{panel.label}: {n} subjects{marked}.")
    return f"Courses from day {options.days[0]} to day {options.days[1]}. {' '.join(said)}"


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Courses after infusion",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=("One line per subject. Vertical line: infusion (day 0).",),
)
