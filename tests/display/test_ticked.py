"""Ticks drawn at once stand where matplotlib's own would, and look as these do."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from il5report.display.pen import pen_for
from il5report.display.plot import canvas, house_style
from il5report.display.ticked import axes_class

TEXT = re.compile(r"<text ([^>]*)>([^<]*)<")
USE = re.compile(r'<use [^>]*x="([^"]*)" y="([^"]*)" style="([^"]*)"')
PATH = re.compile(r'<path d="([^"]*)"[^>]*style="([^"]*)"')


def numbers_named(axes: Any) -> None:
    axes.plot([0, 10], [3, 9])
    axes.set_xticks([0, 5, 10, 15], ["none", "five", "ten", "outside"], rotation=90, fontsize=5)
    axes.set_xlim(0, 10)


def automatic(axes: Any) -> None:
    axes.plot([0, 10], [3e8, 9e8])


def logarithmic(axes: Any) -> None:
    axes.plot([1, 10], [1, 1e5])
    axes.set_yscale("log")
    axes.minorticks_off()


def with_a_grid(axes: Any) -> None:
    axes.set_ylim(6, -0.5)
    axes.set_yticks(range(4), ["a", "b\nc", "d", "e"], linespacing=0.9)
    axes.grid(axis="x")


def without_marks(axes: Any) -> None:
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.tick_params(axis="x", length=0, pad=11, labelsize=4, labelcolor="red")


def restyled(axes: Any) -> None:
    axes.set_yticks([0, 1], ["first", "second"])
    for text, colour in zip(axes.get_yticklabels(), ("red", "blue"), strict=True):
        text.set_color(colour)
    axes.tick_params(axis="y", length=0, pad=20, labelsize=5)


def drawn(draw: Callable[[Any], None], **kind: Any) -> Counter[tuple[str, ...]]:
    """Texts, marks and lines in their places; lines taken apart."""
    svg = io.StringIO()
    with house_style("k"):
        made = canvas(100, 60)
        axes = made.add_axes((0.2, 0.2, 0.7, 0.7), **kind)
        draw(axes)
        axes.set_title("Title", loc="left")
        axes.set_xlabel("Name")
        pen = pen_for(made, svg)
        made.draw(pen)
        pen.finalize()
    written = svg.getvalue()
    lines = [
        (line.strip(), style) for d, style in PATH.findall(written) for line in d.split("M")[1:]
    ]
    return Counter([*TEXT.findall(written), *USE.findall(written), *lines])


@pytest.mark.parametrize(
    "draw", [numbers_named, automatic, logarithmic, with_a_grid, without_marks, restyled]
)
def test_ticks_look_as_those_of_matplotlib(draw: Callable[[Any], None]) -> None:
    own, theirs = drawn(draw, axes_class=axes_class()), drawn(draw)
    assert own == theirs and len(own) > 5


def test_axes_that_share_an_axis_name_its_ticks_once() -> None:
    with house_style("k"):
        grid = canvas(100, 60).subplots(2, 1, sharex=True, subplot_kw={"axes_class": axes_class()})
        grid[0].set_xticks([0, 1], ["zero", "one"])
        said = [[text.get_text() for text in axes.get_xticklabels()] for axes in grid]
    assert said == [[], ["zero", "one"]]
