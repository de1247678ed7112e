"""Cytokine release syndrome graded by day from its components (ASTCT 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.episodes import EpisodeRule, EpisodeTracker, summarise_episodes
from il5report.derive.inputs import need_variables, not_in, refuse_rows, yes_no
from il5report.derive.support import DEFAULT, VASOPRESSIN, Drug, Oxygen, Vocabulary, oxygen_grade

CRITERIA = (
    Criteria(
        name="ASTCT consensus grading of cytokine release syndrome",
        version="2019",
        citation="Lee DW et al., Biol Blood Marrow Transplant 2019;25:625-638",
        provenance=Provenance.READ,
        text="The grade of a day is the more severe of hypotension and hypoxia in a patient with "
        "fever (38.0 degrees C or more, not due to another cause); fever alone is grade 1. "
        "Once a patient with CRS has received tocilizumab, a corticosteroid or an antipyretic, "
        "fever is no longer required. Grade 5 is death due to CRS. Organ toxicities do not enter.",
        choices=(
            "Vasopressin as the only agent is one vasopressor (grade 3).",
            "Agents given on one day count together, whether or not at the same hour.",
            "A nasal cannula without a recorded flow is taken as low flow and marked for a query.",
            "A drug that masks fever counts from the day it was given, also when it was given "
            "before the syndrome; the fever that qualifies must be of the same episode.",
            "A day with support but no temperature is gradable only where fever is not required.",
        ),
    ),
)

RECORD_SCHEMA: dict[str, pl.DataType] = {
    "USUBJID": pl.String(),
    "DAY": pl.Int64(),
    "TEMP": pl.Float64(),
    "TEMPU": pl.String(),
    "FEVOTHFL": pl.String(),
    "HYPOFL": pl.String(),
    "PRESSOR": pl.String(),
    "O2DEV": pl.String(),
    "O2FLOW": pl.Float64(),
    "SUPOTHFL": pl.String(),
    "DRUG": pl.String(),
    "CRSDTHFL": pl.String(),
}
"""One record: what was seen or given once on a day. Any number of records a day, nulls allowed."""

FEVER_FROM = 38.0
CELSIUS = ("C", "°C", "CELSIUS")
FAHRENHEIT = ("F", "°F", "FAHRENHEIT")
BODY_TEMPERATURE = (30.0, 45.0)
NO_TEMPERATURE = "temperature missing"
NO_FLOW = "oxygen flow missing, low flow assumed"


def to_celsius(value: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """Temperature in degrees C, from C or F (100.4 F is exactly 38.0 C); null for another unit."""
    name = unit.str.to_uppercase()
    return (
        pl.when(name.is_in(CELSIUS)).then(value)
        .when(name.is_in(FAHRENHEIT)).then((value - 32) * 5 / 9)
        .round(6)
    )  # fmt: skip


def grade_crs(
    records: pl.DataFrame, rule: EpisodeRule | None = None, vocabulary: Vocabulary = DEFAULT
) -> pl.DataFrame:
    """Grade CRS for every subject and day with a record.

    Parameters
    ----------
    records : DataFrame
        Variables of `RECORD_SCHEMA`, any number of rows per USUBJID and DAY (days from
        infusion, infusion = 0). TEMP in the unit of TEMPU. FEVOTHFL = Y: this temperature has
        another cause. HYPOFL = Y: hypotension treated without vasopressor. PRESSOR, O2DEV,
        DRUG: terms of `vocabulary`. O2FLOW in L/min. SUPOTHFL = Y: this support was not for
        CRS (comfort oxygen, airway protection). CRSDTHFL = Y: died of CRS that day.
    rule : EpisodeRule
        When an episode ends; two consecutive grade-0 days by default.
    vocabulary : Vocabulary

    Returns
    -------
    DataFrame
        One row per USUBJID and DAY, sorted: TEMP (maximum, degrees C), FEVERFL (Y/N, null
        unknown), EXMPTFL (Y where fever is not required), HYPOFL, PRESSORS (text), NPRESS
        (agents without vasopressin), O2DEV and O2FLOW of the highest support, HYPOGR, OXYGR
        (0, 2, 3, 4), NTOCI (tocilizumab records), STEROIFL, ANTIPYFL, OTHERFL (Y/N), CRSGR
        (0-5), CRSREAS, CRSQUERY, EPISODE.

    Not estimable
    -------------
    CRSGR is null with CRSREAS ``"temperature missing"`` where the grade depends on fever; it is
    null without a reason on a day on which nothing but drugs was recorded.

    Raises
    ------
    DataError
        For an unknown unit, device, agent or drug, a temperature outside 30-45 degrees C, a
        negative flow, a record without subject or day.

    Source
    ------
    Lee 2019, table and footnotes; see `CRITERIA` for what it leaves open.
    """
    need_variables(records, RECORD_SCHEMA, "CRS records")
    celsius = records.with_columns(
        pl.col("PRESSOR", "O2DEV", "DRUG").str.to_uppercase(),
        _TEMPC=to_celsius(pl.col("TEMP"), pl.col("TEMPU")),
    )
    refuse_rows(celsius, _faults(vocabulary), "CRS records")
    days = _by_day(celsius.with_columns(TEMP=pl.col("_TEMPC")), vocabulary)
    return _grade_in_order(days, rule or EpisodeRule())


def _faults(vocabulary: Vocabulary) -> dict[tuple[str, str, str], pl.Expr]:
    low, high = BODY_TEMPERATURE
    return {
        ("crs.key", "USUBJID", "subject or day is missing"): (
            pl.col("USUBJID").is_null() | pl.col("DAY").is_null()
        ),
        ("crs.unit", "TEMPU", "temperature is neither in C nor in F"): (
            pl.col("TEMP").is_not_null() & pl.col("_TEMPC").is_null()
        ),
        ("crs.temperature", "TEMP", f"temperature outside {low:g}-{high:g} degrees C; wrong unit?"):
            ~pl.col("_TEMPC").is_between(low, high),
        ("crs.vasopressor", "PRESSOR", "agent is not in the vocabulary"):
            not_in("PRESSOR", vocabulary.vasopressors),
        ("crs.device", "O2DEV", "oxygen device is not in the vocabulary"):
            not_in("O2DEV", vocabulary.oxygen_devices),
        ("crs.flow", "O2FLOW", "oxygen flow is negative or not a number"):
            (pl.col("O2FLOW") < 0) | pl.col("O2FLOW").is_nan(),
        ("crs.drug", "DRUG", "drug is not in the vocabulary"): not_in("DRUG", vocabulary.drugs),
    }  # fmt: skip


def _by_day(records: pl.DataFrame, vocabulary: Vocabulary) -> pl.DataFrame:
    for_crs = pl.col("SUPOTHFL").ne_missing("Y")
    drug = pl.col("DRUG").replace_strict(dict(vocabulary.drugs), default=None)
    agent = pl.col("PRESSOR").replace_strict(dict(vocabulary.vasopressors), default=None)
    device = pl.col("O2DEV").replace_strict(dict(vocabulary.oxygen_devices), default=None)
    rows = records.with_columns(
        _DRUG=drug,
        _AGENT=pl.when(for_crs).then(agent),
        _O2=pl.when(for_crs).then(oxygen_grade(pl.col("O2DEV"), pl.col("O2FLOW"), vocabulary)),
        _HYPO=for_crs & pl.col("HYPOFL").eq_missing("Y"),
        _FEVER=(pl.col("TEMP") >= FEVER_FROM) & pl.col("FEVOTHFL").ne_missing("Y"),
        _NOFLOW=for_crs & (device == Oxygen.CANNULA) & pl.col("O2FLOW").is_null(),
        _SEEN=pl.any_horizontal(
            pl.col("TEMP", "HYPOFL", "PRESSOR", "O2DEV").is_not_null(),
            pl.col("CRSDTHFL").eq_missing("Y"),
        ),
    )
    agents = pl.col("_AGENT").drop_nulls().unique().sort()
    highest_oxygen = pl.col("_O2").fill_null(-1).arg_max()
    return (
        rows.sort("USUBJID", "DAY", "O2FLOW", "O2DEV", descending=[False, False, True, False],
                  nulls_last=True)
        .group_by("USUBJID", "DAY", maintain_order=True)
        .agg(
            pl.col("TEMP").max(),
            _FEVER=pl.col("_FEVER").any(ignore_nulls=True),
            HYPOFL=yes_no(pl.col("_HYPO").any()),
            PRESSORS=agents.str.join("; "),
            NPRESS=agents.filter(agents != VASOPRESSIN).len().cast(pl.Int64),
            _VASO=(agents == VASOPRESSIN).any(),
            O2DEV=pl.when(pl.col("_O2").max() > 0).then(pl.col("O2DEV").get(highest_oxygen)),
            O2FLOW=pl.when(pl.col("_O2").max() > 0).then(pl.col("O2FLOW").get(highest_oxygen)),
            OXYGR=pl.col("_O2").max().fill_null(0),
            NTOCI=(pl.col("_DRUG") == Drug.TOCILIZUMAB).sum().cast(pl.Int64),
            STEROIFL=_given(Drug.STEROID),
            ANTIPYFL=_given(Drug.ANTIPYRETIC),
            OTHERFL=_given(Drug.OTHER),
            _MASKED=pl.col("_DRUG").is_in(list(vocabulary.fever_masking)).any(),
            _DIED=pl.col("CRSDTHFL").eq_missing("Y").any(),
            _SEEN=pl.col("_SEEN").any(),
            CRSQUERY=pl.when(pl.col("_NOFLOW").any()).then(pl.lit(NO_FLOW)),
        )
        .with_columns(
            FEVERFL=pl.when(pl.col("TEMP").is_not_null()).then(yes_no(pl.col("_FEVER"))),
            PRESSORS=pl.when(pl.col("PRESSORS") != "").then("PRESSORS"),
            HYPOGR=pl.when(pl.col("NPRESS") >= 2).then(4)
            .when((pl.col("NPRESS") == 1) | pl.col("_VASO")).then(3)
            .when(pl.col("HYPOFL") == "Y").then(2)
            .otherwise(0).cast(pl.Int64),
        )
    )  # fmt: skip


def _given(kind: Drug) -> pl.Expr:
    return yes_no((pl.col("_DRUG") == kind).any())


@dataclass
class _Course:
    """What the grade of a day needs to know of the days before it, for one subject."""

    tracker: EpisodeTracker
    masked: bool = False
    fever_seen: bool = False
    exempt: bool = False

    def grade(self, day: int, support: int, fever: bool | None, died: bool) -> int | None:
        """Grade of an assessed day; None where it depends on a temperature that is missing."""
        self.tracker.go_to(day)
        self.fever_seen = self.fever_seen and self.tracker.is_open
        self.exempt = self.fever_seen and self.masked
        self.fever_seen = self.fever_seen or bool(fever)
        if died:
            return 5
        if fever:
            return max(1, support)
        if fever is None and not (self.exempt and support):
            return None
        return support if self.exempt else 0


def _grade_in_order(days: pl.DataFrame, rule: EpisodeRule) -> pl.DataFrame:
    """Walk the sorted days of each subject: exemption and episode depend on what went before."""
    course, subject = _Course(EpisodeTracker(rule)), None
    rows: list[tuple[int | None, str | None, int | None, str]] = []
    for row in days.iter_rows(named=True):
        if row["USUBJID"] != subject:
            course, subject = _Course(EpisodeTracker(rule)), row["USUBJID"]
        course.masked |= row["_MASKED"]
        if not row["_SEEN"]:
            rows.append((None, None, None, "N"))
            continue
        fever = None if row["FEVERFL"] is None else row["FEVERFL"] == "Y"
        grade = course.grade(row["DAY"], max(row["HYPOGR"], row["OXYGR"]), fever, row["_DIED"])
        reason = NO_TEMPERATURE if grade is None else None
        rows.append((grade, reason, course.tracker.record(grade), "Y" if course.exempt else "N"))
    added = pl.DataFrame(
        rows,
        schema={
            "CRSGR": pl.Int64(),
            "CRSREAS": pl.String(),
            "EPISODE": pl.Int64(),
            "EXMPTFL": pl.String(),
        },
        orient="row",
    )
    return days.hstack(added).select(*DAY_COLUMNS)


DAY_COLUMNS = (
    *("USUBJID", "DAY", "TEMP", "FEVERFL", "EXMPTFL", "HYPOFL", "PRESSORS", "NPRESS"),
    *("O2DEV", "O2FLOW", "HYPOGR", "OXYGR", "NTOCI", "STEROIFL", "ANTIPYFL", "OTHERFL"),
    *("CRSGR", "CRSREAS", "CRSQUERY", "EPISODE"),
)


def crs_episodes(days: pl.DataFrame, late_after: int = 14) -> pl.DataFrame:
    """One row per subject and CRS episode, with its treatment.

    Parameters
    ----------
    days : DataFrame
        From `grade_crs`.
    late_after : int
        Onset after this day is marked LATEFL = Y.

    Returns
    -------
    DataFrame
        Variables of `il5report.derive.episodes.summarise_episodes`, and from ONSETDY to ENDDY:
        FEVONDY and FEVDURN (first day and span of fever, days), HYPOFL, MAXPRESS (most agents
        on a day without vasopressin), PRESSFL (any agent), OXYGR (highest), NTOCI (doses),
        TOCIDY (first), STEROIFL, STERDY (first), OTHERFL.
    """
    table = summarise_episodes(days, "CRSGR", late_after)
    inside = table.select("USUBJID", "EPISODE", "ONSETDY", "ENDDY").join(
        days.drop("EPISODE"), on="USUBJID", how="inner"
    )
    inside = inside.filter(pl.col("DAY").is_between("ONSETDY", "ENDDY"))
    fever_day = pl.col("DAY").filter(pl.col("FEVERFL") == "Y")
    steroid_day = pl.col("DAY").filter(pl.col("STEROIFL") == "Y")
    extra = inside.group_by("USUBJID", "EPISODE").agg(
        FEVONDY=fever_day.min(),
        FEVDURN=fever_day.max() - fever_day.min() + 1,
        HYPOFL=_any_yes(pl.col("HYPOGR") > 0),
        PRESSFL=_any_yes(pl.col("HYPOGR") >= 3),
        MAXPRESS=pl.col("NPRESS").max(),
        OXYGR=pl.col("OXYGR").max(),
        NTOCI=pl.col("NTOCI").sum(),
        TOCIDY=pl.col("DAY").filter(pl.col("NTOCI") > 0).min(),
        STEROIFL=_any_yes(pl.col("STEROIFL") == "Y"),
        STERDY=steroid_day.min(),
        OTHERFL=_any_yes(pl.col("OTHERFL") == "Y"),
    )
    return table.join(extra, on=["USUBJID", "EPISODE"], how="left", maintain_order="left")


def _any_yes(condition: pl.Expr) -> pl.Expr:
    return yes_no(condition.any())
