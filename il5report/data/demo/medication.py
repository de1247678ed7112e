"""CM: what was given before, for bridging, against toxicity, afterwards, and otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo.plan import Fate, Recovery
from il5report.data.demo.schedule import CUTOFF, Subject
from il5report.data.demo.tables import Cells, Row, from_rows, interval
from il5report.data.demo.toxicity import crs_days, icans_days, other_fevers, runs

Span = tuple[int, int | None]

# dose, unit, frequency, route
_REGIMEN: dict[str, tuple[float, str, str, str]] = {
    "TOCILIZUMAB": (8, "mg/kg", "ONCE", "INTRAVENOUS"),
    "DEXAMETHASONE": (10, "mg", "Q6H", "INTRAVENOUS"),
    "METHYLPREDNISOLONE": (500, "mg", "QD", "INTRAVENOUS"),
    "ANAKINRA": (100, "mg", "BID", "SUBCUTANEOUS"),
    "NOREPINEPHRINE": (0.1, "ug/kg/min", "CONTINUOUS", "INTRAVENOUS"),
    "PHENYLEPHRINE": (0.5, "ug/kg/min", "CONTINUOUS", "INTRAVENOUS"),
    "VASOPRESSIN": (0.03, "IU/min", "CONTINUOUS", "INTRAVENOUS"),
    "SODIUM CHLORIDE": (1000, "mL", "QD", "INTRAVENOUS"),
    "PARACETAMOL": (500, "mg", "Q8H", "ORAL"),
    "FILGRASTIM": (5, "ug/kg", "QD", "SUBCUTANEOUS"),
    "HYDROXYCARBAMIDE": (1000, "mg", "QD", "ORAL"),
    "CYTARABINE": (20, "mg/m2", "QD", "SUBCUTANEOUS"),
    "LEVETIRACETAM": (500, "mg", "BID", "ORAL"),
    "ACICLOVIR": (400, "mg", "BID", "ORAL"),
    "SULFAMETHOXAZOLE/TRIMETHOPRIM": (960, "mg", "QD", "ORAL"),
    "ALLOPURINOL": (300, "mg", "QD", "ORAL"),
    "MEROPENEM": (1, "g", "TID", "INTRAVENOUS"),
    "IMMUNOGLOBULIN": (25, "g", "QM", "INTRAVENOUS"),
    "RUXOLITINIB": (10, "mg", "BID", "ORAL"),
    "VENETOCLAX": (400, "mg", "QD", "ORAL"),
    "AZACITIDINE": (75, "mg/m2", "QD", "SUBCUTANEOUS"),
    "GILTERITINIB": (120, "mg", "QD", "ORAL"),
}
# ATC, fourth level
_CLASS: dict[str, tuple[str, str]] = {
    "TOCILIZUMAB": ("L04AC", "Interleukin inhibitors"),
    "ANAKINRA": ("L04AC", "Interleukin inhibitors"),
    "DEXAMETHASONE": ("H02AB", "Glucocorticoids"),
    "METHYLPREDNISOLONE": ("H02AB", "Glucocorticoids"),
    "PREDNISONE": ("H02AB", "Glucocorticoids"),
    "NOREPINEPHRINE": ("C01CA", "Adrenergic and dopaminergic agents"),
    "PHENYLEPHRINE": ("C01CA", "Adrenergic and dopaminergic agents"),
    "VASOPRESSIN": ("H01BA", "Vasopressin and analogues"),
    "SODIUM CHLORIDE": ("B05BB", "Solutions affecting the electrolyte balance"),
    "PARACETAMOL": ("N02BE", "Anilides"),
    "FILGRASTIM": ("L03AA", "Colony stimulating factors"),
    "INTERFERON ALFA": ("L03AB", "Interferons"),
    "HYDROXYCARBAMIDE": ("L01XX", "Other antineoplastic agents"),
    "VENETOCLAX": ("L01XX", "Other antineoplastic agents"),
    "CYTARABINE": ("L01BC", "Pyrimidine analogues"),
    "AZACITIDINE": ("L01BC", "Pyrimidine analogues"),
    "DAUNORUBICIN": ("L01DB", "Anthracyclines and related substances"),
    "IMATINIB": ("L01EA", "BCR-ABL tyrosine kinase inhibitors"),
    "RUXOLITINIB": ("L01EJ", "Janus-associated kinase (JAK) inhibitors"),
    "GILTERITINIB": ("L01EX", "Other protein kinase inhibitors"),
    "LEVETIRACETAM": ("N03AX", "Other antiepileptics"),
    "ACICLOVIR": ("J05AB", "Nucleosides and nucleotides excl. reverse transcriptase inhibitors"),
    "SULFAMETHOXAZOLE/TRIMETHOPRIM": ("J01EE", "Combinations of sulfonamides and trimethoprim"),
    "ALLOPURINOL": ("M04AA", "Preparations inhibiting uric acid production"),
    "MEROPENEM": ("J01DH", "Carbapenems"),
    "IMMUNOGLOBULIN": ("J06BA", "Immunoglobulins, normal human"),
}
_GROWTH_FACTOR: dict[Recovery, Span | None] = {
    Recovery.PROMPT: None,
    Recovery.DELAYED: (9, 16),
    Recovery.PROLONGED: (9, 19),
}


def cm(subjects: Sequence[Subject]) -> Dataset:
    """All medication."""
    rows = [
        row
        for s in subjects
        for row in (*_prior(s), *_bridging(s), *_for_crs(s), *_support(s), *_others(s), *_later(s))
    ]
    return from_rows("CM", rows, ("CMSTDTC", "CMCAT", "CMTRT"))


def _drug(subject: Subject, name: str, category: str, span: Span, reason: str) -> Cells:
    """One record; a treatment that would outlast the subject's participation is ongoing."""
    start, end = span
    ongoing = end is None or end > subject.last
    row = interval(subject, "CM", start, None if ongoing else end)
    if ongoing:
        row |= {"CMENRTPT": "ONGOING", "CMENTPT": min(subject.dtc(subject.last), str(CUTOFF))}
    if name in _REGIMEN:
        dose, unit, frequency, route = _REGIMEN[name]
        row |= {"CMDOSE": dose, "CMDOSU": unit, "CMDOSFRQ": frequency, "CMROUTE": route}
    code, group = _CLASS[name]
    row |= {"CMCLAS": group, "CMCLASCD": code}
    return row | {"CMTRT": name, "CMDECOD": name, "CMCAT": category, "CMINDC": reason}


