"""Response in subgroups: n/N and exact interval, drawn as a forest."""

from __future__ import annotations

from typing import Any

import polars as pl

from il5report.ard import Rows, Scope
from il5report.conditions import both
from il5report.display.axes import axis_name, line_at, percent
from il5report.display.plot import (
    BROKEN,
    GREY,
    GROUPS,
    TEXT,
    TOTAL,
    WIDTH,
    drawing,
    finished,
    house_style,
)
from il5report.display.view import NE, Numbers, View, percent_value
from il5report.output import Context, Needs, Output, Shown
from il5report.outputs.counting import add_column_sizes
from il5report.outputs.efficacy.t_response_rate import add_rate
from il5report.plan.base import Model, Text, Where


class Level(Model):
    """A subgroup: its subjects, by a condition on ADSL."""

    label: Text
    where: Where


class Factor(Model):
    """What the subjects are divided by."""

    label: Text
    levels: tuple[Level, ...]


class Options(Model):
    """`response`: subjects with a record of `dataset` that meets it are the responders."""

    dataset: Text = "ADRS"
    response: Where
    label: Text = "Response"
    factors: tuple[Factor, ...]


ALL = "All subjects"


def needs(ctx: Context) -> Needs:
    options = ctx.options(Options)
    levels = [("ADSL", level.where) for factor in options.factors for level in factor.levels]
    return Needs({options.dataset: ["USUBJID"]}, [(options.dataset, options.response), *levels])


def analyse(ctx: Context, rows: Rows) -> None:
    options = ctx.options(Options)
    add_column_sizes(ctx, rows)
    found = ctx.records(options.dataset, options.response, keep=("USUBJID",))
    whole = [("", ALL, None)]
    levels = [(f.label, level.label, level.where) for f in options.factors for level in f.levels]
    for column in ctx.columns:
        for group, label, among in whole + levels:
            subjects = ctx.in_column(column, among)
            n = subjects.join(found, on="USUBJID", how="semi").height
            where = options.response if among is None else both(options.response, among)
            scope = Scope(
                "subgroup", options.dataset, where, column.where, of=among, column=column.label,
                group=group, level=label,
            )  # fmt: skip
            add_rate(ctx, rows, scope, n, subjects.height)


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    options, view = ctx.options(Options), View(ard)
    column = ctx.columns[-1].label
    lines: list[tuple[str, Numbers | None]] = [
        (ALL, view.at("subgroup", column, level=ALL)),
    ]
    for factor in options.factors:
        lines.append((factor.label, None))
        for level in factor.levels:
            place = view.at("subgroup", column, group=factor.label, level=level.label)
            lines.append((level.label, place))
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, 24 + 6 * len(lines))
        for below, (label, numbers) in enumerate(lines):
            _line(axes, -below, label, numbers)
        overall = lines[0][1]
        if overall and (rate := overall.value("p")) is not None:
            line_at(axes, rate, "x", linestyle=BROKEN)
        axes.set_xlim(0, 1)
        percent(axes.xaxis)
        axes.set_ylim(-len(lines) + 0.4, 0.9)
        axes.set_yticks([-i for i in range(len(lines))], [label for label, _ in lines])
        for text, (_, numbers) in zip(axes.get_yticklabels(), lines, strict=True):
            text.set_horizontalalignment("left")
            text.set_fontweight("normal" if numbers else "bold")
        axes.tick_params(axis="y", length=0, pad=NAMES)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis_name(options.label, "%"))
        heads = ((-NAMES, "Subgroup"), (None, f"n/N (%) [{ctx.words['conf']} CI]"))
        for offset, head in heads:
            _head(axes, offset, head)
        words = " ".join(f"{label}: {_text(numbers)}." for label, numbers in lines if numbers)
        return Shown(finished(made, f"Forest plot of subgroups. {words}", ard["row"].to_list()))


NAMES, APART = 130, 0.035  # points for the names of the subgroups; of the axis, before the numbers


def _head(axes: Any, offset: float | None, text: str) -> None:
    """The head of the names, or of the numbers."""
    at = (0, 1) if offset is not None else (1 + APART, 1)
    axes.annotate(
        text, at, xytext=(offset or 0, 2), xycoords="axes fraction", textcoords="offset points",
        va="bottom", fontsize=TEXT, color=GREY,
    )  # fmt: skip


def _text(numbers: Numbers) -> str:
    """``n/N (x.x%) [lower, upper]``."""
    share = numbers.text("p", lambda value: f"{percent_value(value)}%")
    ends = ", ".join(numbers.text(name, percent_value) for name in ("lower", "upper"))
    return f"{numbers.n_of_total().text} ({share}) [{ends}]"


def _line(axes: Any, y: float, label: str, numbers: Numbers | None) -> None:
    """Point, interval and numbers of one subgroup."""
    if numbers is None:
        return
    p, lower, upper = (numbers.value(name) for name in ("p", "lower", "upper"))
    if p is not None and lower is not None and upper is not None:
        axes.plot([lower, upper], [y, y], color=TOTAL if label == ALL else GROUPS[0], linewidth=1.2)
        axes.plot(
            [p], [y], marker="D" if label == ALL else "s", markersize=5, clip_on=False,
            color=TOTAL if label == ALL else GROUPS[0], gid=label,
        )  # fmt: skip
    axes.text(
        1 + APART, y, _text(numbers) if p is not None else f"0/0 ({NE})", va="center",
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip


OUTPUT = Output(
    kind="figure",
    title="Response in subgroups",
    analysis_set="SAF",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
    footnotes=(
        "Point and line: proportion and two-sided {conf} confidence interval, {proportion_ci}. "
        "Dashed: all subjects. Descriptive: the trial has no power for subgroups.",
    ),
)
