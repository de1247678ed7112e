"""The report as PDF: by typst on any machine, or from the LaTeX file where a TeX engine is."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from il5report.display.model import Display, Document, Figure, Items, Paragraph, Run, Section
from il5report.render.contents import entries, lists
from il5report.render.grid import Grid, Line, Panel, is_long
from il5report.render.sheets import Item, on_paper, sheets
from il5report.render.text import name, named
from il5report.render.typeset import compact, dejavu, families, typeset

LONG = (
    "In this file each row of this long listing is a line of text; the HTML report has it as a "
    "table."
)
TEX_RUNS = 5  # at most: contents, page numbers and column heads settle before
TEX_NOTES = (".aux", ".toc", ".tables", ".figures", ".listings")  # what one run leaves for the next


def render_pdf(doc: Document, folder: Path) -> None:
    """Write ``report.pdf``: tagged, PDF/UA-1, the same bytes from the same document.

    Parameters
    ----------
    doc : Document
        What to print.
    folder : Path
        Existing folder to write to.

    Raises
    ------
    TemplateError
        A fault in the template; says file and line.
    """
    data = as_data(on_paper(doc, partial(printable, fonts=doc.fonts)))
    made = typeset("report", data, accessible=True, fonts=doc.fonts)
    (folder / "report.pdf").write_bytes(compact(made))


def as_data(doc: Document) -> dict[str, Any]:
    """The document as the template of typst reads it: strings, numbers, lists and objects only."""
    headings = entries(doc.sections)
    return {
        "title": doc.title,
        "subtitle": doc.subtitle,
        "facts": doc.facts,
        "banner": doc.banner,
        "status": doc.status,
        "header": doc.header,
        "keywords": doc.keywords,
        "fonts": families(doc.fonts),
        "language": doc.language.split("-")[0],  # of the tag, typst takes the language alone
        "date": _date(doc.date),
        "contents": [_section(entry.section, entry.level) for entry in headings],
        "lists": [
            {
                "title": title,
                "displays": [
                    {"target": _target(d), "number": _name(d), "title": d.title} for d in displays
                ],
            }
            for title, displays in lists(doc)
        ],
        "sheets": _sheets(doc, [entry.level for entry in headings]),
    }


def _sheets(doc: Document, levels: list[int]) -> list[dict[str, Any]]:
    remaining = iter(levels)
    level = 1
    found = []
    displays = {display.id for display in doc.displays()}
    for sheet in sheets(doc):
        items = []
        own = [i.value for i in sheet.items if isinstance(i.value, Display) and not i.value.in_text]
        names = [_name(display) for display in own]
        for item in sheet.items:
            level = next(remaining) if item.kind == "section" else level
            items.append(_item(item, level, displays))
        found.append({"landscape": sheet.landscape, "items": items, "name": "".join(names)})
    return found


def _item(item: Item, level: int, displays: set[str]) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": item.kind, "grid": _grid(item.grid) if item.grid else None}
    match item.value:
        case Section():
            data |= _section(item.value, level)
        case Paragraph():
            data |= {"runs": _runs(item.value.runs, displays), "as": item.value.kind}
        case Items():
            data["items"] = [_runs(each, displays) for each in item.value.items]
            data["ordered"] = item.value.ordered
        case Display():
            data |= _display(item.value, level + 1)
            if item.grid and is_long(item.grid):
                data["footnotes"] = (*item.value.footnotes, LONG)
    return data


def _grid(grid: Grid) -> dict[str, Any]:
    panels = [_panel(panel, grid) for panel in grid.panels]
    return {"size": grid.size, "empty": grid.empty, "panels": panels}


def _panel(panel: Panel, grid: Grid) -> dict[str, Any]:
    """A panel; where every line is a record, its texts alone."""
    heads = [{k: getattr(h, k) for k in ("label", "detail", "span", "align")} for h in panel.heads]
    data: dict[str, Any] = {
        "heads": heads, "spans": panel.spans, "widths": panel.widths, "blocks": panel.blocks,
        "lines": [], "rows": [], "long": is_long(grid),
    }  # fmt: skip
    if not all(map(_is_record, panel.lines)):
        lines = [(line.kind, line.indent, line.texts, line.pads) for line in panel.lines]
        return data | {"lines": lines}
    return data | {"rows": [line.texts for line in panel.lines]}


def _is_record(line: Line) -> bool:
    return line.kind == "data" and not line.indent and not line.pads


def _runs(runs: Sequence[Run], displays: Collection[str]) -> list[dict[str, str]]:
    return [
        {
            "text": run.text,
            "style": run.style,
            "target": ("display-" if run.target in displays else "") + name(run.target),
        }
        for run in runs
    ]


def _section(section: Section, level: int) -> dict[str, Any]:
    return {
        "target": name(section.anchor),
        "number": section.number,
        "title": section.title,
        "level": level,
    }


def _display(display: Display, level: int) -> dict[str, Any]:
    data = {
        "target": _target(display),
        "name": _name(display),
        "title": display.title,
        "subtitle": display.subtitle,
        "footnotes": display.footnotes,
        "source": display.source,
        "level": level,
    }
    if isinstance(display.body, Figure):
        data |= {
            "svg": display.body.svg,
            "description": display.body.description,
            "width": display.body.width_mm,
        }
    return data


def _target(display: Display) -> str:
    return "display-" + name(display.id)


def _name(display: Display) -> str:
    return f"{display.kind.capitalize()} {display.number}"


def _date(text: str) -> dict[str, int] | None:
    if not text:
        return None
    date = dt.date.fromisoformat(text)
    return {"year": date.year, "month": date.month, "day": date.day}


def printable(text: str, fonts: tuple[Path, ...] = ()) -> str:
    """Text with each character that the fonts of the PDF lack named."""
    if text.isascii():
        return text
    known = _characters((dejavu(), *fonts))
    return "".join(c if ord(c) in known else named(c) for c in text)


@cache
def _characters(fonts: tuple[Path, ...]) -> frozenset[int]:
    """What the fonts have: DejaVu Sans, the widest of those used, and the plan's."""
    from matplotlib.ft2font import FT2Font

    return frozenset().union(*(FT2Font(str(font)).get_charmap() for font in fonts))


