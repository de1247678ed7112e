"""Large made-up ADaM for benchmarks: seeded, written once to a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl


def write_adverse_events(folder: Path, subjects: int, events: int, seed: int = 1) -> None:
    """ADSL and ADAE as Parquet: three arms, 26 classes, 400 terms with a skewed frequency."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"BENCH-{i // 500:03d}-{i:06d}" for i in range(subjects)])
    arms = np.array(["A", "B", "C"])[rng.integers(0, 3, subjects)]
    adsl = pl.DataFrame({"STUDYID": "BENCH", "USUBJID": ids, "TRT01A": arms, "SAFFL": "Y"})
    weight = 1 / np.arange(1, 401)
    term = rng.choice(400, events, p=weight / weight.sum())
    who = rng.integers(0, subjects, events)
    adae = pl.DataFrame(
        {
            "STUDYID": "BENCH",
            "USUBJID": ids[who],
            "AESEQ": np.arange(1, events + 1, dtype=np.float64),
            "AEBODSYS": np.array([f"System organ class {i:02d}" for i in range(26)])[term % 26],
            "AEDECOD": np.array([f"Preferred term {i:03d}" for i in range(400)])[term],
            "ATOXGRN": rng.choice(5, events, p=[0.4, 0.3, 0.2, 0.08, 0.02]) + 1.0,
            "TRTEMFL": np.where(rng.random(events) < 0.95, "Y", None),
        }
    )
    adsl.write_parquet(folder / "adsl.parquet")
    adae.write_parquet(folder / "adae.parquet")


PLAN = """
protocol: {number: BENCH, title: Benchmark, sponsor: none, design: three arms}
columns:
  default: {variable: TRT01A, levels: {A: A, B: B, C: C}, total: Total}
grading: {ae: CTCAE v5.0}
conventions:
  {convention: sas, conf_level: 0.95, proportion_ci: clopper_pearson, km_ci: loglog,
   auc_method: linear, day_zero: true}
analysis_sets:
  SAF: {label: Safety set, definition: All treated, where: SAFFL == "Y"}
outputs:
  t_ae_soc_pt:
    number: "1"
    options:
      subset: TRTEMFL == "Y"
      bands: [{label: Any grade}, {label: Grade 3 or higher, where: ATOXGRN >= 3}]
"""


def write_plan(folder: Path) -> None:
    """A plan with the one table."""
    (folder / "study.yaml").write_text(PLAN)
