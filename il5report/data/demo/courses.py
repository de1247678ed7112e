"""Named courses of CRS and ICANS, day by day, with the maximum ASTCT grade of their components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from il5report.data.demo.plan import CrsDay, IcansDay


@dataclass(frozen=True)
class CrsCourse:
    """`days` run from onset to the last day with a grade above 0."""

    grade: int
    days: tuple[CrsDay, ...]


@dataclass(frozen=True)
class IcansCourse:
    """`days` run from onset to the last day with a grade above 0."""

    grade: int
    days: tuple[IcansDay, ...]


_NE, _PHE, _AVP = "NOREPINEPHRINE", "PHENYLEPHRINE", "VASOPRESSIN"
_CANNULA, _HIGH, _MASK = "NASAL CANNULA", "HIGH-FLOW NASAL CANNULA", "FACEMASK"
_CPAP, _VENT = "CPAP", "MECHANICAL VENTILATION"
_DEX, _MP = "DEXAMETHASONE", "METHYLPREDNISOLONE"

CRS: Mapping[str, CrsCourse] = {
    "fever": CrsCourse(1, (CrsDay(38.4), CrsDay(39.1), CrsDay(38.8), CrsDay(38.3))),
    "brief fever": CrsCourse(1, (CrsDay(38.0), CrsDay(38.6))),
    "fluids": CrsCourse(
        2,
        (
            CrsDay(38.7),
            CrsDay(39.4, fluids=True),
            CrsDay(39.2, fluids=True, tocilizumab=True),
            CrsDay(38.2),
        ),
    ),
    # 6 L/min is still low flow; the last day is afebrile, and counts because tocilizumab was given
    "low flow": CrsCourse(
        2,
        (
            CrsDay(38.4),
            CrsDay(39.2, device=_CANNULA, flow=3.0),
            CrsDay(38.9, device=_CANNULA, flow=6.0, tocilizumab=True),
            CrsDay(37.4, device=_CANNULA, flow=2.0),
        ),
    ),
    "high flow": CrsCourse(
        3,
        (
            CrsDay(38.8),
            CrsDay(39.3, device=_CANNULA, flow=4.0),
            CrsDay(38.9, device=_HIGH, flow=8.0, tocilizumab=True),
            CrsDay(37.6, device=_CANNULA, flow=5.0),
        ),
    ),
    "one pressor": CrsCourse(
        3,
        (
            CrsDay(38.9),
            CrsDay(39.8, fluids=True),
            CrsDay(39.6, fluids=True, pressors=(_NE,), tocilizumab=True, steroid=_DEX),
            CrsDay(38.6, fluids=True, pressors=(_NE,), steroid=_DEX),
            CrsDay(37.4, fluids=True, steroid=_DEX),
        ),
    ),
    # vasopressin beside one vasopressor does not make it grade 4
    "pressor and vasopressin": CrsCourse(
        3,
        (
            CrsDay(39.1),
            CrsDay(39.7, fluids=True),
            CrsDay(39.9, fluids=True, pressors=(_NE,), tocilizumab=True),
            CrsDay(39.2, fluids=True, pressors=(_NE, _AVP), tocilizumab=True, steroid=_DEX),
            CrsDay(38.4, fluids=True, pressors=(_NE,), steroid=_DEX),
            CrsDay(37.3, fluids=True),
        ),
    ),
    "ventilated": CrsCourse(
        4,
        (
            CrsDay(39.4),
            CrsDay(39.9, fluids=True, device=_CANNULA, flow=4.0),
            CrsDay(40.1, True, (_NE,), _MASK, 10.0, tocilizumab=True, steroid=_DEX),
            CrsDay(39.6, True, (_NE, _PHE), _CPAP, tocilizumab=True, steroid=_MP),
            CrsDay(38.7, True, (_NE, _PHE), _VENT, steroid=_MP),
            CrsDay(37.8, True, (_NE,), _VENT, steroid=_MP),
            CrsDay(37.3, device=_HIGH, flow=20.0, steroid=_DEX),
            CrsDay(37.0, device=_CANNULA, flow=3.0, steroid=_DEX),
        ),
    ),
}

ICANS: Mapping[str, IcansCourse] = {
    "mild": IcansCourse(1, (IcansDay(9), IcansDay(8), IcansDay(9))),
    "moderate": IcansCourse(
        2, (IcansDay(8), IcansDay(5, consciousness=1), IcansDay(4, consciousness=2), IcansDay(8))
    ),
    "seizure": IcansCourse(
        3,
        (
            IcansDay(7),
            IcansDay(4, consciousness=1),
            IcansDay(2, consciousness=2),
            IcansDay(3, consciousness=2, seizure=3),
            IcansDay(6),
            IcansDay(8),
        ),
    ),
    "unarousable": IcansCourse(
        4,
        (
            IcansDay(6),
            IcansDay(2, consciousness=2),
            IcansDay(None, consciousness=4),
            IcansDay(0, consciousness=3),
            IcansDay(4, consciousness=1),
            IcansDay(7),
            IcansDay(9),
        ),
    ),
}
