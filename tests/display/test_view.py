"""Numbers of the ARD by their place, and cells that line up."""

from __future__ import annotations

import polars as pl
import pytest

from il5report import ard
from il5report.ard import Rows, Scope, Stat, counted
from il5report.display.model import FIGURE_SPACE, Cell, Row
from il5report.display.view import Numbers, View, aligned, table


def frame(*made: tuple[Scope, list[Stat]]) -> pl.DataFrame:
    rows = Rows()
    for scope, stats in made:
        rows.add(scope, "count", stats)
    return ard.finish(rows.frame(), "t", "SAF", None, 11)


def scope(level: str) -> Scope:
    return Scope("grade", "ADAE", column="Total", level=level)


def test_numbers_of_a_place_that_stand_apart_are_found_together() -> None:
    first, *others = counted(3, 8)
    view = View(frame((scope("1"), [first]), (scope("2"), counted(0, 8)), (scope("1"), others)))
    cell = view.at("grade", "Total", level="1").n_percent()
    assert (cell.text, cell.refs) == ("3 (37.5%)", (11, 16))
    assert view.at("grade", "Total", level="2").n_percent() == Cell("0", refs=(12, 14))
    assert not view.at("grade", "Total", level="3")


def test_a_count_of_nobody_and_one_that_is_missing() -> None:
    view = View(frame((scope("1"), counted(0, 0)), (scope("2"), [Stat("n", "", None, "", "why")])))
    none, missing = (view.at("grade", "Total", level=level) for level in "12")
    assert (none.n_percent().text, none.reason("p")) == ("0", "no subject in the denominator")
    assert (missing.value("n"), missing.reason("n")) == (None, "why")
    with pytest.raises(ValueError, match="n is a count"):
        missing.count("n")
    assert not Numbers({})


def test_a_line_of_counts_is_what_its_places_are_one_by_one() -> None:
    n, *others = counted(3, 8)
    more = [*counted(8, 8), Stat("lower", "", 0.6)]
    made = [(scope("1"), [n]), (scope("2"), more), (scope("3"), counted(0, 0))]
    view = View(frame(*made, (scope("1"), others)))
    for level in "13":
        (cell,) = view.n_percents([("grade", "Total")], level=level)
        assert cell == view.at("grade", "Total", level=level).n_percent()
    with pytest.raises(KeyError):
        view.n_percents([("grade", "Total")], level="2")
    with pytest.raises(KeyError):
        View(frame()).n_percents([("grade", "Total")])


def test_the_numbers_of_a_column_line_up() -> None:
    texts = [["7 (35.0%)", "NE"], ["12 (60.0%)", "-1.5"], ["104 (100%)"]]
    rows = [Row("", tuple(map(Cell, line))) for line in texts]
    made = table([], [*rows, Row("heading", kind="heading")])
    pads = [[cell.pad for cell in row.cells] for row in made.rows]
    assert pads == [[2, 0], [1, 0], [0], []]
    first = [FIGURE_SPACE * row.cells[0].pad + row.cells[0].text for row in made.rows[:3]]
    assert first == aligned([line[0] for line in texts])
    assert table([], []).rows == ()
