"""Gray's test: cumulative incidence of one cause compared between groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from il5report.analyse._groups import check_labels, quadratic_form
from il5report.analyse._life_table import Counts, Floats, cause_codes, hypergeometric, merge_ties
from il5report.analyse.result import Result, check_array, stat
from il5report.analyse.survival_points import LEVEL

POOLED_ONE = "the pooled incidence reaches 1 while two groups are at risk"


@dataclass(frozen=True, kw_only=True)
class GrayTest(Result):
    """Gray's test of equal cumulative incidence; scores are in the order of `groups`."""

    groups: tuple[Any, ...]
    n: Counts = stat("Subjects")
    n_event: Counts = stat("Events of the cause")
    score: Floats = stat("Score")
    statistic: float = stat("Chi-square")
    df: int = stat("Degrees of freedom")
    p: float = stat("p-value")
    cause: int
    rho: float
    stratified: bool


@dataclass(frozen=True)
class _Process:
    """One stratum at the times with an event and two groups at risk: (times, groups), (times)."""

    n: Counts
    own: Counts
    other: Counts
    before: Floats  # survival from all causes just before the time
    survival: Floats  # and just after
    ineligible: Floats  # incidence of the cause just before the time
    risk: Floats  # subjects at risk, each counting for those who have left otherwise
    total: Floats  # their sum over groups
    pooled: Floats  # pooled incidence just after the time
    pooled_before: Floats  # and just before


def gray_test(
    time: ArrayLike,
    cause: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    of: int = 1,
    rho: float = 0.0,
) -> GrayTest:
    """Gray's test of equal cumulative incidence of one cause in two or more groups.

    Parameters
    ----------
    time, cause
        As in `aalen_johansen`.
    group : array of n labels
        Two or more distinct values, without missing ones.
    strata : array of n labels, optional
        The comparison is made within each stratum and added up.
    of : int
        The cause whose incidence is compared; all others compete with it.
    rho : float
        Power of the weight (1 - F(t-))^rho, F the pooled incidence.

    Returns
    -------
    GrayTest
        Groups in ascending order, subjects and events of the cause, scores, the chi-square
        statistic, its degrees of freedom (groups at risk, less one) and p.

    Not estimable
    -------------
    Statistic and p: "fewer than two groups at risk at an event time"; "no variance: too many of
    those at risk have the event at one time" (cmprsk then prints a chi-square below 0); "the
    pooled incidence reaches 1 while two groups are at risk", which takes the scores too.

    Raises
    ------
    ValueError
        As `aalen_johansen`; missing labels; `of` below 1; `rho` not finite.

    Source
    ------
    Gray, Ann Stat 1988;16:1141. ``cmprsk::cuminc(time, cause, group, strata, rho)$Tests``,
    ``PROC LIFETEST ... /EVENTCODE=1; STRATA group``.

    Oracle
    ------
    ``tests/oracle/competing_risks.R``
    """
    if of < 1:
        raise ValueError(f"of = {of!r}: below 1")
    check_array("rho", [rho])
    codes = cause_codes(cause, np.size(time), None)
    _, position = merge_ties(check_array("time", time, minimum=0))
    labels, member = check_labels("group", group, len(codes))
    stratum = np.zeros(len(codes)) if strata is None else strata
    _, part = check_labels("strata", stratum, len(codes))
    n_groups = len(labels)
    kind = np.where(codes == of, 1, np.where(codes > 0, 2, 0))
    processes = [
        _process(position[part == level], kind[part == level], member[part == level], n_groups)
        for level in range(int(part.max(initial=-1)) + 1)
    ]
    score, (statistic, df, why) = _test(processes, n_groups, rho)
    return GrayTest(
        groups=tuple(labels.tolist()),
        n=np.bincount(member, minlength=n_groups),
        n_event=np.bincount(member[kind == 1], minlength=n_groups),
        score=score,
        statistic=statistic,
        df=df,
        p=float(chdtrc(df, statistic)) if why is None else np.nan,
        cause=of,
        rho=rho,
        stratified=strata is not None,
        ne=_reasons(why),
    )


