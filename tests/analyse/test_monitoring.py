"""Bayesian monitoring, stopping boundaries, dose escalation: definitions, properties, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from il5report.analyse.boundaries import (
    boundary_characteristics,
    futility_boundary,
    toxicity_boundary,
)
from il5report.analyse.dose_finding import boin, three_plus_three, three_plus_three_decision
from il5report.analyse.monitoring import posterior, predictive_probability

counts = st.integers(0, 15).flatmap(lambda N: st.tuples(st.integers(0, N), st.just(N)))
priors = st.tuples(st.sampled_from([0.3, 1.0, 2.5]), st.sampled_from([0.7, 1.0, 3.0]))
rates = st.sampled_from([0.1, 0.3, 0.5, 0.8])


def above(p0: float, a: float, b: float) -> float:
    """P(p > p0) of a beta distribution, by quadrature on the log-odds scale."""

    def density(u: float) -> float:
        return math.exp(-a * math.log1p(math.exp(-u)) - b * math.log1p(math.exp(u)))

    cut = math.log(p0 / (1 - p0))
    upper = quad(density, cut, 60, epsabs=0, epsrel=1e-10, limit=200)[0]
    lower = quad(density, -60, cut, epsabs=0, epsrel=1e-10, limit=200)[0]
    return upper / (upper + lower)


@settings(deadline=None, max_examples=50)
@given(counts, priors, rates)
def test_posterior(count: tuple[int, int], prior: tuple[float, float], threshold: float) -> None:
    n, N = count
    result = posterior(n, N, threshold=threshold, prior=prior)
    a, b = prior[0] + n, prior[1] + N - n
    assert result.mean == pytest.approx(a / (a + b))
    assert result.exceeds == pytest.approx(above(threshold, a, b), rel=1e-6)
    assert 0 <= result.lower < result.upper <= 1
    for limit, tail in ((result.lower, 0.975), (result.upper, 0.025)):
        if 1e-12 < limit < 1 - 1e-12:
            assert above(limit, a, b) == pytest.approx(tail, rel=1e-5)
    assert (result.n, result.N, result.threshold, result.prior) == (n, N, threshold, prior)
    assert result.conf_level == 0.95
    narrow = posterior(n, N, threshold=threshold, prior=prior, conf_level=0.8)
    assert result.lower < narrow.lower < narrow.upper < result.upper
    swapped = posterior(N - n, N, threshold=1 - threshold, prior=prior[::-1])
    assert swapped.exceeds == pytest.approx(1 - result.exceeds, abs=1e-12)
    assert swapped.lower == pytest.approx(1 - result.upper, abs=1e-12)


def test_threshold_may_be_an_end() -> None:
    assert posterior(1, 3, threshold=0, prior=(1, 1)).exceeds == 1
    assert posterior(1, 3, threshold=1, prior=(1, 1)).exceeds == 0


@settings(deadline=None, max_examples=50)
@given(counts, st.integers(0, 8), priors, rates, st.sampled_from([0.6, 0.9]))
def test_predictive_probability_by_definition(
    count: tuple[int, int], left: int, prior: tuple[float, float], p0: float, theta: float
) -> None:
    """Sum over the outcomes still to come, one subject after the other."""
    n, N = count
    max_N = max(1, N + left)
    chances = {n: 1.0}
    for seen in range(N, max_N):
        grown: dict[int, float] = {}
        for k, chance in chances.items():
            p = (prior[0] + k) / (sum(prior) + seen)
            grown[k] = grown.get(k, 0) + chance * (1 - p)
            grown[k + 1] = grown.get(k + 1, 0) + chance * p
        chances = grown
    success = [
        posterior(k, max_N, threshold=p0, prior=prior).exceeds > theta for k in range(max_N + 1)
    ]
    result = predictive_probability(n, N, max_N=max_N, p0=p0, theta=theta, prior=prior)
    expected = sum(chance for k, chance in chances.items() if success[k])
    assert result.probability == pytest.approx(expected, abs=1e-12)
    assert result.posterior == posterior(n, N, threshold=p0, prior=prior).exceeds
    if any(success):
        assert result.responses_needed == success.index(True)
        assert not result.ne
    else:
        assert math.isnan(result.responses_needed)
        assert result.ne == {"responses_needed": "no number of responses is success"}
    assert (result.n, result.N, result.max_N, result.p0) == (n, N, max_N, p0)
    assert (result.theta, result.prior) == (theta, prior)


def test_worked_example() -> None:
    """Lee and Liu 2008: 16 of 23 responses, 40 planned."""
    result = predictive_probability(16, 23, max_N=40, p0=0.6, theta=0.9, prior=(0.6, 0.4))
    assert (round(result.probability, 4), result.responses_needed) == (0.5656, 28)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 15), priors, rates, st.sampled_from([0.7, 0.95]), st.data())
def test_toxicity_boundary(
    max_N: int, prior: tuple[float, float], limit: float, certainty: float, data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, max_N))
    rule = toxicity_boundary(max_N, limit=limit, certainty=certainty, prior=prior, first=first)
    assert rule.N.tolist() == list(range(first, max_N + 1))
    assert (rule.direction, rule.prior) == ("at_least", prior)
    for N, count in zip(rule.N.tolist(), rule.count.tolist(), strict=True):
        stops = [
            posterior(n, N, threshold=limit, prior=prior).exceeds > certainty for n in range(N + 1)
        ]
        if math.isnan(count):
            assert not any(stops)
        else:
            assert stops == [n >= count for n in range(N + 1)]
    assert set(rule.ne) == ({"count"} if np.isnan(rule.count).any() else set())
    assert set(rule.ne.values()) <= {"no count stops at this number of subjects"}


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 12), priors, rates, st.sampled_from([0.05, 0.2]), st.data())
def test_futility_boundary(
    max_N: int, prior: tuple[float, float], p0: float, below: float, data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, max_N - 1))
    rule = futility_boundary(max_N, p0=p0, theta=0.9, below=below, prior=prior, first=first)
    assert rule.N.tolist() == list(range(first, max_N))
    assert (rule.direction, rule.prior) == ("at_most", prior)
    for N, count in zip(rule.N.tolist(), rule.count.tolist(), strict=True):
        chances = [
            predictive_probability(n, N, max_N=max_N, p0=p0, theta=0.9, prior=prior).probability
            for n in range(N + 1)
        ]
        if math.isnan(count):
            assert min(chances) >= below
        else:
            assert [chance < below for chance in chances] == [n <= count for n in range(N + 1)]
    assert set(rule.ne) == ({"count"} if np.isnan(rule.count).any() else set())


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 8), priors, rates, st.floats(0, 1), st.booleans(), st.data())
def test_characteristics_by_enumeration(
    max_N: int,
    prior: tuple[float, float],
    rate: float,
    p: float,
    toxicity: bool,
    data: st.DataObject,
) -> None:
    first = data.draw(st.integers(1, max_N - 1))
    if toxicity:
        rule = toxicity_boundary(max_N, limit=rate, certainty=0.7, prior=prior, first=first)
    else:
        rule = futility_boundary(max_N, p0=rate, theta=0.9, below=0.1, prior=prior, first=first)
    last = int(rule.N[-1])
    limits = dict(zip(rule.N.tolist(), rule.count.tolist(), strict=True))
    stop = expected = 0.0
    for outcome in itertools.product((0, 1), repeat=last):
        weight = math.prod(p if event else 1 - p for event in outcome)
        end, stopped = last, False
        for N in range(first, last + 1):
            seen = sum(outcome[:N])
            if seen >= limits[N] if toxicity else seen <= limits[N]:
                end, stopped = N, True
                break
        stop += weight * stopped
        expected += weight * end
    result = boundary_characteristics(rule, p)
    assert result.stop == pytest.approx(stop, abs=1e-12)
    assert result.expected_N == pytest.approx(expected, abs=1e-12)
    assert result.p == p


def test_first_look_is_after_one_subject() -> None:
    assert toxicity_boundary(3, limit=0.3, certainty=0.8, prior=(0.3, 0.7)).N[0] == 1
    assert futility_boundary(3, p0=0.3, theta=0.8, below=0.1, prior=(1, 1)).N[0] == 1


GOOD = {"prior": (1, 1)}


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "message"),
    [
        (posterior, (3, 2), {"threshold": 0.2}, "n = 3: above 2"),
        (posterior, (0, -2), {"threshold": 0.2}, "N = -2: below 0"),
        (posterior, (1, 2), {"threshold": 1.2}, "threshold = 1.2: not between"),
        (posterior, (1, 2), {"threshold": 0.2, "conf_level": 1}, "conf_level = 1"),
        (posterior, (1, 2), {"threshold": 0.2, "prior": (0, 1)}, r"prior\[0\] = 0: not above 0"),
        (posterior, (1, 2), {"threshold": 0.2, "prior": (1, -1)}, r"prior\[1\] = -1: not above 0"),
        (predictive_probability, (3, 2), {"max_N": 5, "p0": 0.2, "theta": 0.9}, "n = 3: above 2"),
        (predictive_probability, (1, 6), {"max_N": 5, "p0": 0.2, "theta": 0.9}, "N = 6: above 5"),
        (
            predictive_probability,
            (0, 0),
            {"max_N": 0, "p0": 0.2, "theta": 0.9},
            "max_N = 0: below 1",
        ),
        (predictive_probability, (1, 2), {"max_N": 5, "p0": 0, "theta": 0.9}, "p0 = 0"),
        (predictive_probability, (1, 2), {"max_N": 5, "p0": 0.2, "theta": 1}, "theta = 1"),
        (toxicity_boundary, (5,), {"limit": 1, "certainty": 0.9}, "limit = 1"),
        (toxicity_boundary, (5,), {"limit": 0.3, "certainty": 1}, "certainty = 1"),
        (toxicity_boundary, (0,), {"limit": 0.3, "certainty": 0.9}, "max_N = 0: below 1"),
        (
            toxicity_boundary,
            (5,),
            {"limit": 0.3, "certainty": 0.9, "first": 0},
            "first = 0: below 1",
        ),
        (
            toxicity_boundary,
            (5,),
            {"limit": 0.3, "certainty": 0.9, "prior": (1, 0)},
            r"prior\[1\] = 0: not above 0",
        ),
        (futility_boundary, (5,), {"p0": 1, "theta": 0.9, "below": 0.1}, "p0 = 1"),
        (futility_boundary, (5,), {"p0": 0.2, "theta": 0, "below": 0.1}, "theta = 0"),
        (futility_boundary, (5,), {"p0": 0.2, "theta": 0.9, "below": 0}, "below = 0"),
        (
            futility_boundary,
            (5,),
            {"p0": 0.2, "theta": 0.9, "below": 0.1, "prior": (0, 1)},
            r"prior\[0\] = 0: not above 0",
        ),
    ],
)
def test_refuses(function, args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        function(*args, **{**GOOD, **kwargs})


def test_characteristics_refuse() -> None:
    rule = toxicity_boundary(3, limit=0.3, certainty=0.8, prior=(0.3, 0.7))
    with pytest.raises(ValueError, match=r"^p = -1: not between 0 and 1"):
        boundary_characteristics(rule, -1)


def test_three_plus_three_table() -> None:
    decisions = {(N, n): three_plus_three_decision(N, n) for N in (3, 6) for n in range(N + 1)}
    assert decisions[3, 0] == decisions[6, 0] == decisions[6, 1] == "escalate"
    assert decisions[3, 1] == "expand"
    assert set(list(decisions.values())[2:4] + list(decisions.values())[6:]) == {"stop"}
    with pytest.raises(ValueError, match=r"^N = 4: 3 or 6 expected"):
        three_plus_three_decision(4, 0)
    with pytest.raises(ValueError, match=r"^n = 4: above 3"):
        three_plus_three_decision(3, 4)


def at_one_dose(p: float) -> list[tuple[bool, int, float]]:
    """Escalated, subjects treated, chance: every path of the decision table."""

    def binomial(n: int) -> float:
        return math.comb(3, n) * p**n * (1 - p) ** (3 - n)

    paths = []
    for n in range(4):
        decision = three_plus_three_decision(3, n)
        if decision == "expand":
            for more in range(4):
                passed = three_plus_three_decision(6, n + more) == "escalate"
                paths.append((passed, 6, binomial(n) * binomial(more)))
        else:
            paths.append((decision == "escalate", 3, binomial(n)))
    return paths


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_three_plus_three_by_enumeration(p: list[float]) -> None:
    selected, expected, reached = np.zeros(len(p) + 1), np.zeros(len(p)), np.zeros(len(p))
    for trial in itertools.product(*map(at_one_dose, p)):
        chance = math.prod(part[2] for part in trial)
        passed = [part[0] for part in trial] + [False]
        stops = passed.index(False)  # the first dose not escalated from
        selected[stops] += chance
        tried = min(stops + 1, len(p))
        reached[:tried] += chance
        expected[:tried] += chance * np.array([part[1] for part in trial[:tried]])
    result = three_plus_three(p)
    np.testing.assert_allclose(result.selected, selected[1:], atol=1e-12)
    np.testing.assert_allclose(result.reached, reached, atol=1e-12)
    np.testing.assert_allclose(result.expected_N, expected, atol=1e-12)
    assert result.none_selected == pytest.approx(selected[0], abs=1e-12)
    assert result.selected.sum() + result.none_selected == pytest.approx(1)
    assert result.rates == tuple(p)


def test_three_plus_three_refuses() -> None:
    with pytest.raises(ValueError, match=r"^rates\[1\] = 2: not between 0 and 1"):
        three_plus_three([0.1, 2])
    with pytest.raises(ValueError, match=r"^rates \(number of doses\) = 0: below 1"):
        three_plus_three([])


def test_boin_published_table() -> None:
    """Liu and Yuan 2015, target 0.3: escalate at .236, de-escalate at .358."""
    design = boin(0.3, max_N=12)
    assert (round(design.lambda_e, 3), round(design.lambda_d, 3)) == (0.236, 0.359)
    assert design.N.tolist() == list(range(1, 13))
    at = [2, 5, 8, 11]
    assert design.escalate[at].tolist() == [0, 1, 2, 2]
    assert design.deescalate[at].tolist() == [2, 3, 4, 5]
    assert design.eliminate[at].tolist() == [3, 4, 5, 7]
    assert np.isnan(design.eliminate[:2]).all()
    assert set(design.ne) == {"eliminate"}
    assert "no number of toxicities" in design.ne["eliminate"]
    assert (design.target, design.certainty) == (0.3, 0.95)
    assert (design.safe, design.toxic) == (pytest.approx(0.18), pytest.approx(0.42))


def test_boin_boundaries_balance_the_hypotheses() -> None:
    """At a boundary both rates make the observed share equally likely."""
    design = boin(0.25, max_N=6, safe=0.1, toxic=0.4, certainty=0.9)

    def log_likelihood(share: float, p: float) -> float:
        return share * math.log(p) + (1 - share) * math.log(1 - p)

    for share, other in ((design.lambda_e, 0.1), (design.lambda_d, 0.4)):
        assert log_likelihood(share, 0.25) == pytest.approx(log_likelihood(share, other))
    for N, n in zip(design.N.tolist()[2:], design.eliminate.tolist()[2:], strict=True):
        sure = [posterior(k, N, threshold=0.25, prior=(1, 1)).exceeds > 0.9 for k in range(N + 1)]
        assert sure.index(True) == n


@pytest.mark.parametrize(
    ("target", "kwargs", "message"),
    [
        (0, {}, "target = 0"),
        (0.8, {}, "toxic = 1.1"),
        (0.3, {"safe": 0}, "safe = 0"),
        (0.3, {"safe": 0.3}, "safe = 0.3, toxic = 0.42: not around target = 0.3"),
        (0.3, {"toxic": 0.3}, "safe = 0.18, toxic = 0.3: not around target = 0.3"),
        (0.3, {"certainty": 1}, "certainty = 1"),
        (0.3, {"max_N": 0}, "max_N = 0: below 1"),
    ],
)
def test_boin_refuses(target: float, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        boin(target, **{"max_N": 6, **kwargs})
