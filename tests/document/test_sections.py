"""Sections: E3 order, the writer's text, places, templates at fault, displays that a plan lacks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from il5report import templating
from il5report.derive import rule_sets as applied
from il5report.derive.criteria import Provenance
from il5report.display.model import Display, Document, Paragraph, Table
from il5report.document import document
from il5report.document.assemble import in_order
from il5report.errors import PlanError
from il5report.plan.texts import read_texts
from il5report.render.html import render_html
from il5report.render.latex import render_latex
from il5report.render.pdf import render_pdf
from il5report.report import Results, load_plan
from il5report.templating import TemplateError
from tests.document.conftest import RESULTS, material_of, paragraphs, said, text_of, without
from tests.document.test_report_text import faults

WRITTEN = """## Committee

The committee **met** before each dose level; see [the grades](#t_crs) and [](#t_crs).

- no <script>alert(1)</script>
- no \\input{x} and no $x$

| A | B |
|---|---|
| 1 | 2 |
"""


def places(doc: Document) -> list[tuple[str, str]]:
    return [
        (s.number, b.text)
        for s in doc.sections
        for b in s.blocks
        if isinstance(b, Paragraph) and b.kind == "place"
    ]


def test_sections_stand_in_the_order_of_e3(demo_results: Results) -> None:
    numbers = [s.number for s in demo_results.document.sections if s.number]
    assert numbers == sorted(numbers, key=lambda n: [int(p) for p in n.split(".")])
    assert {"2", "4", "5.1", "6", "7", "8", "9.1", "9.3.1", "9.7.5", "10.1", "11.4.1"} <= set(
        numbers
    )
    assert {"12.2.1", "12.3", "13", "14.2", "15", "16.1.9.2", "16.2"} <= set(numbers)
    assert in_order({"9.10": "", "9.9": "", "10": "", "9": ""}) == ["9", "9.9", "9.10", "10"]


def test_what_only_the_writer_can_say_is_a_marked_place(demo_results: Results) -> None:
    marked = dict(places(demo_results.document))
    assert {"2", "5.1", "6", "7", "11.4.4", "12.6", "13"} <= set(marked)
    assert all(text.startswith("To be ") for text in marked.values())
    assert text_of(demo_results.document, "13") == ""


def test_the_writers_text_takes_the_place(demo_results: Results) -> None:
    doc = document(material_of(demo_results, text={"13": WRITTEN, "12.2.1": "One word more."}))
    assert "13" not in dict(places(doc)) and "12.6" in dict(places(doc))
    (section,) = [s for s in doc.sections if s.number == "13"]
    kinds = [type(b).__name__ for b in section.blocks]
    assert kinds == ["Paragraph", "Paragraph", "Items", "Table"]
    runs = next(r for n, r in paragraphs(doc, "13"))
    assert [(r.text, r.target) for r in runs if r.target] == [
        ("the grades", "t_crs"), ("Table 14.3.1.6", "t_crs"),
    ]  # fmt: skip
    assert text_of(doc, "12.2.1").endswith("One word more.")
    assert "was reported in" in text_of(doc, "12.2.1")


def test_html_and_tex_of_the_writer_are_text_in_every_format(
    demo_results: Results, tmp_path: Path
) -> None:
    keys = [ctx.id for ctx in demo_results.checked.contexts if ctx.id != "t_crs"]
    made = material_of(demo_results, text={"13": WRITTEN})
    doc = document(without(made, *keys))
    for render in (render_html, render_latex, render_pdf):
        render(doc, tmp_path)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "no &lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert '<a href="#t_crs">the grades</a>' in html
    tex = (tmp_path / "report.tex").read_text(encoding="utf-8")
    assert r"no \textbackslash{}input\{x\} and no \$x\$" in tex
    assert r"\hyperlink{t_crs}" in tex
    pypdf = pytest.importorskip("pypdf")
    pages = " ".join(p.extract_text() for p in pypdf.PdfReader(tmp_path / "report.pdf").pages)
    assert "<script>alert(1)</script>" in pages and r"\input{x}" in pages


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"12.22.md": "x"},
            "text/12.22.md:1: .*unknown section '12.22'; did you mean '12.2",
        ),
        ({"notes.txt": "x"}, "text/notes.txt: the text of a section is a Markdown file"),
        ({"13.md": b"\xff"}, "text/13.md: not UTF-8 at byte 0"),
    ],
)
def test_a_text_of_no_section_is_refused(
    files: dict[str, str | bytes], message: str, tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text("extends: default\n")
    (tmp_path / "text").mkdir()
    for name, content in files.items():
        (tmp_path / "text" / name).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
    with pytest.raises(PlanError, match=message):
        load_plan(tmp_path)


def test_the_writers_files_are_part_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("extends: default\n")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "13.md").write_text("Discussed.\n")
    loaded = load_plan(tmp_path)
    assert loaded.files["text/13.md"] == b"Discussed.\n"
    assert loaded.plan.text == {"13": "Discussed.\n"}
    assert read_texts(tmp_path / "absent") == ({}, {}, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("See [x](#t_crss).", r"text/13.md:1: a link leads to '#t_crss'.*did you mean 't_crs'"),
        ("Go\n\nto [x](http://example.org).", "text/13.md:3: a link leads to 'http://example.org'"),
        ("- a\n  - b\n", "text/13.md:2: a list or table inside a list"),
    ],
)
def test_what_cannot_be_printed_is_refused(text: str, message: str, demo_results: Results) -> None:
    with pytest.raises(PlanError, match=message):
        document(material_of(demo_results, text={"13": text}))


@pytest.fixture
def csr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The templates, to be changed."""
    real = templating.templates()
    shutil.copytree(real, tmp_path / "templates")
    monkeypatch.setattr(templating, "templates", lambda: tmp_path / "templates")
    yield tmp_path / "templates" / "csr"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a\n\n{{ nobody }}\n", "13.md, line 3: 'nobody' is undefined"),
        ("{% sentence %}\nx\n{{ count('t_crs', 'anyy').n }}{% endsentence %}",
         "13.md, line 3: t_crs has no number at 'anyy'.*did you mean 'any'"),
        ("{{ count('t_crs', 'at least', level='9').subjects }}",
         "13.md, line 1: t_crs has no number at 'at least' level='9'"),
        ("\n{{ count('t_crs', 'any').n }}", "13.md, line 2: 18 .int. is no text"),
        ("{{ ref('t_none') }}", "13.md, line 1: the plan has no display 't_none'"),
        ("{{ value('t_os', 'median', 'estimat', 'time') }}", "t_os: no statistic 'estimat'"),
        ("{{ insert('nothing') }}", "line 1: there is nothing named 'nothing'"),
        ("{{ in_text('f_os') }}", "line 1: f_os is no table"),
        ("{% sentence %}a", "13.md, line 1: "),
    ],
)  # fmt: skip
def test_a_fault_of_a_template_names_it_and_the_line(
    template: str, message: str, csr: Path, demo_results: Results
) -> None:
    (csr / "13.md").write_text(template)
    with pytest.raises(TemplateError, match=message):
        document(material_of(demo_results))


