"""Visit response from components: both sets, missing parts, support, sets of a plan."""

from __future__ import annotations

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.derive.criteria import Provenance
from il5report.derive.response import (
    compare_responses,
    disease_phase,
    response_at,
    three_valued,
    visit_responses,
)
from il5report.derive.response_criteria import COMPONENTS, default_criteria, read_criteria
from il5report.errors import DataError, PlanError

FLAGS = ("MARMATUR", "MARCELN", "EMDFL")
SCHEMA = {
    "USUBJID": pl.String, "DAY": pl.Int64, "RSTYPE": pl.String, "MBLSTBL": pl.Float64,
    **{name: pl.String if name in FLAGS else pl.Float64
       for name in COMPONENTS if name != "MBPCTBL"},
}  # fmt: skip


def visits(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{"USUBJID": "A", "DAY": i + 28, **r} for i, r in enumerate(rows)], SCHEMA)


def response(base: dict[str, object], **changes: object) -> str:
    return visit_responses(visits({**base, **changes}))["RSDERIV"].item()


CHRONIC_CR = {
    "RSTYPE": "CHRONIC", "MBLSTBL": 12.0, "MARBLAST": 5.0, "MARMATUR": "Y", "MARCELN": "Y",
    "FIBROSIS": 1, "WBC": 10.0, "HGB": 110.0, "PLAT": 100.0, "NEUT": 1.0, "BLBLAST": 0.0,
    "PRECURS": 2.0, "MONO": 1.0, "EMDFL": "N", "EOS": 0.49,
}  # fmt: skip
CHRONIC = [
    ({}, "CR"),
    ({"PLAT": 450.0}, "CR"),
    ({"MARBLAST": 5.1}, "PR"),
    ({"MARBLAST": 6.0}, "PR"),
    ({"MARBLAST": 6.1}, "SD"),
    ({"MARBLAST": 18.0}, "PD"),
    ({"MARBLAST": 17.9}, "SD"),
    ({"MARBLAST": 20.0, "MBLSTBL": 19.0}, "PD"),
    ({"BLBLAST": 20.0}, "PD"),
    ({"EMDFL": "NEW"}, "PD"),
    *[({name: value}, "MR") for name, value in {
        "WBC": 10.1, "HGB": 109.0, "PLAT": 99.0, "NEUT": 0.99, "BLBLAST": 1.0, "PRECURS": 2.1,
        "MONO": 1.1, "EMDFL": "Y", "EOS": 0.5}.items()],
    ({"PLAT": 451.0}, "MR"),
    ({"MARMATUR": "N"}, "SD"),
    ({"MARCELN": "N"}, "SD"),
    ({"FIBROSIS": 2}, "SD"),
    ({"MARBLAST": 6.0, "EOS": 0.5}, "MR"),
]  # fmt: skip
ACUTE_CR = {
    "RSTYPE": "ACUTE", "MBLSTBL": 40.0, "MARBLAST": 4.9, "BLBLAST": 0.0, "EMDFL": "N",
    "NEUT": 1.0, "PLAT": 100.0, "MARCELLS": 200.0,
}  # fmt: skip
ACUTE = [
    ({}, "CR"),
    ({"NEUT": 0.99}, "CRh"),
    ({"PLAT": 99.0}, "CRh"),
    ({"NEUT": 0.5, "PLAT": 50.0}, "CRh"),
    ({"NEUT": 0.49}, "CRi"),
    ({"PLAT": 49.0}, "CRi"),
    ({"NEUT": 0.49, "PLAT": 99.0}, "MLFS"),
    ({"NEUT": 0.99, "PLAT": 49.0}, "MLFS"),
    ({"NEUT": 0.1, "PLAT": 10.0, "MARCELLS": 199.0, "MARCELPC": 10.0}, "MLFS"),
    ({"NEUT": 0.1, "PLAT": 10.0, "MARCELLS": 199.0, "MARCELPC": 9.0}, "NR"),
    ({"MARBLAST": 5.0}, "PR"),
    ({"MARBLAST": 20.0}, "PR"),
    ({"MARBLAST": 20.1}, "NR"),
    ({"MARBLAST": 25.0, "MBLSTBL": 60.0}, "PR"),
    ({"MARBLAST": 25.1, "MBLSTBL": 60.0}, "NR"),
    ({"MARBLAST": 10.0, "NEUT": 0.9}, "NR"),
    ({"BLBLAST": 1.0}, "NR"),
    ({"EMDFL": "Y"}, "NR"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), CHRONIC)
