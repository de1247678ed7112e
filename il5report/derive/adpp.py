"""ADPP: cellular kinetics parameters by non-compartmental analysis, per subject and assay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from il5report.analyse.kinetics import Kinetics, Rules, nca
from il5report.derive.domains import Domains
from il5report.plan.derivation import AucWindow
from il5report.plan.derivation import Kinetics as KineticsRules
from il5report.plan.models import Assay, Plan

KEYS = ("USUBJID", "ASSAYCD", "PARAMN")
LABELS = {
    "ASSAYCD": "Assay (PARAMCD in ADPC)", "AREASN": "Reason Value is Missing",
    "AVALU": "Analysis Value Unit",
}  # fmt: skip
_CODES = {"n": "NSAMP", "n_quantifiable": "NQUANT", "loss": "TLOSS"}
_SCHEMA = {
    "USUBJID": pl.String, "ASSAYCD": pl.String, "PARCAT1": pl.String, "PARAMCD": pl.String,
    "PARAM": pl.String, "PARAMN": pl.Float64, "AVAL": pl.Float64, "AVALU": pl.String,
    "AREASN": pl.String,
}  # fmt: skip
_Row = tuple[str, str, str, str, str, float, float | None, str | None, str | None]


def derive_adpp(
    domains: Domains, adpc: pl.DataFrame, plan: Plan, rules: KineticsRules
) -> pl.DataFrame:
    """Parameters of every profile in ADPC with a result.

    Parameters
    ----------
    domains : Domains
    adpc : DataFrame
    plan : Plan
        Assays, and the method of the area under the curve.
    rules : KineticsRules

    Returns
    -------
    DataFrame
        One row per subject, assay (ASSAYCD, the PARAMCD of ADPC) and parameter. AVAL missing has
        its reason in AREASN.
    """
    settings = Rules(
        auc_method=plan.conventions.auc_method, blq_inside=rules.blq_inside,
        predose_zero=rules.predose_zero, after_last=rules.after_last,
        extrapolate=rules.extrapolate, lambda_window=rules.lambda_window,
        lambda_min_points=rules.lambda_min_points, lambda_min_r2adj=rules.lambda_min_r2adj,
    )  # fmt: skip
    windows = [(float(w.days[0]), float(w.days[1])) for w in rules.windows.values()]
    rows: list[_Row] = []
    for (subject, code), profile in _profiles(domains, adpc, rules).items():
        result = nca(
            profile["ARRLT"].to_list(),
            profile["AVAL"].fill_null(0.0).to_list(),
            blq=(profile["BLQFL"] == "Y").to_list(),
            windows=windows,
            rules=settings,
        )
        rows.extend(_rows(subject, code, plan.assays[code], result, rules.windows))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _profiles(
    domains: Domains, adpc: pl.DataFrame, rules: KineticsRules
) -> Mapping[tuple[str, str], pl.DataFrame]:
    """Samples with a result: the last one before the infusion as time 0, one per time."""
    usable = adpc.filter(pl.col("AVAL").is_not_null() | (pl.col("BLQFL") == "Y"))
    day = pl.col("ADY") - (pl.col("ADY") > 0).cast(pl.Float64)
    time = day if rules.time == "day" else pl.col("ARRLT")
    usable = usable.sort("USUBJID", "PARAMCD", "ARRLT", "SRCSEQ").with_columns(
        ARRLT=pl.max_horizontal(time, 0.0), _BEFORE=pl.col("ARRLT") <= 0
    )
    key = ["USUBJID", "PARAMCD", "ARRLT"]
    double = usable.filter(~pl.col("_BEFORE") & ~pl.struct(key).is_first_distinct())
    message = "second sample of the same time: the first is used"
    domains.note("derive.kinetics", message, double, "ADPC", "ARRLT")
    before = usable.filter("_BEFORE").unique(key, keep="last", maintain_order=True)
    after = usable.filter(~pl.col("_BEFORE")).unique(key, keep="first", maintain_order=True)
    both = pl.concat([before, after]).sort(key)
    parts = both.partition_by("USUBJID", "PARAMCD", as_dict=True, maintain_order=True)
    return {(str(subject), str(code)): part for (subject, code), part in parts.items()}


def _rows(
    subject: str, code: str, assay: Assay, result: Kinetics, windows: Mapping[str, AucWindow]
) -> Iterator[_Row]:
    for i, field in enumerate(Kinetics.stats(), 1):
        name, label = _CODES.get(field.name, field.name.upper()), str(field.metadata["label"])
        why, unit = result.ne.get(field.name), _unit(str(field.metadata["unit"]), assay)
        value = None if why else float(getattr(result, field.name))
        yield (subject, code, assay.label, name, label, float(i), value, unit, why)
    start = len(Kinetics.stats()) + 1
    for i, ((name, window), area) in enumerate(zip(windows.items(), result.windows, strict=True)):
        why, unit = area.ne.get("auc"), _unit("input x days", assay)
        value = None if why else area.auc
        yield (subject, code, assay.label, name, window.label, float(start + i), value, unit, why)


def _unit(unit: str, assay: Assay) -> str | None:
    """The unit of a parameter, from the unit of the concentration."""
    return {"input": assay.unit, "input x days": f"days*{assay.unit}"}.get(unit, unit) or None
