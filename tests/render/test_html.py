from __future__ import annotations

import re
from collections import Counter

import pytest

from il5report.display.model import FIGURE_SPACE
from il5report.render.html import ASSETS, SCRIPTS, css_string
from il5report.render.text import clean
from tests.render.pages import Page
from tests.render.reports import Report


@pytest.fixture
def page(report: Report) -> Page:
    return Page(report.text("index.html"))


def test_shows_every_cell(report: Report, page: Page) -> None:
    assert [t.lstrip(FIGURE_SPACE) for t in page.texts] == [clean(t) for t in report.cells()]


def test_pads_stand_before_the_text(report: Report, page: Page) -> None:
    padded = [t for t in page.texts if t.startswith(FIGURE_SPACE)]
    assert padded and all(t.strip(FIGURE_SPACE) or "" in report.cells() for t in padded)


def test_ids_are_unique_and_every_reference_is_met(page: Page) -> None:
    ids = Counter(a["id"] for _, a in page.elements if "id" in a)
    assert max(ids.values()) == 1
    targets = [a["href"][1:] for _, a in page.elements if a.get("href", "").startswith("#")]
    targets += [i for _, a in page.elements for i in a.get("aria-labelledby", "").split()]
    assert targets and set(targets) <= set(ids)


def test_heads_and_row_labels_have_a_scope(page: Page) -> None:
    heads = page.all("th")
    assert heads and all(h["scope"] in {"col", "row", "colgroup", "rowgroup"} for h in heads)


def test_every_table_has_a_caption_in_a_region_that_the_keyboard_reaches(page: Page) -> None:
    tables = page.all("table")
    regions = [a for a in page.all("div") if a.get("role") == "region"]
    assert len(page.all("caption")) == len(tables) == len(regions)
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_language_title_and_headings(report: Report, page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == 1 + sum(d.kind == "figure" for d in report.doc.displays())
    assert len(page.all("h1")) == 1


def test_loads_nothing_from_outside_its_folder(report: Report, page: Page) -> None:
    loaded = [a["src"] for _, a in page.elements if "src" in a]
    loaded += [a["href"] for a in page.all("link")]
    assert sorted(loaded) == sorted(f"assets/{name}" for name in ASSETS)
    assert all((report.folder / place).is_file() for place in loaded)
    assert "url(http" not in report.text("assets/report.css") and "@import" not in report.text(
        "assets/report.css"
    )


def test_data_add_no_element(page: Page) -> None:
    ours = [{"src": f"assets/{name}", "defer": ""} for name in SCRIPTS]
    assert page.all("script") == ours
    assert len(page.all("style")) == 1 + sum(tag == "svg" for tag, _ in page.elements)
    assert not any(name.startswith("on") for _, a in page.elements for name in a)


def test_banner_and_draft_mark_on_screen_and_on_paper(report: Report) -> None:
    html = report.text("index.html")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    for text in (report.doc.banner, report.doc.status):
        assert str(css_string(text)) in style.group(1)
    assert 'class="banner"' in html and 'class="status"' in html


def test_figure_is_an_image_with_words(usual: Report) -> None:
    html = usual.text("index.html")
    page = Page(html)
    drawings = page.all("svg")
    assert len(drawings) == 2 and all(d["role"] == "img" for d in drawings)
    assert html.count("<desc ") == 2 and "<?xml" not in html and html.count("<!DOCTYPE") == 1


def test_numbers_name_their_rows_in_the_ard(usual: Report) -> None:
    assert 'data-ard="7 20"' in usual.text("index.html")


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_stand_out_from_their_ground(usual: Report) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", usual.text("assets/report.css")))
    pairs = [(text, "shade") for text in ("ink", "soft", "accent", "draft")]
    for text, ground in [*pairs, ("warn", "warn-ground")]:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_numbers_in_the_text_carry_their_rows_and_links_lead_to_displays(usual: Report) -> None:
    html = usual.text("index.html")
    assert '<span data-ard="7 8">Three subjects (15.0%)</span> had the syndrome (<a href="#' in html
    assert '<a href="#demography">Table 14.1.4</a>' in html
    assert '<a href="#section-9-7"><strong>9.7</strong></a>' in html
    assert "<li>Level 2, <em>as planned</em></li>" in html
