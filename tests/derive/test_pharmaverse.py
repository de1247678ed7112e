"""The public SDTM of the pharmaverse, derived here and compared with its published ADaM.

Every variable that both have is compared on every record. A difference is allowed only where the
table of explanations has a rule that holds for that very record; a rule that no record needs
fails as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from il5report.data.dataset import Dataset, Study
from il5report.data.read import read_dataset
from il5report.derive.adam import derive
from il5report.outputs import Catalogue
from il5report.plan.models import Plan
from il5report.plan.read import read_plan
from il5report.resources import default_plan
from tests.conftest import PHARMAVERSE, ROOT

pytestmark = pytest.mark.skipif(
    not PHARMAVERSE.is_dir(), reason="the public pharmaverse data are not on this machine"
)
Explanations = Mapping[str, Sequence[tuple[str, pl.Expr]]]
ALWAYS = pl.lit(True)


def col(name: str) -> pl.Expr:
    return pl.col(name)


def ours(name: str) -> pl.Expr:
    return pl.col(f"{name}.ours")


def read(folder: Path) -> dict[str, Dataset]:
    return {p.stem.upper(): read_dataset(p) for p in sorted(folder.glob("*.parquet"))}


@cache
def sdtm() -> Study:
    names = ("AE", "CM", "DM", "DS", "EX", "LB", "MH", "RS", "SUPPAE", "SUPPDM", "SUPPDS", "VS")
    return {n: d for n, d in read(PHARMAVERSE / "sdtm").items() if n in names}


@cache
def published() -> Mapping[str, pl.DataFrame]:
    return {n: d.frame for n, d in read(PHARMAVERSE / "adam").items()}


@cache
def plan() -> Plan:
    folder = ROOT / "analysis_plan" / "examples" / "pharmaverse_sdtm"
    return read_plan(folder, default_plan(), Catalogue()).plan


@cache
def derived() -> Mapping[str, pl.DataFrame]:
    return {n: d.frame for n, d in derive(sdtm(), plan())[0].items()}


@cache
def derived_from_published_responses() -> Mapping[str, pl.DataFrame]:
    """The published ADRS rests on responses of 8 subjects that the SDTM folder does not hold.

    They are taken back from its visit responses, so that everything after them can be compared.
    """
    visits = published()["ADRS"].filter(pl.col("PARAMCD") == "OVR")
    rs = visits.select(
        "STUDYID", "USUBJID", "RSSEQ", RSTESTCD=pl.lit("OVRLRESP"), RSEVAL=pl.lit("INVESTIGATOR"),
        RSSTRESC="AVALC", RSDTC="RSDTC",
    )  # fmt: skip
    study = {**sdtm(), "RS": replace(sdtm()["RS"], frame=rs)}
    return {n: d.frame for n, d in derive(study, plan())[0].items()}


def compare(theirs: pl.DataFrame, made: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The two side by side, record by record; ours as ``X.ours``."""
    both = theirs.join(made, on=keys, how="inner", suffix=".ours", maintain_order="left")
    assert both.height == theirs.height == made.height
    return both


def differs(both: pl.DataFrame, name: str) -> pl.Expr:
    a, b = col(name), ours(name)
    if both.schema[name].is_float():
        near = (a - b).abs() <= 1e-9 * (1 + a.abs())
        return ~near.fill_null(a.is_null() & b.is_null())
    return a.cast(pl.String).ne_missing(b.cast(pl.String))


def assert_explained(both: pl.DataFrame, explained: Explanations) -> None:
    unexplained, unused = {}, []
    for name in [c.removesuffix(".ours") for c in both.columns if c.endswith(".ours")]:
        rows = both.filter(differs(both, name))
        rules = explained.get(name, ())
        marks = rows.select(pl.lit(False).alias("none"), *(r.alias(w) for w, r in rules))
        unused += [(name, why) for why, _ in rules if not marks[why].any()]
        left = rows.filter(~marks.select(pl.any_horizontal(pl.all().fill_null(False))).to_series())
        if left.height:
            unexplained[name] = (left.height, left.select(name, f"{name}.ours").row(0))
    assert unexplained == {}
    assert unused == []


def without_end() -> pl.Expr:
    """The subject's last dose has a start but no end date."""
    last = sdtm()["EX"].frame.sort("EXSTDTC").group_by("USUBJID").agg(col("EXENDTC").last())
    return col("USUBJID").is_in(last.filter(col("EXENDTC").is_null())["USUBJID"].to_list())