def test_chronic_phase(changes: dict[str, object], code: str) -> None:
    assert response(CHRONIC_CR, **changes) == code


@pytest.mark.parametrize(("changes", "code"), ACUTE)
def test_blast_phase(changes: dict[str, object], code: str) -> None:
    assert response(ACUTE_CR, **changes) == code


SUPPORTED = [
    (ACUTE_CR, {"PLAT": 150.0, "PLTTRDY": 6}, "CRi"),
    (ACUTE_CR, {"PLAT": 150.0, "PLTTRDY": 7}, "CR"),
    (ACUTE_CR, {"NEUT": 5.0, "GCSFDY": 0}, "CRi"),
    (ACUTE_CR, {"NEUT": 5.0, "GCSFDY": 7}, "CR"),
    (ACUTE_CR, {"PLTTRDY": 3, "GCSFDY": 3}, "MLFS"),
    (ACUTE_CR, {"RBCTRDY": 1}, "CR"),
    (CHRONIC_CR, {"RBCTRDY": 6}, "MR"),
    (CHRONIC_CR, {"RBCTRDY": 7}, "CR"),
    (CHRONIC_CR, {"PLTTRDY": 1}, "MR"),
    (CHRONIC_CR, {"GCSFDY": 1}, "MR"),
]


@pytest.mark.parametrize(("base", "changes", "code"), SUPPORTED)
def test_supported_counts_are_not_recovered(
    base: dict[str, object], changes: dict[str, object], code: str
) -> None:
    assert response(base, **changes) == code


