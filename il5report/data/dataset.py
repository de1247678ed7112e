"""A data set as the package holds it, whatever file it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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

    def label_of(self, variable: str) -> str:
        """The variable's label, or its name where the source has none."""
        return self.labels.get(variable) or variable


Study: TypeAlias = Mapping[str, Dataset]
