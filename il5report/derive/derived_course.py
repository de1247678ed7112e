"""ADRS: best response and relapse from the responses that are derived from components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from il5report import conditions
from il5report.derive import dates
from il5report.derive.derived_response import EVALUATOR, criteria_sets
from il5report.derive.response_course import best_responses
from il5report.derive.response_records import COLUMNS, NONE
from il5report.plan.components import CourseParameter, DerivedResponse
from il5report.plan.derivation import Response


def derive_course(
    adsl: pl.DataFrame, derived: pl.DataFrame, rules: DerivedResponse, response: Response
) -> Iterator[pl.DataFrame]:
    """Records of ADRS for the parameters of `rules.course`.

    Parameters
    ----------
    adsl : DataFrame
    derived : DataFrame
        From `derive_responses`.
    rules, response : DerivedResponse, Response

    Yields
    ------
    DataFrame
        One row per subject of `response.where` whose criteria set is known. ``best``: AVALC the
        code, AREASN why it is NE, or which better response was seen and not confirmed.
        ``relapse``: Y or N for those in remission, AREASN by which part of the rule.
    """
    sets = criteria_sets(rules)
    followup = _followup(adsl, rules, response)
    courses = derived.select("USUBJID", "DAY", "RSDERIV", "RELAPSFL", "RELTWOFL")
    for code, parameter in rules.course.items():
        found = best_responses(courses, followup, parameter.until, sets)
        found = found.join(followup.select("USUBJID", "TRTSDT"), on="USUBJID")
        made = _best(found, response) if parameter.kind == "best" else _relapse(found)
        yield _record(made, code, parameter, derived)


def _followup(adsl: pl.DataFrame, rules: DerivedResponse, response: Response) -> pl.DataFrame:
    types = pl.col(rules.type_variable).replace_strict(
        dict(rules.types), default=None, return_dtype=pl.String
    )
    start = pl.col("TRTSDT")
    stops = [dates.days_between(start, pl.col(name)) for name in response.until]
    return (
        adsl.filter(conditions.expression(response.where, adsl.schema))
        .select(
            "USUBJID", "TRTSDT", RSTYPE=types,
            STOPDY=pl.min_horizontal(pl.lit(None, pl.Float64), *stops).cast(pl.Int64),
            DTHDY=dates.days_between(start, pl.col("DTHDT")).cast(pl.Int64),
        )
        .drop_nulls("RSTYPE")
    )  # fmt: skip


def _best(found: pl.DataFrame, response: Response) -> pl.DataFrame:
    rank: Mapping[str, float] = {code: float(i) for i, code in enumerate(response.codes, 1)}
    unconfirmed = pl.col("UNCONF") + " seen, not confirmed"
    return found.with_columns(
        DAY="BORDY", AVALC="BOR", AREASN=pl.coalesce("REASNE", unconfirmed),
        AVAL=pl.col("BOR").replace_strict(rank, default=None, return_dtype=pl.Float64),
    )  # fmt: skip


def _relapse(found: pl.DataFrame) -> pl.DataFrame:
    relapsed = pl.col("RELDY").is_not_null()
    return found.filter(pl.col("REMDY").is_not_null()).with_columns(
        DAY="RELDY", AREASN="RELHOW", AVAL=relapsed.cast(pl.Float64),
        AVALC=pl.when(relapsed).then(pl.lit("Y")).otherwise(pl.lit("N")),
    )  # fmt: skip


def _record(
    made: pl.DataFrame, code: str, parameter: CourseParameter, derived: pl.DataFrame
) -> pl.DataFrame:
    """As records of ADRS; the source is that of the assessment that gives the day."""
    source = derived.select("USUBJID", "DAY", "ADT", "SRCDOM", "SRCVAR", "SRCSEQ")
    return made.join(source, on=["USUBJID", "DAY"], how="left", maintain_order="left").with_columns(
        PARAMCD=pl.lit(code), PARAM=pl.lit(parameter.label), PARAMTYP=pl.lit("DERIVED"),
        AEVAL=pl.lit(EVALUATOR), AVISIT=NONE, AVISITN=pl.lit(None, pl.Float64),
        ANL01FL=pl.lit("Y"), ADY=dates.study_day(pl.col("ADT"), pl.col("TRTSDT")),
    ).select(COLUMNS)  # fmt: skip
