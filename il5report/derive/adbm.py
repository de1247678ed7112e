"""ADBM: peaks and fold changes of cytokines, depletion and recovery of the target cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from il5report.derive import dates
from il5report.derive.adcrs import by_day
from il5report.derive.domains import Domains
from il5report.plan.biomarkers import BiomarkerRules, Depletion

KEYS = ("USUBJID", "ASSAYCD", "PARAMN")
LABELS = {
    "ASSAYCD": "Analyte (PARAMCD of the Results)", "AREASN": "Reason Value is Missing",
    "AVALU": "Analysis Value Unit", "MASKFL": "After a Masking Drug Flag",
    "BASEBLFL": "Baseline Below the Limit Flag", "ABOVEFL": "Above the Upper Limit Flag",
}  # fmt: skip
PARAMETERS = {
    "PEAK": "Peak After Infusion", "TPEAK": "Day of the Peak",
    "FOLD": "Peak as a Multiple of Baseline", "NADIR": "Nadir After Infusion",
    "TNADIR": "Day of the Nadir", "TDEPL": "Day of Depletion", "DDEPL": "Duration of Depletion",
    "TRECOV": "Day of Recovery", "THIGH": "Day of the First High Count After Depletion",
    "TLAST": "Day of the Last Sample",
}  # fmt: skip
BELOW_ALWAYS, NO_SAMPLE, NO_BASELINE = (
    "below the limit in every sample", "no sample in the window", "no baseline",
)  # fmt: skip
NOT_DEPLETED, NOT_RECOVERED, NEVER_HIGH = "not depleted", "not recovered", "never high again"


class Sample(NamedTuple):
    """Day from infusion, value (the limit itself where beyond it), and whether it was below the
    lower or above the upper limit of the assay."""

    day: int
    value: float
    below: bool
    above: bool = False


class Found(NamedTuple):
    """A parameter: its value, or why there is none, and the day on which it rests."""

    code: str
    value: float | None = None
    day: int | None = None
    reason: str | None = None
    above: bool = False


def derive_adbm(domains: Domains, adsl: pl.DataFrame, rules: BiomarkerRules) -> pl.DataFrame:
    """Biomarker parameters of every infused subject, by analyte.

    Returns
    -------
    DataFrame
        ASSAYCD: PARAMCD of the laboratory results. PEAK, TPEAK, FOLD (of the baseline, or of the
        limit where the baseline is below it: BASEBLFL); NADIR, TNADIR, TDEPL, DDEPL, TRECOV,
        THIGH, TLAST. Days count from the infusion. AVAL missing has its reason in AREASN. MASKFL =
        Y where a drug of the plan's `masked` was given on or before the day AVAL rests on.
        ABOVEFL = Y where the peak is above the upper limit of the assay: AVAL is that limit.
    """
    samples, units = _samples(domains, adsl, rules)
    infused = adsl.filter(pl.col("TRTSDT").is_not_null())["USUBJID"].to_list()
    masked = {code: _first_days(domains, adsl, rules, code) for code in rules.masked}
    order = {name: float(i) for i, name in enumerate(PARAMETERS, 1)}
    rows = []
    for who in infused:
        for code in dict.fromkeys((*rules.peaks, *rules.depletion)):
            profile = samples.get((who, code), [])
            before = [s for s in profile if s.day <= 0]
            inside = [s for s in profile if rules.window[0] < s.day <= rules.window[1]]
            base = before[-1] if before else None
            low = "Y" if base is not None and base.below else "N"
            for found in _parameters(code, base, inside, rules):
                mask = masked.get(code, {}).get(who)
                given = mask is not None and found.day is not None and mask <= found.day
                flag = None if code not in masked or found.day is None else "Y" if given else "N"
                unit = _unit(found.code, units.get(code))
                rows.append((who, code, found.code, PARAMETERS[found.code], order[found.code],
                             found.value, unit, found.reason, flag, low,
                             "Y" if found.above else "N"))  # fmt: skip
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_SCHEMA: Mapping[str, pl.DataType] = {
    "USUBJID": pl.String(), "ASSAYCD": pl.String(), "PARAMCD": pl.String(), "PARAM": pl.String(),
    "PARAMN": pl.Float64(), "AVAL": pl.Float64(), "AVALU": pl.String(), "AREASN": pl.String(),
    "MASKFL": pl.String(), "BASEBLFL": pl.String(), "ABOVEFL": pl.String(),
}  # fmt: skip


def _unit(code: str, unit: str | None) -> str | None:
    if code in ("PEAK", "NADIR"):
        return unit
    return None if code == "FOLD" else "days"


def _samples(
    domains: Domains, adsl: pl.DataFrame, rules: BiomarkerRules
) -> tuple[dict[tuple[str, str], list[Sample]], dict[str, str]]:
    """Samples in order of time by subject and analyte, and the unit of each analyte."""
    labs = domains.select(rules.results, None, needs=("BASETYPE", "AVALC", "AVALU"))
    if labs is None:
        return {}, {}
    wanted = [*rules.peaks, *rules.depletion]
    limit = pl.col("AVALC").str.extract(r"^[<>]\s*([0-9.]+)$").cast(pl.Float64, strict=False)
    beyond, above = pl.col("AVAL").is_null(), pl.col("AVALC").str.starts_with(">")
    frame = (
        labs.filter((pl.col("BASETYPE") == rules.basetype) & pl.col("PARAMCD").is_in(wanted))
        .join(adsl.select("USUBJID"), on="USUBJID", how="semi")
        .with_columns(
            # a sample of the day of infusion counts as taken before it
            _DAY=dates.days_between(pl.col("TRTSDT"), pl.col("ADT")),
            _VALUE=pl.coalesce("AVAL", limit), _BELOW=(beyond & ~above).fill_null(False),
            _ABOVE=(beyond & above).fill_null(False),
        )
        .drop_nulls(["_DAY", "_VALUE"])
        .sort("ADT", "ADTM", "SRCSEQ", nulls_last=False)
    )  # fmt: skip
    found: dict[tuple[str, str], list[Sample]] = {}
    columns = ("USUBJID", "PARAMCD", "_DAY", "_VALUE", "_BELOW", "_ABOVE")
    for who, code, day, *sample in frame.select(columns).iter_rows():
        found.setdefault((who, code), []).append(Sample(int(day), *sample))
    units = dict(frame.drop_nulls("AVALU").select("PARAMCD", "AVALU").unique().iter_rows())
    return found, units


def _first_days(
    domains: Domains, adsl: pl.DataFrame, rules: BiomarkerRules, code: str
) -> dict[str, int]:
    """First day of the masking drug by subject, from the infusion on."""
    days = by_day(domains, adsl, rules.masked[code], (0, rules.window[1]))
    return dict(days.group_by("USUBJID").agg(pl.col("DAY").min()).iter_rows())


def _parameters(
    code: str, base: Sample | None, inside: Sequence[Sample], rules: BiomarkerRules
) -> Iterator[Found]:
    if code in rules.peaks:
        yield from _peak(base, inside)
    if code in rules.depletion:
        yield from _depletion(inside, rules.depletion[code])


def _peak(base: Sample | None, inside: Sequence[Sample]) -> Iterator[Found]:
    measured = [s for s in inside if not s.below]
    if not measured:
        reason = BELOW_ALWAYS if inside else NO_SAMPLE
        yield from (Found(code, reason=reason) for code in ("PEAK", "TPEAK", "FOLD"))
        return
    top = max(measured, key=lambda s: (s.value, -s.day))
    yield Found("PEAK", top.value, top.day, above=top.above)
    yield Found("TPEAK", float(top.day), top.day)
    if base is None or base.value <= 0:
        yield Found("FOLD", day=top.day, reason=NO_BASELINE)
    else:
        yield Found("FOLD", top.value / base.value, top.day, above=top.above)


def _depletion(inside: Sequence[Sample], rule: Depletion) -> Iterator[Found]:
    if not inside:
        codes = ("NADIR", "TNADIR", *_codes(rule), "TLAST")
        yield from (Found(code, reason=NO_SAMPLE) for code in codes)
        return
    low = min(inside, key=lambda s: (s.value, s.day))
    yield Found("NADIR", low.value, low.day)
    yield Found("TNADIR", float(low.day), low.day)
    yield from _course(inside, rule)
    yield Found("TLAST", float(inside[-1].day), inside[-1].day)


def _codes(rule: Depletion) -> tuple[str, ...]:
    """The parameters of the course."""
    return ("TDEPL", "DDEPL", "TRECOV", *(("THIGH",) if rule.high is not None else ()))


def _course(inside: Sequence[Sample], rule: Depletion) -> Iterator[Found]:
    """Depletion (so many samples in a row), its duration, and the first counts back after it."""
    low = [s.value < rule.below for s in inside]
    n = rule.in_a_row
    start = next((i for i in range(len(low) - n + 1) if all(low[i : i + n])), None)
    if start is None:
        yield from (Found(code, reason=NOT_DEPLETED) for code in _codes(rule))
        return
    first = inside[start].day
    yield Found("TDEPL", float(first), first)
    back = next((s.day for s in inside[start:] if s.value >= rule.below), None)
    if back is None:
        yield from (Found(code, reason=NOT_RECOVERED) for code in ("DDEPL", "TRECOV"))
    else:
        yield Found("DDEPL", float(back - first), back)
        yield Found("TRECOV", float(back), back)
    if rule.high is not None:
        high = next((s.day for s in inside[start:] if s.value >= rule.high), None)
        reason = NEVER_HIGH if high is None else None
        yield Found("THIGH", None if high is None else float(high), high, reason)
