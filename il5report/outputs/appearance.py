"""How the columns of a display are drawn: the same dose level the same in every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from il5report.display.plot import Look, looks
from il5report.output import Column, Context

DOSES = "default"  # the plan's columns that every table has where it names no others


def parts(ctx: Context) -> list[Column]:
    """The columns without a total beside others: what a figure tells apart."""
    return [c for c in ctx.columns if c.where is not None or len(ctx.columns) == 1]


def total(ctx: Context) -> str | None:
    """The label of the column of all subjects, if there is one."""
    return next((c.label for c in ctx.columns if c.where is None), None)


def column_looks(ctx: Context, labels: Sequence[str] | None = None) -> Mapping[str, Look]:
    """The look of each column, or of the groups named in their place."""
    spec = ctx.plan.columns.get(DOSES)
    shown = [c.label for c in ctx.columns] if labels is None else labels
    doses = list(spec.levels.values()) if spec else []
    return looks(shown, doses, total(ctx))
