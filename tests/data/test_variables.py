"""The dictionary of variables and ADaM's naming rules."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

import pytest

from il5report.data.variables import Kind, dataset_label, find, kind_of, label_of


def lines() -> list[list[str]]:
    text = resources.files("il5report.data").joinpath("variables.csv").read_text("utf-8")
    return list(csv.reader(text.splitlines()))[1:]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AESEQ", Kind.NUMBER),
        ("LBSTRESN", Kind.NUMBER),
        ("LBORRES", Kind.TEXT),
        ("AESTDTC", Kind.TEXT),
        ("AESTDY", Kind.NUMBER),
        ("TRTSDT", Kind.DATE),
        ("XYZDT", Kind.DATE),
        ("XYZDTM", Kind.DATETIME),
        ("XYZTM", Kind.TIME),
        ("XYZDTF", Kind.TEXT),
        ("XYZFL", Kind.TEXT),
        ("XYZFN", Kind.NUMBER),
        ("AVAL", Kind.NUMBER),
        ("BASE", Kind.NUMBER),
        ("CHG", Kind.NUMBER),
        ("AVALC", Kind.TEXT),
        ("TRT01A", Kind.TEXT),
        ("TRT01AN", Kind.NUMBER),
        ("AGEGR1", Kind.TEXT),
        ("RACEN", Kind.NUMBER),
        ("ANL01FL", Kind.TEXT),
        ("ASTCTGRN", Kind.NUMBER),
        ("PCSTRESU", Kind.TEXT),
        ("QVAL", Kind.TEXT),
        ("SPONSOR", None),
        ("QUESTION", None),
    ],
)
def test_the_kind_follows_from_the_name(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("TRT01P", "Planned Treatment for Period 01"),
        ("AGEGR2", "Pooled Age Group 2"),
        ("TR02PG1", "Planned Pooled Treatment 1 for Period 02"),
        ("R2A1LO", "Ratio to Analysis Range 1 Lower Limit"),
        ("CQ03NAM", "Customized Query 03 Name"),
        ("AESEQ", "Sequence Number"),
        ("SPONSOR", ""),
    ],
)
def test_numbers_in_a_name_go_into_its_label(name: str, label: str) -> None:
    assert label_of(name) == label


def test_a_two_letter_prefix_must_be_a_domain() -> None:
    assert find("VSSEQ") is not None
    assert find("QXSEQ") is None


def test_labels_fit_a_transport_file_and_names_occur_once() -> None:
    names = [name for name, _, _ in lines()]
    assert len(names) == len(set(names))
    assert [line for line in lines() if not 0 < len(line[2]) <= 40] == []
    assert {kind for _, kind, _ in lines()} == {"dataset", *Kind}


def test_data_sets_have_labels() -> None:
    assert dataset_label("LB") == "Laboratory Test Results"
    assert dataset_label("SUPPAE") == "Supplemental Qualifiers for AE"
    assert dataset_label("XX") == ""


def test_the_dictionary_agrees_with_the_published_standards(shared: Path) -> None:
    folder = shared.parent / "standards"
    checked = 0
    with (folder / "adam_variables_1.3.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["variable"].replace("xx", "01").replace("zz", "01")
            name = name.replace("y", "1").replace("w", "1")
            assert (kind_of(name) is Kind.TEXT) == (row["type"] == "Char"), name
            checked += 1
    domains = {name for name, kind, _ in lines() if kind == "dataset"}
    with (folder / "sdtm_variables_3.4.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] in domains]
    labels: dict[str, set[str]] = {}  # a few variables have another label in another domain
    for row in rows:
        labels.setdefault(row["variable"], set()).add(row["label"])
        assert (kind_of(row["variable"]) is Kind.TEXT) == (row["type"] == "Char"), row
    assert [name for name, said in labels.items() if label_of(name) not in said] == []
    checked += len(labels)
    assert checked > 1000
