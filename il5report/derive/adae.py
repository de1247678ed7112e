"""ADAE: adverse events with imputed dates, treatment emergence, grades and queries."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.conditions import Condition
from il5report.derive import dates
from il5report.derive.assemble import Core
from il5report.derive.dlt import dose_limiting
from il5report.derive.domains import Domains
from il5report.derive.inputs import yes_no
from il5report.derive.visits import with_period
from il5report.plan.adverse_events import AdverseEvents, ListedTerm, Query
from il5report.plan.derivation import Derivation
from il5report.plan.dose_limiting import DltDefinition

_SEVERITY = {"MILD": 1.0, "MODERATE": 2.0, "SEVERE": 3.0}  # CDISC terminology AESEV
_DROPPED = ("DOMAIN",)
LABELS = {
    "DLTFL": "Dose-Limiting Toxicity Flag, Counted",
    "DLTDFL": "Dose-Limiting by the Plan Flag",
    "DLTINVFL": "Dose-Limiting by the Investigator Flag",
    "DLTRULE": "Rule of the Dose-Limiting Toxicity",
}
KEYS = ("USUBJID", "ASTDT", "AESEQ")


def derive_adae(
    domains: Domains, core: Core, derivation: Derivation, lists: Sequence[ListedTerm] = ()
) -> pl.DataFrame | None:
    """Every adverse event of the subjects in ADSL; None where the plan or the study has none.

    TRTEMFL, ONGOFL, AREL and ARELLD are never missing; occurrence flags are Y or missing, and
    are set among treatment-emergent events only.
    """
    rules = derivation.adverse_events
    events = None if rules is None else domains.select("AE", rules.where, needs=("AESTDTC",))
    if rules is None or events is None:
        return None
    if "AEENDTC" not in events.columns:
        events = events.with_columns(AEENDTC=pl.lit(None, pl.String))
    extra = ["TRTSDTM", *(p.start for p in derivation.periods)]
    frame = core.join(events.drop(_DROPPED, strict=False), *dict.fromkeys(extra))
    strangers = events.join(core.subjects, on="USUBJID", how="anti")
    domains.note("derive.subjects", "event of a subject who is not in ADSL", strangers, "AE")
    frame = dates.impute_span(frame, "AESTDTC", "AEENDTC")
    frame = _with_days(frame, rules)
    frame = with_period(frame, derivation.periods, pl.col("TRTEMFL") == "Y")
    frame = _with_grades(frame, rules)
    frame = _with_queries(frame, rules, domains, lists)
    if rules.dose_limiting is not None:
        frame = _with_dose_limiting(frame, core, domains, rules.dose_limiting)
    unneeded = [c for c in extra if c not in core.core]
    return _with_occurrences(frame).drop(unneeded, strict=False)


def _with_dose_limiting(
    frame: pl.DataFrame, core: Core, domains: Domains, definition: DltDefinition
) -> pl.DataFrame:
    """DLTDFL and DLTRULE: dose limiting by the plan's definition; DLTINVFL: by the investigator.

    DLTFL is the one of the two that the plan counts.
    """
    ends = [c for c in ("DTHDT", "LSTALVDT", "CUTDT") if c in core.subjects.columns]
    followed = core.subjects.select("USUBJID", _LAST=pl.coalesce(ends))
    frame = frame.drop("DLTFL", strict=False)
    days = frame.join(followed, on="USUBJID", how="left", maintain_order="left")
    start = pl.col("TRTSDT")
    days = days.with_columns(
        DAY=dates.days_between(start, pl.col("ASTDT")),
        ENDDY=dates.days_between(start, pl.col("AENDT")),
        LSTDY=dates.days_between(start, pl.col("_LAST")),
    )
    grades = [g for g in ("ATOXGRN", "ASTCTGRN") if g in frame.columns]
    found = dose_limiting(days, definition, grades).rename({"DLTFL": "DLTDFL"})
    found = found.drop("DAY", "ENDDY", "LSTDY", "_LAST")
    if definition.investigator is not None:
        marked = _holds(frame, definition.investigator, domains)
        found = found.with_columns(yes_no(pl.lit(marked)).alias("DLTINVFL"))
    counted = "DLTDFL" if definition.counts == "definition" else "DLTINVFL"
    return found.with_columns(DLTFL=pl.col(counted))


def _with_days(frame: pl.DataFrame, rules: AdverseEvents) -> pl.DataFrame:
    start, end, infusion = pl.col("ASTDT"), pl.col("AENDT"), pl.col("TRTSDT")
    instant = dates.moment(pl.col("AESTDTC"))
    earlier_that_day = (start == infusion) & (instant < pl.col("TRTSDTM"))
    # without any start date the event counts as emergent unless it ended before the infusion
    emergent = (
        pl.when(start.is_null())
        .then(end.is_null() | (end >= infusion))
        .otherwise((start >= infusion) & ~earlier_that_day.fill_null(False))
        & infusion.is_not_null()
    )
    if rules.emergent_days is not None:
        last = pl.col("TRTEDT").dt.offset_by(f"{rules.emergent_days}d")
        emergent &= start.is_null() | (start <= last)
    return frame.with_columns(
        ASTDY=dates.study_day(start, infusion),
        AENDY=dates.study_day(end, infusion),
        ADURN=dates.days_between(start, end) + 1,
        TRTEMFL=yes_no(emergent.fill_null(False)),
        ONGOFL=yes_no(end.is_null()),
    ).with_columns(ADURU=pl.when(pl.col("ADURN").is_not_null()).then(pl.lit("DAYS")))


def _with_grades(frame: pl.DataFrame, rules: AdverseEvents) -> pl.DataFrame:
    if rules.grade:
        frame = frame.with_columns(ATOXGR=_text(frame, rules.grade)).with_columns(
            ATOXGRN=pl.col("ATOXGR").cast(pl.Float64, strict=False)
        )
    if "AESEV" in frame.columns:
        number = pl.col("AESEV").replace_strict(_SEVERITY, default=None, return_dtype=pl.Float64)
        frame = frame.with_columns(ASEV=pl.col("AESEV"), ASEVN=number)
    if rules.syndrome_grade:
        frame = (
            frame.drop("ASTCTGR", strict=False).with_columns(
                ASTCTGR=_text(frame, rules.syndrome_grade)
            )
            if rules.syndrome_grade != "ASTCTGR"
            else frame.with_columns(ASTCTGR=_text(frame, "ASTCTGR"))
        )
        frame = frame.with_columns(ASTCTGRN=pl.col("ASTCTGR").cast(pl.Float64, strict=False))
    return frame


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A grade as text without decimals; missing where the data have no such variable."""
    if name not in frame.columns:
        return pl.lit(None, pl.String)
    if frame.schema[name].is_numeric():
        return pl.col(name).cast(pl.Int64, strict=False).cast(pl.String)
    return pl.col(name)