LAST_DOSE = "theirs leaves out a dose without end date; here it ended on the day it started"


YES_NO = "theirs is Y or missing, here Y or N"


def test_subject_level() -> None:
    failure = ("a screen failure has no treatment", col("SAFFL") == "N")
    assert_explained(
        compare(published()["ADSL"], derived()["ADSL"], ["USUBJID"]),
        {
            "DTHFL": [(YES_NO, ours("DTHFL") == "N")],
            "TRT01P": [failure],
            "TRT01A": [failure],
            "TRTSDTM": [("theirs imputes 00:00:00, here no time is no time",
                         (col("TRTSTMF") == "H") & ours("TRTSDTM").is_null())],
            "TRTEDT": [(LAST_DOSE, without_end())],
            "LSTALVDT": [(LAST_DOSE, without_end())],
        },
    )  # fmt: skip
    both = published()["ADSL"].join(derived()["ADSL"], on="USUBJID").filter(~without_end())
    assert both.filter(col("TRTDURD").ne_missing(col("TRTDUR") + 1)).is_empty()


def test_adverse_events() -> None:
    assert_explained(
        compare(published()["ADAE"], derived()["ADAE"], ["USUBJID", "AESEQ"]),
        {
            "TRTEMFL": [(YES_NO, col("TRTEMFL").is_null() & (ours("TRTEMFL") == "N"))],
            "TRTEDT": [(LAST_DOSE, without_end())],
            "ADURU": [("theirs in lower case", col("ADURU") == ours("ADURU").str.to_lowercase())],
            "AREL": [("theirs is AEREL as collected, here whether related",
                      (ours("AREL") == "RELATED") == (col("AEREL").fill_null("") != "NONE"))],
        },
    )  # fmt: skip


CAPPED = ("theirs is not later than the end of study, here than death or data cut-off",
          (col("AENDT") == col("EOSDT")) & (ours("AENDTF") == "D"))  # fmt: skip


def test_medication() -> None:
    starts_before = col("ASTDT") < col("TRTSDT")
    starts_after = col("ASTDT") > col("TRTEDT")
    assert_explained(
        compare(published()["ADCM"], derived()["ADCM"], ["USUBJID", "CMSEQ"]),
        {
            "TRTEDT": [(LAST_DOSE, without_end())],
            "ADURU": [("theirs in lower case", col("ADURU") == ours("ADURU").str.to_lowercase())],
            "PREFL": [(YES_NO, col("PREFL").is_null() & (ours("PREFL") == "N"))],
            "ONTRTFL": [
                (YES_NO, col("ONTRTFL").is_null() & (ours("ONTRTFL") == "N")),
                ("theirs began before the last dose and after the first, here it was taken then",
                 (ours("ONTRTFL") == "Y") & (starts_before | starts_after)),
            ],
            **{name: [CAPPED] for name in ("AENDT", "AENDY", "ADURN")},
        },
    )  # fmt: skip


def test_medical_history() -> None:
    partial = ("theirs leaves a partial start missing, here imputed", col("ASTDTF").is_not_null())
    assert_explained(
        compare(published()["ADMH"], derived()["ADMH"], ["USUBJID", "MHSEQ"]),
        {
            "TRTEDT": [(LAST_DOSE, without_end())],
            "ASTDT": [partial],
            "ASTDY": [partial],
        },
    )


def test_headline_numbers() -> None:
    emergent = derived()["ADAE"].filter((pl.col("TRTEMFL") == "Y") & (pl.col("SAFFL") == "Y"))
    assert (emergent.height, emergent["USUBJID"].n_unique()) == (1122, 217)
    worst = emergent.filter(pl.col("AOCCIFL") == "Y")["ASEVN"].value_counts().sort("ASEVN")
    assert worst["count"].to_list() == [77, 111, 29]


ONE_BASELINE_ROW = "theirs holds counts calculated from percentages, one of them the baseline"
VERSION = "theirs is CTCAE 4.03, here 5.0"


def code(*names: str) -> pl.Expr:
    return col("PARAMCD").is_in(names)