MISSING = [
    (ACUTE_CR, {"PLAT": None}, ("CRi", "CR, CRh", "PLAT")),
    (ACUTE_CR, {"NEUT": 0.2, "PLAT": None}, ("MLFS", "CRi", "PLAT")),
    (ACUTE_CR, {"MARBLAST": None}, ("NE", "CR, CRh, CRi, MLFS, PR", "MARBLAST, MARCELPC, MBPCTBL")),
    (ACUTE_CR, {"MARBLAST": None, "BLBLAST": 3.0, "NEUT": 0.1}, ("NR", None, None)),
    (ACUTE_CR, {"MARBLAST": 30.0, "MBLSTBL": None}, ("NR", None, None)),
    (ACUTE_CR, {"MARBLAST": 10.0, "MBLSTBL": None}, ("NE", "PR", "MBPCTBL")),
    (ACUTE_CR, {"MARBLAST": 10.0, "MBLSTBL": 0.0}, ("NE", "PR", "MBPCTBL")),
    (CHRONIC_CR, {"EOS": None}, ("MR", "CR", "EOS")),
    (CHRONIC_CR, {"MARMATUR": None, "WBC": 20.0}, ("NE", "MR", "MARMATUR")),
    (CHRONIC_CR, {"EOS": 0.7}, ("MR", None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("base", "changes", "expected"), MISSING)
def test_no_response_rests_on_a_missing_component(
    base: dict[str, object], changes: dict[str, object], expected: tuple[object, ...]
) -> None:
    derived = visit_responses(visits({**base, **changes}))
    assert derived.select("RSDERIV", "RSMAYBE", "RSMISS").row(0) == expected


def test_eosinophil_count_alone_is_never_a_remission() -> None:
    alone = {"RSTYPE": "CHRONIC", "MBLSTBL": 12.0, "EOS": 0.0}
    assert response(alone) == "NE"
    counts = {k: v for k, v in CHRONIC_CR.items() if not k.startswith("MAR") and k != "FIBROSIS"}
    assert response(counts) == "NE"


RELAPSE = [
    (ACUTE_CR, {}, ("N", "N")),
    (ACUTE_CR, {"MARBLAST": 5.0}, ("Y", "N")),
    (ACUTE_CR, {"EMDFL": "Y"}, ("Y", "N")),
    (ACUTE_CR, {"BLBLAST": 0.5}, ("N", "Y")),
    (ACUTE_CR, {"MARBLAST": None}, (None, "N")),
    (CHRONIC_CR, {"MARBLAST": 5.1}, ("Y", "N")),
    (CHRONIC_CR, {"EOS": 1.5}, ("N", "Y")),
    (CHRONIC_CR, {"EOS": 1.49}, ("N", "N")),
]


@pytest.mark.parametrize(("base", "changes", "expected"), RELAPSE)
def test_relapse_conditions(
    base: dict[str, object], changes: dict[str, object], expected: tuple[object, ...]
) -> None:
    derived = visit_responses(visits({**base, **changes}))
    assert derived.select("RELAPSFL", "RELTWOFL").row(0) == expected


def test_each_subject_by_its_own_set_in_order_and_again() -> None:
    frame = visits(ACUTE_CR, CHRONIC_CR, {**ACUTE_CR, "NEUT": 0.1})
    derived = visit_responses(frame.reverse())
    assert derived["RSDERIV"].to_list() == ["CR", "CR", "CRi"]
    assert derived.select(frame.columns).equals(frame)
    assert visit_responses(derived).equals(derived)
    assert visit_responses(visits())["RSDERIV"].to_list() == []


def test_refused() -> None:
    with pytest.raises(DataError, match="CHRONIC, ACUTE"):
        response(ACUTE_CR, RSTYPE=None)
    with pytest.raises(DataError, match="two assessments"):
        visit_responses(visits({**ACUTE_CR, "DAY": 3}, {**ACUTE_CR, "DAY": 3}))
    with pytest.raises(DataError, match="MARCELLS"):
        visit_responses(visits(ACUTE_CR).drop("MARCELLS"))


def test_disease_phase() -> None:
    frame = pl.DataFrame({"M": [19.9, 20, 3, None, None], "B": [None, 0, 25, 5, None]},
                         {"M": pl.Float64, "B": pl.Float64})  # fmt: skip
    phases = frame.select(P=disease_phase(pl.col("M"), pl.col("B")))["P"].to_list()
    assert phases == ["CHRONIC", "ACUTE", "ACUTE", "CHRONIC", None]


def test_the_package_sets_carry_their_source() -> None:
    for criteria in default_criteria().values():
        assert criteria.criteria.provenance is Provenance.READ
        assert criteria.version in criteria.criteria.footnote
        assert len(criteria.choices) >= 2
        assert any(level.complete for level in criteria.levels)


OWN = """
CEL:
  name: Haematologic remission
  version: protocol 1.0
  citation: study protocol section 9
  text: Marrow and eosinophils.
  components: {SPLEEN: "palpable spleen, cm"}
  levels:
    - {code: CR, label: Complete, complete: true, responder: true,
       when: MARBLAST < 5 and EOS < 0.5 and SPLEEN == 0}
    - {code: NR, label: No response}
"""


def test_a_set_of_the_plan() -> None:
    own = read_criteria(yaml.safe_load(OWN))
    assert own["CEL"].criteria.provenance is Provenance.PROTOCOL
    assert own["CEL"].codes == ("CR", "NR", "NE")
    row = {"RSTYPE": "CEL", "MARBLAST": 3.0, "EOS": 0.1}
    frame = visits(row, row, row).with_columns(SPLEEN=pl.Series([0.0, 2.0, None]))
    assert visit_responses(frame, own)["RSDERIV"].to_list() == ["CR", "NR", "NE"]


WRONG = [
    ("MARBLAST < 5 and", "EOSI < 0.5 and MARBLAST < 5 and", "did you mean 'EOS'"),
    ("MARBLAST < 5 and ", "", "must ask for MARBLAST"),
    ("MARBLAST < 5 and", "MARBLAST > 5 and", "must ask for MARBLAST"),
    ("MARBLAST < 5 and EOS < 0.5 and SPLEEN == 0", "MARBLAST < 5 or EOS < 0.5", "must ask for"),
    ("code: NR", "code: CR", "defined twice"),
    ("code: NR", "code: NE", "given by the engine"),
    (", label: No response", ", label: x, when: EOS < 1", "except the last"),
    ("responder: true", "respnder: true", "respnder"),
    ("EOS < 0.5", "EOS <", "not a condition"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_faults_in_a_set_are_named(old: str, new: str, message: str) -> None:
    assert old in OWN
    with pytest.raises(PlanError, match=message):
        read_criteria(yaml.safe_load(OWN.replace(old, new)))


def test_three_valued_logic() -> None:
    from il5report.conditions import parse

    frame = pl.DataFrame({"A": [1.0, None], "B": [None, None]}, {"A": pl.Float64, "B": pl.Float64})
    expected = {
        "A > 0": [True, None],
        "A > 0 or B > 0": [True, None],
        "A > 0 and B > 0": [None, None],
        "A < 0 and B > 0": [False, None],
        "not (A > 0)": [False, None],
        "A == missing": [False, True],
        "A in [1, 2]": [True, None],
    }
    for text, truth in expected.items():
        found = frame.select(T=three_valued(parse(text), frame.schema))["T"].to_list()
        assert found == truth, text


better_or_worse = st.fixed_dictionaries({
    "MARBLAST": st.sampled_from([2.0, 4.9, 5.0, 12.0, 30.0]),
    "BLBLAST": st.sampled_from([0.0, 1.0]),
    "EMDFL": st.sampled_from(["N", "Y"]),
    "NEUT": st.sampled_from([0.2, 0.5, 0.9, 1.5]),
    "PLAT": st.sampled_from([20.0, 50.0, 99.0, 150.0]),
})  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(better_or_worse, st.sampled_from(["NEUT", "PLAT", "BLBLAST", "EMDFL"]))
def test_a_better_component_never_worsens_the_response(
    values: dict[str, object], what: str
) -> None:
    codes = default_criteria()["ACUTE"].codes
    base = {**ACUTE_CR, **values}
    best = {"NEUT": 1.5, "PLAT": 150.0, "BLBLAST": 0.0, "EMDFL": "N"}[what]
    before, after = response(base), response(base, **{what: best})
    assert codes.index(after) <= codes.index(before)


@settings(max_examples=60, deadline=None)
@given(better_or_worse, st.sets(st.sampled_from(["MARBLAST", "NEUT", "PLAT", "EMDFL"])))
def test_a_missing_component_never_improves_the_response(
    values: dict[str, object], lost: set[str]
) -> None:
    codes = default_criteria()["ACUTE"].codes
    base = {**ACUTE_CR, **values}
    full, part = response(base), response(base, **dict.fromkeys(lost))
    assert part == "NE" or codes.index(part) >= codes.index(full)


def test_response_at_a_planned_time() -> None:
    frame = pl.DataFrame({
        "USUBJID": ["A", "A", "B", "B", "C", "D"], "DAY": [27, 29, 20, 43, 28, 30],
        "RSDERIV": ["CR", "NR", "CR", "CR", "NE", "PR"],
    })  # fmt: skip
    frame = pl.concat([frame, pl.DataFrame({"USUBJID": ["C"], "DAY": [40], "RSDERIV": ["CRi"]})])
    table = response_at(frame, ["A", "B", "C", "D", "E"], 28, (21, 42))
    assert table.rows() == [
        ("A", 27, "CR", "Y"),
        ("B", None, "NE", "N"),
        ("C", 40, "CRi", "Y"),
        ("D", 30, "PR", "Y"),
        ("E", None, "NE", "N"),
    ]


def test_derived_against_reported() -> None:
    derived = pl.DataFrame({"USUBJID": ["A", "A"], "DAY": [28, 60], "RSDERIV": ["CR", "PR"]})
    reported = pl.DataFrame({
        "USUBJID": ["A", "A", "A"], "DAY": [28, 60, 90], "EVAL": ["INV", "INV", "IRC"],
        "RSREPORT": ["CR", "CR", "PD"],
    })  # fmt: skip
    assert compare_responses(derived, reported).rows() == [
        ("A", 28, "INV", "CR", "CR", "Y"),
        ("A", 28, "IRC", "CR", None, None),
        ("A", 60, "INV", "PR", "CR", "N"),
        ("A", 60, "IRC", "PR", None, None),
        ("A", 90, "IRC", None, "PD", None),
    ]
