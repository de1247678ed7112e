"""The names of the subjects, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from il5report.data.dataset import Study
from il5report.disclosure.counts import Hidden
from il5report.errors import Accepted, DataError, Finding


def subject_names(study: Study) -> frozenset[str]:
    """Every USUBJID, and every SUBJID that cannot be taken for a number."""
    found: set[str] = set()
    for dataset in study.values():
        for variable in ("USUBJID", "SUBJID"):
            if variable in dataset.frame.columns:
                found |= set(dataset.frame[variable].drop_nulls().unique())
    return frozenset(name for name in found if not name.isdigit())


def without_subjects(
    findings: Sequence[Finding], study: Study, hide: Hidden
) -> tuple[Finding, ...]:
    """Findings without the subjects they name and without small counts."""
    names = _pattern(subject_names(study))
    return tuple(
        replace(
            f,
            subjects=(),
            message=names.sub("[subject]", f.message),
            count=0 if hide.is_small(f.count or 0) else f.count,
        )
        for f in findings
    )


def unnamed(
    findings: Sequence[Finding], accepted: Sequence[Accepted], study: Study, hide: Hidden
) -> dict[str, Any]:
    """`findings` and those `accepted` by the plan, without the subjects they name."""
    waived = without_subjects([a.finding for a in accepted], study, hide)
    return {
        "findings": without_subjects(findings, study, hide),
        "accepted": tuple(
            replace(a, finding=finding) for a, finding in zip(accepted, waived, strict=True)
        ),
    }


def leaks(folder: Path, study: Study) -> list[str]:
    """Files that hold the name of a subject, in so far as they are not compressed."""
    names = re.compile(_pattern(subject_names(study)).pattern.encode())
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and names.search(path.read_bytes())
    ]


def refuse_names(folder: Path, study: Study) -> None:
    """Refuse a report of aggregates in which a subject is named, by the plan's own words or by an
    output that does not declare that it shows subjects.

    Raises
    ------
    DataError
        With every file that holds a name.
    """
    where = leaks(folder, study)
    if where:
        message = "names a subject in a report without subject data"
        raise DataError([Finding("report.subject", f"{name} {message}") for name in where])


def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    """Any of the names, not as a part of a longer word; nothing where there is none."""
    alternatives = "|".join(re.escape(n) for n in sorted(names, key=lambda n: (-len(n), n)))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)" if alternatives else r"(?!)")
