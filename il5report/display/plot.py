"""Drawing with matplotlib: one style, byte-identical output, colours that survive grey print."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from textwrap import fill
from typing import TYPE_CHECKING, Any

from il5report.display.layout import arrange
from il5report.display.marks import marks_of
from il5report.display.model import Figure
from il5report.display.pen import pen_for
from il5report.display.ticked import axes_class

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

MM = 25.4
PER_INCH = 72  # drawn in points: nothing is scaled when it is written
WIDTH = 165.0  # of a figure, in mm: the type area of a portrait page
# The sizes of type, in points: of titles and axes, of ticks and legends, of text beside marks.
TITLE, TEXT, SMALL = 8.0, 7.5, 6.5
# Dose levels and whatever else the columns are; neighbours differ in lightness too.
COLOURS: Sequence[str] = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#8C6D1F",
)
# Groups that are no dose levels, so that a colour means one thing in all figures.
GROUPS: Sequence[str] = ("#3B2E8C", "#C9820A", "#7A1F5C", "#5F9EA0", "#8C6D1F", "#999999")
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
# Responses from the best on, then those that are none: neither dose levels nor other groups.
RESPONSES = ("#2E2470", "#6A5FB8", "#B5AEE0", "#E8C468", "#B5442A", "#C7DBC6")
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++")
TOTAL = "#222222"
GREY = "#666666"
FAINT = "#E3E3E3"
BROKEN = (0, (3, 2))
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#444444",
    "axes.labelcolor": "#222222",
    "axes.labelsize": TITLE,
    "axes.titlesize": TITLE,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.6,
    "ytick.minor.size": 1.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.frameon": False,
    "legend.fontsize": TEXT,
    "lines.linewidth": 1.3,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
}


def ink(colour: str) -> str:
    """Black or white, whichever is read better on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#FFFFFF"


@dataclass(frozen=True)
class Look:
    """How a column or group is drawn; line, marker and hatch tell it apart without colour."""

    colour: str
    line: Any = "-"
    marker: str = "o"
    hatch: str = ""


def looks(
    labels: Sequence[str], doses: Sequence[str] = (), total: str | None = None
) -> Mapping[str, Look]:
    """The look of each label: dose levels by their place in the study, a total black, other groups
    in colours that no dose level has."""
    found, others = {}, 0
    for label in labels:
        if label == total:
            found[label] = Look(TOTAL, "-", MARKERS[len(doses) % len(MARKERS)])
            continue
        if label in doses:
            place, colours = doses.index(label), COLOURS
        else:
            place, colours, others = others, GROUPS, others + 1
        found[label] = Look(
            colours[place % len(colours)], LINES[place % len(LINES)],
            MARKERS[place % len(MARKERS)], HATCHES[place % len(HATCHES)],
        )  # fmt: skip
    return found


@contextmanager
def house_style(key: str) -> Iterator[None]:
    """Draw inside it. `key` makes the ids in the SVG the figure's own.

    Nothing is collected meanwhile: a drawing is thousands of objects that refer to each other, and
    looking through all that a report holds for each of them takes a sixth of the time.
    """
    import matplotlib as mpl

    collected = gc.isenabled()
    gc.disable()
    try:
        with mpl.rc_context({**_STYLE, "svg.hashsalt": key}):
            yield
    finally:
        if collected:
            gc.enable()


def canvas(width_mm: float, height_mm: float) -> Drawing:
    """A drawing without axes."""
    from matplotlib.figure import Figure as Drawing

    return Drawing(figsize=(width_mm / MM, height_mm / MM), dpi=PER_INCH)


def drawing(width_mm: float, height_mm: float, rows: Sequence[float] = (1,)) -> tuple[Any, ...]:
    """A drawing, and its axes one above the other (relative heights)."""
    made, grid = panels(width_mm, height_mm, (len(rows), 1), heights=rows, sharex=len(rows) > 1)
    return made, *grid[:, 0]


def panels(
    width_mm: float, height_mm: float, shape: tuple[int, int],
    heights: Sequence[float] | None = None, **more: Any,
) -> tuple[Drawing, Any]:  # fmt: skip
    """A drawing, and its axes in lines and columns; `more` as for `subplots`."""
    made = canvas(width_mm, height_mm)
    kind = {"axes_class": axes_class()}
    return made, made.subplots(
        *shape, squeeze=False, height_ratios=heights, subplot_kw=kind, **more
    )


def finished(made: Drawing, description: str, refs: Sequence[int]) -> Figure:
    """The drawing laid out, as SVG without a date."""
    svg = io.StringIO()
    pen = pen_for(made, svg)
    arrange(made, pen)
    made.draw(pen)
    pen.finalize()
    width, height = made.get_size_inches()
    drawn = svg.getvalue(), description, float(width * MM), float(height * MM)
    return Figure(*drawn, tuple(refs), marks_of(made))


LETTER_MM = 1.55  # of running text


def nothing(
    key: str, words: str, refs: Sequence[int] = (), size_mm: tuple[float, float] = (WIDTH, 30.0)
) -> Figure:
    """In place of a drawing that would show no subject: sentences that say so."""
    words = words if words.startswith("No ") else f"No subject to show. {words}"
    with house_style(key):
        made, axes = drawing(*size_mm)
        axes.set_axis_off()
        lines = fill(words, int(size_mm[0] / LETTER_MM))
        axes.text(0.5, 0.5, lines, ha="center", va="center", transform=axes.transAxes)
        return replace(finished(made, words, refs), empty=True)


def pale(colour: str, share: float = 0.45) -> str:
    """A colour mixed with white."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - part)):02X}" for part in parts)


def ticks(highest: float, step_candidates: Sequence[float]) -> list[float]:
    """Ticks from 0 to at least `highest` with the first step that needs at most ten."""
    step = next((s for s in step_candidates if highest / s <= 10), step_candidates[-1])
    count = max(1, -int(-highest // step))
    return [step * i for i in range(count + 1)]
