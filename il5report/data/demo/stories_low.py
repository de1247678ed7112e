"""The stories of the nine subjects infused at dose levels 1 and 2."""

from __future__ import annotations

from datetime import date

from il5report.data.demo.plan import (
    Course,
    Death,
    Disease,
    Event,
    Expansion,
    Phase,
    Product,
    Recovery,
    SubjectPlan,
    Syndrome,
)

# site, number, day 0, sex, age, weight (kg), height (cm); then the story
# fmt: off
DOSE_LEVEL_1 = (
    # two years in MRD-negative remission; one assessment missed
    SubjectPlan(
        "01", 1, date(2024, 4, 16), "M", 47, 71.5, 174, level=1,
        disease=Disease(
            Phase.CHRONIC, "CEL", 88, 9, 11.2, "STAT5B", prior=("PREDNISONE", "HYDROXYCARBAMIDE")
        ),
        course=Course(
            Expansion.MIDDLE,
            crs=(Syndrome(4, "fever"),),
            responses=("CR", "CR", "CR", "CR", "CR", "CR", "-", "CR"),
            mrd=("+", "-", "-", "-", "-", "-", "-", "-"),
            eos_back=260,
            events=(
                Event("Upper respiratory tract infection", 96, 104, 2, "INFECTION"),
                Event("Herpes zoster", 331, 352, 2, "INFECTION", related=True),
                Event("Squamous cell carcinoma of skin", 520, 548, 2),
            ),
        ),
    ),
    # no CRS, little expansion; partial response, two visits missed, progression, another therapy
    SubjectPlan(
        "01", 2, date(2024, 5, 28), "F", 58, 60.2, 161, level=1, bridging="HYDROXYCARBAMIDE",
        disease=Disease(
            Phase.CHRONIC, "MLNTK", 64, 16, 6.4, "JAK2", fusion="PCM1::JAK2",
            karyotype="46,XX,t(8;9)(p22;p24)[17]/46,XX[3]", relapsed=True,
            prior=("RUXOLITINIB", "PREDNISONE"),
        ),
        course=Course(
            Expansion.LOW,
            responses=("PR", "PR", "-", "-", "PD"),
            mrd=("+", "+", ".", ".", "."),
            eos_back=45,
            events=(Event("Diarrhoea", 12, 15, 2),),
            therapy=(301, "RUXOLITINIB"),
        ),
    ),
    # blast phase: CRi, then CR with MRD, relapse at month 6, another therapy, death from leukemia
    SubjectPlan(
        "02", 2, date(2024, 7, 9), "M", 63, 66.0, 169, level=1, bridging="CYTARABINE",
        disease=Disease(
            Phase.BLAST, "AML", 77, 42, 5.1, "RUNX1", relapsed=True,
            karyotype="46,XY,inv(16)(p13q22)[15]/46,XY[5]",
            prior=("DAUNORUBICIN", "CYTARABINE", "PREDNISONE"),
        ),
        course=Course(
            Expansion.MIDDLE,
            Recovery.DELAYED,
            crs=(Syndrome(3, "fluids"),),
            responses=("CRi", "CR", "CR", "PD"),
            mrd=("+", "+", "+", "."),
            review={202: "CRh"},
            eos_back=150,
            events=(
                Event(
                    "Febrile neutropenia",
                    11,
                    14,
                    3,
                    lymphodepletion=True,
                    serious=True,
                    fever=True,
                ),
            ),
            therapy=(196, "VENETOCLAX"),
            death=Death(305, "ACUTE MYELOID LEUKEMIA PROGRESSION", "DISEASE PROGRESSION"),
        ),
    ),
)

