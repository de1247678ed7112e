"""What the page says of each number is what the data hold: records found, subjects counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.conditions import all_of, comparisons, expression, parse
from il5report.data.dataset import Dataset, Study, beside
from il5report.provenance import provenance, ranges
from il5report.render.scripts import script, write_scripts
from il5report.report import Results
from il5report.trace import Tracer

Parts = dict[str, dict[str, Any]]


def listed(text: str) -> list[int]:
    """The numbers that the text of ranges stands for."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def at(column: Any, place: int) -> Any:
    return column[place] if isinstance(column, list) else column


@pytest.fixture(scope="module")
def parts(demo_results: Results) -> Parts:
    """As the page reads them."""
    checked = demo_results.checked
    made = provenance(demo_results.ard, checked.study, checked.loaded.plan, records=True)
    return {key: json.loads(script(key, data).partition(",")[2][:-3]) for key, data in made}


def filtered(row: dict[str, Any], study: Study) -> pl.DataFrame:
    """The records behind a row by filters, one after the other."""
    texts = [row[name] for name in ("set_where", "subset_where", "group_where", "without_where")]
    on_adsl, subset, group, without = (parse(text) if text else None for text in texts)
    adsl = study["ADSL"].frame
    subjects = adsl.filter(expression(on_adsl, adsl.schema))
    data = beside(study[row["dataset"]], subjects)
    found = data.filter(expression(all_of(subset, group), data.schema))
    if without is None:
        return found
    other = beside(study[next(comparisons(without)).dataset or row["dataset"]], subjects)
    out = other.filter(expression(without, other.schema))["USUBJID"].unique()
    return found.filter(~pl.col("USUBJID").is_in(out.implode()))


def test_records_found_for_all_rows_are_those_that_filters_find(demo_results: Results) -> None:
    study = demo_results.checked.study
    tracer = Tracer(study)
    where = ("dataset", "set_where", "subset_where", "group_where", "without_where")
    scopes = demo_results.ard.select(where).unique(maintain_order=True)
    looked_at = [
        *scopes.filter(pl.col("without_where") == "").to_dicts()[::60],
        *scopes.filter(pl.col("without_where") != "").to_dicts()[::25],
    ]
    assert len(looked_at) > 100
    for row in looked_at:
        assert tracer.records(row).equals(filtered(row, study)), row


def test_every_row_of_the_results_is_there(demo_results: Results, parts: Parts) -> None:
    ard = demo_results.ard
    displays = parts["index/displays"]["displays"]
    assert [d["id"] for d in displays] == ard["output"].unique(maintain_order=True).to_list()
    for display in displays:
        data = parts[f"trace/{display['id']}"]
        rows = ard.filter(pl.col("output") == display["id"])
        assert data["first"] == display["first"] == rows["row"][0]
        assert data["stat"] == rows["stat"].to_list()
        for name in ("analysis", "column", "level", "method", "stat_name", "unit", "reason"):
            column = data[name]
            texts = [column["values"][at(column["codes"], i)] for i in range(rows.height)]
            assert texts == rows[name].to_list(), (display["id"], name)


def test_a_count_is_the_number_of_subjects_behind_it(parts: Parts) -> None:
    looked_at = 0
    for key, data in parts.items():
        if not key.startswith("trace/"):
            continue
        for i, stat in enumerate(data["stat"]):
            name = data["stat_name"]["values"][at(data["stat_name"]["codes"], i)]
            dataset, _, _, records, subjects, _ = data["scopes"][at(data["scope"], i)]
            found = listed(data["sets"][records])
            behind = parts[f"records/{dataset}"]["subject"]
            assert len({behind[record] for record in found}) == subjects
            if name in ("n", "N"):
                looked_at += 1
                assert stat == subjects, (key, i)
    assert looked_at > 10_000


def test_records_are_those_of_the_data(demo_results: Results, parts: Parts) -> None:
    for key, data in parts.items():
        if not key.startswith("records/"):
            continue
        frame = demo_results.checked.study[key.removeprefix("records/")].frame
        who = [parts["records/ADSL"]["subjects"][subject] for subject in data["subject"]]
        numbers = listed(data["number"])
        assert len(numbers) == len(who)
        assert who == frame["USUBJID"][np.array(numbers) - 1].to_list()
        for column in data["columns"]:
            source = frame[column["name"]][np.array(numbers) - 1]
            if "numbers" in column:
                assert column["numbers"] == source.to_list()
                continue
            texts = [column["values"][code] if code >= 0 else None for code in column["codes"]]
            assert texts == source.cast(pl.String).to_list()


def test_conditions_are_said_in_words_and_as_they_stand(parts: Parts) -> None:
    lines = {tuple(line) for k, d in parts.items() if k.startswith("trace/") for line in d["lines"]}
    codes = {code: words for words, code in lines}
    assert codes['SAFFL == "Y"'].endswith("(SAFFL) is Y")
    for words, code in lines:
        assert str(parse(code)) == code
        assert all(c.variable in words for c in comparisons(parse(code)))


def test_without_records_nothing_says_whose_they_are(demo_results: Results) -> None:
    checked = demo_results.checked
    ard = demo_results.ard.filter(pl.col("output") == "t_best_response")
    made = dict(provenance(ard, checked.study, checked.loaded.plan, records=False))
    assert set(made) == {"index/displays", "trace/t_best_response"}
    assert all(len(scope) == 3 for scope in made["trace/t_best_response"]["scopes"])
    assert made["trace/t_best_response"]["set"]["size"] is None


@given(st.sets(st.integers(0, 200)))
def test_ranges_are_read_back(places: set[int]) -> None:
    assert listed(ranges(np.array(sorted(places), np.int64))) == sorted(places)


def test_a_script_hands_over_data_that_cannot_break_out(tmp_path: Path) -> None:
    hostile = {"texts": ["</script>", "\u202eabc", 'a"b\\', "\u2028"], "numbers": [1, None, 2.5]}
    write_scripts([("trace/a b", hostile)], tmp_path)
    text = (tmp_path / "trace" / "a-b.js").read_text("utf-8")
    assert text.startswith('il5report.add("trace/a-b",') and text.isascii()
    read = json.loads(text.partition(",")[2].strip().removesuffix(");"))
    assert read["numbers"] == hostile["numbers"]
    assert read["texts"][:1] == ["</script>"] and "\u202e" not in read["texts"][1]


TEXTS = st.none() | st.sampled_from(["", "A", "B", "C D"])


@given(
    st.lists(TEXTS, min_size=1, max_size=8),
    st.sampled_from([
        'X == "A"', 'X != "A"', 'X in ["A", "B"]', 'X not in ["A", "Z"]', "X == missing",
        "X != missing", 'X == "Z"', 'X > "A"', "X in []", "X not in []", 'not (X == "A")',
        'X == "A" or X == missing',
    ]),
)  # fmt: skip
def test_texts_are_compared_as_the_grammar_says(values: list[str | None], where: str) -> None:
    who = [f"S{i}" for i in range(len(values))]
    frame = pl.DataFrame({"USUBJID": who, "X": values}, schema={"USUBJID": str, "X": str})
    study = {"ADSL": Dataset("ADSL", frame)}
    row = {"dataset": "ADSL", "set_where": where, "subset_where": "", "group_where": "",
           "without_where": ""}  # fmt: skip
    wanted = frame.filter(expression(parse(where), frame.schema))
    assert Tracer(study).records(row).equals(wanted)