CALCULATED = code("BASO", "LYMPH") & ours("BASE").is_null()
# version 5.0 compares with an abnormal baseline instead of the limit
ABNORMAL = (col("BNRIND") == "HIGH") & code("ALKPH", "ALT", "AST", "BILI", "GGT")
HGB = ("theirs grades haemoglobin in g/L only, here in mmol/L too", code("HGB"))
CD4 = ("theirs maps lymphocytes to the CD4 term", code("LYMPH"))
PHOSPHATE = (VERSION + ", which has no laboratory criteria for phosphate", code("PHOS"))
BOUNDS = (VERSION + ", with other bounds or symptoms between grades", code("POTAS", "SODIUM"))
BRANCH = (VERSION + ", with a baseline branch", ABNORMAL)
NO_BASE = (VERSION + ", not gradable without baseline", ours("BASE").is_null())
CREATININE = (VERSION + ", where creatinine counts against the limit", code("CREAT"))
GLUCOSE = (VERSION + ", without laboratory criteria for glucose", code("GLUC"))
NO_TERM = ("theirs has no term for high lymphocytes and urate", code("LYMPH", "URATE"))


def test_laboratory() -> None:
    theirs = published()["ADLB"].filter(col("LBSEQ").is_not_null() & col("DTYPE").is_null())
    made = derived()["ADLB"].with_columns(LBSEQ=col("SRCSEQ"))
    before = ("theirs gives change at baseline and before it, here only after",
              (col("ADT") <= col("TRTSDT")) & ours("CHG").is_null())  # fmt: skip
    base = (ONE_BASELINE_ROW, CALCULATED)
    both = compare(theirs, made, ["USUBJID", "LBSEQ"])
    assert_explained(
        both,
        {
            "ASEQ": [("numbered among other records", ALWAYS)],
            "TRTEDT": [(LAST_DOSE, without_end())],
            "AVISIT": [("theirs in title case, the screening visit as Baseline", ALWAYS)],
            "AVISITN": [("theirs is 0 for the screening visit", col("AVISIT") == "Baseline")],
            "PARAM": [("theirs from a lookup table, here test and unit",
                       ours("PARAM").str.starts_with(col("LBTEST")))],
            "AVALC": [("theirs only for text results", col("AVALC").is_null())],
            "BASEC": [("theirs only for text results", col("BASEC").is_null())],
            "BASE": [base],
            "CHG": [base, before],
            "PCHG": [base, before],
            "ANL01FL": [("theirs under treatment only, here at every visit",
                         col("ONTRTFL").is_null() & (ours("ANL01FL") == "Y"))],
            "ATOXGRL": [PHOSPHATE, BOUNDS, HGB, CD4],
            "ATOXGRH": [BRANCH, NO_BASE, CREATININE, GLUCOSE, HGB, NO_TERM],
            "BTOXGRL": [PHOSPHATE, HGB, CD4],
            "BTOXGRH": [BRANCH, GLUCOSE, HGB, NO_TERM],
            "ATOXDSCL": [PHOSPHATE, CD4],
            "ATOXDSCH": [GLUCOSE, NO_TERM],
        },
    )  # fmt: skip
    alike = both.filter(~differs(both, "ATOXGRH") & (col("ATOXGRH") > "0"))
    assert alike.height > 400


def test_responses() -> None:
    treated = derived()["ADSL"].filter(col("SAFFL") == "Y").select("USUBJID")
    days = (ours("ADT") - col("TRTSDT")).dt.total_days()
    early = ("theirs wants stable disease to last 28 days",
             ours("AVALC").is_in(["SD", "NON-CR/NON-PD"]) & (days < 28))  # fmt: skip
    nothing = (col("AVALC") == "MISSING") & (ours("AVALC") == "NE")
    ranks = ("ranks follow the codes", differs_in_code())
    best: Explanations = {
        "AVALC": [("theirs calls no assessment MISSING, here NE", nothing), early],
        "ADT": [early],
        "AVAL": [ranks],
    }
    for paramcd, explained in (("RSP", {}), ("BOR", best)):
        theirs, made = (
            frame.filter(col("PARAMCD") == paramcd)
            .join(treated, on="USUBJID", how="semi")
            .select("USUBJID", "AVAL", "AVALC", "ADT", "TRTSDT")
            for frame in (published()["ADRS"], derived_from_published_responses()["ADRS"])
        )
        assert theirs.height == 254
        assert_explained(compare(theirs, made, ["USUBJID"]), explained)


def differs_in_code() -> pl.Expr:
    return col("AVALC") != ours("AVALC")


