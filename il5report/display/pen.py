"""What measures a drawing and writes it: the same sizes of text for both, each found out once."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

    Renderer: TypeAlias = Any  # of matplotlib, loaded with the first drawing
else:
    Renderer = object

UNSAID = {"Date": None, "Creator": None}  # so that a file is the same from run to run
_KEPT = 20_000  # texts of a report


def pen_for(made: Drawing, to: TextIO) -> Any:
    """The pen that writes a drawing as SVG."""
    width, height = (float(v) * made.dpi for v in made.get_size_inches())
    return _pen_class()(width, height, to, metadata=UNSAID)


@cache
def _pen_class() -> type[Any]:
    from matplotlib.backends.backend_svg import RendererSVG

    return type("Pen", (_Pen, RendererSVG), {})


class _Pen(Renderer):  # type: ignore[misc]
    _look = ""  # of the markers that are being drawn: asked for with each of them

    def draw_markers(
        self, gc: Any, marker_path: Any, marker_trans: Any, path: Any, trans: Any,
        rgbFace: Any = None,
    ) -> None:  # fmt: skip
        self._look = super()._get_style(gc, rgbFace)
        super().draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
        self._look = ""

    def _get_style(self, gc: Any, face: Any) -> Any:
        return self._look or super()._get_style(gc, face)

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
        return _extent(s, prop, ismath)

    def _get_font_height_metrics(self, prop: Any) -> tuple[float, float, float]:
        """Asked for with each text, to find the distance of lines."""
        size = prop.get_size_in_points()
        ascent, descent, gap = _lines_of(_file_of(prop))
        return ascent * size, descent * size, gap * size


@lru_cache(_KEPT)
def _extent(text: str, font: Any, is_formula: Any) -> Any:
    from matplotlib.textpath import text_to_path

    return text_to_path.get_text_width_height_descent(text, font, is_formula)


@cache
def _file_of(font: Any) -> Any:
    from matplotlib.font_manager import findfont

    return findfont(font)


@cache
def _lines_of(file: Any) -> tuple[float, float, float]:
    """Above the base line, below it, and between lines; for a size of 1."""
    from matplotlib.font_manager import get_font

    font: Any = get_font(file)
    line, em = font.get_sfnt_table("OS/2"), font.get_sfnt_table("head")["unitsPerEm"]
    ascent, descent, gap = (
        line[name] / em for name in ("sTypoAscender", "sTypoDescender", "sTypoLineGap")
    )
    return ascent, -descent, gap
