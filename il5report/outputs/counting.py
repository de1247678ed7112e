"""Counting subjects with at least one record, for many groups and columns at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from il5report.ard import (
    DENOMINATOR,
    NUMBER_OF_SUBJECTS,
    PROPORTION,
    Rows,
    Scope,
    Stat,
    counted,
    text,
)
from il5report.conditions import MISSING, Condition, expression, quoted
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Column, Context

METHOD = "count of subjects"


def column_sizes(ctx: Context) -> dict[str, int]:
    """Number of subjects of the analysis set in each column."""
    return {column.label: ctx.in_column(column).height for column in ctx.columns}


def add_column_sizes(ctx: Context, rows: Rows) -> None:
    """One row per column: its number of subjects, as printed in the head."""
    for column in ctx.columns:
        size = ctx.in_column(column).height
        name, label, unit = DENOMINATOR
        scope = Scope("columns", "ADSL", groups=column.where, column=column.label)
        rows.add(scope, METHOD, [Stat(name, label, size, unit)])


def add_subjects_with(  # noqa: PLR0913 - the six things a count states
    ctx: Context,
    rows: Rows,
    analysis: str,
    dataset: str,
    subset: Condition | None,
    *,
    level: str = "",
    group: str = "",
    among: Mapping[str, int] | None = None,
) -> None:
    """Subjects of the set with at least one record of `dataset` that meets `subset`: n, N, n/N.

    Parameters
    ----------
    among : Mapping
        Denominator by column; the column's subjects where it is left out.
    """
    found = ctx.records(dataset, subset, keep=("USUBJID",)).select("USUBJID").unique()
    sizes = among if among is not None else column_sizes(ctx)
    for column in ctx.columns:
        n = ctx.in_column(column).join(found, on="USUBJID", how="semi").height
        scope = Scope(
            analysis,
            dataset,
            subset,
            column.where,
            column=column.label,
            level=level,
            group=group,
        )
        rows.add(scope, METHOD, counted(n, sizes[column.label]))


def one_per_subject(ctx: Context, records: pl.DataFrame, dataset: str) -> None:
    """Refuse records of which a subject has more than one, where the display needs one.

    Raises
    ------
    DataError
        With the number of subjects and a few of them.
    """
    twice = records.filter(records["USUBJID"].is_duplicated())["USUBJID"].unique()
    if twice.len():
        message = f"{ctx.id} needs one record per subject; {twice.len()} subjects have more"
        raise DataError(
            [
                Finding(
                    "output.one_record", message, dataset=dataset, count=twice.len(),
                    subjects=some_subjects(twice),
                )
            ]
        )  # fmt: skip


def membership(ctx: Context) -> pl.DataFrame:
    """USUBJID, and one boolean per column of the table named by its position."""
    subjects = ctx.subjects
    return subjects.select(
        "USUBJID",
        *(
            expression(column.where, subjects.schema).alias(str(i))
            for i, column in enumerate(ctx.columns)
        ),
    )


def incidence(
    found: pl.DataFrame, by: Sequence[str], marks: Sequence[str], columns: int
) -> pl.DataFrame:
    """Distinct subjects per group and column.

    Parameters
    ----------
    found : polars.DataFrame
        Subject (``USUBJID``), `by`, boolean `marks` and the columns of `membership`; any number of
        rows per subject and group.
    by, marks : names of the grouping variables, and of the marks counted apart.
    columns : number of columns of the table.

    Returns
    -------
    polars.DataFrame
        `by`, and ``mark|column`` with the number of distinct subjects marked at least once.
    """
    each = found.group_by("USUBJID", *by).agg(
        [pl.col(mark).any() for mark in marks] + [pl.col(str(i)).first() for i in range(columns)]
    )
    counts = [
        (pl.col(mark) & pl.col(str(i))).sum().cast(pl.Float64).alias(f"{mark}|{i}")
        for mark in marks
        for i in range(columns)
    ]
    return each.group_by(*by).agg(counts) if by else each.select(counts)


def add_incidence(  # noqa: PLR0913
    rows: Rows,
    counts: pl.DataFrame,
    mark: str,
    columns: Sequence[Column],
    sizes: Mapping[str, int],
    *,
    analysis: str,
    dataset: str,
    subset: Condition | None,
    variable: str,
    group: str = "",
) -> None:
    """Rows n, N and n/N for every group of `incidence` and every column.

    The group's condition is ``variable == level``, preceded by the same of `group`.
    """
    parts = [_is_level(name) for name in (group, variable) if name]
    where = pl.concat_str(parts, separator=" and ") if parts else pl.lit("")
    base = counts.select(
        pl.lit(analysis).alias("analysis"),
        pl.lit(dataset).alias("dataset"),
        pl.lit(text(subset)).alias("subset_where"),
        pl.lit(METHOD).alias("method"),
        (pl.col(group).fill_null("") if group else pl.lit("")).alias("group"),
        pl.lit(variable).alias("variable"),
        (pl.col(variable).fill_null("") if variable else pl.lit("")).alias("level"),
        where.alias("group_where"),
        *(pl.col(f"{mark}|{i}").alias(str(i)) for i in range(len(columns))),
    )
    for i, column in enumerate(columns):
        rows.add_frame(_stats(base, str(i), column, sizes[column.label]))


def _is_level(name: str) -> pl.Expr:
    """The condition text ``name == level`` for each level of a column."""
    literal = pl.when(pl.col(name).is_null()).then(pl.lit(MISSING)).otherwise(quoted(name))
    return pl.concat_str(pl.lit(f"{name} == "), literal)


def _stats(base: pl.DataFrame, count: str, column: Column, size: int) -> pl.DataFrame:
    """The three numbers of each group in one column."""
    where = column.where
    joint = pl.col("group_where")
    if where is not None:
        prefix = f"({where})" if " or " in str(where) else str(where)
        joint = (
            pl.when(joint == "")
            .then(pl.lit(str(where)))
            .otherwise(pl.concat_str(joint, pl.lit(f" and {prefix}")))
        )
    placed = base.with_columns(joint.alias("group_where"), pl.lit(column.label).alias("column"))
    reason = "" if size else "no subject in the denominator"
    proportion = pl.col(count) / size if size else pl.lit(None, dtype=pl.Float64)
    values = (pl.col(count), pl.lit(float(size)), proportion)
    frames = [
        placed.with_columns(
            pl.lit(name).alias("stat_name"),
            pl.lit(label).alias("stat_label"),
            value.alias("stat"),
            pl.lit(unit).alias("unit"),
            pl.lit(reason if name == PROPORTION[0] else "").alias("reason"),
        )
        for (name, label, unit), value in zip(
            (NUMBER_OF_SUBJECTS, DENOMINATOR, PROPORTION), values, strict=True
        )
    ]
    return pl.concat(frames)
