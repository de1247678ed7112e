"""What the displays of a design share: subjects in the order of entry, and who responded."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from il5report.ard import Rows, Scope, counted
from il5report.conditions import Comparison, Condition, both
from il5report.output import Column, Context, Needs
from il5report.outputs.counting import METHOD
from il5report.plan.base import Model, Text, Where


class ResponseOptions(Model):
    """`response`: subjects with such a record of `dataset` responded; `order`: the date in ADSL by
    which they entered."""

    dataset: Text = "ADRS"
    response: Where
    order: Text = "TRTSDT"


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
