"""Axes that draw their ticks at once.

matplotlib makes three lines and two texts for each tick, and goes through all of them whenever
ticks are set, measured or drawn: most of the time that a drawing takes. Here the marks of an axis
are one line, its grid is another, and a label is a text. Ticks stand below and to the left; there
are no minor ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    Axis: TypeAlias = Any  # of matplotlib, loaded with the first drawing
else:
    Axis = object

CLOSE = 1e-10  # of an axis: a tick not further outside is at its end
# Where matplotlib keeps what `tick_params` did not set; {} is x or y.
_DEFAULTS = {
    "size": "{}tick.major.size",
    "width": "{}tick.major.width",
    "pad": "{}tick.major.pad",
    "color": "{}tick.color",
    "labelsize": "{}tick.labelsize",
    "labelcolor": "{}tick.labelcolor",
    "grid_color": "grid.color",
    "grid_linestyle": "grid.linestyle",
    "grid_linewidth": "grid.linewidth",
}


@cache
def axes_class() -> type[Axes]:
    """The class of the axes of every drawing."""
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis

    across, upright = (type(made.__name__, (_Ticked, made), {}) for made in (XAxis, YAxis))

    class Ticked(Axes):
        def _init_axis(self) -> None:
            self.xaxis, self.yaxis = across(self, clear=False), upright(self, clear=False)
            for side, spine in self.spines.items():
                spine.register_axis(self.xaxis if side in ("bottom", "top") else self.yaxis)

        def clear(self) -> None:
            super().clear()
            for side in ("bottom", "left"):  # otherwise done when the first tick is made
                self.spines[side].set_position(("outward", 0.0))

    return Ticked


class _Ticked(Axis):  # type: ignore[misc]
    """What an axis of matplotlib does with its list of ticks, done without one."""

    majorTicks = minorTicks = ()

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._texts: list[Text] = []
        self._text_style: Mapping[str, Any] = {}
        super().__init__(*args, **settings)

    def get_major_ticks(self, numticks: int | None = None) -> list[Any]:
        return []

    get_minor_ticks = get_major_ticks

    def get_ticks_position(self) -> str:
        return "bottom" if self.axis_name == "x" else "left"

    def set_ticks(
        self, ticks: Any, labels: Any = None, *, minor: bool = False, **style: Any
    ) -> Any:
        self._texts, self._text_style = [], style
        return super().set_ticks(ticks, labels, minor=minor)

    def set_tick_params(self, which: Any = "major", reset: bool = False, **settings: Any) -> None:
        super().set_tick_params(which, reset, **settings)
        new = {name[5:]: settings[name] for name in ("labelsize", "labelcolor") if name in settings}
        for text in self._texts:
            text.set(transform=self._place_of_texts()[0], **new)

    def get_majorticklabels(self) -> list[Any]:
        """The labels in the order of the ticks, in view or not."""
        return self._labels(self.get_majorticklocs())

    def draw(self, renderer: Any) -> None:
        if not self.get_visible():
            return
        renderer.open_group("matplotlib.axis", gid=self.get_gid())
        places = np.asarray(self.get_majorticklocs(), float)
        self._draw_lines(places[self._in_view(places)], renderer)
        labels = self._update_ticks()
        for text in labels:
            text.draw(renderer)
        self._update_label_position(renderer)
        self.label.draw(renderer)
        self.offsetText.set_text(self.major.formatter.get_offset())
        if self.offsetText.get_text():
            self._update_offset_text_position(*self._get_ticklabel_bboxes(labels, renderer))
            self.offsetText.draw(renderer)
        renderer.close_group("matplotlib.axis")

    def get_tightbbox(self, renderer: Any = None, *, for_layout_only: bool = False) -> Any:
        if self._has_labels() or self.label.get_visible():
            return super().get_tightbbox(renderer, for_layout_only=for_layout_only)
        return None  # as it would be, found out faster

    def _has_labels(self) -> bool:
        return bool(self._major_tick_kw.get("label1On", True))

    def _update_ticks(self) -> list[Any]:
        """The labels in view."""
        places = self.get_majorticklocs()
        shown = zip(self._labels(places), self._in_view(places), strict=False)
        return [text for text, there in shown if there]

    def _get_ticklabel_bboxes(self, ticks: Sequence[Any], renderer: Any) -> Any:
        return [text.get_window_extent(renderer) for text in ticks], []

    def _in_view(self, places: Any) -> Any:
        to_scale = self.get_transform().transform
        low, high = sorted(to_scale(self.get_view_interval()))
        at, outside = to_scale(np.asarray(places, float)), CLOSE * (high - low)
        return (at >= low - outside) & (at <= high + outside)

    def _labels(self, places: Any) -> list[Text]:
        if not self._has_labels():
            return []
        words = self.major.formatter.format_ticks(places)
        self._texts += [self._text() for _ in range(len(self._texts), len(words))]
        for text, at, word in zip(self._texts, places, words, strict=False):
            text.set_text(word)
            text.set_position((at, 0) if self.axis_name == "x" else (0, at))
        return self._texts[: len(words)]

    def _text(self) -> Text:
        from matplotlib.text import Text

        transform, va, ha = self._place_of_texts()
        style = {
            "fontsize": self._setting("labelsize"), "color": self._setting("labelcolor"),
            "va": va, "ha": ha, "transform": transform, **self._text_style,
        }  # fmt: skip
        text = Text(**style)
        text.set_figure(self.axes.get_figure(root=False))
        return text

    def _place_of_texts(self) -> Any:
        """Their transform, and how they are aligned."""
        place = getattr(self.axes, f"get_{self.axis_name}axis_text1_transform")
        return place(self._setting("pad") + self._setting("size"))

    def _setting(self, name: str) -> Any:
        import matplotlib as mpl

        defaults: Any = mpl.rcParams
        given = self._major_tick_kw.get(name)
        return defaults[_DEFAULTS[name].format(self.axis_name)] if given is None else given

    def _draw_lines(self, places: Any, renderer: Any) -> None:
        """The grid, and the marks of the ticks."""
        from matplotlib.markers import TICKDOWN, TICKLEFT

        of, marker = self._setting, TICKDOWN if self.axis_name == "x" else TICKLEFT
        if self._major_tick_kw["gridOn"]:
            across = np.tile([0.0, 1.0, np.nan], len(places))
            line = self._line("grid", np.repeat(places, 3), across, color=of("grid_color"),
                linestyle=of("grid_linestyle"), linewidth=of("grid_linewidth"))  # fmt: skip
            line.set_clip_path(self.axes.patch)
            line.draw(renderer)
        if self._major_tick_kw.get("tick1On", True) and of("size"):
            self._line(
                "tick1", places, np.zeros(len(places)), linestyle="none", marker=marker,
                color=of("color"), markersize=of("size"), markeredgewidth=of("width"),
            ).draw(renderer)  # fmt: skip

    def _line(self, what: str, along: Any, across: Any, **style: Any) -> Any:
        """A line through places along the axis and shares of the axes across it."""
        from matplotlib.lines import Line2D

        place = getattr(self.axes, f"get_{self.axis_name}axis_transform")
        points = (along, across) if self.axis_name == "x" else (across, along)
        line = Line2D(*points, transform=place(what), **style)
        line.set_figure(self.axes.get_figure(root=False))
        line.axes = self.axes
        return line
