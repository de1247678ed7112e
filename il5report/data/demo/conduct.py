"""DM, SV, DS, IE, DV: who took part, when, until when, and what deviated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from il5report.data.dataset import Dataset
from il5report.data.demo.plan import Fate
from il5report.data.demo.schedule import (
    LYMPHODEPLETION,
    RESPONSE_VISITS,
    SCREENING,
    VISITS,
    Subject,
    study_day,
)
from il5report.data.demo.tables import Cells, Row, finding, from_rows, interval

_ARM = {1: "Dose level 1", 2: "Dose level 2", 3: "Dose level 3"}
CRITERIA = {
    "INCL03": "CD125 expressed on at least 50% of leukemic blasts",
    "INCL05": "Total bilirubin <= 1.5 x ULN, ALT and AST <= 3 x ULN",
    "INCL06": "Left ventricular ejection fraction > 50%",
    "EXCL02": "Hepatitis B, hepatitis C, HIV or syphilis infection",
}
_IMPORTANT = ("ELIGIBILITY", "INVESTIGATIONAL PRODUCT")
_DAYS_TO_COMPLETE = 730


def dm(subjects: Sequence[Subject]) -> Dataset:
    """One row per screened subject."""
    return from_rows("DM", [_person(s) | _participation(s) | _arm(s) for s in subjects])


def _person(subject: Subject) -> Cells:
    plan = subject.plan
    return {
        "USUBJID": subject.usubjid,
        "SUBJID": f"{plan.site}-{plan.number:03d}",
        "SITEID": plan.site,
        "AGE": float(plan.age),
        "AGEU": "YEARS",
        "SEX": plan.sex,
        "RACE": "ASIAN",
        "ETHNIC": "NOT HISPANIC OR LATINO",
        "COUNTRY": "CHN",
    }


def _participation(subject: Subject) -> Cells:
    plan, death = subject.plan, subject.plan.course.death
    infused = plan.infused
    time = subject.infusion_time
    last_dose = subject.moment(time + 20 / 1440) if infused else subject.dtc(LYMPHODEPLETION[-1])
    return {
        "RFSTDTC": subject.moment(time) if infused else None,
        "RFENDTC": subject.dtc(subject.last) if infused else None,
        "RFXSTDTC": subject.dtc(LYMPHODEPLETION[0]) if subject.depleted else None,
        "RFXENDTC": last_dose if subject.depleted else None,
        "RFICDTC": subject.dtc(subject.consent),
        "RFPENDTC": subject.dtc(subject.last),
        "DTHDTC": subject.dtc(death.day) if death else None,
        "DTHFL": "Y" if death else None,
        "DMDTC": subject.dtc(subject.screening),
        "DMDY": subject.study_day(subject.screening),
    }


def _arm(subject: Subject) -> Cells:
    plan = subject.plan
    if plan.fate is Fate.SCREEN_FAILURE or plan.level is None:
        return {"ARMNRS": "SCREEN FAILURE"}
    planned: Cells = {"ARMCD": f"DL{plan.level}", "ARM": _ARM[plan.level]}
    if plan.infused:
        return planned | {"ACTARMCD": planned["ARMCD"], "ACTARM": planned["ARM"]}
    if subject.depleted:
        unplanned = "Lymphodepletion without infusion"
        return planned | {"ARMNRS": "UNPLANNED TREATMENT", "ACTARMUD": unplanned}
    return planned | {"ARMNRS": "ASSIGNED, NOT TREATED"}


def sv(subjects: Sequence[Subject]) -> Dataset:
    """Visits held, and planned assessments missed."""
    rows: list[Row] = []
    for s in subjects:
        for number, day in s.visits.items():
            rows.append(
                _visit(number)
                | {k: v for k, v in interval(s, "SV", day, day).items() if k != "EPOCH"}
                | {"SVPRESP": "Y", "SVOCCUR": "Y"}
            )
        for number, response in zip(RESPONSE_VISITS, s.plan.course.responses, strict=False):
            if response == "-":
                missed: Cells = {"SVPRESP": "Y", "SVOCCUR": "N", "SVREASOC": "SUBJECT DID NOT COME"}
                rows.append({"USUBJID": s.usubjid} | _visit(number) | missed)
    return from_rows("SV", rows, ("VISITNUM",))


def _visit(number: int) -> Cells:
    planned = VISITS[number]
    return {
        "VISITNUM": float(number),
        "VISIT": planned.name,
        "VISITDY": float(study_day(planned.day)),
    }


def ds(subjects: Sequence[Subject]) -> Dataset:
    """Milestones and ends."""
    rows: list[Row] = []
    for s in subjects:
        for day, decoded, part in (*_milestones(s), *_ends(s)):
            row = interval(s, "DS", day)
            rows.append(
                row
                | {"DSDTC": row["DSSTDTC"], "DSDY": row["DSSTDY"], "DSTERM": decoded}
                | {"DSDECOD": decoded, "DSSCAT": part or None}
                | {"DSCAT": "DISPOSITION EVENT" if part else "PROTOCOL MILESTONE"}
            )
    return from_rows("DS", rows, ("DSSTDTC",))


def _milestones(subject: Subject) -> Iterator[tuple[int, str, str]]:
    fate = subject.plan.fate
    yield subject.consent, "INFORMED CONSENT OBTAINED", ""
    if subject.plan.enrolled:
        yield subject.enrolment, "ENTERED INTO TRIAL", ""
        yield subject.apheresis, "LEUKAPHERESIS PERFORMED", ""
    if fate is Fate.MANUFACTURING_FAILURE:
        yield subject.last - 2, "MANUFACTURING FAILURE", ""
    if subject.depleted:
        yield min(subject.apheresis + 13, -8), "PRODUCT MANUFACTURED", ""
    if subject.plan.infused and subject.last >= _DAYS_TO_COMPLETE:
        yield subject.last, "ENTERED LONG-TERM FOLLOW-UP", ""


def _ends(subject: Subject) -> Iterator[tuple[int, str, str]]:
    """End of the treatment period (day 28) and of participation; none for those who go on."""
    plan, last = subject.plan, subject.last
    study = "STUDY PARTICIPATION"
    if not plan.infused:
        yield last, plan.fate.value, study
        return
    died = plan.course.death is not None
    if last > 28:
        yield 28, "COMPLETED", "TREATMENT PERIOD"
    elif died:
        yield last, "DEATH", "TREATMENT PERIOD"
    if died:
        yield last, "DEATH", study
    elif plan.course.lost is not None:
        yield last, "LOST TO FOLLOW-UP", study
    elif last >= _DAYS_TO_COMPLETE:
        yield last, "COMPLETED", study


def ie(subjects: Sequence[Subject]) -> Dataset:
    """Criteria not met."""
    rows: list[Row] = []
    for s in subjects:
        for code in s.plan.failed:
            kind, answer = ("INCLUSION", "N") if code.startswith("INCL") else ("EXCLUSION", "Y")
            rows.append(
                finding(s, "IE", SCREENING)
                | {"IETESTCD": code, "IETEST": CRITERIA[code], "IECAT": kind}
                | {"IEORRES": answer, "IESTRESC": answer}
            )
    return from_rows("IE", rows, ("IETESTCD",))


def dv(subjects: Sequence[Subject]) -> Dataset:
    """Deviations."""
    rows = [
        interval(s, "DV", day)
        | {"DVCAT": category, "DVDECOD": decoded, "DVTERM": words}
        | {"DVSCAT": "IMPORTANT" if category in _IMPORTANT else "NOT IMPORTANT"}
        for s in subjects
        for day, category, decoded, words in _deviations(s)
    ]
    return from_rows("DV", rows, ("DVSTDTC",))


def _deviations(subject: Subject) -> Iterator[tuple[int, str, str, str]]:
    plan = subject.plan
    if plan.infused and "ALT" in plan.screening:
        words = "ALT above 3 x ULN at screening, subject enrolled"
        yield subject.enrolment, "ELIGIBILITY", "ELIGIBILITY CRITERION NOT MET", words
    if plan.enrolled and plan.lvef is None:
        words = "Echocardiography not done before lymphodepletion"
        yield subject.screening, "PROCEDURE", "REQUIRED PROCEDURE NOT DONE", words
    if plan.product.out_of_specification:
        words = "Product infused with viability below specification"
        yield 0, "INVESTIGATIONAL PRODUCT", "OUT OF SPECIFICATION PRODUCT", words
    for number, response in zip(RESPONSE_VISITS, plan.course.responses, strict=False):
        if response == "-":
            words = f"Response assessment of {VISITS[number].name} missed"
            yield VISITS[number].day, "ASSESSMENT", "ASSESSMENT MISSED", words
        elif response == "NE":
            words = f"No bone marrow at {VISITS[number].name}"
            yield subject.visits[number], "ASSESSMENT", "SAMPLE NOT OBTAINED", words
