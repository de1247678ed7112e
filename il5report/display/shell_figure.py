"""A figure as a mock shell: its axes, titles, units and legend, with nothing drawn in them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace

from il5report.display.model import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
HEADER = '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n'
_STRAIGHT = re.compile(r"M [-\d.]+ [-\d.]+\s+L [-\d.]+ [-\d.]+\s*$")  # a side of the axes
_LETTER = re.compile(r"[^\W\d_]{2,}")
_SUBJECT = re.compile(r"\b[\w-]*\d-\d{3}\b")
_COUNT = re.compile(  # in a text with words
    r"(?<=[nN]=)\d+|(?<=[nN] = )\d+"  # a size
    r"|^\d+(?= \()|(?<=\()\d[\d.]*(?=%)|(?<=: )\d+$|\d+(?= zero)"  # a count, a percentage
    r"|(?<=CRS )\d|(?<=ICANS )\d"  # a subject's grade
)


def emptied(figure: Figure, masked: Callable[[str], str]) -> Figure:
    """The figure without what shows the data.

    Parameters
    ----------
    figure : Figure
        Drawn from example data.
    masked : function of str
        A text with its numbers as x.

    Returns
    -------
    Figure
        With the same axes; the numbers of ticks, and those written into it, as x. A scheme without
        axes (a flow of subjects) keeps its boxes.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(figure.svg)
    for axes in _groups(root, "axes_"):
        if any(_groups(axes, "matplotlib.axis_")):
            for child in _data(axes):
                axes.remove(child)
    for text in root.iter(f"{{{SVG}}}text"):
        for part in text.iter():
            part.text = part.text and _plain(part.text, masked)
    svg = HEADER + ET.tostring(root, encoding="unicode")
    return replace(figure, svg=svg, refs=(), marks=())


def _groups(parent: ET.Element, name: str) -> Iterator[ET.Element]:
    return (g for g in parent.iter(f"{{{SVG}}}g") if g.get("id", "").startswith(name))


def _data(axes: ET.Element) -> list[ET.Element]:
    """What stands in the axes but their ground, their sides, ticks, titles and legend."""
    _, *rest = axes
    return [child for child in rest if not _is_frame(child)]


def _is_frame(child: ET.Element) -> bool:
    name = child.get("id", "")
    if name.startswith("patch_"):
        path = child.find(f"{{{SVG}}}path")
        return path is not None and bool(_STRAIGHT.match(path.get("d", "")))
    return name.startswith(("matplotlib.axis_", "text_", "legend_"))


def _plain(text: str, masked: Callable[[str], str]) -> str:
    """The text without results: a label keeps the numbers that the plan gives it."""
    if not _LETTER.search(text):
        return masked(_SUBJECT.sub("xxx", text))
    return _COUNT.sub("xx", _SUBJECT.sub("xxx", text))
