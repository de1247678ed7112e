"""What one run asks for beside the plan: only some of its displays."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from il5report.errors import Finding, PlanError
from il5report.plan.models import OutputPlan
from il5report.plan.read import LoadedPlan


@dataclass(frozen=True)
class Choices:
    """The options of a run that change what is reported.

    Attributes
    ----------
    only : tuple of str
        Displays, each by its id or by a number that it has or that stands above it (``14.2``).
        Empty: all of the plan.
    """

    only: tuple[str, ...] = ()

    def recorded(self) -> dict[str, Any]:
        """What the manifest says of them: those that were made."""
        return {"only": list(self.only)} if self.only else {}


def chosen(loaded: LoadedPlan, choices: Choices) -> LoadedPlan:
    """The plan as the run asks for it.

    Raises
    ------
    PlanError
        An option names what the plan does not hold; all such options at once.
    """
    if not choices.only:
        return loaded
    outputs = selected(loaded.plan.outputs, choices.only, "--only")
    settings = loaded.plan.report.model_copy(update={"part": ", ".join(choices.only)})
    return replace(
        loaded, plan=loaded.plan.model_copy(update={"outputs": outputs, "report": settings})
    )


def selected(
    outputs: Mapping[str, OutputPlan], wanted: Sequence[str], place: str
) -> dict[str, OutputPlan]:
    """The displays meant by ids and numbers, in the plan's order; PlanError for an unknown one."""
    meant = {name: {k for k, entry in outputs.items() if _is(name, k, entry)} for name in wanted}
    unknown = [name for name, keys in meant.items() if not keys]
    if unknown:
        raise PlanError([_unknown(name, outputs, place) for name in unknown])
    keys = set().union(*meant.values())
    return {key: entry for key, entry in outputs.items() if key in keys}


def _is(name: str, key: str, entry: OutputPlan) -> bool:
    return name == key or f"{entry.number}.".startswith(f"{name}.")


def _unknown(name: str, outputs: Mapping[str, OutputPlan], place: str) -> Finding:
    numbers = sorted({entry.number for entry in outputs.values()}, key=_in_order)
    close = difflib.get_close_matches(name, [*outputs, *numbers], n=1)
    hint = f"did you mean {close[0]!r}?" if close else _known(numbers)
    message = f"the plan has no display with the id or number {name!r}; {hint}"
    return Finding("option.display", message, place=place)


def _known(numbers: Sequence[str]) -> str:
    above = dict.fromkeys(".".join(number.split(".")[:2]) for number in numbers)
    return f"its numbers begin with {', '.join(above)}"


def _in_order(number: str) -> list[int]:
    return [int(part) for part in number.split(".")]
