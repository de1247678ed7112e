"""The power model: exact lines, invariance, few values, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.analyse import power_model as module
from il5report.analyse.power_model import line, power_model

DOSES = st.sampled_from([0.5, 1.0, 2.0, 4.0])
VALUES = st.one_of(st.just(0.0), st.floats(1, 1e6))
samples = st.lists(st.tuples(DOSES, VALUES), max_size=14)
NUMBERS = [f.name for f in module.PowerModel.stats() if not f.name.startswith("n")]


def test_a_power_is_found_again() -> None:
    dose = [0.5, 1, 1, 2, 4]
    fit = power_model(dose, [7 * d**1.3 for d in dose])
    assert fit.slope == pytest.approx(1.3)
    assert fit.r2 == pytest.approx(1)
    assert line(fit, [3]).mean[0] == pytest.approx(7 * 3**1.3)


def test_two_doses_give_the_ratio_of_geometric_means() -> None:
    low, high = [3.0, 12.0, 6.0], [20.0, 45.0]
    fit = power_model([1] * 3 + [2] * 2, [*low, *high])
    gap = np.mean(np.log(high)) - np.mean(np.log(low))
    assert fit.slope == pytest.approx(gap / math.log(2))


@given(samples)
def test_missing_exactly_where_a_reason_stands(pairs) -> None:
    dose, value = [d for d, _ in pairs], [v for _, v in pairs]
    fit = power_model(dose, value)
    above = [(d, v) for d, v in pairs if v > 0]
    assert (fit.n, fit.n_zero) == (len(above), len(pairs) - len(above))
    assert fit.n_doses == len({d for d, _ in above})
    for name in NUMBERS:
        assert math.isnan(getattr(fit, name)) == (name in fit.ne), name
    assert ("slope" not in fit.ne) == (fit.n_doses > 1)
    assert ("lower" not in fit.ne) == (fit.n_doses > 1 and fit.n > 2)
    found = line(fit, [1.0, 3.0])
    for name in ("mean", "lower", "upper"):
        assert bool(np.isnan(getattr(found, name)).all()) == (name in found.ne)
    if not fit.ne:
        assert fit.lower <= fit.slope <= fit.upper
        assert -1e-9 <= fit.r2 <= 1 + 1e-9


@given(samples, st.sampled_from([0.001, 60.0]), st.sampled_from([0.25, 1e3]), st.randoms())
def test_order_and_units(pairs, dose_unit: float, unit: float, random) -> None:
    fit = power_model([d for d, _ in pairs], [v for _, v in pairs])
    random.shuffle(pairs)
    other = power_model([d * dose_unit for d, _ in pairs], [v * unit for _, v in pairs])
    assert fit.ne.keys() == other.ne.keys()
    if not fit.ne:
        for name in ("slope", "lower", "upper"):
            assert getattr(other, name) == pytest.approx(getattr(fit, name), rel=1e-6, abs=1e-6)
        there, here = line(other, [2 * dose_unit]), line(fit, [2.0])
        assert there.upper == pytest.approx(here.upper * unit, rel=1e-6)


def test_a_higher_level_is_wider() -> None:
    dose, value = [1, 1, 2, 2, 4], [3.0, 9.0, 7.0, 30.0, 20.0]
    narrow, wide = (power_model(dose, value, conf_level=level) for level in (0.9, 0.95))
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


@pytest.mark.parametrize(
    ("dose", "value", "reasons"),
    [
        ([], [], {module.NO_VALUE}),
        ([1.0, 2.0], [0.0, 0.0], {module.NO_VALUE}),
        ([1.0, 1.0, 2.0], [3.0, 4.0, 0.0], {module.ONE_DOSE}),
        ([1.0, 2.0], [3.0, 4.0], {module.TOO_FEW}),
    ],
)
def test_what_is_not_estimable_says_why(dose, value, reasons: set[str]) -> None:
    assert set(power_model(dose, value).ne.values()) == reasons


@pytest.mark.parametrize(
    ("dose", "value", "level", "message"),
    [
        ([1.0, 0.0], [1.0, 2.0], 0.9, r"^dose\[1\] = 0.0: not above 0"),
        ([1.0, -1.0], [1.0, 2.0], 0.9, r"^dose\[1\] = -1"),
        ([1.0, 1.0], [1.0, -2.0], 0.9, r"value\[1\]"),
        ([1.0, 1.0], [1.0], 0.9, "length 2"),
        ([1.0], [1.0], 0.0, "^conf_level"),
    ],
)
def test_wrong_input_is_refused(dose, value, level: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        power_model(dose, value, conf_level=level)


def test_the_line_carries_its_doses_and_level_and_refuses_others() -> None:
    fit = power_model([1, 1, 2, 2, 4], [3.0, 9.0, 7.0, 30.0, 20.0], conf_level=0.8)
    found = line(fit, [1.0, 3.0])
    assert found.dose.tolist() == [1.0, 3.0]
    assert found.conf_level == 0.8
    with pytest.raises(ValueError, match=r"^dose\[1\] = -3"):
        line(fit, [1.0, -3.0])


def test_one_dose_and_level_values() -> None:
    flat = power_model([1.0, 2.0, 4.0], [5.0, 5.0, 5.0])
    assert (flat.slope, flat.r2) == (0.0, 0.0)
    alone = power_model([2.0, 2.0], [3.0, 4.0])
    assert alone.squares == 0.0
    with np.errstate(all="raise"):  # nothing to warn of: the reason is there
        assert math.isnan(line(alone, [2.0]).lower[0])
