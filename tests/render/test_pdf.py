from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdf
import pytest

from il5report.display.model import Document, Section, paragraph
from il5report.render import grid, pdf, typeset
from il5report.render.sheets import NAMED_CHARACTERS
from il5report.render.text import BREAK, clean
from il5report.templating import TemplateError
from tests.render import sample
from tests.render.reports import Report, bookmarks

SMALL = Document("Title", "", (), (Section("1", "Section", 1, (paragraph("Text."),)),))


@cache
def pages(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def squeezed(text: str) -> str:
    """Without blanks, at which a line may have been broken."""
    return "".join(text.replace(BREAK, "").split())


def test_shows_every_cell(report: Report) -> None:
    shown = squeezed("".join(pages(report.folder / "report.pdf")))
    cells = [squeezed(pdf.printable(clean(text))) for text in report.cells()]
    # Hebrew and Arabic are drawn from right to left and read back in either order.
    left_to_right = [c for c in cells if not re.search("[\u0590-\u08ff]", c)]
    assert left_to_right and [c for c in left_to_right if c not in shown] == []


def test_banner_draft_mark_and_page_number_on_every_page(report: Report) -> None:
    texts = pages(report.folder / "report.pdf")
    for number, text in enumerate(map(squeezed, texts), 1):
        assert f"Page{number}of{len(texts)}" in text
        assert squeezed(report.doc.banner) in text and squeezed(report.doc.status) in text


def test_is_tagged_and_claims_ua_1(report: Report) -> None:
    reader = pypdf.PdfReader(report.folder / "report.pdf")
    catalog = reader.trailer["/Root"].get_object()
    assert catalog["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en" and catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None and reader.metadata.title == report.doc.title
    assert b"pdfuaid:part" in catalog["/Metadata"].get_object().get_data()


def test_bookmarks_name_every_section_and_display(report: Report) -> None:
    found = bookmarks(report.folder / "report.pdf")
    expected = [s.title for s in report.doc.sections] + [d.title for d in report.doc.displays()]
    assert len(found) == len(expected)
    assert all(any(squeezed(t) in squeezed(f) for f in found) for t in expected)


def test_wide_displays_stand_on_landscape_pages(usual: Report) -> None:
    reader = pypdf.PdfReader(usual.folder / "report.pdf")
    wide = [p.mediabox.width > p.mediabox.height for p in reader.pages]
    events = next(
        i for i, p in enumerate(reader.pages) if "Table 14.3.1.2" in p.extract_text() and i > 2
    )
    assert wide[events] and not wide[0]


def test_head_repeats_and_continuation_is_said(usual: Report) -> None:
    texts = [t for t in pages(usual.folder / "report.pdf") if "Listing 16.2.7.1 (continued)" in t]
    assert len(texts) >= 1 and all("Verbatim term" in t for t in texts)


def test_a_long_listing_is_set_row_by_row_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = sample.listing(150)
    doc = replace(SMALL, sections=(Section("16", "Listings", 1, (
        sample.display("long", "16.2.7", "Long", body),)),))  # fmt: skip
    for folder, cells in ((tmp_path / "usual", 1501), (tmp_path / "long", 1499)):
        monkeypatch.setattr(grid, "LONG_CELLS", cells)
        folder.mkdir()
        pdf.render_pdf(doc, folder)
    usual, long = (pages(tmp_path / name / "report.pdf") for name in ("usual", "long"))
    shown = squeezed("".join(long))
    assert all(squeezed("".join(row)) in shown for row in body.rows), "row after row"
    assert squeezed(pdf.LONG) in shown
    assert squeezed(pdf.LONG) not in squeezed("".join(usual))
    assert len(long) <= len(usual)
    started = next(i for i, text in enumerate(long) if "TXB2025023-01-001" in text)
    assert all("Verbatim term" in text for text in long[started:]), "the head repeats"
    catalog = pypdf.PdfReader(tmp_path / "long" / "report.pdf").trailer["/Root"].get_object()
    assert catalog["/MarkInfo"]["/Marked"]


def test_a_character_without_a_glyph_is_named() -> None:
    assert pdf.printable("中 β ≥") == "[U+4E2D] β ≥"


def test_named_characters_are_explained_on_the_title_page(report: Report) -> None:
    title_pages = "".join(pages(report.folder / "report.pdf")[:3])
    hostile = "<script>" in report.doc.title
    assert (squeezed(NAMED_CHARACTERS[1]) in squeezed(title_pages)) == hostile


def test_language_tag_with_a_region(tmp_path: Path) -> None:
    pdf.render_pdf(replace(SMALL, language="en-GB"), tmp_path)
    assert pypdf.PdfReader(tmp_path / "report.pdf").trailer["/Root"]["/Lang"] == "en"


def test_without_date_there_is_none(tmp_path: Path) -> None:
    pdf.render_pdf(replace(SMALL, date=""), tmp_path)
    metadata = pypdf.PdfReader(tmp_path / "report.pdf").metadata
    assert metadata is not None and "/CreationDate" not in metadata


def test_compact_is_smaller_and_says_the_same(usual: Report) -> None:
    given = typeset.typeset("report", pdf.as_data(usual.doc), accessible=True)
    made = typeset.compact(given)
    assert len(made) < 0.6 * len(given)
    assert made == typeset.compact(given)
    before, after = (pypdf.PdfReader(io.BytesIO(data)) for data in (given, made))
    assert [p.extract_text() for p in after.pages] == [p.extract_text() for p in before.pages]
    assert structure(after) == structure(before)
    assert after.metadata == before.metadata
    same = [r.trailer["/Root"]["/Metadata"].get_object().get_data() for r in (after, before)]
    assert same[0] == same[1]


def structure(reader: pypdf.PdfReader) -> Counter[str]:
    """How often each tag stands in the file."""
    found: Counter[str] = Counter()
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        item = waiting.pop().get_object()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            found[str(item.get("/S"))] += 1
            waiting += [item["/K"]] if "/K" in item else []
    return found


def test_fault_in_the_template_names_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typst").mkdir()
    (tmp_path / "typst" / "report.typ").write_text("text\n\n#nobody\n")
    monkeypatch.setattr(typeset, "templates", lambda: tmp_path)
    with pytest.raises(TemplateError, match=r"report\.typ, line 3: unknown variable: nobody"):
        pdf.render_pdf(SMALL, tmp_path)
