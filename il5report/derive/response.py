"""Response at a visit from its components, by the criteria of the subject's disease phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import polars as pl

from il5report import conditions
from il5report.conditions import Comparison, Condition
from il5report.derive.inputs import need_variables, refuse_rows, yes_no
from il5report.derive.response_criteria import (
    MARROW_BLASTS,
    NOT_EVALUABLE,
    PROGRESSION,
    RELATIVE_BLASTS,
    ResponseCriteria,
    default_criteria,
)

CHRONIC, ACUTE = "CHRONIC", "ACUTE"


def disease_phase(marrow_blasts: pl.Expr, blood_blasts: pl.Expr) -> pl.Expr:
    """ACUTE from 20% blasts in marrow or blood at baseline, else CHRONIC; null with neither known.

    Source
    ------
    WHO 2022: 20% blasts define acute leukaemia.
    """
    highest = pl.max_horizontal(marrow_blasts, blood_blasts)
    return pl.when(highest >= 20).then(pl.lit(ACUTE)).when(highest < 20).then(pl.lit(CHRONIC))


def three_valued(condition: Condition, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The condition for polars: null where a missing value leaves it undecided."""
    if isinstance(condition, Comparison):
        decided = conditions.expression(condition, schema)
        if not condition.values:
            return decided
        return pl.when(pl.col(condition.variable).is_not_null()).then(decided)
    parts = [three_valued(part, schema) for part in condition.parts]
    if condition.operator == "NOT":
        return ~parts[0]
    return reduce(lambda a, b: a & b if condition.operator == "AND" else a | b, parts)


def visit_responses(
    visits: pl.DataFrame, sets: Mapping[str, ResponseCriteria] | None = None
) -> pl.DataFrame:
    """Derive the response of every assessment.

    Parameters
    ----------
    visits : DataFrame
        One row per assessment: USUBJID, DAY (days from infusion), RSTYPE (name of the criteria
        set that holds for the subject), MBLSTBL (baseline marrow blasts, %), and the components
        that the sets used need, in the units of
        `il5report.derive.response_criteria.COMPONENTS`.
    sets : Mapping of RSTYPE to ResponseCriteria
        The package's sets by default.

    Returns
    -------
    DataFrame
        As given, sorted by USUBJID and DAY, with RSDERIV (code), RSMAYBE (better responses that
        missing components leave open, ``"CR, CRh"``), RSMISS (what those levels use and
        is missing), RELAPSFL and RELTWOFL (Y/N/null: the relapse conditions at this visit).

    Not estimable
    -------------
    RSDERIV is ``"NE"`` where no level can be shown and a better one or progression is not
    excluded; a visit is never given a response that rests on a missing component.

    Raises
    ------
    DataError
        For an RSTYPE without a set, missing components, two assessments of a subject on one day.

    Source
    ------
    The criteria sets; see their citation.
    """
    sets = default_criteria() if sets is None else sets
    need_variables(visits, ["USUBJID", "DAY", "RSTYPE", "MBLSTBL"], "response")
    refuse_rows(
        visits,
        {
            ("response.type", "RSTYPE", f"none of the criteria sets {', '.join(sets)}"): (
                ~pl.col("RSTYPE").is_in(list(sets)).fill_null(value=False)
            ),
            ("response.duplicate", "DAY", "two assessments on one day"): (
                pl.struct("USUBJID", "DAY").is_duplicated()
            ),
        },
        "response",
    )
    parts = [
        _by_set(visits.filter(pl.col("RSTYPE") == name), criteria)
        for name, criteria in sets.items()
    ]
    return pl.concat(parts).sort("USUBJID", "DAY")


def _by_set(visits: pl.DataFrame, criteria: ResponseCriteria) -> pl.DataFrame:
    visits = visits.drop(DERIVED, strict=False)
    if visits.is_empty():
        return visits.with_columns(pl.lit(None, dtype=pl.String).alias(n) for n in DERIVED)
    need_variables(visits, criteria.variables, "response")
    truths = _truths(_effective(visits, criteria), criteria)
    return visits.hstack(truths.with_columns(_responses(criteria)).select(DERIVED))


def _effective(visits: pl.DataFrame, criteria: ResponseCriteria) -> pl.DataFrame:
    """Components as the rules read them: supported counts as 0, blasts relative to baseline."""
    baseline = pl.col("MBLSTBL")
    relative = pl.when(baseline > 0).then(100 * pl.col(MARROW_BLASTS) / baseline)
    return visits.with_columns(
        *(
            pl.when((pl.col(rule.days_since) < rule.within) & pl.col(rule.component).is_not_null())
            .then(0.0)
            .otherwise(pl.col(rule.component))
            .alias(rule.component)
            for rule in criteria.support
        ),
        relative.round(9).alias(RELATIVE_BLASTS),
    )


def _truths(effective: pl.DataFrame, criteria: ResponseCriteria) -> pl.DataFrame:
    """Add the three-valued truth of every condition of the set, and of every level's being open.

    A level is open where it cannot be decided and nothing better (nor progression) holds.
    """

    def truth(condition: Condition | None) -> pl.Expr:
        if condition is None:
            return pl.lit(value=False)
        return three_valued(condition, effective.schema)

    flag = {True: "Y", False: "N"}
    better = criteria.levels[:-1]
    table = effective.with_columns(
        *(truth(level.when).alias(f"_HOLDS_{level.code}") for level in better),
        _PROGRESSION=truth(criteria.progression),
        RELAPSFL=truth(criteria.relapse).replace_strict(flag, default=None),
        RELTWOFL=truth(criteria.relapse_twice).replace_strict(flag, default=None),
    )
    above = [pl.col("_PROGRESSION")]
    for level in better:
        holds = pl.col(f"_HOLDS_{level.code}")
        none_above = ~pl.any_horizontal(e.fill_null(value=False) for e in above)
        table = table.with_columns((holds.is_null() & none_above).alias(f"_OPEN_{level.code}"))
        above.append(holds)
    return table


