"""The response of each assessment derived from its components, beside the assessors' own."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from pydantic import ValidationError

from il5report.derive import dates
from il5report.derive.adcrs import by_day
from il5report.derive.domains import Domains
from il5report.derive.response import visit_responses
from il5report.derive.response_criteria import COMPONENTS, ResponseCriteria, default_criteria
from il5report.errors import Finding, PlanError
from il5report.plan.components import Component, DerivedResponse, Measure

PARAMCD, EVALUATOR = "DRVRESP", "DERIVED"
_ID = ["USUBJID", "ADT"]


def derive_responses(
    domains: Domains, adsl: pl.DataFrame, assessments: pl.DataFrame, rules: DerivedResponse
) -> pl.DataFrame:
    """Derived response of every assessment.

    Parameters
    ----------
    domains : Domains
    adsl : DataFrame
    assessments : DataFrame
        Visit responses of one evaluator, as in ADRS: they say when the response was assessed.
    rules : DerivedResponse

    Returns
    -------
    DataFrame
        The assessments with AVALC (code by the criteria set of the subject), AREASN (components
        that are missing, where it is NE), PARAMCD DRVRESP, evaluator DERIVED. AVAL is left out.
    """
    sets = criteria_sets(rules)
    types = pl.col(rules.type_variable).replace_strict(
        dict(rules.types), default=None, return_dtype=pl.String
    )
    of_subject = adsl.select("USUBJID", "TRTSDT", RSTYPE=types, MBLSTBL=pl.col(rules.baseline))
    frame = assessments.unique(_ID, keep="first", maintain_order=True)
    frame = frame.join(of_subject, on="USUBJID", maintain_order="left")
    untyped = frame.filter(pl.col("RSTYPE").is_null())
    message = f"{rules.type_variable} is none of {', '.join(rules.types)}: response not derived"
    domains.note("derive.response", message, untyped, "ADSL", rules.type_variable)
    frame = frame.drop_nulls("RSTYPE")
    days = dates.days_between(pl.col("TRTSDT"), pl.col("ADT")).cast(pl.Int64)
    frame = frame.with_columns(DAY=days)
    for name, component in rules.components.items():
        frame = _with_component(domains, frame, name, component, rules.within)
    for name, source in rules.days_since.items():
        given = by_day(domains, adsl, source, (-365, 3650))
        frame = _with_days_since(frame, name, given)
    frame = frame.with_columns(_absent(frame, sets))
    derived = visit_responses(frame, sets)
    open_ = pl.when(pl.col("RSDERIV") == "NE").then(pl.col("RSMISS"))
    return derived.with_columns(
        PARAMCD=pl.lit(PARAMCD), PARAM=pl.lit("Response Derived From Its Components"),
        PARAMTYP=pl.lit("DERIVED"), AEVAL=pl.lit(EVALUATOR), AVALC="RSDERIV", AREASN=open_,
    )  # fmt: skip


def criteria_sets(rules: DerivedResponse) -> Mapping[str, ResponseCriteria]:
    """The package's criteria sets, and the plan's own in their place or beside them.

    Raises
    ------
    PlanError
        For a set that is not sound, or a type without a set.
    """
    sets, faults = dict(default_criteria()), []
    for name, raw in rules.criteria.items():
        try:
            sets[name] = ResponseCriteria.model_validate(raw)
        except ValidationError as error:
            faults += [Finding("plan.criteria", f"{name}: {e['msg']}") for e in error.errors()]
    for name in rules.types.values():
        if name not in sets:
            faults.append(Finding("plan.criteria", f"there is no criteria set {name!r}"))
    if faults:
        raise PlanError(faults)
    return sets


def _measure(domains: Domains, rule: Measure, name: str) -> pl.DataFrame | None:
    records = domains.select(rule.domain, rule.where, needs=(rule.value, rule.date), keep=())
    if records is None:
        return None
    frame = records.select(
        "USUBJID", DATE=dates.complete(pl.col(rule.date)), VALUE=pl.col(rule.value)
    ).drop_nulls()
    return frame.sort("USUBJID", "DATE", maintain_order=True).unique(
        ["USUBJID", "DATE"], keep="last", maintain_order=True
    )


def _with_component(
    domains: Domains, frame: pl.DataFrame, name: str, rule: Component, within: int
) -> pl.DataFrame:
    """The value nearest to each assessment; of two equally near the later one."""
    values = _measure(domains, rule, name)
    if values is None:
        return frame
    if rule.codes:
        recoded = pl.col("VALUE").replace_strict(
            dict(rule.codes), default=None, return_dtype=pl.String
        )
        values = values.with_columns(VALUE=recoded).drop_nulls("VALUE")
    if rule.percent_of is not None:
        whole = _measure(domains, rule.percent_of, name)
        if whole is None:
            return frame
        values = values.join(whole, on=["USUBJID", "DATE"], suffix="_OF").with_columns(
            VALUE=pl.when(pl.col("VALUE_OF") > 0).then(100 * pl.col("VALUE") / pl.col("VALUE_OF"))
        )
    distance = (pl.col("DATE") - pl.col("ADT")).dt.total_days().abs()
    nearest = (
        frame[list(_ID)]
        .join(values, on="USUBJID")
        .with_columns(_OFF=distance)
        .filter(pl.col("_OFF") <= within)
        .sort("_OFF", "DATE", descending=[False, True], maintain_order=True)
        .unique(_ID, keep="first", maintain_order=True)
        .select(*_ID, pl.col("VALUE").alias(name))
    )
    frame = frame.join(nearest, on=_ID, how="left", maintain_order="left")
    return _with_appearance(frame, name, values, rule) if rule.appeared else frame


def _with_appearance(
    frame: pl.DataFrame, name: str, values: pl.DataFrame, rule: Component
) -> pl.DataFrame:
    """A finding that was not there at the last value before the infusion is new."""
    before = (
        values.join(frame.select("USUBJID", "TRTSDT").unique(), on="USUBJID")
        .filter(pl.col("DATE") <= pl.col("TRTSDT"))
        .sort("DATE", maintain_order=True)
        .unique("USUBJID", keep="last", maintain_order=True)
        .select("USUBJID", _BEFORE="VALUE")
    )
    is_new = (pl.col(name) == "Y") & (pl.col("_BEFORE") == "N")
    return (
        frame.join(before, on="USUBJID", how="left", maintain_order="left")
        .with_columns(pl.when(is_new).then(pl.lit(rule.appeared)).otherwise(name).alias(name))
        .drop("_BEFORE")
    )


def _with_days_since(frame: pl.DataFrame, name: str, given: pl.DataFrame) -> pl.DataFrame:
    last = (
        frame.select(*_ID, "DAY")
        .join(given.select("USUBJID", _GIVEN="DAY"), on="USUBJID")
        .filter(pl.col("_GIVEN") <= pl.col("DAY"))
        .group_by(_ID)
        .agg((pl.col("DAY") - pl.col("_GIVEN")).min().cast(pl.Float64).alias(name))
    )
    return frame.join(last, on=_ID, how="left", maintain_order="left")


def _absent(frame: pl.DataFrame, sets: Mapping[str, ResponseCriteria]) -> list[pl.Expr]:
    """Components that the sets use and the plan does not give: missing everywhere."""
    used = {name for criteria in sets.values() for name in criteria.variables}
    return [
        pl.lit(None, pl.String if _is_text(name) else pl.Float64).alias(name)
        for name in sorted(used - set(frame.columns))
    ]


def _is_text(name: str) -> bool:
    return name.endswith("FL") or COMPONENTS.get(name, "").endswith("Y/N")
