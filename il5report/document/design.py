"""The design figure, drawn from the plan: phases of the study, dose levels, visits."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from typing import Any

from il5report.display.model import Display
from il5report.display.plot import drawing, finished, house_style
from il5report.plan import Plan

ID = "f_design"
WIDTH = 165.0
PER_ROW = 5
BOX = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "#444444", "linewidth": 0.8}
DOSE = {**BOX, "facecolor": "#eef4f8"}
ARROW = {"arrowstyle": "-|>", "color": "#444444", "linewidth": 0.8}


def design(plan: Plan, number: str) -> Display | None:
    """Figure of the plan's phases and visits; None where it states neither."""
    if not plan.phases and not plan.visits:
        return None
    rows = -(-len(plan.phases) // PER_ROW)
    high = 26.0 * rows + (14.0 if plan.treatments else 0.0) + (22.0 if plan.visits else 0.0)
    with house_style(ID):
        made, axes = drawing(WIDTH, high)
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(-high, 0)
        y = _phases(axes, plan)
        if plan.treatments:
            y = _doses(axes, plan, y)
        if plan.visits:
            _visits(axes, plan, y)
        body = finished(made, _described(plan), ())
    return Display(
        ID, "figure", number, "Study design", plan.protocol.design, body,
        footnotes=("Days count from infusion (day 0). Visits are spaced evenly, not by time.",),
        in_text=True,
    )  # fmt: skip


def _phases(axes: Any, plan: Plan) -> float:
    """Boxes in rows, each joined to the next; returns where the next part begins."""
    step = WIDTH / PER_ROW
    places = [
        (step * (i % PER_ROW + 0.5), -12.0 - 26.0 * (i // PER_ROW)) for i in range(len(plan.phases))
    ]
    for phase, (x, y) in zip(plan.phases, places, strict=True):
        head = textwrap.fill(phase.label, 15)
        text = "\n".join(filter(None, (head, phase.days)))
        axes.text(x, y, text, ha="center", va="center", bbox=BOX, fontsize=7.5)
    for (x, y), (to, below) in pairwise(places):
        if below == y:
            axes.annotate("", (to - 13, y), (x + 13, y), arrowprops=ARROW)
        else:  # on to the next row
            middle = (y + below) / 2
            axes.plot([x, x, to], [y - 6.5, middle, middle], color="#444444", linewidth=0.8)
            axes.annotate("", (to, below + 5.5), (to, middle), arrowprops=ARROW)
    return (places[-1][1] if places else 0.0) - 13.0


def _doses(axes: Any, plan: Plan, y: float) -> float:
    labels = [f"{key}: {t.label}" for key, t in plan.treatments.items()]
    step = WIDTH / len(labels)
    for i, label in enumerate(labels):
        place = (step * (i + 0.5), y - 4.0)
        axes.text(*place, textwrap.fill(label, 30), ha="center", va="center", bbox=DOSE, fontsize=7)
    return y - 14.0


def _visits(axes: Any, plan: Plan, y: float) -> None:
    """A line with one tick per visit."""
    line = y - 8.0
    axes.plot([2, WIDTH - 2], [line, line], color="#444444", linewidth=0.8)
    step = (WIDTH - 14) / max(1, len(plan.visits) - 1)
    for i, visit in enumerate(plan.visits):
        x = 7 + step * i
        infusion = visit.day == 0
        axes.plot(
            [x, x], [line - 1.5, line + 1.5], color="#444444", linewidth=1.6 if infusion else 0.8
        )
        axes.text(
            x, line - 3.0, textwrap.fill(visit.label, 9), ha="center", va="top", fontsize=6,
            fontweight="bold" if infusion else "normal",
        )  # fmt: skip
        axes.text(x, line + 3.0, f"{visit.day}", ha="center", va="bottom", fontsize=6)


def _described(plan: Plan) -> str:
    parts = [f"{p.label}{f' ({p.days})' if p.days else ''}" for p in plan.phases]
    said = [f"Phases in order: {'; '.join(parts)}."] if parts else []
    doses = [f"{key}: {t.label}" for key, t in plan.treatments.items()]
    said += [f"Dose levels: {'; '.join(doses)}."] if doses else []
    visits = [f"{v.label} (day {v.day})" for v in plan.visits]
    said += [f"Visits: {'; '.join(visits)}."] if visits else []
    return " ".join(said)
