"""Laboratory toxicity grades by CTCAE, both directions, for frames of any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from il5report.derive.ctcae_criteria import (
    DIRECTIONS,
    TERMS,
    UNITS,
    Direction,
    Threshold,
    check_version,
    thresholds_of,
)
from il5report.derive.inputs import need_variables, not_in, refuse_rows

NEEDED = ("USUBJID", "PARAMCD", "AVAL", "AVALU", "ANRLO", "ANRHI", "BASE", "BNRIND")
LOW, HIGH = ["LOW", "LOW LOW"], ["HIGH", "HIGH HIGH"]
TOLERANCE = 1e-12
"""Relative; keeps 3 x ULN in floating point from flipping a grade."""
_NUMBERS = ("AVAL", "ANRLO", "ANRHI", "BASE")


@dataclass(frozen=True)
class GradingOptions:
    """What a plan settles for CTCAE laboratory grades.

    Attributes
    ----------
    missing_baseline : {"missing", "normal"}
        A grade that needs the baseline is missing without one, or baseline counts as normal.
    symptoms : {"absent", "present"}
        Assumed where two grades differ by symptoms alone.
    """

    missing_baseline: Literal["missing", "normal"] = "missing"
    symptoms: Literal["absent", "present"] = "absent"


@dataclass(frozen=True)
class _Context:
    """The pieces that every comparison of one term and direction shares."""

    direction: Direction
    options: GradingOptions

    def baseline_flag(self) -> pl.Expr:
        """NORMAL, LOW, HIGH of the baseline; null where the baseline is missing."""
        known = pl.when(pl.col("BASE").is_not_null()).then(pl.col("BNRIND"))
        return known.fill_null("NORMAL") if self.options.missing_baseline == "normal" else known


def _abnormal(context: _Context) -> pl.Expr:
    return context.baseline_flag().is_in(HIGH if context.direction == "H" else LOW)


def _anticoagulated(_: _Context) -> pl.Expr:
    return pl.col("ANTICOFL").eq_missing("Y")


CONDITIONS: Mapping[str, Callable[[_Context], pl.Expr]] = {
    "any": lambda _: pl.lit(value=True),
    "baseline normal": lambda context: ~_abnormal(context),
    "baseline abnormal": _abnormal,
    "baseline below LLN": lambda context: context.baseline_flag().is_in(LOW),
    "anticoagulated": _anticoagulated,
    "not anticoagulated": lambda context: ~_anticoagulated(context),
    "with symptoms": lambda context: pl.lit(context.options.symptoms == "present"),
    "without symptoms": lambda context: pl.lit(context.options.symptoms == "absent"),
}
"""What ``applies`` in the table means: Kleene truth, null where the baseline that decides is."""

COMPARATORS: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<": lambda value, bound: value < bound - bound.abs() * TOLERANCE,
    "<=": lambda value, bound: value <= bound + bound.abs() * TOLERANCE,
    ">": lambda value, bound: value > bound + bound.abs() * TOLERANCE,
    ">=": lambda value, bound: value >= bound - bound.abs() * TOLERANCE,
}
REFERENCES: Mapping[str, str] = {"LLN": "ANRLO", "ULN": "ANRHI", "BASE": "BASE"}


def _holds(row: Threshold, context: _Context, scale: float | None) -> pl.Expr:
    """Kleene truth of one row of the table; null where something it needs is missing."""
    if row.unit and scale is None:
        holds = pl.lit(None, dtype=pl.Boolean)
    else:
        factor = scale if row.unit and scale is not None else 1.0
        bound = pl.lit(row.factor)
        if row.reference != "absolute":
            bound = pl.col(REFERENCES[row.reference]) * (row.factor * factor) + row.plus
        holds = COMPARATORS[row.comparator](pl.col("AVAL") * factor, bound)
    if row.also == ">ULN":
        holds = holds & COMPARATORS[">"](pl.col("AVAL"), pl.col("ANRHI"))
    if row.reference == "BASE" and context.options.missing_baseline == "normal":
        holds = holds & pl.col("BASE").is_not_null()
    return holds & CONDITIONS[row.applies](context)


def _grade(rows: Sequence[Threshold], context: _Context, unit: str | None) -> pl.Expr:
    """Highest grade whose condition is true, unless a higher one cannot be decided."""
    absolute_units = {row.unit for row in rows if row.unit}
    matched = _matching_unit(unit, absolute_units)
    table_unit, scale = matched if matched else (None, None)
    usable = [row for row in rows if not row.unit or matched is None or row.unit == table_unit]
    grade = pl.lit(0, dtype=pl.Int8)
    for level in sorted({row.grade for row in usable}):
        met = pl.any_horizontal(_holds(row, context, scale) for row in usable if row.grade == level)
        grade = (
            pl.when(met).then(pl.lit(level, dtype=pl.Int8))
            .when(met.is_null()).then(None)
            .otherwise(grade)
        )  # fmt: skip
    return pl.when(pl.col("AVAL").is_not_null()).then(grade)


def _matching_unit(unit: str | None, wanted: set[str]) -> tuple[str, float] | None:
    """The table's unit that `unit` is or is a power of ten of, with the factor; None if none."""
    if unit in wanted:
        return unit, 1.0
    for table_unit in sorted(wanted):
        factor = UNITS[table_unit].get(unit) if unit is not None else None
        if factor is not None:
            return table_unit, factor
    return None


