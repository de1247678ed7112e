"""Cox regression and the check of proportional hazards: invariance, edges, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from il5report.analyse import _cox, _partial_likelihood
from il5report.analyse._cox import cox_data
from il5report.analyse._partial_likelihood import separating, terms
from il5report.analyse.logrank import logrank
from il5report.analyse.proportional_hazards import proportional_hazards
from il5report.analyse.regression import cox

TIES = ("efron", "breslow")


def sample(n: int = 40, seed: int = 1, last: int = 25):
    draw = np.random.default_rng(seed)
    covariates = {"arm": draw.integers(0, 2, n), "age": draw.normal(60, 12, n).round(1)}
    return draw.integers(1, last, n), draw.random(n) < 0.7, covariates, draw.integers(0, 3, n)


def log_likelihood(time, event, x, beta, ties: str) -> float:
    """By definition, one event after the other."""
    weight, total = np.exp(x * beta), 0.0
    for t in np.unique(time[event]):
        dead = event & (time == t)
        d = dead.sum()
        for k in range(d):
            left = k / d if ties == "efron" else 0.0
            at_risk = weight[time >= t].sum() - left * weight[dead].sum()
            total += x[dead][k] * beta - math.log(at_risk)
    return total


@pytest.mark.parametrize("ties", TIES)
def test_maximum_of_the_definition(ties: str) -> None:
    time, event, covariates, _ = sample()
    result = cox(time, event, {"age": covariates["age"]}, ties=ties)
    beta = result.coefficient[0]
    step = 1e-3 * result.std_error[0]
    here, *around = (
        log_likelihood(time, event, covariates["age"], b, ties)
        for b in (beta, beta - step, beta + step)
    )
    assert result.log_likelihood == pytest.approx(here, rel=1e-12)
    assert here > max(around)
    curvature = (sum(around) - 2 * here) / step**2
    assert result.std_error[0] == pytest.approx(1 / math.sqrt(-curvature), rel=1e-3)
    null = log_likelihood(time, event, covariates["age"], 0.0, ties)
    assert result.log_likelihood_null == pytest.approx(null, rel=1e-12)
    assert result.likelihood_ratio == pytest.approx(2 * (here - null))


@pytest.mark.parametrize("ties", TIES)
def test_fields_belong_together(ties: str) -> None:
    time, event, covariates, strata = sample()
    result = cox(time, event, covariates, strata=strata, ties=ties, conf_level=0.9)
    assert (result.n, result.n_events, result.df) == (40, event.sum(), 2)
    assert result.covariates == ("arm", "age")
    assert (result.ties, result.conf_level, result.stratified) == (ties, 0.9, True)
    np.testing.assert_allclose(result.hazard_ratio, np.exp(result.coefficient))
    np.testing.assert_allclose(result.z, result.coefficient / result.std_error)
    np.testing.assert_allclose(
        np.log(result.upper / result.hazard_ratio), 1.6448536269514722 * result.std_error
    )
    np.testing.assert_allclose(result.lower * result.upper, result.hazard_ratio**2)
    np.testing.assert_allclose(
        result.p, [math.erfc(abs(z) / math.sqrt(2)) for z in result.z], rtol=1e-10
    )
    assert result.wald_p == pytest.approx(math.exp(-result.wald / 2))
    assert result.score_p == pytest.approx(math.exp(-result.score / 2))
    assert result.likelihood_ratio_p == pytest.approx(math.exp(-result.likelihood_ratio / 2))
    assert result.ne == {}
    assert not cox(time, event, covariates, ties=ties).stratified


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("method", [cox, proportional_hazards])
def test_order_strata_names_and_unit_do_not_matter(method, ties: str) -> None:
    time, event, covariates, strata = sample()
    one = method(time, event, covariates, strata=strata, ties=ties)
    order = np.random.default_rng(3).permutation(len(time))
    other = method(
        time[order] / 30.4375,
        event[order],
        {"age": covariates["age"][order] * 10 + 7, "arm": covariates["arm"][order]},
        strata=np.array(["z", "x", "y"])[strata[order]],
        ties=ties,
    )
    if method is cox:
        np.testing.assert_allclose(other.coefficient[::-1] * [1, 10], one.coefficient, rtol=1e-7)
        np.testing.assert_allclose(other.likelihood_ratio, one.likelihood_ratio, rtol=1e-9)
    else:
        np.testing.assert_allclose(other.statistic[::-1], one.statistic, rtol=1e-7)
        np.testing.assert_allclose(other.global_statistic, one.global_statistic, rtol=1e-7)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("extra", [-1, 1, 9])
def test_a_stratum_without_events_changes_nothing(ties: str, extra: int) -> None:
    time, event, covariates, strata = sample()
    one = cox(time, event, covariates, strata=2 * strata, ties=ties)
    other = cox(
        np.append(time, [3, 7]),
        np.append(event, [False, False]),
        {name: np.append(x, [1, 50]) for name, x in covariates.items()},
        strata=np.append(2 * strata, [extra, extra]),
        ties=ties,
    )
    np.testing.assert_allclose(other.coefficient, one.coefficient, rtol=1e-8)
    np.testing.assert_allclose(other.log_likelihood, one.log_likelihood, rtol=1e-10)


def test_swapping_the_arms_inverts_the_hazard_ratio() -> None:
    time, event, covariates, _ = sample()
    one = cox(time, event, {"arm": covariates["arm"]})
    other = cox(time, event, {"arm": 1 - covariates["arm"]})
    np.testing.assert_allclose(other.hazard_ratio, 1 / one.hazard_ratio)
    np.testing.assert_allclose(other.lower, 1 / one.upper)


def test_steps_too_long_are_halved() -> None:
    # Newton's full steps lower the likelihood here.
    time = [1, 2, 10, 3, 11, 12, 5, 6, 9, 7, 4, 8]
    event = np.array([1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1]) == 1
    x = np.array([32, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0])
    result = cox(time, event, {"x": x}, ties="breslow")
    np.testing.assert_allclose(result.coefficient, cox(time, event, {"x": x}).coefficient)
    around = result.coefficient[0] + np.array([-0.01, 0, 0.01])
    values = [log_likelihood(np.array(time), event, x, beta, "breslow") for beta in around]
    assert np.argmax(values) == 1


def test_duplicated_subjects_by_breslow() -> None:
    time, event, covariates, _ = sample()
    once = cox(time, event, covariates, ties="breslow")
    twice = cox(
        np.tile(time, 2),
        np.tile(event, 2),
        {name: np.tile(x, 2) for name, x in covariates.items()},
        ties="breslow",
    )
    np.testing.assert_allclose(twice.coefficient, once.coefficient, rtol=1e-9)
    np.testing.assert_allclose(twice.std_error, once.std_error / math.sqrt(2), rtol=1e-9)


def test_without_ties_the_rules_agree_and_the_score_test_is_the_logrank_test() -> None:
    _, event, covariates, _ = sample()
    time = np.random.default_rng(2).permutation(len(event)) + 1
    efron, breslow = (cox(time, event, covariates, ties=ties) for ties in TIES)
    np.testing.assert_allclose(efron.coefficient, breslow.coefficient, rtol=1e-8)
    arm = cox(time, event, {"arm": covariates["arm"]})
    assert arm.score == pytest.approx(logrank(time, event, covariates["arm"]).statistic)


@given(st.integers(0, 2**32), st.sampled_from(TIES))
def test_separation_is_found_where_the_coefficients_run_away(seed: int, ties: str) -> None:
    draw = np.random.default_rng(seed)
    time, event = draw.integers(1, 7, 7), draw.random(7) < 0.6
    x = {"a": draw.integers(0, 2, 7), "b": draw.integers(0, 3, 7)}
    data = cox_data(time, event, x, draw.integers(0, 2, 7), ties)
    why = _cox.not_estimable(data)
    assume(why is None or why.startswith("no finite"))
    # Follow the likelihood uphill, far out: it stops where it has a finite maximum.
    assert separating(data.sets).any() == (why is not None)
    beta = np.zeros(2)
    for _ in range(80):
        here = terms(data.sets, beta)
        step = np.linalg.lstsq(here.information + 1e-9 * np.eye(2), here.score)[0]
        beta = beta + step / max(1, 2 * np.abs(step).max())
        if np.abs(step).max() < 1e-4 or np.abs(beta).max() > 7:
            break
    assert (np.abs(beta).max() > 7) == (why is not None)


SEPARATED = [
    ([1, 2, 3, 4], [1, 1, 1, 0], {"x": [4, 3, 2, 1]}, None, "x"),
    ([1, 2, 3, 4], [1, 1, 1, 0], {"x": [1, 2, 3, 4]}, None, "x"),
    ([1, 2, 3, 4, 5], [1, 1, 0, 1, 1], {"x": [1, 1, 0, 0, 0]}, None, "x"),
    ([1, 2, 2, 4, 5], [1, 1, 1, 0, 0], {"x": [3, 2, 2, 0, 1]}, None, "x"),
    ([1, 2, 3, 4], [1, 0, 1, 0], {"x": [1, 0, 5, 9]}, [1, 1, 2, 2], None),
    ([1, 2, 3, 4], [1, 0, 1, 0], {"x": [1, 0, 9, 5]}, [1, 1, 2, 2], "x"),
    (
        [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0],
        {"x": [5, 1, 4, 2, 3, 0], "y": [0, 3, -1, 0, -4, 0]}, None, "x, y",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("time", "event", "x", "strata", "names"), SEPARATED)
@pytest.mark.parametrize("ties", TIES)
def test_separation(time, event, x, strata, names: str | None, ties: str) -> None:
    result = cox(time, event, x, strata=strata, ties=ties)
    change = proportional_hazards(time, event, x, strata=strata, ties=ties)
    if names is None:
        assert result.ne == {}
        return
    why = f"no finite maximum: the events are separated by {names}"
    assert set(result.ne.values()) == set(change.ne.values()) == {why}
    assert np.isnan(result.hazard_ratio).all()


@pytest.mark.parametrize(
    ("time", "event", "x", "why"),
    [
        ([], [], {"x": []}, "no events"),
        ([1, 2], [0, 0], {"x": [1, 2]}, "no events"),
        ([1, 2, 3], [1, 0, 0], {"x": [1, 2, 0], "y": [0, 1, 0]},
         "fewer events than covariates (1 < 2)"),
        ([1, 2, 3], [1, 1, 0], {"x": [4, 4, 4]}, "a covariate is constant or a combination"),
        ([1, 2, 3, 4], [0, 1, 1, 1], {"x": [1, 0, 0, 0]},
         "a covariate is constant or a combination"),
        (
            [1, 2, 3, 4, 5], [1] * 5, {"x": [1, 5, 2, 4, 3], "y": [2, 10, 4, 8, 6]},
            "a covariate is constant or a combination",
        ),
    ],
)  # fmt: skip
def test_not_estimable(time, event, x, why: str) -> None:
    result = cox(time, event, x)
    p = len(x)
    assert all(reason.startswith(why) for reason in result.ne.values())
    arrays = ("coefficient", "std_error", "hazard_ratio", "lower", "upper", "z", "p")
    scalars = (
        "log_likelihood_null", "log_likelihood", "likelihood_ratio", "likelihood_ratio_p",
        "wald", "wald_p", "score", "score_p",
    )  # fmt: skip
    assert set(result.ne) == {*arrays, *scalars}
    assert all(np.isnan(getattr(result, name)).tolist() == [True] * p for name in arrays)
    assert all(np.isnan(getattr(result, name)) for name in scalars)
    assert (result.n, result.n_events, result.df) == (len(time), sum(event), p)
    change = proportional_hazards(time, event, x)
    assert set(change.ne) == {"statistic", "p", "global_statistic", "global_p"}
    assert change.ne["p"] == result.ne["p"]
    assert np.isnan(change.statistic).tolist() == [True] * p
    assert (change.n_events, change.global_df) == (sum(event), p)


def test_change_is_found_where_there_is_one() -> None:
    draw = np.random.default_rng(9)
    arm = np.repeat([0, 1], 300)
    steady = -np.log(draw.random(600)) * np.exp(-0.7 * arm)
    crossing = np.where(arm == 1, np.exp(draw.normal(0, 0.3, 600)), -np.log(draw.random(600)))
    event = np.ones(600)
    assert proportional_hazards(steady, event, {"arm": arm}).p[0] > 0.05
    found = proportional_hazards(crossing, event, {"arm": arm})
    assert found.p[0] < 1e-6
    assert found.global_p == pytest.approx(found.p[0])
    assert (found.transform, found.ties, found.stratified) == ("km", "efron", False)
    assert found.p[0] == pytest.approx(math.erfc(math.sqrt(found.statistic[0] / 2)))


def test_change_needs_two_event_times() -> None:
    x = {"x": [1, 3, 2, 5, 4, 6]}
    result = proportional_hazards([2, 2, 2, 3, 3, 3], [1, 1, 0, 0, 0, 0], x)
    assert set(result.ne.values()) == {"all events at one time"}
    assert cox([2, 2, 2, 3, 3, 3], [1, 1, 0, 0, 0, 0], x).ne == {}


@pytest.mark.parametrize("method", [cox, proportional_hazards])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": [1, -2, 3]}, r"time\[1\]"),
        ({"time": [1, np.nan, 3]}, r"time\[1\]"),
        ({"event": [1, 2, 0]}, r"event\[1\]"),
        ({"event": [1]}, "event: length 3 expected"),
        ({"covariates": {}}, "covariates: none given"),
        ({"covariates": {"age": [1, 2]}}, "age: length 3 expected, 2 given"),
        ({"covariates": {"age": [1, 2, np.nan]}}, r"age\[2\]"),
        ({"strata": [1, 2]}, "strata: length 3 expected"),
        ({"ties": "exact"}, "ties = 'exact': not one of efron, breslow"),
    ],
)
def test_refuses_bad_input(method, change: dict, message: str) -> None:
    arguments = {"time": [1, 2, 3], "event": [1, 1, 0], "covariates": {"age": [1, 3, 2]}, **change}
    with pytest.raises(ValueError, match=message):
        method(**arguments)


def test_refuses_bad_settings() -> None:
    arguments = {"time": [0, 2, 3], "event": [1, 1, 0], "covariates": {"age": [1, 3, 2]}}
    with pytest.raises(ValueError, match=r"conf_level = 1.5"):
        cox(**arguments, conf_level=1.5)
    with pytest.raises(ValueError, match=r"transform = 'sqrt': not one of km, rank, identity, log"):
        proportional_hazards(**arguments, transform="sqrt")
    with pytest.raises(ValueError, match=r"time\[0\] = 0.0: no logarithm"):
        proportional_hazards(**arguments, transform="log")


def test_no_convergence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    time, event, covariates, _ = sample()
    monkeypatch.setattr(_cox, "_lifelines", lambda data: np.zeros(2))
    with pytest.raises(ArithmeticError, match="the score does not vanish"):
        cox(time, event, covariates)
    monkeypatch.setattr(_partial_likelihood, "_ITERATIONS", 2)
    with pytest.raises(ArithmeticError, match="did not converge"):
        cox(time, event, covariates, ties="breslow")
