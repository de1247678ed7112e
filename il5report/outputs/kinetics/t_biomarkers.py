"""Depletion of eosinophils and peaks of cytokines: one number per subject, as `t_kinetics`."""

from __future__ import annotations

from il5report.output import Output
from il5report.outputs.kinetics import t_kinetics

OUTPUT = Output(
    kind="table",
    title="Biomarkers",
    analysis_set="SAF",
    needs=t_kinetics.needs,
    options=t_kinetics.Options,
    analyse=t_kinetics.analyse,
    display=t_kinetics.display,
    footnotes=("Days count from infusion.",),
)
