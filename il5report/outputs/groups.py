"""The columns of kinetics displays: those of the plan, or groups by another record of a subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from il5report.ard import DENOMINATOR, Rows, Scope, Stat
from il5report.conditions import Compound, Condition, both, comparisons, of_dataset
from il5report.errors import DataError, Finding, some_subjects
from il5report.masks import Mask
from il5report.output import Context
from il5report.outputs.counting import METHOD, one_per_subject
from il5report.outputs.selection import Records
from il5report.plan.base import Model, Text, Where


class Level(Model):
    """A group: the subjects whose record meets `where`."""

    label: Text
    where: Where


class Grouping(Model):
    """Groups by the one record per subject of `dataset` that meets `where`; no total beside
    them."""

    dataset: Text
    where: Where
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Group:
    """A column: which subjects of the set it holds; `groups` and `without` find their records,
    `of` its N."""

    label: str
    subjects: Mask
    groups: Condition | None = None
    without: Condition | None = None
    of: Condition | None = None
    of_dataset: str = "ADSL"


def conditions(grouping: Grouping | None) -> list[tuple[str, Condition | None]]:
    """What `needs` must name."""
    if grouping is None:
        return []
    wheres = (grouping.where, *(level.where for level in grouping.levels))
    return [(grouping.dataset, where) for where in wheres]


def groups(ctx: Context, grouping: Grouping | None) -> Sequence[Group]:
    """The columns of a display.

    Raises
    ------
    DataError
        Subjects of the set without a record to group them by, or with more than one.
    """
    if grouping is None:
        columns = zip(ctx.columns, ctx.members, strict=True)
        return [Group(c.label, subjects, c.where) for c, subjects in columns]
    wheres = [level.where for level in grouping.levels]
    keep = ("USUBJID", *(c.variable for where in wheres for c in comparisons(where)))
    found = ctx.records(grouping.dataset, grouping.where, keep=keep)
    one_per_subject(ctx, found, grouping.dataset)
    records, made = Records(ctx, grouping.dataset, found), []
    _everybody(ctx, records, grouping)
    for level in grouping.levels:
        other = both(grouping.where, Compound("NOT", (level.where,)))
        made.append(
            Group(
                level.label,
                records.subjects(level.where),
                without=of_dataset(other, grouping.dataset),
                of=both(grouping.where, level.where),
                of_dataset=grouping.dataset,
            )
        )
    return made


def _everybody(ctx: Context, records: Records, grouping: Grouping) -> None:
    left = ctx.subjects["USUBJID"].filter(pl.Series(~records.subjects(None)))
    if left.len():
        message = f"{ctx.id} groups subjects by {grouping.where}; {left.len()} have no such record"
        raise DataError(
            [
                Finding(
                    "output.group", message, dataset=grouping.dataset, count=left.len(),
                    subjects=some_subjects(left),
                )
            ]
        )  # fmt: skip


def add_sizes(rows: Rows, columns: Sequence[Group]) -> None:
    """The N of each column."""
    name, label, unit = DENOMINATOR
    for group in columns:
        scope = Scope(
            "columns", "ADSL", groups=group.groups, without=group.without, of=group.of,
            of_dataset=group.of_dataset, column=group.label,
        )  # fmt: skip
        rows.add(scope, METHOD, [Stat(name, label, int(group.subjects.sum()), unit)])


def labels(ctx: Context, grouping: Grouping | None) -> list[str]:
    """The heads of the columns."""
    if grouping is None:
        return [c.label for c in ctx.columns]
    return [level.label for level in grouping.levels]
