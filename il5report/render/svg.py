"""A drawing as part of an HTML page: no prologue, own ids, a title and a description."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_ID = re.compile(r'(\bid="|\bhref="#|\burl\(#)')
_OPENING = re.compile(r"<svg\b[^>]*>")
_VIEWBOX = re.compile(r'\bviewBox="[^"]*"')


def inline(svg: str, key: str, title: str, description: str) -> Markup:
    """`svg` ready to stand in a page with other drawings.

    Parameters
    ----------
    svg : str
        A whole SVG file with a ``viewBox``.
    key : str
        Prefix that makes its ids unique in the page.
    title, description : str
        Text alternative, read out by a screen reader.

    Returns
    -------
    Markup
        An ``<svg role="img">`` element.

    Raises
    ------
    ValueError
        Not an SVG file, or one without ``viewBox``.
    """
    drawing = svg[max(svg.find("<svg"), 0) :]
    opening = _OPENING.match(drawing)
    box = _VIEWBOX.search(opening.group()) if opening else None
    if opening is None or box is None:
        raise ValueError(f"figure {key}: not an SVG drawing with a viewBox")
    inner = _METADATA.sub("", drawing[opening.end() :], count=1).strip()
    inner = _ID.sub(rf"\1{key}-", inner).replace(">*{", f">#{key}-drawing *{{", 1)
    return Markup(
        f'<svg id="{key}-drawing" {box.group()} role="img" '
        f'aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-desc">{escape(description)}</desc>{inner}'
    )
