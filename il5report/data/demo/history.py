"""MH, SUPPMH, SS, DD, MB, IS: history, survival, deaths, lentivirus and antibodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo.schedule import BASELINE, DAY_28, Subject
from il5report.data.demo.tables import Cells, Row, finding, from_rows, result, supplemented

_DIAGNOSIS = {
    "CEL": "Chronic eosinophilic leukemia",
    "MLNTK": "Myeloid/lymphoid neoplasm with eosinophilia and tyrosine kinase gene fusion",
    "AML": "Acute myeloid leukemia with eosinophilia",
}
_NEOPLASMS = "Neoplasms benign, malignant and unspecified (incl cysts and polyps)"
_GENERAL = {
    "Hypertension": "Vascular disorders",
    "Asthma": "Respiratory, thoracic and mediastinal disorders",
    "Allergic rhinitis": "Respiratory, thoracic and mediastinal disorders",
    "Type 2 diabetes mellitus": "Metabolism and nutrition disorders",
    "Hyperlipidaemia": "Metabolism and nutrition disorders",
    "Chronic gastritis": "Gastrointestinal disorders",
    "Appendicectomy": "Surgical and medical procedures",
}
_LABELS = {
    "PHASE": "Disease Phase",
    "RRTYPE": "Refractory or Relapsed",
    "PRLINES": "Number of Prior Lines of Therapy",
    "EMDFL": "Extramedullary Disease Flag",
    "CARDFL": "Cardiac Involvement Flag",
    "FUSION": "Fusion Gene",
}
_MARROW_VISITS = (BASELINE, DAY_28, 203, 206, 212)
_LENTIVIRUS_VISITS = (BASELINE, 203, 206, 212)
_CONTACT_EVERY = 91
_EARLIER_TITERS = {  # before and after infusion
    "IL5-DEMO-01-007": (20.0, 160.0),
    "IL5-DEMO-02-011": (20.0, 40.0),
}


def mh(subjects: Sequence[Subject]) -> tuple[Dataset, Dataset]:
    """The leukemia, its remission and relapse, and other conditions."""
    rows = [row for s in subjects for row in (_primary(s), *_relapse(s), *_general(s))]
    return supplemented("MH", rows, ("MHCAT", "MHSTDTC", "MHTERM"), _LABELS)


def _history(subject: Subject, category: str, term: str, started: str) -> Cells:
    return {
        "USUBJID": subject.usubjid,
        "EPOCH": "SCREENING",
        "MHTERM": term.upper(),
        "MHDECOD": term,
        "MHCAT": category,
        "MHBODSYS": _GENERAL.get(term, _NEOPLASMS),
        "MHDTC": subject.dtc(subject.screening),
        "MHDY": subject.study_day(subject.screening),
        "MHSTDTC": started,
    }


def _primary(subject: Subject) -> Row:
    """Diagnosis, known to the month, in every fourth subject to the year only."""
    disease = subject.plan.disease
    months = 8 + 7 * len(disease.prior)
    started = subject.dtc(subject.consent - 30 * months)[: 4 if subject.plan.number % 4 == 2 else 7]
    row = _history(subject, "PRIMARY DIAGNOSIS", _DIAGNOSIS[disease.diagnosis], started)
    return row | {
        "SUPP": {
            "PHASE": disease.phase.value,
            "RRTYPE": "RELAPSED" if disease.relapsed else "REFRACTORY",
            "PRLINES": str(len(disease.prior)),
            "EMDFL": "Y" if disease.extramedullary else "N",
            "CARDFL": "Y" if disease.cardiac else "N",
            "FUSION": disease.fusion or "NONE",
        }
    }


def _relapse(subject: Subject) -> Iterator[Row]:
    """Remission, and relapse within six months of it."""
    if subject.plan.disease.relapsed:
        rng = subject.stream("relapse")
        relapse = subject.consent - int(rng.integers(20, 45))
        remission = relapse - int(rng.integers(80, 160))
        yield _history(subject, "DISEASE HISTORY", "Remission", subject.dtc(remission))
        yield _history(subject, "DISEASE HISTORY", "Relapse", subject.dtc(relapse))


def _general(subject: Subject) -> Iterator[Row]:
    rng = subject.stream("history")
    for term in rng.choice(list(_GENERAL), int(rng.integers(0, 4)), replace=False):
        year = subject.plan.day0.year - int(rng.integers(2, 15))
        yield _history(subject, "GENERAL", str(term), str(year))


def ss(subjects: Sequence[Subject]) -> Dataset:
    """Survival status: monthly visits, three-monthly contacts after them, last contact."""
    rows: list[Row] = []
    for s in (s for s in subjects if s.depleted):
        visits = {day: number for number, day in s.visits.items() if number > 200}
        first = max([28, *visits])
        days = {*visits, *range(first + _CONTACT_EVERY, s.last, _CONTACT_EVERY), s.last}
        rows += [_status(s, day, visits.get(day)) for day in sorted(days) if day <= s.last]
    return from_rows("SS", rows, ("SSDTC",))


def _status(subject: Subject, day: int, visit: int | None) -> Row:
    course = subject.plan.course
    status = "ALIVE"
    if course.death is not None and day == course.death.day:
        status = "DEAD"
    elif course.lost is not None and day >= course.lost:
        status = "UNKNOWN"
    timing: Cells = {
        "USUBJID": subject.usubjid,
        "EPOCH": subject.epoch(day),
        "SSDTC": subject.dtc(day),
        "SSDY": subject.study_day(day),
    }
    if visit is not None:
        timing |= finding(subject, "SS", visit)
    return timing | {
        "SSTESTCD": "SURVSTAT",
        "SSTEST": "Survival Status",
        "SSORRES": status,
        "SSSTRESC": status,
    }


def dd(subjects: Sequence[Subject]) -> Dataset:
    """Causes of death."""
    rows: list[Row] = [
        {
            "USUBJID": s.usubjid,
            "DDTESTCD": "PRCDTH",
            "DDTEST": "Primary Cause of Death",
            "DDORRES": death.cause,
            "DDSTRESC": death.cause,
            "DDRESCAT": death.category,
            "DDEVAL": "INVESTIGATOR",
            "DDDTC": s.dtc(death.day),
            "DDDY": s.study_day(death.day),
        }
        for s in subjects
        if (death := s.plan.course.death) is not None
    ]
    return from_rows("DD", rows)


def mb(subjects: Sequence[Subject]) -> Dataset:
    """Replication competent lentivirus: never found."""
    test = ("RCLRNA", "Replication Competent Lentivirus RNA")
    rows = [
        finding(s, "MB", v) | result("MB", test, "NEGATIVE") | {"MBSPEC": "BLOOD"}
        for s in subjects
        if s.plan.infused
        for v in _LENTIVIRUS_VISITS
        if v in s.visits
    ]
    return from_rows("MB", rows, ("MBDTC",))


def immunogenicity(subjects: Sequence[Subject]) -> Dataset:
    """IS: antibodies against the CAR; in every fifth subject from month 3, with a titer.

    Two subjects have antibodies before: one whose titer rises after infusion, one whose does not.
    """
    rows: list[Row] = []
    for s in (s for s in subjects if s.plan.infused):
        for visit in (v for v in _MARROW_VISITS if v in s.visits):
            earlier = _EARLIER_TITERS.get(s.usubjid)
            positive = earlier is not None or (s.plan.number % 5 == 3 and visit >= 203)
            row = finding(s, "IS", visit) | {"ISSPEC": "SERUM"}
            word = "POSITIVE" if positive else "NEGATIVE"
            rows.append(row | result("IS", ("ADA", "Anti-Drug Antibody"), word))
            if positive:
                titer = float(40 * 2 ** (visit % 3))
                if earlier is not None:
                    titer = earlier[visit > BASELINE]
                rows.append(row | result("IS", ("ADATITR", "Anti-Drug Antibody Titer"), titer))
    return from_rows("IS", rows, ("ISTESTCD", "ISDTC"))
