"""Nelson-Aalen: the cumulative hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il5report.analyse._life_table import Counts, Floats, event_codes, life_table, life_table_entry
from il5report.analyse._limits import check_conf, normal_quantile
from il5report.analyse._reasons import NO_EVENT_YET
from il5report.analyse.result import Result, stat


@dataclass(frozen=True, kw_only=True)
class NelsonAalen(Result):
    """Cumulative hazard: one element per distinct time, ascending."""

    n: int = stat("Subjects")
    n_events: int = stat("Subjects with event")
    time: Floats = stat("Time", "days")
    n_risk: Counts = stat("Number at risk")
    n_event: Counts = stat("Number of events")
    n_censor: Counts = stat("Number censored")
    cumulative_hazard: Floats = stat("Cumulative hazard")
    std_error: Floats = stat("Standard error")
    lower: Floats = stat("Lower confidence limit")
    upper: Floats = stat("Upper confidence limit")
    conf_level: float
    variance: str = "poisson"


def nelson_aalen(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> NelsonAalen:
    """Nelson-Aalen estimate of the cumulative hazard, with limits symmetric on the log scale.

    Parameters
    ----------
    time, event, entry, conf_level
        As in `il5report.analyse.survival.kaplan_meier`.

    Returns
    -------
    NelsonAalen
        Arrays by distinct time. Variance of Poisson type, the sum of d/n^2.

    Not estimable
    -------------
    Limits: "no event up to this time".

    Raises
    ------
    ValueError
        As `kaplan_meier`.

    Source
    ------
    Aalen, Ann Stat 1978;6:701. ``survfit(..., ctype=1)$cumhaz`` and ``$std.chaz``, ``PROC LIFETEST
    NELSON``. Tied events enter as d/n.

    Oracle
    ------
    ``tests/oracle/survival.R``
    """
    check_conf(conf_level)
    codes = event_codes(event, np.size(time))
    table = life_table(time, codes) if entry is None else life_table_entry(time, codes, entry)
    d, n = table.n_event[0], table.n_risk.astype(np.float64)
    hazard, std_error = np.cumsum(d / n), np.sqrt(np.cumsum(d / n**2))
    started = hazard > 0
    lower, upper = np.full((2, len(hazard)), np.nan)
    factor = np.exp(normal_quantile(conf_level) * std_error[started] / hazard[started])
    lower[started], upper[started] = hazard[started] / factor, hazard[started] * factor
    return NelsonAalen(
        n=len(codes),
        n_events=int(d.sum()),
        time=table.time,
        n_risk=table.n_risk,
        n_event=d,
        n_censor=table.n_censor,
        cumulative_hazard=hazard,
        std_error=std_error,
        lower=lower,
        upper=upper,
        conf_level=conf_level,
        ne={} if started.all() else dict.fromkeys(("lower", "upper"), NO_EVENT_YET),
    )