def _prior(subject: Subject) -> Iterator[Row]:
    """Lines before consent, one after the other; the dates are known to the month or year."""
    drugs = subject.plan.disease.prior
    rng = subject.stream("prior")
    day = subject.consent - 190 * len(drugs) - int(rng.integers(0, 90))
    for number, drug in enumerate(drugs):
        length = int(rng.integers(60, 150))
        row = _drug(subject, drug, "PRIOR ANTI-CANCER THERAPY", (day, day + length), "LEUKEMIA")
        texts = {
            "CMSTDTC": subject.dtc(day)[: 4 if number == 0 else 7],
            "CMENDTC": subject.dtc(day + length)[:7],
        }
        yield row | texts | dict.fromkeys(("CMSTDY", "CMENDY", "CMDOSE", "CMDOSU", "CMDOSFRQ"))
        day += length + int(rng.integers(10, 40))


def _bridging(subject: Subject) -> Iterator[Row]:
    drug = subject.plan.bridging
    if drug is not None:
        end = min(-9, subject.last)
        span = (subject.apheresis + 1, end)
        yield _drug(subject, drug, "BRIDGING THERAPY", span, "LEUKEMIA")


def _for_crs(subject: Subject) -> Iterator[Row]:
    days = crs_days(subject)
    for day, state in days.items():
        if state.tocilizumab:
            yield _drug(subject, "TOCILIZUMAB", "AESI MANAGEMENT", (day, day), "CRS")
    for steroid in ("DEXAMETHASONE", "METHYLPREDNISOLONE"):
        for span in runs(d for d, s in days.items() if s.steroid == steroid):
            yield _drug(subject, steroid, "AESI MANAGEMENT", span, "CRS")


def _support(subject: Subject) -> Iterator[Row]:
    days = crs_days(subject)
    for agent in ("NOREPINEPHRINE", "PHENYLEPHRINE", "VASOPRESSIN"):
        for span in runs(d for d, s in days.items() if agent in s.pressors):
            yield _drug(subject, agent, "VASOPRESSOR", span, "CRS")
    for span in runs(d for d, s in days.items() if s.fluids):
        yield _drug(subject, "SODIUM CHLORIDE", "IV FLUIDS", span, "HYPOTENSION")
    for span in runs(d for d, s in days.items() if s.temp >= 38):
        yield _drug(subject, "PARACETAMOL", "ANTIPYRETIC", span, "CRS")


def _others(subject: Subject) -> Iterator[Row]:
    course = subject.plan.course
    for span in runs(d for d, s in icans_days(subject).items() if s.ice is None or s.ice <= 6):
        yield _drug(subject, "DEXAMETHASONE", "AESI MANAGEMENT", span, "ICANS")
    if course.iec_hs:
        yield _drug(subject, "DEXAMETHASONE", "AESI MANAGEMENT", (12, 19), "IEC-HS")
        yield _drug(subject, "ANAKINRA", "AESI MANAGEMENT", (12, 18), "IEC-HS")
    for span in other_fevers(subject):
        yield _drug(subject, "PARACETAMOL", "ANTIPYRETIC", span, "INFECTION")
        yield _drug(subject, "MEROPENEM", "CONCOMITANT", (span[0], span[0] + 9), "INFECTION")
    for event in course.events:
        if event.term == "Pneumonia":
            span = (event.day + 5, event.day + 6)
            yield _drug(subject, "NOREPINEPHRINE", "VASOPRESSOR", span, "PNEUMONIA")
        if event.category == "HYPOGAMMAGLOBULINEMIA":
            span = (event.day + 5, event.end or subject.last)
            yield _drug(subject, "IMMUNOGLOBULIN", "CONCOMITANT", span, "HYPOGAMMAGLOBULINEMIA")


def _later(subject: Subject) -> Iterator[Row]:
    """Prophylaxis, growth factor, and the next treatment of the leukemia."""
    course = subject.plan.course
    if subject.plan.fate is Fate.INFUSED:
        for drug, span in (
            ("LEVETIRACETAM", (0, 30)),
            ("ALLOPURINOL", (-5, 14)),
            ("ACICLOVIR", (-5, 365)),
            ("SULFAMETHOXAZOLE/TRIMETHOPRIM", (28, 270)),
        ):
            if span[0] <= subject.last:
                yield _drug(subject, drug, "CONCOMITANT", span, "PROPHYLAXIS")
        growth = _GROWTH_FACTOR[course.recovery]
        if growth is not None:
            yield _drug(subject, "FILGRASTIM", "GROWTH FACTOR", growth, "NEUTROPENIA")
    if course.therapy is not None:
        day, drug = course.therapy
        category = "SUBSEQUENT ANTI-CANCER THERAPY"
        yield _drug(subject, drug, category, (day, day + 160), "LEUKEMIA")
