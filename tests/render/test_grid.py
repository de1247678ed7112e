from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from il5report.display.model import Cell, Head, Listing, Row, Table
from il5report.render.grid import GAP_MM, LANDSCAPE_MM, PORTRAIT_MM, Grid, grid
from il5report.render.text import BREAK
from il5report.render.widths import breakable, pieces, width_em
from tests.render import sample


def full_widths(layout: Grid) -> list[float]:
    return [sum(p.widths) + GAP_MM * (len(p.widths) - 1) for p in layout.panels]


@given(
    columns=st.integers(1, 60),
    texts=st.lists(st.text("aW- é中", max_size=120), min_size=1, max_size=5),
    align=st.sampled_from(["left", "center", "right"]),
)
def test_nothing_runs_off_the_page(columns: int, texts: list[str], align: str) -> None:
    heads = tuple(Head(f"H{j}", align=align) for j in range(columns))  # type: ignore[arg-type]
    rows = tuple(Row(t, tuple(Cell(t) for _ in range(columns - 1))) for t in texts)
    for body in (Table(heads, rows), Listing(heads, [(t,) * columns for t in texts])):
        layout = grid(body)
        page = LANDSCAPE_MM if layout.landscape else PORTRAIT_MM
        assert all(width <= page + 0.01 for width in full_widths(layout))
        assert all(
            w > 0 and b <= w for p in layout.panels for w, b in zip(p.widths, p.blocks, strict=True)
        )


def test_narrow_stays_upright_and_wide_is_turned() -> None:
    assert not grid(sample.demography()).landscape
    assert grid(sample.adverse_events()).landscape


def test_sixty_columns_stand_in_panels_that_repeat_the_first() -> None:
    layout = grid(sample.hostile().displays()[-1].body)  # type: ignore[arg-type]
    assert len(layout.panels) > 2 and {p.heads[0].label for p in layout.panels} == {"Column 0"}
    shown = [h.label for p in layout.panels for h in p.heads[1:]]
    assert shown == [f"Column {j}" for j in range(1, 60)]
    assert {line.texts[0] for line in layout.panels[-1].lines} == {f"Row {i}" for i in range(12)}


def test_spans_are_cut_with_the_panels() -> None:
    heads = (Head("x"), *(Head(str(j) * 30, span="over") for j in range(6)))
    layout = grid(Table(heads, ()))
    assert [p.spans for p in layout.panels] == [
        (("", 1), ("over", len(p.heads) - 1)) for p in layout.panels
    ]


@pytest.mark.parametrize("text", ["short words only", "hyphen-ated-word-that-may-break-by-itself"])
def test_words_that_fit_are_left_alone(text: str) -> None:
    assert breakable(text, 12).replace(f"-{BREAK}", "-") == text


@given(st.text("abcW -", max_size=80))
def test_breaking_changes_no_visible_character(text: str) -> None:
    broken = breakable(text, 6)
    assert broken.replace(BREAK, "") == text
    pieces = broken.replace("-", "- ").replace(BREAK, " ").split(" ")
    assert all(width_em(piece) <= 6 for piece in pieces)


def test_a_row_higher_than_a_page_goes_on_below() -> None:
    text = "word " * 2_000
    layout = grid(Listing((Head("a"), Head("b"), Head("c")), [("x", text, "y"), ("z", "", "")]))
    rows = [line.texts for line in layout.panels[0].lines]
    assert len(rows) > 3 and [row[0] for row in rows if row[0]] == ["x", "z"]
    assert "".join(row[1] for row in rows) == text


@given(st.text("abcW -", max_size=200))
def test_pieces_make_up_the_text(text: str) -> None:
    parts = pieces(breakable(text, 6), 12)
    assert "".join(parts).replace(BREAK, "") == text
    assert all(width_em(part) <= 12 for part in parts)
