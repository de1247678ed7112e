"""ADCRS and ADICANS: components and grade by day, episodes, and the worst grade of each subject.

The grades come from `il5report.derive.astct` and `il5report.derive.icans`; here the components are
found in SDTM, and the derived grade is set beside the investigator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from il5report.derive import dates
from il5report.derive.astct import RECORD_SCHEMA, crs_episodes, grade_crs
from il5report.derive.domains import Domains
from il5report.derive.episodes import EpisodeRule, beside_investigator
from il5report.derive.icans import (
    ASSESSMENT_SCHEMA,
    NeurologicalTerms,
    grade_icans,
    icans_episodes,
)
from il5report.derive.inputs import yes_no
from il5report.derive.support import DEFAULT, Drug, Oxygen, Vocabulary
from il5report.derive.syndrome_course import within_episodes
from il5report.derive.syndrome_labels import LABELS
from il5report.plan.syndromes import CrsRules, DayRecords, IcansRules, SyndromeRules

__all__ = ["KEYS", "LABELS", "by_day", "derive_adcrs", "derive_adicans"]

KEYS = ("USUBJID", "PARAMN", "ADT", "EPISODE")
_GRADES = {str(g): g for g in range(5)}
_PARAMETERS = ("by Day", "per Episode", "Maximum per Subject")


def derive_adcrs(domains: Domains, adsl: pl.DataFrame, rules: CrsRules) -> pl.DataFrame:
    """CRS of the infused subjects.

    Returns
    -------
    DataFrame
        PARAMCD CRSGR: AVAL = derived grade of a day, with its components as variables (see
        `grade_crs`). CRSEPI: one record per episode, AVAL = its maximum, with onset, end
        (AENDT), duration and treatment (see `crs_episodes`); INVGR is the investigator's grade of
        an overlapping event, DISCFL = Y where the two differ or one is absent (of a day: where the
        derived grade is above the worst of the events that cover it). CRSMAX: AVAL = the
        subject's worst grade: 0 without CRS, missing without a gradable day. The plan's
        components: one record per subject and term (ATERM), AVAL = its days within episodes. ADY
        is the study day (infusion = 1); variables that end in DY count from the infusion (= 0).
    """
    records = pl.concat(list(_crs_records(domains, adsl, rules)), how="diagonal")
    records = _typed(records, RECORD_SCHEMA)
    vocabulary = Vocabulary(
        {**DEFAULT.vasopressors, **rules.vasopressor_terms},
        {**DEFAULT.oxygen_devices, **{k: Oxygen(v) for k, v in rules.oxygen_terms.items()}},
        {**DEFAULT.drugs, **{k: Drug(v) for k, v in rules.drug_terms.items()}},
    )
    days = grade_crs(records, EpisodeRule(gap=rules.gap), vocabulary)
    late = rules.late_after if rules.late_after is not None else 14
    return _bds(domains, adsl, rules, days, crs_episodes(days, late), ("CRS", "CRSGR"))


def derive_adicans(
    domains: Domains, adsl: pl.DataFrame, rules: IcansRules, adcrs: pl.DataFrame | None
) -> pl.DataFrame:
    """ICANS of the infused subjects: PARAMCD ICNGR, ICNEPI and ICNMAX as in `derive_adcrs`."""
    records = _typed(_assessments(domains, adsl, rules), ASSESSMENT_SCHEMA)
    names = ("consciousness", "seizure", "motor", "pressure")
    terms = NeurologicalTerms(*(rules.terms.get(name, _GRADES) for name in names))
    days = grade_icans(records, EpisodeRule(gap=rules.gap), terms)
    crs = pl.DataFrame(schema={"USUBJID": pl.String, "ONSETDY": pl.Int64, "ENDDY": pl.Int64})
    if adcrs is not None:
        crs = adcrs.filter(pl.col("PARAMCD") == "CRSEPI").select(*crs.columns).drop_nulls()
    episodes = icans_episodes(days, crs, rules.late_after)
    made = _bds(domains, adsl, rules, days, episodes, ("ICANS", "ICNGR"))
    return made if adcrs is None else _beside_crs(made, adcrs)


def _beside_crs(made: pl.DataFrame, adcrs: pl.DataFrame) -> pl.DataFrame:
    """CRSMAXGR: the subject's worst grade of CRS, on the record of the worst grade of ICANS."""
    worst = adcrs.filter(pl.col("PARAMCD") == "CRSMAX").select("USUBJID", CRSMAXGR=pl.col("AVAL"))
    joined = made.join(worst, on="USUBJID", how="left", maintain_order="left")
    own = pl.when(pl.col("PARAMCD") == "ICNMAX").then(pl.col("CRSMAXGR"))
    return joined.with_columns(own.alias("CRSMAXGR"))


