"""What a subject's story in the demo study is made of.

All days count from the infusion (day 0 = infusion); a subject who was never infused counts from the
day on which the infusion was planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Phase(StrEnum):
    CHRONIC = "CHRONIC"
    BLAST = "BLAST"


class Fate(StrEnum):
    """How far the subject came."""

    SCREEN_FAILURE = "SCREEN FAILURE"
    MANUFACTURING_FAILURE = "MANUFACTURING FAILURE"
    WITHDRAWN = "WITHDRAWAL BY SUBJECT"
    DIED_BEFORE_INFUSION = "DEATH"
    INFUSED = "INFUSED"


class Recovery(StrEnum):
    """How fast neutrophils and platelets come back after lymphodepletion."""

    PROMPT = "prompt"
    DELAYED = "delayed"
    PROLONGED = "prolonged"


class Expansion(StrEnum):
    """How far the cells expand."""

    NONE = "none"
    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True)
class CrsDay:
    """One day of cytokine release syndrome: the components that the grade is made of."""

    temp: float
    fluids: bool = False
    pressors: tuple[str, ...] = ()
    device: str | None = None
    flow: float | None = None
    tocilizumab: bool = False
    steroid: str | None = None


@dataclass(frozen=True)
class IcansDay:
    """One day of neurotoxicity: ICE total (None: not arousable) and the ASTCT grade per domain."""

    ice: int | None
    consciousness: int = 0
    seizure: int = 0


@dataclass(frozen=True)
class Syndrome:
    """An episode of CRS or ICANS: a named course that starts on a day."""

    day: int
    course: str
    investigator_grade: int | None = None


@dataclass(frozen=True)
class Event:
    """An adverse event that belongs to the story. `end` None: not resolved at last contact.

    `reported`: the investigator's words, where they say more than the term; `action`: taken with
    the infusion; `lymphodepletion_action` and `infusion_effect`: of an event before it.
    """

    term: str
    day: int
    end: int | None
    grade: int
    category: str = "OTHER"
    related: bool = False
    lymphodepletion: bool = False
    serious: bool = False
    life_threatening: bool = False
    fever: bool = False
    start_text: str = ""
    end_text: str = ""
    reported: str = ""
    action: str = "NOT APPLICABLE"
    lymphodepletion_action: str = "DOSE NOT CHANGED"
    infusion_effect: str = "NONE"
    intensive_care: bool = False


@dataclass(frozen=True)
class Death:
    """The day and the words of the cause; the category is DISEASE PROGRESSION or ADVERSE EVENT."""

    day: int
    cause: str
    category: str


@dataclass(frozen=True)
class Disease:
    """The leukemia at entry: `blasts` in marrow (%), `eos` in blood (10^9/L)."""

    phase: Phase
    diagnosis: str
    cd125: float
    blasts: float
    eos: float
    gene: str
    fusion: str | None = None
    karyotype: str | None = None
    relapsed: bool = False
    extramedullary: bool = False
    cardiac: bool = False
    prior: tuple[str, ...] = ("PREDNISONE",)
    prior_transplant: bool = False


@dataclass(frozen=True)
class Product:
    """The infused cells: dose as a fraction of the planned one, and release results."""

    dose_fraction: float = 1.0
    viability: float = 92.0
    out_of_specification: bool = False


@dataclass(frozen=True)
class Course:
    """What happens after the infusion.

    `responses` and `mrd` follow the assessments day 28, months 2, 3, 6, 9, 12, 18, 24; ``-`` is an
    assessment missed, and in `mrd` ``.`` a sample not taken. `review` holds the visits (by number)
    where the independent assessor differs. `boost`: day of a stem-cell boost; `lvef_fall`: points
    below the usual ejection fraction, by visit.
    """

    expansion: Expansion = Expansion.MIDDLE
    recovery: Recovery = Recovery.PROMPT
    crs: tuple[Syndrome, ...] = ()
    icans: tuple[Syndrome, ...] = ()
    iec_hs: bool = False
    tumour_lysis: bool = False
    responses: tuple[str, ...] = ()
    mrd: tuple[str, ...] = ()
    review: Mapping[int, str] = field(default_factory=dict)
    eos_back: int = 200
    events: tuple[Event, ...] = ()
    transplant: int | None = None
    boost: int | None = None
    lvef_fall: Mapping[int, float] = field(default_factory=dict)
    therapy: tuple[int, str] | None = None
    death: Death | None = None
    lost: int | None = None


@dataclass(frozen=True)
class SubjectPlan:
    """One screened subject. `bridged`: response to bridging; `fludarabine`: dose of each day."""

    site: str
    number: int
    day0: date
    sex: str
    age: int
    weight: float
    height: float
    disease: Disease
    fate: Fate = Fate.INFUSED
    level: int | None = None
    failed: tuple[str, ...] = ()
    bridging: str | None = None
    bridged: str = "SD"
    fludarabine: tuple[float, float, float] = (30.0, 30.0, 30.0)
    product: Product = Product()
    course: Course = Course()
    screening: Mapping[str, float] = field(default_factory=dict)
    lvef: float | None = 62.0

    @property
    def infused(self) -> bool:
        return self.fate is Fate.INFUSED

    @property
    def enrolled(self) -> bool:
        return self.fate is not Fate.SCREEN_FAILURE

    @property
    def usubjid(self) -> str:
        return f"IL5-DEMO-{self.site}-{self.number:03d}"
