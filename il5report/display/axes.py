"""Axes as readers of medical figures expect them: names with units, weeks, powers of ten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np

from il5report.display.plot import BROKEN, GREY, SMALL, Look, pale
from il5report.display.view import raised, unit_text

DAYS = (1, 2, 7, 14, 28, 56, 84, 168, 364)
MONTHS = (1, 3, 6, 12, 24, 60)
FINER: Mapping[float, int] = {7: 1, 14: 7, 28: 7, 56: 28, 84: 28}
MINOR = range(2, 10)
LEAST, MOST = 5e-4, 1e5  # between them a tick is written out
FEW, MANY = (1.2, 2.4), 6  # decades up to which 2 and 5 are named, and small ticks are drawn


def axis_name(label: str, unit: str = "") -> str:
    """The name of an axis: ``Neutrophils (10⁹/L)``."""
    return f"{label} ({unit_text(unit)})" if unit else label


def day_ticks(first: float, last: float, most: int = 10) -> list[float]:
    """Days on an axis: 0 and whole steps to both sides, at most about `most` of them."""
    step = next((s for s in DAYS if (last - first) / s <= most), DAYS[-1])
    return [float(i * step) for i in range(ceil(first / step), floor(last / step) + 1)]


def days(
    axes: Any, ends: tuple[float, float], most: int = 10, finer: bool = True, inside: float = 0.0
) -> None:
    """An axis of days from infusion over `ends`, with `inside` of it free at both; small ticks at
    weeks or days where `finer`."""
    first, last = ends
    shown = day_ticks(first, last, most)
    axes.set_xticks(shown, [number(at) for at in shown])
    margin = inside * (last - first)
    axes.set_xlim(first - margin, last + margin)
    step = FINER.get(shown[1] - shown[0]) if len(shown) > 1 and finer else None
    if step:
        between = [i * step for i in range(ceil(first / step), floor(last / step) + 1)]
        _small_ticks(axes, "x", [at for at in between if at not in shown])


def number(value: float) -> str:
    """A tick: with a minus sign, no needless decimals, no separator."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def logarithmic(
    axes: Any, which: str = "y", limits: tuple[float, float] | None = None, finer: bool = True
) -> None:
    """A logarithmic axis over what is drawn: decades named, 2 and 5 too where there are few of
    them, small ticks between."""
    ends = getattr(axes.dataLim, f"interval{which}")
    if limits is None and 0 < ends[0] == ends[1]:
        limits = ends[0] / 10, ends[1] * 10
    if limits:
        getattr(axes, f"set_{which}lim")(*limits)
    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    low, high = limits or getattr(axes, f"get_{which}lim")()
    if not 0 < low < high:
        return
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    few = log10(high / low) < FEW[finer]
    shown = [m * 10.0**e for e in decades for m in ((1, 2, 5) if few else (1,))]
    inside = [at for at in shown if low <= at * (1 + 1e-9) and at <= high * (1 + 1e-9)]
    plain = all(LEAST < at < MOST for at in inside)
    axis.set_ticks(inside, [number(at) if plain else _power(at) for at in inside])
    axes.minorticks_off()
    getattr(axes, f"set_{which}lim")(low, high)
    if finer and len(decades) <= MANY:
        between = [m * 10.0**e for e in decades for m in MINOR]
        _small_ticks(axes, which, [at for at in between if low <= at <= high])


def _small_ticks(axes: Any, which: str, places: Sequence[float]) -> None:
    """Ticks without labels as one line of marks: ticks proper take as long as all the rest."""
    from matplotlib.markers import TICKDOWN, TICKLEFT

    edge = [0.0] * len(places)
    points = (places, edge) if which == "x" else (edge, places)
    axes.plot(
        *points, linestyle="", marker=TICKDOWN if which == "x" else TICKLEFT, markersize=1.8,
        color="#444444", markeredgewidth=0.4, clip_on=False, scalex=False, scaley=False,
        transform=getattr(axes, f"get_{which}axis_transform")(),
    )  # fmt: skip


def _power(at: float) -> str:
    """``10⁵``, or ``2·10⁵``."""
    exponent = floor(log10(at) + 1e-9)
    times = round(at / 10.0**exponent)
    return f"{'' if times == 1 else f'{times}·'}10{raised(exponent)}"


