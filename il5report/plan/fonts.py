"""Fonts that a plan folder brings for the PDF: ``fonts/*.ttf``, ``.otf``, ``.ttc``."""

from __future__ import annotations

from pathlib import Path

from il5report.errors import Finding

FONTS = "fonts"
SIGNATURES = (b"\x00\x01\x00\x00", b"OTTO", b"ttcf", b"true")


def read_fonts(folder: Path) -> tuple[tuple[Path, ...], dict[str, bytes], list[Finding]]:
    """The fonts of a plan folder, by which the PDF shows writing that its own fonts lack.

    The fonts of the machine are never used: the same plan gives the same bytes everywhere.

    Parameters
    ----------
    folder : Path
        The plan folder; it need not hold any font.

    Returns
    -------
    tuple of Path
        The files, in order of their names.
    dict of bytes
        File, relative to the plan folder, to its content.
    list of Finding
        Files that are no font.
    """
    paths = tuple(sorted((folder / FONTS).glob("*")))
    contents: dict[str, bytes] = {}
    faults: list[Finding] = []
    for path in paths:
        name = f"{FONTS}/{path.name}"
        contents[name] = path.read_bytes() if path.is_file() else b""
        if not contents[name].startswith(SIGNATURES):
            message = "not a font file (TrueType or OpenType, or a collection of these)"
            faults.append(Finding("plan.font", message, place=name))
    return paths, contents, faults
