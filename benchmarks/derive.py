"""SDTM to ADaM: a large laboratory domain graded, and the public example trial where it is."""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.large import write_laboratory, write_laboratory_plan
from benchmarks.report import UNIT, process

PUBLIC = Path(__file__).parents[2] / "shared" / "data" / "pharmaverse" / "sdtm"
ROOT = Path(__file__).parents[1]
ONLY_DERIVE = """
import sys
from pathlib import Path
from il5report.report import derive, load_plan
from il5report.data.read import read_study
plan = load_plan(Path(sys.argv[2])).plan
derive(read_study(Path(sys.argv[1]), types=plan.data.types)[0], plan)
"""


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    with tempfile.TemporaryDirectory() as name:
        return [*_public(Path(name, "public")), *_laboratory(Path(name, "made"))]


def _public(folder: Path) -> list[tuple[str, float, str]]:
    """The whole process: public SDTM to ADaM."""
    if not PUBLIC.is_dir():
        return []
    plan = ROOT / "analysis_plan" / "examples" / "pharmaverse_sdtm"
    folder.mkdir()
    for path in PUBLIC.glob("*.parquet"):  # one of its data sets is there twice, as XPT too
        shutil.copy(path, folder)
    unit = process([sys.executable, "-c", UNIT], runs=3)
    ours = process([sys.executable, "-c", ONLY_DERIVE, str(folder), str(plan)], runs=3)
    return [("public SDTM to ADaM, whole process / U", ours / unit, "<= 4")]


def _laboratory(folder: Path) -> list[tuple[str, float, str]]:
    """10,000 subjects, 3 million laboratory records; in a process of its own for its memory."""
    folder.mkdir()
    write_laboratory(folder, 10_000, 3_000_000)
    write_laboratory_plan(folder / "plan")
    command = [sys.executable, "-m", "benchmarks.derive", str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    reading, grading, peak = map(float, printed.split())
    return [
        ("3 million laboratory records to graded ADLB / reading them", grading / reading, "<= 5"),
        ("its peak memory, GB", peak, "<= 4"),
    ]


def grade(folder: Path) -> None:
    """Print the seconds of reading and of grading, and the peak memory in GB."""
    from il5report.data.read import read_dataset, read_study
    from il5report.derive.adsl import derive_adsl
    from il5report.derive.domains import Domains
    from il5report.derive.findings import derive_findings
    from il5report.report import load_plan

    plan = load_plan(folder / "plan").plan
    assert plan.derivation is not None
    study, _ = read_study(folder / "data")
    domains = Domains(study, None)
    adsl = derive_adsl(domains, plan, plan.derivation)
    taken: list[list[float]] = [[], []]
    for _ in range(3):
        start = time.perf_counter()
        read_dataset(folder / "data" / "lb.parquet")
        read = time.perf_counter()
        graded = derive_findings(domains, adsl, plan, plan.derivation.findings["ADLB"])
        assert graded is not None and graded["ATOXGRLN"].max() == 4
        del graded
        taken[0].append(read - start)
        taken[1].append(time.perf_counter() - read)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(*map(statistics.median, taken), peak)


if __name__ == "__main__":
    grade(Path(sys.argv[1]))
