"""The report's section on quality control: what other software computed a second time."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from il5report.display.model import Block, Cell, Display, Head, Row, paragraph
from il5report.display.view import NE, table
from il5report.outputs.second_computation import SECOND, difference


def quality(ard: pl.DataFrame, displays: Sequence[Display]) -> tuple[Block, ...]:
    """Every display with a Kaplan-Meier estimate, and how far the second computation is away.

    None where no display has one.
    """
    checks = ard.filter(pl.col("analysis") == SECOND)
    if checks.is_empty():
        return ()
    of_output = checks.partition_by("output", as_dict=True)
    rows = [
        Row(f"{d.kind.capitalize()} {d.number}: {d.title}", _cells(of_output[d.id,]))
        for d in displays
        if (d.id,) in of_output
    ]
    heads = [
        Head("Display"),
        *(
            Head(text, align="right")
            for text in ("Curves", "Times compared", "Largest difference of a probability")
        ),
    ]
    by = checks["method"][0]
    said = (
        f"Every Kaplan-Meier estimate is computed a second time by {by}: survival and its log-log "
        f"limits, at all times at which survival is between 0 and 1. {NE}: at no time."
    )
    block = table(heads, rows)
    return paragraph(said), block


def _cells(checks: pl.DataFrame) -> tuple[Cell, ...]:
    """Curves with something to compare, times, largest difference."""
    times = checks.filter((pl.col("stat_name") == "n_times") & (pl.col("stat") > 0))
    largest = checks.filter((pl.col("stat_name") == "largest") & pl.col("stat").is_not_null())
    furthest = largest["stat"].max()
    shown = difference(furthest) if isinstance(furthest, float) else NE
    refs = tuple(checks.filter(pl.col("stat_name") == "n_times")["row"])
    return (
        Cell(str(times.height), refs=refs),
        Cell(f"{times['stat'].sum():.0f}", refs=refs),
        Cell(shown, refs=tuple(checks.filter(pl.col("stat_name") == "largest")["row"])),
    )
