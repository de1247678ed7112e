"""A number says what it is per."""

from __future__ import annotations

from tests.outputs.conftest import Case


def test_a_rate_names_its_exposure(demo: Case) -> None:
    units = dict(demo.ard("t_ae_incidence_rate").select("stat_name", "unit").iter_rows())
    assert units["exposure"] == "subject-months"
    for name in ("rate", "lower", "upper"):
        assert units[name] == "events per 100 subject-months"
