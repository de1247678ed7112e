"""Where the parts of a drawing stand: margins as wide as ticks, titles and legend need, measured
once. Titles of axes above each other line up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

EDGE, APART, BELOW_LEGEND = 3.0, 9.0, 6.0  # in points: outside, between axes, under the legend
TITLE_GAP = 4.0
BELOW, BESIDE = "below", "beside"  # gid of a text that names an axis of all panels


def name_below(made: Drawing, text: str) -> None:
    """The name of the horizontal axis of all panels."""
    made.text(0.5, 0, text, ha="center", va="bottom", gid=BELOW)


def name_beside(made: Drawing, text: str) -> None:
    """The name of the vertical axis of all panels."""
    made.text(0, 0.5, text, ha="left", va="center", rotation="vertical", gid=BESIDE)


def arrange(made: Drawing, ruler: Any) -> None:
    """Put axes, names and legend of a drawing with axes in a grid into their places; `ruler` is
    what measures its texts, in points."""
    gridded = [a for a in made.axes if a.get_subplotspec() is not None]
    if not gridded:
        return
    width, height = (float(v) * made.dpi for v in made.get_size_inches())
    grid = _Grid(gridded)
    grid.provisional(made)
    for axes in gridded:
        grid.measure(axes, ruler)
    left, bottom = EDGE, EDGE
    top = height - EDGE - _legend(made, ruler)
    names = {t.get_gid(): t for t in made.texts if t.get_gid() in (BELOW, BESIDE)}
    if BELOW in names:
        bottom += names[BELOW].get_window_extent(ruler).height + TITLE_GAP
    if BESIDE in names:
        left += names[BESIDE].get_window_extent(ruler).width + TITLE_GAP
    inside = grid.place((left, bottom, width - EDGE, top), (width, height))
    if BELOW in names:
        names[BELOW].set_position(((inside[0] + inside[2]) / 2 / width, EDGE / height))
    if BESIDE in names:
        names[BESIDE].set_position((EDGE / width, (inside[1] + inside[3]) / 2 / height))


def _legend(made: Drawing, ruler: Any) -> float:
    """The legend to the upper left; the height that it takes."""
    if not made.legends:
        return 0.0
    legend = made.legends[0]
    _measured_once(legend)
    width, height = (float(v) * made.dpi for v in made.get_size_inches())
    legend.set_loc("upper left")
    legend.set_bbox_to_anchor((EDGE / width, 1 - EDGE / height), transform=made.transFigure)
    return float(legend.get_window_extent(ruler).height) + BELOW_LEGEND


def _measured_once(legend: Any) -> None:
    """Its boxes in boxes each ask all within for their sizes, which do not change any more."""
    from matplotlib.offsetbox import OffsetBox

    for box in legend.findobj(OffsetBox):
        for asked in ("get_bbox", "_get_bbox_and_child_offsets"):
            setattr(box, asked, cache(getattr(box, asked)))


class _Grid:
    """The room that the axes of a grid need around them, by line and column, in points."""

    def __init__(self, axes: Sequence[Axes]) -> None:
        self.axes = axes
        spec = axes[0].get_subplotspec()
        assert spec is not None
        gridspec: Any = spec.get_gridspec()
        self.lines, self.columns = gridspec.nrows, gridspec.ncols
        self.heights = np.asarray(gridspec.get_height_ratios(), float)
        self.widths = np.asarray(gridspec.get_width_ratios(), float)
        self.left, self.right = np.zeros(self.columns), np.zeros(self.columns)
        self.top, self.bottom = np.zeros(self.lines), np.zeros(self.lines)
        self.ticks = np.zeros(self.columns)  # left of the axes, without the name
        self.below = np.zeros(self.lines)

    def cell(self, axes: Axes) -> tuple[int, int]:
        spec = axes.get_subplotspec()
        assert spec is not None
        return spec.rowspan.start, spec.colspan.start

    def provisional(self, made: Drawing) -> None:
        """Near the final size, on which automatic ticks depend."""
        made.subplots_adjust(left=0.12, right=0.97, bottom=0.1, top=0.92, wspace=0.15, hspace=0.15)

    def measure(self, axes: Axes, ruler: Any) -> None:
        line, column = self.cell(axes)
        box = axes.bbox
        around = [box.x0, box.y0, box.x1, box.y1]
        for part in _extents(axes, ruler):
            around = [min(around[0], part.x0), min(around[1], part.y0),
                      max(around[2], part.x1), max(around[3], part.y1)]  # fmt: skip
        self.ticks[column] = max(self.ticks[column], box.x0 - around[0])
        self.below[line] = max(self.below[line], box.y0 - around[1])
        self.right[column] = max(self.right[column], around[2] - box.x1)
        self.top[line] = max(self.top[line], around[3] - box.y1)
        beside, under = axes.yaxis.label, axes.xaxis.label
        if axes.axison and beside.get_text():
            wide = beside.get_window_extent(ruler).width + TITLE_GAP
            self.left[column] = max(self.left[column], wide)
        if axes.axison and under.get_text():
            high = under.get_window_extent(ruler).height + TITLE_GAP
            self.bottom[line] = max(self.bottom[line], high)

    def place(
        self, box: tuple[float, float, float, float], size: tuple[float, float]
    ) -> tuple[float, float, float, float]:
        """All axes into `box`; the rectangle around them, without what stands beside them."""
        left, bottom, right, top = box
        (wide, high) = size
        before, under = self.left + self.ticks, self.bottom + self.below
        across = right - left - (before + self.right).sum() - APART * (self.columns - 1)
        down = top - bottom - (self.top + under).sum() - APART * (self.lines - 1)
        widths = max(across, 10.0) * self.widths / self.widths.sum()
        heights = max(down, 10.0) * self.heights / self.heights.sum()
        starts = left + np.cumsum(
            before + np.concatenate([[0], widths[:-1] + self.right[:-1] + APART])
        )
        ends = top - np.cumsum(self.top + heights + np.concatenate([[0], under[:-1] + APART]))
        for axes in self.axes:
            line, column = self.cell(axes)
            x, y, w, h = starts[column], ends[line], widths[column], heights[line]
            axes.set_position((x / wide, y / high, w / wide, h / high))
            self._names(axes, (line, column), (w, h))
        return starts[0], ends[-1], starts[-1] + widths[-1], ends[0] + heights[0]

    def _names(self, axes: Axes, cell: tuple[int, int], size: tuple[float, float]) -> None:
        """The names of the axes outside the widest ticks of their line or column."""
        line, column = cell
        if axes.yaxis.label.get_text():
            axes.yaxis.set_label_coords(-(self.ticks[column] + TITLE_GAP) / size[0], 0.5)
        if axes.xaxis.label.get_text():
            axes.xaxis.set_label_coords(0.5, -(self.below[line] + TITLE_GAP) / size[1])


def _extents(axes: Axes, ruler: Any) -> Iterator[Any]:
    """What may stand outside of axes: ticks with labels, titles, text not placed by the data."""
    from matplotlib.text import Text

    for text in axes.get_children():
        shown = isinstance(text, Text) and text.get_text() and text.get_visible()
        if shown and text.get_transform() != axes.transData:
            yield text.get_window_extent(ruler)
    if axes.axison:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_label_coords(0.5, 0.5)  # placed later: not looked for from the ticks now
            axis.label.set_visible(False)
            box = axis.get_tightbbox(ruler)
            axis.label.set_visible(True)
            if box is not None:
                yield box
