"""Listings of findings hold every value."""

from __future__ import annotations

import polars as pl

from tests.outputs.conftest import Case


def test_every_laboratory_value_of_an_enrolled_subject_is_listed(demo: Case) -> None:
    entries = {k: demo.trial.entry(k) for k in demo.trial.outputs}
    panels = [k for k, e in entries.items() if e[0] == "l_findings" and e[2]["dataset"] == "ADLB"]
    listed = [p["paramcd"] for k in panels for p in demo.trial.entry(k)[2]["parameters"]]
    assert len(listed) == len(set(listed))
    enrolled = frozenset(r["USUBJID"] for r in demo.trial.subjects("ENR"))
    values = demo.trial.where("ADLB", 'BASETYPE == "PRE-INFUSION"', enrolled)
    assert set(listed) == {r["PARAMCD"] for r in values}
    n_records = pl.col("stat_name") == "n_records"
    assert sum(demo.ard(k).filter(n_records)["stat"].item() for k in panels) == len(values)
