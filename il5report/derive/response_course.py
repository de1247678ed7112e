"""A subject's course of responses: confirmation, best response, response at a time, relapse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from il5report.derive.inputs import need_variables, refuse_rows, yes_no
from il5report.derive.response_criteria import (
    NOT_EVALUABLE,
    PROGRESSION,
    ResponseCriteria,
    default_criteria,
)

AT_ONCE, TWICE = "at once", "two findings"
Sets = Mapping[str, ResponseCriteria]


@dataclass(frozen=True)
class Assessment:
    """One visit's response."""

    day: int
    code: str
    relapse: bool | None = None
    relapse_twice: bool | None = None


def confirmed(course: Sequence[Assessment], criteria: ResponseCriteria) -> list[str]:
    """The response that stands at each assessment once confirmation is asked for.

    A response that needs confirmation stands where a later assessment, at least `confirm_days`
    on, shows it or a better one and no evaluable assessment between shows a worse one. Otherwise
    the next lower response is tried. PD and NE stand as they are; NE neither confirms nor breaks.
    """
    codes = criteria.codes
    seen = [a for a in course if a.code != NOT_EVALUABLE]

    def holds(start: Assessment, rank: int) -> bool:
        needed = criteria.levels[rank].confirm_days
        if needed == 0:
            return True
        for later in (a for a in seen if a.day > start.day):
            if codes.index(later.code) > rank:
                return False
            if later.day - start.day >= needed:
                return True
        return False

    standing = []
    for assessment in course:
        if assessment.code in (PROGRESSION, NOT_EVALUABLE):
            standing.append(assessment.code)
            continue
        first = codes.index(assessment.code)
        rank = next(r for r in range(first, len(criteria.levels)) if holds(assessment, r))
        standing.append(criteria.levels[rank].code)
    return standing


def relapse_day(
    course: Sequence[Assessment], criteria: ResponseCriteria, since: int
) -> tuple[int, str] | None:
    """First abnormal day after `since` of the relapse rule, and by which part of it.

    Progression and the condition that needs no second sample are a relapse at once. A condition
    that needs two samples is dated at the first of them, also where the second finding is a
    relapse at once; an assessment between on which it is known not to hold starts the count again.
    """
    first_sample: int | None = None
    for assessment in sorted(course, key=lambda a: a.day):
        if assessment.day <= since:
            continue
        if assessment.relapse or assessment.code == PROGRESSION:
            return (assessment.day, AT_ONCE) if first_sample is None else (first_sample, TWICE)
        if assessment.relapse_twice is False:
            first_sample = None
        elif assessment.relapse_twice:
            if first_sample is None:
                first_sample = assessment.day
            elif assessment.day - first_sample >= criteria.relapse_apart:
                return first_sample, TWICE
    return None


def best_responses(
    responses: pl.DataFrame,
    followup: pl.DataFrame,
    until: int | None = None,
    sets: Sets | None = None,
) -> pl.DataFrame:
    """Best overall response of every subject followed, and relapse after it.

    Parameters
    ----------
    responses : DataFrame
        From `il5report.derive.response.visit_responses`, or any visit responses: USUBJID, DAY,
        RSDERIV, RELAPSFL, RELTWOFL. Only days after infusion (DAY >= 1) are used.
    followup : DataFrame
        One row per subject: USUBJID, RSTYPE, STOPDY (day of new anticancer therapy or HSCT, null
        none; an assessment on that day still counts), DTHDY (day of death, null alive).
    until : int, optional
        Last day on which the best response may be dated, such as 98 for month 3. Later
        assessments still confirm.
    sets : Mapping of RSTYPE to ResponseCriteria

    Returns
    -------
    DataFrame
        One row per subject of `followup`, sorted: RSTYPE, BOR, BORDY (first day of it), UNCONF
        (better response that was seen and not confirmed), CRFL and RESPFL (Y/N: complete
        response, response; never null), RESPDY (first day of any response), RELDY and RELHOW
        (relapse after the first response, up to STOPDY), REASNE.

    Not estimable
    -------------
    BOR is ``"NE"`` with REASNE ``"died before an evaluable assessment"``, ``"new therapy before
    an evaluable assessment"``, ``"assessed, not evaluable"`` or ``"no assessment"``; such a
    subject has CRFL = RESPFL = N and stays in the denominator.

    Raises
    ------
    DataError
        For an RSTYPE without a set or a code that the set does not have.
    """
    sets = default_criteria() if sets is None else sets
    need_variables(followup, ["USUBJID", "RSTYPE", "STOPDY", "DTHDY"], "follow-up")
    fault = ("response.type", "RSTYPE", f"none of the criteria sets {', '.join(sets)}")
    unknown = ~pl.col("RSTYPE").is_in(list(sets)).fill_null(value=False)
    refuse_rows(followup, {fault: unknown}, "follow-up")
    _check_codes(responses, followup, sets)
    courses = dict(_courses(responses))
    rows = [
        _best(row, courses.get(row["USUBJID"], []), until, sets[row["RSTYPE"]])
        for row in followup.sort("USUBJID").iter_rows(named=True)
    ]
    table = pl.DataFrame(rows, _BEST)
    return table.with_columns(CRFL=yes_no(pl.col("CRFL")), RESPFL=yes_no(pl.col("RESPFL")))