def _crs_records(domains: Domains, adsl: pl.DataFrame, rules: CrsRules) -> Iterator[pl.DataFrame]:
    """One record per component and day, in the variables of the grading."""
    unit, flow = rules.temperature_unit, rules.flow
    temperatures = by_day(domains, adsl, rules.temperature, rules.window, also=(unit,))
    yield temperatures.rename({"VALUE": "TEMP", unit: "TEMPU"}).with_columns(
        FEVOTHFL=_on(temperatures, by_day(domains, adsl, rules.other_cause, rules.window))
    )
    hypotension = by_day(domains, adsl, rules.hypotension, rules.window)
    yield hypotension.select("USUBJID", "DAY", HYPOFL=pl.lit("Y"))
    agents = by_day(domains, adsl, rules.vasopressors, rules.window)
    yield agents.rename({"VALUE": "PRESSOR"})
    oxygen = by_day(domains, adsl, rules.oxygen, rules.window, also=(flow,))
    yield oxygen.rename({"VALUE": "O2DEV", flow: "O2FLOW"})
    for source in rules.drugs:
        yield by_day(domains, adsl, source, rules.window).rename({"VALUE": "DRUG"})
    deaths = by_day(domains, adsl, rules.deaths, rules.window)
    yield deaths.select("USUBJID", "DAY", CRSDTHFL=pl.lit("Y"))


def _assessments(domains: Domains, adsl: pl.DataFrame, rules: IcansRules) -> pl.DataFrame:
    """One record per subject and day with every domain assessed."""
    found = by_day(domains, adsl, rules.ice, rules.window).rename({"VALUE": "ICE"})
    parts = {"CONSC": rules.consciousness, "SEIZURE": rules.seizure, "MOTOR": rules.motor,
             "ICP": rules.pressure}  # fmt: skip
    for name, source in parts.items():
        one = by_day(domains, adsl, source, rules.window)
        text = pl.col("VALUE")
        if one.schema["VALUE"].is_numeric():
            text = text.cast(pl.Int64).cast(pl.String)
        one = one.select("USUBJID", "DAY", text.alias(name)).unique(["USUBJID", "DAY"], keep="last")
        found = found.join(one, on=["USUBJID", "DAY"], how="full", coalesce=True)
    unable = _on(found, by_day(domains, adsl, rules.unarousable, rules.window))
    died = _on(found, by_day(domains, adsl, rules.deaths, rules.window))
    return found.with_columns(ICEUNAFL=unable, ICNDTHFL=died)


