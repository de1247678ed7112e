"""What one run asks for beside the plan: only some displays, another data cut-off."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from il5report.errors import Finding, PlanError, nearest
from il5report.plan.models import OutputPlan, Preset
from il5report.plan.read import LoadedPlan


@dataclass(frozen=True)
class Choices:
    """The options of a run that change what is reported.

    Attributes
    ----------
    only : tuple of str
        Displays, each by its id or by a number that it has or that stands above it (``14.2``).
        Empty: all of the plan.
    preset : str
        A preset of the plan: its displays (and those of `only`) under its title.
    cutoff : date or None
        Data cut-off in place of the plan's.
    subject_data : bool
        False: aggregates only, nothing of single subjects.
    """

    only: tuple[str, ...] = ()
    preset: str = ""
    cutoff: dt.date | None = None
    subject_data: bool = True

    def recorded(self) -> dict[str, Any]:
        """What the manifest says of them: those that were made."""
        made = {
            "only": list(self.only),
            "preset": self.preset,
            "cutoff": self.cutoff.isoformat() if self.cutoff else "",
            "aggregates_only": not self.subject_data,
        }
        return {name: value for name, value in made.items() if value}


def chosen(loaded: LoadedPlan, choices: Choices) -> LoadedPlan:
    """The plan as the run asks for it.

    Raises
    ------
    PlanError
        An option names what the plan does not hold; all such options at once.
    """
    plan, changes = loaded.plan, dict[str, Any]()
    settings: dict[str, str] = {}
    wanted = [(name, "--only") for name in choices.only]
    if choices.preset:
        preset = _preset(loaded, choices.preset)
        place = loaded.place("presets", choices.preset, "displays")
        wanted = [*((name, place) for name in preset.displays), *wanted]
        settings = {"title": preset.title, "status": preset.status, "banner": preset.banner}
    if wanted:
        changes["outputs"] = selected(plan.outputs, wanted)
        settings["part"] = ", ".join(filter(None, (choices.preset, *choices.only)))
        given = {name: value for name, value in settings.items() if value}
        changes["report"] = plan.report.model_copy(update=given)
    if choices.cutoff:
        changes["data_cutoff"] = choices.cutoff
    return replace(loaded, plan=plan.model_copy(update=changes)) if changes else loaded


def selected(
    outputs: Mapping[str, OutputPlan], wanted: Sequence[tuple[str, str]]
) -> dict[str, OutputPlan]:
    """The displays meant by ids and numbers, in the plan's order; PlanError for an unknown one.

    `wanted` are names, each with the place that says so.
    """
    meant = [{k for k, entry in outputs.items() if _is(name, k, entry)} for name, _ in wanted]
    unknown = [place for place, keys in zip(wanted, meant, strict=True) if not keys]
    if unknown:
        raise PlanError([_unknown(name, outputs, place) for name, place in unknown])
    keys = set().union(*meant)
    return {key: entry for key, entry in outputs.items() if key in keys}


def _preset(loaded: LoadedPlan, name: str) -> Preset:
    presets = loaded.plan.presets
    if name not in presets:
        message = f"the plan has no preset {name!r}{nearest(name, sorted(presets))}"
        raise PlanError([Finding("option.preset", message, place="--preset")])
    return presets[name]


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
