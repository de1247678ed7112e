"""One panel per subject: several measurements over time, each in percent of its own maximum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.axes import days, infusion, keys, legend
from il5report.display.layout import name_below, name_beside
from il5report.display.plot import (
    TEXT,
    TOTAL,
    WIDTH,
    Look,
    finished,
    house_style,
    looks,
    nothing,
    panels,
)
from il5report.display.view import View
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.plan.base import Model, Text, Where


class Series(Model):
    """A measurement; its records have AVAL at ADT."""

    label: Text
    dataset: Text
    where: Where


class Mark(Model):
    """Records marked above the curves on the day of `date`, such as doses of a drug."""

    label: Text
    dataset: Text
    where: Where
    date: Text
    symbol: Text = "v"


class Options(Model):
    """The measurements of every panel, the marks above them, and the days from infusion that are
    drawn."""

    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    days: tuple[float, float]


ACROSS = 4


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = {s.dataset: ["USUBJID", "AVAL", "ADT", "TRTSDT"] for s in options.series}
    for mark in options.marks:
        names[mark.dataset] = [*names.get(mark.dataset, ["USUBJID", "TRTSDT"]), mark.date]
    wheres = [(s.dataset, s.where) for s in options.series]
    return Needs(names, [*wheres, *((m.dataset, m.where) for m in options.marks)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    day = (pl.col("ADT") - pl.col("TRTSDT")).dt.total_days().cast(pl.Float64)
    for series in options.series:
        keep = ("AVAL", "AVALU", "ADT", "TRTSDT")
        records = ctx.records(series.dataset, series.where, keep=keep).with_columns(DAY=day)
        kept = records.drop_nulls(["AVAL", "DAY"]).filter(pl.col("DAY").is_between(*options.days))
        top = kept.group_by("USUBJID", "DAY", "ADT").agg(
            pl.col("AVAL").max(), pl.col("AVALU").first()
        )
        for subject, when, date, value, unit in top.sort("USUBJID", "DAY").rows():
            at = both(equals("USUBJID", subject), equals("ADT", date.isoformat()))
            scope = Scope(
                "course", series.dataset, series.where, at, group=subject, level=series.label,
                time=when,
            )  # fmt: skip
            number = Stat("value", f"{series.label}, highest of the day", value, unit or "")
            rows.add(scope, "observed value", [number])

    for mark in options.marks:
        _mark(ctx, rows, mark)


def _mark(ctx: Context, rows: Rows, mark: Mark) -> None:
    """One number per subject and day with a record: the day."""
    low, high = ctx.options(Options).days
    day = (pl.col(mark.date) - pl.col("TRTSDT")).dt.total_days().cast(pl.Float64)
    keep = (mark.date, "TRTSDT")
    records = ctx.records(mark.dataset, mark.where, keep=keep).with_columns(DAY=day)
    kept = records.filter(pl.col("DAY").is_between(low, high))
    kept = kept.select("USUBJID", "DAY", mark.date).unique().sort("USUBJID", "DAY")
    for subject, when, date in kept.rows():
        at = both(equals("USUBJID", subject), equals(mark.date, date.isoformat()))
        scope = Scope(
            "mark", mark.dataset, mark.where, at, group=subject, level=mark.label, time=when
        )
        rows.add(scope, "observed value", [Stat("day", mark.label, when, "days")])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    points, marks = view.only("course"), view.only("mark")
    subjects = points["group"].unique().sort().to_list()
    labels = [series.label for series in options.series]
    words = f"{len(subjects)} panels, one per subject: {', '.join(labels)} over time."
    if not subjects:
        return Shown(nothing(ctx.id, f"No subject has a value. {words}"))
    with house_style(ctx.id):
        lines = -(-len(subjects) // ACROSS)
        made, grid = panels(WIDTH, 20 + 38 * lines, (lines, ACROSS), sharex=True, sharey=True)
        shown = looks(labels)
        none, by = points.clear(), ("group", "level")
        courses_of = points.sort("time").partition_by(by, as_dict=True)
        marks_of = marks.partition_by(by, as_dict=True)
        for axes, subject in zip(grid.flat, subjects, strict=False):
            infusion(axes)
            _panel(axes, {name: courses_of.get((subject, name), none) for name in shown}, shown)
            days_of = [marks_of.get((subject, mark.label), none)["time"] for mark in options.marks]
            _marks(axes, days_of, options.marks)
            axes.set_title(subject, fontsize=TEXT, loc="left", y=1.0, pad=2)
        for axes in grid.flat[len(subjects) :]:
            axes.set_axis_off()
        days(grid[0, 0], options.days, most=6, finer=False)
        grid[0, 0].set_ylim(-6, 108 + 12 * len(options.marks))
        grid[0, 0].set_yticks([0, 50, 100])
        signs = {m.label: Look(TOTAL, "", m.symbol) for m in options.marks}
        legend(made, keys({**shown, **signs}), WIDTH)
        name_below(made, "Days from infusion")
        name_beside(made, "Percent of the subject's maximum")
        return Shown(finished(made, words, ard["row"].to_list()))


def _panel(axes: Any, points: Mapping[str, pl.DataFrame], shown: Mapping[str, Look]) -> None:
    for label, look in shown.items():
        mine = points[label]
        top = mine["stat"].max()
        share = mine["stat"] * 100 / top if isinstance(top, float) and top > 0 else mine["stat"]
        axes.plot(
            mine["time"], share, label=label, linewidth=1.0, marker=look.marker, markersize=1.8,
            color=look.colour, linestyle=look.line,
        )  # fmt: skip


def _marks(axes: Any, days_of: Sequence[pl.Series], kinds: Sequence[Mark]) -> None:
    """Symbols above the curves, one line for each kind."""
    for place, (kind, at) in enumerate(zip(kinds, days_of, strict=True)):
        axes.plot(
            at, [112.0 + 12 * place] * len(at), linestyle="", marker=kind.symbol, markersize=3,
            color=TOTAL, label=kind.label,
        )  # fmt: skip


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Cells, eosinophils and cytokines of each subject",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Each measurement in percent of the subject's own maximum in the days shown; the highest "
        "value of a day. Vertical line: the day of infusion.",
    ),
)