def _with_queries(
    frame: pl.DataFrame, rules: AdverseEvents, domains: Domains, lists: Sequence[ListedTerm]
) -> pl.DataFrame:
    made = {"AREL": _relation(_holds(frame, rules.related, domains))}
    if rules.related_lymphodepletion is not None:
        made["ARELLD"] = _relation(_holds(frame, rules.related_lymphodepletion, domains))
    for name, where in rules.flags.items():
        made[name] = yes_no(pl.lit(_holds(frame, where, domains)))
    for name, query in rules.queries.items():
        if query.where is None:
            made |= _from_list(name, query, lists)
        else:
            holds = _holds(frame, query.where, domains)
            made[name] = pl.when(holds).then(pl.lit(query.name))
    return frame.with_columns(**made)


def _from_list(name: str, query: Query, lists: Sequence[ListedTerm]) -> dict[str, pl.Expr]:
    """The query and, beside it, whether the event's term is narrow or broad (narrow, if both)."""
    mine = [entry for entry in lists if entry.name == query.term_list]
    scopes: dict[str, str] = {e.term.lower(): e.scope for e in mine if e.scope == "BROAD"}
    scopes |= {e.term.lower(): e.scope for e in mine if e.scope == "NARROW"}
    wanted = ["NARROW"] if query.scope == "narrow" else ["NARROW", "BROAD"]
    term = pl.col("AEDECOD").str.to_lowercase()
    scope = term.replace_strict(scopes, default=None, return_dtype=pl.String)
    inside = scope.is_in(wanted).fill_null(False)
    return {
        name: pl.when(inside).then(pl.lit(query.name)),
        f"{name.removesuffix('NAM')}SC": pl.when(inside).then(scope),
    }


def _holds(frame: pl.DataFrame, where: Condition, domains: Domains) -> pl.Series:
    """Which records of the frame a condition on AE selects; a fault is reported by `select`."""
    selected = domains.select("AE", where, needs=("AESEQ",), keep=())
    if selected is None:
        return pl.Series([False] * frame.height, dtype=pl.Boolean)
    marked = selected.select("USUBJID", "AESEQ", _HIT=pl.lit(True))
    joined = frame[["USUBJID", "AESEQ"]].join(
        marked, on=["USUBJID", "AESEQ"], how="left", maintain_order="left"
    )
    return joined["_HIT"].fill_null(False)


def _relation(holds: pl.Series) -> pl.Expr:
    return pl.when(holds).then(pl.lit("RELATED")).otherwise(pl.lit("NOT RELATED"))


def _with_occurrences(frame: pl.DataFrame) -> pl.DataFrame:
    """First occurrence flags by subject, class and term, and first at the worst grade."""
    grade = next((c for c in ("ATOXGRN", "ASEVN") if c in frame.columns), None)
    frame = frame.sort(*KEYS, maintain_order=True, nulls_last=True).with_row_index("_ROW")
    emergent = frame.filter(pl.col("TRTEMFL") == "Y")
    levels = {"AOCC": [], "AOCCS": ["AEBODSYS"], "AOCCP": ["AEBODSYS", "AEDECOD"]}
    for prefix, by in levels.items():
        keys = ["USUBJID", *(b for b in by if b in frame.columns)]
        first = emergent.unique(keys, keep="first", maintain_order=True)["_ROW"]
        frame = frame.with_columns(_mark(first, f"{prefix}FL"))
        if grade:
            worst = emergent.sort(grade, descending=True, nulls_last=True, maintain_order=True)
            rows = worst.unique(keys, keep="first", maintain_order=True)["_ROW"]
            frame = frame.with_columns(_mark(rows, f"{prefix}IFL"))
    return frame.drop("_ROW")


def _mark(rows: pl.Series, name: str) -> pl.Expr:
    return pl.when(pl.col("_ROW").is_in(rows.implode())).then(pl.lit("Y")).alias(name)
