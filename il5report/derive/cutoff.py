"""The data cut-off: the study's records as they stood on that day.

What begins later is not used, what ends later is ongoing, who consented later is not in the study,
and what only became known later (a death, its cause, its grade) is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

Frames = dict[str, pl.DataFrame]
Note = Callable[[str, str, pl.DataFrame, str, str], None]
"""Rule, message, records, domain, variable."""

_NOT_CUT = ("TS", "TA", "TE", "TI", "TV", "DM")
"""They hold no events."""
_LATER_FACTS = ("RFENDTC", "RFPENDTC", "RFXENDTC")
_BEGINNINGS = ("RFSTDTC", "RFXSTDTC")
_ENDED = ("RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE", "FATAL")
_RELATIVE = ("DY", "STDY", "ENDY", "LOBXFL")
_UNTREATED = "ASSIGNED, NOT TREATED"


@dataclass(frozen=True)
class Cut:
    """A cut at the end of `day`.

    Attributes
    ----------
    day : date
    grades : sequence of str
        Variables of AE that grade it, 5 = death.
    note : function
        Told of every record that is left out or changed.
    """

    day: dt.date
    grades: Sequence[str]
    note: Note

    @property
    def last(self) -> str:
        return self.day.isoformat()

    def late(self, variable: str) -> pl.Expr:
        """Whether an ISO 8601 text is after the cut-off; a partial date is its earliest day."""
        # text sorts as time does, and a partial date before its continuations
        return (pl.col(variable).str.slice(0, 10) > self.last).fill_null(False)

    def apply(self, frames: Mapping[str, pl.DataFrame]) -> Frames:
        """Every domain, supplemental qualifiers merged, as it stood at the cut-off."""
        cut = dict(frames)
        if "DM" in frames:
            cut = self._without_later_subjects(cut)
            cut = self._without_study_days(cut)
            cut["DM"] = self._subjects(cut["DM"])
        for name, frame in cut.items():
            if name not in _NOT_CUT:
                cut[name] = self._ends(name, self._begins(name, frame))
        if "AE" in cut:
            cut["AE"] = self._fatal(cut["AE"], _died(frames), _died(cut))
        return cut

    def _without_later_subjects(self, frames: Frames) -> Frames:
        people = frames["DM"]
        if "RFICDTC" not in people.columns:
            return frames
        later = people.filter(self.late("RFICDTC"))
        if not later.height:
            return frames
        theirs = sum(
            frame.join(later, on="USUBJID", how="semi").height
            for name, frame in frames.items()
            if name != "DM" and "USUBJID" in frame.columns
        )
        message = (
            f"consented after the data cut-off {self.last}: subject not used, "
            f"with {theirs} records of other domains"
        )
        self.note("derive.cutoff", message, later, "DM", "RFICDTC")
        return {
            name: frame.join(later, on="USUBJID", how="anti", maintain_order="left")
            if "USUBJID" in frame.columns
            else frame
            for name, frame in frames.items()
        }

    def _without_study_days(self, frames: Frames) -> Frames:
        """Days that the data count from a first dose after the cut-off; flags before that dose."""
        people = frames["DM"]
        if "RFSTDTC" not in people.columns:
            return frames
        untreated = people.filter(self.late("RFSTDTC"))["USUBJID"].to_list()
        theirs = pl.col("USUBJID").is_in(untreated)
        return {
            name: self._missing(frame, [f"{name}{v}" for v in _RELATIVE], theirs)
            if untreated and "USUBJID" in frame.columns
            else frame
            for name, frame in frames.items()
        }

    def _subjects(self, people: pl.DataFrame) -> pl.DataFrame:
        """A death, an end or a first dose after the cut-off has not happened yet."""
        if "DTHDTC" in people.columns:
            message = "died after the data cut-off: alive at it"
            self.note("derive.cutoff", message, people.filter(self.late("DTHDTC")), "DM", "DTHDTC")
            people = self._missing(people, ("DTHFL", "DTHDTC"), self.late("DTHDTC"))
        for name in (n for n in _BEGINNINGS if n in people.columns):
            later = self.late(name)
            if "ARMNRS" in people.columns:
                reason = pl.when(later).then(pl.lit(_UNTREATED)).otherwise("ARMNRS")
                people = people.with_columns(ARMNRS=reason)
            people = self._missing(people, ("ACTARM", "ACTARMCD", name), later)
        for name in (n for n in _LATER_FACTS if n in people.columns):
            people = self._missing(people, (name,), self.late(name))
        return people

    def _begins(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Without the records that begin (where no start is known: are collected) later."""
        dates = [c for c in (f"{name}STDTC", f"{name}DTC") if c in frame.columns]
        if not dates:
            return frame
        begin = pl.coalesce(dates).str.slice(0, 10)
        found = frame.select(
            late=(begin > self.last).fill_null(False),
            unsure=(begin.str.len_chars() < 10) & pl.lit(self.last).str.starts_with(begin),
        )
        late, unsure = found["late"], found["unsure"]
        for which, message in (
            (late, f"begins after the data cut-off {self.last}: not used"),
            (unsure, "begins on a partial date that holds the data cut-off: used"),
        ):
            if which.any():
                self.note("derive.cutoff", message, frame.filter(which), name, dates[0])
        return frame.filter(~late) if late.any() else frame

    def _ends(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """What ends later is ongoing at the cut-off."""
        end, relation, reference = (f"{name}{part}" for part in ("ENDTC", "ENRTPT", "ENTPT"))
        if reference in frame.columns:
            day = pl.when(self.late(reference)).then(pl.lit(self.last)).otherwise(reference)
            frame = frame.with_columns(day.alias(reference))
        if end not in frame.columns:
            return frame
        later = self.late(end)
        ongoing = frame.filter(later)
        if not ongoing.height:
            return frame
        message = f"ends after the data cut-off {self.last}: ongoing at it"
        self.note("derive.cutoff", message, ongoing, name, end)
        known = {relation: "ONGOING", reference: self.last} if relation in frame.columns else {}
        changes = [
            pl.when(later).then(pl.lit(value)).otherwise(variable).alias(variable)
            for variable, value in known.items()
            if variable in frame.columns
        ]
        if name == "AE" and "AEOUT" in frame.columns:
            changes.append(_not_over(later))
        frame = frame.with_columns(changes)
        return self._missing(frame, (f"{name}ENDY", end), later)

    def _fatal(self, events: pl.DataFrame, before: set[str], after: set[str]) -> pl.DataFrame:
        """Of a death after the cut-off, the event that led to it shows nothing yet."""
        spared = pl.col("USUBJID").is_in(list(before - after))
        if not before - after:
            return events
        graded = [g for g in self.grades if g in events.columns]
        fatal = [_is_five(g) for g in graded]
        fatal += [
            (pl.col(name) == value).fill_null(False)
            for name, value in {"AEOUT": "FATAL", "AESDTH": "Y"}.items()
            if name in events.columns
        ]
        led = spared & pl.any_horizontal(pl.lit(False), *fatal)
        self.note(
            "derive.cutoff",
            "led to a death after the data cut-off: outcome not resolved, grade 5 set to missing "
            "(the grade at the cut-off is not in the data), seriousness kept",
            events.filter(led), "AE", graded[0] if graded else "AEOUT",
        )  # fmt: skip
        for grade in graded:
            events = self._missing(events, (grade,), led & _is_five(grade))
        if "AEOUT" in events.columns:
            events = events.with_columns(_not_over(led))
        return self._missing(events, ("AESDTH",), led)

    @staticmethod
    def _missing(frame: pl.DataFrame, names: Sequence[str], where: pl.Expr) -> pl.DataFrame:
        present = [n for n in names if n in frame.columns]
        kept = pl.when(~where.fill_null(False))
        return frame.with_columns(kept.then(pl.col(n)).alias(n) for n in present)


def _is_five(grade: str) -> pl.Expr:
    return (pl.col(grade).cast(pl.Float64, strict=False) == 5).fill_null(False)


def _not_over(where: pl.Expr) -> pl.Expr:
    over = where & pl.col("AEOUT").is_in(_ENDED)
    return (
        pl.when(over).then(pl.lit("NOT RECOVERED/NOT RESOLVED")).otherwise("AEOUT").alias("AEOUT")
    )


def _died(frames: Mapping[str, pl.DataFrame]) -> set[str]:
    """Subjects with a date of death."""
    people = frames.get("DM")
    if people is None or "DTHDTC" not in people.columns:
        return set()
    return set(people.filter(pl.col("DTHDTC").is_not_null())["USUBJID"].to_list())
