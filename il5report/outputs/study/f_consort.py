"""Flow of subjects from screening to analysis (CONSORT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from il5report.ard import NUMBER_OF_SUBJECTS, Rows, Scope, Stat
from il5report.conditions import Compound, Condition, both, equals
from il5report.display.plot import WIDTH, drawing, finished, house_style
from il5report.display.view import View, value_text
from il5report.output import Column, Context, Needs, Output, Shown
from il5report.outputs.counting import METHOD
from il5report.plan.base import Model, Text, Where


class Stage(Model):
    """A box of the flow: the subjects of the stage above who meet `where` (ADSL).

    `lost`: label of the side box of those who do not, with their number by value of `reason` (a
    variable of ADSL). `split`: one box per column.
    """

    label: Text
    where: Where
    lost: str = ""
    reason: str = ""
    split: bool = False


class Options(Model):
    """The stages from top to bottom."""

    stages: tuple[Stage, ...]


EVERYONE = Column("", None)
NOT_GIVEN = "Reason not given"


def needs(ctx: Context) -> Needs:
    stages = ctx.options(Options).stages
    variables = ["USUBJID", *(stage.reason for stage in stages if stage.reason)]
    return Needs({"ADSL": variables}, [("ADSL", stage.where) for stage in stages])


def analyse(ctx: Context, rows: Rows) -> None:
    above: Condition | None = None
    for stage in ctx.options(Options).stages:
        here = stage.where if above is None else both(above, stage.where)
        for column in (*ctx.columns, EVERYONE) if stage.split else (EVERYONE,):
            _count(ctx, rows, "stage", stage.label, column, here)
        if stage.lost:
            gone: Condition = Compound("NOT", (stage.where,))
            gone = gone if above is None else both(above, gone)
            _count(ctx, rows, "lost", stage.label, EVERYONE, gone)
            if stage.reason:
                for value in ctx.records("ADSL", gone)[stage.reason].unique().sort(nulls_last=True):
                    why = both(gone, equals(stage.reason, value))
                    level = NOT_GIVEN if value is None else value_text(value)
                    _count(ctx, rows, "lost", stage.label, EVERYONE, why, level)
        above = here


def _count(  # noqa: PLR0913, PLR0917
    ctx: Context, rows: Rows, analysis: str, stage: str, column: Column, where: Condition,
    level: str = "",
) -> None:  # fmt: skip
    n = ctx.in_column(column, where).height
    name, label, unit = NUMBER_OF_SUBJECTS
    scope = Scope(
        analysis, "ADSL", where, column.where, column=column.label, group=stage, level=level
    )
    rows.add(scope, METHOD, [Stat(name, label, n, unit)])


BOX = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": "#444444", "linewidth": 0.8}
SIDE = {**BOX, "facecolor": "#f3f3f0", "boxstyle": "square,pad=0.45"}
MAIN_X, SIDE_X = 0.32, 0.62
LINE_MM, SPLIT_MM, JOIN_MM = 3.6, 16.0, 8.0


def display(ctx: Context, ard: pl.DataFrame) -> Shown:
    stages, view = ctx.options(Options).stages, View(ard)
    columns = [c.label for c in ctx.columns]
    texts = [_stage_text(view, stage) for stage in stages]
    sides = [_lost_lines(ctx, view, stage) for stage in stages]
    heights = [max(14.0, 8 + LINE_MM * len(lines)) for lines in sides]
    height = sum(heights[1:]) + 16 + sum(SPLIT_MM + JOIN_MM for stage in stages if stage.split)
    with house_style(ctx.id):
        made, axes = drawing(WIDTH, height)
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(-height, 0)
        y = -8.0
        for i, (stage, text, lines, gap) in enumerate(
            zip(stages, texts, sides, heights, strict=True)
        ):
            if i:
                _arrow(axes, (MAIN_X, y), (MAIN_X, y - gap))
                if lines:
                    middle = y - gap / 2
                    axes.text(SIDE_X, middle, "\n".join(lines), va="center", bbox=SIDE)
                    _arrow(axes, (MAIN_X, middle), (SIDE_X - 0.01, middle), gap=0)
                y -= gap
            axes.text(MAIN_X, y, text, ha="center", va="center", bbox=BOX, fontweight="bold")
            if stage.split:
                y = _split(axes, view, stage, columns, y)
        words = " ".join(f"{t.replace(chr(10), ' ')}." for t in texts)
        said = " ".join(f"{'; '.join(lines)}." for lines in sides if lines)
        return Shown(finished(made, f"Flow of subjects. {words} {said}", ard["row"].to_list()))


def _stage_text(view: View, stage: Stage) -> str:
    return f"{stage.label}\nn = {view.at('stage', '', group=stage.label).count('n')}"


def _lost_lines(ctx: Context, view: View, stage: Stage) -> list[str]:
    if not stage.lost:
        return []
    lines = [f"{stage.lost}: n = {view.at('lost', '', group=stage.label).count('n')}"]
    found = view.only("lost", group=stage.label).filter(pl.col("level") != "")
    for level in found["level"]:
        n = view.at("lost", "", group=stage.label, level=level).count("n")
        lines.append(f"   {ctx.said(stage.reason, level)}: {n}")
    return lines


def _split(axes: Any, view: View, stage: Stage, columns: Sequence[str], y: float) -> float:
    """A row of boxes, one per column other than a total, and the line that joins them again."""
    shown = [c for c in columns if view.at("stage", c, group=stage.label)][: len(columns)]
    parts = shown[:-1] if len(shown) > 1 else shown
    below = y - SPLIT_MM
    for i, column in enumerate(parts):
        x = MAIN_X + (i - (len(parts) - 1) / 2) * 0.21
        _arrow(axes, (MAIN_X, y), (x, below))
        n = view.at("stage", column, group=stage.label).count("n")
        axes.text(x, below, f"{column}\nn = {n}", ha="center", va="center", bbox=BOX)
        corner = ([x, x, MAIN_X], [below, below - JOIN_MM, below - JOIN_MM])
        axes.plot(*corner, color="#444444", linewidth=0.8, zorder=0)
    return below - JOIN_MM


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], gap: int = 14) -> None:
    style = {
        "arrowstyle": "-|>", "color": "#444444", "linewidth": 0.8, "shrinkA": 0, "shrinkB": gap,
    }  # fmt: skip
    axes.annotate("", xy=end, xytext=start, arrowprops=style, zorder=0)


OUTPUT = Output(
    kind="figure",
    title="Flow of subjects",
    analysis_set="SCR",
    needs=needs,
    options=Options,
    analyse=analyse,
    display=display,
)
