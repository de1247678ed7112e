"""What one display of the plan comes to: its numbers, then its text."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import NamedTuple

import polars as pl

from il5report.ard import Rows, finish
from il5report.conditions import Condition
from il5report.output import Context, Shown
from il5report.workers import HERE


class Place(NamedTuple):
    """What all rows of a display have in common, and the number of the first."""

    output: str
    analysis_set: str
    set_where: Condition | None
    first: int


def place_of(ctx: Context, first: int = 1) -> Place:
    """The place of a display whose rows are numbered from `first`."""
    return Place(ctx.id, ctx.set_name, ctx.set_where, first)


def analysed(ctx: Context) -> Rows:
    """The numbers of a display, from the data; slow ones are still to be made."""
    rows = Rows()
    ctx.output.analyse(ctx, rows)
    return rows


def numbered(rows: Rows, place: Place) -> pl.DataFrame:
    """The ARD rows of a display."""
    return finish(rows.frame(), *place)


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
        self._ctx = ctx if ctx.output.records else ctx.about({})  # goes to another process
        self._executor = executor if ctx.output.kind == "figure" else HERE
        there = executor if rows.slow else HERE
        self._ard = there.submit(numbered, rows, place_of(ctx, first))
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
