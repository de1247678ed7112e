"""PDF by typst: a template and its data, always the same bytes."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from il5report.display.model import Figure
from il5report.templating import TemplateError, templates


def typeset(template: str, data: Mapping[str, Any], *, accessible: bool = False) -> bytes:
    """A PDF made from ``templates/typst/<template>.typ``.

    Parameters
    ----------
    template : str
        Name of the template.
    data : Mapping
        What the template reads as JSON under its own name: never markup.
    accessible : bool
        Meet PDF/UA-1.

    Raises
    ------
    TemplateError
        A fault in the template; says file and line.
    """
    import typst

    try:
        pdf: bytes = typst.compile(
            templates() / "typst" / f"{template}.typ",
            root=templates() / "typst",
            font_paths=[dejavu().parent],
            ignore_system_fonts=True,
            sys_inputs={template: json.dumps(data, ensure_ascii=False, sort_keys=True)},
            pdf_standards=["ua-1"] if accessible else [],
            timestamp=0,
        )
    except typst.TypstError as fault:
        place = re.search(r"([^/\s]+\.typ):(\d+):", fault.diagnostic)
        where = f"{place[1]}, line {place[2]}" if place else ""
        raise TemplateError(fault.message, where) from fault
    return pdf


def figure_pdf(figure: Figure) -> bytes:
    """The drawing as a PDF of its own size, with its text as text."""
    size = {"width": figure.width_mm, "height": figure.height_mm}
    return typeset("figure", {"svg": figure.svg, **size})


@cache
def dejavu() -> Path:
    """The fonts that matplotlib carries, found without importing it."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None and spec.origin is not None  # a dependency of this package
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
