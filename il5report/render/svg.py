"""A drawing as part of an HTML page: no prologue, own ids, a title and a description."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from il5report.display.model import Figure, Mark

_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_ID = re.compile(r'(\bid="|\bhref="#|\burl\(#)')
_OPENING = re.compile(r"<svg\b[^>]*>")
_PLACES = re.compile(r'(?<![\w-])(?:d|x|y)="[^"]*"')
_BEYOND = re.compile(r"(\.\d\d)\d+")  # of a point of type, what no screen shows
_VIEWBOX = re.compile(r'\bviewBox="[^"]*"')


def inline(figure: Figure, key: str, title: str) -> Markup:
    """A figure ready to stand in a page with other drawings; its marks say their values.

    Parameters
    ----------
    figure : Figure
        Its drawing is a whole SVG file with a ``viewBox``; its description is read out.
    key : str
        Prefix that makes its ids unique in the page.
    title : str
        Name of the drawing for a screen reader.

    Returns
    -------
    Markup
        An ``<svg role="img">`` element.

    Raises
    ------
    ValueError
        Not an SVG file, or one without ``viewBox``.
    """
    drawing = figure.svg[max(figure.svg.find("<svg"), 0) :]
    opening = _OPENING.match(drawing)
    box = _VIEWBOX.search(opening.group()) if opening else None
    if opening is None or box is None:
        raise ValueError(f"figure {key}: not an SVG drawing with a viewBox")
    inner = _METADATA.sub("", drawing[opening.end() :], count=1).strip()
    inner = _PLACES.sub(lambda found: _BEYOND.sub(r"\1", found[0]), inner)
    inner = _ID.sub(rf"\1{key}-", inner).replace(">*{", f">#{key}-drawing *{{", 1)
    return Markup(
        f'<svg id="{key}-drawing" {box.group()} role="img" '
        f'aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-desc">{escape(figure.description)}</desc>'
        f"{inner.removesuffix('</svg>')}{_marks(figure.marks)}</svg>"
    )


def _marks(marks: Sequence[Mark]) -> str:
    """A layer that cannot be seen; a pointer over one of its areas is told the values."""
    if not marks:
        return ""
    areas = "".join(
        f'<rect x="{m.x:.1f}" y="{m.y:.1f}" width="{m.width:.3g}" height="{m.height:.3g}">'
        f"<title>{escape(m.text)}</title></rect>"
        for m in marks
    )
    return f'<g class="marks">{areas}</g>'
