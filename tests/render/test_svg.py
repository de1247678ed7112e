from __future__ import annotations

import pytest

from il5report.render.svg import inline
from tests.render import sample


def test_ids_and_references_get_the_prefix() -> None:
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" "u:y"><svg viewBox="0 0 1 1" width="1pt">'
        '<metadata><rdf/></metadata><style type="text/css">*{fill: red}</style><path id="p"/>'
        '<use xlink:href="#p" clip-path="url(#c)"/></svg>'
    )
    assert inline(svg, "k", "<T>", "a & b") == (
        '<svg id="k-drawing" viewBox="0 0 1 1" role="img" aria-labelledby="k-title k-desc">'
        '<title id="k-title">&lt;T&gt;</title><desc id="k-desc">a &amp; b</desc>'
        '<style type="text/css">#k-drawing *{fill: red}</style><path id="k-p"/>'
        '<use xlink:href="#k-p" clip-path="url(#k-c)"/></svg>'
    )


def test_matplotlib_drawing_loses_its_prologue() -> None:
    markup = inline(sample.figure().svg, "km", "t", "d")
    assert markup.startswith("<svg ") and "DOCTYPE" not in markup and "<metadata" not in markup


@pytest.mark.parametrize("svg", ["", "text", "<svg width='1'></svg>"])
def test_no_drawing_is_an_error(svg: str) -> None:
    with pytest.raises(ValueError, match="figure k: not an SVG"):
        inline(svg, "k", "", "")
