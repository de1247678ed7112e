"""Marks of a figure lie on what is drawn and say its values as the axes say them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from il5report.display.marks import Said, name_points, rectangles
from il5report.display.model import Figure
from il5report.display.plot import MM, drawing, finished, house_style


def figure(draw: Callable[[Any], None]) -> Figure:
    with house_style("k"):
        made, axes = drawing(120, 80)
        draw(axes)
        return finished(made, "d", ())


def texts(draw: Callable[[Any], None]) -> list[str]:
    return [mark.text for mark in figure(draw).marks]


def test_points_of_a_line_with_its_name_and_the_labels_of_the_axes() -> None:
    def draw(axes: Any) -> None:
        axes.plot([1, 2.5, float("nan")], [10, 171774, 3], label="Total")
        axes.plot([1], [2], gid="S-1")
        axes.plot([1], [3])
        axes.set_xlabel("Day")
        axes.set_ylabel("Copies")

    assert texts(draw) == [
        "Total; Day: 1; Copies: 10",
        "Total; Day: 2.5; Copies: 171800",
        "S-1; Day: 1; Copies: 2",
        "Day: 1; Copies: 3",
    ]


def test_ticks_that_are_numbers_give_the_unit() -> None:
    def draw(axes: Any) -> None:
        axes.step([0, 3], [1, 0.6314], where="post", label="A")
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        axes.set_ylabel("Event-free, %")

    assert texts(draw) == ["A; 0; Event-free, %: 100", "A; 3; Event-free, %: 63.14"]


def test_bars_say_their_category_and_their_end() -> None:
    def draw(axes: Any) -> None:
        axes.bar([0, 1], [5, -2.5], label="Change")
        axes.set_xticks([0, 1], ["first", "second"])

    assert texts(draw) == ["Change; first; 5", "Change; second; -2.5"]


def test_a_bar_that_stands_on_nothing_says_both_ends() -> None:
    def draw(axes: Any) -> None:
        axes.barh([0], [3], left=[2])
        axes.set_yticks([0], ["S-1"])

    assert texts(draw) == ["2 to 5; S-1"]


def test_bars_of_one_look_say_each_its_name_and_the_axes_hold_them_all() -> None:
    def draw(axes: Any) -> None:
        rectangles(axes, [1, 4], [-0.4, 0.6], [2, 3], 0.8, ["A", "B"], label="both")
        axes.set_yticks([0, 1], ["S-1", "S-2"])
        rectangles(axes, 0, [1.6], 1.5, 0.8, label="unnamed")
        rectangles(axes, 0, [], [], 0.8, label="none")
        low, high = axes.get_xlim()
        assert low <= 0 and high >= 7

    assert texts(draw) == ["A; 1 to 3; S-1", "B; 4 to 7; S-2", "unnamed; 1.5"]


def test_lines_across_the_axes_and_what_lies_outside_are_no_marks() -> None:
    def draw(axes: Any) -> None:
        axes.axhline(0.5)
        axes.plot([1, 20], [1, 1])
        axes.set_xlim(0, 10)
        axes.set_ylim(0, 2)

    assert texts(draw) == ["1; 1"]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_marks_lie_where_the_drawing_has_them(scale: str) -> None:
    def draw(axes: Any) -> None:
        axes.set_yscale(scale)
        axes.scatter([1, 2, 3], [1, 10, 100])

    made = figure(draw)
    collection = made.svg.partition('id="PathCollection_1"')[2].partition('id="matplotlib.axis')[0]
    drawn = [
        (float(x), float(y))
        for x, y in re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', collection)
    ]
    assert len(drawn) == len(made.marks) == 3
    for mark, (x, y) in zip(made.marks, drawn, strict=True):
        assert mark.x + mark.width / 2 == pytest.approx(x, abs=0.05)
        assert mark.y + mark.height / 2 == pytest.approx(y, abs=0.05)
        assert 0 < x < 120 / MM * 72 and 0 < y < 80 / MM * 72


def test_a_name_that_says_the_values_stands_alone() -> None:
    def draw(axes: Any) -> None:
        (line,) = axes.plot([1.2, 2.2], [3, 4])
        name_points(line, [Said("Total; day 1: 3 mg/L"), Said("Total; day 2: 4 mg/L")])
        name_points(axes.bar([0], [5], bottom=-7), [Said("Day 28: remission, n = 5")])

    assert texts(draw) == [
        "Day 28: remission, n = 5", "Total; day 1: 3 mg/L", "Total; day 2: 4 mg/L"
    ]  # fmt: skip
