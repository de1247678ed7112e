"""The records and subjects that the many lines and columns of one display ask for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from il5report.conditions import Condition, comparisons
from il5report.masks import Mask, Masks
from il5report.output import Context, Needs


class Records:
    """Records of a data set of the set's subjects, in the order of the data.

    Parameters
    ----------
    frame : polars.DataFrame
        The records, with the variables that conditions on them use.
    """

    def __init__(self, ctx: Context, frame: pl.DataFrame) -> None:
        self._ctx, self.frame = ctx, frame
        self.meet = Masks(frame)
        """Which of the records meet a condition."""

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """The place of each record's subject among the subjects of the set."""
        return self._ctx.places(self.frame)

    @cached_property
    def columns(self) -> list[Mask]:
        """Which of the records are of the subjects of each column."""
        return self._ctx.split(self.frame)

    def subjects(self, where: Condition | None) -> Mask:
        """Which subjects of the set have a record that meets the condition."""
        found = np.zeros(self._ctx.subjects.height, np.bool_)
        found[self.places[self.meet(where)]] = True
        return found


class Selection:
    """The data sets that a display needs, each looked up once, with the variables that conditions
    on ADSL use beside their own.

    Parameters
    ----------
    needs : Needs
        The variables and conditions that are asked for.
    """

    def __init__(self, ctx: Context, needs: Needs) -> None:
        self._ctx = ctx
        self._used = {dataset: {"USUBJID", *names} for dataset, names in needs.variables.items()}
        for dataset, where in needs.conditions:
            used = self._used.setdefault(dataset, {"USUBJID"})
            used.update(c.variable for c in comparisons(where))
        self._found: dict[str, Records] = {}

    def __getitem__(self, dataset: str) -> Records:
        """The records of a data set."""
        if dataset not in self._found:
            keep = sorted({"USUBJID"}.union(*(self._used.get(d, ()) for d in (dataset, "ADSL"))))
            own = self._ctx.subjects if dataset == "ADSL" else self._ctx.records(dataset, keep=keep)
            self._found[dataset] = Records(self._ctx, own)
        return self._found[dataset]

    @cached_property
    def columns(self) -> list[Mask]:
        """Which subjects of the set are in each column."""
        return self._ctx.split(self._ctx.subjects)
