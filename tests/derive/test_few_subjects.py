"""A study of which one subject was treated, or nobody yet, has every analysis data set."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from il5report.data.dataset import Dataset
from il5report.data.write import write_study
from il5report.report import Checked, check


def kept(sdtm: dict[str, Dataset], subjects: list[str]) -> dict[str, Dataset]:
    """The study of these subjects; domains without a record of theirs stay, empty."""
    return {
        name: Dataset(
            name,
            d.frame.filter(pl.col("USUBJID").is_in(subjects)) if name != "TS" else d.frame,
            d.label,
            d.labels,
        )
        for name, d in sdtm.items()
    }


@pytest.mark.parametrize("infused", [0, 1])
def test_every_display_can_be_made(
    infused: int, demo_sdtm: dict[str, Dataset], demo_checked: Checked, tmp_path: Path
) -> None:
    dm = demo_sdtm["DM"].frame
    treated = pl.col("RFSTDTC").is_not_null()
    subjects = [*dm.filter(~treated)["USUBJID"], *dm.filter(treated)["USUBJID"][:infused]]
    write_study(kept(demo_sdtm, subjects), tmp_path, "parquet")
    few = check(tmp_path, None)
    assert set(few.study) == set(demo_checked.study)
    assert [ctx.id for ctx in few.contexts] == [ctx.id for ctx in demo_checked.contexts]
    assert few.study["ADSL"].frame.filter(pl.col("SAFFL") == "Y").height == infused
