"""What one display of the plan comes to: its numbers, then its text."""

from __future__ import annotations

from concurrent.futures import Executor, Future

import polars as pl

from il5report.ard import Rows, finish
from il5report.output import Context, Shown
from il5report.workers import HERE


def analysed(ctx: Context) -> Rows:
    """The numbers of a display, from the data; slow ones are still to be made."""
    rows = Rows()
    ctx.output.analyse(ctx, rows)
    return rows


def numbered(ctx: Context, rows: Rows, first: int) -> pl.DataFrame:
    """The ARD rows of a display, numbered from `first`."""
    return finish(rows.frame(), ctx.id, ctx.set_name, ctx.set_where, first)


def shown_by(ctx: Context, ard: pl.DataFrame) -> Shown:
    """The display: a listing of its records, everything else of its ARD rows alone."""
    if ctx.output.records:
        return ctx.output.display(ctx, ctx.output.records(ctx))
    return ctx.output.display(ctx.about({}), ard)


class Making:
    """A display on its way: `executor` makes slow numbers and draws figures.

    Parameters
    ----------
    ctx, rows
        The display and its numbers.
    first : int
        Number of its first row in the ARD.
    """

    def __init__(self, ctx: Context, rows: Rows, first: int, executor: Executor = HERE) -> None:
        bare = ctx.about({})  # goes to another process
        self._ctx = ctx if ctx.output.records else bare
        self._executor = executor if ctx.output.kind == "figure" else HERE
        there = executor if rows.slow else HERE
        self._ard = there.submit(numbered, bare, rows, first)
        self._shown: Future[Shown] | None = None
        self.go_on()

    def go_on(self) -> bool:
        """Begin with the text or the drawing once the numbers are there; whether it is begun."""
        if self._shown is None and self._ard.done():
            self._shown = self._executor.submit(shown_by, self._ctx, self._ard.result())
        return self._shown is not None

    def hurry(self) -> None:
        """Draw here what nobody has begun to draw."""
        if self._shown is not None and self._shown.cancel():
            self._shown = HERE.submit(shown_by, self._ctx, self._ard.result())

    def result(self) -> tuple[pl.DataFrame, Shown]:
        """The ARD rows and the display, waited for."""
        ard = self._ard.result()
        self.go_on()
        assert self._shown is not None
        return ard, self._shown.result()
