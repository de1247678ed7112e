"""Cox's partial likelihood: value, score and information, one term per event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il5report.analyse._life_table import Counts, Floats

_ITERATIONS = 50
_PRECISION = 1e-12


@dataclass(frozen=True)
class RiskSets:
    """Subjects sorted by stratum and descending time; the events with the ends of their risk sets.

    The risk set of event e is rows `first[e]` to `last[e]` (exclusive) of the sorted subjects, and
    the events tied with it, itself included, are rows of `tied`.
    """

    x: Floats  # subjects, covariates
    event_rows: Counts  # row of the subject of each event
    event_position: Counts  # number of the time of each event
    first: Counts
    last: Counts
    tie: Counts  # number of the set of tied events an event belongs to
    fraction: Floats  # part of its tied events that has already left the risk set


@dataclass(frozen=True)
class Terms:
    """Contributions of the events to the partial likelihood."""

    log_likelihood: float
    mean: Floats  # events, covariates: mean of the covariates in the risk set
    covariance: Floats  # events, covariates, covariates
    residual: Floats  # events, covariates: covariates of the subject minus the mean

    @property
    def score(self) -> Floats:
        """Gradient of the log likelihood."""
        total: Floats = self.residual.sum(axis=0)
        return total

    @property
    def information(self) -> Floats:
        """Minus the second derivative of the log likelihood."""
        total: Floats = self.covariance.sum(axis=0)
        return total


def risk_sets(
    position: Counts, event: NDArray[np.bool_], x: Floats, stratum: Counts, ties: str
) -> RiskSets:
    """Sort the subjects and find the risk set of each event."""
    order = np.lexsort((-position, stratum))
    position, event, stratum = position[order], event[order], stratum[order]
    # One number per stratum and time, ascending in the sorted order.
    key = np.cumsum(np.append(0, (np.diff(stratum) != 0) | (np.diff(position) != 0)))[: len(order)]
    rows = np.flatnonzero(event)
    first = np.searchsorted(stratum, stratum[rows], side="left")
    last = np.searchsorted(key, key[rows], side="right")
    _, tie, size = np.unique(key[rows], return_inverse=True, return_counts=True)
    rank = np.arange(len(rows)) - np.searchsorted(tie, tie, side="left")
    fraction = rank / size[tie] if ties == "efron" else np.zeros(len(rows))
    return RiskSets(x[order], rows, position[rows], first, last, tie, fraction)


def terms(sets: RiskSets, beta: Floats) -> Terms:
    """Evaluate the partial likelihood at `beta`, by Efron's or Breslow's rule for ties."""
    x, rows = sets.x, sets.event_rows
    predictor = x @ beta
    top = predictor.max(initial=0.0)
    weight = np.exp(predictor - top)
    moments = [weight, weight[:, None] * x, weight[:, None, None] * x[:, :, None] * x[:, None, :]]
    s0, s1, s2 = (_sum_at_risk(sets, moment) for moment in moments)
    mean = s1 / s0[:, None]
    return Terms(
        log_likelihood=float(predictor[rows].sum() - (np.log(s0) + top).sum()),
        mean=mean,
        covariance=s2 / s0[:, None, None] - mean[:, :, None] * mean[:, None, :],
        residual=x[rows] - mean,
    )


def maximise(sets: RiskSets, within: float = np.inf) -> Floats:
    """Coefficients at the maximum, by Newton's method with halved steps.

    The search ends once a coefficient is not `within` that distance of 0.

    Raises
    ------
    ArithmeticError
        No convergence, which a likelihood with a finite maximum does not show.
    """
    beta = np.zeros(sets.x.shape[1])
    here = terms(sets, beta)
    for _ in range(_ITERATIONS):
        step = np.linalg.solve(here.information, here.score)
        new = terms(sets, beta + step)
        while new.log_likelihood < here.log_likelihood - _PRECISION * abs(here.log_likelihood):
            step = step / 2
            new = terms(sets, beta + step)
        beta, here = beta + step, new
        size = float(np.abs(beta).max())
        if size > within or np.abs(step).max() <= _PRECISION * max(1.0, size):
            return beta
    raise ArithmeticError("the partial likelihood did not converge")


def separating(sets: RiskSets) -> NDArray[np.bool_]:
    """Which covariates, if any, take part in a direction in which the likelihood only rises.

    The likelihood has no finite maximum when some combination of the covariates is, at every
    event, largest in the subject with the event. Linear program: among the combinations with that
    property, within a box, maximise the total lead over the mean of the risk sets.
    """
    from scipy.optimize import linprog

    p = sets.x.shape[1]
    leads = _event_leads(sets)
    total = terms(sets, np.zeros(p)).score
    n_greatest = leads.shape[1] - p
    solution = linprog(
        -np.concatenate([total, np.zeros(n_greatest)]),
        A_ub=leads,
        b_ub=np.zeros(leads.shape[0]),
        bounds=[(-1, 1)] * p + [(None, None)] * n_greatest,
        method="highs",
    )
    direction = solution.x[:p]
    return np.asarray((np.abs(direction) > 1e-6) & (total @ direction > 1e-6))


def _event_leads(sets: RiskSets) -> Any:
    """Matrix of what must not be above 0, for a direction and the greatest value of each risk set.

    The greatest value is at least that of the risk set before it, which is later in time, and of
    each subject that has newly joined; that of the subject with the event is no less.
    """
    from scipy.sparse import block_array, csr_array, eye_array

    numbers, example = np.unique(sets.tie, return_index=True)
    first, last = sets.first[example], sets.last[example]
    greatest = eye_array(len(numbers), format="csr")
    at = np.searchsorted(last, np.arange(last[-1]), side="right")  # the first risk set of a subject
    joined = np.flatnonzero(np.arange(last[-1]) >= first[at])
    nested = np.flatnonzero(first[1:] == first[:-1])
    return block_array(
        [
            [csr_array(sets.x[joined]), -greatest[at[joined]]],
            [csr_array(-sets.x[sets.event_rows]), greatest[sets.tie]],
            [None, greatest[nested] - greatest[nested + 1]],
        ],
        format="csr",
    )


def _sum_at_risk(sets: RiskSets, values: Floats) -> Floats:
    """Sum over the risk set of each event, less the part of its tied events that has left.

    The sums run within strata: a difference of sums over all would drown small weights.
    """
    blocks = np.split(values, np.unique(sets.first))
    running = np.concatenate([block.cumsum(axis=0) for block in blocks])
    tied = np.zeros((int(sets.tie.max()) + 1, *values.shape[1:]))
    np.add.at(tied, sets.tie, values[sets.event_rows])
    left = sets.fraction.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(running[sets.last - 1] - left * tied[sets.tie])
