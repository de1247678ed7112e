"""Swimmer plot: one lane per subject with responses, events, follow-up and grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from il5report.ard import Rows, Scope, Stat
from il5report.conditions import Condition, both, equals, expression
from il5report.display.plot import COLOURS, drawing, finished, house_style, ticks
from il5report.display.view import View, value_text
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs import time_to_event as tte
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.efficacy.f_waterfall import parts
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
    for column in parts(ctx):
        subjects = ctx.in_column(column).sort("USUBJID")
        _lanes(rows, options, column, subjects)
        dated = [("response", options.dataset, options.response, "ADT", "AVALC")]
        dated += [(f"marker|{m.label}", m.dataset, m.where, m.date, "") for m in options.markers]
        for analysis, dataset, where, date, level in dated:
            found = ctx.records(dataset, where).join(subjects, on="USUBJID", how="semi")
            _dates(rows, Scope(analysis, dataset, where, column=column.label), found, date, level)
        for grade in options.grades:
            found = ctx.records(grade.dataset, grade.where)
            found = found.join(subjects, on="USUBJID", how="semi").sort("USUBJID")
            for subject, value in found.select("USUBJID", grade.variable).rows():
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
    order = [c.label for c in parts(ctx)]
    lanes = view.only("lane", stat_name="end").with_columns(
        pl.col("column").replace_strict(order, range(len(order)), default=0).alias("place")
    )
    lanes = lanes.sort("place", "stat", "group", descending=[True, False, True])
    with house_style(ctx.id):
        made, axes = drawing(165, 35 + 5 * max(lanes.height, 1))
        for y, (subject, column, end) in enumerate(lanes.select("group", "column", "stat").rows()):
            shade = COLOURS[order.index(column) % len(COLOURS)]
            _lane(ctx, axes, view, options, (subject, y, end, shade))
        _legend(made, axes, options, order)
        _axes(ctx, axes, view, options, lanes)
        words = _words(lanes, view, options)
        return Shown(finished(made, words, ard["row"].to_list()))


MARK = 0.15  # months; so that a single assessment is seen
RESPONSES = ("#111111", "#555555", "#888888", "#AAAAAA")


def _lane(
    ctx: Context, axes: Any, view: View, options: Options, lane: tuple[str, int, Any, str]
) -> None:
    """Lane, responses on it, signs, arrow."""
    subject, y, end, shade = lane
    month = ctx.plan.conventions.days_per_month
    length = 0.0 if end is None else end / month
    axes.barh(y, length, height=0.72, color=shade, alpha=0.35, linewidth=0)
    seen = view.only("response", group=subject).sort("time")
    days = [*seen["time"] / month, 0.0]  # the last assessment is a mark of its own
    for at, (level, start) in enumerate(zip(seen["level"], days, strict=False)):
        if level in options.levels:
            tint = RESPONSES[list(options.levels).index(level) % len(RESPONSES)]
            axes.barh(y, max(days[at + 1] - start, MARK), left=start, height=0.28, color=tint)
    for place, marker in enumerate(options.markers):
        times = view.only(f"marker|{marker.label}", group=subject)["time"] / month
        axes.plot(
            times, [y] * len(times), linestyle="", marker=marker.symbol, markersize=5.5,
            color=COLOURS[(place + 3) % len(COLOURS)], markeredgecolor="black",
            markeredgewidth=0.5,
        )  # fmt: skip
    if any(view.only("lane", group=subject, stat_name="ongoing")["stat"] == 1):
        axes.annotate(
            "", (length + 0.7, y), (length, y), arrowprops={"arrowstyle": "->", "linewidth": 0.9}
        )


def _axes(ctx: Context, axes: Any, view: View, options: Options, lanes: pl.DataFrame) -> None:
    """Names and grades beside the lanes; months below."""
    names = []
    for subject in lanes["group"]:
        grades = [
            f"{g.label} {value_text(v)}"
            for g in options.grades
            for v in view.only(f"grade|{g.label}", group=subject)["stat"]
        ]
        names.append("  ".join([subject.split("-", 2)[-1], *grades]))
    axes.set_yticks(range(lanes.height), names, fontsize=6.5)
    longest = lanes["stat"].max() or 0.0
    months = longest / ctx.plan.conventions.days_per_month if isinstance(longest, float) else 0.0
    axes.set_xticks(ticks(months, tte.STEPS["months"]))
    axes.set_xlim(0, months + 1.5)
    axes.set_ylim(-0.7, max(lanes.height, 1) - 0.3)
    axes.set_xlabel("Months from infusion")


def _legend(made: Any, axes: Any, options: Options, columns: Sequence[str]) -> None:
    """Dose levels, responses and signs."""
    for place, column in enumerate(columns):
        axes.barh(-9, 0, color=COLOURS[place % len(COLOURS)], alpha=0.35, label=column)
    for place, label in enumerate(options.levels.values()):
        axes.barh(-9, 0, color=RESPONSES[place % len(RESPONSES)], label=label)
    for place, marker in enumerate(options.markers):
        axes.plot(
            [], [], linestyle="", marker=marker.symbol, markersize=5, label=marker.label,
            color=COLOURS[(place + 3) % len(COLOURS)], markeredgecolor="black",
            markeredgewidth=0.5,
        )  # fmt: skip
    made.legend(loc="outside upper left", ncols=4)


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
        "One lane per subject from infusion to the last contact or death; arrow: still followed. "
        "Dark line: the response of an assessment, up to the next assessment; of the last one a "
        "short mark. Beside the lane: worst grade of the syndromes by the {syndrome_grading}.",
    ),
)