def render_tex_pdf(tex: Path, out: Path) -> Path:
    """Compile a LaTeX report with pdflatex.

    Parameters
    ----------
    tex : Path
        ``report.tex`` as `render_latex` writes it, with its figures.
    out : Path
        The PDF to write; the log of pdflatex stands beside it (``.log``).

    Returns
    -------
    Path
        `out`; the same bytes from the same source.

    Raises
    ------
    FileNotFoundError
        No pdflatex on this machine.
    RuntimeError
        pdflatex stopped; the message has the end of its log.
    """
    engine = shutil.which("pdflatex")
    if engine is None:
        raise FileNotFoundError("pdflatex is not installed")
    surroundings = os.environ | {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
    with tempfile.TemporaryDirectory() as work:
        command = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error"]
        command += [f"-output-directory={work}", tex.name]
        settled: list[bytes] = []
        for _ in range(TEX_RUNS):
            before = settled
            run = subprocess.run(
                command, cwd=tex.parent, env=surroundings, capture_output=True, check=False
            )
            if run.returncode:
                raise RuntimeError(run.stdout.decode("latin-1")[-2000:])
            notes = [p for p in sorted(Path(work).iterdir()) if p.suffix in TEX_NOTES]
            settled = [note.read_bytes() for note in notes]
            if settled == before:
                break
        shutil.copyfile(Path(work, tex.stem + ".log"), out.with_suffix(".log"))
        shutil.copyfile(Path(work, tex.stem + ".pdf"), out)
    return out
