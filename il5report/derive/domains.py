"""The SDTM domains as the derivation sees them: supplemental qualifiers merged, cut-off applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from il5report import conditions
from il5report.conditions import Condition
from il5report.data.dataset import Study
from il5report.derive.cutoff import Cut
from il5report.errors import Finding, Severity, nearest, some_subjects
from il5report.masks import Masks

_EMPTY = pl.DataFrame(schema={"USUBJID": pl.String})


class _Asked:
    """A data set as conditions see it."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.schema = frame.schema
        self.masks = Masks(frame)


@dataclass(frozen=True)
class EventDates:
    """The plan's further dates, ADSL with them, and what they were derived from."""

    dates: dict[str, pl.DataFrame]
    subjects: pl.DataFrame
    sources: Sequence[object]


class Domains:
    """The study's domains, and what was found while deriving from them.

    Attributes
    ----------
    findings : list of Finding
        Grows as rules are applied; an ERROR among them means that nothing derived may be used.
    labels : dict of str to dict
        By domain, the label (QLABEL) of each supplemental qualifier.
    event_dates : EventDates, optional
        The plan's further dates as they were last derived.
    """

    def __init__(self, study: Study, cutoff: dt.date | None, grades: Sequence[str] = ()) -> None:
        self.findings: list[Finding] = []
        self.cutoff = cutoff
        self.labels: dict[str, dict[str, str]] = {}
        self.event_dates: EventDates | None = None
        self._frames: dict[str, pl.DataFrame] = {}
        self._asked: dict[str, _Asked] = {}
        for name, dataset in study.items():
            if not name.startswith("SUPP"):
                supplement = study.get(f"SUPP{name}")
                frame = dataset.frame
                if supplement is not None:
                    frame = self._supplemented(name, frame, supplement.frame)
                self._frames[name] = frame
        if cutoff is not None:
            self._frames = Cut(cutoff, grades, self.note).apply(self._frames)

    def __contains__(self, name: str) -> bool:
        """Whether the study has it: not what only stands for an absent domain."""
        return self._frames.get(name, _EMPTY) is not _EMPTY

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Let later rules use a data set already derived."""
        self._frames[name] = frame
        self._asked.pop(name, None)

    def frame(self, name: str) -> pl.DataFrame:
        """All records of a domain; without it, none, and a finding."""
        if name not in self._frames:
            known = nearest(name, sorted(self._frames))
            self._find("derive.domain", f"the plan uses {name}, which the study lacks{known}", name)
            self._frames[name] = _EMPTY
        return self._frames[name]

    def select(
        self,
        name: str,
        where: Condition | None = None,
        needs: tuple[str, ...] = (),
        keep: Collection[str] | None = None,
    ) -> pl.DataFrame | None:
        """The records of a domain that a condition selects.

        None where the domain, or a variable that the rule needs, is not there: then a finding
        says so. A variable without the domain's prefix is taken for a supplemental qualifier that
        no record has. With `keep`, only the variables there named and used, where they are.
        """
        frame = self.frame(name)
        if frame.width == 1:
            return None
        used = {c.variable for c in conditions.comparisons(where)} | set(needs)
        whole = self.with_qualifiers(name, frame, used)
        asked = self._asked_of(name) if whole is frame else _Asked(whole)
        faults = [
            *(conditions.faults(where, asked.schema) if where is not None else ()),
            *((v, "is not in the data") for v in needs if v not in asked.schema),
        ]
        for variable, what in faults:
            hint = nearest(variable, whole.columns) if what == "is not in the data" else ""
            message = f"{variable}, which the plan uses, {what}{hint}"
            self._find("derive.variable", message, name, variable, severity=Severity.ERROR)
        if faults:
            return None
        if keep is not None:
            wanted = {"USUBJID", *keep, *used}
            whole = whole[[v for v in whole.columns if v in wanted]]
        return whole if where is None else whole.filter(pl.Series(asked.masks(where)))

    def _asked_of(self, name: str) -> _Asked:
        """What conditions ask of a domain: many rules ask the same."""
        if name not in self._asked:
            self._asked[name] = _Asked(self._frames[name])
        return self._asked[name]

    def with_qualifiers(self, name: str, frame: pl.DataFrame, used: set[str]) -> pl.DataFrame:
        """Records of a domain with the variables of `used` that can only be qualifiers which no
        record has: missing, and a finding says so."""
        absent = self._qualifiers(name, used - set(frame.columns))
        if not absent:
            return frame
        return frame.with_columns(pl.lit(None, pl.String).alias(v) for v in absent)

    def refuse_variable(self, name: str, variable: str, known: Sequence[str]) -> None:
        """Report a variable that the plan uses and the data lack, which ends the derivation."""
        message = f"{variable}, which the plan uses, is not in the data{nearest(variable, known)}"
        self._find("derive.variable", message, name, variable, severity=Severity.ERROR)

    def is_applicable(
        self,
        what: str,
        dataset: str,
        schema: Mapping[str, pl.DataType],
        wheres: Iterable[Condition | None],
    ) -> bool:
        """Whether conditions can be evaluated on these variables; each that cannot is an error."""
        faults = [f for where in wheres if where for f in conditions.faults(where, schema)]
        for variable, fault in faults:
            hint = "" if variable in schema else nearest(variable, list(schema))
            message = f"{what}: {variable} {fault}{hint}"
            self._find("derive.condition", message, dataset, variable, severity=Severity.ERROR)
        return not faults

    def note(
        self, rule: str, message: str, frame: pl.DataFrame, dataset: str, variable: str = ""
    ) -> None:
        """Report the records in `frame`, if there are any."""
        if frame.height:
            self._find(rule, message, dataset, variable, severity=Severity.NOTE, records=frame)

    def refuse(
        self, rule: str, message: str, frame: pl.DataFrame, dataset: str, variable: str = ""
    ) -> None:
        """Report records because of which nothing derived may be used."""
        self._find(rule, message, dataset, variable, severity=Severity.ERROR, records=frame)

    def _find(
        self,
        rule: str,
        message: str,
        dataset: str,
        variable: str = "",
        *,
        severity: Severity = Severity.WARNING,
        records: pl.DataFrame = _EMPTY,
    ) -> None:
        subjects = records["USUBJID"].drop_nulls().unique().to_list()
        finding = Finding(
            rule, message, severity, dataset, variable, records.height, some_subjects(subjects),
            subject_count=len(subjects),
        )  # fmt: skip
        if finding not in self.findings:
            self.findings.append(finding)

    def _qualifiers(self, name: str, absent: set[str]) -> list[str]:
        """Absent variables that can only be qualifiers which no record has."""
        if len(name) > 2:  # ADaM has no supplemental qualifiers
            return []
        found = sorted(v for v in absent if not v.startswith(name))
        for variable in found:
            message = f"no record has the supplemental qualifier {variable} that the plan uses"
            self._find("derive.qualifier", message, name, variable)
        return found

    def _supplemented(
        self, name: str, frame: pl.DataFrame, supplement: pl.DataFrame
    ) -> pl.DataFrame:
        """The domain with each QNAM as a variable."""
        if "QLABEL" in supplement.columns:
            named = supplement.drop_nulls("QLABEL").unique("QNAM", maintain_order=True)
            self.labels[name] = dict(named.select("QNAM", "QLABEL").iter_rows())
        groups = supplement.partition_by("IDVAR", as_dict=True, include_key=True)
        for (idvar,), part in sorted(groups.items(), key=lambda item: str(item[0])):
            if idvar is not None and idvar not in frame.columns:
                self.note("derive.supplement", f"IDVAR {idvar} is not in {name}", part, name)
                continue
            frame = self._joined(name, frame, part, idvar)
        return frame

    def _joined(
        self, name: str, frame: pl.DataFrame, part: pl.DataFrame, idvar: object
    ) -> pl.DataFrame:
        keys = ["USUBJID", "_ID"] if idvar else ["USUBJID"]
        if idvar:
            kind = frame.schema[str(idvar)]
            part = part.with_columns(
                _ID=pl.col("IDVARVAL").str.strip_chars().cast(kind, strict=False)
            )
            frame = frame.with_columns(_ID=pl.col(str(idvar)))
        double = part.filter(pl.struct([*keys, "QNAM"]).is_duplicated())
        self.note("derive.supplement", "qualifier given twice; the first is used", double, name)
        wide = part.unique([*keys, "QNAM"], keep="first", maintain_order=True).pivot(
            "QNAM", index=keys, values="QVAL", sort_columns=True
        )
        orphans = wide.join(frame, on=keys, how="anti")
        self.note("derive.supplement", "qualifiers without a record", orphans, f"SUPP{name}")
        old = [c for c in wide.columns if c in frame.columns and c not in keys]
        joined = frame.join(wide, on=keys, how="left", maintain_order="left", suffix="_SUPP")
        merged = [pl.coalesce(pl.col(c).cast(pl.String), f"{c}_SUPP").alias(c) for c in old]
        return joined.with_columns(merged).drop([f"{c}_SUPP" for c in old] + ["_ID"], strict=False)
