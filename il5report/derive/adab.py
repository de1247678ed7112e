"""ADAB: antibodies against the product, classified subject by subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from il5report.derive import dates
from il5report.derive.domains import Domains
from il5report.plan.samples import AntibodyRules

KEYS = ("USUBJID", "PARAMN")
LABELS = {"AREASN": "Reason Value is Missing", "AVALU": "Analysis Value Unit"}
TITLE = "Anti-Drug Antibody Analysis Dataset"
PARAMETERS = {
    "ADABASE": "Antibodies at Baseline", "ADAPOST": "Antibodies After Infusion",
    "ADASTAT": "Antibody Status of the Subject", "ADABTIT": "Titre at Baseline",
    "ADAMAXT": "Highest Titre After Infusion", "ADAFDAY": "Day of the First Positive Sample",
    "ADALDAY": "Day of the Last Positive Sample",
}  # fmt: skip
INDUCED, BOOSTED = "TREATMENT-INDUCED", "TREATMENT-BOOSTED"
UNAFFECTED, NEGATIVE = "PRE-EXISTING, NOT BOOSTED", "NEGATIVE"
NO_BASELINE, NO_SAMPLE = "no baseline sample", "no sample after infusion"
NEVER, NO_TITRE = "never positive after infusion", "positive, no titre"
NOT_BEFORE = "not positive at baseline"
_SCHEMA: Mapping[str, pl.DataType] = {
    "USUBJID": pl.String(), "PARAMCD": pl.String(), "PARAM": pl.String(), "PARAMN": pl.Float64(),
    "AVAL": pl.Float64(), "AVALC": pl.String(), "AVALU": pl.String(), "AREASN": pl.String(),
}  # fmt: skip


class Sample(NamedTuple):
    """Day from infusion, whether positive, and the titre where one was measured."""

    day: int
    positive: bool
    titre: float | None


class Found(NamedTuple):
    """A parameter: its value as text or number, or why there is none."""

    code: str
    text: str | None = None
    value: float | None = None
    reason: str | None = None


def derive_adab(domains: Domains, adsl: pl.DataFrame, rules: AntibodyRules) -> pl.DataFrame:
    """Antibody parameters of every infused subject.

    Returns
    -------
    DataFrame
        ADABASE, ADAPOST: POSITIVE or NEGATIVE in AVALC. ADASTAT: treatment-induced (positive after
        infusion, not before), treatment-boosted (the titre rose to `boost` times the baseline's),
        pre-existing and not boosted, or negative. Titres and days from infusion in AVAL. What is
        missing has its reason in AREASN.
    """
    samples = _samples(domains, rules)
    order = {name: float(i) for i, name in enumerate(PARAMETERS, 1)}
    rows = []
    for who in adsl.filter(pl.col("TRTSDT").is_not_null())["USUBJID"].to_list():
        for code, text, value, reason in _parameters(samples.get(who, []), rules):
            unit = "DAYS" if code.endswith("DAY") else None
            rows.append((who, code, PARAMETERS[code], order[code], value, text, unit, reason))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _samples(domains: Domains, rules: AntibodyRules) -> dict[str, list[Sample]]:
    """Samples with a valid result, in order of time; the titre is that of the same day."""
    records = domains.select(rules.dataset, None, needs=("BASETYPE", "AVALC"))
    if records is None:
        return {}
    frame = records.filter(pl.col("BASETYPE") == rules.basetype).with_columns(
        # a sample of the day of infusion counts as taken before it
        _DAY=dates.days_between(pl.col("TRTSDT"), pl.col("ADT"))
    ).drop_nulls("_DAY")  # fmt: skip
    status = frame.filter(pl.col("PARAMCD") == rules.status)
    known = pl.col("AVALC").is_in([rules.positive, rules.negative])
    message = f"neither {rules.positive} nor {rules.negative}: not used"
    domains.note("derive.antibody", message, status.filter(~known.fill_null(False)),
                 rules.dataset, "AVALC")  # fmt: skip
    titres = (
        frame.filter(pl.col("PARAMCD") == rules.titre)
        .group_by("USUBJID", "_DAY")
        .agg(_TITRE=pl.col("AVAL").max())
    )
    valid = status.filter(known).join(titres, on=["USUBJID", "_DAY"], how="left").sort("_DAY")
    found: dict[str, list[Sample]] = {}
    for who, day, result, titre in valid.select("USUBJID", "_DAY", "AVALC", "_TITRE").iter_rows():
        found.setdefault(who, []).append(Sample(int(day), result == rules.positive, titre))
    return found


def _parameters(samples: Sequence[Sample], rules: AntibodyRules) -> Iterator[Found]:
    before = [s for s in samples if s.day <= 0]
    after = [s for s in samples if s.day > 0]
    base, positive = before[-1] if before else None, [s for s in after if s.positive]
    yield (
        Found("ADABASE", _word(base.positive, rules))
        if base
        else Found("ADABASE", reason=NO_BASELINE)
    )
    if after:
        yield Found("ADAPOST", _word(bool(positive), rules))
        yield Found("ADASTAT", _status(base, positive, rules))
    else:
        yield from (Found(code, reason=NO_SAMPLE) for code in ("ADAPOST", "ADASTAT"))
    why = NO_BASELINE if base is None else NO_TITRE if base.positive else NOT_BEFORE
    yield _titre("ADABTIT", [base.titre] if base else [], why)
    none = NEVER if after else NO_SAMPLE
    yield _titre("ADAMAXT", [s.titre for s in positive], NO_TITRE if positive else none)
    for code, at in (("ADAFDAY", 0), ("ADALDAY", -1)):
        day = float(positive[at].day) if positive else None
        yield Found(code, value=day, reason=None if positive else none)


def _word(positive: bool, rules: AntibodyRules) -> str:
    return rules.positive if positive else rules.negative


def _titre(code: str, titres: Sequence[float | None], reason: str) -> Found:
    known = [t for t in titres if t is not None]
    return Found(code, value=max(known)) if known else Found(code, reason=reason)


def _status(base: Sample | None, positive: Sequence[Sample], rules: AntibodyRules) -> str:
    """Without a baseline sample, or with a negative one, a positive sample is induced."""
    if base is None or not base.positive:
        return INDUCED if positive else NEGATIVE
    if base.titre is None:
        return UNAFFECTED
    limit = rules.boost * base.titre
    boosted = any(s.titre is not None and s.titre >= limit for s in positive)
    return BOOSTED if boosted else UNAFFECTED