def _reason(rows: Sequence[Threshold], grade: str, unit: str | None) -> pl.Expr:
    """Why a value has no grade: the first of unit, limit, baseline that the term needs."""
    absolute_units = {row.unit for row in rows if row.unit}
    if absolute_units and _matching_unit(unit, absolute_units) is None:
        cause = pl.lit(f"unit {unit or 'missing'} not gradable")
    else:
        cause = pl.lit("baseline missing")
        for reference in ("ULN", "LLN"):
            if any(row.reference == reference or reference in row.also for row in rows):
                limit = pl.col(REFERENCES[reference])
                cause = pl.when(limit.is_null()).then(pl.lit(f"{reference} missing")).otherwise(
                    cause)  # fmt: skip
    return pl.when(pl.col("AVAL").is_not_null() & pl.col(grade).is_null()).then(cause)


def _term(version: str, candidates: Sequence[str], direction: Direction) -> str | None:
    """The one of the parameter's terms that the version has in this direction."""
    return next((term for term in candidates if thresholds_of(version, term, direction)), None)


def grade_labs(
    labs: pl.DataFrame,
    version: str,
    options: GradingOptions = GradingOptions(),
    terms: Mapping[str, Sequence[str]] = TERMS,
) -> pl.DataFrame:
    """Add CTCAE grades in both directions to laboratory records.

    Parameters
    ----------
    labs : DataFrame
        USUBJID, PARAMCD, AVAL, AVALU (unit), ANRLO, ANRHI (normal limits in that unit), BASE,
        BNRIND (NORMAL, LOW, HIGH, LOW LOW, HIGH HIGH); ANTICOFL where INR is present.
        Blood, serum or plasma only: filter other specimens out first.
    version : {"4.03", "5.0", "6.0"}
        The plan's choice; there is no default.
    options : GradingOptions
    terms : Mapping
        PARAMCD to CTCAE terms.

    Returns
    -------
    DataFrame
        As given, in the given order, with for each direction d of L and H: ATOXDSCd (term, null
        where the parameter has none), ATOXGRdN (0-4, Int8), ATOXREAd (why a value with a term
        has no grade).

    Not estimable
    -------------
    A grade is null with a reason (``"LLN missing"``, ``"ULN missing"``, ``"baseline missing"``,
    ``"unit U not gradable"``) where it cannot be decided; absolute bounds decide without limits:
    neutrophils of 0.4 are grade 4 in version 5.0 whatever the LLN. It is null without a reason
    where AVAL is null.

    Raises
    ------
    DataError
        For an unknown version, missing variables, NaN, or an unknown BNRIND on a graded record.

    Source
    ------
    NCI CTCAE v4.03, v5.0 and v6.0, rows in ``ctcae.csv``; comparisons protected against floating
    point as in admiral's ``derive_var_atoxgr_dir``.
    """
    check_version(version)
    need_variables(labs, NEEDED, "laboratory")
    _refuse_wrong_values(labs, version, terms)
    needed = [*_NUMBERS, "BNRIND", *({"ANTICOFL"} & set(labs.columns))]
    keys = pl.col("PARAMCD", "AVALU").cast(pl.Categorical)
    parts = (
        labs.select(keys, *needed)
        .with_row_index("_ROW")
        .partition_by("PARAMCD", "AVALU", as_dict=True, include_key=False)
    )
    graded = pl.collect_all(
        (
            _grade_part(part.lazy(), (version, terms.get(key[0], ()), key[1]), options)
            for key, part in parts.items()
        ),
        engine="in-memory",
    )
    columns = pl.concat([pl.DataFrame(schema=_RESULT), *graded]).sort("_ROW").drop("_ROW")
    return labs.drop(columns.columns, strict=False).hstack(columns)


_RESULT: dict[str, pl.DataType] = {
    "_ROW": pl.UInt32(),
    **{
        f"{name}{direction}{suffix}": dtype
        for direction in ("L", "H")
        for name, suffix, dtype in (
            ("ATOXDSC", "", pl.String()),
            ("ATOXGR", "N", pl.Int8()),
            ("ATOXREA", "", pl.String()),
        )
    },
}


def _grade_part(
    part: pl.LazyFrame, key: tuple[str, Sequence[str], str | None], options: GradingOptions
) -> pl.LazyFrame:
    """Grade records of one parameter and unit."""
    version, candidates, unit = key
    for direction in DIRECTIONS:
        term = _term(version, candidates, direction)
        rows = thresholds_of(version, term, direction) if term else ()
        grade = f"ATOXGR{direction}N"
        part = part.with_columns(
            pl.lit(term, dtype=pl.String).alias(f"ATOXDSC{direction}"),
            (_grade(rows, _Context(direction, options), unit) if rows else _NO_GRADE).alias(grade),
        )
        reason = _reason(rows, grade, unit) if rows else pl.lit(None, dtype=pl.String)
        part = part.with_columns(reason.alias(f"ATOXREA{direction}"))
    return part.select(*_RESULT)


_NO_GRADE = pl.lit(None, dtype=pl.Int8)


def _refuse_wrong_values(
    labs: pl.DataFrame, version: str, terms: Mapping[str, Sequence[str]]
) -> None:
    present = set(labs["PARAMCD"].unique())
    needs_flag = [
        code
        for code, candidates in terms.items()
        if any(
            row.applies == "anticoagulated"
            for term in candidates
            for row in thresholds_of(version, term, "H")
        )
    ]
    if present.intersection(needs_flag):
        need_variables(labs, ["ANTICOFL"], "laboratory")
    graded = pl.lit(True) if present <= terms.keys() else pl.col("PARAMCD").is_in(list(terms))
    known = [*LOW, "NORMAL", *HIGH]
    refuse_rows(
        labs,
        {
            **{("ctcae.nan", name, "not a number"): pl.col(name).is_nan() for name in _NUMBERS},
            ("ctcae.bnrind", "BNRIND", "baseline indicator is not LOW, NORMAL or HIGH"): (
                graded & not_in("BNRIND", known)
            ),
        },
        "laboratory",
    )
