"""Counting subjects with at least one record, for many groups and columns at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
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
from il5report.conditions import MISSING, Condition, of_dataset, quoted
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Context
from il5report.outputs.tally import Counted

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
    for column, mine in zip(ctx.columns, ctx.split(found), strict=True):
        n = int(mine.sum())
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


def one_per_subject(
    ctx: Context, records: pl.DataFrame, dataset: str, of: Sequence[str] = ()
) -> None:
    """Refuse records of which a subject has more than one, where the display needs one; more than
    one for each value of the variables `of`, such as a visit.

    Raises
    ------
    DataError
        With the number of subjects and a few of them.
    """
    repeated = records[["USUBJID", *of]].is_duplicated()
    if repeated.any():
        twice = records["USUBJID"].filter(repeated).unique()
        message = f"{ctx.id} needs one record per subject; {twice.len()} subjects have more"
        raise DataError(
            [
                Finding(
                    "output.one_record", message, dataset=dataset, count=twice.len(),
                    subjects=some_subjects(twice),
                )
            ]
        )  # fmt: skip


class Line(NamedTuple):
    """What is counted in one band of a table: the mark or grade of `Counted`, the name of the
    analysis, the records of the data set, and the condition that leaves out subjects with a record
    of the same level."""

    mark: str
    analysis: str
    subset: Condition | None
    without: Condition | None = None


def add_incidence(  # noqa: PLR0913
    ctx: Context,
    rows: Rows,
    counted: Counted,
    lines: Sequence[Line],
    *,
    dataset: str,
    variable: str,
    group: str = "",
) -> None:
    """Rows n, N and n/N for every line, level and column of the table.

    The level's condition is ``variable == level``, preceded by the same of `group`.
    """
    parts = [_is_level(name) for name in (group, variable) if name]
    levels = counted.levels.select(
        *counted.levels.columns,
        (pl.col(group).fill_null("") if group else pl.lit("")).alias("_group"),
        (pl.col(variable).fill_null("") if variable else pl.lit("")).alias("_level"),
        (pl.concat_str(parts, separator=" and ") if parts else pl.lit("")).alias("group_where"),
    ).join(_of_columns(ctx), how="cross", maintain_order="left_right")
    rows.add_frame(
        _stats(
            pl.concat(
                levels.select(
                    "column",
                    "where",
                    DENOMINATOR[0],
                    "group_where",
                    pl.col("_group").alias("group"),
                    pl.col("_level").alias("level"),
                    pl.Series(
                        NUMBER_OF_SUBJECTS[0], counted.counts[line.mark].ravel(), dtype=pl.Float64
                    ),
                    pl.lit(line.analysis).alias("analysis"),
                    pl.lit(text(line.subset)).alias("subset_where"),
                    _without(dataset, line.without, (group, variable)).alias("without_where"),
                    pl.lit(variable).alias("variable"),
                    pl.lit(dataset).alias("dataset"),
                    pl.lit(METHOD).alias("method"),
                )
                for line in lines
            )
        )
    )


def _of_columns(ctx: Context) -> pl.DataFrame:
    """Label, condition and number of subjects of each column."""
    return pl.DataFrame(
        {
            "column": [column.label for column in ctx.columns],
            "where": [text(column.where) for column in ctx.columns],
            DENOMINATOR[0]: [float(ctx.in_column(column).height) for column in ctx.columns],
        }
    )


def _is_level(name: str, dataset: str = "") -> pl.Expr:
    """The condition text ``name == level`` for each level of a column."""
    literal = pl.when(pl.col(name).is_null()).then(pl.lit(MISSING)).otherwise(quoted(name))
    return pl.concat_str(pl.lit(f"{dataset}.{name} == " if dataset else f"{name} == "), literal)


def _without(dataset: str, where: Condition | None, names: Sequence[str]) -> pl.Expr:
    """The condition text of the records of the same level that leave a subject out."""
    if where is None:
        return pl.lit("")
    parts = [pl.lit(str(of_dataset(where, dataset)))]
    return pl.concat_str([*parts, *(_is_level(n, dataset) for n in names if n)], separator=" and ")


def _stats(places: pl.DataFrame) -> pl.DataFrame:
    """The three numbers of each place, one after the other."""
    n, size, where = (pl.col(c) for c in (NUMBER_OF_SUBJECTS[0], DENOMINATOR[0], "where"))
    also = pl.when(where.str.contains(" or ", literal=True)).then(pl.format("({})", where))
    joint = (
        pl.when(where == "").then("group_where").when(pl.col("group_where") == "").then(where)
        .otherwise(pl.format("{} and {}", "group_where", also.otherwise(where)))
    )  # fmt: skip
    none = pl.when(size == 0).then(pl.lit("no subject in the denominator")).otherwise(pl.lit(""))
    shared = ["analysis", "method", "column", "group", "variable", "level"]
    own = ("dataset", "subset_where", joint.alias("group_where"), "without_where")
    whole = (
        pl.lit("ADSL").alias("dataset"), pl.lit("").alias("subset_where"),
        where.alias("group_where"), pl.lit("").alias("without_where"),
    )  # fmt: skip
    three = [
        places.lazy().select(
            *shared, *source, value.alias("stat"), reason.alias("reason"),
            *(pl.lit(v).alias(k) for k, v in zip(_STAT, stat, strict=True)),
        )
        for stat, value, reason, source in (
            (NUMBER_OF_SUBJECTS, n, pl.lit(""), own),
            (DENOMINATOR, size, pl.lit(""), whole),
            (PROPORTION, pl.when(size > 0).then(n / size), none, own),
        )
    ]  # fmt: skip
    in_turn = np.arange(3 * places.height).reshape(3, -1).T.ravel()
    return pl.concat(pl.collect_all(three))[in_turn]


_STAT = ("stat_name", "stat_label", "unit")
