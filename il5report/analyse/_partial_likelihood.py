"""Cox's partial likelihood: value, score and information, one term per event."""

from __future__ import annotations

from dataclasses import dataclass

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


def maximise(sets: RiskSets) -> Floats:
    """Coefficients at the maximum, by Newton's method with halved steps.

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
        if np.abs(step).max() <= _PRECISION * max(1.0, float(np.abs(beta).max())):
            return beta
    raise ArithmeticError("the partial likelihood did not converge")


def separating(sets: RiskSets) -> NDArray[np.bool_]:
    """Which covariates, if any, take part in a direction in which the likelihood only rises.

    The likelihood has no finite maximum when some combination of the covariates is, at every
    event, largest in the subject with the event. Linear program: among the combinations with that
    property, within a box, maximise the total lead over the mean of the risk sets.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n, p = sets.x.shape
    starts, event_of = np.unique(sets.tie, return_index=True)
    ends, firsts = sets.last[event_of], sets.first[event_of]
    # The greatest value in each risk set is a variable of its own: above that of the risk set
    # before it (one stratum: later in time), and above each subject that has newly joined.
    m = len(starts)
    newly = np.searchsorted(ends, np.arange(n), side="right")
    joined = np.flatnonzero(newly < m)
    joined = joined[joined >= firsts[newly[joined]]]
    nested = np.flatnonzero(firsts[1:] == firsts[:-1])
    blocks = [
        (sets.x[joined], newly[joined], -1.0),
        (-sets.x[sets.event_rows], sets.tie, 1.0),
        (np.zeros((len(nested), p)), nested + 1, -1.0),
    ]
    x = np.concatenate([block[0] for block in blocks])
    column = np.concatenate([block[1] for block in blocks])
    sign = np.concatenate([np.full(len(block[1]), block[2]) for block in blocks])
    line = np.arange(len(x))
    before = line[len(x) - len(nested) :]
    matrix = coo_array(
        (
            np.concatenate([x.ravel(), sign, np.ones(len(nested))]),
            (
                np.concatenate([np.repeat(line, p), line, before]),
                np.concatenate([np.tile(np.arange(p), len(x)), p + column, p + nested]),
            ),
        ),
        shape=(len(x), p + m),
    ).tocsr()
    lead = terms(sets, np.zeros(p)).residual.sum(axis=0)
    solution = linprog(
        -np.concatenate([lead, np.zeros(m)]),
        A_ub=matrix,
        b_ub=np.zeros(len(x)),
        bounds=[(-1, 1)] * p + [(None, None)] * m,
        method="highs",
    )
    direction = solution.x[:p]
    return np.abs(direction) > 1e-6 if lead @ direction > 1e-6 else np.zeros(p, dtype=bool)


def _sum_at_risk(sets: RiskSets, values: Floats) -> Floats:
    """Sum over the risk set of each event, less the part of its tied events that has left."""
    shape = (1, *values.shape[1:])
    total = np.concatenate([np.zeros(shape), values.cumsum(axis=0)])
    tied = np.zeros((int(sets.tie.max(initial=-1)) + 1, *values.shape[1:]))
    np.add.at(tied, sets.tie, values[sets.event_rows])
    left = sets.fraction.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(total[sets.last] - total[sets.first] - left * tied[sets.tie])
