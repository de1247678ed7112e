"""Tumour lysis, low immunoglobulin, infections by kind."""

from __future__ import annotations

import polars as pl
import pytest

from il5report.derive.flags import infections, low_immunoglobulin, screen_tumour_lysis
from il5report.errors import DataError

LABS = {"USUBJID": pl.String, "PARAMCD": pl.String, "DAY": pl.Int64, "AVAL": pl.Float64,
        "AVALU": pl.String}  # fmt: skip
UNITS = {"URATE": "umol/L", "K": "mmol/L", "PHOS": "mmol/L", "CA": "mmol/L"}


def labs(*rows: tuple[int, str, float]) -> pl.DataFrame:
    return pl.DataFrame([("A", c, d, v, UNITS[c]) for d, c, v in rows], LABS, orient="row")


LYSIS = [
    ([(1, "URATE", 476), (1, "K", 6.0)], (1, "K, URATE")),
    ([(1, "URATE", 475), (1, "K", 6.0)], None),
    ([(1, "URATE", 476), (1, "K", 5.9)], None),
    ([(1, "PHOS", 1.45), (1, "CA", 1.75)], (1, "CA, PHOS")),
    ([(1, "PHOS", 1.44), (1, "CA", 1.75)], None),
    ([(1, "PHOS", 1.45), (1, "CA", 1.76)], None),
    ([(1, "URATE", 500), (2, "K", 6.5)], None),
    ([(1, "K", 6.5), (1, "K", 7.0)], None),
    ([(-3, "URATE", 500), (-3, "K", 6.5), (2, "URATE", 500), (2, "K", 6.5)], (-3, "K, URATE")),
    ([(-4, "URATE", 500), (-4, "K", 6.5)], None),
    ([(7, "URATE", 500), (7, "K", 6.5)], (7, "K, URATE")),
    ([(8, "URATE", 500), (8, "K", 6.5)], None),
]


@pytest.mark.parametrize(("rows", "expected"), LYSIS)
def test_tumour_lysis(rows: list[tuple[int, str, float]], expected: tuple[int, str] | None) -> None:
    found = screen_tumour_lysis(labs(*rows)).select("TLSDY", "SIGNS").rows()
    assert found == ([] if expected is None else [expected])


def test_tumour_lysis_in_other_units() -> None:
    for day, values in {1: ("URATE", 8.0, "CA", 7.0), 2: ("PHOS", 4.5, "CA", 7.0)}.items():
        frame = labs((day, *values[:2]), (day, *values[2:])).with_columns(AVALU=pl.lit("mg/dL"))
        assert screen_tumour_lysis(frame)["TLSDY"].to_list() == [day]
    with pytest.raises(DataError, match="no tumour lysis bound"):
        screen_tumour_lysis(labs((1, "K", 6.0)).with_columns(AVALU=pl.lit("mg/dL")))


def test_low_immunoglobulin() -> None:
    igg = pl.DataFrame(
        [("A", 10, 5.0, "g/L"), ("A", 40, 3.9, "g/L"), ("B", 10, 400.0, "mg/dL"),
         ("B", 0, 100.0, "mg/dL"), ("D", -3, 100.0, "mg/dL"), ("E", 30, 900.0, "mg/dL")],
        {"USUBJID": pl.String, "DAY": pl.Int64, "AVAL": pl.Float64, "AVALU": pl.String},
        orient="row",
    )  # fmt: skip
    given = pl.DataFrame({"USUBJID": ["C", "D", "E"], "DAY": [50, -2, 60]})
    table = low_immunoglobulin(igg, given, ["E", "D", "C", "B", "A"])
    assert table.rows() == [
        ("A", 390.0, "Y", 40, "N", "Y"),
        ("B", 400.0, "N", None, "N", "N"),
        ("C", None, None, None, "Y", "Y"),
        ("D", None, None, None, "N", None),
        ("E", 900.0, "N", None, "Y", "Y"),
    ]
    on_day_0 = pl.DataFrame({"USUBJID": ["B"], "DAY": [0]})
    assert low_immunoglobulin(igg, on_day_0, ["B"])["IVIGFL"].item() == "N"
    wide = low_immunoglobulin(igg, given, ["A", "B"], bound=500.0)
    assert wide["LOWIGGDY"].to_list() == [40, 10]
    with pytest.raises(DataError, match="neither"):
        low_immunoglobulin(igg.with_columns(AVALU=pl.lit("U/L")), given, ["A"])


def test_infections() -> None:
    body = "Infections and infestations"
    events = pl.DataFrame(
        [("A", body, "Viral infectious disorders", 28), ("A", body, "Helminthic disorders", 29),
         ("A", body, "Infections - pathogen unspecified", 3), ("A", body, None, 3),
         ("A", body, "Fungal infectious disorders", -1), ("A", "Eye disorders", None, 3),
         ("A", body, "Mycobacterial infectious disorders", 0)],
        {"USUBJID": pl.String, "AEBODSYS": pl.String, "AEHLGT": pl.String, "DAY": pl.Int64},
        orient="row",
    )  # fmt: skip
    assert infections(events).select("INFKIND", "INFPER").rows() == [
        ("VIRAL", "EARLY"),
        ("PARASITIC", "LATE"),
        ("UNSPECIFIED", "EARLY"),
        ("UNSPECIFIED", "EARLY"),
        ("BACTERIAL", "EARLY"),
    ]
    with pytest.raises(DataError, match="AEHLGT"):
        infections(events.drop("AEHLGT"))
