"""What the displays of adverse events, CRS and ICANS in depth must hold, from the records."""

from __future__ import annotations

from collections.abc import Callable

from tests.outputs.expected import Expected
from tests.outputs.records import Record, Trial


def _cross(made: Expected, trial: Trial, options: Record) -> None:
    labels = {float(k): v for k, v in options["levels"].items()} | {None: options["missing"]}
    made.bands = list(labels.values())
    down, across = options["down"], options["across"]
    for row in made.bands:
        texts = []
        for c in made.columns:
            records = trial.where(options["dataset"], options["where"], c.subjects)
            assert len(records) <= len(c.subjects)
            for head in made.bands:
                n = sum(labels[r[down]] == row and labels[r[across]] == head for r in records)
                place = {"variable": down, "level": row}
                texts.append(made.counted(n, len(c.subjects), f"pair|{head}", c.label, **place))
        made.line(0, row, texts)


OUTPUTS: dict[str, Callable[[Expected, Trial, Record], None]] = {
    "t_cross": _cross,
}
