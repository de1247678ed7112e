"""Immune effector cell-associated neurotoxicity syndrome graded by day, adults (ASTCT 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.episodes import EpisodeRule, number_episodes, summarise_episodes
from il5report.derive.inputs import need_variables, not_in, refuse_rows, yes_no

CRITERIA = (
    Criteria(
        name="ASTCT consensus grading of ICANS in adults",
        version="2019",
        citation="Lee DW et al., Biol Blood Marrow Transplant 2019;25:625-638",
        provenance=Provenance.READ,
        text="The grade of a day is the highest of the five domains: ICE score (7-9 grade 1, 3-6 "
        "grade 2, 0-2 grade 3, 0 in an unarousable patient grade 4), depressed consciousness, "
        "seizure, motor findings, raised intracranial pressure or cerebral oedema. Grade 5 is "
        "death due to ICANS. Tremor, myoclonus, headache and intracranial haemorrhage do not "
        "enter.",
        choices=(
            "ICE 0 without a usable level of consciousness is grade 3 and marked for a query.",
            "ICE not done because the patient is unarousable is grade 4; not done for another "
            "reason is missing.",
            "With the ICE score missing, a day on which the other domains are normal is not "
            "gradable; otherwise their highest is taken and marked as a lower bound.",
            "A domain other than ICE that is not recorded is taken as normal where the ICE "
            "score is recorded.",
            "Where items and total disagree, the sum of the items is used and marked for a query.",
        ),
    ),
)

ICE_ITEMS: Mapping[str, int] = {
    "ICEYEAR": 1,
    "ICEMONTH": 1,
    "ICECITY": 1,
    "ICEHOSP": 1,
    "ICENAME": 3,
    "ICECMD": 1,
    "ICEWRITE": 1,
    "ICECOUNT": 1,
}
"""Item to its highest score: orientation (4), naming (3), command, writing, attention."""

CONSCIOUSNESS: Mapping[str, int] = {
    "ALERT": 0,
    "AWAKENS SPONTANEOUSLY": 1,
    "AWAKENS TO VOICE": 2,
    "AWAKENS TO TACTILE STIMULUS": 3,
    "NEEDS VIGOROUS OR REPETITIVE TACTILE STIMULI": 4,
    "UNAROUSABLE": 4,
    "STUPOR": 4,
    "COMA": 4,
}
SEIZURE: Mapping[str, int] = {
    "NONE": 0,
    "RESOLVES RAPIDLY": 3,
    "NON-CONVULSIVE, RESOLVES WITH INTERVENTION": 3,
    "PROLONGED": 4,
    "REPETITIVE WITHOUT RETURN TO BASELINE": 4,
}
MOTOR: Mapping[str, int] = {
    "NONE": 0,
    "DEEP FOCAL WEAKNESS": 4,
    "HEMIPARESIS": 4,
    "PARAPARESIS": 4,
}
PRESSURE: Mapping[str, int] = {
    "NONE": 0,
    "FOCAL OEDEMA": 3,
    "DIFFUSE OEDEMA": 4,
    "DECEREBRATE OR DECORTICATE POSTURING": 4,
    "CRANIAL NERVE VI PALSY": 4,
    "PAPILLOEDEMA": 4,
    "CUSHING TRIAD": 4,
}


@dataclass(frozen=True)
class NeurologicalTerms:
    """Term to grade in each domain besides ICE; a study with other terms passes its own."""

    consciousness: Mapping[str, int]
    seizure: Mapping[str, int]
    motor: Mapping[str, int]
    pressure: Mapping[str, int]

    def by_variable(self) -> dict[str, Mapping[str, int]]:
        """Input variable to its terms."""
        return {
            "CONSC": self.consciousness,
            "SEIZURE": self.seizure,
            "MOTOR": self.motor,
            "ICP": self.pressure,
        }


DEFAULT_TERMS = NeurologicalTerms(CONSCIOUSNESS, SEIZURE, MOTOR, PRESSURE)

ASSESSMENT_SCHEMA: dict[str, pl.DataType] = {
    "USUBJID": pl.String(),
    "DAY": pl.Int64(),
    "ICE": pl.Float64(),
    **{item: pl.Float64() for item in ICE_ITEMS},
    "ICEUNAFL": pl.String(),
    "CONSC": pl.String(),
    "CONOTHFL": pl.String(),
    "SEIZURE": pl.String(),
    "MOTOR": pl.String(),
    "ICP": pl.String(),
    "ICNDTHFL": pl.String(),
}
"""One assessment; several a day are graded one by one and the day takes the highest."""

NO_CONSCIOUSNESS = "ICE 0 without level of consciousness, grade 3 assumed"
LOWER_BOUND = "ICE missing, grade is a lower bound"
TOTAL_DIFFERS = "ICE total differs from the sum of its items, sum used"
NO_ICE = "ICE missing"


def ice_total(items: pl.DataFrame) -> pl.Series:
    """Sum of the ICE items (0-10), null unless every item is present."""
    columns = [pl.col(item) for item in ICE_ITEMS]
    complete = pl.all_horizontal(column.is_not_null() for column in columns)
    return items.select(ICE=pl.when(complete).then(pl.sum_horizontal(columns)))["ICE"]


def grade_icans(
    assessments: pl.DataFrame,
    rule: EpisodeRule | None = None,
    terms: NeurologicalTerms = DEFAULT_TERMS,
) -> pl.DataFrame:
    """Grade ICANS for every subject and day assessed.

    Parameters
    ----------
    assessments : DataFrame
        Variables of `ASSESSMENT_SCHEMA`. DAY in days from infusion (infusion = 0). ICE total
        0-10 and its items. ICEUNAFL = Y: ICE not done because unarousable. CONOTHFL = Y: the
        level of consciousness has another cause (sedation). ICNDTHFL = Y: died of ICANS.
    rule : EpisodeRule
        When an episode ends; two consecutive grade-0 days by default.
    terms : NeurologicalTerms

    Returns
    -------
    DataFrame
        One row per USUBJID and DAY, sorted: ICE (lowest of the day), grades by domain ICEGR,
        CONSCGR, SEIZGR, MOTORGR, ICPGR, ICNGR (0-5), ICNREAS, ICNQUERY, EPISODE.

    Not estimable
    -------------
    ICNGR is null with ICNREAS ``"ICE missing"`` where the other domains are normal or missing.

    Raises
    ------
    DataError
        For a term outside the vocabulary, an ICE score or item out of range or not whole, an
        assessment without subject or day.

    Source
    ------
    Lee 2019, ICANS table for adults; see `CRITERIA` for what it leaves open.
    """
    need_variables(assessments, ASSESSMENT_SCHEMA, "ICANS assessments")
    upper = assessments.with_columns(pl.col(*terms.by_variable()).str.to_uppercase())
    refuse_rows(upper, _faults(terms), "ICANS assessments")
    graded = upper.with_columns(_SUM=ice_total(upper)).pipe(_grade_rows, terms)
    days = graded.group_by("USUBJID", "DAY").agg(
        pl.col("ICE").min(),
        pl.col(*DOMAINS).max(),
        ICNGR=pl.col("ICNGR").max(),
        ICNREAS=pl.when(pl.col("ICNGR").is_null().all()).then(pl.lit(NO_ICE)),
        ICNQUERY=pl.col("ICNQUERY").filter(pl.col("ICNQUERY") != "").unique().sort().str.join("; "),
    )
    days = days.with_columns(ICNQUERY=pl.when(pl.col("ICNQUERY") != "").then("ICNQUERY"))
    return number_episodes(days.sort("USUBJID", "DAY"), "ICNGR", rule or EpisodeRule())


DOMAINS = ("ICEGR", "CONSCGR", "SEIZGR", "MOTORGR", "ICPGR")


def _faults(terms: NeurologicalTerms) -> dict[tuple[str, str, str], pl.Expr]:
    faults = {
        ("icans.key", "USUBJID", "subject or day is missing"): (
            pl.col("USUBJID").is_null() | pl.col("DAY").is_null()
        )
    }
    for variable, highest in {"ICE": sum(ICE_ITEMS.values()), **ICE_ITEMS}.items():
        score = pl.col(variable)
        message = f"not a whole number from 0 to {highest}"
        faults["icans.score", variable, message] = ~score.is_between(0, highest) | (
            score != score.floor()
        )
    for variable, known in terms.by_variable().items():
        faults["icans.term", variable, "term is not in the vocabulary"] = not_in(variable, known)
    return faults


def _grade_rows(rows: pl.DataFrame, terms: NeurologicalTerms) -> pl.DataFrame:
    """Grade each assessment by itself."""
    variables = terms.by_variable()
    domain = {
        name: pl.col(variable).replace_strict(dict(variables[variable]), default=None)
        for name, variable in zip(DOMAINS[1:], variables, strict=True)
    }
    other_cause = pl.col("CONOTHFL").eq_missing("Y")
    domain["CONSCGR"] = pl.when(~other_cause).then(domain["CONSCGR"])
    ice = pl.coalesce("_SUM", "ICE")
    rows = rows.with_columns(
        ICE=ice,
        _DIFFERS=pl.col("_SUM").ne(pl.col("ICE")).fill_null(value=False),
        **{name: grade.cast(pl.Int64) for name, grade in domain.items()},
    ).with_columns(ICEGR=_ice_grade())
    others = pl.max_horizontal(*DOMAINS[1:])
    unsure = (pl.col("ICE") == 0) & pl.col("CONSCGR").is_null() & (pl.col("ICEGR") == 3)
    lower_bound = pl.col("ICEGR").is_null() & (others > 0)
    return rows.with_columns(
        ICNGR=pl.when(pl.col("ICNDTHFL") == "Y").then(5)
        .when(pl.col("ICEGR").is_not_null() | lower_bound)
        .then(pl.max_horizontal("ICEGR", others))
        .cast(pl.Int64),
        ICNQUERY=pl.concat_str(
            pl.when(unsure).then(pl.lit(NO_CONSCIOUSNESS)),
            pl.when(lower_bound).then(pl.lit(LOWER_BOUND)),
            pl.when("_DIFFERS").then(pl.lit(TOTAL_DIFFERS)),
            separator="; ", ignore_nulls=True,
        ),
    )  # fmt: skip


def _ice_grade() -> pl.Expr:
    """Grade of the ICE score alone; 0 needs the level of consciousness."""
    ice = pl.col("ICE")
    return (
        pl.when(pl.col("ICEUNAFL") == "Y").then(4)
        .when(ice >= 10).then(0)
        .when(ice >= 7).then(1)
        .when(ice >= 3).then(2)
        .when((ice == 0) & (pl.col("CONSCGR") == 4)).then(4)
        .when(ice >= 0).then(3)
        .cast(pl.Int64)
    )  # fmt: skip


def icans_episodes(
    days: pl.DataFrame, crs_episodes: pl.DataFrame, late_after: int | None = None
) -> pl.DataFrame:
    """One row per subject and ICANS episode, related to CRS.

    Parameters
    ----------
    days : DataFrame
        From `grade_icans`.
    crs_episodes : DataFrame
        USUBJID, ONSETDY, ENDDY of every CRS episode.
    late_after : int, optional
        Onset after this day is marked LATEFL = Y; None marks none.

    Returns
    -------
    DataFrame
        Variables of `il5report.derive.episodes.summarise_episodes`; ICENADIR; SEIZFL, ICPFL
        (Y/N, any grade above 0); CRSONDY (onset of the subject's first CRS); FROMCRS = ONSETDY -
        CRSONDY (days); CRSREL: BEFORE (the first CRS), DURING (a day shared with any CRS
        episode), AFTER, or WITHOUT CRS.
    """
    table = summarise_episodes(days, "ICNGR", late_after)
    detail = days.filter(pl.col("EPISODE").is_not_null()).group_by("USUBJID", "EPISODE").agg(
        ICENADIR=pl.col("ICE").min(),
        SEIZFL=yes_no((pl.col("SEIZGR") > 0).any()),
        ICPFL=yes_no((pl.col("ICPGR") > 0).any()),
    )  # fmt: skip
    keys = ["USUBJID", "EPISODE"]
    table = table.join(detail, on=keys, how="left", maintain_order="left")
    first = crs_episodes.group_by("USUBJID").agg(CRSONDY=pl.col("ONSETDY").min())
    table = table.join(first, on="USUBJID", how="left", maintain_order="left")
    pairs = table.select(*keys, "ONSETDY", "ENDDY").join(
        crs_episodes.select("USUBJID", _FROM="ONSETDY", _TO="ENDDY"), on="USUBJID"
    )
    shares_a_day = (pl.col("ONSETDY") <= pl.col("_TO")) & (pl.col("ENDDY") >= pl.col("_FROM"))
    during = pairs.filter(shares_a_day).select(*keys).unique().with_columns(_DURING=pl.lit("Y"))
    return (
        table.join(during, on=keys, how="left", maintain_order="left")
        .with_columns(
            FROMCRS=pl.col("ONSETDY") - pl.col("CRSONDY"),
            CRSREL=pl.when(pl.col("CRSONDY").is_null()).then(pl.lit("WITHOUT CRS"))
            .when(pl.col("_DURING") == "Y").then(pl.lit("DURING"))
            .when(pl.col("ONSETDY") < pl.col("CRSONDY")).then(pl.lit("BEFORE"))
            .otherwise(pl.lit("AFTER")),
        )
        .drop("_DURING")
    )  # fmt: skip
