"""What a figure shows, mark by mark: where each point, bar and step is, and its values in words.

Read from the drawing itself, so that every figure has them. A name is the label of its line or
bars, or the `gid` given to them where the legend does not name each. Values are said as the axis
says them: a category where its ticks are texts, in the unit of the ticks where these are numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from il5report.display.model import Mark
from il5report.display.rounding import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Drawing

NAMES, BOXES = "names_of_points", "boxes"
POINT = 7.0  # points of type: what the pointer has to meet
DIGITS = 4
PER_INCH = 72.0


class Said(str):
    """A name that says the values too, where those of the axes are only places of the drawing."""

    __slots__ = ()


def name_points(artist: Any, names: Sequence[str]) -> None:
    """Give each point of a line, or bar of a container, its own name."""
    setattr(artist, NAMES, tuple(names))


def rectangles(
    axes: Any, left: Any, bottom: Any, width: Any, height: Any, names: Sequence[str] = (),
    **style: Any,
) -> Any:  # fmt: skip
    """Bars of one look as one drawn thing, each with its own name; a side may be one for all.
    The bars of matplotlib are things each, which takes ten times as long."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    sides = (left, bottom, np.add(left, width), np.add(bottom, height))
    x0, y0, x1, y1 = np.broadcast_arrays(*(np.atleast_1d(np.asarray(s, float)) for s in sides))
    corners = np.stack([x0, y0, x1, y0, x1, y1, x0, y1, x0, y0], axis=1).reshape(-1, 2)
    pen = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(x0)
    patch = PathPatch(Path(corners, pen), **style)
    setattr(patch, BOXES, np.stack([x0, y0, x1, y1], axis=1))
    name_points(patch, names)
    axes.add_artist(patch)
    axes.update_datalim(corners)
    axes.autoscale(enable=None)  # where limits are not given, they follow
    return patch


def marks_of(made: Drawing) -> tuple[Mark, ...]:
    """The marks of a drawing that has been laid out, in drawing order."""
    return tuple(mark for axes in made.axes if axes.axison for mark in _of_axes(made, axes))


def _of_axes(made: Drawing, axes: Axes) -> Iterator[Mark]:
    say = _Words(axes)
    for box, name in _boxes(axes):
        yield from _bar(made, axes, box, name, say)
    for line in axes.lines:
        if line.get_transform().contains_branch(axes.transData):
            points = np.column_stack([line.get_xdata(orig=False), line.get_ydata(orig=False)])
            yield from _points(made, axes, points, _names(line, len(points)), say)
    for collection in axes.collections:
        if type(collection).__name__ == "PathCollection":
            places = np.asarray(collection.get_offsets())
            yield from _points(made, axes, places, _names(collection, len(places)), say)


def _boxes(axes: Axes) -> Iterator[tuple[Any, str]]:
    """Bars: ends on both axes, and a name."""
    for container in axes.containers:
        patches = getattr(container, "patches", ())
        extents = [patch.get_bbox().extents for patch in patches]
        yield from zip(extents, _names(container, len(patches)), strict=True)
    for patch in axes.patches:
        boxes = getattr(patch, BOXES, ())
        yield from zip(boxes, _names(patch, len(boxes)), strict=True)


def _name(artist: Any) -> str:
    label = str(artist.get_label() or "")
    given = artist.get_gid() if hasattr(artist, "get_gid") else None
    return str(given or ("" if label.startswith("_") else label))


def _names(artist: Any, count: int) -> Sequence[str]:
    given: Sequence[str] = getattr(artist, NAMES, ())
    return given or [_name(artist)] * count


def _points(
    made: Drawing, axes: Axes, points: Any, names: Sequence[str], say: _Words
) -> Iterator[Mark]:
    points = np.asarray(np.ma.filled(np.ma.asarray(points, float), np.nan))
    known = np.isfinite(points).all(axis=1)
    places = np.full(points.shape, np.nan)
    places[known] = axes.transData.transform(points[known])
    (x0, y0), (x1, y1) = axes.bbox.padded(1.0).get_points()
    inside = ((places >= (x0, y0)) & (places <= (x1, y1))).all(axis=1)
    for i in np.flatnonzero(inside).tolist():
        left, top = _place(made, *places[i].tolist())
        text = say.point(names[i], *points[i].tolist())
        yield Mark(left - POINT / 2, top - POINT / 2, POINT, POINT, text)


