"""A report of aggregates: no subject in any of its files, no small count, nothing to subtract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.ard import Rows, Scope, counted, finish
from il5report.disclosure.counts import UNSAID, Hidden, hidden, without
from il5report.disclosure.displays import of_aggregates
from il5report.disclosure.document import WITHHELD, aggregates_only
from il5report.disclosure.names import leaks, refuse_names, subject_names, without_subjects
from il5report.disclosure.sentences import counts_said, said
from il5report.display.model import (
    Cell,
    Display,
    Figure,
    Head,
    Items,
    Listing,
    Paragraph,
    Row,
    Run,
    Table,
)
from il5report.errors import DataError, Finding
from il5report.report import (
    Checked,
    Results,
    analyse,
    contexts,
    write,
)
from tests.render import sample

THRESHOLD = 5


@pytest.fixture(scope="module")
def aggregates(demo_checked: Checked) -> Results:
    """The demo study without subject data, counts below 5 hidden."""
    plan = demo_checked.loaded.plan
    settings = plan.report.model_copy(update={"small_counts": THRESHOLD})
    kept = plan.model_copy(update={"report": settings})
    loaded = of_aggregates(replace(demo_checked.loaded, plan=kept))
    made = contexts(loaded, demo_checked.study)
    choices = replace(demo_checked.choices, subject_data=False)
    return analyse(replace(demo_checked, loaded=loaded, contexts=made, choices=choices))


@pytest.fixture(scope="module")
def folder(aggregates: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("aggregates")
    write(aggregates, made)
    return made


def texts_of(path: Path) -> Iterator[str]:
    """All texts of a file, also of those that are compressed."""
    yield path.read_bytes().decode("latin-1")
    if path.suffix == ".pdf":
        reader = pypdf.PdfReader(path)
        yield from (page.extract_text() for page in reader.pages)
        yield str(reader.metadata)
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        for name in frame.columns:
            yield "\n".join(frame[name].cast(pl.String).drop_nulls().unique())


def test_no_file_names_a_subject(folder: Path, demo_checked: Checked) -> None:
    adsl = demo_checked.study["ADSL"].frame
    names = {*adsl["USUBJID"], *adsl["SUBJID"]}
    assert len(names) > 40
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".html", ".js", ".tex", ".pdf", ".json", ".parquet"}
    assert not (folder / "adam").exists() and not (folder / "assets" / "records").exists()
    for path in files:
        for text in texts_of(path):
            found = pattern.search(text.replace("\n", " ") if path.suffix == ".pdf" else text)
            assert found is None, (path.name, found)


def test_a_full_report_does_name_them(demo_results: Results, demo_checked: Checked) -> None:
    """The search above would find a name if there were one."""
    listings = [d for d in demo_results.document.displays() if d.kind == "listing"]
    names = subject_names(demo_checked.study)
    assert any(text in names for d in listings for row in d.body.rows for text in row)  # type: ignore[union-attr]


def test_outputs_that_name_subjects_say_so(demo_results: Results, demo_checked: Checked) -> None:
    names = list(subject_names(demo_checked.study))
    places = ("analysis", "column", "group", "variable", "level", "visit", "reason", "warning")
    named = demo_results.ard.filter(pl.any_horizontal(pl.col(places).is_in(names)))["output"]
    output_of = {ctx.id: ctx.output for ctx in demo_checked.contexts}
    assert named.n_unique() > 5
    assert [key for key in named.unique().sort() if not output_of[key].shows_subjects] == []


def test_no_display_of_single_subjects(aggregates: Results) -> None:
    displays = aggregates.document.displays()
    assert len(displays) > 60
    assert not any(isinstance(d.body, Listing) for d in displays)
    assert {d.id for d in displays}.isdisjoint({"f_swimmer", "f_crs_days", "f_eosinophils_best"})


def test_no_small_count_is_left(aggregates: Results, demo_results: Results) -> None:
    before = demo_results.ard.filter(
        pl.col("stat_name").is_in(["n", "N", "n_events", "n_risk", "n_event", "n_censor"]),
        pl.col("stat").is_between(1, THRESHOLD - 1),
    )
    key = ["output", "analysis", "column", "group", "variable", "level", "paramcd", "visit",
           "time", "stat_name"]  # fmt: skip
    after = aggregates.ard.join(before.select(key), on=key, how="semi", nulls_equal=True)
    assert after.height > 1000
    assert after["stat"].null_count() == after.height
    assert after["reason"].str.starts_with("hidden").all()


def test_no_cell_shows_a_hidden_number(aggregates: Results) -> None:
    gone = set(aggregates.ard.filter(pl.col("reason").str.starts_with("hidden"))["row"])
    looked_at = 0
    for display in aggregates.document.displays():
        if isinstance(display.body, Table):
            for cell in (c for row in display.body.rows for c in row.cells if gone & set(c.refs)):
                looked_at += 1
                assert cell.text in (f"<{THRESHOLD}", WITHHELD)
            assert not re.search(r"N=[1-4]\b", " ".join(h.detail for h in display.body.heads))
        elif isinstance(display.body, Figure) and gone & set(display.body.refs):
            assert "Not drawn" in display.body.svg and "Not drawn" in display.body.description
    assert looked_at > 1000


def test_sentences_with_hidden_counts_are_english(aggregates: Results) -> None:
    texts = []
    for section in aggregates.document.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                texts.append(block.text)
            elif isinstance(block, Items):
                texts += ["".join(run.text for run in runs) for runs in block.items]
    found = [text for text in texts if re.search("hidden|[Ff]ewer than", text)]
    assert len(found) > 10
    assert any("Fewer than 5 subjects had" in text for text in found)
    wrong = r"<5 |\[hidden\]%? to \[hidden\]|subjects was|[.] fewer"
    assert [text for text in found if re.search(wrong, text)] == []


def test_words_for_a_hidden_count() -> None:
    hide = Hidden(5, frozenset({1, 2}), frozenset({1}))
    for text, row, shown in (
        ("One subject (5.0%)", 1, "Fewer than 5 subjects"),
        ("two subjects (10.0%)", 1, "fewer than 5 subjects"),
        ("18 subjects (90.0%)", 2, "a hidden number of subjects"),
        ("Eighteen subjects", 2, "A hidden number of subjects"),
        ("2 of 20 subjects (10.0%)", 1, "fewer than 5 of 20 subjects"),
        ("18 of 20 subjects (90.0%)", 2, "a hidden number of 20 subjects"),
        ("2/6", 1, "<5/6"), ("5/6", 2, "[hidden]"), ("was", 1, "were"), ("3.1", 2, "[hidden]"),
        ("all 20 subjects", 3, "all 20 subjects"),
    ):  # fmt: skip
        (run,) = said((Run(text, (row,)),), hide)
        assert run.text == shown
    limits = (Run("95% CI "), Run("1%", (2,)), Run(" to "), Run("9%", (2,)), Run("."))
    assert "".join(run.text for run in said(limits, hide)) == "95% CI [hidden]."
    assert counts_said("It holds 1 record. 2 subjects were left out.", hide) == (
        "It holds fewer than 5 records. Fewer than 5 subjects were left out."
    )
    assert counts_said("1 value is missing", hide) == "Fewer than 5 values are missing"


def test_no_hidden_count_follows_from_the_others(aggregates: Results) -> None:
    n = aggregates.ard.filter(pl.col("stat_name") == "n").with_columns(
        gone=pl.col("reason").str.starts_with("hidden")
    )
    key = ["output", "analysis", "column", "group", "variable", "level", "paramcd", "visit", "time"]
    for along in ("column", "level"):
        groups = n.group_by([name for name in key if name != along]).agg(
            pl.col("gone").sum(), (~pl.col("gone") & (pl.col("stat") > 0)).sum().alias("left")
        )
        alone = groups.filter(pl.col("gone") == 1, pl.col("left") > 0)
        assert alone.is_empty(), alone


def row(column: str, n: int, total: int, level: str = "") -> tuple[Scope, int, int]:
    return Scope("a", "ADSL", column=column, level=level), n, total


def made(*rows: tuple[Scope, int, int]) -> pl.DataFrame:
    found = Rows()
    for scope, n, total in rows:
        found.add(scope, "count", counted(n, total))
    return finish(found.frame(), "t_x", "SAF", None, 1)


def shown(ard: pl.DataFrame, threshold: int) -> dict[tuple[str, str], float | None]:
    left = without(ard, hidden(ard, threshold)).filter(pl.col("stat_name") == "n")
    return {(c, lv): n for c, lv, n in left.select("column", "level", "stat").rows()}


def test_a_small_count_and_what_follows_from_it() -> None:
    ard = made(row("A", 2, 20), row("B", 9, 20), row("Total", 11, 40))
    hide = hidden(ard, 5)
    assert shown(ard, 5) == {("A", ""): None, ("B", ""): None, ("Total", ""): 11}
    left = without(ard, hide).filter(pl.col("stat_name") == "p")["stat"].to_list()
    assert left == [None, None, pytest.approx(11 / 40)]
    assert hide.small == {1} and (hide.below, hide.is_small(4)) == ("<5", True)


def test_nearly_all_is_as_telling_as_few() -> None:
    ard = made(row("A", 18, 20))
    assert shown(ard, 5) == {("A", ""): None}
    assert hidden(ard, 5).small == frozenset()


def test_zero_all_and_the_threshold_itself_are_shown() -> None:
    ard = made(row("A", 0, 20, "x"), row("A", 20, 20, "y"), row("A", 5, 20, "z"))
    assert shown(ard, 5) == {("A", "x"): 0, ("A", "y"): 20, ("A", "z"): 5}
    assert hidden(ard, 0) == Hidden(0) and hidden(ard, 1).rows == frozenset()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.integers(2, 8))
def test_columns_of_a_row_cannot_be_subtracted(counts: list[int], threshold: int) -> None:
    rows = [row(f"c{i}", n, 60) for i, n in enumerate(counts)]
    ard = made(*rows, row("Total", sum(counts), 300))
    left = shown(ard, threshold)
    values = {**{f"c{i}": n for i, n in enumerate(counts)}, "Total": sum(counts)}
    gone = [c for (c, _), n in left.items() if n is None]
    assert all(n is not None for (c, _), n in left.items() if values[c] == 0)
    assert {c for c, n in values.items() if 0 < n < threshold} <= set(gone)
    assert len(gone) != 1 or not any(n for n in left.values())


def test_conditions_that_name_subjects_are_left_out() -> None:
    ard = made(row("A", 7, 20)).with_columns(subset_where=pl.lit('USUBJID in ["S-1"]'))
    left = without(ard, hidden(ard, 0))
    assert set(left["subset_where"]) == {""} and set(left["warning"]) == {UNSAID}


def test_findings_lose_names_and_small_counts(demo_checked: Checked) -> None:
    name = demo_checked.study["ADSL"].frame["USUBJID"][0]
    finding = Finding("r", f"{name}: two records", count=3, subjects=(name,))
    found = without_subjects([finding], demo_checked.study, Hidden(5))[0]
    assert (found.message, found.subjects, found.count) == ("[subject]: two records", (), 0)
    assert without_subjects([finding], demo_checked.study, Hidden(0))[0].count == 3


def test_a_name_in_any_file_is_refused(demo_checked: Checked, tmp_path: Path) -> None:
    name = demo_checked.study["ADSL"].frame["USUBJID"][0]
    (tmp_path / "clean.tex").write_text(f"{name}9 is another name", encoding="utf-8")
    refuse_names(tmp_path, demo_checked.study)
    (tmp_path / "report.tex").write_text(f"Subject {name}.", encoding="utf-8")
    assert leaks(tmp_path, demo_checked.study) == ["report.tex"]
    with pytest.raises(DataError, match=r"report\.tex"):
        refuse_names(tmp_path, demo_checked.study)


def test_heads_notes_and_title_page_say_what_is_hidden() -> None:
    heads = (Head(""), Head("A", "(N=3)"), Head("B", "(N=30)"))
    body = Table(heads, (Row("x", (Cell("2 (6.7%)", 1, (1, 3)), Cell("9", refs=(4,)))),))
    notes = ("3 subjects are left out; 12 subjects are not.",)
    display = Display("t", "table", "14.1", "T", "Set (N=4)", body, notes)
    doc = sample.document(3)
    section = replace(doc.sections[0], blocks=(display,))
    hide = Hidden(5, frozenset({1, 3}), frozenset({1}))
    profile = replace(section, title="Profile of S-1", individual=True)
    found = aggregates_only(replace(doc, sections=(section, profile)), hide)
    assert [s.title for s in found.sections] == [section.title]
    shown_display = found.displays()[0]
    assert isinstance(shown_display.body, Table)
    assert [h.detail for h in shown_display.body.heads] == ["", "(N<5)", "(N=30)"]
    assert [c.text for c in shown_display.body.rows[0].cells] == ["<5", "9"]
    assert shown_display.subtitle == "Set (N<5)"
    assert shown_display.footnotes[0] == "Fewer than 5 subjects are left out; 12 subjects are not."
    assert "hidden" in shown_display.footnotes[1]
    assert found.facts[-1][0] == "Data shown"
