"""Individual kinetics profiles on a log axis; values below quantification at half the limit."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import both, equals
from il5report.display.axes import axis_name, days, keys, legend, logarithmic, reference
from il5report.display.marks import name_points
from il5report.display.plot import GREY, WIDTH, Look, drawing, finished, house_style, nothing
from il5report.display.view import View
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.appearance import column_looks
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import by_column
from il5report.plan.base import Model, Text, Where


class Options(Model):
    """`where`: the records of ADPC of one assay, in one matrix. `last_day`: end of the axis."""

    dataset: Text = "ADPC"
    where: Where
    label: Text
    last_day: float | None = None


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names = ["USUBJID", "PARAMCD", "AVAL", "AVALU", "ALLOQ", "BLQFL", "ARRLT"]
    return Needs({options.dataset: names}, [(options.dataset, options.where)])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    keep = ("USUBJID", "AVAL", "AVALU", "ALLOQ", "BLQFL", "ARRLT")
    records = ctx.records(options.dataset, options.where, keep=keep).sort("USUBJID", "ARRLT")
    for column, mine in by_column(ctx, records):
        if column.where is None and len(ctx.columns) > 1:
            continue
        for profile in mine.partition_by("USUBJID", maintain_order=True):
            _profile(ctx, rows, column, profile)


def _profile(ctx: Context, rows: Rows, column: Column, profile: pl.DataFrame) -> None:
    """One row per sample with a result: the concentration, or that it is below the limit."""
    options = ctx.options(Options)
    subject = profile["USUBJID"][0]
    seen: Counter[float] = Counter()
    for sample in profile.iter_rows(named=True):
        time, below = sample["ARRLT"], sample["BLQFL"] == "Y"
        if time is None or (sample["AVAL"] is None and not below):
            continue
        seen[time] += 1
        replicate = "" if seen[time] == 1 else str(seen[time])
        at = both(equals("USUBJID", subject), equals("ARRLT", time))
        scope = Scope(
            "profile", options.dataset, options.where, at, column=column.label, group=subject,
            level=replicate, time=time,
        )  # fmt: skip
        unit, limit = sample["AVALU"] or "", sample["ALLOQ"]
        stats = [
            Stat(
                "concentration", options.label, None if below else sample["AVAL"], unit,
                "below the limit of quantification" if below else "",
            )
        ]  # fmt: skip
        if limit is not None:
            stats.append(Stat("lloq", "Lower limit of quantification", limit, unit))
        rows.add(scope, "observed value", stats)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    points = view.only("profile").filter(pl.col("stat_name").is_in(["concentration", "lloq"]))
    if options.last_day is not None:
        points = points.filter(pl.col("time") <= options.last_day)
    columns = points["column"].unique(maintain_order=True).to_list()
    if not columns:
        return Shown(nothing(ctx.id, _words(points, columns)))
    shown = column_looks(ctx, columns)
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 125)
        limit = points.filter(pl.col("stat_name") == "lloq")["stat"].max()
        half = limit / 2 if isinstance(limit, float) else None
        for column, look in shown.items():
            _draw(axes, points.filter(pl.col("column") == column), look, half)
        mark_limit(axes, limit if isinstance(limit, float) else None)
        logarithmic(axes)
        last = points["time"].max()
        end = options.last_day or (last if isinstance(last, float) else 1.0)
        days(axes, (0.0, end), most=14, inside=0.02)
        axes.set_xlabel("Days from infusion")
        axes.set_ylabel(axis_name(options.label, next(iter(points["unit"]), "")))
        legend(made, [*keys(shown), _hollow()], WIDTH)
        return Shown(finished(made, _words(points, columns), points["row"].to_list()))


def _hollow() -> Any:
    """The legend's sign for values below the limit."""
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], linestyle="", color=GREY, marker="o", markersize=4, markerfacecolor="white",
        label="Below LLOQ",
    )  # fmt: skip


def mark_limit(axes: Any, limit: float | None) -> None:
    """A broken line at the limit of quantification."""
    if limit is not None:
        reference(axes, limit, "LLOQ")


def _draw(axes: Any, points: pl.DataFrame, look: Look, half: float | None) -> None:
    """The profiles of a column; a hollow marker at half the limit for values below it."""
    values = points.filter(pl.col("stat_name") == "concentration")
    values = values.with_columns(pl.col("stat").fill_null(half)).sort("group", "time")
    for profile in values.partition_by("group", maintain_order=True):
        axes.plot(
            profile["time"], profile["stat"], color=look.colour, linewidth=0.8, alpha=0.9,
            linestyle=look.line, marker=look.marker, markersize=3, gid=profile["group"][0],
        )  # fmt: skip
    below = values.filter(pl.col("reason") != "")
    hollow = axes.plot(
        below["time"], below["stat"], linestyle="", color=look.colour, markerfacecolor="white",
        marker=look.marker, markersize=3,
    )[0]  # fmt: skip
    name_points(hollow, [f"{who}, below LLOQ, drawn at half of it" for who in below["group"]])


def _words(points: pl.DataFrame, columns: list[str]) -> str:
    """The profiles in words: how many, and the highest value of each column."""
    said = []
    for column in columns:
        mine = points.filter(
            (pl.col("column") == column) & (pl.col("stat_name") == "concentration")
        )
        n = mine["group"].n_unique()
        said.append(f"{column}: {n} subject{'' if n == 1 else 's'}.")
    return "Individual concentration profiles on a logarithmic axis. " + (
        " ".join(said) or "No subject has a value."
    )


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Individual cellular kinetics profiles",
    analysis_set="CK",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Hollow symbols: below the lower limit of quantification (LLOQ), drawn at half of it. "
        "{infusion_day}",
    ),
)
