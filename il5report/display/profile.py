"""The profile of one subject: panels above each other on one axis of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from il5report.display.axes import line_at
from il5report.display.model import Figure
from il5report.display.plot import COLOURS, MARKERS, canvas, finished, house_style
from il5report.display.ticked import axes_class

WIDTH, LEFT, RIGHT = 170.0, 14.0, 4.0
VALUES, BAR, MARKS, GAP, AXIS = 20.0, 3.4, 7.0, 5.5, 10.0  # heights in mm
ROOM = 0.35  # of the width, for a text beside a bar
LEAST, PAGE = 9.0, 206.0  # a panel of values shrinks until all fit on a page


@dataclass(frozen=True)
class Series:
    """Values on days; the days ascend."""

    name: str
    days: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True)
class Stretch:
    """From day to day, with a text; `open` where the end is not known. A mark is one day."""

    text: str
    first: float
    last: float
    open: bool = False


@dataclass(frozen=True)
class Panel:
    """Series of values, or stretches of days; `marks` where the stretches are single days."""

    label: str
    series: Sequence[Series] = ()
    stretches: Sequence[Stretch] = ()
    marks: bool = False
    log: bool = False

    @property
    def rows(self) -> dict[str, int]:
        """The row of each text, in order of appearance."""
        return {text: i for i, text in enumerate(dict.fromkeys(s.text for s in self.stretches))}

    def height(self, values: float) -> float:
        """In mm, where a panel of values has `values`."""
        if self.series:
            return values
        return MARKS if self.marks else BAR * len(self.rows) + 2


def profile(key: str, panels: Sequence[Panel], days: tuple[float, float], said: str) -> Figure:
    """The drawing; `said` is what it shows in words."""
    fixed = sum(p.height(0) + GAP for p in panels) + AXIS
    plots = sum(bool(p.series) for p in panels)
    values = max(LEAST, min(VALUES, (PAGE - fixed) / max(plots, 1)))
    total = fixed + plots * values
    with house_style(key):
        made = canvas(WIDTH, total)
        top, axes = total, None
        for panel in panels:
            height = panel.height(values)
            top -= height + GAP
            box = (LEFT / WIDTH, top / total,
                   (WIDTH - LEFT - RIGHT) / WIDTH, height / total)  # fmt: skip
            axes = made.add_axes(box, sharex=axes, axes_class=axes_class())
            _panel(axes, panel, days)
        if axes is not None:
            axes.tick_params(axis="x", labelbottom=True)
            axes.tick_params(axis="x", labelsize=7)
            axes.set_xlabel("Days from infusion", fontsize=7.5)
        return finished(made, said, ())


def _panel(axes: Any, panel: Panel, days: tuple[float, float]) -> None:
    axes.set_xlim(*days)
    line_at(axes, 0, "x", linewidth=0.6, linestyle=(0, (2, 2)))
    axes.set_title(panel.label, loc="left", fontsize=7.5, pad=2.5)
    axes.tick_params(axis="x", labelbottom=False, length=2)
    axes.tick_params(axis="y", labelsize=6.5, length=2)
    if panel.series:
        _values(axes, panel)
    else:
        _stretches(axes, panel, days)


def _values(axes: Any, panel: Panel) -> None:
    from matplotlib.ticker import MaxNLocator

    for place, series in enumerate(panel.series):
        axes.plot(
            series.days, series.values, color=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)], markersize=2.6, linewidth=0.9,
            label=series.name,
        )  # fmt: skip
    if panel.log:
        axes.set_yscale("log")
        axes.minorticks_off()
    else:
        values = [v for s in panel.series for v in s.values]
        whole = all(float(v).is_integer() for v in values)
        if min(values) == max(values):
            axes.set_ylim(values[0] - 0.2, values[0] + 1)
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=whole))
    if len(panel.series) > 1:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1, 0.98), fontsize=6.5, ncols=len(panel.series),
            borderaxespad=0, handlelength=1.6, columnspacing=1.0,
        )  # fmt: skip


def _stretches(axes: Any, panel: Panel, days: tuple[float, float]) -> None:
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    rows = {"": 0} if panel.marks else panel.rows
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    for one in panel.stretches:
        if panel.marks:
            axes.plot([one.first], [-0.25], marker="v", color=COLOURS[0], markersize=3.5)
            axes.text(one.first, 0, one.text, ha="center", va="bottom", fontsize=6.5)
        else:
            _bar(axes, one, rows[one.text], days)
    for text, row in () if panel.marks else rows.items():
        bars = [one for one in panel.stretches if one.text == text]
        first = max(min(bar.first for bar in bars), days[0])
        last = min(max(bar.last for bar in bars), days[1])
        at, align = _beside(first, last, days)
        axes.text(at, -row, text, ha=align, va="center", fontsize=6.5)


def _beside(first: float, last: float, days: tuple[float, float]) -> tuple[float, str]:
    """Where the text of a bar stands: behind it, before it, or on it where neither has room."""
    room = ROOM * (days[1] - days[0])
    if days[1] - last > room:
        return last + 2, "left"
    if first - days[0] > room:
        return first - 1.5, "right"
    return first + 1, "left"


def _bar(axes: Any, one: Stretch, row: int, days: tuple[float, float]) -> None:
    first, last = max(one.first, days[0]), min(one.last, days[1])
    axes.barh(-row, last - first + 1, left=first - 0.5, height=0.6, color=COLOURS[4])
    if one.open or one.last > days[1]:
        axes.plot([last + 0.5], [-row], marker=">", color=COLOURS[0], markersize=3)
