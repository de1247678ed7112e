"""The 26 screened subjects of the demo study, in the order of their numbers."""

from __future__ import annotations

from datetime import date

from il5report.data.demo.plan import Course, Death, Disease, Event, Fate, Phase, SubjectPlan
from il5report.data.demo.stories_high import DOSE_LEVEL_3
from il5report.data.demo.stories_low import DOSE_LEVEL_1, DOSE_LEVEL_2

# site, number, day 0, sex, age, weight (kg), height (cm); then the story
# fmt: off
NOT_INFUSED = (
    # too little CD125 on the blasts
    SubjectPlan(
        "02", 1, date(2024, 6, 18), "F", 54, 59.0, 160, fate=Fate.SCREEN_FAILURE,
        disease=Disease(Phase.CHRONIC, "CEL", 34, 8, 5.5, "TET2"),
        failed=("INCL03",),
    ),
    # hepatitis B core antibody with DNA
    SubjectPlan(
        "02", 5, date(2025, 3, 4), "M", 48, 70.3, 172, fate=Fate.SCREEN_FAILURE,
        disease=Disease(Phase.CHRONIC, "CEL", 80, 10, 8.0, "STAT5B"),
        failed=("EXCL02",),
        screening={"HBCAB": 1.0, "HBVDNA": 1840.0},
    ),
    # bilirubin too high and ejection fraction too low
    SubjectPlan(
        "02", 8, date(2025, 7, 29), "M", 67, 73.9, 168, fate=Fate.SCREEN_FAILURE, lvef=46.0,
        disease=Disease(
            Phase.CHRONIC, "MLNTK", 76, 6, 15.8, "PDGFRA", fusion="FIP1L1::PDGFRA",
            cardiac=True, prior=("PREDNISONE", "IMATINIB"),
        ),
        failed=("INCL05", "INCL06"),
        screening={"BILI": 43.0},
    ),
    # the cells did not grow
    SubjectPlan(
        "01", 4, date(2024, 12, 10), "F", 70, 56.6, 159, level=2, bridging="HYDROXYCARBAMIDE",
        fate=Fate.MANUFACTURING_FAILURE,
        disease=Disease(
            Phase.CHRONIC, "CEL", 66, 13, 10.6, "ASXL1",
            prior=("PREDNISONE", "HYDROXYCARBAMIDE", "CYTARABINE"),
        ),
    ),
    # lymphodepleted, then sepsis: never infused
    SubjectPlan(
        "01", 9, date(2025, 7, 22), "M", 68, 62.1, 165, level=3, bridging="CYTARABINE",
        fate=Fate.DIED_BEFORE_INFUSION,
        disease=Disease(
            Phase.BLAST, "AML", 70, 58, 4.0, "TP53", karyotype="45,XY,-7[20]",
            prior=("AZACITIDINE", "VENETOCLAX", "CYTARABINE"),
        ),
        course=Course(
            events=(
                Event(
                    "Sepsis",
                    -2,
                    3,
                    5,
                    "INFECTION",
                    lymphodepletion=True,
                    serious=True,
                    life_threatening=True,
                    fever=True,
                    infusion_effect="INFUSION NOT GIVEN",
                    intensive_care=True,
                ),
            ),
            death=Death(3, "SEPSIS", "ADVERSE EVENT"),
        ),
    ),
    # consent withdrawn while the product was made
    SubjectPlan(
        "02", 10, date(2025, 10, 14), "F", 45, 53.2, 161, level=3, fate=Fate.WITHDRAWN,
        disease=Disease(
            Phase.CHRONIC, "MLNTK", 83, 9, 9.9, "PDGFRA", fusion="FIP1L1::PDGFRA",
            prior=("IMATINIB", "PREDNISONE"),
        ),
    ),
)
# fmt: on

SUBJECTS: tuple[SubjectPlan, ...] = tuple(
    sorted((*NOT_INFUSED, *DOSE_LEVEL_1, *DOSE_LEVEL_2, *DOSE_LEVEL_3), key=lambda s: s.usubjid)
)
