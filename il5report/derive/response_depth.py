"""Depth of response: measurable residual disease, cytogenetic and molecular response."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from il5report.derive.criteria import Criteria, Provenance
from il5report.derive.inputs import need_variables, refuse_rows

CRITERIA = (
    Criteria(
        name="Measurable residual disease",
        version="ELN 2022",
        citation="Döhner H et al., Blood 2022;140:1345-1377",
        provenance=Provenance.RECALLED,
        text="MRD is negative below the threshold of the plan (10^-4 by default) in a sample "
        "whose limit of detection is at or below it. MRD relapse is a change from negative to "
        "positive, or a rise by one log10 or more, confirmed in a second sample.",
        choices=(
            "A result below the threshold with a higher or unknown limit of detection is not "
            "evaluable.",
            "The second sample confirms where it is positive again, or again one log10 above the "
            "lowest earlier value; MRD relapse is dated at the first sample.",
            "An undetected value counts as its limit of detection when a rise is measured.",
        ),
    ),
    Criteria(
        name="Cytogenetic and molecular response",
        version="MDS/MPN IWG 2015; molecular by nested RT-PCR",
        citation="Savona MR et al., Blood 2015;125:1857-1865; Blood Adv 2020;4:440",
        provenance=Provenance.READ,
        text="Complete cytogenetic response is the disappearance of the abnormality present at "
        "baseline in 20 metaphases or more, or by FISH; partial is a reduction by half or more. "
        "Complete molecular response is a negative test for the fusion gene or mutation present "
        "at baseline.",
        choices=("Only subjects with the abnormality at baseline are in the denominator.",),
    ),
)

NEGATIVE, POSITIVE = "NEGATIVE", "POSITIVE"


@dataclass(frozen=True)
class MrdRule:
    """Threshold as a fraction of cells, and the rise that is a relapse (log10)."""

    threshold: float = 1e-4
    log_rise: float = 1.0


def mrd_status(samples: pl.DataFrame, rule: MrdRule | None = None) -> pl.DataFrame:
    """Add MRDSTAT to MRD samples.

    Parameters
    ----------
    samples : DataFrame
        USUBJID, MRD (fraction of cells, 0 = not detected), MRDLOD (limit of detection of the
        sample, fraction).
    rule : MrdRule

    Returns
    -------
    DataFrame
        As given with MRDSTAT (NEGATIVE, POSITIVE, null) and MRDREAS.

    Not estimable
    -------------
    MRDSTAT is null with ``"limit of detection above the threshold"``, ``"limit of detection
    missing"`` or ``"result missing"``. A value at or above the threshold is positive whatever the
    limit.

    Raises
    ------
    DataError
        For a fraction outside 0-1 (percentages are refused).
    """
    rule = rule or MrdRule()
    need_variables(samples, ["USUBJID", "MRD", "MRDLOD"], "MRD")
    refuse_rows(
        samples,
        {
            ("mrd.fraction", name, "not a fraction from 0 to 1"): ~pl.col(name).is_between(0, 1)
            for name in ("MRD", "MRDLOD")
        },
        "MRD",
    )
    positive = pl.col("MRD") >= rule.threshold
    sensitive = pl.col("MRDLOD") <= rule.threshold
    reason = (
        pl.when(pl.col("MRD").is_null()).then(pl.lit("result missing"))
        .when(pl.col("MRDLOD").is_null()).then(pl.lit("limit of detection missing"))
        .otherwise(pl.lit("limit of detection above the threshold"))
    )  # fmt: skip
    return samples.with_columns(
        MRDSTAT=pl.when(positive)
        .then(pl.lit(POSITIVE))
        .when(sensitive & ~positive)
        .then(pl.lit(NEGATIVE))
    ).with_columns(MRDREAS=pl.when(pl.col("MRDSTAT").is_null()).then(reason))


def mrd_relapse(samples: pl.DataFrame, rule: MrdRule | None = None) -> pl.DataFrame:
    """First confirmed MRD relapse of each subject.

    Parameters
    ----------
    samples : DataFrame
        From `mrd_status`, with DAY.
    rule : MrdRule

    Returns
    -------
    DataFrame
        USUBJID, MRDRELDY (first sample of the relapse), MRDRELHO (``"negative to positive"`` or
        ``"one log rise"``), only for subjects with one; sorted.
    """
    rule = rule or MrdRule()
    rows = []
    usable = samples.filter(pl.col("MRDSTAT").is_not_null()).sort("USUBJID", "DAY")
    for key, part in usable.partition_by("USUBJID", as_dict=True, maintain_order=True).items():
        level = pl.max_horizontal("MRD", "MRDLOD").log10()
        points = part.select("DAY", "MRDSTAT", level).rows()
        found = _first_relapse(points, rule)
        if found is not None:
            rows.append((key[0], *found))
    schema = {"USUBJID": pl.String(), "MRDRELDY": pl.Int64(), "MRDRELHO": pl.String()}
    return pl.DataFrame(rows, schema, orient="row").sort("USUBJID")


def _first_relapse(
    points: list[tuple[int, str, float]], rule: MrdRule
) -> tuple[int, str] | None:  # fmt: skip
    for i in range(1, len(points) - 1):
        day, status, level = points[i]
        _, next_status, next_level = points[i + 1]
        before = points[:i]
        both_positive = status == next_status == POSITIVE
        if both_positive and before[-1][1] == NEGATIVE:
            return day, "negative to positive"
        risen = min(level, next_level) - min(value for _, _, value in before)
        if both_positive and risen >= rule.log_rise - 1e-9:
            return day, "one log rise"
    return None


def cytogenetic_response(samples: pl.DataFrame, min_metaphases: int = 20) -> pl.DataFrame:
    """Add CYTRESP to cytogenetic samples.

    Parameters
    ----------
    samples : DataFrame
        USUBJID, CYTBLFL and CYTFL (abnormality in the metaphases at baseline and now: Y/N),
        CYTBLPC and CYTPC (abnormal metaphases, %; null not known), CYTNMET (metaphases examined
        now), FISHFL (abnormality by FISH now: Y/N, null not done).
    min_metaphases : int
        Fewer metaphases cannot show a complete response.

    Returns
    -------
    DataFrame
        As given with CYTRESP: COMPLETE, PARTIAL, NONE, NOT COMPLETE (partial or none: the
        percentages are not known), null.

    Not estimable
    -------------
    Null where the abnormality was not present or not known at baseline, and where neither enough
    metaphases nor FISH tell.
    """
    names = ["USUBJID", "CYTBLFL", "CYTFL", "CYTBLPC", "CYTPC", "CYTNMET", "FISHFL"]
    need_variables(samples, names, "cytogenetics")
    enough = pl.col("CYTNMET") >= min_metaphases
    abnormal = (pl.col("CYTFL") == "Y") | (pl.col("FISHFL") == "Y")
    clear = ((pl.col("CYTFL") == "N") & enough) | (pl.col("FISHFL") == "N")
    halved = pl.col("CYTPC") <= 0.5 * pl.col("CYTBLPC")
    partial = (
        pl.when(halved).then(pl.lit("PARTIAL"))
        .when(~halved).then(pl.lit("NONE"))
        .otherwise(pl.lit("NOT COMPLETE"))
    )  # fmt: skip
    response = (
        pl.when(abnormal.fill_null(value=False)).then(partial).when(clear).then(pl.lit("COMPLETE"))
    )
    return samples.with_columns(CYTRESP=pl.when(pl.col("CYTBLFL") == "Y").then(response))


def molecular_response(samples: pl.DataFrame) -> pl.DataFrame:
    """Add MOLRESP to molecular samples.

    Parameters
    ----------
    samples : DataFrame
        USUBJID, MOLBLFL (fusion gene or mutation present at baseline, Y/N), MOLFL (found now,
        Y/N).

    Returns
    -------
    DataFrame
        As given with MOLRESP: COMPLETE, NONE, null.

    Not estimable
    -------------
    Null where nothing was present or known at baseline, or the sample has no result.
    """
    need_variables(samples, ["USUBJID", "MOLBLFL", "MOLFL"], "molecular")
    response = pl.col("MOLFL").replace_strict({"N": "COMPLETE", "Y": "NONE"}, default=None)
    return samples.with_columns(MOLRESP=pl.when(pl.col("MOLBLFL") == "Y").then(response))
