"""Counting subjects with at least one record, for many groups and columns at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.analyse.incidence import incidence, worst_incidence
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
from il5report.conditions import MISSING, Condition, expression, of_dataset, quoted
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


class Counted(NamedTuple):
    """Distinct subjects per level and column: `levels` of the `by` variables, a count array of
    shape (levels, columns) for each mark and each worst grade."""

    levels: pl.DataFrame
    counts: Mapping[str, NDArray[np.int64]]


class Tally:
    """Counts subjects with records, level by level.

    Parameters
    ----------
    records : polars.DataFrame
        Records of the set's subjects, in any order and number.
    marks : conditions, such as a severity band, each counted apart.
    grades : conditions that exclude each other, from mild to severe: a subject counts with the
        worst that a record of the level meets.
    """

    def __init__(
        self,
        ctx: Context,
        records: pl.DataFrame,
        marks: Mapping[str, Condition | None],
        grades: Mapping[str, Condition] = {},
    ) -> None:
        subjects = ctx.subjects
        order = pl.Enum(subjects["USUBJID"].to_list())
        self._records = records
        self._who = records["USUBJID"].cast(order).to_physical().cast(pl.Int64).to_numpy()
        self._members = [_mask(subjects, column.where) for column in ctx.columns]
        self._marks = {mark: _mask(records, where) for mark, where in marks.items()}
        self._grades = tuple(grades)
        self._rank = np.zeros(records.height, np.int64)
        for place, where in enumerate(grades.values(), 1):
            self._rank[_mask(records, where)] = place
        self._codes: dict[str, tuple[pl.Series, NDArray[np.int64]]] = {}

    def by(self, *variables: str) -> Counted:
        """Counts for each combination of the variables' values; without any, one count."""
        levels, kind = self._levels(variables)
        counts = {}
        for mark, inside in self._marks.items():
            everything = bool(inside.all())
            found = incidence(
                self._who if everything else self._who[inside],
                kind if everything else kind[inside],
                kinds=levels.height,
                members=self._members,
            )
            counts[mark] = found.n
        if self._grades:
            worst = worst_incidence(
                self._who, kind, self._rank, kinds=levels.height, ranks=len(self._grades) + 1,
                members=self._members,
            )  # fmt: skip
            counts |= {grade: worst.n[:, i] for i, grade in enumerate(self._grades, 1)}
        return Counted(levels, counts)

    def _levels(self, variables: Sequence[str]) -> tuple[pl.DataFrame, NDArray[np.int64]]:
        """The distinct combinations, and the position of each record's among them."""
        if not variables:
            return pl.DataFrame({"": [""]}), np.zeros(self._records.height, np.int64)
        codes, size = np.zeros(self._records.height, np.int64), 1
        for name in variables:
            values, own = self._coded(name)
            codes, size = codes * values.len() + own, size * values.len()
        used = np.zeros(size, np.bool_)
        used[codes] = True
        rest, columns = np.flatnonzero(used), {}
        for name in reversed(variables):
            values, _ = self._coded(name)
            rest, place = np.divmod(rest, values.len())
            columns[name] = values.gather(place)
        return pl.DataFrame([columns[name] for name in variables]), (np.cumsum(used) - 1)[codes]

    def _coded(self, name: str) -> tuple[pl.Series, NDArray[np.int64]]:
        """The values of a text variable, missing last, and the place of each record's."""
        if name not in self._codes:
            column = self._records[name]
            found = column.unique().drop_nulls().sort()
            places = column.cast(pl.Enum(found)).to_physical().cast(pl.Int64)
            coded = places.fill_null(found.len()).to_numpy()
            self._codes[name] = found.extend_constant(None, 1), coded
        return self._codes[name]


def _mask(frame: pl.DataFrame, condition: Condition | None) -> NDArray[np.bool_]:
    """Which records meet the condition."""
    where = expression(condition, frame.schema)
    return frame.select(pl.repeat(True, pl.len()) & where).to_series().to_numpy()


def add_incidence(  # noqa: PLR0913
    ctx: Context,
    rows: Rows,
    counted: Counted,
    mark: str,
    *,
    analysis: str,
    dataset: str,
    subset: Condition | None,
    variable: str,
    group: str = "",
    without: Condition | None = None,
) -> None:
    """Rows n, N and n/N for every level and every column of the table.

    The level's condition is ``variable == level``, preceded by the same of `group`; subjects with
    a record of the same level that meets `without` are left out.
    """
    parts = [_is_level(name) for name in (group, variable) if name]
    base = counted.levels.select(
        pl.lit(analysis).alias("analysis"),
        pl.lit(dataset).alias("dataset"),
        pl.lit(text(subset)).alias("subset_where"),
        pl.lit(METHOD).alias("method"),
        (pl.col(group).fill_null("") if group else pl.lit("")).alias("group"),
        pl.lit(variable).alias("variable"),
        (pl.col(variable).fill_null("") if variable else pl.lit("")).alias("level"),
        (pl.concat_str(parts, separator=" and ") if parts else pl.lit("")).alias("group_where"),
        _without(dataset, without, (group, variable)).alias("without_where"),
    )
    frames = []
    for i, column in enumerate(ctx.columns):
        n = pl.Series("count", counted.counts[mark][:, i], dtype=pl.Float64)
        size = ctx.in_column(column).height
        frames.append(_stats(base.with_columns(n).lazy(), "count", column, size))
    for frame in pl.collect_all(frames):
        rows.add_frame(frame)


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


def _stats(base: pl.LazyFrame, count: str, column: Column, size: int) -> pl.LazyFrame:
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
    whole = {
        "dataset": "ADSL", "subset_where": "", "group_where": text(where), "without_where": "",
    }  # fmt: skip
    frames = [
        placed.with_columns(
            *(pl.lit(v).alias(k) for k, v in whole.items() if name == DENOMINATOR[0]),
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
