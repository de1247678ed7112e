"""EX, SUPPEX, PR, HO: lymphodepletion, the cells, procedures and intensive care."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo.counts import reported
from il5report.data.demo.schedule import LYMPHODEPLETION, Subject
from il5report.data.demo.tables import Cells, Row, from_rows, interval, supplemented
from il5report.data.demo.toxicity import crs_days, intensive, runs

DOSES = {1: 0.5, 2: 1.0, 3: 2.0}
# first and last day after the onset, device, flow (L/min)
_PNEUMONIA = (
    (2, 3, "NASAL CANNULA", 4.0),
    (4, 5, "HIGH-FLOW NASAL CANNULA", 12.0),
    (6, 6, "MECHANICAL VENTILATION", None),
)
_LABELS = {
    "OOSFL": "Out of Specification Flag",
    "VIABPCT": "Viability (%)",
    "TRDXPCT": "Transduction Efficiency (%)",
    "VCN": "Vector Copy Number per Cell",
    "CD4CD8": "CD4/CD8 Ratio",
    "CELLTOT": "Total CAR+ Cells (10^6)",
    "PLANDOSE": "Planned Dose (10^6 cells/kg)",
}


def ex(subjects: Sequence[Subject]) -> tuple[Dataset, Dataset]:
    """Fludarabine and cyclophosphamide on three days, then the cells."""
    rows: list[Row] = []
    for subject in subjects:
        doses = zip(LYMPHODEPLETION, subject.plan.fludarabine, strict=True)
        for day, fludarabine in doses if subject.depleted else ():
            for drug, dose in (("FLUDARABINE", fludarabine), ("CYCLOPHOSPHAMIDE", 500.0)):
                rows.append(
                    interval(subject, "EX", day, day)
                    | {"EXTRT": drug, "EXCAT": "LYMPHODEPLETION", "EXDOSE": dose}
                    | {"EXDOSU": "mg/m2", "EXDOSFRM": "INJECTION", "EXDOSFRQ": "QD"}
                    | {"EXROUTE": "INTRAVENOUS"}
                )
        if subject.plan.infused:
            rows.append(_infusion(subject))
    return supplemented("EX", rows, ("EXSTDTC", "EXTRT"), _LABELS)


def _infusion(subject: Subject) -> Row:
    plan = subject.plan
    planned = DOSES[plan.level or 0]
    rng = subject.stream("product")
    dose = round(planned * plan.product.dose_fraction * float(rng.uniform(0.96, 1.0)), 2)
    start = subject.infusion_time
    return interval(subject, "EX", 0, 0) | {
        "EXTRT": "IL-5 CAR-T CELLS",
        "EXCAT": "CAR-T INFUSION",
        "EXDOSE": dose,
        "EXDOSU": "10^6 CELLS/kg",
        "EXDOSFRM": "SUSPENSION",
        "EXDOSFRQ": "ONCE",
        "EXROUTE": "INTRAVENOUS",
        "EXLOT": f"LOT{plan.site}{plan.number:03d}",
        "EXSTDTC": subject.moment(start),
        "EXENDTC": subject.moment(start + 20 / 1440),
        "SUPP": {
            "OOSFL": "Y" if plan.product.out_of_specification else "N",
            "VIABPCT": f"{plan.product.viability + rng.uniform(-1, 1):.1f}",
            "TRDXPCT": f"{rng.uniform(28, 55):.1f}",
            "VCN": f"{rng.uniform(1.2, 3.9):.2f}",
            "CD4CD8": f"{rng.uniform(0.6, 2.1):.2f}",
            "CELLTOT": f"{dose * plan.weight:.1f}",
            "PLANDOSE": f"{planned:g}",
        },
    }


def pr(subjects: Sequence[Subject]) -> Dataset:
    """Leukapheresis, transplants, oxygen, transfusions."""
    rows = [row for s in subjects for row in (*_planned(s), *_oxygen(s), *_transfusions(s))]
    return from_rows("PR", rows, ("PRSTDTC", "PRCAT"))


def _procedure(subject: Subject, name: str, category: str, start: int, end: int) -> Cells:
    return interval(subject, "PR", start, end) | {
        "PRTRT": name,
        "PRDECOD": name,
        "PRCAT": category,
    }


def _planned(subject: Subject) -> Iterator[Row]:
    plan = subject.plan
    if plan.disease.prior_transplant:
        day = -int(subject.stream("transplant").integers(380, 460))
        row = _procedure(subject, "ALLOGENEIC HSCT", "PRIOR TRANSPLANT", day, day)
        month = subject.dtc(day)[:7]
        yield (
            row | dict.fromkeys(("PRSTDTC", "PRENDTC"), month) | dict.fromkeys(("PRSTDY", "PRENDY"))
        )
    if plan.enrolled:
        day = subject.apheresis
        yield _procedure(subject, "LEUKAPHERESIS", "LEUKAPHERESIS", day, day)
    if plan.course.transplant is not None:
        day = plan.course.transplant
        yield _procedure(subject, "ALLOGENEIC HSCT", "TRANSPLANT", day, day)
    if plan.course.boost is not None:
        day = plan.course.boost
        row = _procedure(subject, "CD34+ STEM CELL BOOST", "STEM CELL BOOST", day, day)
        yield row | {"PRINDC": "CYTOPENIA"}


def _oxygen(subject: Subject) -> Iterator[Row]:
    """One record per device and flow; of CRS by its components, of pneumonia until death."""
    days = crs_days(subject)
    settings = dict.fromkeys((s.device, s.flow) for s in days.values())
    spans = [
        (start, end, device, flow, "CRS")
        for device, flow in settings
        if device is not None
        for start, end in runs(d for d, s in days.items() if (s.device, s.flow) == (device, flow))
    ]
    spans += [
        (event.day + start, event.day + end, device, flow, "PNEUMONIA")
        for event in subject.plan.course.events
        if event.term == "Pneumonia"
        for start, end, device, flow in _PNEUMONIA
    ]
    for start, end, device, flow, reason in spans:
        row = _procedure(subject, device, "OXYGEN", start, end) | {"PRINDC": reason}
        yield row | {"PRDOSE": flow, "PRDOSU": None if flow is None else "L/min"}


def _transfusions(subject: Subject) -> Iterator[Row]:
    """Platelets below 15 x 10^9/L, red cells below 80 g/L, with days between."""
    visits, blood = reported(subject)
    rules = (
        ("PLATELET TRANSFUSION", "PLAT", 15, 3),
        ("RED BLOOD CELL TRANSFUSION", "HGB", 80, 5),
    )
    for name, test, threshold, pause in rules:
        previous = -100
        for visit, value in zip(visits, blood[test], strict=True):
            day = subject.visits[visit]
            if day > -5 and value < threshold and day - previous >= pause:
                yield _procedure(subject, name, "TRANSFUSION", day, day)
                previous = day


def ho(subjects: Sequence[Subject]) -> Dataset:
    """Intensive care: from the first pressor, high flow or ventilation to the last."""
    rows: list[Row] = []
    for subject in subjects:
        states = crs_days(subject)
        days = [list(states)[i] for i in intensive(states.values())]
        spans = [(min(days), max(days) + 1)] if days else []
        spans += [
            (e.day + 4, e.end or subject.last) for e in subject.plan.course.events if e.grade == 5
        ]
        for start, end in spans:
            if start <= end:
                row = interval(subject, "HO", start, end)
                rows.append(row | {"HOTERM": "ICU ADMISSION", "HODECOD": "INTENSIVE CARE UNIT"})
    return from_rows("HO", rows, ("HOSTDTC",))
