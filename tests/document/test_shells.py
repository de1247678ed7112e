"""Mock shells: the structure of the final displays, from the plan alone, and no result."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from il5report.display.model import Cell, Display, Document, Figure, Head, Listing, Row, Table
from il5report.display.shell import masked, shell_of
from il5report.errors import PlanError
from il5report.plan.words import filled
from il5report.report import Results, load_plan
from il5report.shells import RESULTS_NOTE, plan_document, shells
from tests.conftest import ROOT

PUBLIC = ROOT / "analysis_plan" / "examples" / "pharmaverse"
SMALL = """extends: default
"""
KEPT = ("t_crs", "t_ae_soc_pt", "t_os", "l_deaths", "f_consort")
PLACEHOLDER = re.compile(r"[A-Z][\w ().,/-]* [12]$|One line for each found in the data")


@pytest.fixture(scope="module")
def plan_doc() -> Document:
    """The analysis plan of the default plan."""
    return plan_document(load_plan(None))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan with a few displays."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "study.yaml").write_text(SMALL)
    others = [key for key in load_plan(None).plan.outputs if key not in KEPT]
    (folder / "outputs.yaml").write_text("".join(f"{key}: null\n" for key in others))
    return folder


@pytest.fixture(scope="module")
def in_data(demo_results: Results) -> set[str]:
    """Every text value of the analysis data, as it is and as it is printed."""
    found: set[str] = set()
    labels = demo_results.checked.loaded.plan.labels
    for dataset in demo_results.checked.study.values():
        for name, kind in dataset.frame.schema.items():
            if kind == pl.String:
                values = set(dataset.frame[name].drop_nulls().unique())
                found |= values | {labels.of(name, value) for value in values}
    return found


def pairs(plan_doc: Document, results: Results) -> list[tuple[Display, Display]]:
    final = {d.id: d for d in results.document.displays()}
    return [(d, final[d.id]) for d in plan_doc.displays() if d.id in final and not d.in_text]


def head(one: Head) -> tuple[str, str, str, str]:
    return one.label, re.sub(r"\d+", "xx", one.detail), one.span, one.align


def fixed(rows: tuple[Row, ...], in_data: set[str]) -> list[tuple[str, int, str]]:
    """The rows that do not come from the data."""
    return [
        (row.label, row.indent, row.kind)
        for row in rows
        if row.label not in in_data and not PLACEHOLDER.fullmatch(row.label)
    ]


def test_every_display_of_the_plan_has_a_shell(plan_doc: Document) -> None:
    made = [d.id for d in plan_doc.displays() if not d.in_text]
    assert sorted(made) == sorted(load_plan(None).plan.outputs)


def test_a_shell_has_the_structure_of_the_final_display(
    plan_doc: Document, demo_results: Results, in_data: set[str]
) -> None:
    checked = 0
    for shell, final in pairs(plan_doc, demo_results):
        assert (shell.kind, shell.number, shell.title) == (final.kind, final.number, final.title)
        assert type(shell.body) is type(final.body), shell.id
        if isinstance(shell.body, Figure) or isinstance(final.body, Figure):
            continue
        assert list(map(head, shell.body.heads)) == list(map(head, final.body.heads)), shell.id
        assert shell.body.empty == final.body.empty
        if isinstance(shell.body, Table) and isinstance(final.body, Table):
            checked += 1

            mine, theirs = fixed(shell.body.rows, in_data), fixed(final.body.rows, in_data)
            if len(theirs) < len(final.body.rows):  # lines repeat under each term of the data
                mine, theirs = list(dict.fromkeys(mine)), list(dict.fromkeys(theirs))
            assert mine == theirs, shell.id
    assert checked > 80


def test_footnotes_are_those_of_the_final_display(
    plan_doc: Document, demo_results: Results
) -> None:
    made = {ctx.id: ctx for ctx in demo_results.checked.contexts}
    for shell, final in pairs(plan_doc, demo_results):
        stated = [note for note in shell.footnotes if note != RESULTS_NOTE]
        assert [note for note in final.footnotes if note in stated] == stated, shell.id
        ctx = made[shell.id]
        of_plan = [filled(n, ctx.words) for n in (*ctx.output.footnotes, *ctx.entry.footnotes)]
        assert set(of_plan) <= set(stated), shell.id


def test_a_shell_holds_no_result(plan_doc: Document, demo_results: Results) -> None:
    subjects = set(demo_results.checked.study["ADSL"].frame["USUBJID"])
    terms = set(demo_results.checked.study["ADAE"].frame["AETERM"].drop_nulls())
    for shell in plan_doc.displays():
        match shell.body:
            case Table(rows=rows):
                cells = [c for row in rows for c in row.cells]
                assert not [c.text for c in cells if c.refs]
                labels = {row.label for row in rows}
            case Listing(rows=records):
                assert {text for record in records for text in record} == {"xxx"}
                labels = set()
            case Figure(svg=svg):
                assert not any(subject in svg for subject in subjects)
                labels = set()
        if shell.id in {"t_ae_soc_pt", "t_ae_serious", "t_ae_frequent"}:
            assert not labels & terms
        if not shell.in_text:
            assert shell.subtitle.endswith("(N=xx)")


def test_cells_show_what_the_final_cells_show(plan_doc: Document, demo_results: Results) -> None:
    final = {d.id: d for d in demo_results.document.displays()}
    for shell in plan_doc.displays():
        if shell.in_text or not isinstance(shell.body, Table):
            continue
        body = final[shell.id].body
        assert isinstance(body, Table)
        by_label = {row.label: row for row in shell.body.rows}
        for row in body.rows:
            mine = by_label.get(row.label)
            if mine is None or len([r for r in body.rows if r.label == row.label]) > 1:
                continue
            for cell, mock in zip(row.cells, mine.cells, strict=True):
                if cell.refs:
                    assert not re.search(r"(?<![\w.])\d", mock.text), (shell.id, row.label, mock)
                    assert cell.text.count("(") <= mock.text.count("(")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("12 (60.0%)", "xx (xx.x%)"),
        ("3/20 (15.0%)", "xx/xx (xx.x%)"),
        ("-0.5 (1.25)", "xx.x (xx.xx)"),
        ("<0.0001", "x.xxxx"),
        ("10.1 (3.4, NE) [5]", "xx.x (xx.x, NE) [xx]"),
        ("1.2+ to 24.6+", "xx.x+ to xx.x+"),
        ("AUC0-28d", "AUC0-28d"),
    ],
)
def test_numbers_become_x(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_row_has_the_fullest_pattern_of_its_cells() -> None:
    cells = (Cell("0", refs=(1, 2)), Cell("NE", refs=(3, 4)), Cell("2 (100%)", refs=(5, 6)))
    table = Table((Head(""), *(Head("A", "(N=3)"),) * 3), (Row("Any", cells),))
    body = shell_of(table)
    assert isinstance(body, Table)
    assert {cell.text for cell in body.rows[0].cells} == {"xx (xx.x%)"}
    assert body.heads[1].detail == "(N=xx)"


def test_a_plan_that_the_synthetic_study_does_not_fit_has_shells_too() -> None:
    loaded = load_plan(PUBLIC)
    doc = plan_document(loaded)
    made = {d.id: d for d in doc.displays()}
    assert set(loaded.plan.outputs) <= set(made)
    body = made["t_demography"].body
    assert isinstance(body, Table)
    assert [h.label for h in body.heads][1:] == [
        "Placebo", "Xanomeline low dose", "Xanomeline high dose", "Total",
    ]  # fmt: skip
    assert {"Female", "Male", "Below 65"} & {row.label for row in body.rows}
    assert not re.search(r"IL-5|CAR-T", " ".join(s.title for s in doc.sections))


def test_all_formats_are_written_and_the_plan_is_hashed(small: Path, tmp_path: Path) -> None:
    shells(small, tmp_path / "sap")
    files = {p.name for p in (tmp_path / "sap").iterdir()}
    assert {"index.html", "report.pdf", "report.tex", "manifest.json"} <= files
    manifest = json.loads((tmp_path / "sap" / "manifest.json").read_text())
    assert {"study.yaml", "outputs.yaml"} <= set(manifest["plan"]) and manifest["inputs"] == {}
    html = (tmp_path / "sap" / "index.html").read_text(encoding="utf-8")
    assert "Statistical analysis plan with mock shells" in html and "xx (xx.x%)" in html
    assert "to be confirmed against the source" in html


def test_a_wrong_plan_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "study.yaml").write_text("extends: default\nprotocl: {}\n")
    with pytest.raises(PlanError, match="protocol"):
        shells(tmp_path / "plan", tmp_path / "sap")
    assert not (tmp_path / "sap").exists()
