"""MI, GF, RS: marrow, residual disease, cytogenetics, response and performance status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo.counts import Target, baseline, targets
from il5report.data.demo.plan import Phase
from il5report.data.demo.schedule import BASELINE, DAY_28, RESPONSE_VISITS, SCREENING, Subject
from il5report.data.demo.tables import Cells, Row, finding, from_rows, not_done, result

CRITERIA = {
    Phase.CHRONIC: "MDS/MPN IWC SAVONA MDS MPN 2015",
    Phase.BLAST: "ELN DOHNER AML 2022",
}
_REMISSION = ("CR", "CRh", "CRi", "MLFS")
_GENETIC_VISITS = (BASELINE, DAY_28, 203, 206, 212, 224)
_BLAST = ("BLAST", "Blasts")
_MRD = ("MRD", "Minimal Residual Disease")
_RECEPTOR = ("CD125CEL", "CD125+ Cells/Leukocytes")
_MRD_THRESHOLD = 0.01


def assessments(subject: Subject) -> Iterator[tuple[int, str, str, Target]]:
    """(visit, response, MRD mark, target) of each assessment held."""
    course = subject.plan.course
    marks = dict(zip(RESPONSE_VISITS, zip(course.responses, course.mrd, strict=True), strict=False))
    for visit, _, target in targets(subject):
        yield (visit, *marks[visit], target)


def mi(subjects: Sequence[Subject]) -> Dataset:
    """Marrow morphology and residual disease."""
    rows: list[Row] = []
    for s in subjects:
        before = baseline(s)
        for visit in (SCREENING, BASELINE):
            if visit in s.visits:
                rows += _morphology(s, visit, before)
        for visit, response, mark, target in assessments(s):
            if response == "NE":
                reason = "BONE MARROW SAMPLE NOT OBTAINED"
                rows.append(_marrow(s, "MI", visit) | not_done("MI", _BLAST, reason))
                continue
            rows += _morphology(s, visit, target)
            rows += _residual(s, visit, mark, target)
    return from_rows("MI", rows, ("MITESTCD", "MIDTC"))


def _marrow(subject: Subject, domain: str, visit: int) -> Cells:
    day = subject.marrow_day(visit) if visit >= DAY_28 else None
    return finding(subject, domain, visit, day) | {f"{domain}SPEC": "BONE MARROW"}


def _morphology(subject: Subject, visit: int, target: Target) -> Iterator[Row]:
    row = _marrow(subject, "MI", visit)
    blasts, eosinophils = _cells(subject, visit, target)
    clear = target.normal
    yield row | result("MI", _BLAST, blasts, "%", decimals=1)
    yield row | result("MI", ("EOS", "Eosinophils"), eosinophils, "%", decimals=1)
    word = "NORMOCELLULAR" if clear else "HYPERCELLULAR"
    yield row | result("MI", ("CELLULAR", "Cellularity"), word)
    word = "NORMAL" if clear else "DYSPLASTIC"
    yield row | result("MI", ("MATURAT", "Maturation of Hematopoiesis"), word)
    fibrosis = 0.0 if clear else 1.0 + (subject.plan.disease.phase is Phase.BLAST)
    yield row | result("MI", ("FIBROSIS", "Fibrosis Grade"), fibrosis)


def _cells(subject: Subject, visit: int, target: Target) -> tuple[float, float]:
    """Blasts and eosinophils in marrow (%)."""
    noise = subject.stream(f"marrow {visit}").normal(0, 0.05, 2).clip(-0.1, 0.1)
    # entry values stand as the story says; a response keeps its side of 5 % and of one half
    blasts = target.marrow * (1 + (noise[0] if visit >= DAY_28 else 0.0))
    return blasts, (28.0 if not target.normal else 3.0) * (1 + noise[1])


def receptor(subject: Subject) -> Iterator[Row]:
    """CD125-positive cells in marrow by flow cytometry: eosinophils, and blasts that carry it."""
    entry = [(v, baseline(subject)) for v in (SCREENING, BASELINE) if v in subject.visits]
    later = [(v, target) for v, code, _, target in assessments(subject) if code != "NE"]
    for visit, target in (*entry, *later):
        blasts, eosinophils = _cells(subject, visit, target)
        found = float(subject.stream(f"cd125 {visit}").uniform(0.9, 1.0))
        share = found * (eosinophils + blasts * subject.plan.disease.cd125 / 100)
        row = _marrow(subject, "CP", visit) | {"CPMETHOD": "FLOW CYTOMETRY"}
        yield row | result("CP", _RECEPTOR, share, "%", decimals=1) | {"CPCAT": "TARGET ANTIGEN"}


def _residual(subject: Subject, visit: int, mark: str, target: Target) -> Iterator[Row]:
    if mark == ".":
        return
    row = _marrow(subject, "MI", visit) | {"MIMETHOD": "FLOW CYTOMETRY"}
    if mark == "-":
        yield row | result("MI", _MRD, f"<{_MRD_THRESHOLD:g}", "%")
        word = "NEGATIVE"
    else:
        draw = subject.stream(f"mrd {visit}").uniform(0.05, 0.6)
        level = draw if target.marrow < 5 else 0.7 * target.marrow
        yield row | result("MI", _MRD, float(level), "%", decimals=3)
        word = "POSITIVE"
    yield row | result("MI", ("MRDIND", "Minimal Residual Disease Indicator"), word)


def gf(subjects: Sequence[Subject]) -> Dataset:
    """Fusion transcript, variant allele fraction and karyotype."""
    rows: list[Row] = []
    for s in subjects:
        if BASELINE in s.visits:
            rows += _genetics(s, BASELINE, active=True, clone=0.42)
        for visit, response, mark, target in assessments(s):
            if visit in _GENETIC_VISITS and response != "NE":
                active = target.marrow >= 5 or response == "MR"
                clone = 0.0 if mark == "-" else (0.03 if not active else 0.30)
                rows += _genetics(s, visit, active=active, clone=clone)
    return from_rows("GF", rows, ("GFTESTCD", "GFDTC"))


def _genetics(subject: Subject, visit: int, *, active: bool, clone: float) -> Iterator[Row]:
    disease = subject.plan.disease
    row = _marrow(subject, "GF", visit)
    del row["EPOCH"]
    normal = "46,XY[20]" if subject.plan.sex == "M" else "46,XX[20]"
    shown = disease.karyotype if active and disease.karyotype else normal
    yield row | result("GF", ("METAPH", "Metaphases Analyzed"), 20.0)
    test = ("KARYOTYP", "Karyotype")
    yield (
        row
        | result("GF", test, shown)
        | {
            "GFSTRESC": "NORMAL" if shown == normal else "ABNORMAL",
            "GFMETHOD": "G-BANDING",
        }
    )
    if disease.fusion:
        word = "DETECTED" if clone > 0 else "NOT DETECTED"
        fusion = {"GFSYM": disease.fusion, "GFMETHOD": "RT-PCR"}
        yield row | result("GF", ("FUSION", "Fusion Transcript"), word) | fusion
    else:
        noise = float(subject.stream(f"vaf {visit}").uniform(0.85, 1.15))
        vaf = {"GFSYM": disease.gene, "GFMETHOD": "NEXT GENERATION SEQUENCING"}
        test = ("VAF", "Variant Allele Frequency")
        yield row | result("GF", test, 100 * clone * noise, "%", decimals=1) | vaf


def rs(subjects: Sequence[Subject]) -> Dataset:
    """Response by investigator and independent assessor, extramedullary disease, ECOG."""
    rows: list[Row] = []
    for s in subjects:
        rows += _ecog(s)
        if BASELINE in s.visits:
            rows.append(_extramedullary(s, BASELINE, s.plan.disease.extramedullary))
            rows += _bridged(s)
        for visit, response, _, target in assessments(s):
            rows += _overall(s, visit, response)
            still = s.plan.disease.extramedullary and not target.normal
            rows.append(_extramedullary(s, visit, still))
    return from_rows("RS", rows, ("RSTESTCD", "RSEVAL", "RSDTC"))


def _overall(subject: Subject, visit: int, response: str) -> Iterator[Row]:
    row = finding(subject, "RS", visit, subject.marrow_day(visit))
    row |= {"RSCAT": CRITERIA[subject.plan.disease.phase]}
    reviewed = subject.plan.course.review.get(visit, response)
    for evaluator, answer in (("INVESTIGATOR", response), ("INDEPENDENT ASSESSOR", reviewed)):
        test = ("OVRLRESP", "Overall Response")
        yield row | result("RS", test, answer) | {"RSEVAL": evaluator}


def _bridged(subject: Subject) -> Iterator[Row]:
    """Response to bridging therapy, when the disease is staged again before lymphodepletion."""
    if subject.plan.bridging is not None:
        row = finding(subject, "RS", BASELINE) | {"RSEVAL": "INVESTIGATOR"}
        row |= {"RSCAT": CRITERIA[subject.plan.disease.phase]}
        test = ("BRDGRESP", "Response to Bridging Therapy")
        yield row | result("RS", test, subject.plan.bridged)


def _extramedullary(subject: Subject, visit: int, present: bool) -> Row:
    row = finding(subject, "RS", visit) | {"RSEVAL": "INVESTIGATOR"}
    row |= {"RSCAT": CRITERIA[subject.plan.disease.phase]}
    word = "PRESENT" if present else "ABSENT"
    return row | result("RS", ("EMDRESP", "Extramedullary Disease"), word)


def _ecog(subject: Subject) -> Iterator[Row]:
    """0 or 1 at entry; 1 or 2 on day 28; 3 when the disease has come back."""
    draw = subject.stream("ecog").integers(0, 2, 12)
    progressed = {v for v, r, *_ in assessments(subject) if r == "PD"}
    held = [v for v in (SCREENING, BASELINE, *RESPONSE_VISITS) if v in subject.visits]
    for number, visit in enumerate(held):
        score = 2 if visit in progressed else int(draw[number])
        row = finding(subject, "RS", visit) | {"RSCAT": "ECOG", "RSEVAL": "INVESTIGATOR"}
        yield row | result("RS", ("ECOG101", "ECOG1-Performance Status"), float(score))
