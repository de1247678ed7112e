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
CORE = {
    "t_disposition", "f_consort", "t_analysis_sets", "t_demography", "t_disease", "t_ae_overview",
    "t_ae_soc_pt", "t_crs", "t_icans", "t_complete_remission", "t_best_response", "t_os", "f_os",
    "t_kinetics", "f_kinetics_profiles",
}  # fmt: skip
PARTS: dict[str, Callable[[str, str], bool]] = {
    "core displays": lambda key, _number: key in CORE,
    "14.3 safety": lambda _key, number: f"{number}.".startswith("14.3."),
    "14.2 efficacy and 14.4 kinetics": lambda _key, number: number[:5] in ("14.2.", "14.4."),
    "everything": lambda _key, _number: True,
}
TARGETS = {
    "core displays": "<= 5",
    "14.3 safety": "<= 4",
    "14.2 efficacy and 14.4 kinetics": "<= 4",
    "everything": "",
}


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unit = process([sys.executable, "-c", UNIT])
        help_ = process([sys.executable, "-m", "il5report", "--help"])
        process([sys.executable, "-m", "il5report", "demo", str(folder / "demo")], runs=1)
        times = {part: _report(folder, part, wanted) / unit for part, wanted in PARTS.items()}
        return [
            ("il5report --help / U", help_ / unit, "<= 0.2"),
            *((f"demo study to {part} / U", ratio, TARGETS[part]) for part, ratio in times.items()),
            *_adverse_events(folder),
        ]


def _report(folder: Path, part: str, wanted: Callable[[str, str], bool]) -> float:
    """The report of the displays wanted, in HTML, LaTeX and PDF; by id and number."""
    from il5report.report import load_plan

    plan = folder / part.split(maxsplit=1)[0]
    plan.mkdir()
    outputs = load_plan(None).plan.outputs
    left_out = [key for key, entry in outputs.items() if not wanted(key, entry.number)]
    (plan / "study.yaml").write_text("extends: default\n")
    (plan / "outputs.yaml").write_text("".join(f"{key}: null\n" for key in left_out) or "{}\n")
    data, out = folder / "demo" / "data", folder / "report"
    command = [sys.executable, "-m", "il5report", "report", "--data", str(data)]
    return process([*command, "--plan", str(plan), "--out", str(out)], runs=3)


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

    base, table = _inprocess(bare, ours)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [
        ("AE by SOC and PT, 500,000 events / bare group-by", table / base, "<= 2"),
        ("its peak memory, GB", peak, "<= 1"),
    ]


def _inprocess(*functions: Callable[[], None], runs: int = 7) -> list[float]:
    """Median time of each, taken in turn."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def process(command: Sequence[str], runs: int = 5) -> float:
    """Median wall time of a whole process."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
