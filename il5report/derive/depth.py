"""ADRS: depth of response by visit and by subject, from samples in SDTM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from il5report import conditions
from il5report.derive import dates
from il5report.derive.domains import Domains
from il5report.derive.response_depth import (
    MrdRule,
    cytogenetic_response,
    molecular_response,
    mrd_relapse,
    mrd_status,
)
from il5report.derive.response_records import COLUMNS, NONE, by_visit, dated
from il5report.plan.components import Measure
from il5report.plan.depth import Cytogenetics, DepthRules, Molecular, ResidualDisease
from il5report.plan.derivation import Response
from il5report.plan.models import Visit

_COMPLETE = "COMPLETE"
_RANKS = {_COMPLETE: 1.0, "PARTIAL": 2.0, "NOT COMPLETE": 3.0, "NONE": 4.0}
_STATUS = {"NEGATIVE": 0.0, "POSITIVE": 1.0}
_LIMIT = r"^<\s*([0-9.]+(?:[eE]-?\d+)?)$"


def derive_depth(
    domains: Domains,
    adsl: pl.DataFrame,
    rules: DepthRules,
    response: Response,
    schedule: Sequence[Visit],
) -> Iterator[pl.DataFrame]:
    """Records of ADRS.

    MRDSTAT (AVALC NEGATIVE or POSITIVE, AREASN why neither), CYTRESP and MOLRESP (COMPLETE,
    PARTIAL, NOT COMPLETE, NONE) by visit; MRDREL, CCYR and CMR (Y/N, ADT the first day) of each
    subject of `response.where` to whom it applies: with a sample that can be evaluated, or with
    the abnormality at baseline.
    """
    who = adsl.filter(conditions.expression(response.where, adsl.schema))
    if rules.mrd is not None:
        samples = _residual(domains, adsl, rules.mrd)
        visits = _parameter(samples, "MRDSTAT", "MRD Status by the Plan's Threshold", "MRDSTAT")
        visits = visits.with_columns(AREASN=pl.col("MRDREAS"), AVAL=_number(_STATUS))
        yield by_visit(visits, schedule)
        yield _relapse(_counted(samples, adsl, response), who, rules.mrd)
    if rules.cytogenetic is not None:
        samples = _cytogenetic(domains, adsl, rules.cytogenetic)
        found = _parameter(samples, "CYTRESP", "Cytogenetic Response", "CYTRESP")
        yield by_visit(_after(found), schedule)
        yield _best(_counted(found, adsl, response), who, ("CCYR", "Complete Cytogenetic Response"))
    if rules.molecular is not None:
        samples = _molecular(domains, adsl, rules.molecular)
        found = _parameter(samples, "MOLRESP", "Molecular Response", "MOLRESP")
        yield by_visit(_after(found), schedule)
        yield _best(_counted(found, adsl, response), who, ("CMR", "Complete Molecular Response"))


def _residual(domains: Domains, adsl: pl.DataFrame, rule: ResidualDisease) -> pl.DataFrame:
    """MRD samples with MRD and MRDLOD as fractions, and their status."""
    samples = _samples(domains, adsl, rule)
    text = pl.col("VALUE").cast(pl.String)
    limit = text.str.extract(_LIMIT).cast(pl.Float64, strict=False) * rule.scale
    number = text.cast(pl.Float64, strict=False) * rule.scale
    lost = samples.filter(limit.is_null() & number.is_null())
    domains.note("derive.number", "MRD is not a number: no status", lost, rule.domain, rule.value)
    known = pl.lit(rule.sensitivity, pl.Float64)
    samples = samples.with_columns(
        MRD=pl.when(limit.is_not_null()).then(0.0).otherwise(number),
        MRDLOD=pl.coalesce(limit, known), DAY=_day(),
    )  # fmt: skip
    return mrd_status(samples, MrdRule(rule.threshold, rule.log_rise))


def _cytogenetic(domains: Domains, adsl: pl.DataFrame, rule: Cytogenetics) -> pl.DataFrame:
    samples = _coded(_samples(domains, adsl, rule), rule.codes)
    samples = _beside(domains, adsl, samples, rule.metaphases, "CYTNMET")
    if rule.percent is not None:
        samples = _beside(domains, adsl, samples, rule.percent, "CYTPC")
    else:
        samples = samples.with_columns(CYTPC=pl.lit(None, pl.Float64))
    samples = samples.with_columns(CYTFL="CODE", FISHFL=pl.lit(None, pl.String))
    base = _baseline(samples, CYTBLFL="CYTFL", CYTBLPC="CYTPC")
    samples = samples.join(base, on="USUBJID", how="left", maintain_order="left")
    return cytogenetic_response(samples, rule.min_metaphases).with_columns(BASEFL="CYTBLFL")


def _molecular(domains: Domains, adsl: pl.DataFrame, rule: Molecular) -> pl.DataFrame:
    samples = _coded(_samples(domains, adsl, rule), rule.codes).rename({"CODE": "MOLFL"})
    base = _baseline(samples, MOLBLFL="MOLFL")
    samples = samples.join(base, on="USUBJID", how="left", maintain_order="left")
    return molecular_response(samples).with_columns(BASEFL="MOLBLFL")


def _samples(domains: Domains, adsl: pl.DataFrame, rule: Measure) -> pl.DataFrame:
    """Samples with a value and a date, in order; of two on one day the later record."""
    records = domains.select(rule.domain, rule.where, needs=(rule.value, rule.date))
    if records is None:
        records = pl.DataFrame(schema=dict.fromkeys(("USUBJID", rule.value, rule.date), pl.String))
    frame = dated(domains, adsl, records, rule.domain, rule.date, rule.value)
    return (
        frame.with_columns(VALUE=pl.col(rule.value))
        .drop_nulls("VALUE")
        .select("USUBJID", "ADT", "ADY", "TRTSDT", "VALUE", "SRCDOM", "SRCVAR", "SRCSEQ")
        .sort("USUBJID", "ADT", "SRCSEQ", maintain_order=True)
        .unique(["USUBJID", "ADT"], keep="last", maintain_order=True)
    )


def _coded(samples: pl.DataFrame, codes: Mapping[str, str]) -> pl.DataFrame:
    code = pl.col("VALUE").replace_strict(dict(codes), default=None, return_dtype=pl.String)
    return samples.with_columns(CODE=code)


def _beside(
    domains: Domains, adsl: pl.DataFrame, samples: pl.DataFrame, rule: Measure, name: str
) -> pl.DataFrame:
    """The number of another test of the same sample."""
    other = _samples(domains, adsl, rule).select(
        "USUBJID", "ADT", pl.col("VALUE").cast(pl.Float64, strict=False).alias(name)
    )
    return samples.join(other, on=["USUBJID", "ADT"], how="left", maintain_order="left")


def _baseline(samples: pl.DataFrame, **names: str) -> pl.DataFrame:
    """The last sample up to the infusion."""
    before = samples.filter(pl.col("ADT") <= pl.col("TRTSDT"))
    last = before.unique("USUBJID", keep="last", maintain_order=True)
    return last.select("USUBJID", **{new: pl.col(old) for new, old in names.items()})


def _day() -> pl.Expr:
    return dates.days_between(pl.col("TRTSDT"), pl.col("ADT")).cast(pl.Int64)


def _number(numbers: dict[str, float]) -> pl.Expr:
    return pl.col("AVALC").replace_strict(numbers, default=None, return_dtype=pl.Float64)


def _parameter(samples: pl.DataFrame, code: str, text: str, value: str) -> pl.DataFrame:
    return samples.with_columns(
        PARAMCD=pl.lit(code), PARAM=pl.lit(text), PARAMTYP=pl.lit("DERIVED"), AEVAL=NONE,
        AVALC=pl.col(value), AREASN=NONE,
    )  # fmt: skip


def _after(found: pl.DataFrame) -> pl.DataFrame:
    """Responses after the infusion, with their rank."""
    return found.filter(pl.col("ADY") > 1).drop_nulls("AVALC").with_columns(AVAL=_number(_RANKS))


def _counted(samples: pl.DataFrame, adsl: pl.DataFrame, response: Response) -> pl.DataFrame:
    """Samples not later than the dates that end the response."""
    ends = adsl.select("USUBJID", *(pl.col(n).alias(f"_{n}") for n in response.until))
    frame = samples.join(ends, on="USUBJID", how="left", maintain_order="left")
    for name in response.until:
        frame = frame.filter(pl.col(f"_{name}").is_null() | (pl.col("ADT") <= pl.col(f"_{name}")))
    return frame


def _best(found: pl.DataFrame, who: pl.DataFrame, named: tuple[str, str]) -> pl.DataFrame:
    """Whether and when the response was complete, of those abnormal at baseline."""
    abnormal = found.filter(pl.col("BASEFL") == "Y")["USUBJID"].unique()
    after = _after(found)
    first = after.filter(pl.col("AVALC") == _COMPLETE).unique(
        "USUBJID", keep="first", maintain_order=True
    )
    seen = pl.col("USUBJID").is_in(after["USUBJID"].unique().implode())
    reason = pl.when(~seen).then(pl.lit("No evaluable sample after infusion"))
    return _of_subject(
        who.filter(pl.col("USUBJID").is_in(abnormal.implode())), first, named
    ).with_columns(AREASN=reason)


def _relapse(samples: pl.DataFrame, who: pl.DataFrame, rule: ResidualDisease) -> pl.DataFrame:
    """Whether and when MRD came back, of those with a status after infusion."""
    evaluable = samples.filter((pl.col("DAY") > 0) & pl.col("MRDSTAT").is_not_null())
    found = mrd_relapse(samples, MrdRule(rule.threshold, rule.log_rise))
    first = samples.join(
        found, left_on=["USUBJID", "DAY"], right_on=["USUBJID", "MRDRELDY"], maintain_order="left"
    )
    made = _of_subject(
        who.filter(pl.col("USUBJID").is_in(evaluable["USUBJID"].unique().implode())),
        first, ("MRDREL", "Relapse of MRD"),
    )  # fmt: skip
    how = found.select("USUBJID", _HOW="MRDRELHO")
    return (
        made.join(how, on="USUBJID", how="left", maintain_order="left")
        .with_columns(AREASN=pl.col("_HOW"))
        .select(COLUMNS)
    )


def _of_subject(who: pl.DataFrame, first: pl.DataFrame, named: tuple[str, str]) -> pl.DataFrame:
    """One Y/N record per subject, dated and sourced by the sample in `first`."""
    code, text = named
    source = first.select("USUBJID", "ADT", "ADY", "SRCDOM", "SRCVAR", "SRCSEQ")
    frame = who.select("USUBJID").join(source, on="USUBJID", how="left", maintain_order="left")
    found = pl.col("ADT").is_not_null()
    return frame.with_columns(
        PARAMCD=pl.lit(code), PARAM=pl.lit(text), PARAMTYP=pl.lit("DERIVED"), AEVAL=NONE,
        AVISIT=NONE, AVISITN=pl.lit(None, pl.Float64), ANL01FL=pl.lit("Y"), AREASN=NONE,
        AVAL=found.cast(pl.Float64),
        AVALC=pl.when(found).then(pl.lit("Y")).otherwise(pl.lit("N")),
    ).select(COLUMNS)  # fmt: skip
