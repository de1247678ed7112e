"""The page in a real browser, from a folder: panel, keyboard, search, filter, sort, and axe."""

from __future__ import annotations

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from il5report.provenance import provenance
from il5report.render.html import render_html
from il5report.report import Results, analyse, check, load_plan

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVE = Path(__file__).parent / "browser" / "drive.js"
MANY_MARKS = {  # and no other markup: axe takes its time
    "f_parameter_courses", "f_courses", "f_overlay", "f_spider", "f_visit_boxes", "t_lab_worst",
    "t_shift",
}  # fmt: skip
WORKED = ("t_best_response", "t_demography", "f_os", "l_deaths")  # by the script
REASON = """profiles:
  reasons: [{label: Dose-limiting toxicity, dataset: ADSL, where: DLTFL == "Y"}]
"""
AROUND = """<!DOCTYPE html><meta charset="utf-8"><pre id="outcome"></pre>
<iframe src="index.html" style="width:{width}px;height:900px;border:0"></iframe>
<script>addEventListener("message", (e) => {{
document.getElementById("outcome").textContent = e.data; }});</script>"""


def browser() -> str:
    """The browser on this machine, or a reason to skip."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def axe() -> Path | None:
    """axe.min.js: where the environment says, or in the installed package that brings it."""
    if os.environ.get("AXE_CORE"):
        return Path(os.environ["AXE_CORE"])
    package = importlib.util.find_spec("axe_playwright_python")
    return Path(package.origin).parent / "axe.min.js" if package and package.origin else None


def one_of_each(folder: Path) -> Path:
    """A plan with the displays that the script works, one of every other kind of output, and the
    narratives and profiles of those with a dose-limiting toxicity."""
    outputs = load_plan(None).plan.outputs
    first: dict[str, str] = {}
    for key, entry in outputs.items():
        if (entry.output or key) not in MANY_MARKS:
            first.setdefault(entry.output or key, key)
    kept = {*WORKED, *first.values()}
    (folder / "study.yaml").write_text(f"extends: default\n{REASON}")
    left_out = (f"{key}: null\n" for key in outputs if key not in kept)
    (folder / "outputs.yaml").write_text("".join(left_out))
    return folder


@pytest.fixture(scope="module")
def page(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """A report with text, profiles and a display of every kind, with the script that works it."""
    browser()
    made = analyse(check(demo_data, one_of_each(tmp_path_factory.mktemp("plan"))))
    folder = tmp_path_factory.mktemp("page")
    checked = made.checked
    parts = provenance(made.ard, checked.study, checked.loaded.plan, records=True)
    render_html(made.document, folder, parts)
    scripts = [DRIVE, *filter(None, [axe()])]
    for script in scripts:
        shutil.copyfile(script, folder / "assets" / script.name)
    tags = "".join(f'<script src="assets/{s.name}" defer></script>' for s in reversed(scripts))
    index = folder / "index.html"
    index.write_text(index.read_text("utf-8").replace("</head>", f"{tags}</head>"), "utf-8")
    return folder, made


@pytest.fixture(scope="module", params=[1400, 390])
def outcome(request: pytest.FixtureRequest, page: tuple[Path, Results]) -> dict[str, Any]:
    """What happened on a wide and on a narrow screen."""
    folder, _ = page
    around = folder / f"around-{request.param}.html"
    around.write_text(AROUND.format(width=request.param), "utf-8")
    command = [
        browser(), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1500,1000",
        "--virtual-time-budget=120000", f"--user-data-dir={folder / 'profile'}", "--dump-dom",
        around.as_uri(),
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    text = re.search(r'<pre id="outcome">(.*?)</pre>', run.stdout, re.DOTALL)
    assert text and text[1], run.stderr[-2000:]
    found: dict[str, Any] = json.loads(html.unescape(text[1]))
    assert found["errors"] == []
    assert found["width"] == request.param
    return found


def test_a_number_shows_its_subjects_and_records(
    outcome: dict[str, Any], page: tuple[Path, Results]
) -> None:
    n = int(outcome["printed"].split()[0])
    assert outcome["named"] == outcome["printed"]
    assert len(outcome["subjects"]) == outcome["records"] == n
    _, made = page
    known = set(made.checked.study["ADSL"].frame["USUBJID"])
    assert {text.split(" (")[0] for text in outcome["subjects"]} <= known
    for words in ("Method", "count of subjects", "Analysis set", "n/N", "(SAFFL) is Y"):
        assert words in outcome["said"]


def test_the_panel_takes_the_focus_and_gives_it_back(outcome: dict[str, Any]) -> None:
    steps = ("focusInPanel", "closed", "focusBack", "moved", "openedByKey")
    assert {step: outcome[step] for step in steps} == dict.fromkeys(steps, True)


def test_a_table_is_one_stop_of_the_tab_key(outcome: dict[str, Any]) -> None:
    assert outcome["numbers"] > 5 * outcome["tabStops"]


def test_listings_are_filtered_sorted_and_saved(outcome: dict[str, Any]) -> None:
    assert outcome["filtered"] and outcome["sorted"]
    assert outcome["csv"].count("\r\n") > 2
    assert outcome["guarded"] == ['"\'=1+1"', '"-1.5"', '"\'-x"', '"\'@SUM"', '"\'\t=1"', '"a""b"']


def test_tables_are_filtered_with_their_headings_and_sorted_within_them(
    outcome: dict[str, Any],
) -> None:
    assert outcome["tableFiltered"] == ["Sex, n (%)", "Female"]
    assert outcome["sortKeepsRows"] and outcome["sortUndone"]


def test_figures_say_their_values(outcome: dict[str, Any], page: tuple[Path, Results]) -> None:
    _, made = page
    assert outcome["drawn"] == made.ard.filter(made.ard["output"] == "f_os").height
    assert any("Alive (%): 100" in text for text in outcome["marks"])


def test_search_finds_displays_by_number(outcome: dict[str, Any]) -> None:
    assert outcome["searchFocused"] and outcome["foundByNumber"]
    assert outcome["expanded"] == "true" and outcome["wentTo"] == "t_best_response"
    assert outcome["foundNothing"] == 0


def test_the_page_is_as_wide_as_the_screen(outcome: dict[str, Any]) -> None:
    assert outcome["overflow"] <= 0


def test_axe_finds_nothing(outcome: dict[str, Any]) -> None:
    if axe() is None:
        pytest.skip("axe is not installed: set AXE_CORE to axe.min.js")
    states = outcome["violations"]
    assert len(states) == 6
    assert {state: found for state, found in states.items() if found} == {}
