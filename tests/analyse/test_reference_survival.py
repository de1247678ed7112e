"""Reference values of the survival methods, kept beside the repository; skipped where absent."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from il5report.analyse.competing_risks import aalen_johansen, incidence_at
from il5report.analyse.hazard import nelson_aalen
from il5report.analyse.logrank import logrank, one_sample_logrank
from il5report.analyse.regression import cox
from il5report.analyse.rmst import rmst
from il5report.analyse.survival import KaplanMeier, at_risk, kaplan_meier, reverse_kaplan_meier
from il5report.analyse.survival_points import landmark, quantile

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "oracle"

if not (REFERENCE / "expected.json").exists():
    pytest.skip("reference values are not beside the repository", allow_module_level=True)

ENTRIES = json.loads((REFERENCE / "expected.json").read_text())["entries"]

CERTAIN = "limits 1 to 1 while nobody has had the event would claim certainty: not estimable"
# Entries whose limits are deliberately not estimable here, while survival is 1.
DIFFERENT: dict[str, str] = dict.fromkeys(
    [
        "km_curve/e_n1_cens/plain",
        "km_curve/e_n1_cens/log",
        "km_curve/e_all_cens/plain",
        "km_curve/e_all_cens/log",
        *(
            f"km_at_sas/{name}"
            for name in [
                "e_n1_event",
                "e_n1_cens",
                "e_n2_ec",
                "e_n2_ee",
                "e_all_cens",
                "e_all_event4",
                "e_all_event5",
                "e_ties",
                "e_half_prod",
                "e_flat_mid",
                "e_flat_q",
                "e_float_tie",
                "e_bor861",
            ]
        ),
    ],
    CERTAIN,
)
# Entries for which there is no method here.
NOT_OFFERED: dict[str, str] = dict.fromkeys(
    ["cox/lung/exact", "cox/veteran/exact"],
    "exact (discrete) ties: Efron and Breslow are offered, and named in the result",
)


def columns(dataset: str) -> dict[str, np.ndarray]:
    with (REFERENCE / "data" / f"{dataset}.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    out = {}
    for name in rows[0]:
        texts = [row[name] for row in rows]
        try:
            out[name] = np.array([number(text) for text in texts])
        except ValueError:
            out[name] = np.array(texts)
    return out


def number(value: Any) -> float:
    return math.nan if value in ("NA", "NaN", "") else float(value)


def assert_same(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    """Equal within the tolerance plus the last of the 15 digits of the reference."""
    wanted = np.array([number(value) for value in np.atleast_1d(expected)])
    np.testing.assert_allclose(
        np.atleast_1d(actual), wanted, rtol=max(tolerance, 5e-15), atol=1e-15, equal_nan=True
    )


def entries(*methods: str) -> list[Any]:
    return [pytest.param(e, id=e["id"]) for e in ENTRIES if e["method"] in methods]


def curve(entry: dict[str, Any]) -> KaplanMeier:
    data = columns(entry["dataset"])
    return kaplan_meier(
        data["time"],
        data["event"],
        entry=data.get("entry"),
        conf_level=entry["params"].get("conf_level", 0.95),
        conf_type=entry["params"].get("conf_type", "loglog").replace("-", ""),
    )


def without_certain(entry: dict[str, Any]) -> dict[str, Any]:
    values = dict(entry["values"])
    if entry["id"] in DIFFERENT:
        certain = [survival == 1 for survival in values["surv"]]
        for name in ("lower", "upper"):
            assert any(c and v == 1 for c, v in zip(certain, values[name], strict=True))
            values[name] = ["NA" if c else v for c, v in zip(certain, values[name], strict=True)]
    return values


@pytest.mark.parametrize("entry", entries("km_curve", "km_curve_left_truncated"))
def test_curve(entry: dict[str, Any]) -> None:
    km, values = curve(entry), without_certain(entry)
    for name in ("time", "n_risk", "n_event", "n_censor"):
        assert_same(getattr(km, name), values[name])
    assert_same(km.survival, values["surv"])
    assert_same(km.std_error, values["se"])
    assert_same(km.lower, values["lower"])
    assert_same(km.upper, values["upper"])


@pytest.mark.parametrize("entry", entries("km_quantile"))
def test_quantile(entry: dict[str, Any]) -> None:
    convention = {"R": "r", "SAS": "sas"}[entry["params"]["convention"]]
    values, km = entry["values"], curve(entry)
    points = [quantile(km, p, convention=convention) for p in values["prob"]]
    assert_same([point.estimate for point in points], values["quantile"])
    assert_same([point.lower for point in points], values["lower"])
    assert_same([point.upper for point in points], values["upper"])


@pytest.mark.parametrize("entry", entries("km_median_print"))
def test_median_as_printed_by_r(entry: dict[str, Any]) -> None:
    point = quantile(curve(entry), 0.5, convention="r_print")
    assert_same([point.estimate, point.lower, point.upper], list(entry["values"].values()))


@pytest.mark.parametrize("entry", entries("km_at"))
def test_landmark(entry: dict[str, Any]) -> None:
    convention = {"R, extend": "r", "SAS": "sas"}[entry["params"]["convention"]]
    values, km = without_certain(entry), curve(entry)
    points = [landmark(km, t, convention=convention) for t in values["time"]]
    assert_same([point.survival for point in points], values["surv"])
    assert_same([point.std_error for point in points], values["se"])
    assert_same([point.lower for point in points], values["lower"])
    assert_same([point.upper for point in points], values["upper"])
    if "n_risk" in values:
        assert_same([point.n_risk for point in points], values["n_risk"])
        assert_same(at_risk(km, values["time"]), values["n_risk"])


@pytest.mark.parametrize("entry", entries("reverse_km_median"))
def test_follow_up(entry: dict[str, Any]) -> None:
    data, values = columns(entry["dataset"]), entry["values"]
    km = reverse_kaplan_meier(data["time"], data["event"])
    if "median" in values:  # deaths leave before tied censorings: the median is the same here
        assert_same(quantile(km, 0.5, convention="r").estimate, values["median"])
        return
    points = [quantile(km, p, convention="r") for p in values["prob"]]
    assert_same([point.estimate for point in points], values["quantile"])
    assert_same([point.lower for point in points], values["lower"])
    assert_same([point.upper for point in points], values["upper"])


@pytest.mark.parametrize("entry", entries("rmst"))
def test_restricted_mean(entry: dict[str, Any]) -> None:
    values = entry["values"]
    result = rmst(curve(entry), entry["params"]["tau"], convention="r")
    if "rmean" in values:
        assert_same([result.estimate, result.std_error], [values["rmean"], values["se"]])
    else:
        names = ("rmst", "se", "lower", "upper")
        actual = [result.estimate, result.std_error, result.lower, result.upper]
        assert_same(actual, [values[name] for name in names])


@pytest.mark.parametrize("entry", entries("nelson_aalen"))
def test_nelson_aalen(entry: dict[str, Any]) -> None:
    data, values = columns(entry["dataset"]), entry["values"]
    result = nelson_aalen(data["time"], data["event"])
    assert_same(result.time, values["time"])
    assert_same(result.cumulative_hazard, values["cumhaz"])
    assert_same(result.std_error, values["se"])


@pytest.mark.parametrize("entry", entries("logrank"))
def test_logrank(entry: dict[str, Any]) -> None:
    data, values, params = columns(entry["dataset"]), entry["values"], entry["params"]
    keep = np.ones(len(data["time"]), dtype=bool)
    strata = None
    if "strata" in params:
        keep = ~np.isnan(data[params["strata"]])
        strata = data[params["strata"]][keep]
    group = data[params["group"]][keep]
    result = logrank(
        data["time"][keep],
        data["event"][keep],
        group,
        strata=strata,
        weight="fleming",
        powers=(params["rho"], 0.0),
    )
    assert_same(result.observed, values["obs"])
    assert_same(result.expected, values["exp"])
    assert_same([result.statistic, result.df], [values["chisq"], values["df"]])
    assert_same(result.p, values["p_chisq"])


@pytest.mark.parametrize("entry", entries("one_sample_logrank"))
def test_one_sample_logrank(entry: dict[str, Any]) -> None:
    data, values = columns(entry["dataset"]), entry["values"]
    result = one_sample_logrank(data["event"], np.log(2) / 6 * data["time"])
    assert_same(
        [result.observed, result.expected, result.statistic, result.p],
        [values["obs"], values["exp"], values["chisq"], values["p"]],
    )


@pytest.mark.parametrize("entry", entries("cif"))
def test_cumulative_incidence(entry: dict[str, Any]) -> None:
    data, values, params = columns(entry["dataset"]), entry["values"], entry["params"]
    variance = {"Aalen (": "aalen", "Aalen, ": "aalen_sas"}.get(params["variance"][:7], "delta")
    curves = aalen_johansen(data["time"], data["state"], variance=variance, n_causes=2)
    causes = {f"cause{params['cause']}": values} if "cause" in params else values
    for name, wanted in causes.items():
        points = [incidence_at(curves, t, cause=int(name[-1])) for t in wanted["time"]]
        actual = {
            "est": [point.incidence for point in points],
            "lower": [point.lower for point in points],
            "upper": [point.upper for point in points],
            "se": [point.std_error for point in points],
            "var": [point.std_error**2 for point in points],
        }
        for key, expected in wanted.items():
            if key != "time":
                assert_same(actual[key.split("_")[0]], expected)


@pytest.mark.parametrize("entry", entries("cox"))
def test_cox(entry: dict[str, Any]) -> None:
    if entry["id"] in NOT_OFFERED:
        with pytest.raises(ValueError, match="ties = 'exact'"):
            cox([1, 2], [1, 1], {"x": [0, 1]}, ties="exact")
        return
    data, values, formula = columns(entry["dataset"]), entry["values"], entry["params"]["formula"]
    names, _, strata = formula.partition(" + strata")
    result = cox(
        data["time"],
        data["event"],
        {name: data[name] for name in names.split(" + ")},
        strata=data[strata.strip("()")] if strata else None,
        ties=entry["params"]["ties"],
    )
    actual = {
        "coef": result.coefficient,
        "se": result.std_error,
        "hr": result.hazard_ratio,
        "hr_lower": result.lower,
        "hr_upper": result.upper,
        "z": result.z,
        "p": result.p,
        "loglik": [result.log_likelihood_null, result.log_likelihood],
        "lr": result.likelihood_ratio,
        "wald": result.wald,
        "score": result.score,
    }
    for name, expected in values.items():
        # R stops once the likelihood changes by less than 1e-9; p multiplies what is left in z.
        assert_same(actual[name], expected, 1e-7 if name == "p" else 1e-8)


def test_every_entry_is_read_and_every_difference_is_named() -> None:
    methods = {
        "km_curve", "km_curve_left_truncated", "km_quantile", "km_median_print", "km_at",
        "reverse_km_median", "rmst", "nelson_aalen", "logrank", "one_sample_logrank", "cif", "cox",
    }  # fmt: skip
    read = {entry["id"] for entry in ENTRIES if entry["method"] in methods}
    assert len(read) == 507
    assert read >= DIFFERENT.keys() | NOT_OFFERED.keys()