def _test(
    processes: list[_Process], n_groups: int, rho: float
) -> tuple[Floats, tuple[float, int, str | None]]:
    """Scores added up over strata, and their chi-square, degrees of freedom, reason if missing."""
    if any((process.pooled_before > 1 - LEVEL).any() for process in processes):
        return np.full(n_groups, np.nan), (np.nan, 0, POOLED_ONE)
    score, variance = np.zeros(n_groups), np.zeros((n_groups, n_groups))
    at_risk = np.zeros(n_groups, dtype=bool)
    for process in processes:
        score += _score(process, rho)
        variance += _variance(process, rho)
        at_risk |= (process.n[process.own.any(axis=1)] > 0).any(axis=0)
    return score, quadratic_form(score, variance, at_risk)


def _reasons(why: str | None) -> dict[str, str]:
    if why is None:
        return {}
    return dict.fromkeys(
        ("score", "statistic", "p") if why == POOLED_ONE else ("statistic", "p"), why
    )


def _process(position: Counts, kind: Counts, member: Counts, n_groups: int) -> _Process:
    size = (int(position.max()) + 1) * n_groups
    cell = position * n_groups + member
    counts = [np.bincount(cell[kind == k], minlength=size).reshape(-1, n_groups) for k in range(3)]
    at_risk = np.sum(counts, axis=0)[::-1].cumsum(axis=0)[::-1]
    # Nobody enters late: once a single group is left, nothing more can be compared.
    used = (counts[1] + counts[2]).any(axis=1) & ((at_risk > 0).sum(axis=1) > 1)
    n, own, other = at_risk[used], counts[1][used], counts[2][used]
    held = np.maximum(n, 1)
    survival = np.cumprod((held - own - other) / held, axis=0)
    before = np.concatenate([np.ones((1, n_groups)), survival])[:-1]
    gain = before * own / held
    risk = n / np.where(n > 0, before, 1.0)
    total = risk.sum(axis=1)
    step = own.sum(axis=1) / total
    return _Process(
        n=n,
        own=own,
        other=other,
        before=before,
        survival=survival,
        ineligible=np.cumsum(gain, axis=0) - gain,
        risk=risk,
        total=total,
        pooled=np.cumsum(step),
        pooled_before=np.concatenate([[0.0], np.cumsum(step)])[:-1],
    )


def _score(process: _Process, rho: float) -> Floats:
    eligible = process.risk * (1 - process.ineligible)
    d = process.own.sum(axis=1, keepdims=True)
    difference: Floats = process.own - d * eligible / eligible.sum(axis=1, keepdims=True)
    return (1 - process.pooled_before) ** rho @ difference


def _variance(process: _Process, rho: float) -> Floats:
    """Variance of the scores: noise of group k at a time acts on score i at once and later on."""
    n, before, total = np.maximum(process.n, 1), process.before, process.total[:, None]
    d, left = process.own.sum(axis=1)[:, None], (1 - process.pooled_before)[:, None, None]
    risk = process.risk[:, :, None]
    at_once = left**rho * (
        risk * np.eye(risk.shape[1]) - risk * process.risk[:, None, :] / total[:, :, None]
    )
    drift = at_once * (d / total)[:, :, None] / left
    later = drift.sum(axis=0) - drift.cumsum(axis=0)
    # A group without survivors has nothing later: what stands for its survival does not matter.
    survival = np.where(process.survival > 0, process.survival, 1.0)
    carried = (1 - process.pooled)[:, None] / survival
    ties = np.where(d > 1, (d - 1) / np.maximum(total * before - 1, 1), 0.0)
    own_noise = (1 - ties) * before * d / (total * n)
    own_effect = at_once + (1 - carried)[:, None, :] * later
    other_noise = (before / n) ** 2 * hypergeometric(process.other, n)
    other_effect = carried[:, None, :] * later
    return np.asarray(
        np.einsum("tik,tjk,tk->ij", own_effect, own_effect, own_noise)
        + np.einsum("tik,tjk,tk->ij", other_effect, other_effect, other_noise)
    )
