"""Hard to print: hardly any data, long terms, foreign writing, many columns, no events."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pypdf
import pytest

from il5report.data.dataset import Dataset
from il5report.data.write import write_study
from il5report.display.model import Document, Head, Listing, Section, Table
from il5report.errors import PlanError
from il5report.plan.choices import Choices
from il5report.render import pdf, tex
from il5report.render.grid import grid
from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf, render_tex_pdf
from il5report.render.sheets import NAMED_CHARACTERS
from il5report.report import load_plan, report
from tests.render import sample
from tests.render.test_latex import complaints
from tests.render.test_same_texts import squeezed

FOREIGN = ("嗜酸性粒细胞白血病", "شديد", "לוקמיה")
needs_tex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")


def document(*bodies: Table | Listing) -> Document:
    blocks = tuple(
        sample.display(f"d{i}", f"14.{i}", f"Display {i}", body) for i, body in enumerate(bodies)
    )
    return Document("Bad input", "", (), (Section("14", "Displays", 1, blocks),))


def written(doc: Document, folder: Path) -> Path:
    for render in (render_html, render_latex, render_pdf):
        render(doc, folder)
    return folder


def shown(folder: Path) -> dict[str, str]:
    """The texts of the report by format."""
    pages = pypdf.PdfReader(folder / "report.pdf").pages
    return {
        "html": squeezed((folder / "index.html").read_text(encoding="utf-8")),
        "latex": squeezed((folder / "report.tex").read_text(encoding="utf-8")),
        "pdf": squeezed("".join(page.extract_text() for page in pages)),
    }


def listing(columns: int, text: str, rows: int = 3) -> Listing:
    heads = tuple(Head(f"Column {j}") for j in range(columns))
    return Listing(heads, [tuple(f"{text} {i}.{j}" for j in range(columns)) for i in range(rows)])


def test_sixty_columns_of_a_listing_stand_in_parts_whose_records_are_numbered(
    tmp_path: Path,
) -> None:
    body = listing(60, "r", 4)
    layout = grid(body)
    assert len(layout.panels) > 1
    for panel in layout.panels:
        assert [h.label for h in panel.heads[:2]] == ["No.", "Column 0"]
        assert [line.texts[0] for line in panel.lines] == ["1", "2", "3", "4"]
    columns = [h.label for panel in layout.panels for h in panel.heads[2:]]
    assert columns == [f"Column {j}" for j in range(1, 60)]
    texts = shown(written(document(body), tmp_path))
    for form, text in texts.items():
        assert [f"r {i}.{j}" for i in range(4) for j in range(60) if f"r{i}.{j}" not in text] == []
        if form != "html":
            assert f"part{len(layout.panels)}of{len(layout.panels)}" in text.lower(), form


def test_a_listing_of_fewer_columns_has_no_number_added() -> None:
    (panel,) = grid(listing(6, "r")).panels
    assert panel.heads[0].label == "Column 0"


def test_a_date_and_an_identifier_are_not_divided_at_their_hyphens() -> None:
    body = Listing((Head("Subject"), *(Head(f"D{j}") for j in range(14))),
                   [("IL5-DEMO-01-001", *("2026-03-31",) * 14)])  # fmt: skip
    for panel in grid(body).panels:
        assert all("2026-03-31" in t for line in panel.lines for t in line.texts[2:])


@needs_tex
@pytest.mark.parametrize("term", ["X" * 200, "long term " * 20, "hyphen-" * 28], ids=len)
def test_terms_of_200_characters_are_whole_in_every_format(term: str, tmp_path: Path) -> None:
    doc = document(listing(8, term), listing(2, term))
    folder = written(doc, tmp_path)
    texts = shown(folder)
    for form in ("html", "pdf"):
        assert texts[form].count(squeezed(f"{term} 2.1")) >= 2, form
    plain = texts["latex"].replace("\\allowbreak{}", "").replace("-{}", "-")
    assert plain.count(squeezed(f"{term} 2.1")) == 2
    render_tex_pdf(folder / "report.tex", folder / "tex.pdf")
    assert complaints(folder / "tex.log") == []


@pytest.mark.parametrize("text", FOREIGN)
def test_writing_that_a_font_lacks_is_named_and_explained(text: str, tmp_path: Path) -> None:
    texts = shown(written(document(listing(3, text)), tmp_path))
    assert text in texts["html"]
    named = squeezed(tex.printable(text))
    assert named.startswith("[U+")
    assert named in texts["latex"].replace("{[}", "[").replace("{]}", "]").replace(
        "\\allowbreak{}", ""
    )
    note = squeezed(NAMED_CHARACTERS[1])
    explained = texts["latex"].replace("{[}", "[").replace("{]}", "]").replace(",{}", ",")
    assert note in explained
    in_pdf = squeezed(pdf.printable(text))
    assert (note in texts["pdf"]) == (in_pdf != text)
    # right to left is read back in either order
    assert in_pdf in texts["pdf"] or in_pdf[::-1] in texts["pdf"] or text != FOREIGN[0]


def cjk_font() -> Path:
    """A font with Chinese signs on this machine, or a reason to skip."""
    names = ("NotoSansCJK-Regular.ttc", "wqy-*.ttc", "DroidSansFallback*.ttf")
    found = [path for name in names for path in Path("/usr/share/fonts").rglob(name)]
    if not found:
        pytest.skip("no Chinese font on this machine")
    return sorted(found)[0]


def test_writing_is_drawn_with_a_font_that_the_plan_brings(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("extends: default\n")
    (tmp_path / "fonts").mkdir()
    font = tmp_path / "fonts" / f"own{cjk_font().suffix}"
    shutil.copyfile(cjk_font(), font)
    loaded = load_plan(tmp_path)
    assert loaded.fonts == (font,) and f"fonts/{font.name}" in loaded.files
    bodies = [listing(3, text) for text in FOREIGN]
    texts, fonts = [], []
    for brought in ((), loaded.fonts):
        folder = tmp_path / f"out{len(brought)}"
        folder.mkdir()
        texts.append(shown(written(replace(document(*bodies), fonts=brought), folder)))
        pages = pypdf.PdfReader(folder / "report.pdf").pages
        fonts.append({str(f.get_object()["/BaseFont"]).split("+")[1] for page in pages
                      for f in page["/Resources"]["/Font"].values()})  # fmt: skip
    without, drawn = (each["pdf"] for each in texts)
    assert FOREIGN[0] not in without and "[U+5D4" not in drawn
    assert all(text in drawn or text[::-1] in drawn for text in FOREIGN)
    assert squeezed(NAMED_CHARACTERS[1]) in without
    assert squeezed(NAMED_CHARACTERS[1]) not in drawn
    assert len(fonts[1] - fonts[0]) >= 1
    named = squeezed(tex.printable(FOREIGN[0])).replace("[", "{[}").replace("]", "{]}")
    assert named in texts[1]["latex"].replace("\\allowbreak{}", "")


def test_what_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("extends: default\n")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.ttf").write_text("no font")
    with pytest.raises(PlanError, match=r"fonts/a\.ttf: not a font file"):
        load_plan(tmp_path)


def study_with(study: Mapping[str, Dataset], folder: Path, **frames: pl.DataFrame) -> Path:
    changed = {name: replace(study[name], frame=frame) for name, frame in frames.items()}
    made = {name: d for name, d in {**study, **changed}.items() if d.frame.height}
    folder.mkdir()
    write_study(made, folder, "parquet")
    return folder


def test_a_subject_with_hardly_any_data(demo_sdtm: Mapping[str, Dataset], tmp_path: Path) -> None:
    people = demo_sdtm["DM"].frame
    bare = people.head(1).select(
        pl.lit(value, people.schema[name]).alias(name)
        for name, value in {
            **dict.fromkeys(people.columns), "STUDYID": people["STUDYID"][0], "DOMAIN": "DM",
            "USUBJID": "IL5-DEMO-09-999", "SUBJID": "09-999", "SITEID": "09",
            "RFICDTC": "2026-06-01",
        }.items()
    )  # fmt: skip
    data = study_with(demo_sdtm, tmp_path / "data", DM=pl.concat([people, bare]))
    choices = Choices(("14.1", "14.2.1", "14.3.1"))
    made = report(data, None, tmp_path / "out", choices=choices)
    (disposition,) = [d for d in made.document.displays() if d.id == "t_disposition"]
    assert isinstance(disposition.body, Table)
    assert disposition.body.rows[0].cells[-1].text == f"{people.height + 1}"
    assert all(squeezed(disposition.title) in text for text in shown(tmp_path / "out").values())


@needs_tex
def test_a_study_without_any_event(demo_sdtm: Mapping[str, Dataset], tmp_path: Path) -> None:
    nothing = {
        name: demo_sdtm[name].frame.clear()
        for name in ("AE", "SUPPAE", "CE", "HO", "DD", "DV")
        if name in demo_sdtm
    }
    people = demo_sdtm["DM"].frame.with_columns(
        pl.lit(None, pl.String).alias("DTHDTC"), pl.lit(None, pl.String).alias("DTHFL")
    )
    ends = demo_sdtm["DS"].frame.filter(pl.col("DSDECOD") != "DEATH")
    data = study_with(demo_sdtm, tmp_path / "data", DM=people, DS=ends, **nothing)
    choices = Choices(("14.2.5", "14.2.6", "t_deaths", "l_deaths", "f_os"))
    made = report(data, None, tmp_path / "out", choices=choices, tex_pdf=True)
    texts = shown(tmp_path / "out")
    (deaths,) = [d for d in made.document.displays() if d.id == "l_deaths"]
    assert isinstance(deaths.body, Listing)
    assert not deaths.body.rows
    assert deaths.body.empty
    for form, text in texts.items():
        assert squeezed(deaths.body.empty) in text, form
