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
WORST = """      grade: ATOXGRN
      worst: {"1": Grade 1, "2": Grade 2, "3": Grade 3, "4": Grade 4, "5": Grade 5}
"""


def write_plan(folder: Path, *, worst: bool = False) -> None:
    """A plan with the one table, by worst grade where asked."""
    folder.mkdir()
    (folder / "study.yaml").write_text(PLAN + WORST * worst)


TESTS = {  # unit, lower and upper normal limit, spread
    "NEUT": ("10^9/L", 2.0, 7.5, 0.9), "PLAT": ("10^9/L", 150.0, 400.0, 0.8),
    "HGB": ("g/L", 120.0, 170.0, 0.3), "ALT": ("U/L", 5.0, 40.0, 1.0),
    "AST": ("U/L", 5.0, 40.0, 1.0), "BILI": ("umol/L", 3.0, 21.0, 0.8),
    "CREAT": ("umol/L", 50.0, 110.0, 0.6), "ALB": ("g/L", 35.0, 50.0, 0.2),
}  # fmt: skip


def write_laboratory(folder: Path, subjects: int, records: int, seed: int = 1) -> None:
    """DM, EX and LB as Parquet: one infusion, laboratory values on days -7 to 360."""
    rng = np.random.default_rng(seed)
    (folder / "data").mkdir()
    ids = np.array([f"BENCH-{i:06d}" for i in range(subjects)])
    begin = np.datetime64("2024-01-01") + rng.integers(0, 300, subjects)
    pl.DataFrame(
        {"STUDYID": "BENCH", "USUBJID": ids, "ARM": "A", "ACTARM": "A", "RFICDTC": "2023-12-01"}
    ).write_parquet(folder / "data" / "dm.parquet")
    pl.DataFrame(
        {"USUBJID": ids, "EXSEQ": 1.0, "EXTRT": "CELLS", "EXDOSE": 1.0,
         "EXSTDTC": begin.astype(str), "EXENDTC": begin.astype(str)}
    ).write_parquet(folder / "data" / "ex.parquet")  # fmt: skip
    who, which = rng.integers(0, subjects, records), rng.integers(0, len(TESTS), records)
    codes = np.array(list(TESTS))
    units = np.array([unit for unit, *_ in TESTS.values()])
    low, high, spread = np.array([limits for _, *limits in TESTS.values()]).T
    middle = np.sqrt(low * high)[which]
    value = np.round(middle * np.exp(rng.normal(0, 1, records) * spread[which]), 2)
    day = rng.integers(-7, 361, records)
    pl.DataFrame(
        {
            "STUDYID": "BENCH", "DOMAIN": "LB", "USUBJID": ids[who],
            "LBSEQ": np.arange(1, records + 1, dtype=np.float64),
            "LBTESTCD": codes[which], "LBTEST": codes[which], "LBSTRESC": value.astype(str),
            "LBSTRESN": value, "LBSTRESU": units[which], "LBSTNRLO": low[which],
            "LBSTNRHI": high[which], "VISIT": "UNSCHEDULED",
            "LBDTC": (begin[who] + day).astype(str),
        }
    ).write_parquet(folder / "data" / "lb.parquet")  # fmt: skip


LABORATORY_PLAN = """
protocol: {number: BENCH, title: Benchmark, sponsor: none, design: one arm}
treatments: {A: {label: A}}
columns:
  default: {total: Total}
visits:
  - {label: Day 28, day: 28, window: [14, 42]}
  - {label: Month 3, day: 90, window: [60, 120]}
  - {label: Month 6, day: 180, window: [150, 210]}
grading: {ae: CTCAE v5.0, laboratory: "5.0"}
conventions:
  {convention: sas, conf_level: 0.95, proportion_ci: clopper_pearson, km_ci: loglog,
   auc_method: linear, day_zero: true}
analysis_sets:
  SAF: {label: Safety set, definition: All treated, where: SAFFL == "Y", flag: SAFFL,
        derive: TRTSDT != missing}
outputs: {}
derivation:
  treatment: {domain: EX}
  dates:
    LSTALVDT: {pick: last, from: [{domain: LB, date: LBDTC}]}
  findings:
    ADLB:
      domain: LB
      baselines: {LAST: [TRTSDT]}
      graded: LBSTRESN != missing
"""


def write_laboratory_plan(folder: Path) -> None:
    """A plan that derives ADLB alone."""
    folder.mkdir()
    (folder / "study.yaml").write_text(LABORATORY_PLAN)