def _responses(criteria: ResponseCriteria) -> list[pl.Expr]:
    """RSDERIV, RSMAYBE and RSMISS from the truths."""
    better = criteria.levels[:-1]
    holds = {level.code: pl.col(f"_HOLDS_{level.code}") for level in better}
    none_better = pl.any_horizontal("_PROGRESSION", *holds.values()).eq_missing(False)
    left, not_evaluable = pl.lit(criteria.levels[-1].code), pl.lit(NOT_EVALUABLE)
    response = pl.when(none_better).then(left).otherwise(not_evaluable)
    for code, truth in reversed(holds.items()):
        response = pl.when(truth).then(pl.lit(code)).otherwise(response)
    maybe = [pl.when(f"_OPEN_{level.code}").then(pl.lit(level.code)) for level in better]
    return [
        pl.when("_PROGRESSION").then(pl.lit(PROGRESSION)).otherwise(response).alias("RSDERIV"),
        _joined(maybe).alias("RSMAYBE"),
        _joined(_missing_components(criteria)).alias("RSMISS"),
    ]


DERIVED = ("RSDERIV", "RSMAYBE", "RSMISS", "RELAPSFL", "RELTWOFL")


def _missing_components(criteria: ResponseCriteria) -> list[pl.Expr]:
    """Names of the components that are missing where a level that uses them is open."""
    users: dict[str, list[str]] = {}
    for level in criteria.levels[:-1]:
        for comparison in conditions.comparisons(level.when):
            users.setdefault(comparison.variable, []).append(f"_OPEN_{level.code}")
    return [
        pl.when(pl.col(name).is_null() & pl.any_horizontal(*levels)).then(pl.lit(name))
        for name, levels in users.items()
    ]


def _joined(names: Sequence[pl.Expr]) -> pl.Expr:
    text = pl.concat_str(names, separator=", ", ignore_nulls=True)
    return pl.when(text != "").then(text)


def response_at(
    responses: pl.DataFrame, subjects: Sequence[str], target: int, window: tuple[int, int]
) -> pl.DataFrame:
    """Response at a planned time, such as day 28 (window 21 to 42).

    Parameters
    ----------
    responses : DataFrame
        USUBJID, DAY, RSDERIV.
    subjects : sequence of str
        Everybody in the denominator.
    target : int
        Day from infusion.
    window : (int, int)
        First and last day that count, both included.

    Returns
    -------
    DataFrame
        USUBJID, DAY (of the assessment nearest to the target, the earlier of two equally near),
        RSDERIV, ASSESSFL (Y: an evaluable assessment in the window). RSDERIV is ``"NE"`` where
        there is none. An evaluable assessment is preferred to a nearer one that is not.
    """
    low, high = window
    nearest = (
        responses.filter(pl.col("DAY").is_between(low, high))
        .with_columns(_NE=pl.col("RSDERIV") == NOT_EVALUABLE, _OFF=(pl.col("DAY") - target).abs())
        .sort("_NE", "_OFF", "DAY")
        .unique("USUBJID", keep="first", maintain_order=True)
        .select("USUBJID", "DAY", "RSDERIV")
    )
    everybody = pl.DataFrame({"USUBJID": list(subjects)}, schema={"USUBJID": pl.String})
    return (
        everybody.join(nearest, on="USUBJID", how="left")
        .with_columns(pl.col("RSDERIV").fill_null(NOT_EVALUABLE))
        .with_columns(ASSESSFL=yes_no(pl.col("RSDERIV") != NOT_EVALUABLE))
        .sort("USUBJID")
    )


def compare_responses(derived: pl.DataFrame, reported: pl.DataFrame) -> pl.DataFrame:
    """Derived and reported response side by side, by subject and day.

    Parameters
    ----------
    derived : DataFrame
        USUBJID, DAY, RSDERIV.
    reported : DataFrame
        USUBJID, DAY, EVAL (investigator, independent review, ...), RSREPORT; unique.

    Returns
    -------
    DataFrame
        USUBJID, DAY, EVAL, RSDERIV, RSREPORT, AGREEFL (Y/N; null where either is missing),
        sorted. Days without a reported response are listed once for each evaluator.
    """
    keys = ["USUBJID", "DAY", "EVAL"]
    own = derived.select("USUBJID", "DAY", "RSDERIV").join(
        reported.select("EVAL").unique(), how="cross"
    )
    both = own.join(reported.select(*keys, "RSREPORT"), on=keys, how="full", coalesce=True,
                    validate="1:1")  # fmt: skip
    agree = yes_no(pl.col("RSDERIV") == pl.col("RSREPORT"))
    known = pl.col("RSDERIV").is_not_null() & pl.col("RSREPORT").is_not_null()
    return (
        both.with_columns(AGREEFL=pl.when(known).then(agree))
        .select(*keys, "RSDERIV", "RSREPORT", "AGREEFL")
        .sort(keys)
    )
