"""Single-arm designs on a binary endpoint, by exact search: one stage and Simon's two stages."""

from __future__ import annotations

from dataclasses import dataclass

from il5report.analyse._binomial import at_least as tail
from il5report.analyse._binomial import at_most, two_stage_tail
from il5report.analyse._numeric import check_count, check_open_unit, check_unit
from il5report.analyse._simon import lower_hull, search
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class SingleStage(Result):
    """A one-stage design: the null hypothesis is rejected with `reject_at` responses or more."""

    N: int = stat("Number of subjects")
    reject_at: int = stat("Smallest number of responses that rejects the null hypothesis")
    alpha: float = stat("Exact one-sided type I error", "proportion")
    power: float = stat("Exact power", "proportion")
    p0: float
    p1: float


@dataclass(frozen=True, kw_only=True)
class TwoStage(Result):
    """A two-stage design: stop with `r1` of `n1` or fewer, reject with more than `r` of `n`."""

    r1: int = stat("Largest number of responses that stops after stage 1")
    n1: int = stat("Number of subjects, stage 1")
    r: int = stat("Largest number of responses that does not reject the null hypothesis")
    n: int = stat("Number of subjects, both stages")
    en0: float = stat("Expected number of subjects under the null hypothesis")
    pet0: float = stat("Probability to stop after stage 1 under the null hypothesis", "proportion")
    alpha: float = stat("Exact one-sided type I error", "proportion")
    power: float = stat("Exact power", "proportion")
    p0: float
    p1: float


@dataclass(frozen=True, kw_only=True)
class Simon(Result):
    """Simon's designs for one pair of response rates.

    `admissible` runs from the minimax to the optimal design: each minimises
    ``w n + (1 - w) EN`` for the weights w of an interval.
    """

    optimal: TwoStage
    minimax: TwoStage
    admissible: tuple[TwoStage, ...]
    max_n: int


@dataclass(frozen=True, kw_only=True)
class TwoStageCharacteristics(Result):
    """What a two-stage design does at one true response rate."""

    reject: float = stat("Probability to reject the null hypothesis", "proportion")
    stop_early: float = stat("Probability to stop after stage 1", "proportion")
    expected_n: float = stat("Expected number of subjects")
    p: float


def single_stage(N: int, p0: float, p1: float, *, alpha: float = 0.05) -> SingleStage:
    """Exact one-sided test of `N` subjects: its critical number, size and power.

    Parameters
    ----------
    N : int
        Number of subjects, 1 or more.
    p0, p1 : float
        Response rate under the null and the alternative hypothesis, ``0 < p0 < p1 < 1``.
    alpha : float
        One-sided level that the size may not exceed.

    Returns
    -------
    SingleStage
        `reject_at` is ``N + 1`` (never) with size and power 0 when even N responses are too
        likely under `p0`.

    Raises
    ------
    ValueError
        N below 1, rates or level out of range.

    Source
    ------
    A'Hern 2001 (Stat Med 20:859). R ``qbinom(1 - alpha, N, p0) + 1``.

    Oracle
    ------
    tests/oracle/design.R
    """
    check_count("N", N, minimum=1)
    _check_rates(p0, p1)
    check_open_unit("alpha", alpha)
    reject_at = next(r for r in range(N + 2) if tail(r, N, p0) <= alpha)
    return SingleStage(
        N=N,
        reject_at=reject_at,
        alpha=tail(reject_at, N, p0),
        power=tail(reject_at, N, p1),
        p0=p0,
        p1=p1,
    )


def single_stage_size(
    p0: float, p1: float, *, alpha: float = 0.05, beta: float = 0.2, max_n: int = 500
) -> SingleStage:
    """Smallest one-stage design that keeps the size and reaches the power.

    Parameters
    ----------
    p0, p1 : float
        Response rate under the null and the alternative hypothesis, ``0 < p0 < p1 < 1``.
    alpha, beta : float
        Largest one-sided type I and type II error.
    max_n : int
        Largest number of subjects searched.

    Returns
    -------
    SingleStage
        The first N that meets both errors. Exact power is not monotone: a somewhat larger N may
        miss it.

    Raises
    ------
    ValueError
        Rates or errors out of range; no design up to `max_n`.

    Source
    ------
    A'Hern 2001 (Stat Med 20:859).

    Oracle
    ------
    tests/oracle/design.R
    """
    check_open_unit("beta", beta)
    for N in range(1, max_n + 1):
        design = single_stage(N, p0, p1, alpha=alpha)
        if design.power >= 1 - beta:
            return design
    raise ValueError(f"max_n = {max_n}: no design up to this number of subjects")


