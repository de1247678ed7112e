"""The plan without the displays that show single subjects."""

from __future__ import annotations

from dataclasses import replace

from il5report.outputs import Catalogue
from il5report.plan.read import LoadedPlan


def of_aggregates(loaded: LoadedPlan) -> LoadedPlan:
    """The plan with the displays that do not declare that they show subjects."""
    catalogue, outputs = Catalogue(), loaded.plan.outputs
    kept = {k: e for k, e in outputs.items() if not catalogue[e.output or k].shows_subjects}
    return replace(loaded, plan=loaded.plan.model_copy(update={"outputs": kept}))
