"""Each rule of the checks: silent on a clean study, and loud where one thing is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from il5report.data.check import CHECKS, apply_waivers, check_study
from il5report.data.dataset import Dataset
from il5report.data.read import read_study
from il5report.data.variables import dataset_label, label_of
from il5report.errors import Accepted, Finding, Severity

Sets = dict[str, Dataset]
CUTOFF = dt.date(2026, 6, 30)


@pytest.fixture
def study(adsl: Dataset, adae: Dataset, adtte: Dataset) -> Sets:
    """ADaM, and the SDTM of the same subjects."""
    lb = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-1", "S-2", "S-2"],
            "ASEQ": [1.0, 2.0, 1.0, 2.0],
            "PARAMCD": ["HGB", "RESP", "HGB", "RESP"],
            "PARAM": ["Haemoglobin", "Response", "Haemoglobin", "Response"],
            "AVAL": [100.0, 1.0, 90.0, 2.0],
            "AVALC": [None, "CR", None, "PR"],
            "AVALU": ["g/L", None, "g/L", None],
            "DTYPE": pl.Series([None] * 4, dtype=pl.String),
            "ADT": [dt.date(2026, 2, 1)] * 4,
            "ADY": [28.0, 28.0, 1.0, 1.0],
            "AVISIT": ["Week 4"] * 4,
            "AVISITN": [4.0] * 4,
            "BASE": [90.0, None, 90.0, None],
            "CHG": [10.0, None, 0.0, None],
            "ABLFL": [None, None, "Y", None],
        }
    )
    dm = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-2", "S-3"],
            "COUNTRY": ["CHN"] * 3,
            "SEX": ["F", "M", "F"],
            "DTHFL": [None, "Y", None],
            "DTHDTC": [None, "2026-03-01", None],
        }
    )
    ae = pl.DataFrame(
        {
            "USUBJID": ["S-1", "S-2"],
            "AESEQ": [1.0, 1.0],
            "AEDECOD": ["Pyrexia", "Pyrexia"],
            "AESTDTC": ["2026-01", "2026-02-03"],
            "AEENDTC": ["2026-01-08", None],
            "AESTDY": [-1.0, 3.0],
        }
    )
    supp = pl.DataFrame(
        {
            "RDOMAIN": ["AE", "AE"],
            "USUBJID": ["S-1", "S-2"],
            "IDVAR": ["AESEQ", "AESEQ"],
            "IDVARVAL": ["1", "1"],
            "QNAM": ["ASTCTGR", "ASTCTGR"],
            "QVAL": ["1", "5"],
        }
    )
    relrec = pl.DataFrame({"USUBJID": [None, "S-1"], "RDOMAIN": ["AE", "CM"]})
    frames = {"ADLB": lb, "DM": dm, "AE": ae, "SUPPAE": supp, "RELREC": relrec}
    adam = {dataset.name: dataset for dataset in (adsl, adae, adtte)}
    made = adam | {name: standard(name, frame) for name, frame in frames.items()}
    return {name: complete(dataset) for name, dataset in made.items()}


REQUIRED = {
    "ADSL": ("SUBJID", "SITEID", "AGEU", "RACE", "ARM", "TRT01P"),
    "DM": ("DOMAIN", "SUBJID", "SITEID"),
    "AE": ("DOMAIN", "AETERM"),
}


def complete(dataset: Dataset) -> Dataset:
    """With the variables that the standards require, all of their values missing."""
    required = ("STUDYID", *REQUIRED.get(dataset.name, ()))
    frame = dataset.frame.with_columns(pl.lit(None, pl.String).alias(v) for v in required)
    return standard(dataset.name, frame)


def changed(study: Sets, name: str, **columns: object) -> Sets:
    """The study with columns of one data set replaced (by expressions or values)."""
    literals = {v: pl.lit(c) if isinstance(c, str) else c for v, c in columns.items()}
    frame = study[name].frame.with_columns(**literals)
    labels = {v: label_of(v) for v in frame.columns} | dict(study[name].labels)
    return study | {name: replace(study[name], frame=frame, labels=labels)}


def doubled(study: Sets, name: str) -> Sets:
    """The study with the first record of one data set twice."""
    frame = study[name].frame
    return study | {name: replace(study[name], frame=pl.concat([frame, frame.head(1)]))}


def without(study: Sets, name: str) -> Sets:
    """The study without one data set."""
    return {other: dataset for other, dataset in study.items() if other != name}


NO_DAY = pl.lit(None, pl.Float64)


def temperatures(study: Sets, day: dt.date, value: float, unit: str = "C") -> Sets:
    """The study with a temperature of S-2 (first treated on 2026-02-01) on a day."""
    normal = {"C": 36.5, "F": 98.0}[unit]
    start = dt.date(2026, 2, 1)
    return changed(
        study, "ADLB", PARAMCD="TEMP", PARAM="Temperature", AVALU=unit, ADY=NO_DAY, BASE=NO_DAY,
        AVAL=values(normal, normal, value, normal), ADT=values(start, start, day, start),
        AVALC=pl.lit(None, pl.String), CHG=NO_DAY, AVISITN=NO_DAY,
    )  # fmt: skip


def standard(name: str, frame: pl.DataFrame) -> Dataset:
    """A data set with the standard labels."""
    return Dataset(name, frame, dataset_label(name), {v: label_of(v) for v in frame.columns})


def values(*cells: object) -> pl.Series:
    return pl.Series(cells)


@dataclass(frozen=True)
class Case:
    """A change to the clean study and the one finding that it must give."""

    rule: str
    where: str
    count: int
    subjects: tuple[str, ...]
    change: Callable[[Sets], Sets]
    severity: Severity = Severity.ERROR


WARNING, NOTE = Severity.WARNING, Severity.NOTE
CASES = [
    Case("dataset.empty", "ADAE.", 0, (),
         lambda s: s | {"ADAE": replace(s["ADAE"], frame=s["ADAE"].frame.clear())}, WARNING),
    Case("variable.type", "ADAE.AETOXGRN", 0, (),
         lambda s: changed(s, "ADAE", AETOXGRN=pl.col("AETOXGRN").cast(pl.String)), WARNING),
    Case("variable.type", "ADLB.ADT", 0, (),
         lambda s: changed(s, "ADLB", ADT=22000.0), WARNING),
    Case("subject.null", "ADAE.USUBJID", 1, (),
         lambda s: changed(s, "ADAE", USUBJID=values("S-1", "S-1", None))),
    Case("subject.unknown", "ADAE.USUBJID", 1, ("S-9",),
         lambda s: changed(s, "ADAE", USUBJID=values("S-1", "S-1", "S-9"))),
    Case("subject.unknown", "AE.USUBJID", 1, ("S-9",),
         lambda s: changed(without(s, "SUPPAE"), "AE", USUBJID=values("S-1", "S-9"))),
    Case("key.duplicate", "ADAE.AESEQ", 2, ("S-1",),
         lambda s: changed(s, "ADAE", AESEQ=1.0)),
    Case("key.duplicate", "AE.AESEQ", 2, ("S-1",),
         lambda s: changed(without(s, "SUPPAE"), "AE", USUBJID="S-1", AEDECOD=values("A", "B"))),
    Case("key.duplicate", "ADLB.ASEQ", 2, ("S-1",),
         lambda s: doubled(s, "ADLB")),
    Case("key.duplicate", "ADTTE.PARAMCD", 2, ("S-1",),
         lambda s: doubled(s, "ADTTE")),
    Case("key.duplicate", "ADSL.USUBJID", 2, ("S-1",),
         lambda s: doubled(s, "ADSL")),
    Case("key.duplicate", "SUPPAE.QNAM", 2, ("S-1",),
         lambda s: doubled(s, "SUPPAE")),
    Case("adsl.carried", "ADAE.TRT01A", 1, ("S-2",),
         lambda s: changed(s, "ADAE", TRT01A="DL1"), WARNING),
    Case("event.repeated", "ADAE.AEDECOD", 1, ("S-1",),
         lambda s: changed(s, "ADAE", AEDECOD="Pyrexia"), WARNING),
    Case("flag.value", "ADAE.TRTEMFL", 2, ("S-1", "S-2"),
         lambda s: changed(s, "ADAE", TRTEMFL=values("yes", None, "1"))),
    Case("code.unknown", "ADSL.SEX", 1, ("S-3",),
         lambda s: changed(s, "ADSL", SEX=values("F", "M", "female")), WARNING),
    Case("code.unknown", "ADAE.AESER", 1, ("S-1",),
         lambda s: changed(s, "ADAE", AESER=values("no", "Y", "Y"))),
    Case("grade.range", "ADAE.AETOXGRN", 2, ("S-1",),
         lambda s: changed(s, "ADAE", AETOXGRN=values(6.0, 1.5, 5.0)), WARNING),
    Case("date.format", "AE.AESTDTC", 1, ("S-2",),
         lambda s: changed(s, "AE", AESTDTC=values("2026-01", "03FEB2026")), WARNING),
    Case("date.format", "AE.AESTDTC", 1, ("S-2",),
         lambda s: changed(s, "AE", AESTDTC=values("2026-01", "2026-02-30")), WARNING),
    Case("date.after_cutoff", "ADLB.ADT", 1, ("S-1",),
         lambda s: changed(s, "ADLB", ADT=values(dt.date(2026, 7, 1), *[CUTOFF] * 3),
                           ADY=NO_DAY, USUBJID=values("S-1", "S-1", "S-3", "S-3")), WARNING),
    Case("date.after_cutoff", "AE.AEENDTC", 1, ("S-1",),
         lambda s: changed(s, "AE", AEENDTC=values("2026-07", "2026-06")), WARNING),
    Case("date.order", "ADAE.AENDT", 1, ("S-1",),
         lambda s: changed(s, "ADAE", AENDT=values(dt.date(2026, 1, 5), None, None)), WARNING),
    Case("date.order", "AE.AEENDTC", 1, ("S-1",),
         lambda s: changed(s, "AE", AEENDTC=values("2025-12-31T10:00", "2026-02")), WARNING),
    Case("date.order", "ADTTE.ADT", 1, ("S-1",),
         lambda s: changed(s, "ADTTE", ADT=values(dt.date(2026, 1, 4), CUTOFF),
                           USUBJID=values("S-1", "S-3"), CNSR=1.0), WARNING),
    Case("date.after_death", "ADAE.ASTDT", 1, ("S-2",),
         lambda s: changed(s, "ADAE", ASTDT=values(dt.date(2026, 1, 6), None, dt.date(2026, 3, 2)),
                           AENDT=pl.lit(None, pl.Date), ASTDY=NO_DAY), WARNING),
    Case("date.after_death", "AE.AESTDTC", 1, ("S-2",),
         lambda s: changed(s, "AE", AESTDTC=values("2026-01", "2026-03-02T08:00")), WARNING),
    Case("day.zero", "AE.AESTDY", 1, ("S-1",),
         lambda s: changed(s, "AE", AESTDY=values(0.0, 3.0)), WARNING),
    Case("death.date", "ADSL.DTHFL", 1, ("S-1",),
         lambda s: changed(s, "ADSL", DTHFL=values("Y", "Y", None)), WARNING),
    Case("death.date", "DM.DTHFL", 1, ("S-2",),
         lambda s: changed(s, "DM", DTHFL=pl.lit(None, pl.String)), WARNING),
    Case("ae.fatal_not_serious", "ADAE.AESER", 1, ("S-2",),
         lambda s: changed(s, "ADAE", AESER=values("N", "Y", "N")), WARNING),
    Case("param.name", "ADLB.PARAMCD", 2, (),
         lambda s: changed(s, "ADLB", PARAM=values("Haemoglobin", "Response", "Hb", "Response"))),
    Case("param.name", "ADLB.PARAM", 2, (),
         lambda s: changed(s, "ADLB", PARAM="Same", AVALC=pl.lit(None, pl.String))),
    Case("param.value", "ADLB.AVALC", 2, (),
         lambda s: changed(s, "ADLB", AVALC=values(None, "CR", None, "CR")), WARNING),
    Case("param.unit", "ADLB.AVALU", 2, (),
         lambda s: changed(s, "ADLB", AVALU=values("g/L", None, "mmol/L", None)), WARNING),
    Case("tte.censoring", "ADTTE.CNSR", 2, ("S-1", "S-2"),
         lambda s: changed(s, "ADTTE", CNSR=values(-1.0, None))),
    Case("tte.censoring", "ADTTE.CNSR", 1, ("S-1",),
         lambda s: changed(s, "ADTTE", CNSR=values(0.5, 0.0))),
    Case("tte.time", "ADTTE.AVAL", 2, ("S-1", "S-2"),
         lambda s: changed(s, "ADTTE", AVAL=values(-1.0, None))),
    Case("variable.required", "AE.", 0, (),
         lambda s: s | {"AE": replace(s["AE"], frame=s["AE"].frame.drop("AETERM"))}, WARNING),
    Case("variable.required", "ADLB.", 0, (),
         lambda s: s | {"ADLB": replace(s["ADLB"], frame=s["ADLB"].frame.drop("PARAM"))}, WARNING),
    Case("variable.name", "ADLB.TOOLONGNAME", 0, (),
         lambda s: s | {"ADLB": Dataset("ADLB", s["ADLB"].frame.with_columns(TOOLONGNAME=1.0), "",
                                        s["ADLB"].labels | {"TOOLONGNAME": "x"})}, WARNING),
    Case("variable.label", "ADLB.", 2, (),
         lambda s: s | {"ADLB": replace(s["ADLB"], labels=s["ADLB"].labels
                                        | {"ADT": "", "ADY": "x" * 41})}, NOTE),
    Case("code.name", "ADLB.AVISITN", 2, (),
         lambda s: changed(s, "ADLB", AVISIT=values("Day 1", *["Week 4"] * 3)), WARNING),
    Case("supp.orphan", "SUPPAE.IDVARVAL", 1, ("S-2",),
         lambda s: changed(s, "SUPPAE", IDVARVAL=values("1", "2")), WARNING),
    Case("day.wrong", "ADLB.ADY", 1, ("S-1",),
         lambda s: changed(s, "ADLB", ADY=values(27.0, 28.0, 1.0, None)), WARNING),
    Case("day.wrong", "ADAE.ASTDY", 1, ("S-1",),
         lambda s: changed(s, "ADAE", ASTDT=values(dt.date(2026, 1, 4), *[None] * 2),
                           ASTDY=values(1.0, None, 3.0), TRTEMFL="N"), WARNING),
    Case("day.wrong", "AE.AESTDY", 1, ("S-2",),
         lambda s: changed(changed(s, "DM", RFSTDTC=values("2026-01-05T10:30", "2026-02-01", None)),
                           "AE", AESTDY=values(-1.0, 4.0)), WARNING),
    Case("baseline.repeated", "ADLB.ABLFL", 2, ("S-1",),
         lambda s: changed(s, "ADLB", ABLFL=values("Y", "Y", "Y", "Y"),
                           USUBJID=values("S-1", "S-1", "S-1", "S-2"), ADY=NO_DAY,
                           BASE=NO_DAY, CHG=NO_DAY,
                           ASEQ=values(1.0, 2.0, 3.0, 4.0)), WARNING),
    Case("change.wrong", "ADLB.CHG", 1, ("S-1",),
         lambda s: changed(s, "ADLB", CHG=values(-10.0, None, 0.0, None)), WARNING),
    Case("ae.before_treatment", "ADAE.ASTDT", 1, ("S-2",),
         lambda s: changed(s, "ADAE", AEDECOD="Cytokine release syndrome", ASTDY=NO_DAY,
                           TRTEMFL="N",
                           ASTDT=values(dt.date(2026, 1, 5), None, dt.date(2026, 1, 31))), WARNING),
    Case("flag.safety", "ADSL.SAFFL", 2, ("S-1", "S-3"),
         lambda s: changed(s, "ADSL", SAFFL=values("N", "Y", "Y")), WARNING),
    Case("tte.description", "ADTTE.EVNTDESC", 1, ("S-2",),
         lambda s: changed(s, "ADTTE", EVNTDESC=values("Alive", None)), WARNING),
    Case("tte.description", "ADTTE.CNSDTDSC", 1, ("S-1",),
         lambda s: changed(s, "ADTTE", CNSDTDSC=pl.lit(None, pl.String)), WARNING),
    Case("tte.death", "ADTTE.CNSR", 1, ("S-2",),
         lambda s: changed(s, "ADTTE", CNSR=1.0), WARNING),
    Case("tte.death", "ADTTE.CNSR", 1, ("S-1",),
         lambda s: changed(s, "ADTTE", CNSR=0.0), WARNING),
    Case("base.wrong", "ADLB.BASE", 1, ("S-2",),
         lambda s: changed(s, "ADLB", BASE=values(90.0, None, 89.0, None), CHG=NO_DAY), WARNING),
    Case("adsl.order", "ADSL.TRTSDT", 1, ("S-2",),
         lambda s: changed(without(without(s, "ADAE"), "ADLB"), "ADSL",
                           TRTSDT=values(dt.date(2026, 1, 5), dt.date(2026, 3, 2), None)), WARNING),
    Case("adsl.order", "ADSL.LDSDT", 1, ("S-1",),
         lambda s: changed(s, "ADSL", LDSDT=dt.date(2026, 1, 6)), WARNING),
    Case("adsl.order", "ADSL.LSTALVDT", 1, ("S-2",),
         lambda s: changed(s, "ADSL", LSTALVDT=dt.date(2026, 3, 2)), WARNING),
    Case("ae.fatal_grade", "ADAE.AETOXGRN", 1, ("S-1",),
         lambda s: changed(s, "ADAE", AETOXGRN=values(2.0, 5.0, 5.0)), WARNING),
    Case("ae.fatal_grade", "ADAE.AETOXGRN", 1, ("S-2",),
         lambda s: changed(s, "ADAE", AETOXGRN=values(2.0, 1.0, 4.0)), WARNING),
    Case("ae.fatal_alive", "AE.AEOUT", 1, ("S-1",),
         lambda s: changed(s, "AE", AEOUT="FATAL"), WARNING),
    Case("ae.emergent", "ADAE.TRTEMFL", 1, ("S-2",),
         lambda s: changed(s, "ADAE", ASTDT=values(dt.date(2026, 1, 6), None, dt.date(2026, 1, 31)),
                           ASTDY=NO_DAY), WARNING),
    Case("fever.before_treatment", "ADLB.AVAL", 1, ("S-2",),
         lambda s: temperatures(s, dt.date(2026, 1, 31), 38.0), WARNING),
    Case("fever.before_treatment", "ADLB.AVAL", 1, ("S-2",),
         lambda s: temperatures(s, dt.date(2026, 1, 29), 100.4, "F"), WARNING),
    Case("value.implausible", "ADLB.AVAL", 1, ("S-2",),
         lambda s: temperatures(s, dt.date(2026, 2, 3), 98.6), WARNING),
    Case("value.implausible", "ADLB.AVAL", 1, ("S-2",),
         lambda s: changed(s, "ADLB", AVAL=values(100.0, 1.0, -90.0, 2.0), BASE=NO_DAY,
                           CHG=NO_DAY), WARNING),
    Case("date.after_death", "SV.SVSTDTC", 1, ("S-2",),
         lambda s: s | {"SV": complete(standard("SV", pl.DataFrame(
             {"USUBJID": ["S-1", "S-2"], "DOMAIN": ["SV"] * 2, "VISITNUM": [1.0, 2.0],
              "SVSTDTC": ["2026-05-01", "2026-03-02"]})))}, WARNING),
    Case("date.after_death", "ADRS.ADT", 1, ("S-2",),
         lambda s: s | {"ADRS": complete(standard("ADRS", pl.DataFrame(
             {"USUBJID": ["S-1", "S-2"], "ASEQ": [1.0, 1.0], "PARAMCD": ["OVRLRESP"] * 2,
              "PARAM": ["Response"] * 2, "AVALC": ["CR", "CR"],
              "ADT": [dt.date(2026, 5, 1), dt.date(2026, 3, 2)]})))}, WARNING),
    Case("record.derived", "ADLB.DTYPE", 2, ("S-1", "S-2"),
         lambda s: changed(s, "ADLB", DTYPE=values("MINIMUM", None, "COPY", None)), NOTE),
]  # fmt: skip


def test_a_clean_study_has_no_findings(study: Sets) -> None:
    assert list(map(str, check_study(study, cutoff=CUTOFF))) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.where}")
def test_one_thing_wrong_gives_one_finding(study: Sets, case: Case) -> None:
    (finding,) = check_study(case.change(study), cutoff=CUTOFF)
    assert finding.rule == case.rule
    assert f"{finding.dataset}.{finding.variable}" == case.where
    assert (finding.count, finding.subjects) == (case.count, case.subjects)
    assert finding.severity is case.severity


def test_every_rule_is_tested_and_described() -> None:
    assert {rule.id for rule in CHECKS} == {case.rule for case in CASES} | {
        "dataset.missing",
        "variable.missing",
    }
    assert len({rule.id for rule in CHECKS}) == len(CHECKS)
    for rule in CHECKS:
        assert rule.checks.endswith(".")


def test_what_the_report_needs_must_be_there(study: Sets) -> None:
    del study["ADAE"]
    needs = {"ADAE": ["AETERM"], "ADSL": ["SAFFL", "SAFFLAG", "AGE"], "ADLB": ["AVAL"]}
    findings = check_study(study, needs=needs)
    assert [(f.rule, f.dataset, f.variable, f.severity) for f in findings] == [
        ("dataset.missing", "ADAE", "", Severity.ERROR),
        ("variable.missing", "ADSL", "SAFFLAG", Severity.ERROR),
    ]
    assert "did you mean" in findings[0].message
    assert "did you mean 'SAFFL'?" in findings[1].message


def test_a_wrong_type_is_an_error_where_the_variable_is_needed(study: Sets) -> None:
    wrong = changed(study, "ADSL", AGE=values("40", "51", None))
    (finding,) = check_study(wrong, needs={"ADSL": ["AGE"]})
    assert (finding.rule, finding.severity) == ("variable.type", Severity.ERROR)
    assert finding.message == "The variable holds text, the standard has number"


def test_an_empty_adsl_is_an_error(study: Sets) -> None:
    empty = replace(study["ADSL"], frame=study["ADSL"].frame.clear())
    (finding,) = check_study({"ADSL": empty})
    assert (finding.rule, finding.severity) == ("dataset.empty", Severity.ERROR)


def test_the_study_can_give_its_own_keys_and_codelists(study: Sets) -> None:
    findings = check_study(
        study, keys={"ADLB": ["PARAMCD"]}, codelists={"SEX": ["F"], "SAFFL": ["Y", "N"]}
    )
    assert [(f.rule, f.dataset, f.variable, f.severity, f.count) for f in findings] == [
        ("key.duplicate", "ADLB", "PARAMCD", Severity.ERROR, 4),
        ("code.unknown", "ADSL", "SEX", Severity.ERROR, 1),
        ("code.unknown", "DM", "SEX", Severity.ERROR, 1),
    ]


@pytest.mark.parametrize("name", ["ADSL", "ADAE", "ADTTE", "ADLB", "DM", "AE"])
def test_wrong_types_and_missing_variables_never_stop_the_checks(study: Sets, name: str) -> None:
    homes = {home: study[home] for home in ("ADSL", "DM", name)}
    for variable, dtype in study[name].frame.schema.items():
        wrong = changed(homes, name, **{variable: pl.lit(1.0 if dtype == pl.String else "x")})
        found = check_study(wrong, cutoff=CUTOFF)
        types = [f for f in found if (f.rule, f.variable) == ("variable.type", variable)]
        assert {f.severity is Severity.ERROR for f in types} == {variable == "USUBJID"}
        lacking = replace(study[name], frame=study[name].frame.drop(variable))
        found = check_study(homes | {name: lacking}, cutoff=CUTOFF)
        assert [f for f in found if (f.dataset, f.variable) == (name, variable)] == []


def test_results_of_no_parameter_in_two_units_do_not_stop_the_checks(study: Sets) -> None:
    mixed = changed(study, "ADLB", PARAMCD=values(None, None, "HGB", "RESP"), AVALU=values(*"abcd"))
    found = check_study(mixed, cutoff=CUTOFF)
    assert [(f.dataset, f.count) for f in found if f.rule == "param.unit"] == [("ADLB", 2)]


def test_what_adsl_says_of_a_subject_whom_it_lists_twice_is_the_first_known(study: Sets) -> None:
    adsl = study["ADSL"]
    unknown = adsl.frame.with_columns(DTHDT=pl.lit(None, pl.Date), TRTSDT=pl.lit(None, pl.Date))
    twice = replace(adsl, frame=pl.concat([unknown, adsl.frame]))
    died = adsl.frame.filter(pl.col("DTHDT").is_not_null())["USUBJID"].to_list()
    late = changed(study | {"ADSL": twice}, "ADLB", ADT=pl.lit(dt.date(2026, 6, 1)), ADY=NO_DAY)
    found = {f.rule: f for f in check_study(late, cutoff=CUTOFF) if f.dataset != "AE"}
    assert found["key.duplicate"].dataset == "ADSL"
    records = late["ADLB"].frame.filter(pl.col("USUBJID").is_in(died))
    assert found["date.after_death"].count == records.height > 0
    assert "day.wrong" not in found


def test_only_a_few_subjects_and_values_are_named() -> None:
    ids = [f"S-{i}" for i in range(9)]
    frame = pl.DataFrame({"USUBJID": ids, "SAFFL": list("abcdefghi")})
    dataset = standard("ADSL", frame)
    finding = next(f for f in check_study({"ADSL": dataset}) if f.rule == "flag.value")
    assert finding.subjects == tuple(ids[:5])
    assert finding.message == "Neither Y nor N nor missing: a, b, c, d, e, ..."
    assert finding.count == 9


@dataclass(frozen=True)
class Accept:
    """A waiver, as the plan gives it."""

    rule: str
    reason: str = "known"
    dataset: str = ""
    variable: str = ""


def test_waivers_accept_findings_and_say_when_they_do_not() -> None:
    one = Finding("flag.value", "x", Severity.ERROR, "ADSL", "SAFFL", 1)
    other = replace(one, dataset="ADAE", variable="TRTEMFL")
    missing = Finding("dataset.missing", "x", Severity.ERROR, "ADLB")
    waivers = [
        Accept("flag.value", "agreed", "ADSL", "SAFFL"),
        Accept("dataset.missing"),
        Accept("flag.valeu"),
    ]
    standing, accepted = apply_waivers([one, other, missing], waivers)
    assert accepted == (Accepted(one, "agreed"),)
    assert standing[:2] == (other, missing)
    assert [(f.rule, f.severity) for f in standing[2:]] == [("waiver.idle", Severity.NOTE)] * 2
    assert "did you mean 'flag.value'?" in standing[3].message
    assert apply_waivers([one, other], [Accept("flag.value")])[0] == ()


EXPECTED: Mapping[str, set[tuple[str, str, int]]] = {
    "adam": {
        ("variable.type", "ADPP.PPORRES", 0),
        ("event.repeated", "ADAE.AEDECOD", 310),
        ("ae.fatal_not_serious", "ADAE.AESER", 3),
        ("variable.required", "ADPP.", 0),
        ("record.derived", "ADLB.DTYPE", 24072),
    },
    "sdtm": {
        ("event.repeated", "AE.AEDECOD", 310),
        ("date.after_death", "SV.SVSTDTC", 1),
        ("code.name", "SV.VISITNUM", 2),
        ("ae.fatal_not_serious", "AE.AESER", 3),
        ("day.wrong", "AE.AESTDY", 1),
    },
}


@pytest.mark.parametrize("folder", EXPECTED)
def test_the_public_study_has_its_known_quirks_and_no_error(shared: Path, folder: str) -> None:
    names = ["ADSL", "ADAE", "ADTTE", "ADLB", "ADPP", "ADRS", "DM", "AE", "SV", "EX", "SUPPAE"]
    public, _ = read_study(shared / "pharmaverse" / folder, only=names)
    findings = check_study(public)
    found = {(f.rule, f"{f.dataset}.{f.variable}", f.count) for f in findings}
    assert found == EXPECTED[folder]
    assert Severity.ERROR not in {f.severity for f in findings}