def simon(
    p0: float, p1: float, *, alpha: float = 0.05, beta: float = 0.2, max_n: int = 100
) -> Simon:
    """Simon's optimal, minimax and admissible two-stage designs.

    Parameters
    ----------
    p0, p1 : float
        Response rate under the null and the alternative hypothesis, ``0 < p0 < p1 < 1``.
    alpha, beta : float
        Largest one-sided type I and type II error.
    max_n : int
        Largest total number of subjects searched; raise it until the optimal design no longer
        changes.

    Returns
    -------
    Simon
        Optimal: smallest expected number of subjects under `p0`. Minimax: smallest total, then
        smallest expected number. Admissible: both and what lies between them.

    Raises
    ------
    ValueError
        Rates or errors out of range; no design up to `max_n`.

    Source
    ------
    Simon 1989 (Control Clin Trials 10:1); Jung, Lee, Kim and George 2004 (Stat Med 23:561).
    R ``clinfun::ph2simon``.

    Oracle
    ------
    tests/oracle/design.R
    """
    _check_rates(p0, p1)
    check_open_unit("alpha", alpha)
    check_open_unit("beta", beta)
    check_count("max_n", max_n, minimum=2)
    found = search(max_n, (p0, p1), alpha, 1 - beta)
    if not found:
        raise ValueError(f"max_n = {max_n}: no design up to this number of subjects")
    designs = tuple(TwoStage(**d._asdict(), p0=p0, p1=p1) for d in lower_hull(found))
    return Simon(optimal=designs[-1], minimax=designs[0], admissible=designs, max_n=max_n)


def two_stage_characteristics(
    r1: int, n1: int, r: int, n: int, p: float
) -> TwoStageCharacteristics:
    """Rejection, early stop and expected size of a two-stage design at a true response rate.

    Parameters
    ----------
    r1, n1 : int
        Stop after stage 1 with `r1` or fewer responses in `n1` subjects.
    r, n : int
        Reject the null hypothesis with more than `r` responses in `n` subjects.
    p : float
        True response rate, 0 to 1.

    Returns
    -------
    TwoStageCharacteristics
        Probabilities on the 0-1 scale.

    Raises
    ------
    ValueError
        Not ``0 <= r1 <= n1 < n`` and ``r1 <= r < n``, or `p` outside 0-1.

    Source
    ------
    Simon 1989 (Control Clin Trials 10:1).

    Oracle
    ------
    tests/oracle/design.R
    """
    check_count("n1", n1, minimum=1)
    check_count("n", n, minimum=n1 + 1)
    check_count("r1", r1, maximum=n1)
    check_count("r", r, minimum=r1, maximum=n - 1)
    check_unit("p", p)
    stop_early = at_most(r1, n1, p)
    return TwoStageCharacteristics(
        reject=two_stage_tail(r1, n1, r + 1, n, p),
        stop_early=stop_early,
        expected_n=n1 + (1 - stop_early) * (n - n1),
        p=p,
    )


def probability_to_see(N: int, p: float, *, at_least: int = 1) -> float:
    """Probability to see an event of probability `p` in `N` subjects.

    Parameters
    ----------
    N : int
        Number of subjects.
    p : float
        True probability of the event in one subject, 0 to 1.
    at_least : int
        Number of subjects with event to see.

    Returns
    -------
    float
        On the 0-1 scale.

    Raises
    ------
    ValueError
        Negative counts, `p` outside 0-1.

    Source
    ------
    ``1 - (1 - p)^N`` for one event; R ``1 - pbinom(at_least - 1, N, p)``.

    Oracle
    ------
    tests/oracle/design.R
    """
    check_count("N", N)
    check_count("at_least", at_least)
    check_unit("p", p)
    return tail(at_least, N, p)


def _check_rates(p0: float, p1: float) -> None:
    check_open_unit("p0", p0)
    check_open_unit("p1", p1)
    if p0 >= p1:
        raise ValueError(f"p1 = {p1!r}: not above p0 = {p0!r}")
