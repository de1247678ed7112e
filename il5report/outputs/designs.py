"""What the displays of a design share: subjects in the order of entry, and who responded."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, Condition, all_of, both
from il5report.output import Column, Context, Needs
from il5report.outputs.counting import METHOD
from il5report.plan.base import Model, Text, Where


class ResponseOptions(Model):
    """`response`: subjects with such a record of `dataset` responded; `order`: the date in ADSL by
    which they entered."""

    dataset: Text = "ADRS"
    response: Where
    order: Text = "TRTSDT"


class EventOptions(Model):
    """`event`: subjects with such a record of `dataset` had the event, such as a toxicity."""

    dataset: Text = "ADSL"
    event: Where

    @property
    def needs(self) -> Needs:
        return Needs({self.dataset: ["USUBJID"]}, [(self.dataset, self.event)])

    def had(
        self, ctx: Context, analysis: str, column: Column, level: Column | None = None
    ) -> tuple[Scope, int, int]:
        """Subjects of a column (of a level within it) with the event and in all, and where."""
        among, label = (level.where, level.label) if level else (None, "")
        found = ctx.records(self.dataset, self.event, keep=("USUBJID",))
        mine = ctx.in_column(column, among)
        scope = Scope(
            analysis, self.dataset, self.event, all_of(column.where, among), column=column.label,
            level=label,
        )  # fmt: skip
        return scope, mine.join(found, on="USUBJID", how="semi").height, mine.height


class Prior(Model):
    """A beta prior."""

    label: Text
    a: float
    b: float

    @property
    def said(self) -> str:
        """As it is printed."""
        return f"{self.label}: beta({self.a:g}, {self.b:g})"


class Responded(NamedTuple):
    """The first subjects of a column: how many responded, how many there are, and who."""

    n: int
    total: int
    who: Condition


def needs(options: ResponseOptions) -> Needs:
    names = {"ADSL": ["USUBJID", options.order], options.dataset: ["USUBJID"]}
    return Needs(names, [(options.dataset, options.response)])


def first(ctx: Context, options: ResponseOptions, column: Column, size: int) -> Responded:
    """The first `size` subjects of a column by the date of entry, then by USUBJID."""
    entered = ctx.in_column(column).sort(options.order, "USUBJID", nulls_last=True).head(size)
    found = ctx.records(options.dataset, options.response, keep=("USUBJID",))
    n = entered.join(found, on="USUBJID", how="semi").height
    who = Comparison("USUBJID", "IN", tuple(entered["USUBJID"].sort()))
    return Responded(n, entered.height, who)


def add_responded(rows: Rows, options: ResponseOptions, place: Scope, found: Responded) -> None:
    """n, N and n/N of them."""
    scope = replace(
        place, dataset=options.dataset, subset=both(options.response, found.who), of=found.who
    )
    rows.add(scope, METHOD, counted(found.n, found.total))
