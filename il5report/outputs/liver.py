"""Transaminases against bilirubin, as multiples of the upper limit of normal: who falls where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import polars as pl

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, Condition, all_of, both, expression
from il5report.output import Column, Context, Needs
from il5report.outputs.counting import METHOD, column_sizes
from il5report.plan.base import Model, Text, Where

BOTH = "Both raised"
TRANSAMINASE = "Transaminase alone raised"
BILIRUBIN = "Bilirubin alone raised"
NEITHER = "Neither raised"
NO_VALUE = "No value of one of the two"
QUADRANTS = (BOTH, TRANSAMINASE, BILIRUBIN, NEITHER)
PAIRED = "paired"
WITHOUT_CHOLESTASIS = "without cholestasis"


class LiverOptions(Model):
    """`subset`: the records of `dataset` after baseline; `ratio`: the variable that holds a value
    as a multiple of its upper limit.

    Raised: a transaminase of `transaminase` times the limit or more, bilirubin above `bilirubin`
    times. They belong together where bilirubin is raised on the day of a raised transaminase or
    within `days` after it; without cholestasis where alkaline phosphatase was not
    `alkaline_phosphatase` times its limit or more on any day up to then.
    """

    dataset: Text = "ADLB"
    subset: Where
    ratio: Text = "R2ANRHI"
    transaminases: tuple[Text, ...] = ("ALT", "AST")
    bilirubin_code: Text = "BILI"
    alkaline_phosphatase_code: Text = "ALP"
    transaminase: float = 3
    bilirubin: float = 2
    alkaline_phosphatase: float = 2
    days: int

    def raised(self, kind: Literal["transaminase", "bilirubin", "alkaline"]) -> Condition:
        """The records that count as raised."""
        if kind == "bilirubin":
            return both(
                self.of((self.bilirubin_code,)), Comparison(self.ratio, "GT", (self.bilirubin,))
            )
        codes, least = self.transaminases, self.transaminase
        if kind == "alkaline":
            codes, least = (self.alkaline_phosphatase_code,), self.alkaline_phosphatase
        return both(self.of(codes), Comparison(self.ratio, "GE", (least,)))

    def of(self, codes: tuple[str, ...]) -> Condition:
        """The records of parameters that have a value."""
        of_parameter = both(Comparison("PARAMCD", "IN", codes), Comparison(self.ratio, "NE", ()))
        return both(self.subset, of_parameter)


class Joint(NamedTuple):
    """A line of joint counts: analysis, level, who, and the parameters their records are of."""

    analysis: str
    level: str
    who: pl.Expr


def needs(options: LiverOptions) -> Needs:
    """The variables, and the condition on them."""
    names = ["USUBJID", "PARAMCD", "ADT", options.ratio]
    return Needs({options.dataset: names}, [(options.dataset, options.subset)])


def peaks(ctx: Context, options: LiverOptions) -> pl.DataFrame:
    """Every subject of the set: USUBJID, TRANSAMINASE and BILIRUBIN (highest multiple, null where
    there is no value), QUADRANT, and whether PAIRED and UNBLOCKED (paired without cholestasis)."""
    codes = (*options.transaminases, options.bilirubin_code, options.alkaline_phosphatase_code)
    records = ctx.records(
        options.dataset, options.of(codes), keep=("PARAMCD", "ADT", options.ratio)
    )
    ratio, code = pl.col(options.ratio), pl.col("PARAMCD")
    found = records.group_by("USUBJID").agg(
        TRANSAMINASE=ratio.filter(code.is_in(options.transaminases)).max(),
        BILIRUBIN=ratio.filter(code == options.bilirubin_code).max(),
    )
    high = pl.col("TRANSAMINASE") >= options.transaminase
    yellow = pl.col("BILIRUBIN") > options.bilirubin
    quadrant = (
        pl.when(high.is_null() | yellow.is_null()).then(pl.lit(NO_VALUE))
        .when(high & yellow).then(pl.lit(BOTH))
        .when(high).then(pl.lit(TRANSAMINASE))
        .when(yellow).then(pl.lit(BILIRUBIN))
        .otherwise(pl.lit(NEITHER))
    )  # fmt: skip
    paired, unblocked = _pairs(options, records)
    return (
        ctx.subjects.select("USUBJID")
        .join(found, on="USUBJID", how="left", maintain_order="left")
        .with_columns(
            QUADRANT=quadrant,
            PAIRED=pl.col("USUBJID").is_in(paired.implode()),
            UNBLOCKED=pl.col("USUBJID").is_in(unblocked.implode()),
        )
    )


def _pairs(options: LiverOptions, records: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Subjects with raised bilirubin soon after a raised transaminase; those without cholestasis
    up to the first time."""

    def of(kind: Literal["transaminase", "bilirubin", "alkaline"], date: str) -> pl.DataFrame:
        inside = expression(options.raised(kind), records.schema)
        return records.filter(inside).select("USUBJID", pl.col("ADT").alias(date)).unique()

    later = (pl.col("_BILIRUBIN") - pl.col("_RAISED")).dt.total_days()
    first = (
        of("transaminase", "_RAISED")
        .join(of("bilirubin", "_BILIRUBIN"), on="USUBJID")
        .filter(later.is_between(0, options.days))
        .group_by("USUBJID")
        .agg(pl.col("_BILIRUBIN").min())
    )
    blocked = (
        of("alkaline", "_BLOCKED")
        .join(first, on="USUBJID")
        .filter(pl.col("_BLOCKED") <= pl.col("_BILIRUBIN"))
    )
    return first["USUBJID"], first.join(blocked, on="USUBJID", how="anti")["USUBJID"]


def joint_lines() -> Iterator[Joint]:
    """The counts that need both values."""
    for level in (*QUADRANTS, NO_VALUE):
        yield Joint("quadrant", level, pl.col("QUADRANT") == level)
    yield Joint("joint", PAIRED, pl.col("PAIRED"))
    yield Joint("joint", WITHOUT_CHOLESTASIS, pl.col("UNBLOCKED"))


def add_joint(ctx: Context, rows: Rows, options: LiverOptions, found: pl.DataFrame) -> None:
    """Subjects of each quadrant, and of raised values that belong together, of all in a column."""
    sizes = column_sizes(ctx)
    for column in ctx.columns:
        mine = ctx.in_column(column).select("USUBJID").join(found, on="USUBJID")
        for line in joint_lines():
            who = mine.filter(line.who)["USUBJID"].sort().to_list()
            scope = _scope(options, column, line, tuple(who))
            rows.add(scope, METHOD, counted(len(who), sizes[column.label]))


def _scope(options: LiverOptions, column: Column, line: Joint, who: tuple[str, ...]) -> Scope:
    """The records of these subjects; the subjects themselves where a value is missing."""
    named = Comparison("USUBJID", "IN", who)
    codes = (*options.transaminases, options.bilirubin_code)
    dataset = options.dataset if line.level != NO_VALUE else "ADSL"
    subset = all_of(options.of(codes), named) if dataset == options.dataset else named
    return Scope(
        line.analysis, dataset, subset, column.where, column=column.label, level=line.level
    )
