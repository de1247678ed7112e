"""PDF by typst: a template and its data, always the same bytes."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from il5report.display.model import Figure
from il5report.templating import TemplateError, templates


def typeset(
    template: str,
    data: Mapping[str, Any],
    *,
    accessible: bool = False,
    fonts: Sequence[Path] = (),
) -> bytes:
    """A PDF made from ``templates/typst/<template>.typ``.

    Parameters
    ----------
    template : str
        Name of the template.
    data : Mapping
        What the template reads as JSON under its own name: never markup.
    accessible : bool
        Meet PDF/UA-1.
    fonts : sequence of Path
        Files of fonts for what those of the template lack; the machine's are never used.

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
            font_paths=[dejavu().parent, *_folders(fonts)],
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


def families(fonts: Sequence[Path]) -> list[str]:
    """Names of the families in files of fonts, in the order of the files."""
    import typst

    if not fonts:
        return []
    known = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=_folders(fonts)
    ).fonts()
    files = [str(font) for font in fonts]
    mine = sorted((files.index(f.path), f.index, f.family) for f in known if f.path in files)
    return list(dict.fromkeys(family for *_, family in mine))


def _folders(fonts: Sequence[Path]) -> list[Path]:
    return list(dict.fromkeys(font.parent for font in fonts))


def figure_pdf(figure: Figure, fonts: Sequence[Path] = ()) -> bytes:
    """The drawing as a PDF of its own size, with its text as text."""
    size = {"width": figure.width_mm, "height": figure.height_mm}
    data = {"svg": figure.svg, "fonts": families(fonts), **size}
    return typeset("figure", data, fonts=fonts)


def compact(pdf: bytes) -> bytes:
    """The same PDF with its objects in compressed streams: tags take most of what typst writes."""
    import pikepdf

    made = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as given:
        given.save(
            made,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    return made.getvalue()


@cache
def dejavu() -> Path:
    """The fonts that matplotlib carries, found without importing it."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None and spec.origin is not None  # a dependency of this package
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
