"""Differences, exact tests, strata, ranks and agreement: definitions, properties, refusals."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il5report.analyse.agreement import kappa
from il5report.analyse.association import cochran_armitage, fisher
from il5report.analyse.difference import difference
from il5report.analyse.ranks import rank_sum
from il5report.analyse.stratified import mantel_haenszel

groups = st.integers(1, 25).flatmap(lambda N: st.tuples(st.integers(0, N), st.just(N)))
small = st.integers(1, 5).flatmap(lambda N: st.tuples(st.integers(0, N), st.just(N)))
METHODS = ("newcombe", "miettinen_nurminen")
SIDES = ("two_sided", "greater", "less")


@settings(deadline=None)
@given(groups, groups, st.sampled_from(METHODS), st.sampled_from([0.8, 0.95]))
def test_difference(
    test: tuple[int, int], reference: tuple[int, int], method: str, level: float
) -> None:
    result = difference(test, reference, method=method, conf_level=level)
    assert result.estimate == test[0] / test[1] - reference[0] / reference[1]
    assert -1 <= result.lower <= result.estimate <= result.upper <= 1
    assert (result.n_test, result.N_test) == test
    assert (result.n_reference, result.N_reference) == reference
    assert (result.method, result.conf_level, dict(result.ne)) == (method, level, {})
    swapped = difference(reference, test, method=method, conf_level=level)
    assert swapped.lower == pytest.approx(-result.upper, abs=1e-12)
    others = difference(
        (test[1] - test[0], test[1]),
        (reference[1] - reference[0], reference[1]),
        method=method,
        conf_level=level,
    )
    assert others.lower == pytest.approx(-result.upper, abs=1e-9)
    if level == 0.8:
        wider = difference(test, reference, method=method)
        assert wider.conf_level == 0.95
        assert wider.lower <= result.lower
        assert wider.upper >= result.upper


def test_published_differences() -> None:
    """Newcombe 1998, table II, examples a, b, f and h (Miettinen-Nurminen; hybrid score)."""
    table = {
        ((56, 70), (48, 80)): ((0.0528, 0.3382), (0.0524, 0.3339)),
        ((9, 10), (3, 10)): ((0.1700, 0.8406), (0.1705, 0.8090)),
        ((5, 56), (0, 29)): ((-0.0326, 0.1933), (-0.0381, 0.1926)),
        ((10, 10), (0, 10)): ((0.6636, 1.0), (0.6075, 1.0)),
    }
    for (test, reference), expected in table.items():
        for method, limits in zip(reversed(METHODS), expected, strict=True):
            result = difference(test, reference, method=method)
            assert (round(result.lower, 4), round(result.upper, 4)) == limits
    assert difference((1, 2), (1, 2)).method == "newcombe"


@pytest.mark.parametrize(("test", "reference"), [((0, 0), (1, 2)), ((1, 2), (0, 0))])
def test_difference_of_an_empty_group(test: tuple, reference: tuple) -> None:
    result = difference(test, reference)
    assert all(math.isnan(x) for x in (result.estimate, result.lower, result.upper))
    reason = "no subjects in the denominator"
    assert result.ne == dict.fromkeys(("estimate", "lower", "upper"), reason)


@pytest.mark.parametrize("function", [difference, fisher])
def test_groups_are_checked(function) -> None:
    with pytest.raises(ValueError, match=r"^test\[0\] = 3: above 2"):
        function((3, 2), (1, 2))
    with pytest.raises(ValueError, match=r"^reference\[0\] = 3: above 2"):
        function((1, 2), (3, 2))
    with pytest.raises(ValueError, match=r"^reference\[1\] = -2: below 0"):
        function((1, 2), (0, -2))


def test_difference_refuses() -> None:
    with pytest.raises(ValueError, match=r"^method = 'wald': one of newcombe, miettinen"):
        difference((1, 2), (1, 2), method="wald")
    with pytest.raises(ValueError, match=r"^conf_level = 95"):
        difference((1, 2), (1, 2), conf_level=95)


@settings(deadline=None)
@given(small, small, st.sampled_from(SIDES))
def test_fisher_by_definition(test: tuple[int, int], reference: tuple[int, int], side: str) -> None:
    """All ways to give the events to the subjects."""
    (n1, N1), (n2, N2) = test, reference
    seen = dict.fromkeys(range(N1 + N2 + 1), 0)
    for chosen in itertools.combinations(range(N1 + N2), n1 + n2):
        seen[sum(i < N1 for i in chosen)] += 1
    extreme = {
        "two_sided": [k for k in seen if seen[k] <= seen[n1]],
        "greater": [k for k in seen if k >= n1],
        "less": [k for k in seen if k <= n1],
    }[side]
    expected = Fraction(sum(seen[k] for k in extreme), sum(seen.values()))
    result = fisher(test, reference, alternative=side)
    assert result.p_value == float(expected)
    assert result.alternative == side
    if (N1 - n1) * n2:
        assert result.odds_ratio == n1 * (N2 - n2) / ((N1 - n1) * n2)
        assert not result.ne
    else:
        assert math.isnan(result.odds_ratio)
        assert result.ne == {"odds_ratio": "a cell of the table is 0"}


def test_fisher_defaults_and_refusals() -> None:
    assert fisher((3, 4), (1, 4)).alternative == "two_sided"
    assert fisher((3, 4), (1, 4)).p_value == pytest.approx(34 / 70)
    assert fisher((0, 0), (1, 2)).p_value == 1
    with pytest.raises(ValueError, match=r"^alternative = 'two.sided': one of two_sided, greater"):
        fisher((3, 4), (1, 4), alternative="two.sided")


@settings(deadline=None, max_examples=60)
@given(st.lists(small, min_size=2, max_size=3), st.sampled_from(SIDES), st.data())
def test_exact_trend_by_definition(counts: list, side: str, data: st.DataObject) -> None:
    """All ways to give the events to the subjects."""
    n, N = zip(*counts, strict=True)
    scores = data.draw(
        st.lists(st.sampled_from([0.1, 0.2, 1, 2.5, 7]), min_size=len(n), max_size=len(n))
    )
    result = cochran_armitage(n, N, scores=scores, alternative=side)
    if sum(n) in {0, sum(N)} or len(set(scores)) == 1:
        assert math.isnan(result.p_value)
        assert math.isnan(result.z)
        reason = "all or no subjects with event, or one score"
        assert result.ne == dict.fromkeys(("z", "p_value"), reason)
        return
    each = [Fraction(str(s)) for s, k in zip(scores, N, strict=True) for _ in range(k)]
    sums = [sum(chosen) for chosen in itertools.combinations(each, sum(n))]
    observed = sum(k * Fraction(str(s)) for s, k in zip(scores, n, strict=True))
    mean = Fraction(sum(n) * sum(each), sum(N))
    extreme = {
        "two_sided": [t for t in sums if abs(t - mean) >= abs(observed - mean)],
        "greater": [t for t in sums if t >= observed],
        "less": [t for t in sums if t <= observed],
    }[side]
    assert result.p_value == len(extreme) / len(sums)
    assert not result.ne
    spread = sum((s - sum(each) / sum(N)) ** 2 for s in each)
    share = Fraction(sum(n), sum(N))
    expected = float(observed - mean) / math.sqrt(share * (1 - share) * spread)
    assert result.z == pytest.approx(expected, abs=1e-12)
    assert (result.scores, result.alternative, result.method) == (tuple(scores), side, "exact")


def test_trend_of_smokers() -> None:
    """R ``prop.trend.test``: chi-squared 8.2249, p 0.004132."""
    n, N = [83, 90, 129, 70], [86, 93, 136, 82]
    result = cochran_armitage(n, N, method="asymptotic")
    assert result.scores == (1.0, 2.0, 3.0, 4.0)
    assert (result.method, result.alternative) == ("asymptotic", "two_sided")
    assert round(result.z**2, 4) == 8.2249
    assert round(result.p_value, 6) == 0.004132
    assert cochran_armitage(n, N, method="asymptotic", alternative="less").p_value == pytest.approx(
        result.p_value / 2
    )
    assert cochran_armitage(
        n, N, method="asymptotic", alternative="greater"
    ).p_value == pytest.approx(1 - result.p_value / 2)


def test_trend_does_not_see_empty_groups_or_the_unit_of_the_scores() -> None:
    one = cochran_armitage([0, 1, 3], [3, 3, 6], scores=[1, 2, 4])
    other = cochran_armitage([0, 1, 0, 3], [3, 3, 0, 6], scores=[10, 20, 30, 40])
    assert other.p_value == one.p_value
    assert other.z == pytest.approx(one.z)
    one_score = cochran_armitage([1, 0], [3, 0])
    assert math.isnan(one_score.z)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        (([1], [2, 3]), {}, r"N, scores: as many as n \(1\) expected, 2, 1"),
        (([1, 1], [2, 3]), {"scores": [1]}, r"N, scores: as many as n \(2\) expected, 2, 1"),
        (([1, 4], [2, 3]), {}, r"n\[1\] = 4: above 3"),
        (([1, 0], [2, -3]), {}, r"N\[1\] = -3: below 0"),
        (
            ([1, 1], [2, 3]),
            {"scores": [1, math.nan]},
            r"scores\[1\] = .*nan.*: not a finite number",
        ),
        (([1, 1], [2, 3]), {"alternative": "up"}, "alternative = 'up': one of"),
        (([1, 1], [2, 3]), {"method": "z"}, "method = 'z': one of exact, asymptotic"),
    ],
)
def test_trend_refuses(args: tuple, kwargs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        cochran_armitage(*args, **kwargs)


@settings(deadline=None)
@given(st.lists(st.tuples(groups, groups), max_size=4))
def test_strata_by_definition(tables: list) -> None:
    result = mantel_haenszel(tables)
    excess = variance = concordant = discordant = Fraction(0)
    for (n1, N1), (n2, N2) in tables:
        N, n = N1 + N2, n1 + n2
        excess += n1 - Fraction(N1 * n, N)
        variance += Fraction(N1 * N2 * n * (N - n), N * N * (N - 1))
        concordant += Fraction(n1 * (N2 - n2), N)
        discordant += Fraction((N1 - n1) * n2, N)
    if variance:
        assert result.statistic == pytest.approx(float(excess**2 / variance), abs=1e-12)
        assert result.p_value == pytest.approx(math.erfc(math.sqrt(result.statistic / 2)), rel=1e-9)
        corrected = mantel_haenszel(tables, convention="r").statistic
        less = abs(excess) - Fraction(1, 2) if abs(excess) >= Fraction(1, 2) else abs(excess)
        assert corrected == pytest.approx(float(less**2 / variance), abs=1e-12)
    else:
        assert math.isnan(result.statistic)
        assert math.isnan(result.p_value)
        reason = "no stratum can differ between the groups"
        assert (result.ne["statistic"], result.ne["p_value"]) == (reason, reason)
    if concordant and discordant:
        assert result.odds_ratio == pytest.approx(float(concordant / discordant))
        assert result.lower < result.odds_ratio < result.upper
        swapped = mantel_haenszel([(b, a) for a, b in tables])
        assert swapped.odds_ratio == pytest.approx(1 / result.odds_ratio)
        assert swapped.lower == pytest.approx(1 / result.upper)
    else:
        names = ("odds_ratio", "lower", "upper")
        assert all(math.isnan(getattr(result, name)) for name in names)
        assert all(result.ne[name] == "a Mantel-Haenszel sum is 0" for name in names)


def test_strata_that_tell_nothing() -> None:
    result = mantel_haenszel([((0, 3), (0, 4)), ((2, 2), (0, 0))])
    different, sums = "no stratum can differ between the groups", "a Mantel-Haenszel sum is 0"
    assert result.ne == {
        **dict.fromkeys(("statistic", "p_value"), different),
        **dict.fromkeys(("odds_ratio", "lower", "upper"), sums),
    }
    assert mantel_haenszel([((7, 10), (2, 9))]).ne == {}


def test_one_stratum_is_the_odds_ratio() -> None:
    result = mantel_haenszel([((7, 10), (2, 9))], conf_level=0.9)
    odds = 7 * 7 / (3 * 2)
    assert result.odds_ratio == pytest.approx(odds)
    half = 1.6448536269514722 * math.sqrt(1 / 7 + 1 / 3 + 1 / 2 + 1 / 7)  # Woolf, for one table
    assert result.upper == pytest.approx(odds * math.exp(half))
    assert (result.convention, result.conf_level) == ("sas", 0.9)


def test_strata_of_one_subject_and_refusals() -> None:
    tables = [((7, 10), (2, 9))]
    alone = mantel_haenszel([*tables, ((1, 1), (0, 0))])
    assert alone.statistic == pytest.approx(mantel_haenszel(tables).statistic)
    assert mantel_haenszel([((1, 1), (0, 1))]).statistic == pytest.approx(1)
    assert mantel_haenszel(tables).conf_level == 0.95
    with pytest.raises(ValueError, match=r"^tables\[1\]\[0\]\[0\] = 3: above 2"):
        mantel_haenszel([*tables, ((3, 2), (0, 0))])
    with pytest.raises(ValueError, match=r"^tables\[0\]\[1\]\[0\] = 3: above 2"):
        mantel_haenszel([((1, 2), (3, 2))])
    with pytest.raises(ValueError, match=r"^convention = 'R': one of sas, r"):
        mantel_haenszel(tables, convention="R")
    with pytest.raises(ValueError, match=r"^conf_level = 1"):
        mantel_haenszel(tables, conf_level=1)


samples = st.lists(st.sampled_from([0.5, 1, 2, 2.5, 3, 9]), min_size=1, max_size=5)


@settings(deadline=None)
@given(samples, samples, st.sampled_from(SIDES))
def test_rank_sum_by_definition(test: list, reference: list, side: str) -> None:
    result = rank_sum(test, reference, alternative=side)
    values = test + reference
    ranks = [
        Fraction(sum(v < x for v in values) * 2 + sum(v == x for v in values) + 1, 2)
        for x in values
    ]
    observed = sum(ranks[: len(test)])
    assert result.rank_sum == float(observed)
    sums = [sum(chosen) for chosen in itertools.combinations(ranks, len(test))]
    mean = Fraction(len(test) * (len(values) + 1), 2)
    extreme = {
        "two_sided": [t for t in sums if abs(t - mean) >= abs(observed - mean)],
        "greater": [t for t in sums if t >= observed],
        "less": [t for t in sums if t <= observed],
    }[side]
    assert result.p_value == len(extreme) / len(sums)
    assert (result.n_test, result.n_reference) == (len(test), len(reference))
    assert (result.alternative, dict(result.ne)) == (side, {})
    logs = rank_sum(np.log(test), np.log(reference), alternative=side)
    assert logs.p_value == result.p_value


def test_rank_sum_of_larger_groups() -> None:
    """No overlap of 12 and 13 values: twice one way in C(25, 12)."""
    result = rank_sum(range(12), range(20, 33))
    assert result.p_value == 2 / math.comb(25, 12)
    assert result.alternative == "two_sided"


@pytest.mark.parametrize(("test", "reference"), [([], [1.0]), ([1.0], []), ([], [])])
def test_rank_sum_of_an_empty_group(test: list, reference: list) -> None:
    result = rank_sum(test, reference)
    assert math.isnan(result.rank_sum)
    assert math.isnan(result.p_value)
    assert result.ne == dict.fromkeys(("rank_sum", "p_value"), "a group without values")


def test_rank_sum_refuses() -> None:
    with pytest.raises(ValueError, match=r"^reference\[1\] = .*nan"):
        rank_sum([1.0], [1.0, math.nan])
    with pytest.raises(ValueError, match=r"^test\[0\] = .*inf"):
        rank_sum([math.inf], [1.0])
    with pytest.raises(ValueError, match=r"^alternative = 'more': one of two_sided"):
        rank_sum([1.0], [1.0], alternative="more")


tables = st.integers(1, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 9), min_size=k, max_size=k), min_size=k, max_size=k)
)


@settings(deadline=None)
@given(tables, st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_by_definition(table: list, weights: str) -> None:
    result = kappa(table, weights=weights)
    k, N = len(table), sum(map(sum, table))
    assert (result.N, result.weights, result.conf_level) == (N, weights, 0.95)
    if N == 0:
        names = ("agreement", "kappa", "se", "lower", "upper")
        assert result.ne == dict.fromkeys(names, "no subjects in the denominator")
        assert math.isnan(result.agreement)
        return
    assert result.agreement == pytest.approx(sum(table[i][i] for i in range(k)) / N)
    power = {"none": 0, "linear": 1, "quadratic": 2}[weights]
    rows = [sum(table[i]) for i in range(k)]
    columns = [sum(table[i][j] for i in range(k)) for j in range(k)]

    def apart(i: int, j: int) -> Fraction:
        return Fraction(abs(i - j) ** power if i != j else 0)

    cells = [(i, j) for i in range(k) for j in range(k)]
    observed = sum(apart(i, j) * table[i][j] for i, j in cells) / Fraction(N)
    chance = sum(apart(i, j) * rows[i] * columns[j] for i, j in cells) / Fraction(N * N)
    if chance == 0:
        reason = "both raters used one and the same category"
        assert result.ne == dict.fromkeys(("kappa", "se", "lower", "upper"), reason)
        assert math.isnan(result.kappa)
        return
    assert result.ne == {}
    assert result.kappa == pytest.approx(float(1 - observed / chance), abs=1e-12)
    assert result.upper - result.kappa == pytest.approx(1.959963984540054 * result.se)
    assert result.kappa - result.lower == pytest.approx(1.959963984540054 * result.se)
    transposed = kappa(np.array(table).T, weights=weights)
    assert transposed.kappa == pytest.approx(result.kappa, abs=1e-12)
    assert transposed.se == pytest.approx(result.se, abs=1e-9)


def test_kappa_standard_error() -> None:
    """Jackknife and formula agree for many subjects; the default has no weights."""
    table = np.array([[200, 50, 10], [100, 150, 40], [30, 60, 90]])
    result = kappa(table, conf_level=0.9)
    assert result.weights == "none"
    leave_out = [
        (table[i, j], kappa(table - np.eye(9)[3 * i + j].reshape(3, 3).astype(int)).kappa)
        for i in range(3)
        for j in range(3)
    ]
    N = table.sum()
    variance = (N - 1) / N * sum(count * (k - result.kappa) ** 2 for count, k in leave_out)
    assert result.se == pytest.approx(math.sqrt(variance), rel=0.01)


def test_kappa_without_subjects() -> None:
    names = ("agreement", "kappa", "se", "lower", "upper")
    for table in ([], [[0, 0], [0, 0]]):
        result = kappa(table)
        assert result.ne == dict.fromkeys(names, "no subjects in the denominator")
        assert math.isnan(result.upper)
    reason = "both raters used one and the same category"
    assert kappa([[3, 0], [0, 0]]).ne == dict.fromkeys(names[1:], reason)
    assert kappa([[3, 0], [0, 0]]).agreement == 1


def test_perfect_agreement() -> None:
    result = kappa([[3, 0], [0, 4]], weights="linear")
    assert (result.kappa, result.se) == (pytest.approx(1), pytest.approx(0, abs=1e-7))


def test_kappa_refuses() -> None:
    with pytest.raises(ValueError, match=r"^table\[1\]: length 2 expected, 1 given"):
        kappa([[1, 2], [3]])
    with pytest.raises(ValueError, match=r"^table\[0\]: length 1 expected, 2 given"):
        kappa([[1, 2]])
    with pytest.raises(ValueError, match=r"^table\[1\]\[0\] = -3: below 0"):
        kappa([[1, 2], [-3, 1]])
    with pytest.raises(ValueError, match=r"^weights = 'equal': one of none, linear, quadratic"):
        kappa([[1]], weights="equal")
    with pytest.raises(ValueError, match=r"^conf_level = 0"):
        kappa([[1]], conf_level=0)