def _bar(made: Drawing, axes: Axes, box: Any, name: str, say: _Words) -> Iterator[Mark]:
    x0, y0, x1, y1 = (float(v) for v in box)
    if not np.isfinite([x0, y0, x1, y1]).all():
        return
    ends = axes.transData.transform([(x0, y0), (x1, y1)])
    (left, top), (right, bottom) = _place(made, *ends[0]), _place(made, *ends[1])
    yield Mark(
        min(left, right), min(top, bottom), abs(right - left), abs(bottom - top),
        say.bar(name, (x0, x1), (y0, y1)),
    )  # fmt: skip


def _place(made: Drawing, x: float, y: float) -> tuple[float, float]:
    """Pixels from the lower left as points from the upper left."""
    scale = PER_INCH / made.dpi
    return float(x * scale), float(made.get_figheight() * PER_INCH - y * scale)


class _Words:
    """The words for values on the two axes."""

    def __init__(self, axes: Axes) -> None:
        below = axes.get_shared_x_axes().get_siblings(axes)
        labels = [axes.get_xlabel(), *(other.get_xlabel() for other in below)]
        self._x_label = next(filter(None, labels), "")
        self._y_label = axes.get_ylabel()
        self._x, self._y = _Scale(axes.xaxis), _Scale(axes.yaxis)

    def point(self, name: str, x: float, y: float) -> str:
        if isinstance(name, Said):
            return str(name)
        return _joined(
            name,
            _labelled(self._x_label, self._x.said(x)),
            _labelled(self._y_label, self._y.said(y)),
        )

    def bar(self, name: str, x: tuple[float, float], y: tuple[float, float]) -> str:
        if isinstance(name, Said):
            return str(name)
        return _joined(
            name,
            _labelled(self._x_label, self._x.span(*x)),
            _labelled(self._y_label, self._y.span(*y)),
        )


class _Scale:
    """How an axis says a value."""

    def __init__(self, axis: Axis) -> None:
        from matplotlib.ticker import FixedFormatter, FuncFormatter

        texts: list[str] = []
        if isinstance(axis.get_major_formatter(), FixedFormatter | FuncFormatter):
            texts = [label.get_text() for label in axis.get_ticklabels()]
        ticks = [float(tick) for tick in axis.get_majorticklocs()][: len(texts)]
        self._said: dict[float, str] = {}  # values stand at the same days and visits
        numbers = [_number(text) for text in texts]
        self._texts: dict[float, str] = {}
        self._factor = 1.0
        if texts and None not in numbers:
            pairs = [(n, t) for n, t in zip(numbers, ticks, strict=False) if n and t]
            self._factor = pairs[-1][0] / pairs[-1][1] if pairs and pairs[-1][0] else 1.0
        else:
            self._texts = dict(zip(ticks, texts, strict=False))

    def said(self, value: float) -> str:
        if value not in self._said:
            self._said[value] = self._say(value)
        return self._said[value]

    def _say(self, value: float) -> str:
        if self._texts:
            return self._texts.get(float(np.round(value, 6)), "")
        text = significant(value * self._factor, DIGITS)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def span(self, low: float, high: float) -> str:
        """A bar's side: its category, its end where it stands on 0, or from where to where."""
        if self._texts:
            return self.said((low + high) / 2)
        if low == 0 or high == 0:
            return self.said(low or high)
        return f"{self.said(low)} to {self.said(high)}"


_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻\N{MINUS SIGN}", "0123456789--")
_POWER = re.compile(r"(?:(\d)·)?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)")


def _number(text: str) -> float | None:
    """The number that a tick says, powers of ten included."""
    try:
        return float(
            _POWER.sub(lambda found: f"{found[1] or 1}e{found[2]}", text).translate(_PLAIN)
        )
    except ValueError:
        return None


def _labelled(label: str, value: str) -> str:
    return f"{label}: {value}" if label and value else value


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))
