"""A synthetic study in SDTM: curated stories of 26 subjects, with seeded noise around them."""

from __future__ import annotations

from collections.abc import Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo import (
    conduct,
    disease,
    events,
    history,
    kinetics,
    labs,
    medication,
    neuro,
    treatment,
    trial,
    vitals,
)
from il5report.data.demo.schedule import Subject, subject
from il5report.data.demo.subjects import SUBJECTS

SEED = 20260630


def generate(seed: int = SEED) -> dict[str, Dataset]:
    """The demo study's SDTM data sets, by name.

    Parameters
    ----------
    seed : int
        Changes the noise (laboratory values, days of waiting, mild events), never the stories
        (who was infused, graded, answered, relapsed or died, and when).

    Returns
    -------
    dict of str to Dataset
        Text and numbers as `Dataset` says; ASCII, at most 200 characters. The same seed gives the
        same data on any machine.
    """
    subjects = [subject(plan, seed) for plan in SUBJECTS]
    return {dataset.name: dataset for dataset in _datasets(subjects)}


def _datasets(subjects: Sequence[Subject]) -> list[Dataset]:
    return [
        trial.ts(subjects),
        conduct.dm(subjects),
        conduct.sv(subjects),
        conduct.ds(subjects),
        conduct.ie(subjects),
        conduct.dv(subjects),
        *history.mh(subjects),
        *treatment.ex(subjects),
        treatment.pr(subjects),
        treatment.ho(subjects),
        medication.cm(subjects),
        *events.ae(subjects),
        events.ce(subjects),
        vitals.vs(subjects),
        vitals.eg(subjects),
        vitals.cv(subjects),
        neuro.qs(subjects),
        labs.lb(subjects),
        kinetics.pc(subjects),
        kinetics.cp(subjects),
        disease.mi(subjects),
        disease.gf(subjects),
        disease.rs(subjects),
        history.mb(subjects),
        history.immunogenicity(subjects),
        history.ss(subjects),
        history.dd(subjects),
    ]
