"""Inference after a two-stage trial, where the naive estimate and interval are biased."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from il5report.analyse._binomial import at_least, two_stage_tail
from il5report.analyse._numeric import check_choice, check_count, check_open_unit, root
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class TwoStageInference(Result):
    """Estimate, one-sided p-value and interval that respect the early stop."""

    x: int = stat("Number of responses")
    N: int = stat("Number of subjects treated")
    mle: float = stat("Naive proportion", "proportion")
    umvue: float = stat("Unbiased estimate of the proportion", "proportion")
    p_value: float = stat("One-sided p-value", "proportion")
    lower: float = stat("Lower confidence limit", "proportion")
    upper: float = stat("Upper confidence limit", "proportion")
    design: tuple[int, int, int]
    p0: float
    conf_level: float
    convention: str


def two_stage_inference(
    x: int,
    design: tuple[int, int, int],
    *,
    p0: float,
    conf_level: float = 0.95,
    convention: Literal["koyama_chen", "clinfun"] = "koyama_chen",
) -> TwoStageInference:
    """Inference on the response rate after a two-stage trial.

    Parameters
    ----------
    x : int
        Number of responses when the trial ended: up to r1 it stopped after stage 1, above it all
        n subjects were treated.
    design : (r1, n1, n)
        Stop with r1 or fewer responses in n1 subjects, else treat n.
    p0 : float
        Response rate under the null hypothesis.
    conf_level : float
        Two-sided level; 0.9 agrees with a one-sided test at 5 %.
    convention : str
        Upper limit: ``koyama_chen`` (outcomes no more extreme than the observed one have
        probability (1 - conf_level) / 2) or ``clinfun`` (less extreme than the observed one,
        as the R package computes it: not conservative).

    Returns
    -------
    TwoStageInference
        On the 0-1 scale. Outcomes are ordered by stage, then by responses.

    Not estimable
    -------------
    Upper limit of ``clinfun`` without responses: no outcome is less extreme.

    Raises
    ------
    ValueError
        Not ``0 <= r1 < n1 < n``, x outside 0 to n, `p0` or level outside 0-1.

    Source
    ------
    Jung and Kim 2004 (Stat Med 23:881), UMVUE; Koyama and Chen 2008 (Stat Med 27:3145), p-value
    and interval; R ``clinfun::twostage.inference``.

    Oracle
    ------
    tests/oracle/design.R
    """
    r1, n1, n = design
    check_count("design[1]", n1, minimum=1)
    check_count("design[2]", n, minimum=n1 + 1)
    check_count("design[0]", r1, maximum=n1 - 1)
    check_count("x", x, maximum=n)
    check_open_unit("p0", p0)
    check_open_unit("conf_level", conf_level)
    check_choice("convention", convention, ("koyama_chen", "clinfun"))
    treated = n1 if x <= r1 else n
    alpha = (1 - conf_level) / 2
    beyond = x if convention == "clinfun" else x + 1
    no_upper = beyond == 0
    upper = math.nan
    if not no_upper:
        upper = (
            1.0
            if beyond > n
            else root(lambda p: _as_extreme(beyond, design, p) - (1 - alpha), 0.0, 1.0)
        )
    return TwoStageInference(
        x=x,
        N=treated,
        mle=x / treated,
        umvue=_umvue(x, design),
        p_value=_as_extreme(x, design, p0),
        lower=0.0 if x == 0 else root(lambda p: _as_extreme(x, design, p) - alpha, 0.0, 1.0),
        upper=upper,
        design=(r1, n1, n),
        p0=p0,
        conf_level=conf_level,
        convention=convention,
        ne={"upper": "no outcome is less extreme"} if no_upper else {},
    )


def _as_extreme(x: int, design: tuple[int, int, int], p: float) -> float:
    """Probability of x responses or a more extreme outcome."""
    r1, n1, n = design
    return at_least(x, n1, p) if x <= r1 else two_stage_tail(r1, n1, x, n, p)


def _umvue(x: int, design: tuple[int, int, int]) -> float:
    """Expected share of responses in stage 1, given x and that it went on: in whole numbers."""
    r1, n1, n = design
    if x <= r1:
        return x / n1
    first = range(max(r1 + 1, x - (n - n1)), min(x, n1) + 1)
    with_response = sum(math.comb(n1 - 1, k - 1) * math.comb(n - n1, x - k) for k in first)
    return with_response / sum(math.comb(n1, k) * math.comb(n - n1, x - k) for k in first)