def by_day(
    domains: Domains,
    adsl: pl.DataFrame,
    rule: DayRecords | None,
    window: tuple[int, int],
    also: tuple[str, ...] = (),
) -> pl.DataFrame:
    """USUBJID, DAY (days from infusion) and VALUE for each day of the window with a record."""
    empty = pl.DataFrame(schema={"USUBJID": pl.String, "DAY": pl.Int64, "VALUE": pl.String,
                                 **dict.fromkeys(also, pl.String)})  # fmt: skip
    if rule is None:
        return empty
    needs = tuple(v for v in (rule.start, rule.end, rule.value, *also) if v)
    frame = domains.select(rule.domain, rule.where, needs=needs, keep=())
    if frame is None:
        return empty
    frame = frame.join(_followed(adsl).drop_nulls("TRTSDT"), on="USUBJID")
    first = dates.days_between(pl.col("TRTSDT"), dates.complete(pl.col(rule.start)))
    last = first
    if rule.end:
        end = dates.latest(pl.col(rule.end)).fill_null(pl.col("_FUEND"))
        last = dates.days_between(pl.col("TRTSDT"), end)
    frame = frame.with_columns(_FIRST=first, _LAST=pl.min_horizontal(last, float(window[1])))
    if frame["_FIRST"].null_count():
        undated = frame.filter(pl.col("_FIRST").is_null())
        message = "without a complete date: not used for daily grades"
        domains.note("derive.date", message, undated, rule.domain, rule.start)
    begin = pl.max_horizontal("_FIRST", float(window[0]))
    frame = frame.filter((pl.col("_FIRST") <= window[1]) & (pl.col("_LAST") >= begin))
    value = pl.col(rule.value) if rule.value else pl.lit(None, pl.String)
    return frame.select(
        "USUBJID",
        DAY=pl.int_ranges(begin.cast(pl.Int64), pl.col("_LAST").cast(pl.Int64) + 1),
        VALUE=value,
        **{name: pl.col(name) for name in also},
    ).explode("DAY")


def _followed(adsl: pl.DataFrame) -> pl.DataFrame:
    """Infusion and end of follow-up: death, else the last day known alive, else the cut-off."""
    ends = [c for c in ("DTHDT", "LSTALVDT", "CUTDT") if c in adsl.columns]
    return adsl.select("USUBJID", "TRTSDT", _FUEND=pl.coalesce(ends))


def _on(frame: pl.DataFrame, days: pl.DataFrame) -> pl.Series:
    """Y for the rows of a day that `days` has, null for the others."""
    marks = days.select("USUBJID", "DAY", MARK=pl.lit("Y")).unique()
    return frame.select("USUBJID", "DAY").join(
        marks, on=["USUBJID", "DAY"], how="left", maintain_order="left"
    )["MARK"]


