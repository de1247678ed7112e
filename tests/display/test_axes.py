"""Axes, looks and layout of figures: what a reader relies on in every one of them."""

from __future__ import annotations

import gc
import re
from itertools import pairwise
from typing import Any

import pytest

from il5report.display.axes import axis_name, day_ticks, days, logarithmic
from il5report.display.marks import name_points
from il5report.display.plot import TOTAL, drawing, finished, house_style, looks, nothing, panels
from il5report.display.view import unit_text

DOSES = ("Dose level 1", "Dose level 2", "Dose level 3")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("10^9/L", "10⁹/L"),
        ("10^-4", "10⁻⁴"),
        ("DNA copies/ug", "DNA copies/µg"),
        ("cells/uL", "cells/µL"),
        ("days*ug/mL", "days·µg/mL"),
        ("umol/L", "µmol/L"),
        ("U/L", "U/L"),
        ("mmHg", "mmHg"),
        ("", ""),
    ],
)
def test_a_unit_is_printed_with_its_own_characters(written: str, printed: str) -> None:
    assert unit_text(written) == printed


def test_an_axis_is_named_with_its_unit() -> None:
    assert axis_name("Neutrophils", "10^9/L") == "Neutrophils (10⁹/L)"
    assert axis_name("Ratio") == "Ratio"


@pytest.mark.parametrize(
    ("ends", "step"), [((-7, 28), 7), ((0, 8), 1), ((0, 90), 14), ((-28, 180), 28), ((0, 700), 84)]
)
def test_days_are_named_in_steps_that_hold_day_0(ends: tuple[int, int], step: int) -> None:
    shown = day_ticks(*ends)
    assert 0 in shown
    assert {b - a for a, b in pairwise(shown)} == {step}
    assert ends[0] <= shown[0] < ends[0] + step
    assert ends[1] - step < shown[-1] <= ends[1]


def test_a_dose_level_looks_the_same_beside_whatever_it_stands() -> None:
    whole = looks([*DOSES, "Total"], DOSES, "Total")
    some = looks(["Dose level 3", "Dose level 1 or 2"], DOSES, "Total")
    assert some["Dose level 3"] == whole["Dose level 3"]
    assert whole["Total"].colour == TOTAL
    others = {look.colour for label, look in some.items() if label not in DOSES}
    assert others.isdisjoint(look.colour for look in whole.values())


def test_columns_are_told_apart_without_colour() -> None:
    shown = looks(["A", "B", "C", "D"])
    for of in ("line", "marker", "hatch"):
        assert len({getattr(look, of) for look in shown.values()}) == len(shown)


def test_ticks_of_a_logarithmic_axis_are_numbers_that_a_pointer_can_use() -> None:
    with house_style("k"):
        made, axes = drawing(120, 80)
        axes.plot([1, 2], [12.0, 950_000.0])
        axes.set_ylabel("Copies")
        logarithmic(axes)
        named = [label.get_text() for label in axes.get_yticklabels()]
        body = finished(made, "d", ())
    assert named == ["10¹", "10²", "10³", "10⁴", "10⁵", "10⁶"]
    assert [mark.text for mark in body.marks] == ["1; Copies: 12", "2; Copies: 950000"]


def test_every_point_of_a_line_can_have_its_own_name() -> None:
    with house_style("k"):
        made, axes = drawing(120, 80)
        line = axes.plot([1, float("nan"), 3], [1, 2, 3])[0]
        name_points(line, ["S-1", "S-2", "S-3"])
        body = finished(made, "d", ())
    assert [mark.text for mark in body.marks] == ["S-1; 1; 1", "S-3; 3; 3"]


PLACED = re.compile(r'<text [^>]*?(?:x="([\d.]+)" y="([\d.]+)"|translate\(([\d.]+) ([\d.]+)\))')


def _texts(svg: str) -> list[tuple[float, float]]:
    return [(float(a or c), float(b or d)) for a, b, c, d in PLACED.findall(svg)]


@pytest.mark.parametrize("wide", ["short", "a line with a long name"])
def test_nothing_stands_outside_of_the_drawing(wide: str) -> None:
    with house_style("k"):
        made, grid = panels(120, 90, (2, 2), sharex=True)
        for axes in grid.flat:
            axes.plot([0, 28], [0.001, 50_000])
            axes.set_yticks([0, 25_000, 50_000], ["0", wide, "50000"])
            axes.set_ylabel("Name (unit)")
        days(grid[1, 0], (0, 28))
        grid[1, 0].set_xlabel("Days")
        body = finished(made, "d", ())
        boxes = [axes.get_position() for axes in grid.flat]
    width, height = (mm / 25.4 * 72 for mm in (body.width_mm, body.height_mm))
    places = _texts(body.svg)
    assert len(places) > 8
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)
    assert boxes[0].x1 < boxes[1].x0
    assert boxes[2].y1 < boxes[0].y0
    assert (boxes[0].x0, boxes[0].x1) == pytest.approx((boxes[2].x0, boxes[2].x1))


def test_a_drawing_without_subjects_says_so() -> None:
    sentence = "No subject had a value."
    body = nothing("k", sentence, (1, 2))
    assert sentence in body.svg
    assert (body.description, body.refs, body.marks) == (sentence, (1, 2), ())


def test_drawing_twice_gives_the_same_bytes_and_leaves_collection_on() -> None:
    def draw() -> Any:
        with house_style("k"):
            made, axes = drawing(120, 80)
            axes.plot([1, 2], [3, 4], label="A")
            return finished(made, "d", ())

    assert draw() == draw()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), house_style("k"):
        raise ZeroDivisionError
    assert gc.isenabled()
