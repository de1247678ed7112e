"""Depletion of eosinophils and peaks of cytokines: one number per subject, as `t_kinetics`."""

from __future__ import annotations

from dataclasses import replace

from il5report.outputs.kinetics import t_kinetics

OUTPUT = replace(
    t_kinetics.OUTPUT,
    title="Biomarkers",
    analysis_set="SAF",
    footnotes=(
        "Days count from infusion. Geometric CV% = 100 sqrt(exp(v) - 1), v the variance of the "
        "logs.",
    ),
)
