"""Drawing with matplotlib: one style, byte-identical output, colours that survive grey print."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from il5report.display.marks import marks_of
from il5report.display.model import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MM = 25.4
# Okabe-Ito, ordered so that neighbours differ in lightness too; black for totals.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8C6D1F")
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
TOTAL = "#222222"
GREY = "#666666"
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#444444",
    "axes.labelcolor": "#222222",
    "axes.grid": False,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.3,
    "svg.fonttype": "none",
}


@contextmanager
def house_style(key: str) -> Iterator[None]:
    """Draw inside it. `key` makes the ids in the SVG the figure's own."""
    import matplotlib as mpl

    with mpl.rc_context({**_STYLE, "svg.hashsalt": key}):
        yield


def drawing(width_mm: float, height_mm: float, rows: Sequence[float] = (1,)) -> tuple[Any, ...]:
    """A drawing, and its axes one above the other (relative heights)."""
    from matplotlib.figure import Figure as Drawing

    made = Drawing(figsize=(width_mm / MM, height_mm / MM), layout="constrained")
    axes = made.subplots(
        len(rows), 1, squeeze=False, sharex=len(rows) > 1, height_ratios=list(rows)
    )
    return made, *axes[:, 0]


def finished(made: Drawing, description: str, refs: Sequence[int]) -> Figure:
    """The drawing as SVG, without a date."""
    svg = io.StringIO()
    made.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    width, height = made.get_size_inches()
    drawn = svg.getvalue(), description, width * MM, height * MM
    return Figure(*drawn, tuple(refs), marks_of(made))


def colour(position: int, count: int, has_total: bool) -> str:
    """Colour of one of `count` columns; a total after others is black."""
    if has_total and position == count - 1:
        return TOTAL
    return COLOURS[position % len(COLOURS)]


def bare(axes: Axes) -> None:
    """Axes without frame, ticks or labels, to write text on."""
    axes.set_axis_off()


def ticks(highest: float, step_candidates: Sequence[float]) -> list[float]:
    """Ticks from 0 to at least `highest` with the first step that needs at most eight."""
    step = next((s for s in step_candidates if highest / s <= 8), step_candidates[-1])
    count = max(1, -int(-highest // step))
    return [step * i for i in range(count + 1)]
