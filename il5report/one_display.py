"""What one display of the plan comes to: its numbers, then its text."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import replace

import polars as pl

from il5report.ard import Rows, finish
from il5report.output import Context, Shown
from il5report.workers import HERE


def numbers(ctx: Context, first: int = 1) -> pl.DataFrame:
    """The ARD rows of a display, numbered from `first`."""
    rows = Rows()
    ctx.output.analyse(ctx, rows)
    return finish(rows.frame(), ctx.id, ctx.set_name, ctx.set_where, first)


def shown_by(ctx: Context, ard: pl.DataFrame, executor: Executor = HERE) -> Future[Shown]:
    """The display: a listing of its records, everything else of its ARD rows alone."""
    if ctx.output.records:
        return executor.submit(ctx.output.display, ctx, ctx.output.records(ctx))
    return executor.submit(ctx.output.display, replace(ctx, study={}), ard)