def test_visit_responses_of_the_sdtm_folder() -> None:
    """The published visit responses are not in the SDTM of the folder.

    RS, TR and TU hold other assessments: of 22 published visit responses (every third week) two
    have a record of the investigator on their date, and of those of the same visit (every sixth
    week) one has its value. So the published responses cannot be derived from this SDTM;
    `derived_from_published_responses` takes them as given, and what RS holds is derived again
    independently below.
    """
    rs = investigator_responses()
    theirs = published()["ADRS"].filter(col("PARAMCD") == "OVR")
    assert theirs.height == 22
    days = {"RS": rs.select("USUBJID", RSDTC="RSDTC")}
    for name in ("TR", "TU"):
        folder = read_dataset(PHARMAVERSE / "sdtm" / f"{name.lower()}.parquet").frame
        days[name] = folder.select("USUBJID", RSDTC=f"{name}DTC")
    same_day = {
        n: theirs.join(d.unique(), on=["USUBJID", "RSDTC"], how="semi").height
        for n, d in days.items()
    }
    assert same_day == {"RS": 2, "TR": 2, "TU": 0}
    same_visit = theirs.join(rs, on=["USUBJID", "VISIT"], suffix=".rs")
    assert same_visit.height == 8
    assert same_visit.filter(col("AVALC") == col("RSSTRESC.rs")).height == 1
    visits = derived()["ADRS"].filter(pl.col("PARAMCD") == "OVRLRESP")
    assert visits.height == rs.filter(col("RSSTRESC") != "CHECK").height


def investigator_responses() -> pl.DataFrame:
    return sdtm()["RS"].frame.filter(
        (col("RSTESTCD") == "OVRLRESP") & (col("RSEVAL") == "INVESTIGATOR")
    )


def test_response_and_progression_of_the_sdtm_folder_again() -> None:
    """Best response, response and progression-free survival of 205 subjects, in plain Python."""
    rank = ["CR", "PR", "SD", "NON-CR/NON-PD", "PD"]
    treated = {r["USUBJID"]: r for r in derived()["ADSL"].to_dicts() if r["SAFFL"] == "Y"}
    seen: dict[str, list[tuple[dt.date, str]]] = {who: [] for who in treated}
    for r in investigator_responses().sort("RSDTC").to_dicts():
        if r["USUBJID"] in treated and r["RSSTRESC"] in rank:
            day = dt.date.fromisoformat(r["RSDTC"])
            seen[r["USUBJID"]].append((day, r["RSSTRESC"]))
    assert sum(map(bool, seen.values())) > 200
    best, response, times = (
        {r["USUBJID"]: r for r in derived()[d].filter(col("PARAMCD") == c).to_dicts()}
        for d, c in (("ADRS", "BOR"), ("ADRS", "RSP"), ("ADTTE", "PFS"))
    )
    for who, s in treated.items():
        after = [x for x in seen[who] if x[0] >= s["TRTSDT"]]
        progressed = next((day for day, code in after if code == "PD"), dt.date.max)
        kept = [x for x in after if x[0] <= progressed]
        wanted = min((code for _, code in kept), key=rank.index, default="NE")
        assert best[who]["AVALC"] == wanted
        responded = next((day for day, code in kept if code in ("CR", "PR")), None)
        assert (response[who]["AVALC"], response[who]["ADT"]) == (
            "Y" if responded else "N", responded)  # fmt: skip
        since = [x for x in seen[who] if x[0] >= s["RANDDT"]]
        ends = [day for day, code in since if code == "PD"] + [s["DTHDT"] or dt.date.max]
        event = min(ends)
        row = times[who]
        assert (row["CNSR"] == 0) == (event < dt.date.max)
        if event < dt.date.max:
            assert row["ADT"] == event


def test_time_to_event() -> None:
    theirs = published()["ADTTE"].with_columns(col("CNSR").cast(pl.Float64))
    made = derived_from_published_responses()["ADTTE"]
    same_day = col("ADT") == col("STARTDT")
    death = ("theirs takes death from ADRS, here from ADSL", col("EVNTDESC") == "Death")
    assert_explained(
        compare(theirs, made, ["USUBJID", "PARAMCD"]),
        {
            "PARAM": [("here with the unit", ours("PARAM") == col("PARAM") + " (days)")],
            "EVNTDESC": [("alive on the day of randomisation: both rules give this date",
                          same_day & (ours("EVNTDESC") == "Alive"))],
            "CNSDTDSC": [("here the label of the date", col("CNSR") > 0)],
            "SRCDOM": [death],
            "SRCVAR": [death, ("alive on the day of randomisation", same_day)],
            "SRCSEQ": [("ADRS is numbered here", ALWAYS)],
        },
    )  # fmt: skip


def test_every_record_is_kept() -> None:
    sizes = {name: derived()[name].height for name in ("ADSL", "ADAE", "ADLB")}
    assert sizes == {"ADSL": 306, "ADAE": 1191, "ADLB": 59580}