def percent(axis: Any, top: float = 1.0) -> None:
    """An axis of proportions, its ticks in percent."""
    step = next((s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if top / s <= 6), 0.2)
    shown = [i * step for i in range(floor(top / step + 1e-9) + 1)]
    axis.set_ticks(shown, [f"{100 * at:.0f}" for at in shown])


def line_at(axes: Any, at: float | Sequence[float], which: str = "y", **style: Any) -> None:
    """A line across the axes at a value of an axis, or at each of some. `axvline` and `axhline`
    first look for the limits of all axes that share theirs."""
    from matplotlib.lines import Line2D

    values = np.repeat(np.atleast_1d(np.asarray(at, float)), 3)
    across = np.tile([0.0, 1.0, np.nan], len(values) // 3)
    points = (across, values) if which == "y" else (values, across)
    place = getattr(axes, f"get_{which}axis_transform")("grid")
    axes.add_line(Line2D(*points, transform=place, **{"color": GREY, "linewidth": 0.7, **style}))


def reference(axes: Any, at: float, text: str = "") -> None:
    """A broken horizontal line; its text at the right end, above it and off what is drawn."""
    line_at(axes, at, linestyle=BROKEN, zorder=0.8)
    if text:
        axes.annotate(
            text, (1, at), xytext=(3, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", ha="left", color=GREY, fontsize=SMALL,
            annotation_clip=False,
        )  # fmt: skip


def infusion(axes: Any) -> None:
    """The vertical line of the day of infusion."""
    line_at(axes, 0, "x", zorder=0.8)


def legend(made: Any, handles: Sequence[Any], width_mm: float, heading: str = "") -> None:
    """A legend above the axes with as many columns as there is room for."""
    if not handles:
        return
    points = width_mm / 25.4 * 72 - 8
    widest = max(len(str(h.get_label())) for h in handles) * 4.2 + 34
    across = max(1, min(len(handles), int(points // widest)))
    made.legend(
        handles=list(handles), loc="upper left", ncols=across, title=heading or None,
        alignment="left", borderaxespad=0, borderpad=0.2, columnspacing=1.4, handlelength=2.2,
        labelspacing=0.4,
    )  # fmt: skip


def keys(shown: Mapping[str, Look]) -> list[Any]:
    """What a legend shows of lines with markers."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=look.colour, linestyle=look.line, marker=look.marker, markersize=3.5,
               label=label)
        for label, look in shown.items()
    ]  # fmt: skip


def boxed(shown: Mapping[str, Look]) -> list[Any]:
    """What a legend shows of bars and boxes."""
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=pale(look.colour), edgecolor=look.colour, hatch=look.hatch, label=label)
        for label, look in shown.items()
    ]


def strips(axes: Any, groups: Sequence[tuple[str, Look, Sequence[float]]], room: float) -> None:
    """The group of each line of the axes: a strip of its colour at the left end, and its name,
    upright, beside the lines at the right. `room`: points that a line is high."""
    end = axes.get_xlim()[0]
    for label, look, lines in groups:
        if not lines:
            continue
        low, high = min(lines) - 0.5, max(lines) + 0.5
        axes.vlines(end, low, high, color=look.colour, linewidth=5)
        if len(label) * LETTER <= (high - low) * room:
            axes.annotate(
                label, (1, (low + high) / 2), xytext=(BESIDE, 0), textcoords="offset points",
                xycoords=("axes fraction", "data"), rotation=270, va="center", ha="left",
                color=look.colour, fontsize=SMALL, annotation_clip=False,
            )  # fmt: skip


LETTER, BESIDE = 0.62 * SMALL, 4.0  # width of a letter, and where the names stand, in points


NUMBERS_MM = 4.6  # the height of a line of numbers under a figure


def lines_of_numbers(axes: Any, shown: Mapping[str, Look]) -> None:
    """Axes that hold lines of numbers alone: the name of each line in its colour."""
    axes.set_ylim(-len(shown) + 0.4, 0.6)
    axes.set_yticks([-i for i in range(len(shown))], list(shown))
    for label, look in zip(axes.get_yticklabels(), shown.values(), strict=True):
        label.set_color(look.colour)
    axes.tick_params(axis="both", length=0, labelbottom=False)
    axes.tick_params(axis="y", pad=8)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
