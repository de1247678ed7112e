"""Which drug and device means what in syndrome grading: vocabularies as data.

Terms are upper case, as CMDECOD or PRTRT hold them. A study with other terms passes a
`Vocabulary` of its own (usually ``replace(DEFAULT, vasopressors={**VASOPRESSORS, ...})``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

VASOPRESSIN = "VASOPRESSIN"
"""The one agent that is never counted as a second vasopressor (ASTCT 2019)."""

VASOPRESSORS: Mapping[str, str] = {
    "NOREPINEPHRINE": "NOREPINEPHRINE",
    "NOREPINEPHRINE BITARTRATE": "NOREPINEPHRINE",
    "NORADRENALINE": "NOREPINEPHRINE",
    "EPINEPHRINE": "EPINEPHRINE",
    "ADRENALINE": "EPINEPHRINE",
    "PHENYLEPHRINE": "PHENYLEPHRINE",
    "DOPAMINE": "DOPAMINE",
    "METARAMINOL": "METARAMINOL",
    "EPHEDRINE": "EPHEDRINE",
    "ANGIOTENSIN II": "ANGIOTENSIN II",
    "VASOPRESSIN": VASOPRESSIN,
    "ARGIPRESSIN": VASOPRESSIN,
    "TERLIPRESSIN": VASOPRESSIN,
}
"""Term to agent, so that two names of one drug are one agent. Inotropes are not vasopressors."""


class Oxygen(StrEnum):
    """Classes of oxygen delivery in the ASTCT table."""

    NONE = "none"
    CANNULA = "cannula"
    """Grade 2 at 6 L/min or less, grade 3 above."""
    BLOW_BY = "blow-by"
    HIGH_FLOW = "high flow"
    POSITIVE_PRESSURE = "positive pressure"


OXYGEN_DEVICES: Mapping[str, Oxygen] = {
    "ROOM AIR": Oxygen.NONE,
    "NASAL CANNULA": Oxygen.CANNULA,
    "LOW FLOW NASAL CANNULA": Oxygen.CANNULA,
    "BLOW-BY": Oxygen.BLOW_BY,
    "HIGH FLOW NASAL CANNULA": Oxygen.HIGH_FLOW,
    "FACE MASK": Oxygen.HIGH_FLOW,
    "SIMPLE MASK": Oxygen.HIGH_FLOW,
    "NON-REBREATHER MASK": Oxygen.HIGH_FLOW,
    "VENTURI MASK": Oxygen.HIGH_FLOW,
    "CPAP": Oxygen.POSITIVE_PRESSURE,
    "BIPAP": Oxygen.POSITIVE_PRESSURE,
    "NON-INVASIVE VENTILATION": Oxygen.POSITIVE_PRESSURE,
    "INTUBATION": Oxygen.POSITIVE_PRESSURE,
    "MECHANICAL VENTILATION": Oxygen.POSITIVE_PRESSURE,
}


class Drug(StrEnum):
    """Classes of drug that matter to the fever rule and to the treatment rows."""

    TOCILIZUMAB = "TOCILIZUMAB"
    STEROID = "STEROID"
    ANTIPYRETIC = "ANTIPYRETIC"
    OTHER = "OTHER ANTICYTOKINE"


DRUGS: Mapping[str, Drug] = {
    "TOCILIZUMAB": Drug.TOCILIZUMAB,
    "SILTUXIMAB": Drug.OTHER,
    "ANAKINRA": Drug.OTHER,
    "RUXOLITINIB": Drug.OTHER,
    "ETANERCEPT": Drug.OTHER,
    "EMAPALUMAB": Drug.OTHER,
    "DEXAMETHASONE": Drug.STEROID,
    "METHYLPREDNISOLONE": Drug.STEROID,
    "METHYLPREDNISOLONE SODIUM SUCCINATE": Drug.STEROID,
    "PREDNISOLONE": Drug.STEROID,
    "PREDNISONE": Drug.STEROID,
    "HYDROCORTISONE": Drug.STEROID,
    "PARACETAMOL": Drug.ANTIPYRETIC,
    "ACETAMINOPHEN": Drug.ANTIPYRETIC,
    "IBUPROFEN": Drug.ANTIPYRETIC,
    "METAMIZOLE": Drug.ANTIPYRETIC,
    "INDOMETACIN": Drug.ANTIPYRETIC,
}

FEVER_MASKING = frozenset(Drug)
"""After any of these a patient with CRS no longer needs fever to be graded."""


@dataclass(frozen=True)
class Vocabulary:
    """The study's terms for support and treatment.

    Attributes
    ----------
    vasopressors : Mapping of term to agent
    oxygen_devices : Mapping of term to `Oxygen`
    drugs : Mapping of term to `Drug`
    fever_masking : frozenset of `Drug`
        Classes that lift the fever requirement.
    """

    vasopressors: Mapping[str, str]
    oxygen_devices: Mapping[str, Oxygen]
    drugs: Mapping[str, Drug]
    fever_masking: frozenset[Drug] = FEVER_MASKING


DEFAULT = Vocabulary(VASOPRESSORS, OXYGEN_DEVICES, DRUGS)
LOW_FLOW_TO = 6.0


def oxygen_grade(device: pl.Expr, flow: pl.Expr, vocabulary: Vocabulary = DEFAULT) -> pl.Expr:
    """Grade 0, 2, 3 or 4 that a device alone gives (6 L/min is low flow, above is high flow)."""
    kind = device.replace_strict(dict(vocabulary.oxygen_devices), default=None)
    low_flow = pl.when(flow > LOW_FLOW_TO).then(3).otherwise(2)
    return (
        pl.when(kind == Oxygen.POSITIVE_PRESSURE).then(4)
        .when(kind == Oxygen.HIGH_FLOW).then(3)
        .when(kind.is_in([Oxygen.CANNULA, Oxygen.BLOW_BY])).then(low_flow)
        .otherwise(0)
        .cast(pl.Int64)
    )  # fmt: skip
