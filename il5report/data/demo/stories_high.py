"""The stories of the eleven subjects infused at dose level 3."""

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
DOSE_LEVEL_3 = (
    # CRS graded 2 by the investigator, 3 by its components (8 L/min is high flow)
    SubjectPlan(
        "01", 7, date(2025, 4, 22), "M", 44, 74.6, 178, level=3,
        disease=Disease(
            Phase.CHRONIC, "MLNTK", 97, 8, 21.3, "PDGFRB", fusion="ETV6::PDGFRB", cardiac=True,
            karyotype="46,XY,t(5;12)(q32;p13)[19]/46,XY[1]", prior=("IMATINIB", "PREDNISONE"),
        ),
        course=Course(
            Expansion.HIGH,
            crs=(Syndrome(2, "high flow", investigator_grade=2),),
            icans=(Syndrome(6, "mild"),),
            responses=("CR", "CR", "CR", "CR", "CR", "CR"),
            mrd=("-", "-", "-", "-", "-", "-"),
            eos_back=310,
            events=(
                Event("Bronchospasm", 3, 4, 2, related=True),
                Event("Electrocardiogram QT prolonged", 27, 41, 1, "CARDIAC"),
            ),
        ),
    ),
    # vasopressin beside norepinephrine, IEC-HS, prolonged cytopenia; CRi, CRh, CR in turn
    SubjectPlan(
        "02", 7, date(2025, 5, 20), "F", 49, 57.0, 160, level=3, bridging="CYTARABINE",
        disease=Disease(
            Phase.BLAST, "AML", 90, 55, 12.6, "NPM1", relapsed=True,
            prior=("DAUNORUBICIN", "CYTARABINE"), prior_transplant=True,
        ),
        course=Course(
            Expansion.HIGH,
            Recovery.PROLONGED,
            crs=(Syndrome(1, "pressor and vasopressin"),),
            iec_hs=True,
            boost=52,
            responses=("CRi", "CRh", "CR", "CR", "CR", "CR"),
            mrd=("+", "-", "-", "-", "-", "-"),
            review={128: "MLFS"},
            eos_back=280,
            events=(
                Event("Urinary tract infection", 38, 47, 2, "INFECTION"),
                Event(
                    "Hypogammaglobulinaemia", 60, 251, 2, "HYPOGAMMAGLOBULINEMIA",
                    lymphodepletion=True,
                ),
            ),
        ),
    ),
    # grade 2 ICANS; MRD comes back at month 6, relapse at month 9
    SubjectPlan(
        "01", 8, date(2025, 6, 24), "M", 61, 80.4, 172, level=3, bridging="HYDROXYCARBAMIDE",
        disease=Disease(
            Phase.CHRONIC, "CEL", 82, 11, 16.0, "ASXL1",
            karyotype="46,XY,del(20q)[11]/46,XY[9]",
            prior=("PREDNISONE", "HYDROXYCARBAMIDE", "IMATINIB"),
        ),
        course=Course(
            Expansion.MIDDLE,
            crs=(Syndrome(3, "fluids"),),
            icans=(Syndrome(5, "moderate"),),
            responses=("CR", "CR", "CR", "CR", "PD"),
            mrd=("-", "-", "-", "+", "."),
            eos_back=190,
            events=(
                Event(
                    "Infusion related reaction", 0, 0, 2, related=True, action="DRUG INTERRUPTED"
                ),
                Event("Tremor", 7, 12, 1, related=True),
            ),
        ),
    ),
    # product below the specified viability; the partial response becomes complete at month 6
    SubjectPlan(
        "02", 9, date(2025, 8, 5), "F", 55, 61.8, 165, level=3,
        disease=Disease(
            Phase.CHRONIC, "CEL", 68, 15, 7.7, "STAT5B", extramedullary=True, prior=("PREDNISONE",)
        ),
        product=Product(0.61, 68.0, out_of_specification=True),
        course=Course(
            Expansion.LOW,
            crs=(Syndrome(7, "fever"),),
            responses=("PR", "-", "PR", "CR", "CR"),
            mrd=("+", ".", "+", "-", "-"),
            eos_back=150,
            events=(Event("Nausea", -4, -2, 2, lymphodepletion=True),),
        ),
    ),
    # fatal pneumonia on day 24 in prolonged neutropenia, before any assessment
    SubjectPlan(
        "01", 10, date(2025, 9, 2), "M", 72, 59.5, 166, level=3, bridging="CYTARABINE",
        fludarabine=(30.0, 15.0, 15.0),
        disease=Disease(
            Phase.BLAST, "AML", 74, 48, 4.4, "RUNX1",
            prior=("AZACITIDINE", "VENETOCLAX", "PREDNISONE", "HYDROXYCARBAMIDE"),
        ),
        course=Course(
            Expansion.MIDDLE,
            Recovery.PROLONGED,
            crs=(Syndrome(3, "fluids"),),
            events=(
                Event(
                    "Blood creatinine increased", -5, 2, 2, lymphodepletion=True,
                    lymphodepletion_action="DOSE REDUCED",
                ),
                Event(
                    "Pneumonia", 18, 24, 5, "INFECTION", related=True, lymphodepletion=True,
                    serious=True, life_threatening=True, fever=True, intensive_care=True,
                ),
            ),
            death=Death(24, "PNEUMONIA", "ADVERSE EVENT"),
        ),
    ),
    # transplant in remission, death in remission from infection
    SubjectPlan(
        "01", 11, date(2025, 9, 30), "F", 42, 54.1, 162, level=3,
        disease=Disease(
            Phase.CHRONIC, "MLNTK", 86, 13, 10.1, "FGFR1", fusion="ZMYM2::FGFR1",
            karyotype="46,XX,t(8;13)(p11;q12)[20]", prior=("PREDNISONE", "HYDROXYCARBAMIDE"),
        ),
        course=Course(
            Expansion.MIDDLE,
            crs=(Syndrome(4, "fever"),),
            responses=("MR", "CR", "CR", "CR"),
            mrd=("+", "+", "-", "-"),
            eos_back=200,
            transplant=127,
            events=(
                Event(
                    "Graft versus host disease in gastrointestinal tract",
                    161,
                    None,
                    3,
                    serious=True,
                ),
                Event(
                    "Fungal infection",
                    199,
                    215,
                    5,
                    "INFECTION",
                    serious=True,
                    life_threatening=True,
                    intensive_care=True,
                ),
            ),
            death=Death(215, "FUNGAL INFECTION AFTER TRANSPLANT", "ADVERSE EVENT"),
        ),
    ),
    # not arousable for a day (ICE not done); MLFS on day 28, CR at month 2
    SubjectPlan(
        "02", 11, date(2025, 11, 4), "M", 57, 72.2, 171, level=3, bridging="CYTARABINE",
        bridged="PR",
        disease=Disease(
            Phase.BLAST, "AML", 81, 37, 6.9, "IDH2", relapsed=True,
            prior=("DAUNORUBICIN", "CYTARABINE"),
        ),
        course=Course(
            Expansion.HIGH,
            Recovery.PROLONGED,
            crs=(Syndrome(2, "low flow"),),
            icans=(Syndrome(5, "unarousable"),),
            responses=("MLFS", "CR", "CR", "CR"),
            mrd=("-", "-", "-", "-"),
            eos_back=230,
            events=(
                Event(
                    "Febrile neutropenia",
                    13,
                    16,
                    3,
                    lymphodepletion=True,
                    serious=True,
                    fever=True,
                ),
                Event(
                    "Escherichia bacteraemia", 14, 24, 3, "INFECTION", lymphodepletion=True,
                    serious=True, reported="BACTERAEMIA DUE TO ESCHERICHIA COLI",
                ),
            ),
        ),
    ),
    # tumour lysis; CR with MRD, for which another therapy is given while in remission
    SubjectPlan(
        "01", 12, date(2025, 12, 9), "M", 50, 68.0, 173, level=3,
        disease=Disease(
            Phase.CHRONIC, "CEL", 79, 17, 27.4, "KRAS", extramedullary=True,
            prior=("PREDNISONE", "HYDROXYCARBAMIDE"),
        ),
        course=Course(
            Expansion.MIDDLE,
            crs=(Syndrome(3, "fluids"),),
            tumour_lysis=True,
            responses=("CR", "CR", "CR", "CR"),
            mrd=("+", "+", "+", "+"),
            eos_back=180,
            therapy=(104, "AZACITIDINE"),
            events=(
                Event(
                    "Tumour lysis syndrome",
                    4,
                    9,
                    3,
                    "TUMOR LYSIS SYNDROME",
                    related=True,
                    serious=True,
                ),
                Event("COVID-19", 140, 151, 2, "INFECTION"),
            ),
        ),
    ),
    # no expansion, no CRS, no response; another therapy on day 40
    SubjectPlan(
        "02", 12, date(2026, 1, 20), "F", 65, 50.9, 155, level=3, bridging="HYDROXYCARBAMIDE",
        bridged="PD",
        disease=Disease(
            Phase.BLAST, "AML", 52, 33, 2.6, "TET2", karyotype="47,XX,+8[20]",
            prior=("AZACITIDINE", "VENETOCLAX"),
        ),
        course=Course(
            Expansion.NONE,
            responses=("NR",),
            mrd=(".",),
            eos_back=15,
            events=(Event("Headache", 2, 3, 1),),
            therapy=(40, "GILTERITINIB"),
        ),
    ),
    # marrow response, then partial response; hepatitis B core antibody without DNA
    SubjectPlan(
        "01", 13, date(2026, 3, 3), "M", 36, 77.7, 180, level=3,
        disease=Disease(
            Phase.CHRONIC, "CEL", 84, 19, 12.2, "STAT5B", relapsed=True,
            prior=("PREDNISONE", "INTERFERON ALFA"),
        ),
        screening={"HBCAB": 1.0},
        course=Course(
            Expansion.MIDDLE,
            crs=(Syndrome(5, "fever"),),
            responses=("MR", "PR", "PR"),
            mrd=("+", "+", "+"),
            eos_back=100,
            events=(
                Event(
                    "Upper respiratory tract infection", -13, -8, 2, "INFECTION",
                    infusion_effect="INFUSION DELAYED",
                ),
                Event("Diarrhoea", 33, None, 1),
            ),
        ),
    ),
    # the latest: grade 3 CRS, day 28 only (CRi, for the review MLFS), cytopenia not resolved at the
    # cut-off
    SubjectPlan(
        "02", 13, date(2026, 5, 6), "F", 60, 64.4, 164, level=3, bridging="CYTARABINE",
        disease=Disease(
            Phase.BLAST, "AML", 89, 45, 7.1, "FLT3",
            prior=("DAUNORUBICIN", "CYTARABINE", "PREDNISONE"),
        ),
        course=Course(
            Expansion.MIDDLE,
            Recovery.PROLONGED,
            crs=(Syndrome(2, "one pressor"),),
            responses=("CRi",),
            mrd=("-",),
            review={128: "MLFS"},
            eos_back=999,
            events=(Event("Fatigue", 8, None, 2),),
        ),
    ),
)
