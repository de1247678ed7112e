"""The checks of a study on their own: what they found, as a document and as CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from il5report.data.check import CHECKS
from il5report.data.read import SUFFIXES
from il5report.display.model import Document, Head, Listing, Section
from il5report.document import FINDING, accepted_listing, banner_of, finding_texts, findings_listing
from il5report.errors import Accepted, FaultsError, Finding, PlanError, Severity
from il5report.files import input_hashes, replacing, write_manifest
from il5report.plan.choices import Choices
from il5report.report import EVERYTHING, Say, check, quiet

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Examined:
    """Every finding, also of data or a plan that cannot be used.

    Attributes
    ----------
    findings : tuple of Finding
        Those that stand.
    accepted : tuple of Accepted
        Those that the plan accepts.
    displays : int
        Displays that can be made.
    stopped : str
        Why no report can be made; empty where one can.
    banner : str
        What the study's data say of themselves (synthetic), or empty.
    """

    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]
    displays: int = 0
    stopped: str = ""
    banner: str = ""

    @property
    def ordered(self) -> list[Finding]:
        """The findings, errors first."""
        return sorted(self.findings, key=lambda f: list(Severity).index(f.severity))

    @property
    def summary(self) -> str:
        """How many checks and findings, by severity."""
        count = Counter(f.severity for f in self.findings)
        kinds = ", ".join(_several(count[s], s.value) for s in Severity)
        said = f"{len(CHECKS)} checks, {_several(len(self.findings), 'finding')} ({kinds})"
        more = f", {len(self.accepted)} more accepted by the plan" if self.accepted else ""
        return said + more


def _several(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def findings_document(found: Examined) -> Document:
    """The findings, those accepted, and every check with the number of findings it gave."""
    end = found.stopped or f"None stops a report: {_several(found.displays, 'display')} can be made"
    sections = [
        Section("", "Findings", 1, (findings_listing(found.ordered),)),
        Section("", "Findings that the plan accepts", 1, (accepted_listing(found.accepted),)),
        Section("", "Checks", 1, (_checks(found),)),
    ]
    return Document(
        title="Checks of data and plan",
        subtitle=f"{found.summary}.",
        facts=(("Result", f"{end}."),),
        sections=tuple(sections),
        banner=found.banner,
        header="Checks of data and plan",
    )


def _checks(found: Examined) -> Listing:
    standing = Counter(f.rule for f in found.findings)
    accepted = Counter(a.finding.rule for a in found.accepted)
    heads = ("Rule", "What is checked", "Severity", "Findings", "Accepted")
    rows = [
        (rule.id, rule.checks, rule.severity.capitalize(), str(standing[rule.id]),
         str(accepted[rule.id]))
        for rule in CHECKS
    ]  # fmt: skip
    return Listing(tuple(map(Head, heads)), rows)


def findings_csv(found: Examined) -> str:
    """The findings, errors first, then those accepted with the reason.

    Text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*FINDING, "Subjects in all", "Status", "Accepted because"])
    rows = [(f, "standing", "") for f in found.ordered]
    rows += [(a.finding, "accepted", a.reason) for a in found.accepted]
    for finding, status, reason in rows:
        people = str(finding.subject_count) if finding.subject_count else ""
        table.writerow(map(_harmless, (*finding_texts(finding), people, status, reason)))
    return text.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def examine(
    data: Path,
    plan: Path | None,
    say: Say = quiet,
    choices: Choices = EVERYTHING,
) -> Examined:
    """Every finding of `check`, also where data or plan cannot be used; nothing is raised."""
    try:
        found = check(data, plan, say, choices)
    except FaultsError as error:
        what = "plan" if isinstance(error, PlanError) else "data"
        stopped = f"The {what} cannot be used"
        return Examined((*error.findings, *error.others), error.accepted, stopped=stopped)
    banner = banner_of(found.loaded.plan, found.study)
    return Examined(found.findings, found.accepted, len(found.contexts), banner=banner)


def write_findings(found: Examined, data: Path, out: Path) -> None:
    """``index.html`` and ``findings.csv`` in `out`, which is replaced when both are there.

    Raises
    ------
    FileExistsError
        `out` holds something that is not an earlier result.
    """
    from il5report.render.html import render_html

    with replacing(out) as folder:
        render_html(findings_document(found), folder)
        (folder / "findings.csv").write_text(findings_csv(found), encoding="utf-8")
        write_manifest(folder, input_hashes(data, SUFFIXES), {}, {"checks": len(CHECKS)})
