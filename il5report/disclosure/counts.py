"""Which numbers are hidden, where the plan sets a threshold T (``report.small_counts``).

1. Every count from 1 to T-1, every count whose complement in its denominator is 1 to T-1, and all
   statistics of the same place.
2. Every number of a column that has fewer than T subjects.
3. Where one column of a row, or one level of a column, is hidden alone and could be found by
   subtraction: the smallest of the others too, until none is alone.

Sizes of columns are not kept from subtraction: how many subjects each dose level has is the design.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from il5report.ard import DENOMINATOR, KEY, NUMBER_OF_SUBJECTS

_PLACE = tuple(name for name in KEY if name != "stat_name")
_CONDITIONS = ("subset_where", "group_where", "without_where")
UNSAID = "the conditions are left out: they name subjects"
_IS_COUNT = r"^(n|N)(_|$)"
_N, _OF = NUMBER_OF_SUBJECTS[0], DENOMINATOR[0]


@dataclass(frozen=True)
class Hidden:
    """Rows of the ARD that are not shown. `small`: of these the counts from 1 to T-1."""

    threshold: int
    rows: frozenset[int] = frozenset()
    small: frozenset[int] = frozenset()

    @property
    def below(self) -> str:
        """What stands for a small count."""
        return f"<{self.threshold}"

    @property
    def fewer(self) -> str:
        """The same in a sentence."""
        return f"fewer than {self.threshold}"

    @property
    def reason(self) -> str:
        """Why there is no number."""
        return f"hidden, since a count below {self.threshold} could point to a subject"

    def is_small(self, count: float) -> bool:
        return 1 <= count < self.threshold


def hidden(ard: pl.DataFrame, threshold: int) -> Hidden:
    """What of the ARD is hidden; nothing where the threshold is 0 or 1."""
    if threshold < 2 or ard.is_empty():
        return Hidden(threshold)
    small = pl.col("stat").is_between(1, threshold, closed="left")
    counts = ard.filter(pl.col("stat_name").str.contains(_IS_COUNT)).with_columns(small=small)
    places = _places(counts, threshold)
    columns = counts.filter(pl.col("small"), pl.col("analysis") == "columns")
    at_places = ard.join(places, on=_PLACE, how="semi", nulls_equal=True)
    gone = pl.concat(
        [
            at_places.filter((pl.col("stat_name") != _OF) | small),
            ard.join(columns, on=["output", "column"], how="semi"),
        ]
    )
    rows = frozenset(gone["row"].to_list())
    return Hidden(threshold, rows, rows & set(counts.filter(pl.col("small"))["row"].to_list()))


def without(ard: pl.DataFrame, hide: Hidden) -> pl.DataFrame:
    """The ARD with a reason in place of each hidden number, and no condition that names subjects
    (a warning says where there was one)."""
    gone = pl.col("row").is_in(sorted(hide.rows))
    naming = pl.any_horizontal(pl.col(_CONDITIONS).str.contains("USUBJID", literal=True))
    return ard.with_columns(
        _instead("stat", gone, None),
        _instead("reason", gone, hide.reason),
        _instead("warning", naming, UNSAID),
        *(_instead(name, naming, "") for name in _CONDITIONS),
    )


def _instead(name: str, where: pl.Expr, value: str | None) -> pl.Expr:
    return pl.when(where).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)


def _places(counts: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """The places that are hidden for one of their counts."""
    n = counts.filter(pl.col("stat_name") == _N)
    totals = counts.filter(pl.col("stat_name") == _OF).select(*_PLACE, total="stat")
    rest = pl.col("total") - pl.col("stat")
    complement = n.join(totals, on=_PLACE, nulls_equal=True).filter(
        rest.is_between(1, threshold, closed="left")
    )
    small = counts.filter(pl.col("small"))
    found = pl.concat([small.select(_PLACE), complement.select(_PLACE)]).unique()
    while True:
        more = pl.concat([_beside(n, found, along) for along in ("column", "level")]).unique()
        if more.is_empty():
            return found
        found = pl.concat([found, more])


def _beside(n: pl.DataFrame, found: pl.DataFrame, along: str) -> pl.DataFrame:
    """The smallest count beside each that is hidden alone among those that differ in `along`."""
    group = [name for name in _PLACE if name != along]
    gone = pl.col("gone").fill_null(False)
    marked = n.join(
        found.with_columns(gone=True), on=_PLACE, how="left", nulls_equal=True
    ).with_columns(gone)
    alone = marked.filter(pl.col("gone").sum().over(group) == 1)
    others = alone.filter(~pl.col("gone"), pl.col("stat") > 0).sort("stat", "row")
    return others.unique(group, keep="first", maintain_order=True).select(_PLACE)
