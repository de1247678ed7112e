"""Episodes of a syndrome graded day by day: where one ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from il5report.derive.inputs import yes_no


@dataclass(frozen=True)
class EpisodeRule:
    """When an episode is over.

    Attributes
    ----------
    gap : int
        So many consecutive grade-0 days end it (at least 1).
    unrecorded_is_free : bool
        Whether a day without any record counts as a grade-0 day. A day recorded but not
        gradable never does.
    """

    gap: int = 2
    unrecorded_is_free: bool = True

    def __post_init__(self) -> None:
        if self.gap < 1:
            raise ValueError(f"an episode needs a gap of at least 1 day, got {self.gap}")


class EpisodeTracker:
    """Walks one subject's graded days in order and numbers the episodes."""

    def __init__(self, rule: EpisodeRule) -> None:
        self._rule = rule
        self._last_day: int | None = None
        self._free_days = 0
        self._number = 0
        self.is_open = False

    def go_to(self, day: int) -> None:
        """Move to a recorded day, closing the episode that unrecorded days have ended."""
        if self._last_day is not None and self._rule.unrecorded_is_free:
            self._free_days += day - self._last_day - 1
        self._last_day = day
        self._close_if_over()

    def record(self, grade: int | None) -> int | None:
        """Take the day's grade; return the episode it belongs to, or None outside any."""
        if grade is None:
            self._free_days = 0
            return self._number if self.is_open else None
        if grade == 0:
            self._free_days += 1
            self._close_if_over()
            return None
        if not self.is_open:
            self.is_open = True
            self._number += 1
        self._free_days = 0
        return self._number

    def _close_if_over(self) -> None:
        if self._free_days >= self._rule.gap:
            self.is_open = False


def number_episodes(days: pl.DataFrame, grade: str, rule: EpisodeRule) -> pl.DataFrame:
    """Add ``EPISODE`` to graded days.

    Parameters
    ----------
    days : DataFrame
        One row per USUBJID and DAY (days from infusion, infusion = 0), sorted by them.
    grade : str
        Name of the grade variable (integer, null where not gradable).
    rule : EpisodeRule

    Returns
    -------
    DataFrame
        As given, with EPISODE 1, 2, ...; null on grade-0 days.
    """
    tracker, subject, numbers = EpisodeTracker(rule), None, []
    for usubjid, day, value in days.select("USUBJID", "DAY", grade).iter_rows():
        if usubjid != subject:
            tracker, subject = EpisodeTracker(rule), usubjid
        tracker.go_to(day)
        numbers.append(tracker.record(value))
    return days.with_columns(pl.Series("EPISODE", numbers, dtype=pl.Int64))


def summarise_episodes(days: pl.DataFrame, grade: str, late_after: int | None = 14) -> pl.DataFrame:
    """One row per subject and episode.

    Parameters
    ----------
    days : DataFrame
        Graded days with EPISODE.
    grade : str
        Name of the grade variable.
    late_after : int, optional
        An onset later than this day is marked for a query, never excluded; None marks none.

    Returns
    -------
    DataFrame
        USUBJID, EPISODE, ONSETDY (day from infusion), MAXGR, MAXDY (first day at it),
        TTMAX = MAXDY - ONSETDY (days), ENDDY (last day above grade 0),
        DURN = ENDDY - ONSETDY + 1 (days), GE3DY and GE3DURN (first day and span in days at
        grade 3 or more, null where never), ONGOFL (Y: no grade-0 day recorded after it, N),
        LATEFL (Y/N). A fatal episode is not ongoing. ENDDY of an ongoing episode is the last
        day seen, not an end.
    """
    ill = days.filter(pl.col(grade) > 0)
    severe = pl.col(grade) >= 3
    table = (
        ill.sort("USUBJID", "DAY")
        .group_by("USUBJID", "EPISODE", maintain_order=True)
        .agg(
            ONSETDY=pl.col("DAY").min(),
            MAXGR=pl.col(grade).max(),
            MAXDY=pl.col("DAY").filter(pl.col(grade) == pl.col(grade).max()).min(),
            ENDDY=pl.col("DAY").max(),
            GE3DY=pl.col("DAY").filter(severe).min(),
            GE3DURN=pl.col("DAY").filter(severe).max() - pl.col("DAY").filter(severe).min() + 1,
        )
    )
    last_free = days.filter(pl.col(grade) == 0).group_by("USUBJID").agg(_FREE=pl.col("DAY").max())
    over = (
        (pl.col("_FREE") > pl.col("ENDDY")).fill_null(value=False)
        | (pl.col("EPISODE") < pl.col("EPISODE").max().over("USUBJID"))
        | (pl.col("MAXGR") == 5)
    )
    return (
        table.join(last_free, on="USUBJID", how="left", maintain_order="left")
        .with_columns(
            TTMAX=pl.col("MAXDY") - pl.col("ONSETDY"),
            DURN=pl.col("ENDDY") - pl.col("ONSETDY") + 1,
            ONGOFL=yes_no(~over),
            LATEFL=yes_no(pl.col("ONSETDY") > pl.lit(late_after, dtype=pl.Int64)),
        )
        .select(*EPISODE_COLUMNS)
    )


EPISODE_COLUMNS = (
    "USUBJID",
    "EPISODE",
    "ONSETDY",
    "MAXGR",
    "MAXDY",
    "TTMAX",
    "ENDDY",
    "DURN",
    "GE3DY",
    "GE3DURN",
    "ONGOFL",
    "LATEFL",
)


def subjects_with_several(episodes: pl.DataFrame) -> list[str]:
    """USUBJID of the subjects with more than one episode, sorted."""
    return sorted(episodes.filter(pl.col("EPISODE") > 1)["USUBJID"].unique().to_list())


def beside_investigator(days: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Days of a syndrome beside the investigator's events that cover them.

    Parameters
    ----------
    days : DataFrame
        USUBJID, DAY and AVAL, the derived grade.
    events : DataFrame
        USUBJID, INVGR, first and last day (_A, _Z) of each event; INVGR is its worst grade.

    Returns
    -------
    DataFrame
        `days` with INVGR (the worst of the events; null where none covers the day) and DISCFL = Y
        where the derived grade is 1 or higher and above it, or there is none.
    """
    at = pl.col("DAY")
    covered = days.select("USUBJID", "DAY").join(events, on="USUBJID")
    covered = covered.filter((pl.col("_A") <= at) & (pl.col("_Z") >= at))
    given = covered.group_by("USUBJID", "DAY").agg(INVGR=pl.col("INVGR").max())
    derived, found = pl.col("AVAL").fill_null(0), pl.col("INVGR").fill_null(0)
    return days.join(given, on=["USUBJID", "DAY"], how="left", maintain_order="left").with_columns(
        DISCFL=yes_no(derived > found)
    )
