"""A drawing as part of an HTML page: no prologue, own ids, a title and a description."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from il5report.display.model import Figure, Mark

_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_ID = re.compile(r'\s+id="([^"]*)"')
_REFERENCE = re.compile(r'(\bhref="#|\burl\(#)([^")]*)')
_STYLE = re.compile(r'\s+style="([^"]*)"')
_DEFS = re.compile(r"(<defs>.*?</defs>)", re.DOTALL)  # styled in place: shown through others
_TAG = re.compile(r"<[^<>]+>")
_BETWEEN = re.compile(r">\s+<")
_STEPS = re.compile(r"\s*([A-Za-z])\s*")
_SHEET = "*{"
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
    inner = _Compact(key).drawing(_BETWEEN.sub("><", inner))
    return Markup(
        f'<svg id="{key}-drawing" {box.group()} role="img" '
        f'aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-desc">{escape(figure.description)}</desc>'
        f"{inner.removesuffix('</svg>')}{_marks(figure.marks)}</svg>"
    )


class _Compact:
    """A drawing as small as it can be said: places as fine as a screen, its own ids short and only
    those that something refers to, each style once. Text between the tags is left alone."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._names: dict[str, str] = {}
        self._styles: dict[str, str] = {}

    def drawing(self, inner: str) -> str:
        """The elements, with the sheet of their styles."""
        for tag in _TAG.findall(inner):
            for found in _REFERENCE.finditer(tag):
                self._names.setdefault(found[2], f"{self._key}-{len(self._names)}")
        parts = _DEFS.split(inner)
        parts[::2] = [_TAG.sub(lambda tag: self._styled(self._tag(tag)), p) for p in parts[::2]]
        parts[1::2] = [_TAG.sub(self._tag, part) for part in parts[1::2]]
        own = f"#{self._key}-drawing"
        rules = "".join(f"{own} .{name}{{{style}}}" for style, name in self._styles.items())
        inner = "".join(parts)
        if f">{_SHEET}" in inner:
            return inner.replace(f">{_SHEET}", f">{rules}{own} {_SHEET}", 1)
        return (f"<style>{rules}</style>" if rules else "") + inner

    def _tag(self, tag: re.Match[str]) -> str:
        text = _PLACES.sub(_place, tag[0])
        text = _ID.sub(lambda m: f' id="{self._names[m[1]]}"' if m[1] in self._names else "", text)
        return _REFERENCE.sub(lambda m: m[1] + self._names[m[2]], text)

    def _styled(self, tag: str) -> str:
        return _STYLE.sub(self._shared, tag)

    def _shared(self, found: re.Match[str]) -> str:
        return f' class="{self._styles.setdefault(found[1], f"s{len(self._styles)}")}"'


def _place(found: re.Match[str]) -> str:
    """A path or coordinate, in a path without blanks that say nothing."""
    fine = _BEYOND.sub(r"\1", found[0])
    return "d=" + _STEPS.sub(r"\1", fine[2:]) if fine.startswith("d=") else fine


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
