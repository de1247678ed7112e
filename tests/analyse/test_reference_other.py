"""Reference values of all methods but survival, beside the repository; skipped where absent."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from il5report.analyse.continuous import describe, geometric, percentile
from il5report.analyse.design import simon
from il5report.analyse.kinetics import Rules, nca
from il5report.analyse.monitoring import posterior, predictive_probability
from il5report.analyse.proportion import binomial_ci, binomial_test
from il5report.analyse.rate import poisson_rate
from il5report.analyse.two_stage import two_stage_inference
from il5report.display.rounding import fixed

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "oracle"

if not (REFERENCE / "expected.json").exists():
    pytest.skip("reference values are not beside the repository", allow_module_level=True)

ENTRIES = json.loads((REFERENCE / "expected.json").read_text())["entries"]
Values = dict[str, Any]


def _binomial_ci(params: Values) -> Values:
    names = {"wilson_cc": "wilson_corrected"}
    methods = ("clopper_pearson", "wilson", "wilson_cc", "jeffreys", "agresti_coull", "wald")
    found = {}
    for name in (*methods, "mid_p", "blaker"):
        result = binomial_ci(
            params["x"],
            params["n"],
            method=names.get(name, name),
            conf_level=params["conf_level"],
        )
        found[name] = [result.lower, result.upper]
    return found


def _binomial_test(params: Values) -> Values:
    def p(alternative: str, method: str = "exact") -> Any:
        return binomial_test(
            params["x"], params["n"], params["p0"], alternative=alternative, method=method
        )

    return {
        "p_greater": p("greater").p_value,
        "p_less": p("less").p_value,
        "p_two_sided_r": p("two_sided_r").p_value,
        "p_two_sided_sas": p("two_sided_sas").p_value,
        "p_greater_midp": p("greater", "mid_p").p_value,
        "z_score": p("greater").z,
        "p_two_sided_score": p("two_sided_sas", "score").p_value,
    }


def _poisson_rate(params: Values) -> Values:
    names = {
        "exact": "exact",
        "exact_chisq": "exact",
        "normal": "normal",
        "normal_log": "normal_log",
        "byar_tern": "byar",
        "mid_p": "mid_p",
    }
    found: Values = {}
    for name, method in names.items():
        result = poisson_rate(
            params["events"],
            params["person_years"],
            per=params["per"],
            method=method,
            conf_level=params["conf_level"],
        )
        found[name] = [result.lower, result.upper]
        found["rate"] = result.rate
    return found


def _simon(params: Values) -> Values:
    designs = simon(
        params["p0"], params["p1"], alpha=params["alpha"], beta=params["beta"], max_n=130
    )
    names = ("r1", "n1", "r", "n", "en0", "pet0", "alpha", "power")
    return {
        kind: {name: getattr(getattr(designs, kind), name) for name in names}
        for kind in ("optimal", "minimax")
    }


def _two_stage_inference(params: Values) -> Values:
    def inference(convention: str) -> Any:
        return two_stage_inference(
            params["x"],
            (params["r1"], params["n1"], params["n"]),
            p0=params["p0"],
            conf_level=params["conf_level"],
            convention=convention,
        )

    result = inference("koyama_chen")
    names = ("umvue", "mle", "p_value", "lower", "upper")
    return {name: getattr(result, name) for name in names} | {
        "upper_clinfun_def": inference("clinfun").upper
    }


def _beta_binomial(params: Values) -> Values:
    prior = (params["a"], params["b"])
    now = posterior(params["x"], params["n"], threshold=params["p0"], prior=prior)
    end = predictive_probability(
        params["x"],
        params["n"],
        max_N=params["N"],
        p0=params["p0"],
        theta=params["theta"],
        prior=prior,
    )
    return {
        "pp": end.probability,
        "post_now": end.posterior,
        "min_final_responses": end.responses_needed,
        "cri95": [now.lower, now.upper],
        "post_mean": now.mean,
    }


def _percentiles(params: Values) -> Values:
    percents = [round(100 * p, 6) for p in params["probs"]]
    return {"type2_sas_def5": [percentile(params["x"], p) for p in percents]}


def _mean_ci(params: Values) -> Values:
    result = describe(params["x"])
    names = {"min": "minimum", "max": "maximum"}
    keys = ("n", "mean", "sd", "se", "lower", "upper", "min", "max")
    return {key: getattr(result, names.get(key, key)) for key in keys}


def _geometric(params: Values) -> Values:
    result = geometric(params["x"])
    return {
        "n": result.n,
        "geo_mean": result.mean,
        "geo_cv_pct": result.cv,
        "geo_sd": result.sd,
        "lower": result.lower,
        "upper": result.upper,
    }


def _rounding(params: Values) -> Values:
    return {"half_away_sas": [float(fixed(x, params["digits"])) for x in params["x"]]}


@lru_cache
def _profiles(dataset: str) -> dict[int, list[tuple[float, float]]]:
    profiles: dict[int, list[tuple[float, float]]] = {}
    with (REFERENCE / "data" / f"{dataset}.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            sample = (float(row["time"]), float(row["conc"]))
            profiles.setdefault(int(row["id"]), []).append(sample)
    return profiles


AUC_METHODS = {
    "lin up/log down": "linear_up_log_down",
    "linear": "linear",
    "lin-log": "linear_log",
}
PARAMETERS = {
    **{name: name for name in ("cmax", "tmax", "aucall", "r2", "clst", "tlst", "auclst")},
    **{name: name for name in ("aucifo", "aucifp", "lamznpt", "lamzll", "lamzul", "lamzhl")},
    "clast": "clst",
    "tlast": "tlst",
    "auclast": "auclst",
    "aucinf_obs": "aucifo",
    "aucinf_pred": "aucifp",
    "lambda_z": "lamz",
    "lamz": "lamz",
    "half_life": "lamzhl",
    "adj_r2": "r2adj",
    "r2adj": "r2adj",
    "lz_n": "lamznpt",
    "lz_first": "lamzll",
    "lz_last": "lamzul",
    "clast_pred": "clstp",
    "clstp": "clstp",
    "span_ratio": "lamzspn",
}


def _nca(params: Values, entry: Values) -> Values:
    program = entry["id"].partition("/")[0]
    time, concentration = zip(*_profiles(entry["dataset"])[params["id"]], strict=True)
    end = params["interval_end"]
    settings = {
        "auc_method": AUC_METHODS[params["auc_method"]],
        "blq_inside": "missing" if program == "nca_pknca" else "zero",
        "lambda_min_r2adj": -1.0,
    }

    def run(**more: Any) -> Any:
        return nca(
            time,
            concentration,
            blq=[c == 0 for c in concentration],
            windows=[(0, end)],
            rules=Rules(**settings, **more),
        )

    result = run(predose_zero=program == "nca_noncompart")
    extrapolated = run(after_last="triangle", extrapolate="observed").windows[0].auc
    measured = run(after_last="triangle").windows[0].auc
    found = {key: getattr(result, name) for key, name in PARAMETERS.items()}
    return found | {
        "aucint_end": end,
        "aucint_last": measured,
        "aucint_all": measured,
        "aucint_inf_obs": extrapolated,
        "aucend": extrapolated,
    }


METHODS: dict[str, Callable[[Values], Values]] = {
    "binomial_ci": _binomial_ci,
    "binomial_test": _binomial_test,
    "poisson_rate": _poisson_rate,
    "simon_two_stage": _simon,
    "two_stage_inference": _two_stage_inference,
    "beta_binomial_predictive": _beta_binomial,
    "percentiles": _percentiles,
    "mean_ci": _mean_ci,
    "geometric": _geometric,
    "rounding": _rounding,
}
OTHER_RULES = {
    ("percentiles", "type7_numpy"): "another definition of percentiles, for contrast",
    ("percentiles", "type6"): "another definition of percentiles, for contrast",
    ("rounding", "r_round"): "half to even, as R rounds, for contrast",
    ("rounding", "sprintf"): "rounding of the binary value, for contrast",
}


def _named(ids: list[str], keys: list[str], reason: str) -> dict[tuple[str, str], str]:
    return {(entry, key): reason for entry in ids for key in keys}


_PKNCA = [f"nca_pknca/{{}}/{method}" for method in AUC_METHODS]
_CART = [*_PKNCA, "nca_pknca_keep/{}"]
_NONCOMPART = ["nca_noncompart/{}/Log", "nca_noncompart/{}/Linear"]


def _ids(patterns: list[str], *profiles: str) -> list[str]:
    return [pattern.format(profile) for pattern in patterns for profile in profiles]


# Where the value is another one on purpose.
DIFFERENT: dict[tuple[str, str], str] = {
    **_named(
        [f"bin_ci/{x}/{conf}" for x in ("5/10", "15/30") for conf in ("0.95", "0.9")],
        ["wilson_cc"],
        "prop.test drops its continuity correction at x/n = 1/2",
    ),
    **_named(
        ["eair/0/25.5/0.9"],
        ["byar_tern"],
        "a lower limit above 0 without events would exclude the estimate",
    ),
    **_named(
        [*_ids(_PKNCA, "theoph/6", "theoph/10"), *_ids(_CART, "cart_pk/3", "cart_pk/9")],
        ["aucint_last", "aucint_all"],
        "last sample quantifiable and before the end of the window: not estimable",
    ),
    **_named(
        _ids(_CART, "cart_pk/4", "cart_pk/6", "cart_pk/7", "cart_pk/8"),
        ["aucint_inf_obs"],
        "nothing to extrapolate inside the window: lambda_z is not needed",
    ),
    **_named(
        _ids(_CART, "cart_pk/6"),
        ["clast"],
        "no quantifiable value: no last one (0 in one version of PKNCA, missing in another)",
    ),
    **_named(
        ["nca_pknca/cart_pk/5/lin-log"],
        ["auclast", "aucall", "aucinf_obs", "aucinf_pred", "aucint_last", "aucint_all"],
        "equal values after TMAX: 0/0 in the logarithmic rule there, the linear one here",
    ),
    **_named(
        ["nca_pknca/cart_pk/5/lin-log"],
        ["aucint_inf_obs"],
        "equal values after TMAX: 0/0 in the logarithmic rule there, the linear one here",
    ),
    **_named(
        _ids(_NONCOMPART, "cart_pk/3", "cart_pk/4", "cart_pk/7", "cart_pk/8"),
        ["lamznpt"],
        "no terminal phase: not estimable here, 0 points there",
    ),
    **_named(
        ["nca_noncompart/cart_pk/2/Log", "nca_noncompart/cart_pk/4/Log"],
        ["aucall"],
        "the logarithmic rule of NonCompart gives no area to a segment that ends at 0",
    ),
    **_named(
        ["nca_noncompart/cart_pk/4/Log"],
        ["auclst"],
        "the logarithmic rule of NonCompart gives no area to a segment that ends at 0",
    ),
    **_named(
        _ids(_NONCOMPART, "theoph/6", "theoph/10", "cart_pk/9"),
        ["aucend"],
        "NonCompart joins the observed CLST with the predicted concentration at the end",
    ),
}

MINE = [entry for entry in ENTRIES if entry["method"] in {*METHODS, "nca"}]
# BlakerCI stops within 1e-10 of the limit; everything else is a closed form or a bisection.
ABSOLUTE = {"blaker": 1e-10}


def _agrees(actual: Any, expected: Any, absolute: float) -> bool:
    if isinstance(expected, dict):
        return all(_agrees(actual[key], value, absolute) for key, value in expected.items())
    if isinstance(expected, list):
        pairs = zip(actual, expected, strict=True)
        return all(_agrees(a, b, absolute) for a, b in pairs)
    if expected in ("NA", "NaN"):
        return math.isnan(actual)
    # The smallest expected numbers are R's rounding errors around 0.
    return math.isclose(actual, expected, rel_tol=1e-12, abs_tol=max(absolute, 1e-16))


@pytest.mark.parametrize("entry", MINE, ids=lambda entry: entry["id"])
def test_reference(entry: Values) -> None:
    method = entry["method"]
    params = entry["params"]
    actual = _nca(params, entry) if method == "nca" else METHODS[method](params)
    wrong = []
    for key, expected in entry["values"].items():
        if (method, key) in OTHER_RULES:
            continue
        same = _agrees(actual[key], expected, ABSOLUTE.get(key, 0.0))
        if same == ((entry["id"], key) in DIFFERENT):
            wrong.append(f"{key}: {actual[key]!r}, reference {expected!r}")
    assert not wrong, "\n".join(wrong)


def test_differences_are_entries() -> None:
    known = {(entry["id"], key) for entry in MINE for key in entry["values"]}
    assert known >= DIFFERENT.keys()


SURVIVAL = {
    *("km_curve", "km_curve_left_truncated", "km_quantile", "km_median_print", "km_at", "cif"),
    *("reverse_km_median", "rmst", "nelson_aalen", "logrank", "one_sample_logrank", "cox"),
}


def test_every_other_entry_is_a_survival_one() -> None:
    assert {entry["method"] for entry in ENTRIES if entry not in MINE} == SURVIVAL
    assert len(ENTRIES) == 725
