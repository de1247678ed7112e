"""TS: what the study is, and that it is synthetic."""

from __future__ import annotations

from collections.abc import Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo.schedule import CUTOFF, Subject
from il5report.data.demo.tables import from_rows


def ts(subjects: Sequence[Subject]) -> Dataset:
    """Trial summary."""
    first = min(s.dtc(s.consent) for s in subjects)
    lines = (
        ("TITLE", "Trial Title", "IL-5 CAR-T Cells in CD125-Positive Eosinophilic Leukemia (demo)"),
        ("SYNTHDAT", "Synthetic Data", "SYNTHETIC: no subject, site or result is real"),
        ("REGID", "Registry Identifier", "NCT07257640"),
        ("TPHASE", "Trial Phase Classification", "PHASE I TRIAL"),
        ("STYPE", "Study Type", "INTERVENTIONAL"),
        ("INDIC", "Trial Disease/Condition Indication", "Eosinophilic leukemia"),
        ("TRT", "Investigational Therapy or Treatment", "IL-5 CAR-T CELLS"),
        ("RANDOM", "Trial is Randomized", "N"),
        ("NARMS", "Planned Number of Arms", "3"),
        ("PLANSUB", "Planned Number of Subjects", "20"),
        ("ACTSUB", "Actual Number of Subjects", str(sum(s.plan.enrolled for s in subjects))),
        ("SSTDTC", "Study Start Date", first),
        ("DCUTDTC", "Data Cutoff Date", CUTOFF.isoformat()),
        ("DCUTDESC", "Data Cutoff Description", "SYNTHETIC DEMONSTRATION CUTOFF"),
    )
    rows = [{"TSPARMCD": code, "TSPARM": name, "TSVAL": value} for code, name, value in lines]
    return from_rows("TS", rows)
