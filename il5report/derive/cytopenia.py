"""Prolonged cytopenia at landmarks, recovery, and what transfusions and G-CSF do to both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.inputs import need_variables, not_in, refuse_rows, yes_no

CRITERIA = (
    Criteria(
        name="Prolonged cytopenia",
        version="label convention",
        citation="prescribing information of approved CAR-T products: grade 3 or higher "
        "cytopenia not resolved by day 28",
        provenance=Provenance.RECALLED,
        text="A cytopenia of grade 3 or higher by laboratory grade that is not down to grade 2 "
        "at day 28 (56, 84) is prolonged; the denominator is the subjects assessed then.",
        choices=(
            "The assessment of a landmark is the nearest within the window of the plan, the "
            "earlier of two equally near, the worse of two on one day.",
            "Time to recovery begins with the first count of grade 3 or higher after the day of "
            "infusion, whose own count was taken before it; days between the two counts.",
            "Platelets or haemoglobin that reached grade 2 within 7 days after a transfusion of "
            "that product are not taken as resolved.",
            "Neutrophils that reached grade 2 within 7 days after G-CSF count as resolved and "
            "are flagged.",
        ),
    ),
    Criteria(
        name="Count recovery",
        version="CIBMTR convention",
        citation="CIBMTR forms manual: neutrophil and platelet recovery",
        provenance=Provenance.RECALLED,
        text="Recovery is the first of three consecutive counts on different days at or above "
        "the bound (platelets 20 x 10^9/L, without a transfusion in the 7 days before).",
        choices=("Counts are consecutive as measured; days without a count do not interrupt.",),
    ),
)

SUPPORTING_PRODUCT: Mapping[str, str] = {"PLAT": "PLATELETS", "HGB": "RED CELLS"}
"""Lineage to the transfusion that hides its cytopenia."""
GROWTH_FACTOR: Mapping[str, str] = {"NEUT": "G-CSF", "ANC": "G-CSF"}
"""Lineage to the growth factor that is flagged."""
SUPPORT_KINDS = ("PLATELETS", "RED CELLS", "G-CSF")


@dataclass(frozen=True)
class LandmarkRule:
    """When a cytopenia counts as prolonged.

    Attributes
    ----------
    landmarks : tuple of int
        Days from infusion.
    window : int
        An assessment this many days from the landmark still counts.
    from_grade : int
        A cytopenia is this grade or worse.
    support_free : int
        Days without transfusion that a resolution needs.
    """

    landmarks: tuple[int, ...] = (28, 56, 84)
    window: int = 7
    from_grade: int = 3
    support_free: int = 7


def supported_within(
    records: pl.DataFrame, support: pl.DataFrame, kinds: Mapping[str, str], days: int
) -> pl.Series:
    """True where the record's product was given on its day or in the `days` days before.

    Parameters
    ----------
    records : DataFrame
        USUBJID, PARAMCD, DAY.
    support : DataFrame
        USUBJID, DAY, KIND.
    kinds : Mapping
        PARAMCD to the KIND that matters for it.
    days : int
    """
    kind = pl.col("PARAMCD").replace_strict(dict(kinds), default=None, return_dtype=pl.String)
    rows = records.with_row_index("_ROW").with_columns(_KIND=kind)
    given = support.select("USUBJID", _GIVEN=pl.col("DAY"), _KIND=pl.col("KIND"))
    hits = rows.join(given, on=["USUBJID", "_KIND"], how="inner").filter(
        pl.col("_GIVEN").is_between(pl.col("DAY") - days, pl.col("DAY"))
    )
    return rows.select(S=pl.col("_ROW").is_in(hits["_ROW"].unique().implode()))["S"]


def landmark_cytopenia(
    graded: pl.DataFrame,
    support: pl.DataFrame,
    subjects: Sequence[str],
    rule: LandmarkRule | None = None,
) -> pl.DataFrame:
    """State of each lineage at each landmark.

    Parameters
    ----------
    graded : DataFrame
        USUBJID, PARAMCD (the lineages wanted), DAY (days from infusion), ATOXGRLN.
    support : DataFrame
        USUBJID, DAY, KIND: PLATELETS, RED CELLS or G-CSF, one row per day given.
    subjects : sequence of str
        Everybody infused: each gets a row per lineage and landmark.
    rule : LandmarkRule

    Returns
    -------
    DataFrame
        USUBJID, PARAMCD, LANDMARK (day), ASSDY (day of the assessment), GRADE, STATUS:
        UNRESOLVED (grade at the landmark), SUPPORTED (better, but transfused and a cytopenia
        before), RESOLVED (a cytopenia before), NEVER (none until then), NOT ASSESSED; PROLFL
        (Y for UNRESOLVED and SUPPORTED, null when not assessed), GCSFFL (Y/N).

    Not estimable
    -------------
    STATUS ``"NOT ASSESSED"`` where no graded count lies within the window.

    Raises
    ------
    DataError
        For an unknown KIND or missing variables.

    Source
    ------
    See `CRITERIA`.
    """
    rule = rule or LandmarkRule()
    need_variables(graded, ["USUBJID", "PARAMCD", "DAY", "ATOXGRLN"], "graded counts")
    _check_support(support)
    known = graded.filter(pl.col("ATOXGRLN").is_not_null())
    wanted = (
        pl.DataFrame({"USUBJID": list(subjects)}, schema={"USUBJID": pl.String})
        .join(graded.select("PARAMCD").unique(), how="cross")
        .join(pl.DataFrame({"LANDMARK": list(rule.landmarks)}), how="cross")
    )
    nearest = _nearest_assessment(wanted, known, rule)
    severe = known.filter((pl.col("ATOXGRLN") >= rule.from_grade) & (pl.col("DAY") >= 0))
    first = severe.group_by("USUBJID", "PARAMCD").agg(_FIRST=pl.col("DAY").min())
    table = nearest.join(first, on=["USUBJID", "PARAMCD"], how="left", maintain_order="left")
    at = table.rename({"ASSDY": "DAY"})
    table = table.with_columns(
        _TRANSFUSED=supported_within(at, support, SUPPORTING_PRODUCT, rule.support_free),
        _GCSF=supported_within(at, support, GROWTH_FACTOR, rule.support_free),
    )
    had = (pl.col("_FIRST") <= pl.col("ASSDY")).fill_null(value=False)
    status = (
        pl.when(pl.col("GRADE").is_null()).then(pl.lit("NOT ASSESSED"))
        .when(pl.col("GRADE") >= rule.from_grade).then(pl.lit("UNRESOLVED"))
        .when(had & pl.col("_TRANSFUSED")).then(pl.lit("SUPPORTED"))
        .when(had).then(pl.lit("RESOLVED"))
        .otherwise(pl.lit("NEVER"))
    )  # fmt: skip
    prolonged = yes_no(pl.col("STATUS").is_in(["UNRESOLVED", "SUPPORTED"]))
    return table.with_columns(STATUS=status, GCSFFL=yes_no(pl.col("_GCSF"))).select(
        *("USUBJID", "PARAMCD", "LANDMARK", "ASSDY", "GRADE", "STATUS"),
        pl.when(pl.col("GRADE").is_not_null()).then(prolonged).alias("PROLFL"),
        "GCSFFL",
    )


def _check_support(support: pl.DataFrame) -> None:
    need_variables(support, ["USUBJID", "DAY", "KIND"], "support")
    fault = ("support.kind", "KIND", f"not one of {', '.join(SUPPORT_KINDS)}")
    refuse_rows(support, {fault: not_in("KIND", SUPPORT_KINDS)}, "support")


def _nearest_assessment(
    wanted: pl.DataFrame, known: pl.DataFrame, rule: LandmarkRule
) -> pl.DataFrame:
    """`wanted` with ASSDY and GRADE of the assessment nearest to the landmark."""
    keys = ["USUBJID", "PARAMCD", "LANDMARK"]
    distance = (pl.col("ASSDY") - pl.col("LANDMARK")).abs()
    best = (
        wanted.join(
            known.select("USUBJID", "PARAMCD", ASSDY="DAY", GRADE="ATOXGRLN"),
            on=["USUBJID", "PARAMCD"],
        )
        .with_columns(_DISTANCE=distance)
        .filter(pl.col("_DISTANCE") <= rule.window)
        .sort("_DISTANCE", "ASSDY", "GRADE", descending=[False, False, True])
        .unique(keys, keep="first", maintain_order=True)
    )
    return wanted.join(best.drop("_DISTANCE"), on=keys, how="left").sort(keys)


def recovery_to_grade(
    graded: pl.DataFrame,
    support: pl.DataFrame,
    to_grade: int = 2,
    support_free: int = 7,
    from_grade: int = 3,
) -> pl.DataFrame:
    """Time from the first low count to recovery, for each subject and lineage that had it.

    Parameters
    ----------
    graded : DataFrame
        USUBJID, PARAMCD, DAY, ATOXGRLN; records after the day of infusion (day 0) are used.
    support : DataFrame
        USUBJID, DAY, KIND.
    to_grade : int
        Recovered at this grade or better.
    support_free : int
        Days without transfusion before the recovered count.
    from_grade : int
        Low from this grade on.

    Returns
    -------
    DataFrame
        USUBJID, PARAMCD, ONSETDY, RECDY (null = not recovered), LASTDY (last graded count),
        EVENT (True = recovered), TIME (days from onset to recovery or to the last count),
        GCSFFL (Y: G-CSF in the `support_free` days before the recovered count).
    """
    _check_support(support)
    keys = ["USUBJID", "PARAMCD"]
    known = graded.filter(pl.col("ATOXGRLN").is_not_null() & (pl.col("DAY") > 0))
    worst = known.group_by(*keys, "DAY").agg(pl.col("ATOXGRLN").max()).sort(*keys, "DAY")
    low = worst.filter(pl.col("ATOXGRLN") >= from_grade)
    onset = low.group_by(keys).agg(ONSETDY=pl.col("DAY").min())
    last = worst.group_by(keys).agg(LASTDY=pl.col("DAY").max())
    after = worst.join(onset, on=keys).filter(
        (pl.col("DAY") > pl.col("ONSETDY")) & (pl.col("ATOXGRLN") <= to_grade)
    )
    hidden = supported_within(after, support, SUPPORTING_PRODUCT, support_free)
    recovered = after.filter(~hidden).sort("DAY").unique(keys, keep="first", maintain_order=True)
    growth = supported_within(recovered, support, GROWTH_FACTOR, support_free)
    recovered = recovered.with_columns(_GCSF=growth).select(*keys, "_GCSF", RECDY="DAY")
    end = pl.coalesce("RECDY", "LASTDY")
    return (
        onset.join(last, on=keys)
        .join(recovered, on=keys, how="left")
        .with_columns(
            EVENT=pl.col("RECDY").is_not_null(),
            TIME=end - pl.col("ONSETDY"),
            GCSFFL=yes_no(pl.col("_GCSF")),
        )
        .select(*keys, "ONSETDY", "RECDY", "LASTDY", "EVENT", "TIME", "GCSFFL")
        .sort(keys)
    )


def count_recovery(
    counts: pl.DataFrame, support: pl.DataFrame, bound: float, in_a_row: int = 3
) -> pl.DataFrame:
    """First of several consecutive counts at or above a bound, after having been below it.

    Parameters
    ----------
    counts : DataFrame
        USUBJID, PARAMCD (one lineage), DAY (from infusion), AVAL in the unit of `bound`.
    support : DataFrame
        USUBJID, DAY, KIND. No transfusion of the lineage's product may lie in the 7 days
        before any of the counts.
    bound : float
    in_a_row : int

    Returns
    -------
    DataFrame
        One row per subject ever below `bound` from infusion on: USUBJID, BELOWDY (first day
        below), RECDY (null = not recovered).

    Source
    ------
    CIBMTR convention, see `CRITERIA`.
    """
    _check_support(support)
    daily = (
        counts.filter(pl.col("AVAL").is_not_null() & (pl.col("DAY") >= 0))
        .group_by("USUBJID", "PARAMCD", "DAY")
        .agg(pl.col("AVAL").min())
        .sort("USUBJID", "DAY")
    )
    hidden = supported_within(daily, support, SUPPORTING_PRODUCT, 7)
    good = daily.with_columns(_GOOD=(pl.col("AVAL") >= bound) & ~hidden)
    below = daily.filter(pl.col("AVAL") < bound).group_by("USUBJID").agg(
        BELOWDY=pl.col("DAY").min())  # fmt: skip
    starts = pl.all_horizontal(
        pl.col("_GOOD").shift(-step).over("USUBJID").fill_null(value=False)
        for step in range(in_a_row)
    )
    recovered = (
        good.filter(starts)
        .join(below, on="USUBJID")
        .filter(pl.col("DAY") > pl.col("BELOWDY"))
        .group_by("USUBJID")
        .agg(RECDY=pl.col("DAY").min())
    )
    return below.join(recovered, on="USUBJID", how="left").sort("USUBJID")
