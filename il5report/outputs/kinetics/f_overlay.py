"""One panel per subject: several measurements over time, each in percent of its own maximum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.plot import COLOURS, GREY, LINES, MM, TOTAL, finished, house_style
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
        records = ctx.records(series.dataset, series.where).with_columns(DAY=day)
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
    records = ctx.records(mark.dataset, mark.where).with_columns(DAY=day)
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
    with house_style(ctx.id):
        made, panels = _panels(len(subjects))
        for panel, subject in zip(panels, subjects, strict=False):
            _panel(panel, points.filter(pl.col("group") == subject), labels)
            _marks(panel, marks.filter(pl.col("group") == subject), options.marks)
            panel.set_title(subject.split("-", 2)[-1], fontsize=7, loc="left", pad=2)
            panel.set_xlim(*options.days)
            panel.axvline(0, color=GREY, linewidth=0.6)
        for panel in panels[len(subjects) :]:
            panel.set_axis_off()
        if subjects:
            handles, names = panels[0].get_legend_handles_labels()
            made.legend(handles, names, loc="outside upper left", ncols=len(names))
        made.supxlabel("Days from infusion", fontsize=8)
        made.supylabel("Percent of the subject's maximum", fontsize=8)
        words = f"{len(subjects)} panels, one per subject: {', '.join(labels)} over time."
        return Shown(finished(made, words, ard["row"].to_list()))


def _panels(count: int) -> tuple[Any, list[Any]]:
    """A drawing with enough panels, four in a line."""
    from matplotlib.figure import Figure as Drawing

    lines = max(-(-count // ACROSS), 1)
    made = Drawing(figsize=(165 / MM, (18 + 32 * lines) / MM), layout="constrained")
    return made, list(made.subplots(lines, ACROSS, sharex=True, sharey=True, squeeze=False).flat)


def _panel(panel: Any, points: pl.DataFrame, labels: Sequence[str]) -> None:
    for place, label in enumerate(labels):
        mine = points.filter(pl.col("level") == label).sort("time")
        top = mine["stat"].max()
        share = mine["stat"] * 100 / top if isinstance(top, float) and top > 0 else mine["stat"]
        panel.plot(
            mine["time"], share, label=label, linewidth=1.0, marker="o", markersize=1.6,
            color=COLOURS[place % len(COLOURS)], linestyle=LINES[place % len(LINES)],
        )  # fmt: skip


def _marks(panel: Any, marks: pl.DataFrame, kinds: Sequence[Mark]) -> None:
    """Symbols above the curves, one line for each kind."""
    for place, kind in enumerate(kinds):
        days = marks.filter(pl.col("level") == kind.label)["time"]
        panel.plot(
            days, [112.0 + 12 * place] * len(days), linestyle="", marker=kind.symbol, markersize=3,
            color=TOTAL, label=kind.label,
        )  # fmt: skip
    panel.set_yticks([0, 50, 100])


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