_BEST: dict[str, pl.DataType] = {
    "USUBJID": pl.String(),
    "RSTYPE": pl.String(),
    "BOR": pl.String(),
    "BORDY": pl.Int64(),
    "UNCONF": pl.String(),
    "CRFL": pl.Boolean(),
    "RESPFL": pl.Boolean(),
    "RESPDY": pl.Int64(),
    "REMDY": pl.Int64(),
    "RELDY": pl.Int64(),
    "RELHOW": pl.String(),
    "REASNE": pl.String(),
}


def _check_codes(responses: pl.DataFrame, followup: pl.DataFrame, sets: Sets) -> None:
    need_variables(responses, ["USUBJID", "DAY", "RSDERIV", "RELAPSFL", "RELTWOFL"], "response")
    with_type = responses.drop("RSTYPE", strict=False).join(
        followup.select("USUBJID", "RSTYPE"), on="USUBJID", how="left"
    )
    wrong = pl.any_horizontal(
        (pl.col("RSTYPE") == name) & ~pl.col("RSDERIV").is_in(list(criteria.codes))
        for name, criteria in sets.items()
    )
    refuse_rows(with_type, {("response.code", "RSDERIV", "not a code of the set"): wrong},
                "response")  # fmt: skip


def _courses(responses: pl.DataFrame) -> Iterator[tuple[str, list[Assessment]]]:
    """Each subject's assessments after infusion, in order."""
    flag = {"Y": True, "N": False}
    after = responses.filter(pl.col("DAY") >= 1).sort("USUBJID", "DAY")
    for key, part in after.partition_by("USUBJID", as_dict=True, maintain_order=True).items():
        rows = part.select("DAY", "RSDERIV", "RELAPSFL", "RELTWOFL").iter_rows()
        yield key[0], [Assessment(d, code, flag.get(r), flag.get(t)) for d, code, r, t in rows]


def _best(
    subject: dict[str, object],
    course: Sequence[Assessment],
    until: int | None,
    criteria: ResponseCriteria,
) -> dict[str, object]:
    stop = subject["STOPDY"]
    usable = [a for a in course if not isinstance(stop, int) or a.day <= stop]
    usable = _up_to_progression(usable)
    standing = confirmed(usable, criteria)
    responders = {level.code for level in criteria.levels if level.responder}
    dated = [(a.day, code) for a, code in zip(usable, standing, strict=True)]
    response_day = next((day for day, code in dated if code in responders), None)
    remission_day = next((day for day, code in dated if code in criteria.remissions), None)
    relapse = None if remission_day is None else relapse_day(usable, criteria, remission_day)
    window = [
        (criteria.codes.index(code), day, criteria.codes.index(a.code))
        for a, (day, code) in zip(usable, dated, strict=True)
        if code != NOT_EVALUABLE
        and (until is None or day <= until)
        and (relapse is None or day < relapse[0])
    ]
    row: dict[str, object] = {"USUBJID": subject["USUBJID"], "RSTYPE": subject["RSTYPE"]}
    row |= {"BOR": NOT_EVALUABLE, "CRFL": False, "RESPFL": False, "RESPDY": response_day}
    row["REMDY"] = remission_day
    if relapse is not None:
        row["RELDY"], row["RELHOW"] = relapse
    if not window:
        return row | {"REASNE": _reason(subject, course, until)}
    rank, day, _ = min(window)
    seen = min(seen for _, _, seen in window)
    complete = {level.code for level in criteria.levels if level.complete}
    code = criteria.codes[rank]
    return row | {
        "BOR": code,
        "BORDY": day,
        "UNCONF": criteria.codes[seen] if seen < rank else None,
        "CRFL": code in complete,
        "RESPFL": code in responders,
    }


def _up_to_progression(course: Sequence[Assessment]) -> list[Assessment]:
    """Assessments up to and including the first progression."""
    kept = []
    for assessment in course:
        kept.append(assessment)
        if assessment.code == PROGRESSION:
            break
    return kept


def _reason(subject: dict[str, object], course: Sequence[Assessment], until: int | None) -> str:
    """Why a subject has no evaluable assessment."""
    died, stop = subject["DTHDY"], subject["STOPDY"]
    in_time = [a for a in course if until is None or a.day <= until]
    if any(not isinstance(stop, int) or a.day <= stop for a in in_time):
        return "assessed, not evaluable"
    if isinstance(stop, int) and (until is None or stop <= until):
        return "new therapy before an evaluable assessment"
    if isinstance(died, int) and (until is None or died <= until):
        return "died before an evaluable assessment"
    return "no assessment"
