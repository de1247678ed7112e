"""Swimmer plot: one lane per subject with responses, events, follow-up and grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import Condition, both, equals, expression
from il5report.display.axes import legend, strips
from il5report.display.marks import name_points, rectangles
from il5report.display.plot import (
    GREY,
    MM,
    PER_INCH,
    RESPONSES,
    SMALL,
    TOTAL,
    WIDTH,
    Look,
    drawing,
    finished,
    house_style,
    nothing,
    ticks,
)
from il5report.display.view import View, value_text
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.appearance import column_looks, parts
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.selection import in_column
from il5report.plan.base import Model, Text, Where


class Marker(Model):
    """A sign on the lane at each `date` of the records that meet `where`; `symbol` as in
    matplotlib."""

    label: Text
    dataset: Text
    where: Where
    date: Text
    symbol: Text


class Grade(Model):
    """A number beside the lane: `variable` of the one record that meets `where`."""

    label: Text
    dataset: Text
    where: Where
    variable: Text = "AVAL"


class Options(Model):
    """`end`: last day of follow-up (ADSL); `ongoing`: who is still followed.

    `response`: the assessments (AVALC at ADT); `levels`: those drawn on the lane, each from its
    date to the next assessment.
    """

    end: Text
    ongoing: Where
    dataset: Text = "ADRS"
    response: Where
    levels: Mapping[str, str]
    markers: tuple[Marker, ...]
    grades: tuple[Grade, ...] = ()


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    names: dict[str, list[str]] = {"ADSL": ["USUBJID", "TRTSDT", options.end]}
    names.setdefault(options.dataset, []).extend(["AVALC", "ADT"])
    for marker in options.markers:
        names.setdefault(marker.dataset, []).append(marker.date)
    for grade in options.grades:
        names.setdefault(grade.dataset, []).append(grade.variable)
    conditions: list[tuple[str, Condition | None]] = [
        ("ADSL", options.ongoing),
        (options.dataset, options.response),
        *((marker.dataset, marker.where) for marker in options.markers),
        *((grade.dataset, grade.where) for grade in options.grades),
    ]
    return Needs(names, conditions)


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    dated = [("response", options.dataset, options.response, "ADT", "AVALC")]
    dated += [(f"marker|{m.label}", m.dataset, m.where, m.date, "") for m in options.markers]
    for column in parts(ctx):
        _lanes(rows, options, column, ctx.in_column(column).sort("USUBJID"))
        for analysis, dataset, where, date, level in dated:
            found = ctx.records(dataset, where, keep=("TRTSDT", date, level or date))
            place = Scope(analysis, dataset, where, column=column.label)
            _dates(rows, place, in_column(ctx, column, found), date, level)
        for grade in options.grades:
            found = ctx.records(grade.dataset, grade.where, (grade.variable,)).sort("USUBJID")
            for subject, value in in_column(ctx, column, found)[["USUBJID", grade.variable]].rows():
                scope = Scope(
                    f"grade|{grade.label}", grade.dataset, grade.where, equals("USUBJID", subject),
                    column=column.label, group=subject,
                )  # fmt: skip
                why = "" if value is not None else "no grade"
                rows.add(scope, "observed value", [Stat("grade", grade.label, value, "", why)])


def _lanes(rows: Rows, options: Options, column: Column, subjects: pl.DataFrame) -> None:
    """The length of each lane, and whether it goes on."""
    ongoing = expression(options.ongoing, subjects.schema)
    for subject, end, goes_on in subjects.select(
        "USUBJID", pl.col(options.end), pl.repeat(True, pl.len()) & ongoing
    ).rows():
        scope = Scope(
            "lane", "ADSL", None, equals("USUBJID", subject), column=column.label, group=subject
        )
        why = "" if end is not None else "no end of follow-up"
        last = Stat("end", "Days from infusion to the end of follow-up", end, "days", why)
        flag = Stat("ongoing", "Still followed (1 yes, 0 no)", float(goes_on))
        rows.add(scope, "observed value", [last, flag])


def _dates(rows: Rows, place: Scope, found: pl.DataFrame, date: str, level: str) -> None:
    """One row per subject and day: days from infusion."""
    day = (pl.col(date) - pl.col("TRTSDT")).dt.total_days().cast(pl.Float64)
    kept = found.with_columns(DAY=day, LEVEL=pl.col(level) if level else pl.lit(""))
    kept = kept.filter(pl.col("DAY") >= 0).sort("USUBJID", "DAY", "LEVEL")
    for subject, at, when, what in kept.select("USUBJID", "DAY", date, "LEVEL").unique(
        maintain_order=True
    ).rows():  # fmt: skip
        where = both(equals("USUBJID", subject), equals(date, when.isoformat()))
        scope = Scope(
            place.analysis, place.dataset, place.subset, where, column=place.column,
            group=subject, level=what or "", time=at,
        )  # fmt: skip
        rows.add(scope, "observed value", [Stat("day", "Days from infusion", at, "days")])


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    shown = column_looks(ctx, [c.label for c in parts(ctx)])
    order = list(shown)
    lanes = view.only("lane", stat_name="end").with_columns(
        pl.col("column").replace_strict(order, range(len(order)), default=0).alias("place"),
        pl.col("stat").fill_null(0) / ctx.plan.conventions.days_per_month,
    )
    lanes = lanes.sort("place", "stat", "group", descending=[True, False, True]).with_row_index("y")
    words = _words(lanes, view, options)
    if not lanes.height:
        return Shown(nothing(ctx.id, words))
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 40 + ROW * MM / PER_INCH * lanes.height)
        _axes(axes, lanes, shown)
        _responses(ctx, axes, view, options, lanes)
        _signs(ctx, axes, view, options, lanes)
        _grades(axes, view, options, lanes)
        legend(made, _keys(options, shown), WIDTH)
        return Shown(finished(made, words, ard["row"].to_list()))


MARK = 0.15  # months; so that a single assessment is seen
LANE, THICK, THINNER, STRIP = 0.72, 0.46, 0.09, 0.012  # heights in lanes; width of the axis
ROW = 18.0  # points that a lane is high
LANE_COLOUR = "#E8E8E8"


def _axes(axes: Any, lanes: pl.DataFrame, shown: Mapping[str, Look]) -> None:
    """The lanes, a strip in the colour of the dose level before each; months below."""
    longest = lanes["stat"].max()
    months = max(longest, 1.0) if isinstance(longest, float) else 1.0
    named = [f"{who}, {column}" for who, column in lanes.select("group", "column").rows()]
    rectangles(
        axes, 0, lanes["y"] - LANE / 2, lanes["stat"], LANE, named, color=LANE_COLOUR, linewidth=0
    )
    axes.set_yticks(range(lanes.height), lanes["group"].to_list(), fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xticks(ticks(months, tte.STEPS["months"]))
    axes.set_xlim(-STRIP * months, 1.05 * months)
    axes.set_ylim(-0.7, lanes.height - 0.3)
    axes.set_xlabel("Months from infusion")
    lines = lanes.with_columns(pl.col("y").cast(pl.Float64))
    found = [(c, look, lines.filter(column=c)["y"].to_list()) for c, look in shown.items()]
    strips(axes, found, ROW)


def _responses(ctx: Context, axes: Any, view: View, options: Options, lanes: pl.DataFrame) -> None:
    """Each response from its assessment to the next; of the last one a short mark."""
    month = ctx.plan.conventions.days_per_month
    responses = view.only("response").sort("time").partition_by("group", as_dict=True)
    for subject, y in lanes.select("group", "y").rows():
        seen = responses.get((subject,), view.ard.clear())
        days = [*seen["time"] / month, 0.0]  # the last assessment is a mark of its own
        for at, (level, start) in enumerate(zip(seen["level"], days, strict=False)):
            if level in options.levels:
                place = list(options.levels).index(level)
                rectangles(
                    axes, start, y - _height(place) / 2, max(days[at + 1] - start, MARK),
                    _height(place), [f"{subject}, {options.levels[level]}"], linewidth=0.4,
                    facecolor=RESPONSES[place % len(RESPONSES)], edgecolor=RESPONSES[0],
                )  # fmt: skip


def _height(place: int) -> float:
    """The better a response, the thicker its bar: it is told apart without colour too."""
    return max(THICK - THINNER * place, THINNER)


def _signs(ctx: Context, axes: Any, view: View, options: Options, lanes: pl.DataFrame) -> None:
    """What happened, and whether the follow-up goes on at the end of a lane."""
    month = ctx.plan.conventions.days_per_month
    goes_on = view.only("lane", stat_name="ongoing").filter(pl.col("stat") == 1)["group"]
    last = lanes.with_columns(goes_on=pl.col("group").is_in(goes_on.implode()))
    for ongoing, sign in ((True, GOES_ON), (False, ENDED)):
        ends = last.filter(pl.col("goes_on") == ongoing)
        shift = 0.012 * axes.get_xlim()[1] if ongoing else 0.0
        axes.plot(ends["stat"] + shift, ends["y"], clip_on=False, **sign)
    for place, marker in enumerate(options.markers):
        found = view.only(f"marker|{marker.label}").join(lanes.select("group", "y"), on="group")
        line = axes.plot(found["time"] / month, found["y"], zorder=3, **_sign(place, marker))[0]
        name_points(line, [f"{who}, {marker.label}" for who in found["group"]])


GOES_ON: dict[str, Any] = {"marker": ">", "markersize": 5, "color": TOTAL, "linestyle": "",
                           "label": "Still followed"}  # fmt: skip
ENDED: dict[str, Any] = {"marker": "|", "markersize": 11, "color": TOTAL, "linestyle": "",
                         "markeredgewidth": 1.4, "label": "End of follow-up"}  # fmt: skip
INKS = ("#FFFFFF", "#56B4E9", "#F0C000", "#D55E00", "#111111", "#FFFFFF", "#999999")


def _sign(place: int, marker: Marker) -> dict[str, Any]:
    """How a sign is drawn: its own shape on a colour that is seen on every lane."""
    return {
        "linestyle": "", "marker": marker.symbol, "markersize": 5.5, "markeredgewidth": 0.7,
        "color": INKS[place % len(INKS)], "markeredgecolor": "#111111",
    }  # fmt: skip


def _grades(axes: Any, view: View, options: Options, lanes: pl.DataFrame) -> None:
    """The grades in columns to the right of the lanes."""
    for place, grade in enumerate(options.grades):
        at = 1.06 + 0.075 * place
        axes.text(
            at, 1.0, grade.label, transform=axes.transAxes, ha="center", va="bottom", color=GREY,
            fontsize=SMALL,
        )  # fmt: skip
        values = view.only(f"grade|{grade.label}").join(lanes.select("group", "y"), on="group")
        for y, value in values.select("y", "stat").rows():
            axes.text(
                at, y, value_text(value), transform=axes.get_yaxis_transform(), ha="center",
                va="center", fontsize=SMALL,
            )  # fmt: skip


def _keys(options: Options, shown: Mapping[str, Look]) -> list[Any]:
    """The legend: dose levels, responses and signs."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        *(Line2D([], [], color=look.colour, linewidth=5, label=c) for c, look in shown.items()),
        *(
            Patch(facecolor=RESPONSES[i % len(RESPONSES)], edgecolor=RESPONSES[0], label=label)
            for i, label in enumerate(options.levels.values())
        ),
        *(Line2D([], [], label=m.label, **_sign(i, m)) for i, m in enumerate(options.markers)),
        *(Line2D([], [], **sign) for sign in (GOES_ON, ENDED)),
    ]


def _words(lanes: pl.DataFrame, view: View, options: Options) -> str:
    """Lanes and signs in numbers."""
    said = [f"Swimmer plot of {lanes.height} subjects."]
    for marker in options.markers:
        who = view.only(f"marker|{marker.label}")["group"].n_unique()
        said.append(f"{marker.label}: {who} subjects.")
    return " ".join(said)


OUTPUT = Output(
    kind="figure",
    individual=True,
    title="Course of each subject",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "One lane per subject from infusion to the last contact or death; arrow head: still "
        "followed. Bar on the lane: the response of an assessment, up to the next assessment; of "
        "the last one a short mark; the better, the thicker. Beside the lane: worst grade of the "
        "syndromes by the {syndrome_grading}.",
    ),
)