def _typed(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return frame.select(
        (pl.col(n) if n in frame.columns else pl.lit(None)).cast(k).alias(n)
        for n, k in schema.items()
    )


def _bds(
    domains: Domains,
    adsl: pl.DataFrame,
    rules: SyndromeRules,
    days: pl.DataFrame,
    episodes: pl.DataFrame,
    names: tuple[str, str],
) -> pl.DataFrame:
    """Day, episode and subject records of a syndrome as one data set."""
    syndrome, grade = names
    start = adsl.filter(pl.col("TRTSDT").is_not_null()).select("USUBJID", "TRTSDT")
    investigator = _investigator(domains, adsl, rules)
    daily = beside_investigator(days.rename({grade: "AVAL"}), investigator)
    daily = daily.with_columns(DAY_=pl.col("DAY"))
    compared = _compared(episodes.rename({"MAXGR": "AVAL"}), investigator).with_columns(
        DAY_=pl.col("ONSETDY")
    )
    worst = _worst(start, days.rename({grade: "AVAL"}), investigator)
    stem = grade.removesuffix("GR")
    codes = (grade, f"{stem}EPI", f"{stem}MAX")
    parts = [
        part.with_columns(
            PARAMCD=pl.lit(code), PARAM=pl.lit(f"{syndrome} Grade {text}"), PARAMN=pl.lit(n),
            AVAL=pl.col("AVAL").cast(pl.Float64),
        )
        for n, (part, code, text) in enumerate(
            zip((daily, compared, worst), codes, _PARAMETERS, strict=True), 1
        )
    ]  # fmt: skip
    parts += _components(domains, adsl, rules, episodes)
    frame = pl.concat(parts, how="diagonal_relaxed").join(
        start, on="USUBJID", maintain_order="left"
    )
    day = pl.duration(days=pl.col("DAY_"))
    first = [
        "USUBJID",
        "PARAMCD",
        "PARAM",
        "PARAMN",
        "ADT",
        "ADY",
        "AENDT",
        "AVAL",
        "INVGR",
        "DISCFL",
    ]
    last = pl.col("TRTSDT") + pl.duration(days=pl.col("ENDDY"))
    frame = frame.with_columns(ADT=pl.col("TRTSDT") + day, AENDT=last)
    frame = frame.with_columns(ADY=dates.study_day(pl.col("ADT"), pl.col("TRTSDT")))
    rest = [c for c in frame.columns if c not in (*first, "DAY_", "DAY", "TRTSDT")]
    return frame.select(*first, *rest)


def _components(
    domains: Domains, adsl: pl.DataFrame, rules: SyndromeRules, episodes: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """The plan's components on the days of episodes."""
    for n, (code, rule) in enumerate(rules.components.items(), len(_PARAMETERS) + 1):
        days = by_day(domains, adsl, rule, rules.window)
        if rule.term:
            days = days.with_columns(VALUE=pl.lit(rule.term))
        yield within_episodes(days, episodes).select(
            "USUBJID", "AVAL", "ATERM", pl.col("DAY").alias("DAY_"),
            PARAMCD=pl.lit(code), PARAM=pl.lit(rule.label), PARAMN=pl.lit(n),
        )  # fmt: skip


def _worst(start: pl.DataFrame, daily: pl.DataFrame, investigator: pl.DataFrame) -> pl.DataFrame:
    """Worst grade per subject; missing for one without a gradable day."""
    derived = daily.group_by("USUBJID").agg(AVAL=pl.col("AVAL").max())
    given = investigator.group_by("USUBJID").agg(INVGR=pl.col("INVGR").max())
    return (
        start.select("USUBJID")
        .join(derived, on="USUBJID", how="left", maintain_order="left")
        .join(given, on="USUBJID", how="left", maintain_order="left")
        .with_columns(
            DISCFL=yes_no(pl.col("AVAL").ne_missing(pl.col("INVGR").fill_null(0))),
            DAY_=pl.lit(None, pl.Int64),
        )
    )


def _investigator(domains: Domains, adsl: pl.DataFrame, rules: SyndromeRules) -> pl.DataFrame:
    """First and last day, and grade, of the investigator's events of the syndrome."""
    rule = rules.events
    found = domains.select(rule.domain, rule.where, needs=(rule.start, rule.end, rule.value))
    if found is None:
        schema = {"USUBJID": pl.String, "_A": pl.Float64, "_Z": pl.Float64, "INVGR": pl.Int64}
        return pl.DataFrame(schema=schema)
    end = dates.latest(pl.col(rule.end)).fill_null(pl.col("_FUEND"))
    return found.join(_followed(adsl), on="USUBJID").select(
        "USUBJID",
        _A=dates.days_between(pl.col("TRTSDT"), dates.earliest(pl.col(rule.start))),
        _Z=dates.days_between(pl.col("TRTSDT"), end),
        INVGR=pl.col(rule.value).cast(pl.Int64, strict=False),
    )


def _compared(episodes: pl.DataFrame, investigator: pl.DataFrame) -> pl.DataFrame:
    """Episodes beside the worst overlapping event; events that overlap none follow, ungraded."""
    pairs = (
        episodes.select("USUBJID", "EPISODE", "ONSETDY", "ENDDY")
        .join(investigator.with_row_index("_E"), on="USUBJID")
        .filter((pl.col("_A") <= pl.col("ENDDY")) & (pl.col("_Z") >= pl.col("ONSETDY")))
    )
    given = pairs.group_by("USUBJID", "EPISODE").agg(INVGR=pl.col("INVGR").max())
    alone = investigator.with_row_index("_E").filter(~pl.col("_E").is_in(pairs["_E"].implode()))
    both = episodes.join(given, on=["USUBJID", "EPISODE"], how="left", maintain_order="left")
    rest = alone.select("USUBJID", "INVGR", ONSETDY=pl.col("_A").cast(pl.Int64),
                        ENDDY=pl.col("_Z").cast(pl.Int64))  # fmt: skip
    return pl.concat([both, rest], how="diagonal_relaxed").with_columns(
        DISCFL=yes_no(pl.col("AVAL").ne_missing(pl.col("INVGR")))
    )
