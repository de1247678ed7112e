"""The whole job and the longest table."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.large import write_adverse_events, write_plan

UNIT = "import lifelines, matplotlib.pyplot, polars"


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unit = _process([sys.executable, "-c", UNIT])
        help_ = _process([sys.executable, "-m", "il5report", "--help"])
        _process([sys.executable, "-m", "il5report", "demo", str(folder / "demo")], runs=1)
        data, out = folder / "demo" / "data", folder / "report"
        command = [sys.executable, "-m", "il5report", "report"]
        report = _process([*command, "--data", str(data), "--out", str(out)])
        return [
            ("il5report --help / U", help_ / unit, "<= 0.2"),
            ("demo study to report (HTML, LaTeX, PDF) / U", report / unit, "<= 5"),
            *_adverse_events(folder),
        ]


def _adverse_events(folder: Path) -> list[tuple[str, float, str]]:
    """AE by SOC and PT, 10,000 subjects and 500,000 events, from Parquet to the table."""
    import polars as pl

    from il5report import ard
    from il5report.data.read import read_study
    from il5report.report import contexts, load_plan

    (folder / "data").mkdir()
    (folder / "plan").mkdir()
    write_adverse_events(folder / "data", 10_000, 500_000)
    write_plan(folder / "plan")
    loaded = load_plan(folder / "plan")
    wanted = ["USUBJID", "AEBODSYS", "AEDECOD", "ATOXGRN", "TRTEMFL"]

    def bare() -> None:
        ae = pl.read_parquet(folder / "data" / "adae.parquet", columns=wanted)
        adsl = pl.read_parquet(folder / "data" / "adsl.parquet")
        ae.join(adsl, on="USUBJID").group_by("TRT01A", "AEBODSYS", "AEDECOD").agg(
            pl.col("USUBJID").n_unique()
        )

    def ours() -> None:
        study, _ = read_study(folder / "data", columns={"ADAE": wanted})
        (ctx,) = contexts(loaded, study)
        rows = ard.Rows()
        ctx.output.analyse(ctx, rows)
        made = ard.finish(rows.frame(), ctx.id, ctx.set_name, ctx.set_where, 1)
        ctx.output.display(ctx, made)

    base, table = _in_process(bare, ours)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [
        ("AE by SOC and PT, 500,000 events / bare group-by", table / base, "<= 2"),
        ("its peak memory, GB", peak, "<= 1"),
    ]


def _in_process(*functions: Callable[[], None], runs: int = 7) -> list[float]:
    """Median time of each, taken in turn."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def _process(command: Sequence[str], runs: int = 5) -> float:
    """Median wall time of a whole process."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
