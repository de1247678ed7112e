"""A data set as the package holds it, whatever file it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import polars as pl


@dataclass(frozen=True)
class Dataset:
    """One SDTM or ADaM data set, normalised.

    Attributes
    ----------
    name : str
        Upper case, e.g. ``"ADAE"``.
    frame : polars.DataFrame
        Upper-case variable names. Text is String, never blank-padded, never ``''`` (null instead);
        numbers are Float64; ADaM dates are Date, datetimes Datetime("us"), times Time;
        ``--DTC`` stay ISO 8601 text, partial where they are partial.
    label : str
        Data set label, or empty.
    labels : Mapping[str, str]
        Variable to label.
    """

    name: str
    frame: pl.DataFrame
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> pl.Schema:
        """The types of the variables; asked for often, and slow to make."""
        return self.frame.schema

    def label_of(self, variable: str) -> str:
        """The variable's label, or its name where the source has none."""
        return self.labels.get(variable) or variable


SYNTHETIC_STUDY = "IL5-DEMO"
"""STUDYID of the demo study: data with it are marked as synthetic on every page."""

Study: TypeAlias = Mapping[str, Dataset]


def beside(
    dataset: Dataset,
    subjects: pl.DataFrame,
    keep: Collection[str] | None = None,
    where: pl.Expr | None = None,
    mine: pl.Series | None = None,
) -> pl.DataFrame:
    """The records of these subjects, with the variables of ADSL that the data set lacks.

    Parameters
    ----------
    dataset : Dataset
        Any data set with USUBJID.
    subjects : polars.DataFrame
        Rows of ADSL, one per subject.
    keep : collection of str
        The variables wanted, beside USUBJID; all where left out.
    where : polars.Expr
        Which of the records, by these variables; all where left out.
    mine : polars.Series
        Which records of the data set are of these subjects, where that is known already.
    """
    own = dataset.frame
    if mine is None:
        mine = own["USUBJID"].is_in(subjects["USUBJID"].implode())
    theirs = pl.lit(mine)
    where = pl.lit(True) if where is None else where
    if dataset.name == "ADSL":
        return own.filter(theirs & where)
    wanted = set(own.columns) | set(subjects.columns) if keep is None else {"USUBJID", *keep}
    found = own.select(c for c in own.columns if c in wanted)
    added = [c for c in subjects.columns if c in wanted and c not in own.columns]
    if not added:
        return found.filter(theirs & where)
    further = subjects.select("USUBJID", *added)
    joined = found.filter(theirs).join(further, on="USUBJID", how="left", maintain_order="left")
    return joined.filter(where)
