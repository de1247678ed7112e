from __future__ import annotations

import pytest

from il5report.display.model import Figure, Mark
from il5report.render.svg import inline
from tests.render import sample


def test_ids_and_references_are_the_own_of_the_drawing() -> None:
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" "u:y"><svg viewBox="0 0 1 1" width="1pt">'
        '<metadata><rdf/></metadata><style type="text/css">*{fill: red}</style><path id="p"/>'
        '<g id="x"><use xlink:href="#p" clip-path="url(#c)"/></g></svg>'
    )
    assert inline(Figure(svg, "a & b", 1, 1), "k", "<T>") == (
        '<svg id="k-drawing" viewBox="0 0 1 1" role="img" aria-labelledby="k-title k-desc">'
        '<title id="k-title">&lt;T&gt;</title><desc id="k-desc">a &amp; b</desc>'
        '<style type="text/css">#k-drawing *{fill: red}</style><path id="k-0"/>'
        '<g><use xlink:href="#k-0" clip-path="url(#k-1)"/></g></svg>'
    )


def test_matplotlib_drawing_loses_its_prologue() -> None:
    markup = inline(sample.figure(), "km", "t")
    assert markup.startswith("<svg ") and "DOCTYPE" not in markup and "<metadata" not in markup


@pytest.mark.parametrize("svg", ["", "text", "<svg width='1'></svg>"])
def test_no_drawing_is_an_error(svg: str) -> None:
    with pytest.raises(ValueError, match="figure k: not an SVG"):
        inline(Figure(svg, "", 1, 1), "k", "")


def test_marks_are_areas_with_their_values_on_top() -> None:
    marks = (Mark(1, 2.04, 3, 4, "A & B: 5"),)
    markup = inline(Figure('<svg viewBox="0 0 9 9"><path/></svg>', "d", 1, 1, (), marks), "k", "t")
    assert markup.endswith(
        '<path/><g class="marks"><rect x="1.0" y="2.0" width="3" height="4">'
        "<title>A &amp; B: 5</title></rect></g></svg>"
    )


def test_places_are_as_fine_as_a_screen_and_texts_are_left_alone() -> None:
    svg = (
        '<svg viewBox="0 0 9 9"><path d="M 1.23456 2\nL 3.4 5.678"/><text x="0.129">0.12345</text>'
    )
    markup = inline(Figure(svg + "</svg>", "d", 1, 1), "k", "t")
    assert markup.endswith('<path d="M1.23 2L3.4 5.67"/><text x="0.12">0.12345</text></svg>')


def test_each_style_stands_once_and_texts_are_left_alone() -> None:
    svg = (
        '<svg viewBox="0 0 9 9"><defs><path id="m" style="fill: red"/></defs>\n'
        '<use href="#m" style="fill: red"/> <use href="#m" style="fill: red"/>'
        '<text style="font-size: 6px"> id="m" style="fill: red" </text></svg>'
    )
    markup = inline(Figure(svg, "d", 1, 1), "k", "t")
    assert markup.endswith(
        "<style>#k-drawing .s0{fill: red}#k-drawing .s1{font-size: 6px}</style>"
        '<defs><path id="k-0" style="fill: red"/></defs>'
        '<use href="#k-0" class="s0"/><use href="#k-0" class="s0"/>'
        '<text class="s1"> id="m" style="fill: red" </text></svg>'
    )
