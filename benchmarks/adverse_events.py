"""Adverse events by system organ class, term and grade: from Parquet to the table."""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.large import write_adverse_events, write_plan
from benchmarks.report import UNIT, process
from il5report import ard
from il5report.data.read import read_study
from il5report.plan.read import LoadedPlan
from il5report.report import contexts, load_plan
from il5report.workers import collect_seldom

ROOT = Path(__file__).parents[1]
PUBLIC = ROOT.parent / "shared" / "data" / "pharmaverse" / "adam"
LEVELS = ("TRT01A", "AEBODSYS", "AEDECOD")
WANTED = ["USUBJID", "AEBODSYS", "AEDECOD", "ATOXGRN", "TRTEMFL"]
PUBLIC_PLAN = """extends: ../base
outputs: !replace
  t_ae_soc_pt:
    number: "1"
    options:
      subset: TRTEMFL == "Y"
      bands: [{label: Any}]
      grade: AESEV
      worst: {MILD: Mild, MODERATE: Moderate, SEVERE: Severe}
"""


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        usual = _measured(folder / "usual", 10_000, 500_000)
        worst = _measured(folder / "worst", 10_000, 500_000, worst=True)
        large = _measured(folder / "large", 100_000, 5_000_000, worst=True)
        return [
            *_public(folder),
            ("500,000 events / bare group-by", usual.table / usual.bare, "<= 2"),
            ("its peak memory, GB", usual.peak, "<= 1"),
            (
                "500,000 events, worst grades / bare group-by of worst grades",
                worst.table / worst.bare, "<= 2",
            ),
            ("the same / bare group-by without grades", worst.table / usual.bare, ""),
            ("time per event, 5 million / 500,000", large.table / worst.table / 10, "<= 1"),
            ("peak memory with 5 million, GB", large.peak, "<= 4"),
        ]  # fmt: skip


class Measured(NamedTuple):
    """Seconds of the bare group-by and of the table, peak memory in GB."""

    bare: float
    table: float
    peak: float


def _measured(folder: Path, subjects: int, events: int, *, worst: bool = False) -> Measured:
    """In a process of its own."""
    (folder / "data").mkdir(parents=True)
    write_adverse_events(folder / "data", subjects, events)
    write_plan(folder / "plan", worst=worst)
    command = [sys.executable, "-m", "benchmarks.adverse_events", str(folder)]
    command += ["worst"] * worst
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return Measured(*map(float, printed.split()))


def _public(folder: Path) -> list[tuple[str, float, str]]:
    """The public example trial, 254 treated subjects, by worst severity."""
    if not PUBLIC.is_dir():
        return []
    plan = folder / "plan"
    plan.mkdir()
    shutil.copytree(ROOT / "analysis_plan" / "examples" / "pharmaverse", folder / "base")
    (plan / "study.yaml").write_text(PUBLIC_PLAN)
    loaded = load_plan(plan)
    (taken,) = _in_turn(lambda: table(PUBLIC, loaded))
    unit = process([sys.executable, "-c", UNIT], runs=3)
    return [("254 subjects of the public study by worst severity / U", taken / unit, "<= 0.1")]


def table(data: Path, plan: LoadedPlan, columns: list[str] | None = None) -> None:
    """From the file to the table."""
    wanted = {"ADAE": columns} if columns else None
    study, _ = read_study(data, only={"ADSL", "ADAE"}, columns=wanted)
    (ctx,) = contexts(plan, study)
    rows = ard.Rows()
    ctx.output.analyse(ctx, rows)
    made = ard.finish(rows.frame(), ctx.id, ctx.set_name, ctx.set_where, 1)
    ctx.output.display(ctx, made)


def bare(data: Path) -> None:
    """Distinct subjects by arm, class and term: a group-by of the same columns."""
    _read(data).group_by(*LEVELS).agg(pl.col("USUBJID").n_unique())


def bare_worst(data: Path) -> None:
    """Subjects by arm, class, term and worst grade."""
    worst = _read(data).group_by(*LEVELS, "USUBJID").agg(pl.col("ATOXGRN").max())
    worst.group_by(*LEVELS, "ATOXGRN").len()


def _read(data: Path) -> pl.DataFrame:
    ae = pl.read_parquet(data / "adae.parquet", columns=WANTED)
    return ae.join(pl.read_parquet(data / "adsl.parquet"), on="USUBJID")


def _in_turn(*functions: Callable[[], None], runs: int = 7) -> list[float]:
    """Median time of each, taken in turn."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def main(folder: Path, worst: bool) -> None:
    """Print the seconds of both, and the peak memory in GB; the process set up as a report's."""
    collect_seldom()
    data, plan = folder / "data", load_plan(folder / "plan")
    base = bare_worst if worst else bare
    times = _in_turn(lambda: base(data), lambda: table(data, plan, WANTED), runs=5)
    print(*times, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] == ["worst"])
