"""Difference of two independent proportions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scipy.special import ndtri

from il5report.analyse._binomial import LIMITS
from il5report.analyse._numeric import (
    NO_SUBJECTS,
    check_choice,
    check_group,
    check_open_unit,
    root,
)
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class Difference(Result):
    """Difference of two proportions, test minus reference."""

    n_test: int = stat("Number with event, test group")
    N_test: int = stat("Number in the denominator, test group")
    n_reference: int = stat("Number with event, reference group")
    N_reference: int = stat("Number in the denominator, reference group")
    estimate: float = stat("Difference of proportions", "proportion")
    lower: float = stat("Lower confidence limit of the difference", "proportion")
    upper: float = stat("Upper confidence limit of the difference", "proportion")
    method: str
    conf_level: float


class _Groups(NamedTuple):
    n1: int
    N1: int
    n2: int
    N2: int

    def swapped(self) -> _Groups:
        return _Groups(self.n2, self.N2, self.n1, self.N1)


def difference(
    test: tuple[int, int],
    reference: tuple[int, int],
    *,
    method: Literal["newcombe", "miettinen_nurminen"] = "newcombe",
    conf_level: float = 0.95,
) -> Difference:
    """Confidence interval of the difference of two independent proportions.

    Parameters
    ----------
    test, reference : (n, N)
        Number with event and denominator of each group, ``0 <= n <= N``.
    method : str
        ``newcombe`` (hybrid of Wilson limits, the default) or ``miettinen_nurminen`` (score, with
        the factor N / (N - 1)).
    conf_level : float
        Two-sided level.

    Returns
    -------
    Difference
        Test minus reference, on the 0-1 scale.

    Not estimable
    -------------
    Estimate and limits when a group is empty.

    Raises
    ------
    ValueError
        Counts that are not whole or not in range, unknown method, level outside 0-1.

    Source
    ------
    Newcombe 1998 (Stat Med 17:873), method 10; Miettinen and Nurminen 1985 (Stat Med 4:213).
    SAS: ``proc freq; tables / riskdiff(cl=(newcombe mn))``.

    Oracle
    ------
    tests/oracle/association.R
    """
    check_choice("method", method, _LOWER)
    check_open_unit("conf_level", conf_level)
    n1, N1 = check_group("test", test)
    n2, N2 = check_group("reference", reference)
    estimate = lower = upper = math.nan
    if N1 and N2:
        estimate = n1 / N1 - n2 / N2
        groups = _Groups(n1, N1, n2, N2)
        lower = _LOWER[method](groups, 1 - conf_level)
        upper = -_LOWER[method](groups.swapped(), 1 - conf_level)
    return Difference(
        n_test=n1,
        N_test=N1,
        n_reference=n2,
        N_reference=N2,
        estimate=estimate,
        lower=lower,
        upper=upper,
        method=method,
        conf_level=conf_level,
        ne={} if N1 and N2 else dict.fromkeys(("estimate", "lower", "upper"), NO_SUBJECTS),
    )


def _newcombe(groups: _Groups, alpha: float) -> float:
    p1, p2 = groups.n1 / groups.N1, groups.n2 / groups.N2
    lower1, _ = LIMITS["wilson"](groups.n1, groups.N1, alpha)
    _, upper2 = LIMITS["wilson"](groups.n2, groups.N2, alpha)
    return p1 - p2 - math.hypot(p1 - lower1, upper2 - p2)


def _miettinen_nurminen(groups: _Groups, alpha: float) -> float:
    """Smallest difference that the score test does not reject."""
    z = float(ndtri(1 - alpha / 2))
    observed = groups.n1 / groups.N1 - groups.n2 / groups.N2
    total = groups.N1 + groups.N2

    def not_rejected(delta: float) -> float:
        p2 = _restricted(groups, delta)
        p1 = p2 + delta
        variance = p1 * (1 - p1) / groups.N1 + p2 * (1 - p2) / groups.N2
        return z * math.sqrt(max(0.0, variance) * total / (total - 1)) - (observed - delta)

    return root(not_rejected, -1.0, observed)


def _restricted(groups: _Groups, delta: float) -> float:
    """Maximum likelihood estimate of p2 when p1 = p2 + delta.

    The derivative of the log likelihood has the sign of a cubic that falls through 0 once
    between the ends of the allowed range; where it does not, the estimate is an end.
    """
    n1, N1, n2, N2 = groups
    a = N1 + N2
    b = (N1 + 2 * N2) * delta - a - n1 - n2
    c = (N2 * delta - a - 2 * n2) * delta + n1 + n2
    d = n2 * delta * (1 - delta)
    low, high = max(0.0, -delta), min(1.0, 1 - delta)
    return root(lambda p: -(((a * p + b) * p + c) * p + d), low, high)


_LOWER: dict[str, Callable[[_Groups, float], float]] = {
    "newcombe": _newcombe,
    "miettinen_nurminen": _miettinen_nurminen,
}
