"""Analysis results data: one row, one number, with the conditions that find its records.

A row says in which output, analysis, analysis set and column it stands (`Scope`; where it is about
a time, that ``time`` in days), what it is (method, ``stat_name``, ``stat_label``, ``unit``), its
value at full precision (``stat``) or why there is none (``reason``), and the records it came
from: ``dataset``, and conditions in the grammar of `il5report.conditions`: ``set_where`` on ADSL,
``subset_where`` and ``group_where`` on the data set (with the variables of ADSL beside its own),
and ``without_where``: subjects with any record that meets it, in the data set it names, are left
out ("worst grade 2" leaves out those with a worse grade).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import polars as pl

from il5report.analyse.result import Result
from il5report.conditions import Condition, of_dataset, parse, to_ars
from il5report.data.dataset import Study
from il5report.trace import Tracer

SCHEMA: Mapping[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "output": pl.String,
    "analysis": pl.String,
    "analysis_set": pl.String,
    "column": pl.String,
    "group": pl.String,
    "variable": pl.String,
    "level": pl.String,
    "paramcd": pl.String,
    "visit": pl.String,
    "time": pl.Float64,
    "method": pl.String,
    "stat_name": pl.String,
    "stat_label": pl.String,
    "stat": pl.Float64,
    "unit": pl.String,
    "reason": pl.String,
    "warning": pl.String,
    "dataset": pl.String,
    "set_where": pl.String,
    "subset_where": pl.String,
    "group_where": pl.String,
    "without_where": pl.String,
}
KEY = (
    "output", "analysis", "column", "group", "variable", "level", "paramcd", "visit", "time",
    "stat_name",
)  # fmt: skip
NUMBER_OF_SUBJECTS = ("n", "Number of subjects", "subjects")
DENOMINATOR = ("N", "Number of subjects in the denominator", "subjects")
PROPORTION = ("p", "Proportion of subjects", "proportion")


class Stat(NamedTuple):
    """One number of an analysis; `value` None goes with a `reason`."""

    name: str
    label: str
    value: float | None
    unit: str = ""
    reason: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Scope:
    """Where a number stands and which records it came from.

    `subset` selects records of `dataset`; `groups` names the column's and the row's group;
    subjects with a record that meets `without` are left out. A denominator (N) is the subjects of
    the column who have a record of the data set `of_dataset` that meets `of`.
    """

    analysis: str
    dataset: str
    subset: Condition | None = None
    groups: Condition | None = None
    without: Condition | None = None
    of: Condition | None = None
    of_dataset: str = "ADSL"
    column: str = ""
    group: str = ""
    variable: str = ""
    level: str = ""
    paramcd: str = ""
    visit: str = ""
    time: float | None = None


class Later(NamedTuple):
    """`n` numbers that take long and need no data set: `make` returns what `Rows.add` is given."""

    n: int
    make: Callable[[], tuple[Scope, str, Sequence[Stat]]]


@dataclass
class Rows:
    """Collects the rows of one output, number by number or frame by frame."""

    _frames: list[pl.DataFrame] = field(default_factory=list)
    _rows: list[tuple[Any, ...] | Later] = field(default_factory=list)

    def __len__(self) -> int:
        numbers = sum(row.n if isinstance(row, Later) else 1 for row in self._rows)
        return numbers + sum(frame.height for frame in self._frames)

    @property
    def slow(self) -> bool:
        """Whether some numbers are still to be made, which `frame` does."""
        return any(isinstance(row, Later) for row in self._rows)

    def add_later(self, n: int, make: Callable[[], tuple[Scope, str, Sequence[Stat]]]) -> None:
        """Rows for `n` numbers of one scope, made when the frame is: maybe in another process."""
        self._rows.append(Later(n, make))

    def add(self, scope: Scope, method: str, stats: Iterable[Stat]) -> None:
        """Rows for several numbers of one scope."""
        place = (
            scope.analysis, scope.column, scope.group, scope.variable, scope.level, scope.paramcd,
            scope.visit, scope.time, method,
        )  # fmt: skip
        without = text(scope.without and of_dataset(scope.without, scope.dataset))
        of = (scope.dataset, text(scope.subset), text(scope.groups), without)
        below = (scope.of_dataset, text(scope.of), of[2], "")
        for s in stats:
            number = (s.name, s.label, s.value, s.unit, s.reason, s.warning)
            self._rows.append((*place, *number, *(below if s.name == DENOMINATOR[0] else of)))

    def add_frame(self, frame: pl.DataFrame) -> None:
        """Rows made in bulk; columns of `SCHEMA`, those left out are empty."""
        self._frames.append(frame)

    def frame(self) -> pl.DataFrame:
        """Everything collected, numbers first, in the order of `SCHEMA`."""
        made = Rows()
        for row in self._rows:
            if isinstance(row, Later):
                made.add(*row.make())
            else:
                made._rows.append(row)
        if len(made._rows) + sum(f.height for f in self._frames) != len(self):
            raise AssertionError("numbers made later are not as many as was said")
        columns = zip(*made._rows, strict=True) if made._rows else ((),) * len(_ROW_COLUMNS)
        numbers = pl.DataFrame(
            pl.Series(name, values, dtype=SCHEMA[name])
            for name, values in zip(_ROW_COLUMNS, columns, strict=True)
        )
        return _complete(pl.concat([numbers, *self._frames], how="diagonal_relaxed"))


_ROW_COLUMNS = [n for n in SCHEMA if n not in ("row", "output", "analysis_set", "set_where")]
_CONDITIONS = ("subset_where", "group_where", "without_where")


@lru_cache(maxsize=2**12)
def text(condition: Condition | None) -> str:
    """Canonical text; empty for no condition."""
    return "" if condition is None else str(condition)


def stats_of(result: Result, names: Sequence[str] | None = None, unit: str = "") -> list[Stat]:
    """The scalar statistics of a result as numbers of the ARD; NaN becomes its reason.

    `names` are those wanted (all where left out), `unit` the unit of the input (of a rate: what
    it is per).
    """
    stats = []
    for item in result.stats():
        if names is not None and item.name not in names:
            continue
        value = getattr(result, item.name)
        reason = result.ne.get(item.name, "")
        label, of = item.metadata["label"], item.metadata["unit"]
        of = of.replace("input", unit)
        stats.append(Stat(item.name, label, None if reason else float(value), of, reason))
    return stats


def counted(n: int, total: int) -> list[Stat]:
    """n, N and n/N; the proportion is not estimable without a denominator."""
    reason = "" if total else "no subject in the denominator"
    return [
        Stat(NUMBER_OF_SUBJECTS[0], NUMBER_OF_SUBJECTS[1], n, NUMBER_OF_SUBJECTS[2]),
        Stat(DENOMINATOR[0], DENOMINATOR[1], total, DENOMINATOR[2]),
        Stat(PROPORTION[0], PROPORTION[1], n / total if total else None, PROPORTION[2], reason),
    ]


def finish(
    frame: pl.DataFrame, output: str, analysis_set: str, set_where: Condition | None, first: int
) -> pl.DataFrame:
    """Rows of one output with their output, analysis set and row numbers from `first`.

    Raises
    ------
    AssertionError
        A key twice, a missing value without reason or a present one with a reason: a defect of
        the output, not of the data.
    """
    done = frame.with_columns(
        pl.lit(output).alias("output"),
        pl.lit(analysis_set).alias("analysis_set"),
        pl.lit(text(set_where)).alias("set_where"),
        pl.int_range(first, first + frame.height, dtype=pl.Int64).alias("row"),
    )
    if done.select(KEY).is_duplicated().any():
        twice = done.filter(done.select(KEY).is_duplicated()).select(KEY).row(0)
        raise AssertionError(f"output {output}: the ARD key stands twice: {twice}")
    unexplained = done.filter((pl.col("stat").is_null()) != (pl.col("reason") != ""))
    if unexplained.height:
        raise AssertionError(f"output {output}: value or reason: {unexplained.select(KEY).row(0)}")
    return done


def to_json(ard: pl.DataFrame) -> str:
    """The ARD as JSON: ``results`` as in the frame, one a line, and under ``conditions`` each
    condition they name once, by data set and text, as an ARS where-clause."""
    named = pl.concat(
        ard.select(dataset.alias("dataset"), pl.col(name).alias("text"))
        for name, dataset in (
            ("set_where", pl.repeat("ADSL", pl.len())),
            *((name, pl.col("dataset")) for name in _CONDITIONS),
        )
    )
    conditions = [
        json.dumps(
            {"dataset": dataset, "text": where, "whereClause": to_ars(parse(where), dataset)},
            ensure_ascii=False,
        )
        for dataset, where in named.unique(maintain_order=True).rows()
        if where
    ]
    results = ard.write_ndjson().removesuffix("\n").split("\n") if ard.height else []
    joined = (",\n".join(lines) for lines in (conditions, results))
    return '{{"conditions": [\n{}\n],\n"results": [\n{}\n]}}\n'.format(*joined)


def trace(row: Mapping[str, Any], study: Study) -> pl.DataFrame:
    """The records behind a row of the ARD, found by evaluating its conditions."""
    return Tracer(study).records(row)


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA`, those left out empty."""
    return frame.select(
        _column(name, kind) if name in frame.columns else _column(name, kind, pl.lit(None))
        for name, kind in SCHEMA.items()
    )


def _column(name: str, kind: type[pl.DataType], value: pl.Expr | None = None) -> pl.Expr:
    found = (pl.col(name) if value is None else value).cast(kind).alias(name)
    return found.fill_null("") if kind == pl.String else found
