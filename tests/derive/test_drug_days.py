"""Flags on results of days under a drug, and groups of ADSL by a derived result."""

from __future__ import annotations

import datetime as dt

import pytest

from il5report.plan.subject import ResultGroup
from tests.derive.adam_study import demo, rows


def days(where: str, value: str) -> dict[str, set[dt.date]]:
    """The days of a drug by subject, from its records."""
    found: dict[str, set[dt.date]] = {}
    for r in rows(demo()[0]["CM"]):
        if r[where] == value and len(r["CMSTDTC"] or "") >= 10:
            start = dt.date.fromisoformat(r["CMSTDTC"][:10])
            end = dt.date.fromisoformat((r["CMENDTC"] or r["CMSTDTC"])[:10])
            span = range((end - start).days + 1)
            found.setdefault(r["USUBJID"], set()).update(start + dt.timedelta(d) for d in span)
    return found


def test_a_result_is_flagged_on_each_day_of_steroids_and_on_no_other() -> None:
    given = days("CMCLASCD", "H02AB")
    seen = {"Y": 0, "N": 0}
    for r in rows(demo()[1]["ADLB"]):
        if r["TRTSDT"] is None:
            assert r["STERFL"] is None
            continue
        assert (r["STERFL"] == "Y") == (r["ADT"] in given.get(r["USUBJID"], ()))
        seen[r["STERFL"]] += 1
    assert min(seen.values()) > 0


def test_a_result_is_flagged_from_the_first_tocilizumab_on() -> None:
    given = days("CMDECOD", "TOCILIZUMAB")
    seen = {"Y": 0, "N": 0}
    for r in rows(demo()[1]["ADLB"]):
        if r["TRTSDT"] is None:
            continue
        after = [d for d in given.get(r["USUBJID"], ()) if d >= r["TRTSDT"]]
        assert (r["TOCIFL"] == "Y") == bool(after and r["ADT"] >= min(after))
        seen[r["TOCIFL"]] += 1
    assert min(seen.values()) > 0


def test_a_group_by_the_level_of_a_result() -> None:
    made = demo()[1]
    answer = {r["USUBJID"]: r["AVALC"] for r in rows(made["ADRS"]) if r["PARAMCD"] == "CR3M"}
    labels = {"Y": "Complete remission", "N": "No complete remission"}
    for r in rows(made["ADSL"]):
        wanted = labels[answer[r["USUBJID"]]] if r["SAFFL"] == "Y" else None
        assert r["CR3MGR1"] == wanted


@pytest.mark.parametrize("more", [{}, {"below": "a"}, {"below": "a", "above": "b", "levels": {}},
                                  {"levels": {"x": "AVAL == 1"}}])  # fmt: skip
def test_a_group_is_by_median_or_by_levels(more: dict[str, object]) -> None:
    rule = {"label": "Group", "domain": "ADPP", "among": 'SAFFL == "Y"', **more}
    if more.keys() in ({"below", "above", "levels"}, {"levels"}):
        ResultGroup.model_validate(rule)
    else:
        with pytest.raises(ValueError, match="either levels, or below and above"):
            ResultGroup.model_validate(rule)
