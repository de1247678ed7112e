"""Dose escalation by the plan's rule: its decisions by number of subjects and of toxicities."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from il5report.analyse.dose_finding import Boin, boin, three_plus_three_decision
from il5report.ard import Stat
from il5report.plan.base import Model, Text

ESCALATE, STAY, DEESCALATE, ELIMINATE = "escalate", "stay", "de-escalate", "eliminate"
CODES = {ESCALATE: 1, STAY: 0, DEESCALATE: -1, ELIMINATE: -2}
COHORTS = (3, 6)  # the numbers of subjects at which the 3+3 rule decides
_THREE = {"escalate": ESCALATE, "expand": STAY, "stop": DEESCALATE}
NAMES = {
    "3+3": {ESCALATE: "Escalate", STAY: "Treat three more", DEESCALATE: "Not tolerated"},
    "boin": {
        ESCALATE: "Escalate", STAY: "Stay", DEESCALATE: "De-escalate", ELIMINATE: "Eliminate",
    },
}  # fmt: skip


class Limits(NamedTuple):
    """Decisions at one number of subjects: escalate with so many toxicities or fewer, de-escalate
    and eliminate with so many or more (None: no number calls for it)."""

    N: int
    escalate: int
    deescalate: int
    eliminate: int | None


class EscalationRule(Model):
    """The rule: 3+3, or BOIN with its `target` rate, for up to `max_N` subjects at a dose."""

    label: Text
    kind: Literal["3+3", "boin"]
    target: Annotated[float, Field(gt=0, lt=1)] = 0.3
    safe: float | None = None
    toxic: float | None = None
    certainty: float = 0.95
    max_N: Annotated[int, Field(ge=1)] = 12

    @cached_property
    def _boin(self) -> Boin:
        return boin(
            self.target, max_N=self.max_N, safe=self.safe, toxic=self.toxic,
            certainty=self.certainty,
        )  # fmt: skip

    def limits(self) -> Iterator[Limits]:
        """The decision table."""
        if self.kind == "3+3":
            for size in COHORTS:
                said = [_THREE[three_plus_three_decision(size, n)] for n in range(size + 1)]
                last = size - said[::-1].index(ESCALATE)
                yield Limits(size, last, said.index(DEESCALATE), None)
            return
        made = self._boin
        for size, low, high, out in zip(
            made.N.tolist(), made.escalate.tolist(), made.deescalate.tolist(),
            made.eliminate.tolist(), strict=True,
        ):  # fmt: skip
            yield Limits(size, int(low), int(high), None if math.isnan(out) else int(out))

    def decision(self, size: int, n: int) -> Stat:
        """The decision for a dose as its code; without one, why."""
        label = f"Decision by {self.label} (1 escalate, 0 stay, -1 de-escalate, -2 eliminate)"
        found = next((at for at in self.limits() if size == at.N), None)
        if found is None:
            reason = f"the rule says nothing of {size} subject{'' if size == 1 else 's'}"
            return Stat("decision", label, None, "", reason)
        if found.eliminate is not None and n >= found.eliminate:
            said = ELIMINATE
        elif n >= found.deescalate:
            said = DEESCALATE
        else:
            said = ESCALATE if n <= found.escalate else STAY
        return Stat("decision", label, CODES[said])

    def name(self, code: int) -> str:
        """The decision in words."""
        return NAMES[self.kind][next(name for name, value in CODES.items() if value == code)]

    @property
    def method(self) -> str:
        """The method as the ARD names it."""
        return "3+3 rule" if self.kind == "3+3" else f"BOIN, target {self.target:g}"
