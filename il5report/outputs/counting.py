"""Counting subjects with at least one record, for many groups and columns at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
from il5report.conditions import MISSING, Condition, joined, of_dataset, quoted
from il5report.errors import DataError, Finding, some_subjects
from il5report.output import Context
from il5report.outputs.tally import Counted

METHOD = "count of subjects"
NOBODY = "no subject in the denominator"


def column_sizes(ctx: Context) -> dict[str, int]:
    """Number of subjects of the analysis set in each column."""
    return {
        column.label: int(inside.sum())
        for column, inside in zip(ctx.columns, ctx.members, strict=True)
    }


def add_column_sizes(ctx: Context, rows: Rows) -> None:
    """One row per column: its number of subjects, as printed in the head."""
    name, label, unit = DENOMINATOR
    for column, size in zip(ctx.columns, column_sizes(ctx).values(), strict=True):
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
    found = ctx.subjects_with(dataset, subset)
    sizes = among if among is not None else column_sizes(ctx)
    for column, inside in zip(ctx.columns, ctx.members, strict=True):
        n = int(np.count_nonzero(found & inside))
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
    names = [name for name in (group, variable) if name]
    levels = counted.levels.select(pl.col(names).fill_null(""))
    wheres = [column.where for column in ctx.columns]
    values = _values(
        [counted.counts[line.mark] for line in lines],
        list(column_sizes(ctx).values()),
    )
    # the place of each number, and whether it is of records rather than of the column's subjects
    line, level, column, stat = np.indices(values.shape).reshape(4, -1)
    own = stat != _STATS.index(DENOMINATOR)
    in_level = _conditions(counted.levels, names)
    joint = [*map(text, wheres), *(joined(of, where) for of in in_level for where in wheres)]
    named = _conditions(counted.levels, names, dataset)
    without = ["", *(of for line in lines for of in _without(line.without, dataset, named))]
    name, label, unit = (_spread(texts, stat) for texts in zip(*_STATS, strict=True))
    rows.add_frame(
        pl.DataFrame(
            {
                "analysis": _spread([line.analysis for line in lines], line),
                "column": _spread([column.label for column in ctx.columns], column),
                "group": levels[group].gather(level) if group else "",
                "variable": variable,
                "level": levels[variable].gather(level) if variable else "",
                "method": METHOD,
                "stat_name": name,
                "stat_label": label,
                "stat": pl.Series(values.ravel(), nan_to_null=True),
                "unit": unit,
                "reason": _spread(["", NOBODY], np.isnan(values).ravel()),
                "dataset": _spread(["ADSL", dataset], own),
                "subset_where": _spread(
                    ["", *(text(line.subset) for line in lines)], own * (1 + line)
                ),
                "group_where": _spread(joint, own * (1 + level) * len(wheres) + column),
                "without_where": _spread(without, own * (1 + line * len(in_level) + level)),
            }
        )
    )


def _values(counts: Sequence[NDArray[np.int64]], sizes: Sequence[int]) -> NDArray[np.float64]:
    """n, N and n/N: (line, level, column, statistic), missing where there is none."""
    n = np.array(counts, np.float64)
    total = np.broadcast_to(np.array(sizes, np.float64), n.shape)
    proportion = np.divide(n, total, out=np.full(n.shape, np.nan), where=total > 0)
    return np.stack([n, total, proportion], axis=-1)


def _spread(texts: Sequence[str], place: NDArray[np.int64]) -> pl.Series:
    """The text at each place."""
    return pl.Series(texts, dtype=pl.String).gather(place)


def _conditions(levels: pl.DataFrame, names: Sequence[str], dataset: str = "") -> list[str]:
    """The condition text ``name == level and ...`` of each level; empty without names."""
    if not names:
        return [""] * levels.height
    parts = []
    for name in names:
        literal = pl.when(pl.col(name).is_null()).then(pl.lit(MISSING)).otherwise(quoted(name))
        parts += [
            pl.lit(f"{dataset}.{name} == " if dataset else f"{name} == "),
            literal,
            pl.lit(" and "),
        ]
    return levels.select(pl.concat_str(parts[:-1])).to_series().to_list()


def _without(where: Condition | None, dataset: str, levels: Sequence[str]) -> list[str]:
    """By level, the condition text of its records that leave a subject out."""
    if where is None:
        return [""] * len(levels)
    first = str(of_dataset(where, dataset))
    return [f"{first} and {level}" if level else first for level in levels]


_STATS = (NUMBER_OF_SUBJECTS, DENOMINATOR, PROPORTION)
