"""What the reader needs to judge the numbers: data findings, waivers, second computation, facts."""

from __future__ import annotations

from collections.abc import Sequence

from il5report.display.model import Block, Head, Listing, paragraph
from il5report.document.material import Material
from il5report.document.study import note, texts
from il5report.errors import Accepted, Finding

FINDING = ("Severity", "Data set", "Variable", "Finding", "Rule", "Records", "Subjects")


def findings(material: Material) -> tuple[Block, ...]:
    """What was checked and what was found; what the plan accepts, and why."""
    said = material.said
    found = findings_listing(said.findings)
    summary = f"{said.checks} rules checked, {len(said.findings)} findings"
    if not said.accepted:
        return paragraph(f"{summary}."), found
    return (
        paragraph(f"{summary}, {len(said.accepted)} more accepted by the plan."),
        found,
        paragraph("Findings that the plan accepts:"),
        accepted_listing(said.accepted),
    )


def findings_listing(findings: Sequence[Finding]) -> Listing:
    """Findings, one a row."""
    heads = tuple(map(Head, FINDING))
    return Listing(heads, [finding_texts(f) for f in findings], "No finding.")


def accepted_listing(accepted: Sequence[Accepted]) -> Listing:
    """Findings that the plan accepts, and why."""
    heads = tuple(map(Head, (*FINDING, "Accepted because")))
    rows = [(*finding_texts(a.finding), a.reason) for a in accepted]
    return Listing(heads, rows, "The plan accepts no finding.")


def finding_texts(f: Finding) -> tuple[str, ...]:
    """A finding in the columns of `FINDING`."""
    message = f"{f.place}: {f.message}" if f.place else f.message
    count = str(f.count) if f.count else ""
    return f.severity.capitalize(), f.dataset, f.variable, message, f.rule, count, f.named


def data_sets(material: Material) -> tuple[Block, ...]:
    """The analysis data sets of the report: records and subjects."""
    if not material.contexts:
        return ()
    study = material.contexts[0].study
    rows = []
    for name, dataset in study.items():
        frame = dataset.frame
        subjects = frame["USUBJID"].n_unique() if "USUBJID" in frame.columns else 0
        rows.append((name, dataset.label, str(frame.height), str(subjects)))
    origin = (
        "The analysis data sets were derived from the study's SDTM by the rules of the plan."
        if material.derived
        else "The analysis data sets came with the study's data; they were checked, not derived."
    )
    return (*note(origin), *texts(("Data set", "Content", "Records", "Subjects"), rows))


def quality(material: Material) -> Sequence[Block]:
    """Second computations: how far another program's results are away."""
    return material.quality or note("No display of this report has a second computation.")


def facts(rows: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    """Facts of the run."""
    return texts(("Item", "Value"), rows)
