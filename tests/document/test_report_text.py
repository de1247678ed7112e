"""The text of the results: every number is a row of the ARD, and the sentences are English."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import jinja2
import polars as pl
import pytest

from il5report.display.model import Document, Run
from il5report.document.prose import SentenceTag
from il5report.report import Results
from il5report.templating import templates
from tests.document.conftest import RESULTS, paragraphs, said, text_of
from tests.outputs.conftest import Case
from tests.outputs.test_edges import EDGES, edge  # noqa: F401 - the fixture

CSR = templates() / "csr"
OF_RESULTS = sorted(
    p.name for p in CSR.glob("*.md") if p.name.startswith("_") or p.name.split(".")[0] in RESULTS
)
NAME = re.compile(
    r"[a-z_]+\d*|[A-Z][A-Z0-9_]*|[tfl]_\w+|\d+s|[\d.]+|\w*\|[\w ]+"
)  # of a variable, display, format


def literals(name: str) -> list[str]:
    """Texts that a template writes itself: outside of tags, and strings within them."""
    env = jinja2.Environment(extensions=[SentenceTag])
    source = (CSR / name).read_text(encoding="utf-8")
    tokens = list(env.lex(source))
    strings = [t for _, kind, t in tokens if kind == "string"]
    data = [t for _, kind, t in tokens if kind == "data"]
    return [*data, *(s[1:-1] for s in strings if not NAME.fullmatch(s[1:-1]))]


@pytest.mark.parametrize("name", OF_RESULTS)
def test_no_template_of_the_results_writes_a_number(name: str) -> None:
    assert [text for text in literals(name) if re.search(r"\d", text)] == []


@pytest.mark.parametrize("name", OF_RESULTS)
def test_no_template_of_the_results_counts_in_words(name: str) -> None:
    counting = re.compile(r"\b(no|none|one|two|three)( enrolled)? subjects?\b", re.IGNORECASE)
    assert [text for text in literals(name) if counting.search(text)] == []


def test_the_check_finds_a_number() -> None:
    (found,) = [t for t in literals("9.6.md") if re.search(r"\d", t)]
    assert "16.1.9" in found


def rounded(value: float, digits: int) -> str:
    step = Decimal(1).scaleb(-digits)
    return f"{Decimal(repr(value)).quantize(step, ROUND_HALF_UP):f}"


WORDS = [
    "no", "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
]  # fmt: skip


def shown_as(value: float | None) -> set[str]:
    """Every way in which a text may print a value: in words, plain, as percentage, in months."""
    if value is None:
        return {"NE"}
    found = {rounded(x, d) for x in (value, 100 * value, value / 30.4375) for d in range(4)}
    found |= {"100"} if value == 1 else set()
    if value == int(value) and 0 <= value <= 19:
        found |= {WORDS[int(value) + (value > 0)], "no"} if value == 0 else {WORDS[int(value) + 1]}
    if 20 <= value < 100:
        found |= {WORDS[21] + ("-" + WORDS[int(value) % 10 + 1] if value % 10 else "")}
    if value >= 1000:
        found |= {str(int(round(value, 2 - len(str(int(value))) + 1)))}
    return found | ({"<0.0001"} if 0 <= value < 0.0001 else set())


def test_each_number_in_the_text_is_the_value_of_its_row(demo_results: Results) -> None:
    values = dict(demo_results.ard.select("row", "stat").iter_rows())
    checked = 0
    for number, runs in paragraphs(demo_results.document, *RESULTS):
        for run in runs:
            printed = set(re.findall(r"<?[\d.]*\d|NE|[a-z]+(?:-[a-z]+)?", run.text.lower())) | (
                {"NE"} if "NE" in run.text else set()
            )
            for ref in run.refs:
                implied = run.text.lower().startswith("all ") or values[ref] == 0
                if run.text in ("was", "were"):  # agrees with the count before it
                    implied = (run.text == "was") == (values[ref] < 2)
                implied |= "not estimable" in run.text and values[ref] is None
                assert implied or printed & shown_as(values[ref]), (number, run, values[ref])
                checked += 1
    assert checked > 200


def test_a_number_without_a_row_is_one_of_the_plan(demo_results: Results) -> None:
    plan = demo_results.checked.loaded.plan.model_dump_json()
    known = plan.lower() + " 95% "
    for number, runs in paragraphs(demo_results.document, *RESULTS):
        for run in runs:
            if run.refs or run.target:
                continue
            for word in re.findall(r"\S*\d\S*", run.text):
                assert word.strip(".,;:()").lower() in known, (number, run.text)


def test_numbers_in_the_text_stand_in_the_table_that_it_names(demo_results: Results) -> None:
    """A row that the text shows is a row of a display in the same paragraph or of its chapter."""
    rows = dict(demo_results.ard.select("row", "output").iter_rows())
    cited = {r.target for _, runs in paragraphs(demo_results.document) for r in runs if r.target}
    for _, runs in paragraphs(demo_results.document, *RESULTS):
        for run in runs:
            assert {rows[ref] for ref in run.refs} <= cited | {"t_analysis_sets"}


BAD = re.compile(
    r"\b(None|nan|undefined|True|False)\b|  | [.,;:)]|\.\.|\(\)|\( |;\.|,\.|: \.|\{|\}"
    r"|[\ue000-\ue003]"
    r"|\b(one|no) subjects\b|\bsubject were\b|\bsubjects was\b|\b([2-9]|\d\d+) subject\b"
    r"|\bof 1 subjects\b"
)


def faults(doc: Document) -> list[str]:
    chapters = ("2", "8", "9", *RESULTS, "13")
    return [t for _, runs in paragraphs(doc, *chapters) for t in [said(runs)] if BAD.search(t)]


def ends_well(runs: tuple[Run, ...]) -> bool:
    return said(runs).rstrip()[-1] in ".:"


@pytest.mark.parametrize("name", EDGES)
def test_sentences_are_english_whatever_happened(name: str, edge: Callable[[str], Case]) -> None:  # noqa: F811
    doc = edge(name).results.document
    assert faults(doc) == []
    heads = {s.number for s in doc.sections}
    assert {"2", "10.1", "11.4.1", "12.2.1", "13", "14", "16.1.9.5"} <= heads
    for number, runs in paragraphs(doc, "10", "11", "12"):
        text = said(runs)
        if len(text.split()) > 4:
            assert ends_well(runs), (number, text)
            assert text[0].isupper() or text[0].isdigit(), (number, text)


def test_sentences_of_the_demo_study_are_english(demo_results: Results) -> None:
    assert faults(demo_results.document) == []


def test_nobody_infused_is_said(edge: Callable[[str], Case]) -> None:  # noqa: F811
    doc = edge("nobody infused").results.document
    assert "Of the enrolled, no subject received the infusion." in text_of(doc, "10.1")
    assert "No subject was infused, so that cytokine release syndrome could not" in text_of(
        doc, "12.2.2"
    )
    assert "%" not in text_of(doc, "12.2.2") and "%" not in text_of(doc, "12.2.1")
    assert "No subject could be assessed for complete remission" in text_of(doc, "11.4.1")


def test_one_subject_is_singular(edge: Callable[[str], Case]) -> None:  # noqa: F811
    doc = edge("one subject").results.document
    assert re.search(
        r"One subject (was|had)\b|One subject \(100%\) (was|had)\b", text_of(doc, "10.1")
    )
    assert "subjects" not in text_of(doc, "12.2.2").replace("of subjects", "")


def test_nothing_happened_is_said(edge: Callable[[str], Case]) -> None:  # noqa: F811
    doc = edge("all respond, nothing happens").results.document
    assert "No subject had cytokine release syndrome" in text_of(doc, "12.2.2")
    assert "20 of 20 subjects (100%)" in text_of(doc, "11.4.1")
    assert re.search(r"adverse event was reported in no subject of the", text_of(doc, "12.2.1"))


def test_none_of_several_is_said(edge: Callable[[str], Case]) -> None:  # noqa: F811
    doc = edge("none respond, one column").results.document
    assert "none of 11 subjects, 95% CI 0.0% to" in text_of(doc, "11.4.1")


def test_medians_follow_the_data(demo_results: Results) -> None:
    """Reached or not, as the table of each endpoint says."""
    ard = demo_results.ard.filter(
        (pl.col("analysis") == "median")
        & (pl.col("column") == "Total")
        & (pl.col("stat_name") == "estimate")
    )
    texts = [said(runs) for n, runs in paragraphs(demo_results.document) if n == "11.4.1"]
    titles = {d.id: d.title for d in demo_results.document.displays()}
    for output in ("t_os", "t_efs", "t_dor"):
        text = next(t for t in texts if t.startswith(titles[output]))
        reached = ard.filter(pl.col("output") == output)["stat"][0] is not None
        assert ("was not reached" in text) != reached