DOSE_LEVEL_2 = (
    # CR from month 2; marrow not evaluable at month 9
    SubjectPlan(
        "01", 3, date(2024, 8, 27), "F", 39, 55.4, 163, level=2,
        disease=Disease(
            Phase.CHRONIC, "MLNTK", 95, 7, 18.5, "PDGFRA", fusion="FIP1L1::PDGFRA",
            extramedullary=True, cardiac=True, prior=("IMATINIB", "PREDNISONE"),
        ),
        course=Course(
            Expansion.HIGH,
            crs=(Syndrome(5, "brief fever"),),
            responses=("MR", "CR", "CR", "CR", "NE", "CR", "CR"),
            mrd=("+", "-", "-", "-", ".", "-", "-"),
            eos_back=300,
            lvef_fall={128: 17.0, 203: 6.0},
            events=(
                Event("Troponin I increased", 6, 12, 1, "CARDIAC", related=True),
                Event("Ejection fraction decreased", 28, 93, 2, "CARDIAC", related=True),
            ),
        ),
    ),
    # grade 3 CRS; ALT above the limit at screening; lost to follow-up in remission
    SubjectPlan(
        "02", 3, date(2024, 10, 8), "M", 52, 78.1, 176, level=2, bridging="HYDROXYCARBAMIDE",
        disease=Disease(
            Phase.CHRONIC, "CEL", 91, 12, 14.7, "STAT5B", relapsed=True,
            prior=("PREDNISONE", "INTERFERON ALFA", "HYDROXYCARBAMIDE"),
        ),
        screening={"ALT": 166.0},
        course=Course(
            Expansion.HIGH,
            crs=(Syndrome(2, "one pressor"),),
            icans=(Syndrome(5, "mild"),),
            responses=("CR", "CR", "CR", "CR"),
            mrd=("-", "-", "-", "."),
            eos_back=220,
            events=(Event("Rash", 7, 16, 2, related=True),),
            lost=213,
        ),
    ),
    # grade 4 CRS and a seizure (dose-limiting), MRD-negative CR, transplant in remission
    SubjectPlan(
        "02", 4, date(2024, 11, 19), "F", 34, 52.8, 158, level=2, bridging="CYTARABINE",
        bridged="PR",
        disease=Disease(
            Phase.BLAST, "AML", 93, 61, 8.8, "FLT3", fusion="ETV6::FLT3", extramedullary=True,
            karyotype="46,XX,t(12;13)(p13;q12)[18]/46,XX[2]",
            prior=("DAUNORUBICIN", "CYTARABINE", "VENETOCLAX", "AZACITIDINE"),
        ),
        course=Course(
            Expansion.HIGH,
            crs=(Syndrome(1, "ventilated"),),
            icans=(Syndrome(4, "seizure"),),
            responses=("CR", "CR", "CR", "CR", "CR", "CR", "CR"),
            mrd=("-", "-", "-", "-", "-", "-", "-"),
            eos_back=170,
            transplant=118,
            events=(
                Event("Acute kidney injury", 5, 13, 3, related=True, serious=True),
                Event("Graft versus host disease in skin", 151, 197, 2),
                Event("Cytomegalovirus infection reactivation", 160, 181, 2, "INFECTION"),
            ),
        ),
    ),
    # oxygen-requiring CRS, and a second episode after four quiet days; no LVEF at screening
    SubjectPlan(
        "01", 5, date(2025, 1, 7), "M", 66, 69.9, 170, level=2, lvef=None,
        disease=Disease(
            Phase.CHRONIC, "CEL", 71, 14, 9.3, "SF3B1", prior=("PREDNISONE", "IMATINIB")
        ),
        course=Course(
            Expansion.MIDDLE,
            Recovery.DELAYED,
            crs=(Syndrome(3, "low flow"), Syndrome(11, "brief fever")),
            responses=("MR", "MR", "CR", "CR", "CR", "CR"),
            mrd=("+", "+", "+", "-", "-", "-"),
            review={203: "MR", 209: "NE"},
            eos_back=240,
            events=(Event("Deep vein thrombosis", 44, 133, 2, start_text="2025-02"),),
        ),
    ),
    # stable, then progressive disease; product out of specification
    SubjectPlan(
        "01", 6, date(2025, 2, 11), "F", 71, 58.3, 157, level=2, bridging="HYDROXYCARBAMIDE",
        bridged="PD",
        disease=Disease(
            Phase.CHRONIC, "CEL", 55, 18, 13.9, "TET2", karyotype="47,XX,+8[12]/46,XX[8]",
            prior=("PREDNISONE", "HYDROXYCARBAMIDE", "INTERFERON ALFA"),
        ),
        product=Product(0.72, 66.0, out_of_specification=True),
        course=Course(
            Expansion.LOW,
            crs=(Syndrome(6, "brief fever"),),
            responses=("SD", "SD", "PD"),
            mrd=("+", "+", "."),
            eos_back=24,
            events=(Event("Fatigue", 3, None, 2),),
            therapy=(101, "AZACITIDINE"),
        ),
    ),
    # blast phase without response: death from leukemia at month 3
    SubjectPlan(
        "02", 6, date(2025, 3, 18), "M", 69, 63.7, 167, level=2, bridging="CYTARABINE",
        bridged="PD",
        disease=Disease(
            Phase.BLAST, "AML", 58, 74, 3.2, "TP53", extramedullary=True,
            karyotype="44,XY,-5,-7,del(17p)[20]",
            prior=("AZACITIDINE", "VENETOCLAX", "PREDNISONE"),
        ),
        course=Course(
            Expansion.LOW,
            Recovery.PROLONGED,
            crs=(Syndrome(4, "fluids"),),
            responses=("NR", "PD"),
            mrd=(".", "."),
            eos_back=26,
            events=(
                Event("Epistaxis", 22, 23, 2),
                Event("Sepsis", 81, 93, 3, "INFECTION", serious=True, end_text="2025-06"),
            ),
            death=Death(110, "ACUTE MYELOID LEUKEMIA PROGRESSION", "DISEASE PROGRESSION"),
        ),
    ),
)
