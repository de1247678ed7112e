"""The whole job, and its parts."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

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
TARGETS = {"core displays": "<= 5"}
DISPLAYS = {"14.3 safety": "<= 4", "14.2 efficacy and 14.4 kinetics": "<= 4"}


def run() -> list[tuple[str, float, str]]:
    """Name, ratio, target."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unit = process([sys.executable, "-c", UNIT])
        help_ = process([sys.executable, "-m", "il5report", "--help"])
        process([sys.executable, "-m", "il5report", "demo", str(folder / "demo")], runs=1)
        plans = {part: _plan(folder, part, wanted) for part, wanted in PARTS.items()}
        data = str(folder / "demo" / "data")
        rows = [("il5report --help / U", help_ / unit, "<= 0.2")]
        for part, target in DISPLAYS.items():
            made = process(
                [sys.executable, "-m", "benchmarks.report", data, str(plans[part])], runs=3
            )
            what = f"demo study to {part}: numbers, cells and figures / U"
            rows.append((what, made / unit, target))
        for part, plan in plans.items():
            out = str(folder / "report")
            command = [sys.executable, "-m", "il5report", "report", "--data", data]
            made = process([*command, "--plan", str(plan), "--out", out], runs=3)
            target = TARGETS.get(part, "")
            rows.append((f"demo study to {part} in every format / U", made / unit, target))
        return rows


def _plan(folder: Path, part: str, wanted: Callable[[str, str], bool]) -> Path:
    """A plan of the displays wanted, by id and number."""
    from il5report.report import load_plan

    plan = folder / part.split(maxsplit=1)[0]
    plan.mkdir()
    outputs = load_plan(None).plan.outputs
    left_out = [key for key, entry in outputs.items() if not wanted(key, entry.number)]
    # narratives and profiles belong to section 14.3.3, which only the whole report has
    whole = "" if part == "everything" else "profiles: null\n"
    (plan / "study.yaml").write_text(f"extends: default\n{whole}")
    (plan / "outputs.yaml").write_text("".join(f"{key}: null\n" for key in left_out) or "{}\n")
    return plan


def process(command: Sequence[str], runs: int = 5) -> float:
    """Median wall time of a whole process, with its modules compiled as an installed package has
    them."""
    taken = []
    here = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=here)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main(data: Path, plan: Path) -> None:
    """Derive, analyse and draw: every display of the plan as it stands before any format."""
    from il5report.workers import workers

    with workers() as executor:
        from il5report.report import check, shown

        shown(check(data, plan).contexts, executor=executor)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