def test_text_of_the_plan_is_never_markup(demo_results: Results) -> None:
    title = "**x** [y](#t_crs) \\n# z | {{ nobody }}"
    protocol = demo_results.checked.loaded.plan.protocol.model_copy(update={"title": title})
    doc = document(material_of(demo_results, protocol=protocol))
    assert title in text_of(doc, "2")


def test_a_display_that_the_plan_lacks_takes_its_sentences_with_it(demo_results: Results) -> None:
    whole = material_of(demo_results)
    full = document(whole)
    assert "Table 14.3.1.6)" in text_of(full, "12.2.2")
    doc = document(without(whole, "t_crs", "t_os", "t_disposition", "t_crs_course"))
    assert faults(doc) == []
    assert "cytokine release syndrome of any grade" not in text_of(doc, "12.2.2").lower()
    assert "ICANS" in text_of(doc, "12.2.2") and "Overall survival" not in text_of(doc, "11.4.1")
    assert "Relapse-free survival" in text_of(doc, "11.4.1")
    targets = {r.target for _, runs in paragraphs(doc) for r in runs if r.target}
    assert not targets & {"t_crs", "t_os", "t_disposition"}


def test_a_report_without_any_display_still_reads(demo_results: Results) -> None:
    whole = material_of(demo_results)
    doc = document(without(whole, *(ctx.id for ctx in whole.contexts)))
    assert faults(doc) == []
    results = [said(runs) for n, runs in paragraphs(doc, *RESULTS) if n != "2"]
    assert not [text for text in results if re.search(r"\d", text)]


def test_tables_in_the_text_show_the_rows_of_the_display(demo_results: Results) -> None:
    made = {d.id: d for d in demo_results.document.displays()}
    copies = [d for d in made.values() if d.in_text and isinstance(d.body, Table)]
    assert len(copies) >= 5
    for copy in copies:
        original = made[copy.id.removeprefix("text-")]
        assert copy.body == original.body and copy.title == original.title
        assert copy.number.split("-")[0] in {"11", "12"}
    assert len({d.number for d in copies}) == len(copies)


def test_only_abbreviations_that_are_used_are_listed(demo_results: Results) -> None:
    keys = [ctx.id for ctx in demo_results.checked.contexts]
    doc = document(without(material_of(demo_results), *keys))
    listed = abbreviations(doc)
    assert "CAR" in listed and "AE" not in listed
    assert {"AE", "CRS", "ICANS", "CI", "SD"} - abbreviations(demo_results.document) <= {"AE"}


def abbreviations(doc: Document) -> set[str]:
    (section,) = [s for s in doc.sections if s.number == "4"]
    tables = [b for b in section.blocks if isinstance(b, Table)]
    return {row.label for table in tables for row in table.rows}


def test_methods_say_how_far_they_were_checked(demo_results: Results) -> None:
    sets = applied.rule_sets(demo_results.checked.loaded.plan)
    recalled = [c for c in sets if c.provenance is Provenance.RECALLED]
    assert recalled and len(sets) > len(recalled)
    (section,) = [s for s in demo_results.document.sections if s.number == "9.7.5"]
    table = next(b for b in section.blocks if isinstance(b, Table))
    marks = {row.label: row.cells[-1].text for row in table.rows}
    for each in sets:
        wanted = "to be confirmed" if each in recalled else ""
        assert wanted in marks[each.name]
        assert each.citation in [c.text for row in table.rows for c in row.cells]


def test_every_method_names_a_display_that_uses_it(demo_results: Results) -> None:
    texts = text_of(demo_results.document, "16.1.9.1")
    assert "Clopper and Pearson 1934" in texts and "Kaplan & Meier, JASA 1958" in texts
    runs = [r for n, r in paragraphs(demo_results.document) if n == "16.1.9.1"]
    used = {r[1].target for r in runs if r[0].text.startswith("Used for")}
    assert used <= {ctx.id for ctx in demo_results.checked.contexts}


def test_the_design_figure_names_phases_and_visits(demo_results: Results) -> None:
    figure = next(d for d in demo_results.document.displays() if d.id == "f_design")
    assert isinstance(figure, Display) and figure.in_text
    description = figure.body.description  # type: ignore[union-attr]
    for word in (
        "Leukapheresis",
        "Lymphodepletion",
        "Infusion",
        "Dose level 1",
        "Month 24 (day 730)",
    ):
        assert word in description
